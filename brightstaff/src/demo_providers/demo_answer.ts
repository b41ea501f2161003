import { type SampleHints, sampleJson } from "./schema_sample.ts";
import { splitTokens } from "./tokens.ts";

/** What an answer is made from, the same for every wire format. */
export interface Conversation {
  model: string;
  /** The API's name as a person would say it. */
  api: string;
  /** Text of the last user turn. */
  userText: string;
  userTurns: number;
  images: number;
  hasSystemPrompt: boolean;
  /** Results of the last turn's tool calls, when the conversation ends with them. */
  toolResults: { tool: string; text: string }[];
  /** Names of the tools called since the user's last words. */
  calledTools: string[];
  tools: DemoTool[];
  toolUse: "never" | "if asked" | "always";
  /** Set when the request names the one tool to call. */
  forcedTool: string | null;
  parallelTools: boolean;
  /** A JSON Schema that the answer's text has to satisfy; null for prose. */
  jsonSchema: unknown;
  stopSequences: string[];
  tokensMax: number;
}

export interface DemoTool {
  name: string;
  description: string;
  /** Null for a tool that takes free text. */
  schema: unknown;
}

export interface DemoCall {
  tool: string;
  /** An object for a tool with a schema, else a string. */
  input: unknown;
}

export interface DemoAnswer {
  /** The text, in pieces of about a token each. */
  pieces: string[];
  calls: DemoCall[];
  stop: "end" | "length" | "stop sequence" | "tools";
  stopSequence: string | null;
}

const CALLS_MAX = 4;
const TOPIC_WORDS_MAX = 3;
const RESULT_CHARS_MAX = 300;

const STOP_WORDS = new Set(
  (
    "about above after again also and any are because been before being between both but can could does doing each explain for from give have here how into just " +
    "like make many more most need only other over please should show some such tell than that the their them then there these they this those through under until " +
    "use using very was what when where which while who why will with would write you your"
  ).split(" "),
);

export function answerConversation(conversation: Conversation): DemoAnswer {
  const calls = chooseCalls(conversation);
  if (calls.length > 0) return { pieces: [], calls, stop: "tools", stopSequence: null };
  let text =
    conversation.jsonSchema === null
      ? prose(conversation)
      : JSON.stringify(sampleJson(conversation.jsonSchema, readHints(conversation.userText)));
  let stop: DemoAnswer["stop"] = "end";
  const stopSequence = firstStopSequence(text, conversation.stopSequences);
  if (stopSequence !== null) {
    text = text.slice(0, text.indexOf(stopSequence));
    stop = "stop sequence";
  }
  const pieces = splitTokens(text);
  if (pieces.length <= conversation.tokensMax) return { pieces, calls: [], stop, stopSequence };
  return { pieces: pieces.slice(0, conversation.tokensMax), calls: [], stop: "length", stopSequence: null };
}

function prose(conversation: Conversation): string {
  const opening = `This is a demo answer from ${conversation.model} (${conversation.api}); no provider was called.`;
  const parts = [opening];
  if (conversation.toolResults.length > 0) {
    for (const result of conversation.toolResults) {
      const shown = result.text.length > RESULT_CHARS_MAX ? `${result.text.slice(0, RESULT_CHARS_MAX)}…` : result.text;
      parts.push(`The tool ${result.tool} returned: ${shown === "" ? "nothing" : shown}.`);
    }
  } else {
    const topic = topicOf(conversation.userText);
    parts.push(topic === "" ? "You asked nothing in particular." : `You asked about ${topic}.`);
  }
  const seen: string[] = [];
  if (conversation.images > 0) seen.push(conversation.images === 1 ? "1 image" : `${conversation.images} images`);
  if (conversation.hasSystemPrompt) seen.push("a system prompt");
  if (conversation.userTurns > 1) seen.push(`${conversation.userTurns} user turns`);
  if (seen.length > 0) parts.push(`The request carried ${seen.join(", ")}.`);
  parts.push("With a provider key set, the model itself would answer here.");
  return parts.join(" ");
}

/** The up to three longest telling words of a text, in their order. */
export function topicOf(text: string): string {
  const words = (text.match(/[\p{L}\p{N}][\p{L}\p{N}'_-]{2,}/gu) ?? []).filter((word) => !STOP_WORDS.has(word.toLowerCase()));
  const unique = [...new Set(words.map((word) => word.toLowerCase()))];
  const chosen = new Set([...unique].sort((a, b) => b.length - a.length).slice(0, TOPIC_WORDS_MAX));
  return unique.filter((word) => chosen.has(word)).join(" ");
}

function readHints(text: string): SampleHints {
  const quoted = [...text.matchAll(/["“«]([^"”»]{1,80})["”»]/gu)].map((match) => match[1] ?? "");
  // A capital inside a sentence marks a name; the first word of one does not.
  const names = [...text.matchAll(/(?<=[\p{Ll},\d]\s)(\p{Lu}[\p{L}'-]+(?:\s\p{Lu}[\p{L}'-]+)*)/gu)].map((match) => match[1] ?? "");
  const numbers = (text.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
  return { subjects: [...new Set([...quoted, ...names])], numbers, topic: topicOf(text) };
}

function chooseCalls(conversation: Conversation): DemoCall[] {
  const { tools, toolUse, forcedTool, userText } = conversation;
  if (toolUse === "never" || tools.length === 0) return [];
  const hints = readHints(userText);
  const forced = tools.find((tool) => tool.name === forcedTool);
  if (forced !== undefined) return [callOf(forced, hints)];
  // What was asked for and can't be done at once is done one by one, as the results come.
  const matching = toolsAskedFor(tools, userText).filter(({ name }) => !conversation.calledTools.includes(name));
  if (matching.length === 0) {
    const first = tools[0];
    return toolUse === "always" && first !== undefined ? [callOf(first, hints)] : [];
  }
  if (!conversation.parallelTools) return matching.slice(0, 1).map((tool) => callOf(tool, hints));
  if (matching.length > 1) return matching.slice(0, CALLS_MAX).map((tool) => callOf(tool, hints));
  // One tool and several things asked for ("the weather in Paris and London"): one call each.
  const subjects = /\b(?:and|both|each|or)\b|,|&/.test(userText) ? hints.subjects.slice(0, CALLS_MAX) : [];
  const tool = matching[0];
  if (tool === undefined) return [];
  return subjects.length < 2 ? [callOf(tool, hints)] : subjects.map((subject) => callOf(tool, { ...hints, subjects: [subject] }));
}

function callOf(tool: DemoTool, hints: SampleHints): DemoCall {
  return { tool: tool.name, input: tool.schema === null ? (hints.subjects[0] ?? hints.topic) : sampleJson(tool.schema, hints) };
}

/** Tools whose name the text says a word of; where there are none, those whose description shares a telling word with it. */
function toolsAskedFor(tools: readonly DemoTool[], text: string): DemoTool[] {
  const said = new Set(stems(text));
  const byName = tools.filter((tool) =>
    stems(tool.name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]/g, " ")).some((stem) => said.has(stem)),
  );
  if (byName.length > 0) return byName;
  return tools.filter((tool) => stems(tool.description).some((stem) => stem.length >= 5 && said.has(stem)));
}

function stems(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return words
    .filter((word) => !STOP_WORDS.has(word) && word !== "get" && word !== "set")
    .map((word) => word.replace(/(?:ing|ed|es|s)$/, ""));
}

function firstStopSequence(text: string, sequences: readonly string[]): string | null {
  let found: string | null = null;
  for (const sequence of sequences) {
    const at = text.indexOf(sequence);
    if (sequence !== "" && at >= 0 && (found === null || at < text.indexOf(found))) found = sequence;
  }
  return found;
}
