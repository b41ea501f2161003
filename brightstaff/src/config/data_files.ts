import fs from "node:fs";
import path from "node:path";
import type { SchemaObject } from "ajv";
import { readDocument } from "./document.ts";
import type { Auth, CredentialsConfig, NativeFormat, WireFormat } from "./gateway_config.ts";
import { formatMistake } from "./mistakes.ts";
import { SchemaCheck } from "./schema_check.ts";

/** What some models do not take. */
export type ModelRulesData = {
  readonly match: readonly string[];
  readonly drop?: readonly string[];
  readonly rename?: Readonly<Record<string, string>>;
  readonly message_drop?: readonly string[];
};

/** A path, or one with what holds for it alone. */
export type NativeData =
  | string
  | {
      readonly path: string;
      readonly auth?: Auth;
      readonly drop?: readonly string[];
      readonly rename?: Readonly<Record<string, string>>;
      readonly models?: readonly ModelRulesData[];
    };

/** What a file of config/providers says; config/providers/schema.json tells each field. */
export type ProviderData = {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly display_name: string;
  readonly format: WireFormat;
  readonly base_url?: string;
  readonly location_hosts?: Readonly<Record<string, string>>;
  readonly base_path?: string;
  readonly path: string;
  readonly stream_path?: string;
  readonly native?: Readonly<Partial<Record<NativeFormat, NativeData>>>;
  readonly auth: Auth;
  readonly access_key_env?: string;
  readonly credentials?: readonly CredentialsConfig["type"][];
  readonly aws_service?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly drop?: readonly string[];
  readonly rename?: Readonly<Record<string, string>>;
  readonly models?: readonly ModelRulesData[];
  readonly add?: Readonly<Record<string, string>>;
  readonly message_drop?: readonly string[];
  readonly message_roles?: Readonly<Record<string, string>>;
  readonly tool_id_length?: number;
  readonly tool_ids?: boolean;
  readonly docs: string;
};

/** A ready-made set of tasks, from config/presets. */
export type Preset = {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly tasks: readonly { readonly name: string; readonly description: string }[];
};

export type DataFiles<T> = { readonly byId: ReadonlyMap<string, T>; readonly mistakes: readonly string[] };

const TEXT = { type: "string", minLength: 1 };

const PRESET_SCHEMA = {
  type: "object",
  required: ["id", "title", "description", "tasks"],
  additionalProperties: false,
  properties: {
    id: TEXT,
    title: TEXT,
    description: TEXT,
    tasks: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["name", "description"],
        additionalProperties: false,
        properties: { name: TEXT, description: TEXT },
      },
    },
  },
};

/** Every provider by its id and by each of its aliases. */
export function readProviders(directory: string): DataFiles<ProviderData> {
  const schema = JSON.parse(fs.readFileSync(path.join(directory, "schema.json"), "utf8"));
  const { byId, mistakes } = readDataFiles<ProviderData>(directory, schema);
  const byName = new Map(byId);
  for (const data of byId.values()) for (const alias of data.aliases ?? []) if (!byName.has(alias)) byName.set(alias, data);
  return { byId: byName, mistakes };
}

export function readPresets(directory: string): DataFiles<Preset> {
  return readDataFiles(directory, PRESET_SCHEMA);
}

/** Reads every `*.yaml` of the folder. A file that is wrong is left out and its mistakes returned, one line each. */
function readDataFiles<T extends { readonly id: string }>(directory: string, schema: SchemaObject): DataFiles<T> {
  const check = new SchemaCheck(schema);
  const byId = new Map<string, T>();
  const mistakes: string[] = [];
  const files = fs.readdirSync(directory).filter((name) => name.endsWith(".yaml"));
  for (const file of files.sort()) {
    const filePath = path.join(directory, file);
    const document = readDocument(fs.readFileSync(filePath, "utf8"), null);
    const found = [...document.mistakes];
    if (found.length === 0) found.push(...check.checkAndPrune(document.value));
    const data = document.value as T;
    const name = path.parse(file).name;
    if (found.length === 0 && data.id !== name) {
      found.push({ path: ["id"], wrong: `is ${JSON.stringify(data.id)}`, expected: `the file's name, ${JSON.stringify(name)}` });
    }
    mistakes.push(...found.map((mistake) => formatMistake(filePath, mistake, document.lineOf(mistake.path))));
    if (found.length === 0) byId.set(data.id, data);
  }
  return { byId, mistakes };
}
