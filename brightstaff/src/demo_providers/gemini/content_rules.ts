import { asArray, asString, isObject, type JsonObject } from "../wire.ts";
import { type GeminiError, invalidArgument } from "./errors.ts";

/** The members of a part of which there is exactly one (ai.google.dev/api/caching#Part). */
const DATA = ["text", "inlineData", "fileData", "functionCall", "functionResponse"];
/** ai.google.dev/gemini-api/docs/thought-signatures#faqs: what stands for a signature that there is none of. */
const SIGNATURE_STAND_INS = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];

interface Turn {
  role: string;
  parts: JsonObject[];
  calls: JsonObject[];
  responses: JsonObject[];
}

/** What the API refuses of a conversation, besides its form. `generation`: the model's, 3 say. */
export function conversationProblem(body: JsonObject, generation: number): GeminiError | null {
  const turns = asArray(body.contents).filter(isObject).map(readTurn);
  for (const index of turns.keys()) {
    const problem = turnProblem(turns, index);
    if (problem !== null) return problem;
  }
  const last = turns.at(-1);
  if (last?.role !== "user") return invalidArgument("Please ensure that single turn requests end with a user role.");
  return generation >= 3 ? signatureProblem(turns) : null;
}

function readTurn(content: JsonObject): Turn {
  const parts = asArray(content.parts).filter(isObject);
  const of = (name: string) => parts.map((part) => part[name]).filter(isObject);
  return { role: asString(content.role) ?? "user", parts, calls: of("functionCall"), responses: of("functionResponse") };
}

function turnProblem(turns: Turn[], index: number): GeminiError | null {
  const turn = turns[index] as Turn;
  const before = turns[index - 1];
  for (const [at, part] of turn.parts.entries()) {
    if (DATA.filter((name) => part[name] !== undefined).length === 1) continue;
    return invalidArgument(
      `* GenerateContentRequest.contents[${index}].parts[${at}].data: required oneof field 'data' must have one initialized field`,
    );
  }
  if (turn.calls.length > 0 && (turn.role !== "model" || before?.role !== "user")) {
    return invalidArgument("Please ensure that function call turn comes immediately after a user turn or after a function response turn.");
  }
  const called = before?.calls ?? [];
  if (turn.responses.length > 0 && called.length === 0) {
    return invalidArgument("Please ensure that function response turn comes immediately after a function call turn.");
  }
  if (called.length !== turn.responses.length) {
    return invalidArgument(
      "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
    );
  }
  const unknown = turn.responses.find((response) => !called.some(({ id, name }) => id === response.id && name === response.name));
  return unknown === undefined ? null : invalidArgument(`The function response ${unknown.name} answers no function call.`);
}

/** Of the turn that goes on, from the user's last words, the first call of each step must have its signature. */
function signatureProblem(turns: Turn[]): GeminiError | null {
  const start = turns.findLastIndex(({ role, responses }) => role === "user" && responses.length === 0);
  for (const [index, turn] of turns.entries()) {
    if (index <= start || turn.calls.length === 0) continue;
    const first = turn.parts.find((part) => part.functionCall !== undefined) as JsonObject;
    const name = (first.functionCall as JsonObject).name;
    if (first.thoughtSignature === undefined) {
      return invalidArgument(
        `Function call is missing a thought_signature in functionCall parts. Additional data, function call \`${name}\`.`,
      );
    }
    if (!isSignature(String(first.thoughtSignature))) return invalidArgument("Corrupted thought signature.");
  }
  return null;
}

/** Of this server's own or of the real API, which begins with a protobuf's tag. */
function isSignature(signature: string): boolean {
  return SIGNATURE_STAND_INS.includes(signature) || /^(?:DEMOgemini|[CEA])[A-Za-z0-9+/]+={0,2}$/.test(signature);
}
