import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT_FORMATS, Facade, type FormatName } from "./facade.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const MASK = (1n << 64n) - 1n;
const rotl = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK;

/** SipHash-2-4-128 as its paper and reference say it, over a text as it is. */
function sipHash(text: Uint8Array): string {
  const key = [0x0706050403020100n, 0x0f0e0d0c0b0a0908n] as const;
  let [v0, v1, v2, v3] = [
    0x736f6d6570736575n ^ key[0],
    0x646f72616e646f6dn ^ key[1] ^ 0xeen,
    0x6c7967656e657261n ^ key[0],
    0x7465646279746573n ^ key[1],
  ];
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) & MASK;
      v1 = rotl(v1, 13n) ^ v0;
      v0 = rotl(v0, 32n);
      v2 = (v2 + v3) & MASK;
      v3 = rotl(v3, 16n) ^ v2;
      v0 = (v0 + v3) & MASK;
      v3 = rotl(v3, 21n) ^ v0;
      v2 = (v2 + v1) & MASK;
      v1 = rotl(v1, 17n) ^ v2;
      v2 = rotl(v2, 32n);
    }
  };
  const padded = Buffer.alloc(Math.floor(text.length / 8) * 8 + 8);
  padded.set(text);
  padded[padded.length - 1] = text.length;
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at);
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
  v2 ^= 0xeen;
  rounds(4);
  const first = v0 ^ v1 ^ v2 ^ v3;
  v1 ^= 0xddn;
  rounds(4);
  return [first, v0 ^ v1 ^ v2 ^ v3].map((word) => word.toString(16).padStart(16, "0")).join("");
}

describe("SipHash", () => {
  test("here is the reference's", () => {
    // The first of vectors_sip128 in https://github.com/veorq/SipHash/blob/master/vectors.h, the empty text's, as two little-endian words.
    expect(sipHash(Buffer.alloc(0))).toBe("e6a825ba047f81a3930255c71472f66d");
  });

  test.each([0, 1, 7, 8, 9, 15, 16, 63, 64, 1000])("in the filter is that of the field and its length: %i bytes", (length) => {
    const field = Buffer.from(Array.from({ length }, (_, i) => "abcdefghij".charCodeAt(i % 10)));
    const text = Buffer.alloc(Math.ceil(length / 8) * 8 + 8);
    text.set(field);
    text.writeUInt32LE(length, text.length - 8);
    expect(facade.hashField(field)).toBe(sipHash(text));
  });
});

type Message = Record<string, unknown>;
const user = (content: unknown): Message => ({ role: "user", content });
const assistant = (content: unknown): Message => ({ role: "assistant", content });
const system = (content: string): Message => ({ role: "system", content });

const chat = (...messages: Message[]) => JSON.stringify({ model: "m", messages });
const ofChat = (...messages: Message[]) => facade.conversation("openai_chat", chat(...messages));

describe("how a conversation begins", () => {
  const opening = [system("Be brief."), user("Sort a list in Python")];

  test("stays the same while it goes on, in each format", () => {
    const later = [assistant("Like this."), user("And in Rust?"), assistant("So."), system("Remember."), user("Thanks")];
    expect(ofChat(...opening, ...later).hash).toBe(ofChat(...opening).hash);
    const anthropic = (messages: Message[], system: unknown) => JSON.stringify({ model: "m", max_tokens: 9, messages, system });
    const first = facade.conversation("anthropic_messages", anthropic(opening.slice(1), "Be brief."));
    const marked = [{ type: "text", text: "Sort a list in Python", cache_control: { type: "ephemeral" } }];
    const second = facade.conversation(
      "anthropic_messages",
      anthropic([user(marked), ...later.filter(({ role }) => role !== "system")], "Be brief."),
    );
    expect(second.hash).toBe(first.hash);
    const responses = (input: unknown) => JSON.stringify({ model: "m", instructions: "Be brief.", input });
    const item = (role: string, type: string, text: string) => ({ type: "message", role, content: [{ type, text }] });
    const one = facade.conversation("openai_responses", responses("Sort a list"));
    const two = [item("user", "input_text", "Sort a list"), item("assistant", "output_text", "So."), item("user", "input_text", "Go on")];
    expect(facade.conversation("openai_responses", responses(two)).hash).toBe(one.hash);
  });

  test.each<[what: string, messages: Message[]]>([
    ["another question", [system("Be brief."), user("Sort a list in Rust")]],
    ["other instructions", [system("Be kind."), user("Sort a list in Python")]],
    ["no instructions", [user("Sort a list in Python")]],
    ["what is said by another", [user("Be brief."), user("Sort a list in Python")]],
    ["a second message", [...opening, user("Now")]],
    ["a border elsewhere", [system("Be brief.Sort"), user(" a list in Python")]],
    [
      "an image",
      [
        system("Be brief."),
        user([
          { type: "text", text: "Sort a list in Python" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
        ]),
      ],
    ],
    ["its end, far behind what the view shows", [system("Be brief."), user(`Sort a list in Python${" ".repeat(100_000)}.`)]],
  ])("is another by %s", (_, messages) => {
    expect(ofChat(...messages).hash).not.toBe(ofChat(...opening).hash);
  });

  test("differs among a hundred thousand", () => {
    const hashes = new Set(Array.from({ length: 100_000 }, (_, i) => facade.hashField(`conversation ${i}`)));
    expect(hashes.size).toBe(100_000);
  });

  test("says nothing where no user speaks", () => {
    expect(ofChat(system("Be brief."), assistant("Hello.")).hash).toBeNull();
  });
});

describe("where a request stands", () => {
  const call = { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }] };
  const result = { role: "tool", tool_call_id: "c1", content: "42" };
  const reminder = "<system-reminder>\nUse the tool.\n</system-reminder>";

  test.each<[turn: string, what: string, messages: Message[]]>([
    ["opening", "the first message", [user("a")]],
    ["opening", "several before any answer", [system("s"), user("a"), user("b")]],
    ["user", "a new message", [user("a"), assistant("b"), user("c")]],
    ["user", "a new message, and what the program adds", [user("a"), assistant("b"), user("c"), system("d")]],
    ["user", "a message behind a tool's result", [user("a"), call, result, user("No, wait")]],
    ["user", "an image alone", [user("a"), assistant("b"), user([{ type: "image_url", image_url: { url: "https://example.org/a.png" } }])]],
    ["user", "words beside a reminder", [user("a"), assistant("b"), user(`${reminder} Go on`)]],
    ["continuation", "a tool's result", [user("a"), call, result]],
    ["continuation", "an answer to be gone on with", [user("a"), assistant("b")]],
    ["continuation", "a reminder alone", [user("a"), call, result, user(`  ${reminder}\n\n${reminder}`)]],
    ["continuation", "a reminder that is cut", [user("a"), call, result, user("<system-reminder>\nUse")]],
    ["continuation", "nothing said", [user("a"), call, result, user("")]],
    ["continuation", "a tool's result alone, the rest kept elsewhere", [result]],
  ])("%s: %s", (turn, _, messages) => {
    expect(ofChat(...messages).turn).toBe(turn);
  });

  const bodies: Record<(typeof CLIENT_FORMATS)[number], (reply: boolean) => object> = {
    openai_chat: (reply) => ({ messages: [user("a"), call, result, ...(reply ? [user("b")] : [])] }),
    anthropic_messages: (reply) => {
      const content: object[] = [{ type: "tool_result", tool_use_id: "c1", content: "42" }];
      if (reply) content.push({ type: "text", text: "b" });
      return { messages: [user("a"), assistant([{ type: "tool_use", id: "c1", name: "f", input: {} }]), { role: "user", content }] };
    },
    openai_responses: (reply) => ({
      input: [
        { role: "user", content: "a" },
        { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "42" },
        ...(reply ? [{ role: "user", content: "b" }] : []),
      ],
    }),
  };
  test.each(CLIENT_FORMATS)("a tool's result with and without words of the user, %s", (format: FormatName) => {
    const turnOf = (reply: boolean) =>
      facade.conversation(format, JSON.stringify({ model: "m", max_tokens: 9, ...bodies[format as keyof typeof bodies](reply) })).turn;
    expect([turnOf(false), turnOf(true)]).toEqual(["continuation", "user"]);
  });
});
