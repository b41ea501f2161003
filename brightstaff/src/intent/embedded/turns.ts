import type { ConceptModel } from "./concept_model.ts";
import type { Encoder } from "./encoder.ts";
import type { Parts } from "./parts.ts";
import type { Turn } from "./scoring.ts";

/** A longer message is read a second time, its first sentence or line alone: there the task is named, the rest is its subject. */
const HEAD_CHARACTERS_MIN = 100;
const HEAD_CHARACTERS_MAX = 120;
/** After a line break or a sentence's end; CJK full stops stand for themselves. */
const HEAD_END = /\n|[.!?:](?=\s)|[。？！]/;
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

/** Reads one message: one or two passes of the encoder, 1.5 to 7 ms together when it was not read before. */
async function readTurn(text: string, encoder: Encoder, model: ConceptModel, parts: Parts, signal: AbortSignal): Promise<Turn> {
  const embedding = await encoder.embed(text, signal);
  const views = [createView(embedding, model)];
  const head = parts.has("head") ? firstSentence(text) : null;
  if (head !== null) views.push(createView(await encoder.embed(head, signal), model));
  const concepts = merge(views, ({ concepts }) => concepts);
  const evidence = Math.max(...views.map((view) => view.evidence));
  // Thanks and farewells end a task rather than go on with it.
  const closing = sumOfKind(concepts, model, "closing");
  const certainty = Math.max(...concepts.filter((_, concept) => model.concepts[concept]?.kind !== "context"));
  const intents = merge(views, ({ intents }) => intents);
  return { embedding, concepts, intents, dependence: (1 - closing) * dependence(text, evidence, certainty) };
}

type View = { concepts: Float32Array; intents: Float32Array; evidence: number };

/** Evidence is what is left to the concepts that say something of the request itself. */
function createView(embedding: Float32Array, model: ConceptModel): View {
  const concepts = model.classify(embedding);
  return { concepts, intents: model.intents.classify(embedding), evidence: 1 - sumOfKind(concepts, model, "context") };
}

/** The views' mean, each weighted by its evidence: a subject that stands alone says nothing of the task. */
function merge(views: readonly View[], probabilitiesOf: (view: View) => Float32Array): Float32Array {
  const total = views.reduce((sum, { evidence }) => sum + evidence, 0);
  const first = probabilitiesOf(views[0] as View);
  if (total <= 0) return first;
  return first.map((_, index) => views.reduce((sum, view) => sum + view.evidence * (probabilitiesOf(view)[index] as number), 0) / total);
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

function firstSentence(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.length <= HEAD_CHARACTERS_MIN) return null;
  const end = HEAD_END.exec(trimmed);
  const sentence = end === null ? trimmed : trimmed.slice(0, end.index + 1);
  return sentence.slice(0, HEAD_CHARACTERS_MAX).trim();
}
