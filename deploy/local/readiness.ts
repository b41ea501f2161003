import type { ClientRequest, IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

// An `import` would read the module's getters, of which one (WebSocket) loads Node's own undici: 50 ms and 6 MB.
const { request: httpRequest } = process.getBuiltinModule("node:http");

const POLL_MS = 20;
const ANSWER_MS_MAX = 2_000;
const READY_MS_MAX = 30_000;

/** Returns once the listener answers GET /healthz with 200: Envoy, its configuration and brightstaff are all there. */
export async function waitUntilHealthy(url: string): Promise<void> {
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  // Whether it serves is asked here, not whether its certificate is trusted on this machine.
  const options = { agent: false, rejectUnauthorized: false, timeout: ANSWER_MS_MAX };
  await poll(`${url}/healthz does not answer 200`, async () => {
    const { status } = await answerOf(send(`${url}/healthz`, options));
    return status === 200 || undefined;
  });
}

/** The port that the system gave to Envoy's first listener, asked of its admin interface. */
export function listeningPort(adminSocket: string): Promise<number> {
  return poll("Envoy opens no listener", async () => {
    const call = httpRequest({ socketPath: adminSocket, path: "/listeners?format=json", agent: false, timeout: ANSWER_MS_MAX });
    const { body } = await answerOf(call);
    const { listener_statuses = [] } = JSON.parse(body) as { listener_statuses?: ListenerStatus[] };
    return listener_statuses[0]?.local_address?.socket_address?.port_value || undefined;
  });
}

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/listeners.proto */
type ListenerStatus = { local_address?: { socket_address?: { port_value: number } } };

/** Asks until there is an answer; an error is none. */
async function poll<T>(failure: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + READY_MS_MAX;
  let last = "";
  while (performance.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = ` (${(error as Error).message})`;
    }
    await sleep(POLL_MS);
  }
  throw new Error(`${failure} after ${READY_MS_MAX / 1000} s${last}`);
}

function answerOf(call: ClientRequest): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    call.on("response", (response: IncomingMessage) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode, body }));
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`no answer in ${ANSWER_MS_MAX} ms`)));
    call.on("error", reject);
    call.end();
  });
}
