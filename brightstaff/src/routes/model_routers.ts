import type { FastifyInstance, FastifyRequest } from "fastify";
import type { GatewayConfig } from "../config/gateway_config.ts";
import type { Mistake } from "../config/mistakes.ts";
import { describeMistake } from "../config/mistakes.ts";
import type { ManagedRouters } from "../managed_routers/managed_routers.ts";
import { routerPresets, taskPresets } from "../managed_routers/presets.ts";
import { type ManagedRouter, toAnswer } from "../managed_routers/wire_form.ts";

export type ModelRouterOptions = {
  readonly routers: ManagedRouters;
  readonly config: () => GatewayConfig;
  /** By uuid, why stored routers are not served at the moment. */
  readonly refused: () => ReadonlyMap<string, readonly Mistake[]>;
};

const PATH = "/v2/gen-ai/models/routers";

/** DigitalOcean's default, and the most that its API gives: https://docs.digitalocean.com/reference/api/, "Links & Pagination". */
const PER_PAGE = 20;
const PER_PAGE_MAX = 200;

const PAGE_SCHEMA = {
  type: "object",
  properties: {
    page: { type: "integer", minimum: 1, maximum: 1_000_000 },
    per_page: { type: "integer", minimum: 1, maximum: PER_PAGE_MAX },
  },
};

type PageQuery = { page?: number; per_page?: number };
type ByUuid = { Params: { uuid: string } };

/**
 * DigitalOcean's management of model routers. Every success is a 200, creation and deletion too: its client pydo takes any other status for
 * an error.
 */
export function modelRouterRoutes(app: FastifyInstance, { routers, config, refused }: ModelRouterOptions): void {
  const answer = (router: ManagedRouter) => toAnswer(router, (refused().get(router.uuid) ?? []).map(describeMistake));
  const list = <T>(path: string, key: string, items: () => readonly T[]) =>
    app.get<{ Querystring: PageQuery }>(path, { schema: { querystring: PAGE_SCHEMA } }, (request, reply) =>
      reply.send(pageOf(request, path, key, items())),
    );
  list(PATH, "model_routers", () => routers.all.map(answer));
  list(`${PATH}/presets`, "presets", () => routerPresets(config()));
  list(`${PATH}/tasks/presets`, "tasks", () => taskPresets(config()));
  app.post(PATH, async ({ body }) => ({ model_router: answer(await routers.create(body)) }));
  app.get<ByUuid>(`${PATH}/:uuid`, ({ params }, reply) => reply.send({ model_router: answer(routers.get(params.uuid)) }));
  app.put<ByUuid>(`${PATH}/:uuid`, async ({ params, body }) => ({ model_router: answer(await routers.update(params.uuid, body)) }));
  app.delete<ByUuid>(`${PATH}/:uuid`, async ({ params }) => {
    await routers.delete(params.uuid);
    return { uuid: params.uuid };
  });
}

function pageOf<T>(request: FastifyRequest<{ Querystring: PageQuery }>, path: string, key: string, items: readonly T[]): object {
  const { page = 1, per_page = PER_PAGE } = request.query;
  const pages = Math.max(1, Math.ceil(items.length / per_page));
  const urlOf = (number: number) => `${request.protocol}://${request.host}${path}?page=${number}&per_page=${per_page}`;
  const previous = Math.min(page - 1, pages);
  const links = {
    // The API's own name of it is `previous` (apiPages); godo reads `prev`, without which it takes every page for the first.
    ...(page > 1 ? { first: urlOf(1), previous: urlOf(previous), prev: urlOf(previous) } : {}),
    ...(page < pages ? { next: urlOf(page + 1), last: urlOf(pages) } : {}),
  };
  return {
    [key]: items.slice((page - 1) * per_page, page * per_page),
    links: Object.keys(links).length === 0 ? {} : { pages: links },
    meta: { page, pages, total: items.length },
  };
}
