// What the coding agents of the tests are asked, the tools that they have, and what those answer: the same over every API.

import { PIXEL_PNG_BASE64 } from "./sdk_gateway.ts";

export interface AgentTool {
  name: string;
  description: string;
  schema: { type: "object"; properties: Record<string, object>; required: string[]; additionalProperties: false };
}

function agentTool(name: string, description: string, properties: Record<string, object>): AgentTool {
  return { name, description, schema: { type: "object", properties, required: Object.keys(properties), additionalProperties: false } };
}

/** The prompts name them, which makes the demo providers call them. */
export const AGENT_TOOLS: readonly AgentTool[] = [
  agentTool("grep_files", "Lists the lines of files that match", { pattern: { type: "string" }, path: { type: "string" } }),
  agentTool("open_document", "Gives the content of a document", { path: { type: "string" }, offset: { type: "integer" } }),
  agentTool("apply_edit", "Replaces a string in a document", {
    path: { type: "string" },
    old: { type: "string" },
    new: { type: "string" },
  }),
  agentTool("execute_command", "Runs a shell command", { command: { type: "array", items: { type: "string" } } }),
  agentTool("take_screenshot", "Shows the page in a browser", { url: { type: "string" } }),
];

/** Each asks for one tool or more, one after the other or at once, as the model has it. */
export const AGENT_PROMPTS: readonly string[] = [
  "First grep for the handler, then open the place.",
  "Now apply the change, then execute the tests, and grep once more.",
  "Explain what you did so far.",
  "And what is left of it?",
  "Take a screenshot of it, then open the log.",
  "Execute the linter, and edit what it says.",
];

/** A turn's requests end after this many, well above what the prompts need. */
export const AGENT_REQUESTS_MAX = 8;

export interface ToolOutcome {
  text: string;
  image: string | null;
  isError: boolean;
}

/** One command fails, and one tool answers with an image. `nth`: the how many-th call of the conversation. */
export function runAgentTool(name: string, nth: number): ToolOutcome {
  const text = `outcome ${nth} of ${name}`;
  return { text, image: name === "take_screenshot" ? PIXEL_PNG_BASE64 : null, isError: name === "execute_command" && nth % 2 === 0 };
}

/** Takes turns among the models, from one of them on: each request goes to another one than the one before. */
export class Rotation {
  readonly #models: readonly string[];
  #next: number;

  constructor(models: readonly string[], first: number) {
    this.#models = models;
    this.#next = first;
  }

  next(): string {
    return this.#models[this.#next++ % this.#models.length] as string;
  }
}
