// docs/fields.md says what becomes of each field, and the translation does that.

import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Facade } from "./facade.ts";
import { ANTHROPIC_MESSAGES } from "./field_table/anthropic_messages.ts";
import { OPENAI_CHAT } from "./field_table/openai_chat.ts";
import { OPENAI_RESPONSES } from "./field_table/openai_responses.ts";
import { BODIES, type ClientName, COLUMNS, MODELS, type Row, TITLES } from "./field_table/row.ts";

const DOCUMENT = path.resolve(import.meta.dirname, "../../docs/fields.md");
const BEGIN = "<!-- made of filter/test/field_table by UPDATE_GOLDENS=1 npx vitest run filter/test/fields.test.ts -->";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const TABLE: Record<ClientName, Row[]> = {
  openai_chat: OPENAI_CHAT,
  anthropic_messages: ANTHROPIC_MESSAGES,
  openai_responses: OPENAI_RESPONSES,
};
const CLIENTS = Object.keys(TABLE) as ClientName[];
const CLIENT_TITLES: Record<ClientName, string> = {
  openai_chat: "`/v1/chat/completions`",
  anthropic_messages: "`/v1/messages`",
  openai_responses: "`/v1/responses`",
};

/** Whether a JSON text has anything at a path such as messages[].content[].source. */
function has(value: unknown, steps: string[]): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return value !== undefined;
  if (step === "[]") return Array.isArray(value) && value.some((element) => has(element, rest));
  return typeof value === "object" && value !== null && has((value as Record<string, unknown>)[step], rest);
}

function stepsOf(field: string): string[] {
  return field.replaceAll("[]", ".[]").split(".");
}

for (const client of CLIENTS) {
  const targets = COLUMNS.filter((column) => column !== client);
  describe(client, () => {
    test.each(TABLE[client].flatMap((row) => targets.map((target) => [row.field, target, row] as const)))(
      "%s to %s",
      (field, target, row) => {
        const outcome = row.to[target];
        const body = JSON.stringify({ ...BODIES[client], ...row.says });
        const result = facade.translateRequest(client, target, body, row.models?.[target as keyof typeof row.models] ?? MODELS[target]);
        if (outcome === undefined) throw new Error("the table says nothing");
        if (outcome === "400") {
          expect(result).toMatchObject({ problem: { status: 400, param: expect.stringMatching(/^[a-z]/) } });
          return;
        }
        if ("problem" in result) throw new Error(result.problem.message);
        const name = row.droppedAs ?? field;
        if (outcome === "dropped") {
          expect(result.dropped).toContain(name);
          return;
        }
        const [, place] = /^`([^`]+)`/.exec(outcome) ?? [];
        if (place === undefined) throw new Error(`no place: ${outcome}`);
        expect(has(JSON.parse(result.body), stepsOf(place)), `${place} in ${result.body}`).toBe(true);
        expect(result.dropped).not.toContain(name);
      },
    );
  });
}

function tableOf(client: ClientName): string {
  const targets = COLUMNS.filter((column) => column !== client);
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const rowOf = (row: Row) => line([`\`${row.field}\``, ...targets.map((target) => row.to[target] ?? "")]);
  return [
    `## ${CLIENT_TITLES[client]}`,
    "",
    line(["field", ...targets.map((target) => TITLES[target])]),
    line(["---", ...targets.map(() => "---")]),
    ...TABLE[client].map(rowOf),
  ].join("\n");
}

test("docs/fields.md is the table", () => {
  const written = fs.readFileSync(DOCUMENT, "utf8");
  const head = written.slice(0, written.indexOf(BEGIN) + BEGIN.length);
  const made = `${head}\n\n${CLIENTS.map(tableOf).join("\n\n")}\n`;
  if (process.env.UPDATE_GOLDENS) fs.writeFileSync(DOCUMENT, made);
  else expect(written).toBe(made);
});
