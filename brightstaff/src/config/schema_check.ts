import { Ajv, type ErrorObject, type SchemaObject, type ValidateFunction } from "ajv";
import { removeAt } from "./document.ts";
import { expectedName, formatPath, isUnder, type Mistake, oneOf, type Path } from "./mistakes.ts";
import { unserved } from "./unserved.ts";

/** What the forms that a pattern stands for look like, for messages. The pattern is the key, so that schema and text can't be mixed up. */
const PATTERN_MEANINGS: Readonly<Record<string, string>> = {
  "^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$": 'a duration such as "30s" or "500ms"',
  "^https?://[^/\\s]+": 'a URL such as "https://api.example.com/v1"',
  "^[^/\\s]+/\\S+$": '"provider/model", such as "openai/gpt-5.4", or "openai/*" for every model of the provider',
  "^[A-Za-z0-9][A-Za-z0-9._-]*$": 'letters, digits, ".", "_" and "-", such as "software-engineering"',
  // It becomes a header's value.
  "^[^\\u0000-\\u001f\\u007f]*$": "text without line breaks and other control characters",
  "^[a-z0-9-]+$": 'lower-case letters, digits and "-", such as "support-desk"',
  "^[a-zA-Z][a-zA-Z0-9_]*$": "a name of letters, digits and _ that starts with a letter",
  "^[^/\\s]+$": 'host or host:port, such as "127.0.0.1:8001"',
  "^/\\S*$": 'a path such as "/chat/completions"',
  "^[a-z0-9_]+$": "lower-case letters, digits and _",
  "^[A-Za-z0-9-]+$": "a header name",
  "^[a-z0-9][a-z0-9.:-]*$": 'the id or the number of a project, such as "my-project-123"',
  "^[a-z][a-z0-9-]*$": 'a region such as "europe-west1", or "global"',
  "^[A-Za-z0-9][A-Za-z0-9.-]*$": 'an id such as "72f988bf-86f1-41af-91ab-2d7cd011db47"',
  "^arn:[a-z-]+:iam::[0-9]{12}:role/\\S+$": 'a role such as "arn:aws:iam::123456789012:role/models"',
  "^[A-Za-z0-9+=,.@:/_-]{2,1224}$": "2 to 1,224 letters, digits and +=,.@:/_-",
  "^https://[^/\\s]+/?$": 'a host such as "https://login.microsoftonline.us"',
  "^\\S+/\\.default$": 'a scope such as "https://cognitiveservices.azure.com/.default"',
};

const OPTIONS = {
  allErrors: true,
  // Puts the failing value and its schema into each error, for messages.
  verbose: true,
  // Would refuse the schema's if/then forms.
  strictTypes: false,
  // The schemas are the project's own, checked by .ci/check_schemas.ts. Compiling JSON Schema's own schema for each, and making the checks'
  // code good for many runs, took more of a start than all the rest of reading the config.
  meta: false,
  validateSchema: false,
  code: { optimize: false },
} as const;

export class SchemaCheck {
  readonly #validate: ValidateFunction;
  readonly #schema: SchemaObject;

  constructor(schema: SchemaObject) {
    this.#schema = schema;
    this.#validate = new Ajv(OPTIONS).compile(schema);
  }

  /**
   * Every mistake the schema sees. What it refuses is then removed from `value` (which is the caller's to give away), so that what remains
   * has the schema's shape and further checks can go on without looking at types again. Required keys may still be missing in it.
   */
  checkAndPrune(value: unknown): Mistake[] {
    const mistakes: Mistake[] = [];
    // Each round removes at least one refused value, so this ends; the bound is for a schema that would refuse what removal leaves.
    for (let round = 0; round < PRUNING_ROUNDS_MAX; round++) {
      if (this.#validate(value)) break;
      const found = (this.#validate.errors ?? []).filter(isOfInterest).map((error) => this.#readError(error, value));
      const fresh = found.filter(({ mistake }) => !mistakes.some((known) => isUnder(mistake.path, known.path)));
      for (const { mistake } of fresh) if (!isRepeated(mistakes, mistake)) mistakes.push(mistake);
      const refusedPaths = found.flatMap(({ refused }) => refused ?? []);
      if (refusedPaths.length === 0) break;
      for (const path of refusedPaths) removeAt(value, path);
    }
    return mistakes;
  }

  #readError(error: ErrorObject, root: unknown): ReadError {
    const path = readPointer(error.instancePath, root);
    switch (error.keyword) {
      case "additionalProperties":
        return readUnknownKey(error, path);
      case "required": {
        const key = (error.params as { missingProperty: string }).missingProperty;
        return { mistake: { path: [...path, key], wrong: "missing", expected: this.#describeProperty(error, key) } };
      }
      case "propertyNames": {
        const key = (error.params as { propertyName: string }).propertyName;
        const expected = describe(error.schema as SchemaObject);
        return { mistake: { path: [...path, key], wrong: "can't be named so", expected }, refused: [[...path, key]] };
      }
      default:
        return { mistake: readValueError(error, path), refused: [path] };
    }
  }

  #describeProperty(error: ErrorObject, key: string): string | undefined {
    const property = (error.parentSchema?.properties as Record<string, SchemaObject> | undefined)?.[key];
    const reference = /^#\/definitions\/(\w+)$/.exec(String(property?.$ref))?.[1];
    return describe(reference === undefined ? property : (this.#schema.definitions as Record<string, SchemaObject>)[reference]);
  }
}

const PRUNING_ROUNDS_MAX = 8;

/**
 * "if" repeats what its branch says; the inner errors of a refused name repeat `propertyNames`; absent array items were refused before; and a
 * required key whose variable is not set is there, without a value.
 */
function isOfInterest(error: ErrorObject): boolean {
  if (error.keyword === "required" && (error.params as { missingProperty: string }).missingProperty in (error.data as object)) return false;
  return error.keyword !== "if" && error.data !== undefined && (error.propertyName === undefined || error.keyword === "propertyNames");
}

function isRepeated(mistakes: readonly Mistake[], mistake: Mistake): boolean {
  return mistakes.some((known) => formatPath(known.path) === formatPath(mistake.path) && known.wrong === mistake.wrong);
}

type ReadError = { readonly mistake: Mistake; readonly refused?: readonly Path[] };

function readUnknownKey(error: ErrorObject, holder: Path): ReadError {
  const key = (error.params as { additionalProperty: string }).additionalProperty;
  const path = [...holder, key];
  const notServed = unserved(path);
  if (notServed !== undefined) return { mistake: { path, ...notServed }, refused: [path] };
  const expected = expectedName(key, Object.keys((error.parentSchema?.properties ?? {}) as object));
  return { mistake: { path, wrong: "no such key", expected }, refused: [path] };
}

function readValueError(error: ErrorObject, path: Path): Mistake {
  const value = error.data as unknown;
  const notServed = error.keyword === "const" || error.keyword === "enum" ? unserved(path) : undefined;
  if (notServed !== undefined) return { path, ...notServed };
  const schema = error.parentSchema as SchemaObject;
  switch (error.keyword) {
    case "enum": {
      return { path, wrong: `is ${show(path, value)}`, expected: expectedName(String(value), schema.enum as string[]) };
    }
    case "minItems":
      return { path, wrong: "is empty", expected: "at least one entry" };
    case "maxItems":
      return { path, wrong: `has ${(value as unknown[]).length} entries`, expected: `at most ${schema.maxItems}` };
    case "minLength":
    case "minProperties":
      return { path, wrong: "is empty", expected: describe(schema) };
    case "maxLength":
      return { path, wrong: `is ${(value as string).length} characters long`, expected: `at most ${schema.maxLength}` };
    default:
      return { path, wrong: `is ${show(path, value)}`, expected: describe(schema) };
  }
}

/** What a schema admits, in words. */
function describe(schema: SchemaObject | undefined): string | undefined {
  if (schema === undefined) return undefined;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return oneOf(schema.enum as string[]);
  if (typeof schema.pattern === "string") return PATTERN_MEANINGS[schema.pattern] ?? `text that matches ${schema.pattern}`;
  if (schema.type === "integer" || schema.type === "number") {
    const kind = schema.type === "integer" ? "a whole number" : "a number";
    if (schema.maximum !== undefined) return `${kind} from ${schema.minimum} to ${schema.maximum}`;
    return schema.minimum === undefined ? kind : `${kind} of at least ${schema.minimum}`;
  }
  const words: Record<string, string> = { string: "text", boolean: "true or false", array: "a list", object: "a mapping" };
  return words[schema.type as string];
}

const VALUE_SHOWN_MAX = 80;
/** Values under these keys may be secrets and are never shown. */
const SECRET_KEYS = new Set(["access_key", "headers", "client_secret", "key"]);

function show(path: Path, value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  if (value === null) return "empty";
  if (path.some((part) => SECRET_KEYS.has(String(part)))) return `a ${typeof value}`;
  const text = JSON.stringify(value) ?? "empty";
  return text.length > VALUE_SHOWN_MAX ? `${text.slice(0, VALUE_SHOWN_MAX)}…` : text;
}

/** A JSON pointer as a path. Whether a part is an index or a key that looks like one is seen from the value itself. */
function readPointer(pointer: string, root: unknown): Path {
  if (pointer === "") return [];
  let holder = root;
  return pointer
    .slice(1)
    .split("/")
    .map((part) => {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const isIndex = Array.isArray(holder);
      holder = (holder as Record<string, unknown> | undefined)?.[key];
      return isIndex ? Number(key) : key;
    });
}
