import { clientFormat } from "./formats/index.ts";

/** The bytes of a whole HTTP request in the client's format `api`. */
export function requestBytes(api: string, model: string, stream: boolean): Buffer {
  const format = clientFormat(api);
  const body = Buffer.from(JSON.stringify(format.request(model, stream)));
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
