// What goes through as it came: same-format bodies byte for byte, however they are written and sent.

import { request } from "node:http";
import { connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { anthropicMessages, ask, CLIENT_FORMATS, type ClientFormat, openaiChat } from "./client_formats.ts";
import { crowdAgent, exchange } from "./exchange.ts";
import { configOf, Fleet, modelOf, nameOf } from "./fleet.ts";
import { type ScriptedProvider, startScriptedProvider } from "./scripted_provider.ts";

let scripted: ScriptedProvider;
let fleet: Fleet<string>;
let gateway: Gateway;

beforeAll(async () => {
  scripted = await startScriptedProvider();
  const members = CLIENT_FORMATS.map((client) => [providerOf(client), { format: client.id, url: scripted.url }] as const);
  fleet = await Fleet.start<string>({ ...Object.fromEntries(members), mock: { format: "anthropic_messages" } });
  const scriptedModels = members.map(([name]) => fleet.entry(name, { model: `${name}/*` }));
  gateway = await startGateway({ config: configOf({ model_providers: [...scriptedModels, fleet.entry("mock")] }), brightstaff: false });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
  await scripted?.close();
});

const providerOf = (client: ClientFormat) => nameOf("scripted", client.id);

/** Bodies of any format as text, with `MODEL` where the model's JSON string stands. Unknown fields, odd spacing and big numbers included. */
const REQUESTS: Record<string, string> = {
  "spaces and escapes":
    '{ "messages" : [ {"role":"user","content":"h\\u00e9 \\ud83c\\udf0d \\/ \\n"} ] ,\n "max_tokens":9,\t"model"  :  MODEL }\n',
  "the model first": '{"model":MODEL,"max_tokens":9,"messages":[{"role":"user","content":"x"}]}',
  "the model behind three megabytes": `{"max_tokens":9,"messages":[{"role":"user","content":"${"z".repeat(3_000_000)}"}],"model":MODEL}`,
  "the model between": '{"max_tokens":9,"model":MODEL,"messages":[{"role":"user","content":"x"}],"stream":false}',
  "unknown fields":
    '{"model":MODEL,"max_tokens":9,"messages":[{"role":"user","content":"x","cache":{"a":[]}}],"x_new":{"model":"not this","n":[1,2.50e3,12345678901234567890]}}',
};

describe.each(CLIENT_FORMATS)("$id", (client) => {
  test.each(Object.entries(REQUESTS))("a request with %s", async (_, anyText) => {
    const text = anyText.replaceAll("messages", client.conversationField);
    scripted.answer = (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}");
    for (const asked of [`"${providerOf(client)}/a-model"`, `"${providerOf(client)}\\/a-m\\u006fdel"`]) {
      await exchange(gateway.url + client.path, { body: text.replace("MODEL", asked) });
      expect(scripted.requests.at(-1)?.body.toString()).toBe(text.replace("MODEL", '"a-model"'));
    }
  });

  test("a model's name with slashes and colons behind a wildcard", async () => {
    scripted.answer = (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}");
    await exchange(gateway.url + client.path, { body: client.request(`${providerOf(client)}/vendor/model:free`, "x", false) });
    expect(JSON.parse(scripted.requests.at(-1)?.body.toString() ?? "").model).toBe("vendor/model:free");
  });
});

const OPENAI_STREAM = [
  'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant"},"x_new":1}]}\r\n\r\n',
  ": keep-alive\n\n",
  'data:{"id":"c","choices":[{"index":0,"delta":{"content":"h\\u00e9 🌍"}}],"x_new":12345678901234567890}\n\n',
  'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
  "data: [DONE]\n\n",
].join("");
const ANTHROPIC_STREAM = [
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n',
  'event: x_new\ndata: {"type":"x_new"}\n\n',
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"h\\u00e9 🌍"},"x_new":1}\n\n',
  'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}\n\n',
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
].join("");
const RESPONSE =
  '"id":"resp_1", "object":"response","created_at":1,"model":"m","error":null,"incomplete_details":null,"x_new":12345678901234567890';
const RESPONSES_STREAM = [
  `event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{${RESPONSE},"status":"in_progress","output":[]}}\n\n`,
  'event: keepalive\ndata: {"type":"keepalive","sequence_number":1}\n\n',
  'event: response.output_item.added\r\ndata: {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}}\r\n\r\n',
  'data:{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"h\\u00e9 🌍","x_new":1.50}\n\n',
  ": keep-alive\n\n",
  'event: response.x_new\ndata: {"type":"response.x_new","sequence_number":4}\n\n',
  `event: response.completed\ndata: {"type":"response.completed","sequence_number":5,"response":{${RESPONSE},"status":"completed","output":[{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","text":"h\\u00e9 🌍","annotations":[]}],"role":"assistant"}],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}}\n\n`,
].join("");
const STREAMS: Record<ClientFormat["id"], string> = {
  openai_chat: OPENAI_STREAM,
  anthropic_messages: ANTHROPIC_STREAM,
  openai_responses: RESPONSES_STREAM,
};
const WHOLE: Record<ClientFormat["id"], string> = {
  openai_chat:
    '{ "id":"c", "object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"h\\u00e9"},"finish_reason":"stop"}],"x_new":1.50 }\n',
  anthropic_messages:
    '{ "id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"h\\u00e9"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":2},"x_new":1.50 }\n',
  openai_responses: `{ ${RESPONSE}, "status":"completed","output":[{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","text":"h\\u00e9","annotations":[]}],"role":"assistant"}],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3} }\n`,
};

test.each(CLIENT_FORMATS)("answers of $id, whole and streamed", async (client) => {
  const model = `${providerOf(client)}/a-model`;
  const whole = WHOLE[client.id];
  scripted.answer = (response) =>
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", "x-request-id": "req_1" }).end(whole);
  const reply = await exchange(gateway.url + client.path, { body: client.request(model, "x", false) });
  expect(reply.body).toBe(whole);
  expect(reply.headers["x-request-id"]).toBe("req_1");

  const stream = STREAMS[client.id];
  scripted.answer = (response) => response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).end(stream);
  const streamed = await exchange(gateway.url + client.path, { body: client.request(model, "x", true) });
  expect(streamed.body).toBe(stream);
});

describe("however a request is sent", () => {
  const body = JSON.stringify(openaiChat.request(modelOf("mock"), "Hello", true));

  test("in small pieces without a length", async () => {
    const status = await new Promise((resolve, reject) => {
      const call = request(gateway.url + openaiChat.path, {
        method: "POST",
        agent: false,
        headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
      });
      call.on("response", (response) => response.resume().on("end", () => resolve(response.statusCode)));
      call.on("error", reject);
      let at = 0;
      const send = () => {
        if (at >= body.length) return call.end();
        call.write(body.slice(at, at + 7));
        at += 7;
        setImmediate(send);
      };
      send();
    });
    expect(status).toBe(200);
  });

  test("behind Expect: 100-continue, as curl does with larger bodies", async () => {
    const status = await new Promise((resolve, reject) => {
      const call = request(gateway.url + openaiChat.path, {
        method: "POST",
        agent: false,
        headers: { "content-type": "application/json", expect: "100-continue" },
      });
      call.on("continue", () => call.end(body));
      call.on("response", (response) => response.resume().on("end", () => resolve(response.statusCode)));
      call.on("error", reject);
      call.flushHeaders();
    });
    expect(status).toBe(200);
  });

  test("over HTTP/2 in plain text", async () => {
    const session = connect(gateway.url);
    const call = session.request({ ":method": "POST", ":path": openaiChat.path, "content-type": "application/json" });
    let text = "";
    call.setEncoding("utf8");
    call.on("data", (piece: string) => {
      text += piece;
    });
    call.end(body);
    await new Promise((resolve) => call.on("close", resolve));
    session.close();
    expect(openaiChat.readStream(text).complete, text).toBe(true);
  });

  test("behind refused requests on the same connection", async () => {
    const agent = crowdAgent(1);
    for (let turn = 0; turn < 10; turn++) {
      expect((await exchange(gateway.url + anthropicMessages.path, { body: "{", agent })).status).toBe(400);
      const answer = await ask(gateway.url, anthropicMessages, { model: modelOf("mock"), stream: turn % 2 === 0 }, { agent });
      expect(answer.reply.complete, answer.body).toBe(true);
    }
    agent.destroy();
  });
});
