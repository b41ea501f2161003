// A routing model on a server that answers as vLLM's OpenAI-compatible one does, and that a test can make slow or foolish.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface RoutingModel {
  url: string;
  /** The prompts it was asked, in their order. */
  prompts: string[];
  /** What it answers, by the prompt; null for no answer at all. */
  answer: (prompt: string) => string | null;
  close(): Promise<void>;
}

export async function startRoutingModel(): Promise<RoutingModel> {
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request)) as { model: string; messages: { content: string }[] };
    const prompt = body.messages.map(({ content }) => content).join("\n");
    routingModel.prompts.push(prompt);
    const content = routingModel.answer(prompt);
    if (content === null) return;
    const choice = { index: 0, message: { role: "assistant", content }, logprobs: null, finish_reason: "stop" };
    const usage = { prompt_tokens: 400, completion_tokens: 12, total_tokens: 412 };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ id: "chatcmpl-1", object: "chat.completion", created: 1764000000, model: body.model, choices: [choice], usage }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const routingModel: RoutingModel = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    prompts: [],
    answer: () => '{"route": "other"}',
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return routingModel;
}
