import { equalAscii } from "../bytes/ascii";
import { Format } from "../canonical/format";
import { Operation } from "../canonical/operation";
import { AnthropicCountTokens } from "./anthropic_messages/count_tokens";
import { AnthropicMessages } from "./anthropic_messages/format";
import { BedrockConverse } from "./bedrock_converse/format";
import { GeminiCountTokens } from "./gemini/count_tokens";
import { Gemini } from "./gemini/format";
import { OpenaiChat } from "./openai_chat/format";
import { OpenaiEmbeddings } from "./openai_embeddings/format";
import { OpenaiResponses } from "./openai_responses/format";
import { OpenaiInputTokens } from "./openai_responses/input_tokens";

/** Every wire format. A format's number, by which the facade knows it, is its place in this list. */
const formats: StaticArray<Format> = [
  new OpenaiChat(),
  new AnthropicMessages(),
  new OpenaiResponses(),
  new Gemini(),
  new BedrockConverse(),
  // Those of other operations.
  new OpenaiEmbeddings(),
  new AnthropicCountTokens(),
  new GeminiCountTokens(),
  new OpenaiInputTokens(),
];

/** The format with a number that `formatNamed` or `formatOfPath` gave. */
export function formatAt(number: u8): Format {
  return unchecked(formats[number]);
}

/** What requests in a format ask for. */
export function operationOf(number: u8): Operation {
  return unchecked(formats[number]).operation;
}

/** The number of the format that configuration files call so, or -1. */
export function formatNamed(ptr: usize, length: u32): i32 {
  for (let i = 0; i < formats.length; i++) {
    if (equalAscii(ptr, length, unchecked(formats[i]).name)) return i;
  }
  return -1;
}

/** The number of the format whose clients send their requests to this path (without its query), or -1. Some have no clients and no path. */
export function formatOfPath(ptr: usize, length: u32): i32 {
  if (length == 0) return -1;
  for (let i = 0; i < formats.length; i++) {
    if (equalAscii(ptr, length, unchecked(formats[i]).path)) return i;
  }
  return -1;
}
