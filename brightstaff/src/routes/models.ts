import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GatewayConfig } from "../config/gateway_config.ts";
import { ANTHROPIC_VERSION_HEADER, anthropicForm, anthropicPage, type ModelsForm, openaiForm, openaiList } from "../models/forms.ts";
import { findModel, type ListedModel, listModels } from "../models/model_list.ts";

/** Of https://platform.claude.com/docs/en/api/models/list */
const PAGE_DEFAULT = 20;
const PAGE_MAX = 1000;
const PATH = "/v1/models/";

type Asked = { readonly [parameter: string]: unknown };
type Page = { readonly models: readonly ListedModel[]; readonly hasMore: boolean };

/** GET /v1/models/{id}, and the pages of GET /v1/models: Envoy has the whole list itself, for those who ask for no page. */
export function modelRoutes(app: FastifyInstance, current: () => { readonly config: GatewayConfig } | null): void {
  const withConfig = (request: FastifyRequest, reply: FastifyReply, answer: (config: GatewayConfig, form: ModelsForm) => object) => {
    const form = formOf(request);
    const config = current()?.config;
    return config === undefined ? refuse(reply, form, 503, "The gateway is starting.") : answer(config, form);
  };
  app.get<{ Querystring: Asked }>("/v1/models", (request, reply) =>
    withConfig(request, reply, (config, form) => {
      const models = listModels(config);
      if (form === openaiForm) return openaiList(models, config.changed_s);
      const page = takePage(models, request.query);
      return typeof page === "string" ? refuse(reply, form, 400, page) : anthropicPage(page.models, config.changed_s, page.hasMore);
    }),
  );
  app.get(`${PATH}*`, (request, reply) =>
    withConfig(request, reply, (config, form) => {
      const id = (request.params as { "*": string })["*"];
      const model = findModel(config, id);
      if (model !== undefined) return form.model(model, config.changed_s);
      return reply.code(404).send(form.unknownModel(`model: '${id}' is not among the models, aliases and routers of this gateway.`));
    }),
  );
}

function formOf(request: FastifyRequest): ModelsForm {
  return request.headers[ANTHROPIC_VERSION_HEADER] === undefined ? openaiForm : anthropicForm;
}

function refuse(reply: FastifyReply, form: ModelsForm, status: 400 | 503, message: string): FastifyReply {
  return reply.code(status).send(form.error(status, message));
}

/** @returns what is wrong with the query, when it asks for no page */
function takePage(models: readonly ListedModel[], { limit: asked, after_id, before_id }: Asked): Page | string {
  const limit = asked === undefined ? PAGE_DEFAULT : Number(asked);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) return `limit: must be a whole number from 1 to ${PAGE_MAX}`;
  if (after_id !== undefined && before_id !== undefined) return "after_id and before_id can't be given together";
  const indexOf = (id: unknown) => models.findIndex((model) => model.id === id);
  if (before_id !== undefined) {
    const end = indexOf(before_id);
    if (end < 0) return "before_id: there is no such model";
    const start = Math.max(0, end - limit);
    return { models: models.slice(start, end), hasMore: start > 0 };
  }
  const start = after_id === undefined ? 0 : indexOf(after_id) + 1;
  if (after_id !== undefined && start === 0) return "after_id: there is no such model";
  return { models: models.slice(start, start + limit), hasMore: start + limit < models.length };
}
