import { indexOfAscii } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";
import { claudeVersion, NOT_CLAUDE, takesSchemas } from "../../canonical/claude_models";
import { Slice, sliceLength, slicePtr } from "../../json/slice";

// What depends on who made a model, by its name. Names of one's own (of an application inference profile, say) tell nothing: such a model is
// sent what the API has, and nothing that only some models take.

function has(model: Bytes, name: string): bool {
  return indexOfAscii(model.ptr, model.length, name) >= 0;
}

export function isNova(model: Bytes): bool {
  return has(model, "amazon.nova");
}

/** Reasons at an effort: https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
export function isNova2(model: Bytes): bool {
  return has(model, "amazon.nova-2");
}

export function isGptOss(model: Bytes): bool {
  return has(model, "openai.gpt-oss");
}

/** OpenAI's own GPTs, as they are called by OpenAI too. */
export function isOpenai(model: Bytes): bool {
  return has(model, "openai.");
}

/** Whether proofs of an answer's reasoning are Claude's, by the name that was asked for. Others' are none that this API takes back. */
export function isClaude(model: Slice): bool {
  return indexOfAscii(slicePtr(model), sliceLength(model), "claude") >= 0;
}

/** Knows the status of a tool's result: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html */
export function takesToolStatus(model: Bytes): bool {
  return claudeVersion(model) != NOT_CLAUDE || isNova(model);
}

/** Answers by a schema, and calls strict tools: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
export function takesSchema(model: Bytes): bool {
  const version = claudeVersion(model);
  if (version != NOT_CLAUDE) return takesSchemas(version);
  return !(
    has(model, "amazon.") ||
    has(model, "meta.") ||
    has(model, "cohere.") ||
    has(model, "ai21.") ||
    has(model, "writer.") ||
    has(model, "deepseek.r1")
  );
}
