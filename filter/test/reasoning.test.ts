// Reasoning and its proofs in a conversation whose turns different providers answer: a proof goes back to who made it, and to nobody else.

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Facade, type FormatName } from "./facade.ts";
import { claudeSignature, openaiCiphertext } from "./signatures.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

type Client = "openai_chat" | "anthropic_messages" | "openai_responses";
type Block = { type: string; [key: string]: unknown };
type Message = { role: string; [key: string]: unknown };

const USER = "What is 2+2?";
const CALL = { id: "call_1", name: "add", input: { a: 2 } };

/** What each provider answers when it thinks and calls a tool; `proof` is in its own form. */
function answerOf(provider: FormatName, thought: string, proof: string): string {
  switch (provider) {
    case "anthropic_messages":
      return JSON.stringify({
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-sonnet-4-5",
        content: [
          { type: "thinking", thinking: thought, signature: proof },
          { type: "tool_use", ...CALL },
        ],
        stop_reason: "tool_use",
        usage: { input_tokens: 1, output_tokens: 1 },
      });
    case "openai_responses":
      return JSON.stringify({
        id: "resp_1",
        object: "response",
        status: "completed",
        model: "gpt-5.2",
        output: [
          { id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text: thought }], encrypted_content: proof },
          { type: "function_call", id: "fc_1", call_id: CALL.id, name: CALL.name, arguments: JSON.stringify(CALL.input) },
        ],
        usage: { input_tokens: 1, output_tokens: 1 },
      });
    default: {
      const functionCall = { id: CALL.id, name: CALL.name, args: CALL.input };
      const parts = [
        { text: thought, thought: true },
        { functionCall, thoughtSignature: proof },
      ];
      return JSON.stringify({
        responseId: "g1",
        modelVersion: "gemini-3.6-flash",
        candidates: [{ content: { parts }, finishReason: "STOP" }],
      });
    }
  }
}

/** The same answer as a stream. */
function streamOf(provider: FormatName, thought: string, proof: string): string {
  const events: object[] = [];
  if (provider === "gemini") events.push(JSON.parse(answerOf(provider, thought, proof)));
  else if (provider === "anthropic_messages") {
    const delta = (index: number, data: object) => ({ type: "content_block_delta", index, delta: data });
    events.push(
      { type: "message_start", message: { id: "msg_1", model: "claude-sonnet-4-5", usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
      ...[...thought].map((thinking) => delta(0, { type: "thinking_delta", thinking })),
      delta(0, { type: "signature_delta", signature: proof }),
      { type: "content_block_stop", index: 0 },
      { type: "content_block_start", index: 1, content_block: { type: "tool_use", id: CALL.id, name: CALL.name, input: {} } },
      delta(1, { type: "input_json_delta", partial_json: JSON.stringify(CALL.input) }),
      { type: "content_block_stop", index: 1 },
      { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 1 } },
      { type: "message_stop" },
    );
  } else {
    const { output, ...response } = JSON.parse(answerOf(provider, thought, proof)) as { output: Block[] };
    const [reasoning, call] = output as [Block, Block];
    events.push(
      { type: "response.created", response },
      { type: "response.output_item.added", output_index: 0, item: { id: "rs_1", type: "reasoning", summary: [] } },
      { type: "response.reasoning_summary_part.added", output_index: 0, summary_index: 0 },
      ...[...thought].map((delta) => ({ type: "response.reasoning_summary_text.delta", output_index: 0, summary_index: 0, delta })),
      { type: "response.output_item.done", output_index: 0, item: reasoning },
      { type: "response.output_item.added", output_index: 1, item: { ...call, arguments: "" } },
      { type: "response.output_item.done", output_index: 1, item: call },
      { type: "response.completed", response: { ...response, output } },
    );
  }
  return events.map((data) => `data: ${JSON.stringify(data)}\n\n`).join("");
}

/** What a client sends after an answer: it, as it came, and the tool's result. */
function nextTurn(client: Client, answer: string): string {
  const body = JSON.parse(answer);
  if (client === "openai_responses") {
    const input = [{ role: "user", content: USER }, ...body.output, { type: "function_call_output", call_id: CALL.id, output: "4" }];
    return JSON.stringify({ model: "m", input });
  }
  if (client === "openai_chat") {
    const messages = [{ role: "user", content: USER }, body.choices[0].message, { role: "tool", tool_call_id: CALL.id, content: "4" }];
    return JSON.stringify({ model: "m", messages });
  }
  const messages = [
    { role: "user", content: USER },
    { role: "assistant", content: body.content },
    { role: "user", content: [{ type: "tool_result", tool_use_id: CALL.id, content: "4" }] },
  ];
  return JSON.stringify({ model: "m", max_tokens: 9000, thinking: { type: "enabled", budget_tokens: 2048 }, messages });
}

/** The answer that a client puts together from its stream, as far as it is sent back. */
function assembled(client: Client, stream: string): string {
  const events = stream
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)));
  if (client === "openai_responses") return JSON.stringify(events.find(({ type }) => type === "response.completed").response);
  if (client === "openai_chat") {
    const message: Message = { role: "assistant", content: "" };
    const calls: Record<number, Block> = {};
    for (const { delta } of events.flatMap(({ choices }) => choices)) {
      if (delta.reasoning_content) message.reasoning_content = `${message.reasoning_content ?? ""}${delta.reasoning_content}`;
      if (delta.reasoning_details) message.reasoning_details = [...((message.reasoning_details as []) ?? []), ...delta.reasoning_details];
      for (const { index, function: called, ...rest } of delta.tool_calls ?? []) {
        const call: Block = { ...calls[index], ...rest };
        calls[index] = call;
        const before = (call.function ?? {}) as { arguments?: string };
        if (called) call.function = { ...before, ...called, arguments: (before.arguments ?? "") + called.arguments };
      }
    }
    return JSON.stringify({ choices: [{ message: { ...message, tool_calls: Object.values(calls) } }] });
  }
  const content: Block[] = [];
  for (const { type, index, content_block, delta } of events) {
    if (type === "content_block_start") content[index] = content_block;
    if (type !== "content_block_delta") continue;
    const block = content[index] as Block;
    if (delta.thinking) block.thinking = `${block.thinking}${delta.thinking}`;
    if (delta.signature) block.signature = delta.signature;
    if (delta.partial_json) block.input = JSON.parse(delta.partial_json);
  }
  return JSON.stringify({ content });
}

function whole(provider: FormatName, client: Client, thought: string, proof: string): string {
  return facade.translateResponse(provider, client, answerOf(provider, thought, proof)).body;
}

function streamed(provider: FormatName, client: Client, thought: string, proof: string): string {
  const stream = facade.openStream(provider, client);
  const out = stream.feed(streamOf(provider, thought, proof)).out + stream.finish().out;
  stream.close();
  return assembled(client, out);
}

function sent(client: Client, provider: FormatName, model: string, body: string) {
  const result = facade.translateRequest(client, provider, body, model);
  if ("problem" in result) throw new Error(result.problem.message);
  return { ...result, json: JSON.parse(result.body) };
}

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((one) => one.trim() !== "" && one.isWellFormed());
const proof = fc.base64String({ minLength: 4, maxLength: 60 });
const claudes = proof.map(claudeSignature);
const openais = proof.map(openaiCiphertext);
/** One that each provider could have made. */
const PROOFS: Partial<Record<FormatName, string>> = {
  anthropic_messages: claudeSignature("sig"),
  openai_responses: openaiCiphertext("sig"),
  gemini: "c2ln",
};
const ways = [
  ["whole", whole],
  ["streamed", streamed],
] as const;

describe.each(ways)("%s: what a provider proved comes back to it as it was", (_, answer) => {
  test.each(["openai_chat", "openai_responses"] as const)("Claude's thinking, by %s", (client) => {
    fc.assert(
      fc.property(text, claudes, (thought, signature) => {
        const body = nextTurn(client, answer("anthropic_messages", client, thought, signature));
        const { json, dropped } = sent(client, "anthropic_messages", "claude-sonnet-4-5", body);
        expect(json.messages[1].content).toEqual([
          { type: "thinking", thinking: thought, signature },
          { type: "tool_use", ...CALL },
        ]);
        expect(dropped).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test.each(["openai_chat", "anthropic_messages"] as const)("OpenAI's encrypted reasoning, by %s", (client) => {
    fc.assert(
      fc.property(text, openais, (thought, encrypted) => {
        const body = nextTurn(client, answer("openai_responses", client, thought, encrypted));
        const { json } = sent(client, "openai_responses", "gpt-5.2", body);
        expect(json.input[1]).toMatchObject({ type: "reasoning", encrypted_content: encrypted });
        expect(json.input[2]).toMatchObject({ type: "function_call", call_id: CALL.id });
        expect(json.include).toEqual(["reasoning.encrypted_content"]);
      }),
      { numRuns: 50 },
    );
  });

  test.each(["openai_chat", "anthropic_messages", "openai_responses"] as const)("the signature of Gemini's call, by %s", (client) => {
    fc.assert(
      fc.property(text, proof, (thought, thoughtSignature) => {
        const body = nextTurn(client, answer("gemini", client, thought, thoughtSignature));
        const { json } = sent(client, "gemini", "gemini-3.6-flash", body);
        expect(json.contents[1].parts).toEqual([{ functionCall: { id: CALL.id, name: CALL.name, args: CALL.input }, thoughtSignature }]);
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(ways)("%s: what another provider proved is not sent on", (_, answer) => {
  test.each(["gemini", "openai_responses"] as const)("%s's to Anthropic, in Anthropic's own format", (provider) => {
    const body = nextTurn("anthropic_messages", answer(provider, "anthropic_messages", "Hm.", PROOFS[provider] ?? ""));
    expect(body).toContain('"thinking":"Hm."');
    const { json } = sent("anthropic_messages", "anthropic_messages", "claude-sonnet-4-5", body);
    expect(json.messages).toEqual([
      { role: "user", content: USER },
      { role: "assistant", content: [{ type: "tool_use", ...CALL }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: CALL.id, content: "4" }] },
    ]);
    // A turn that calls tools would have to begin with thinking.
    expect(json.thinking).toBeUndefined();
  });

  test.each(["gemini", "anthropic_messages"] as const)("%s's to OpenAI, in OpenAI's own format", (provider) => {
    const body = nextTurn("openai_responses", answer(provider, "openai_responses", "Hm.", PROOFS[provider] ?? ""));
    const { json } = sent("openai_responses", "openai_responses", "gpt-5.2", body);
    expect(json.input.map(({ type, role }: { type?: string; role?: string }) => type ?? role)).toEqual([
      "user",
      "function_call",
      "function_call_output",
    ]);
  });

  test.each([
    ["openai_chat", "anthropic_messages", "openai_responses", "gpt-5.2"],
    ["openai_chat", "openai_responses", "anthropic_messages", "claude-sonnet-4-5"],
    ["openai_chat", "gemini", "anthropic_messages", "claude-sonnet-4-5"],
    ["openai_responses", "gemini", "anthropic_messages", "claude-sonnet-4-5"],
    ["anthropic_messages", "gemini", "openai_chat", "gpt-5.2"],
    ["anthropic_messages", "openai_responses", "gemini", "gemini-3.6-flash"],
  ] as const)("of a client of %s, %s's to %s", (client, provider, next, model) => {
    const sealed = PROOFS[provider] ?? "";
    const body = nextTurn(client, answer(provider, client, "Hm.", sealed));
    expect(body).toContain(sealed);
    const result = sent(client, next, model, body);
    expect(result.body).not.toContain(sealed);
    expect(result.body).not.toContain("plano.");
    expect(result.body).toContain(CALL.name);
  });
});

describe("in the client's own format", () => {
  const own = (content: Block[], thinking: object = { type: "adaptive" }) =>
    JSON.stringify({
      model: "m",
      max_tokens: 9,
      thinking,
      messages: [
        { role: "user", content: USER },
        { role: "assistant", content },
      ],
    });
  const thinking = (signature?: string): Block => ({
    type: "thinking",
    thinking: "Hm.",
    ...(signature === undefined ? {} : { signature }),
  });
  const said = { type: "text", text: "4" };

  test("own thinking stays as it came, byte for byte", () => {
    const body = own([thinking(claudeSignature("sig")), { type: "redacted_thinking", data: "eA==" }, said]);
    expect(sent("anthropic_messages", "anthropic_messages", "n", body).body).toBe(body.replace('"m"', '"n"'));
  });

  test.each([undefined, "", "plano.none.", "plano.gemini.c2ln"])(
    "thinking signed %j is taken out for Claude, and nothing else",
    (signature) => {
      const { json } = sent(
        "anthropic_messages",
        "anthropic_messages",
        "claude-opus-4-7",
        own([thinking(signature), thinking(claudeSignature("own")), said]),
      );
      expect(json.messages[1].content).toEqual([thinking(claudeSignature("own")), said]);
      expect(json.thinking).toEqual({ type: "adaptive" });
    },
  );

  // What real models of other makers sign their thinking with, as others have recorded it.
  test.each([
    ["random bytes, as Kimi's", Buffer.from("9f1c55e0aa73b61204c8d7f0e3b9", "hex").toString("base64")],
    ["a hexadecimal number, as GLM's", "20261123a7c94f0be1d2c3b4"],
    ["an identifier", "0d9a3c52-6f1e-4b7a-9c80-2f4f6f1d7a11"],
    ["bytes of a message that is cut", claudeSignature("sig").slice(0, 8)],
    ["a message with more behind it", Buffer.concat([Buffer.from(claudeSignature("sig"), "base64"), Buffer.from([7])]).toString("base64")],
    ["numbers only", Buffer.from([0x08, 1, 0x10, 2]).toString("base64")],
  ])("a signature of %s is another maker's: taken out for Claude, and left to others byte for byte", (_, signature) => {
    const body = own([thinking(signature), said]);
    expect(sent("anthropic_messages", "anthropic_messages", "claude-opus-4-7", body).json.messages[1].content).toEqual([said]);
    expect(sent("anthropic_messages", "anthropic_messages", "kimi-k3", body).body).toBe(body.replace('"m"', '"kimi-k3"'));
    expect(sent("anthropic_messages", "bedrock_converse", "anthropic.claude-opus-4-7", body).body).not.toContain(signature);
  });

  test.each([
    ["Anthropic's", claudeSignature("sig")],
    ["the newest models', with a number before", Buffer.from([0x08, 2, 0x12, 3, 1, 2, 3, 0x18, 1]).toString("base64")],
    ["one that was encoded again", Buffer.from(claudeSignature("sig")).toString("base64")],
    ["one of many bytes", Buffer.from([0x12, 0x90, 0x4e, ...new Array(10_000).fill(9), 0x18, 1]).toString("base64")],
  ])("a signature of Claude's stays as it is, %s", (_, signature) => {
    const body = own([thinking(signature), said]);
    expect(sent("anthropic_messages", "anthropic_messages", "claude-opus-4-7", body).body).toBe(body.replace('"m"', '"claude-opus-4-7"'));
  });

  test("Claude's thinking goes on without its signature to models that check those, and not at all where it has no words", () => {
    const signature = claudeSignature("sig");
    const body = own([thinking(signature), { ...thinking(signature), thinking: "" }, thinking("ab12"), said]);
    expect(sent("anthropic_messages", "anthropic_messages", "MiniMax-M3", body).json.messages[1].content).toEqual([
      thinking(),
      thinking("ab12"),
      said,
    ]);
    expect(sent("anthropic_messages", "anthropic_messages", "glm-5.1", body).body).toBe(body.replace('"m"', '"glm-5.1"'));
  });

  test("a budget stays with models that are no Claude, whoever began the turn", () => {
    const messages = [
      { role: "user", content: USER },
      { role: "assistant", content: [thinking("ab12"), { type: "tool_use", ...CALL }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: CALL.id, content: "4" }] },
    ];
    const thinks = { type: "enabled", budget_tokens: 1024 };
    const body = JSON.stringify({ model: "m", max_tokens: 9000, thinking: thinks, messages });
    expect(sent("anthropic_messages", "anthropic_messages", "kimi-k3", body).json.thinking).toEqual(thinks);
    const { json } = sent("anthropic_messages", "anthropic_messages", "claude-sonnet-4-5", body);
    expect(json.thinking).toBeUndefined();
    expect(json.messages[1].content).toEqual([{ type: "tool_use", ...CALL }]);
  });

  test("models that sign nothing get their thinking back, and not others'", () => {
    const { json } = sent("anthropic_messages", "anthropic_messages", "kimi-k3", own([thinking(""), thinking("plano.none."), said]));
    expect(json.messages[1].content).toEqual([thinking(""), said]);
  });

  test("a turn of nothing but another's thinking goes as a whole", () => {
    const { json } = sent("anthropic_messages", "anthropic_messages", "claude-opus-4-7", own([thinking("plano.none.")]));
    expect(json.messages).toEqual([{ role: "user", content: USER }]);
  });

  const result = (id: string): object => ({ role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "4" }] });
  const call = (id: string): Block => ({ type: "tool_use", ...CALL, id });
  const turnOf = (...messages: object[]) => {
    const budget = { type: "enabled", budget_tokens: 1024 };
    const all = [{ role: "user", content: [{ type: "text", text: USER }] }, ...messages];
    const body = JSON.stringify({ model: "m", max_tokens: 9000, thinking: budget, messages: all });
    return sent("anthropic_messages", "anthropic_messages", "claude-sonnet-4-5", body).json;
  };

  test("a budget goes while a turn is on that another API's model began without thinking", () => {
    const begun = [{ role: "assistant", content: [call("a")] }, result("a")];
    const asked = turnOf(...begun);
    expect(asked.thinking).toBeUndefined();
    expect(asked.messages.slice(1)).toEqual(begun);
    expect(turnOf(...begun, { role: "assistant", content: [call("b")] }, result("b")).thinking).toBeUndefined();
  });

  test.each([
    ["thinking", { type: "thinking", thinking: "Hm.", signature: claudeSignature("sig") }],
    ["redacted thinking", { type: "redacted_thinking", data: "eA==" }],
  ])("a budget stays where the turn began with Claude's %s, though not all of its calls do", (_, first) => {
    const messages = [
      { role: "assistant", content: [first, call("a")] },
      result("a"),
      { role: "assistant", content: [{ type: "text", text: "Once more." }, call("b")] },
      result("b"),
    ];
    expect(turnOf(...messages).thinking).toEqual({ type: "enabled", budget_tokens: 1024 });
  });

  test("a budget stays when the tool loop is over", () => {
    const messages = [
      { role: "user", content: USER },
      { role: "assistant", content: [thinking("plano.none."), { type: "tool_use", ...CALL }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: CALL.id, content: "4" }] },
      { role: "assistant", content: "It is 4." },
      { role: "user", content: "Thanks." },
    ];
    const budget = { type: "enabled", budget_tokens: 1024 };
    const body = JSON.stringify({ model: "m", max_tokens: 9000, thinking: budget, messages });
    expect(sent("anthropic_messages", "anthropic_messages", "claude-sonnet-4-5", body).json.thinking).toEqual(budget);
  });

  test("OpenAI's reasoning items stay, under an id or encrypted", () => {
    const items = [
      { role: "user", content: USER },
      { type: "reasoning", id: "rs_0a", summary: [] },
      { type: "reasoning", summary: [], encrypted_content: openaiCiphertext("sig") },
      { type: "item_reference", id: "rs_0b" },
    ];
    const madeHere = [
      { type: "reasoning", id: "rs_plano_1", summary: [] },
      { type: "reasoning", summary: [] },
      { type: "item_reference", id: "rs_plano_1" },
    ];
    const body = JSON.stringify({ model: "m", input: [...items, ...madeHere] });
    expect(sent("openai_responses", "openai_responses", "gpt-5.2", body).json.input).toEqual(items);
  });

  test("what another maker's model encrypted is not sent to OpenAI's, and stays for others", () => {
    const items = [
      { role: "user", content: USER },
      { type: "reasoning", summary: [], encrypted_content: openaiCiphertext("sig") },
      { type: "reasoning", summary: [], encrypted_content: "rsn_q83vEjRWeJA" },
      { role: "user", content: "And then?" },
    ];
    const body = JSON.stringify({ model: "m", input: items });
    expect(sent("openai_responses", "openai_responses", "gpt-5.2", body).json.input).toEqual(items.toSpliced(2, 1));
    expect(sent("openai_responses", "openai_responses", "grok-5", body).body).toBe(body.replace('"m"', '"grok-5"'));
  });
});

test.each(ways)("%s: clients of other APIs are told Claude's signatures, and no other maker's", (_, answer) => {
  for (const client of ["openai_chat", "openai_responses"] as const) {
    expect(answer("anthropic_messages", client, "Hm.", claudeSignature("sig"))).toContain(claudeSignature("sig"));
    const other = answer("anthropic_messages", client, "Hm.", "20261123a7c94f0be1d2c3b4");
    expect(other).toContain("Hm.");
    expect(other).not.toContain("20261123a7c94f0be1d2c3b4");
  }
});

test("Anthropic's clients get thinking blocks only when they asked for thinking", () => {
  const asked = { includeReasoning: false };
  for (const provider of ["gemini", "openai_responses"] as const) {
    const { body } = facade.translateResponse(provider, "anthropic_messages", answerOf(provider, "Hm.", PROOFS[provider] ?? ""), asked);
    expect(JSON.parse(body).content).toEqual([{ type: "tool_use", ...CALL }]);
    const stream = facade.openStream(provider, "anthropic_messages", asked);
    const out = stream.feed(streamOf(provider, "Hm.", PROOFS[provider] ?? "")).out + stream.finish().out;
    stream.close();
    expect(JSON.parse(assembled("anthropic_messages", out)).content).toEqual([{ type: "tool_use", ...CALL }]);
  }
});

describe("citations of another API's answer, which are marked", () => {
  const page = (encrypted_index: string) => ({
    type: "web_search_result_location",
    url: "https://a.example",
    title: "A",
    cited_text: "",
    encrypted_index,
  });
  const sent = (...blocks: object[]) => {
    const messages = [USER, blocks, "And then?"].map((content, index) => ({ role: index === 1 ? "assistant" : "user", content }));
    const body = JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 10, messages });
    const result = facade.translateRequest("anthropic_messages", "anthropic_messages", body, "claude-sonnet-4-5");
    if ("problem" in result) throw new Error(result.problem.message);
    return { isAsItCame: result.body === body, blocks: JSON.parse(result.body).messages[1].content };
  };

  test("do not go to Claude, and their text does", () => {
    const { blocks } = sent(
      { type: "text", text: "x", citations: [page("plano.citation")] },
      { type: "text", text: "y", citations: [page("Eo8B")] },
    );
    expect(blocks).toEqual([
      { type: "text", text: "x" },
      { type: "text", text: "y", citations: [page("Eo8B")] },
    ]);
  });

  test.each([[[page("Eo8B")]], [[]], [null], [[{}]], [[1]]])("%j are left as they came", (citations) => {
    expect(sent({ type: "text", text: "x", citations }).isAsItCame).toBe(true);
  });

  test("come so out of an answer of OpenAI's", () => {
    const annotation = { type: "url_citation", url_citation: { url: "https://a.example", title: "A", start_index: 0, end_index: 1 } };
    const choices = [{ index: 0, message: { role: "assistant", content: "x", annotations: [annotation] }, finish_reason: "stop" }];
    const { body } = facade.translateResponse("openai_chat", "anthropic_messages", JSON.stringify({ id: "1", model: "m", choices }));
    const { content } = JSON.parse(body);
    expect(content).toEqual([{ type: "text", text: "x", citations: [page("plano.citation")] }]);
    expect(sent(...content).blocks).toEqual([{ type: "text", text: "x" }]);
  });
});
