// Lists of models and errors about them, in the form of either API. Which one a client speaks is told by the version header, which
// Anthropic's API requires: https://platform.claude.com/docs/en/api/versioning.

import type { ListedModel } from "./model_list.ts";

export const ANTHROPIC_VERSION_HEADER = "anthropic-version";

type RefusalStatus = 400 | 404 | 405 | 413 | 503;

/** What one API's clients read. */
export type ModelsForm = {
  model(model: ListedModel, created_s: number): object;
  error(status: RefusalStatus, message: string): object;
  unknownModel(message: string): object;
};

const OPENAI_ERRORS = {
  400: { type: "invalid_request_error", code: null },
  404: { type: "invalid_request_error", code: "not_found" },
  405: { type: "invalid_request_error", code: "method_not_allowed" },
  413: { type: "invalid_request_error", code: "request_too_large" },
  503: { type: "server_error", code: null },
} as const;

/** https://platform.openai.com/docs/api-reference/models/object */
export const openaiForm: ModelsForm = {
  model: ({ id, owner }, created) => ({ id, object: "model", created, owned_by: owner }),
  error: (status, message) => ({ error: { message, param: null, ...OPENAI_ERRORS[status] } }),
  unknownModel: (message) => ({ error: { message, param: "model", type: "invalid_request_error", code: "model_not_found" } }),
};

/** Of https://platform.claude.com/docs/en/api/errors */
const ANTHROPIC_ERROR_TYPES = {
  400: "invalid_request_error",
  404: "not_found_error",
  405: "invalid_request_error",
  413: "request_too_large",
  503: "api_error",
} as const;

/** https://platform.claude.com/docs/en/api/models/retrieve ; what the gateway does not know of a model is null there. */
export const anthropicForm: ModelsForm = {
  model: ({ id }, created_s) => ({
    type: "model",
    id,
    display_name: id,
    created_at: new Date(created_s * 1000).toISOString(),
    lifecycle: "active",
    line: null,
    capabilities: null,
    max_input_tokens: null,
    max_tokens: null,
    deprecated_at: null,
    retires_at: null,
  }),
  error: (status, message) => ({ type: "error", error: { type: ANTHROPIC_ERROR_TYPES[status], message } }),
  unknownModel: (message) => anthropicForm.error(404, message),
};

/** https://platform.openai.com/docs/api-reference/models/list */
export function openaiList(models: readonly ListedModel[], created_s: number): object {
  return { object: "list", data: models.map((model) => openaiForm.model(model, created_s)) };
}

/** https://platform.claude.com/docs/en/api/models/list . `hasMore`: in the direction that was asked for. */
export function anthropicPage(models: readonly ListedModel[], created_s: number, hasMore: boolean): object {
  return {
    data: models.map((model) => anthropicForm.model(model, created_s)),
    has_more: hasMore,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  };
}
