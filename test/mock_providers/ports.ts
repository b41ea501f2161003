import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

export interface TcpServer {
  port: number;
  /** Connections accepted so far. */
  connections: number;
  close(): Promise<void>;
}

/**
 * A port of 127.0.0.1 that nobody listens on: connections to it are refused. The port is held by an outgoing connection for as long as this
 * process lives, or else the system would soon give it to some other server.
 */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const holder = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(holder, "connect");
  server.unref();
  holder.unref();
  return holder.localPort as number;
}

/** Accepts connections and resets each at once, or never answers: a TLS handshake then fails or hangs, too. */
export async function startTcpServer(manner: "reset" | "hang"): Promise<TcpServer> {
  const sockets = new Set<import("node:net").Socket>();
  const server = createServer((socket) => {
    handle.connections++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    if (manner === "reset") socket.resetAndDestroy();
    else socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const handle: TcpServer = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return handle;
}
