// What becomes of each field of each client API with each provider format: docs/fields.md is made of these tables, and fields.test.ts holds
// the translation to them.

import type { FormatName } from "../facade.ts";

export type ClientName = "openai_chat" | "anthropic_messages" | "openai_responses";

/**
 * `dropped`: the request goes without it. `400`: the request is refused, naming it. Else where it goes, the first path in backticks, with
 * what becomes of it behind.
 */
export type Outcome = string;

export interface Row {
  /** As documented: the field's path. */
  field: string;
  /** The request's fields that say it, beside those of BODIES. */
  says: object;
  /** What the translation calls it when it is left out; the field's own path by default. */
  droppedAs?: string;
  /** Where another model than that of MODELS shows it. */
  models?: Partial<Record<FormatName, string>>;
  to: Partial<Record<FormatName, Outcome>>;
}

export const COLUMNS = ["openai_chat", "anthropic_messages", "openai_responses", "gemini"] as const;
export const TITLES: Record<(typeof COLUMNS)[number], string> = {
  openai_chat: "OpenAI chat",
  anthropic_messages: "Anthropic",
  openai_responses: "OpenAI Responses",
  gemini: "Gemini",
};
export const MODELS: Record<(typeof COLUMNS)[number], string> = {
  openai_chat: "gpt-4o",
  anthropic_messages: "claude-opus-4-5",
  openai_responses: "gpt-4o",
  gemini: "gemini-3.6-flash",
};

export const BODIES: Record<ClientName, object> = {
  openai_chat: { model: "m", messages: [{ role: "user", content: "x" }] },
  anthropic_messages: { model: "m", max_tokens: 9000, messages: [{ role: "user", content: "x" }] },
  openai_responses: { model: "m", input: "x" },
};

/** Models that reason. */
export const REASONING = { openai_chat: "gpt-5.2", openai_responses: "gpt-5.2", anthropic_messages: "claude-opus-4-7" };

export const PNG = "data:image/png;base64,AA==";
export const PDF = "data:application/pdf;base64,AA==";
export const SCHEMA = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };

/** The same with every provider format. */
export const everywhere = (outcome: Outcome): Record<FormatName, Outcome> =>
  Object.fromEntries(COLUMNS.map((column) => [column, outcome])) as Record<FormatName, Outcome>;
