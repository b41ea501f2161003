import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { AWS_DIR, awsCredentialsFile, CDS_FILE, GATEWAY_FILTER_FILE, LDS_FILE, RDS_FILE, SDS_DIR, secretFile } from "./options.ts";
import type { Message } from "./protobuf.ts";
import type { Resources } from "./render.ts";

/**
 * How long clusters that the config no longer has stay: requests on their way may still have them among their candidates, and a candidate
 * without a cluster would end the request instead of moving on.
 */
const REMOVED_CLUSTERS_KEPT_MS = 60_000;

/** The folder from which Envoy reads its resources. One writer at a time. */
export class StateDir {
  readonly #dir: string;
  readonly #removedClustersKept_ms: number;
  #removal: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(dir: string, removedClustersKept_ms: number = REMOVED_CLUSTERS_KEPT_MS) {
    this.#dir = dir;
    this.#removedClustersKept_ms = removedClustersKept_ms;
  }

  /**
   * Writes what has changed, in the order in which nothing refers to what is not there yet: secrets, clusters, the filter's configuration,
   * routes, listener. Clusters that are gone stay for a while and are removed later.
   */
  write(resources: Resources): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#writeAll(resources));
    return this.#writing;
  }

  /** Writes one secret anew, in its turn: what was handed to `write` before comes before it. */
  writeSecret(name: string, secret: Message): Promise<void> {
    return this.#inTurn(() => this.#replace(secretFile(name), [secret]));
  }

  /** The same for a file of AWS keys. */
  writeAwsCredentials(name: string, content: string): Promise<void> {
    return this.#inTurn(() => this.#replaceText(awsCredentialsFile(name), content));
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(() => this.#makeFolders())
      .then(write);
    return this.#writing;
  }

  /** Ends what is planned for later; the files stay. */
  close(): void {
    clearTimeout(this.#removal);
  }

  async #writeAll(resources: Resources): Promise<void> {
    clearTimeout(this.#removal);
    await this.#makeFolders();
    for (const [name, secret] of resources.secrets) await this.#replace(secretFile(name), [secret]);
    for (const [name, content] of resources.awsCredentials) await this.#replaceText(awsCredentialsFile(name), content);
    const removed = await this.#removedClusters(resources.clusters);
    await this.#replace(CDS_FILE, [...resources.clusters, ...removed]);
    await this.#replace(GATEWAY_FILTER_FILE, [resources.gatewayFilter]);
    await this.#replace(RDS_FILE, [resources.routes]);
    await this.#replace(LDS_FILE, [resources.listener, ...(resources.routingListener === null ? [] : [resources.routingListener])]);
    if (removed.length > 0) this.#planRemoval(resources);
    else await this.#removeSecretsBut(resources);
  }

  /** Only for the owner: some of the files hold keys. */
  async #makeFolders(): Promise<void> {
    for (const folder of [SDS_DIR, AWS_DIR]) await fs.mkdir(path.join(this.#dir, folder), { recursive: true, mode: 0o700 });
    await fs.chmod(this.#dir, 0o700);
  }

  #planRemoval(resources: Resources): void {
    this.#removal = setTimeout(() => {
      this.#writing = this.#writing
        .catch(() => undefined)
        .then(async () => {
          await this.#replace(CDS_FILE, resources.clusters);
          await this.#removeSecretsBut(resources);
        });
    }, this.#removedClustersKept_ms);
    this.#removal.unref();
  }

  /** The clusters of the present file that are not among the new ones: those of a run before this one, too, as Envoy may have kept running. */
  async #removedClusters(clusters: readonly Message[]): Promise<Message[]> {
    const names = new Set(clusters.map(({ name }) => name));
    const present = await readOrNull(path.join(this.#dir, CDS_FILE));
    if (present === null) return [];
    const { resources } = JSON.parse(present) as { resources: Message[] };
    return resources.filter(({ name }) => !names.has(name));
  }

  async #removeSecretsBut({ secrets, awsCredentials }: Resources): Promise<void> {
    const kept = new Set([...[...secrets.keys()].map(secretFile), ...[...awsCredentials.keys()].map(awsCredentialsFile)]);
    for (const folder of [SDS_DIR, AWS_DIR]) {
      for (const name of await fs.readdir(path.join(this.#dir, folder))) {
        const file = path.join(folder, name);
        if (!kept.has(file)) await fs.rm(path.join(this.#dir, file), { force: true });
      }
    }
  }

  /** Envoy takes a file in when another is renamed over it, and so never sees half of one. */
  async #replace(file: string, resources: readonly Message[]): Promise<void> {
    const body = JSON.stringify(resources);
    const version_info = createHash("sha256").update(body).digest("hex").slice(0, 16);
    await this.#replaceText(file, `${JSON.stringify({ version_info, resources }, null, 1)}\n`);
  }

  async #replaceText(file: string, content: string): Promise<void> {
    const target = path.join(this.#dir, file);
    if ((await readOrNull(target)) === content) return;
    const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}`);
    await fs.writeFile(temporary, content, { mode: 0o600 });
    await fs.rename(temporary, target);
  }
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
