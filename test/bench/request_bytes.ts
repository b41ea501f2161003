import { clientFormat } from "./formats/index.ts";
import { LONG_TURNS, TURNS } from "./workload.ts";

/** The bytes of a whole HTTP request in the client's format `api`; `long` for the conversation with 100 KB more. */
export function requestBytes(api: string, model: string, stream: boolean, long = false): Buffer {
  const format = clientFormat(api);
  const body = Buffer.from(JSON.stringify(format.request(model, stream, long ? LONG_TURNS : TURNS)));
  const lines = [
    `POST ${format.path} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    "accept: */*",
    "user-agent: bench",
    ...format.headers,
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]);
}
