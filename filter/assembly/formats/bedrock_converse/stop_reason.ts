import { StopReason } from "../../canonical/summary";
import { Slice, sliceIs } from "../../json/slice";

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html , stopReason

export function readStopReason(reason: Slice): StopReason {
  if (sliceIs(reason, "tool_use")) return StopReason.ToolUse;
  if (sliceIs(reason, "max_tokens")) return StopReason.Length;
  if (sliceIs(reason, "stop_sequence")) return StopReason.StopSequence;
  if (sliceIs(reason, "guardrail_intervened") || sliceIs(reason, "content_filtered")) return StopReason.Refusal;
  if (sliceIs(reason, "model_context_window_exceeded")) return StopReason.ContextLength;
  return StopReason.End;
}

/** The answer is none: the model's output could not be used. Another model, or the same one once more, may do better. */
export function isFailure(reason: Slice): bool {
  return sliceIs(reason, "malformed_model_output") || sliceIs(reason, "malformed_tool_use");
}
