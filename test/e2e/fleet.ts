// Several mock providers behind one gateway, each a provider of its own in the config.

import type { WireFormat } from "../../brightstaff/src/demo_providers/engine.ts";
import { type MockProvider, type MockProviderOptions, startMockProvider } from "../mock_providers/server.ts";

export type { WireFormat } from "../../brightstaff/src/demo_providers/engine.ts";

/** `provider_interface` of the config for a wire format. */
const INTERFACES: Record<WireFormat, string> = {
  openai_chat: "openai",
  anthropic_messages: "anthropic",
  openai_responses: "openai_responses",
  gemini: "gemini",
  bedrock_converse: "bedrock",
};

export const WIRE_FORMATS = Object.keys(INTERFACES) as WireFormat[];

/** A mock provider, or a place that is none: a port that refuses connections, a server that never answers. */
export type FleetMember = MockProviderOptions | { format: WireFormat; url: string; close?(): Promise<void> };

export class Fleet<Name extends string> {
  readonly #members: Record<Name, FleetMember>;
  readonly #mocks: Map<string, MockProvider>;

  private constructor(members: Record<Name, FleetMember>, mocks: Map<string, MockProvider>) {
    this.#members = members;
    this.#mocks = mocks;
  }

  static async start<Name extends string>(members: Record<Name, FleetMember>): Promise<Fleet<Name>> {
    const mocks = new Map<string, MockProvider>();
    for (const [name, member] of Object.entries<FleetMember>(members)) {
      if (!("url" in member)) mocks.set(name, await startMockProvider(member));
    }
    return new Fleet(members, mocks);
  }

  mock(name: Name): MockProvider {
    const mock = this.#mocks.get(name);
    if (mock === undefined) throw new Error(`${name} is no mock provider`);
    return mock;
  }

  /** The config's entry for a member's one model, `<name>/model`. */
  entry(name: Name, more: Record<string, unknown> = {}): Record<string, unknown> {
    const member = this.#members[name];
    const base_url = "url" in member ? member.url : this.mock(name).url;
    const key = member.format === "bedrock_converse" ? { access_key: "key-of-the-fleet" } : {}; // the only one that is never asked without
    return { model: modelOf(name), base_url, provider_interface: INTERFACES[member.format], ...key, ...more };
  }

  entries(): Record<string, unknown>[] {
    return (Object.keys(this.#members) as Name[]).map((name) => this.entry(name));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#mocks.values()].map((mock) => mock.close()));
    for (const member of Object.values<FleetMember>(this.#members)) if ("url" in member) await member.close?.();
  }
}

/** Names that say what a model is asked for: signatures of tool calls, thinking on a budget, encrypted reasoning. */
const TELLING_NAMES: Partial<Record<WireFormat, string>> = {
  anthropic_messages: "claude-sonnet-4-5",
  openai_responses: "gpt-5.4",
  gemini: "gemini-flash-latest",
};

export function modelOf(name: string): string {
  const format = WIRE_FORMATS.find((candidate) => name.endsWith(`-${INTERFACES[candidate]}`));
  return `${name}/${(format === undefined ? undefined : TELLING_NAMES[format]) ?? "model"}`;
}

/** Members of one kind, one in each wire format, as `<name>-openai`, `<name>-anthropic` and so on. */
export function nameOf(name: string, format: WireFormat): string {
  return `${name}-${INTERFACES[format]}`;
}

/** A router that tries `members` in this order whatever the request is about, and whether or not a decision can be had. */
export function fixedRouter(name: string, members: readonly string[]): Record<string, unknown> {
  const models = members.map(modelOf);
  return { name, policies: [{ task: { name: "anything", description: "Any request" }, models }], fallback_models: models };
}

export interface ConfigParts {
  model_providers: Record<string, unknown>[];
  routers?: Record<string, unknown>[];
  limits?: Record<string, number>;
  [key: string]: unknown;
}

/** A config with a listener on a free port of 127.0.0.1. */
export function configOf({ listener = {}, ...parts }: ConfigParts & { listener?: Record<string, unknown> }): Record<string, unknown> {
  return { version: "v0.4.0", listeners: [{ type: "model", name: "llm", address: "127.0.0.1", port: 0, ...listener }], ...parts };
}
