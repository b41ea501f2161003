import type { ConceptModel } from "./concept_model.ts";
import type { Encoder } from "./encoder.ts";
import type { Parts } from "./parts.ts";
import type { Turn } from "./scoring.ts";

/**
 * Of a longer message, its first and its last sentence or line are read once more, each alone: there the task is named, the rest is its
 * subject.
 */
const EXCERPT_CHARACTERS_MIN = 100;
const HEAD_CHARACTERS_MAX = 120;
const TAIL_CHARACTERS_MIN = 4;
const TAIL_CHARACTERS_MAX = 160;
/** More often than not the task comes first. */
const HEAD_WEIGHT = 1.5;
/** After a line break or a sentence's end; CJK full stops stand for themselves. */
const SENTENCE_END = /\n|[.!?:](?=\s)|[。？！]/;
const SENTENCE_ENDS = new RegExp(SENTENCE_END, "g");
/** A message of fewer words is the more likely to go on with what was said, the shorter it is. */
const SHORT_WORDS = 10;
const SHORT_DEPENDENCE = 0.3;
/** One that could be many things is, too, by so much when it could be anything; a long one has what it needs within itself. */
const UNCERTAIN_DEPENDENCE = 0.3;
const UNCERTAIN_WORDS_MAX = 50;
const DEPENDENCE_MAX = 0.95;

/** The last user message and what it may depend on. */
const TURNS_MAX = 3;
/** What counts for less than this in the end is not read. */
const INFLUENCE_MIN = 0.05;

/** The last of `messages` and as many before it as it depends on, oldest first. */
export async function readTurns(
  messages: readonly string[],
  encoder: Encoder,
  model: ConceptModel,
  parts: Parts,
  signal: AbortSignal,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  let influence = 1;
  for (const message of messages.slice(-TURNS_MAX).reverse()) {
    const turn = await readTurn(message, encoder, model, parts, signal);
    turns.unshift(turn);
    influence *= turn.dependence;
    if (influence < INFLUENCE_MIN || !parts.has("context")) break;
  }
  return turns;
}

/** Reads one message: one to three passes of the encoder, 1.5 to 10 ms together when it was not read before. */
async function readTurn(text: string, encoder: Encoder, model: ConceptModel, parts: Parts, signal: AbortSignal): Promise<Turn> {
  const embedding = await encoder.embed(text, signal);
  const views = [createView(embedding, model, 1)];
  const excerpts: [string | null, number][] = [];
  if (parts.has("head")) excerpts.push([firstSentence(text), HEAD_WEIGHT]);
  if (parts.has("tail")) excerpts.push([lastSentence(text), 1]);
  for (const [excerpt, weight] of excerpts) {
    if (excerpt !== null) views.push(createView(await encoder.embed(excerpt, signal), model, weight));
  }
  const concepts = merge(views, (view) => view.concepts);
  const intents = merge(views, (view) => view.intents);
  const evidence = Math.max(...views.map((view) => view.evidence));
  // Thanks and farewells end a task rather than go on with it.
  const closing = sumOfKind(concepts, model, "closing");
  const certainty = Math.max(...concepts.filter((_, concept) => model.concepts[concept]?.kind !== "context"));
  return { embedding, concepts, intents, dependence: (1 - closing) * dependence(text, evidence, certainty) };
}

type View = {
  readonly concepts: Float32Array;
  readonly intents: Float32Array;
  /** What is left to the concepts that say something of the request itself. */
  readonly evidence: number;
  readonly weight: number;
};

function createView(embedding: Float32Array, model: ConceptModel, weight: number): View {
  const concepts = model.classify(embedding);
  const evidence = 1 - sumOfKind(concepts, model, "context");
  return { concepts, intents: model.intents.classify(embedding), evidence, weight: weight * evidence * Math.max(...concepts) ** 2 };
}

/** The views' mean by their weights: a view that is sure counts more, and a subject that stands alone says nothing of the task. */
function merge(views: readonly View[], probabilitiesOf: (view: View) => Float32Array): Float32Array {
  const total = views.reduce((sum, { weight }) => sum + weight, 0);
  const first = probabilitiesOf(views[0] as View);
  if (total <= 0) return first;
  return first.map((_, index) => views.reduce((sum, view) => sum + view.weight * (probabilitiesOf(view)[index] as number), 0) / total);
}

function sumOfKind(probabilities: Float32Array, { concepts }: ConceptModel, kind: "closing" | "context"): number {
  return probabilities.reduce((sum, probability, concept) => sum + (concepts[concept]?.kind === kind ? probability : 0), 0);
}

function dependence(text: string, evidence: number, certainty: number): number {
  const words = text.trim().split(/\s+/).length;
  const short = words < SHORT_WORDS ? SHORT_DEPENDENCE * (1 - words / SHORT_WORDS) : 0;
  const uncertain = words <= UNCERTAIN_WORDS_MAX ? UNCERTAIN_DEPENDENCE * (1 - certainty) : 0;
  return Math.min(DEPENDENCE_MAX, 1 - evidence + short + uncertain);
}

/** Null for a message so short that it is read as a whole only. */
export function firstSentence(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.length <= EXCERPT_CHARACTERS_MIN) return null;
  const end = SENTENCE_END.exec(trimmed);
  const sentence = end === null ? trimmed : trimmed.slice(0, end.index + 1);
  return sentence.slice(0, HEAD_CHARACTERS_MAX).trim();
}

/** The same, from the end. */
export function lastSentence(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.length <= EXCERPT_CHARACTERS_MIN) return null;
  // One character more, to see whether what is kept begins with a sentence.
  const end = trimmed.slice(-TAIL_CHARACTERS_MAX - 1, -1);
  const start = [...end.matchAll(SENTENCE_ENDS)].at(-1)?.index ?? 0;
  const sentence = trimmed.slice(trimmed.length - 1 - end.length + start + (start > 0 ? 1 : 0)).trim();
  return sentence.length < TAIL_CHARACTERS_MIN ? null : sentence;
}
