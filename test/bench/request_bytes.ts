import { clientFormat } from "./formats/index.ts";
import { LONG_TURNS, TURNS } from "./workload.ts";

export interface RequestOptions {
  /** The client's format. */
  api: string;
  /** Where that is not the API's own path. */
  path?: string | undefined;
  model: string;
  stream: boolean;
  /** Whether the conversation has 100 KB more. */
  long: boolean;
}

/** The bytes of a whole HTTP request. */
export function requestBytes({ api, path, model, stream, long }: RequestOptions): Buffer {
  const format = clientFormat(api);
  const body = Buffer.from(JSON.stringify(format.request(model, stream, long ? LONG_TURNS : TURNS)));
  const lines = [
    `POST ${path ?? format.path} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    "accept: */*",
    "user-agent: bench",
    ...format.headers,
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]);
}
