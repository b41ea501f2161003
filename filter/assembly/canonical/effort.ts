import { Bytes } from "../bytes/bytes";
import { readNumber } from "../bytes/numbers";
import { Slice, sliceIs, sliceLength, slicePtr } from "../json/slice";
import { CanonicalRequest, Effort } from "./request";

// The words for reasoning effort that OpenAI's APIs have: https://developers.openai.com/api/docs/guides/reasoning

/** Up to this many tokens a thinking budget is a low effort, in the scale of the other direction's budgets. */
const LOW_BUDGET_TOKENS_MAX: f64 = 4096;
const MEDIUM_BUDGET_TOKENS_MAX: f64 = 16383;

/** What `effortNamed` does not know is refused with this. */
export const EFFORTS = "must be none, minimal, low, medium, high, xhigh or max";

export function effortNamed(word: Slice): Effort {
  if (sliceIs(word, "none")) return Effort.None;
  if (sliceIs(word, "minimal")) return Effort.Minimal;
  if (sliceIs(word, "low")) return Effort.Low;
  if (sliceIs(word, "medium")) return Effort.Medium;
  if (sliceIs(word, "high")) return Effort.High;
  if (sliceIs(word, "xhigh")) return Effort.ExtraHigh;
  if (sliceIs(word, "max")) return Effort.Max;
  return Effort.Unset;
}

/** The effort that was asked for, by its name or as a budget of tokens. */
export function wantedEffort(request: CanonicalRequest): Effort {
  if (request.effort != Effort.Unset || sliceLength(request.reasoningBudget) == 0) return request.effort;
  const budget = readNumber(slicePtr(request.reasoningBudget), sliceLength(request.reasoningBudget));
  if (budget <= LOW_BUDGET_TOKENS_MAX) return Effort.Low;
  return budget <= MEDIUM_BUDGET_TOKENS_MAX ? Effort.Medium : Effort.High;
}

export function writeEffort(effort: Effort, out: Bytes): void {
  switch (effort) {
    case Effort.None:
      out.ascii('"none"');
      break;
    case Effort.Minimal:
      out.ascii('"minimal"');
      break;
    case Effort.Low:
      out.ascii('"low"');
      break;
    case Effort.Medium:
      out.ascii('"medium"');
      break;
    case Effort.ExtraHigh:
      out.ascii('"xhigh"');
      break;
    case Effort.Max:
      out.ascii('"max"');
      break;
    default:
      out.ascii('"high"');
  }
}
