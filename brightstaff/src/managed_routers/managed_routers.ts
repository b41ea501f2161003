import { randomUUID } from "node:crypto";
import type { GatewayConfig } from "../config/gateway_config.ts";
import type { StoredRouter } from "../config/load.ts";
import { describeMistake, isUnder, type Mistake } from "../config/mistakes.ts";
import type { SchemaCheck } from "../config/schema_check.ts";
import type { RouterFile } from "./router_file.ts";
import { type BodyChecks, type ManagedRouter, type RouterBody, toRawRouter } from "./wire_form.ts";

/** Each is in memory three times over: here, in the embedded resolver and, with its variants, in every worker's filter. */
const ROUTERS_MAX = 100;

/** What the routers are served by. */
export type RouterHost = {
  /** The config in use. */
  readonly config: () => GatewayConfig;
  /** By id, what is wrong with those of these routers that the config in use can't serve. */
  readonly check: (routers: readonly StoredRouter[]) => ReadonlyMap<string, readonly Mistake[]>;
  /** Serves the routers that are stored now; resolves when the next request meets them. */
  readonly refresh: () => Promise<void>;
};

/** Why a change was not made. */
export class RouterProblem extends Error {
  readonly kind: "not_found" | "conflict" | "unprocessable_entity";
  constructor(kind: RouterProblem["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The routers that were made through the management API: kept in their file, and served beside the config's own. */
export class ManagedRouters {
  readonly #file: RouterFile;
  readonly #checks: BodyChecks;
  #routers: readonly ManagedRouter[];
  #host: RouterHost | undefined;
  #changing: Promise<unknown> = Promise.resolve();

  /** Reads the file; throws a RouterFileError when it is wrong. */
  constructor(file: RouterFile, checks: BodyChecks) {
    this.#file = file;
    this.#checks = checks;
    this.#routers = file.read();
  }

  /** From then on changes are possible. */
  serveBy(host: RouterHost): void {
    this.#host = host;
  }

  /** In the order in which they were made. */
  get all(): readonly ManagedRouter[] {
    return this.#routers;
  }

  /** As the config takes them. */
  get stored(): readonly StoredRouter[] {
    return toStored(this.#routers);
  }

  get(uuid: string): ManagedRouter {
    const router = this.#routers.find((known) => known.uuid === uuid);
    if (router === undefined) throw new RouterProblem("not_found", `There is no model router with the uuid ${JSON.stringify(uuid)}.`);
    return router;
  }

  create(body: unknown): Promise<ManagedRouter> {
    return this.#change(async () => {
      const { given, mistakes } = readBody<RouterBody>(body, this.#checks.create);
      if (this.#routers.length >= ROUTERS_MAX)
        throw new RouterProblem("unprocessable_entity", `There are ${ROUTERS_MAX} model routers, which is the most.`);
      const now = new Date().toISOString();
      const { name, description = "", policies, fallback_models } = given;
      const router = { uuid: randomUUID(), name, description, policies, fallback_models, created_at: now, updated_at: now };
      await this.#replace(router, [...this.#routers, router], mistakes);
      return router;
    });
  }

  /** Fields that the body does not have stay as they are: godo leaves out those that its caller did not set. */
  update(uuid: string, body: unknown): Promise<ManagedRouter> {
    return this.#change(async () => {
      const before = this.get(uuid);
      const { given, mistakes } = readBody<Partial<RouterBody> & { uuid?: string; regions?: unknown }>(body, this.#checks.update);
      if (given.uuid !== undefined && given.uuid !== uuid)
        mistakes.push({ path: ["uuid"], wrong: `is ${JSON.stringify(given.uuid)}`, expected: "the uuid of the path, or it left out" });
      const { regions: _, ...changes } = given;
      const router = { ...before, ...changes, uuid, updated_at: new Date().toISOString() };
      await this.#replace(
        router,
        this.#routers.map((known) => (known === before ? router : known)),
        mistakes,
      );
      return router;
    });
  }

  delete(uuid: string): Promise<void> {
    return this.#change(async () => {
      const router = this.get(uuid);
      await this.#store(this.#routers.filter((known) => known !== router));
    });
  }

  /** One change after the other, each from what the one before has left. */
  #change<T>(make: () => Promise<T>): Promise<T> {
    const changed = this.#changing.catch(() => undefined).then(make);
    this.#changing = changed;
    return changed;
  }

  /** @param found what is wrong with the form of `router`, of which only what is right is there; all else that is wrong is told with it */
  async #replace(router: ManagedRouter, routers: readonly ManagedRouter[], found: readonly Mistake[]): Promise<void> {
    const taken = this.#takenName(router);
    const checked = this.#hostInUse().check(toStored(routers)).get(router.uuid) ?? [];
    const fresh = checked.filter(
      ({ path }) => !found.some((known) => isUnder(path, known.path)) && !(taken !== null && path[0] === "name"),
    );
    const lines = [...found, ...fresh].map(describeMistake);
    if (lines.length > 0) throw unprocessable(taken === null ? lines : [...lines, taken]);
    if (taken !== null) throw new RouterProblem("conflict", taken);
    await this.#store(routers);
  }

  /** Why the router can't have its name, or null when it can. */
  #takenName({ name, uuid }: ManagedRouter): string | null {
    const namesake = this.#routers.find((known) => known.name === name);
    const isConfigured =
      namesake === undefined &&
      this.#hostInUse()
        .config()
        .routers.some((known) => known.name === name);
    if (isConfigured) return `name: the configuration has a router ${JSON.stringify(name)}; expected another name`;
    if (namesake === undefined || namesake.uuid === uuid) return null;
    return `name: there is a model router ${JSON.stringify(name)}, ${namesake.uuid}; expected another name`;
  }

  /** Served only once they are kept: what was answered is never lost. */
  async #store(routers: readonly ManagedRouter[]): Promise<void> {
    await this.#file.write(routers);
    this.#routers = routers;
    await this.#hostInUse().refresh();
  }

  #hostInUse(): RouterHost {
    if (this.#host === undefined) throw new Error("routers are changed before they are served");
    return this.#host;
  }
}

/** What is right of a body, and what is wrong with its form. One that is no object has nothing right. */
function readBody<T>(body: unknown, check: SchemaCheck): { given: T; mistakes: Mistake[] } {
  const mistakes = check.checkAndPrune(body ?? null);
  if (mistakes.some(({ path }) => path.length === 0)) throw unprocessable(mistakes.map(describeMistake));
  return { given: body as T, mistakes };
}

function unprocessable(lines: readonly string[]): RouterProblem {
  return new RouterProblem("unprocessable_entity", lines.join("\n"));
}

function toStored(routers: readonly ManagedRouter[]): StoredRouter[] {
  return routers.map((router) => ({ id: router.uuid, router: toRawRouter(router) }));
}
