import { StopReason } from "../../canonical/summary";
import { Slice, sliceIs, sliceIsEmpty } from "../../json/slice";

// https://ai.google.dev/api/generate-content#FinishReason

export function readFinishReason(reason: Slice): StopReason {
  if (sliceIs(reason, "MAX_TOKENS")) return StopReason.Length;
  return isRefusal(reason) ? StopReason.Refusal : StopReason.End;
}

/** A filter, of what the model said or was asked, ended the answer. */
function isRefusal(reason: Slice): bool {
  return (
    sliceIs(reason, "SAFETY") ||
    sliceIs(reason, "RECITATION") ||
    sliceIs(reason, "LANGUAGE") ||
    sliceIs(reason, "BLOCKLIST") ||
    sliceIs(reason, "PROHIBITED_CONTENT") ||
    sliceIs(reason, "SPII") ||
    sliceIs(reason, "IMAGE_SAFETY") ||
    sliceIs(reason, "IMAGE_PROHIBITED_CONTENT") ||
    sliceIs(reason, "IMAGE_RECITATION") ||
    sliceIs(reason, "MODEL_ARMOR")
  );
}

/** The answer is none: the model's output could not be used. Another model, or the same one once more, may do better. */
export function isFailure(reason: Slice): bool {
  if (sliceIsEmpty(reason)) return false;
  return (
    sliceIs(reason, "MALFORMED_FUNCTION_CALL") ||
    sliceIs(reason, "UNEXPECTED_TOOL_CALL") ||
    sliceIs(reason, "TOO_MANY_TOOL_CALLS") ||
    sliceIs(reason, "MISSING_THOUGHT_SIGNATURE") ||
    sliceIs(reason, "MALFORMED_RESPONSE") ||
    sliceIs(reason, "OTHER")
  );
}
