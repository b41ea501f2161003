import { readBinding, type SessionBinding, writeBinding } from "./binding.ts";
import type { SessionStore } from "./store.ts";

/** Plano's own namespace; what follows it differs, so both may share a Redis. */
const KEY_PREFIX = "plano:affinity:";
/** A decision waits for this. A Redis in the same network answers in less than 1 ms. */
const COMMAND_MS = 50;
const CONNECT_MS_MAX = 1_000;
/** Between attempts to connect: a lost Redis is back in use within this. */
const RECONNECT_MS = [50, 100, 250, 500, 1_000] as const;
/** Of commands that wait for an answer; at the deadline above, some thousand decisions a second. */
const COMMANDS_MAX = 4_096;

export type RedisStoreOptions = {
  /** `redis[s]://[[user]:password@]host[:port][/database]` */
  readonly url: string;
  /** The longest that a call may take. */
  readonly command_ms?: number;
  /** Told when the connection is there or was lost. */
  readonly onConnected?: (connected: boolean, reason: string | null) => void;
};

/** Bindings that all brightstaffs of a fleet share. Fails at once while there is no connection, and after `command_ms` when there is no answer. */
export class RedisStore implements SessionStore {
  readonly #command_ms: number;
  readonly #connecting: Promise<void>;
  #client: Client | null = null;

  constructor(options: RedisStoreOptions) {
    this.#command_ms = options.command_ms ?? COMMAND_MS;
    this.#connecting = createRedisClient(options).then((client) => {
      this.#client = client;
      // It goes on trying by itself; what failed is told by its events.
      client.connect().catch(() => undefined);
    });
  }

  async get(key: string): Promise<SessionBinding | null> {
    const text = await this.#within(this.#ready().get(KEY_PREFIX + key));
    return text === null ? null : readBinding(text);
  }

  async put(key: string, binding: SessionBinding, ttl_ms: number): Promise<void> {
    await this.#within(this.#ready().set(KEY_PREFIX + key, writeBinding(binding), { PX: ttl_ms }));
  }

  async close(): Promise<void> {
    await this.#connecting;
    this.#client?.destroy();
  }

  #ready(): Client {
    if (!this.#client?.isReady) throw new Error("not connected");
    return this.#client;
  }

  /** The client's own limit ends only what was not sent yet; this ends the wait for an answer. */
  async #within<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${this.#command_ms} ms`)), this.#command_ms);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

type Client = Awaited<ReturnType<typeof createRedisClient>>;

async function createRedisClient({ url, onConnected }: RedisStoreOptions) {
  // A tenth of a second and some 15 MB, for those only who have a Redis.
  const { createClient } = await import("@redis/client");
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: COMMANDS_MAX,
    socket: {
      connectTimeout: CONNECT_MS_MAX,
      reconnectStrategy: (retries) => RECONNECT_MS[Math.min(retries, RECONNECT_MS.length - 1)] as number,
    },
  });
  client.on("ready", () => onConnected?.(true, null));
  client.on("error", (error: NodeJS.ErrnoException) => onConnected?.(false, error.code ?? error.name));
  return client;
}
