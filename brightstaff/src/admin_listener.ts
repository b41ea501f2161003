import { readFile } from "node:fs/promises";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { type AdminAppOptions, buildAdminApp } from "./admin_app.ts";
import type { Admin } from "./config/gateway_config.ts";

/** The management API where the config says, as long as it says so. */
export class AdminListener {
  readonly #options: Omit<AdminAppOptions, "key" | "tls" | "logger"> & { readonly logger: Logger };
  #app: FastifyInstance | null = null;
  #place = "";
  #key: string | null = null;

  constructor(options: Omit<AdminAppOptions, "key" | "tls" | "logger"> & { readonly logger: Logger }) {
    this.#options = options;
  }

  /** The port that it listens on, null when it does not. */
  get port(): number | null {
    const address = this.#app?.server.address();
    return typeof address === "object" && address !== null ? address.port : null;
  }

  /** Rejects when it can't listen there. A new key counts from the next request on; only a new place ends what is under way. */
  async use(admin: Admin | null): Promise<void> {
    this.#key = admin?.key ?? null;
    const place = JSON.stringify(admin === null ? null : { ...admin, key: "" });
    if (place === this.#place) return;
    await this.close();
    if (admin === null) return;
    const { address, port, tls } = admin;
    const pem = tls === null ? {} : { tls: { cert: await readFile(tls.certFile, "utf8"), key: await readFile(tls.keyFile, "utf8") } };
    const app = buildAdminApp({ ...this.#options, ...pem, key: () => this.#key });
    await app.listen({ host: address, port });
    this.#app = app;
    this.#place = place;
    this.#options.logger.info({ address, port: this.port, tls: tls !== null }, "the management API is served");
  }

  async close(): Promise<void> {
    const app = this.#app;
    this.#app = null;
    this.#place = "";
    await app?.close();
  }
}
