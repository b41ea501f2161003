import { asArray, isObject, type JsonObject } from "./wire.ts";

/** What the prompt offers to fill a schema with. */
export interface SampleHints {
  /** Names and quoted phrases, most telling first. */
  subjects: readonly string[];
  numbers: readonly number[];
  /** A short phrase for strings without a better value. */
  topic: string;
}

const DEPTH_MAX = 12;
/** Below this depth optional properties are left out, which ends schemas that refer to themselves. */
const OPTIONAL_DEPTH_MAX = 1;
const ITEMS_MAX = 64;
/** Values in one sample: a schema whose every field refers to the whole would otherwise grow with the power of its depth. */
const VALUES_MAX = 2000;

const STRING_FORMATS: Record<string, string> = {
  "date-time": "2026-01-15T09:30:00Z",
  date: "2026-01-15",
  time: "09:30:00Z",
  duration: "PT30M",
  email: "demo@example.com",
  hostname: "example.com",
  uri: "https://example.com/demo",
  uuid: "6f2b1c9e-4a57-4d0b-9d53-1f6c8a2e7b10",
  ipv4: "192.0.2.10",
  ipv6: "2001:db8::10",
};

/** Tried in this order against a `pattern`; the first that matches is taken. */
const PATTERN_CANDIDATES = [
  "demo",
  "Demo",
  "DEMO",
  "USD",
  "EN",
  "en",
  "A",
  "a",
  "1",
  "12",
  "123",
  "1234",
  "12345",
  "#a1b2c3",
  "v1.0.0",
  "1.0.0",
  "ABC-123",
  "AB12CD",
  "+15550100",
  "09:30",
  "demo_value",
  "demo-value",
  "/demo",
  ...Object.values(STRING_FORMATS),
];

/** A value that satisfies `schema` (JSON Schema 2020-12, the keywords that tools use), filled from the hints where they fit. */
export function sampleJson(schema: unknown, hints: SampleHints): unknown {
  return new Sampler(schema, hints).value(schema, "", 0);
}

class Sampler {
  readonly #root: unknown;
  readonly #hints: SampleHints;
  #subjectsUsed = 0;
  #values = 0;

  constructor(root: unknown, hints: SampleHints) {
    this.#root = root;
    this.#hints = hints;
  }

  value(rawSchema: unknown, name: string, depth: number): unknown {
    const schema = this.#resolve(rawSchema);
    if (!isObject(schema) || depth > DEPTH_MAX || ++this.#values > VALUES_MAX) return null;
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return this.#fromEnum(schema.enum);
    const branches = asArray(schema.anyOf).length > 0 ? asArray(schema.anyOf) : asArray(schema.oneOf);
    if (branches.length > 0) {
      const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = schema;
      const branch = branches.find((candidate) => typeOf(this.#resolve(candidate)) !== "null") ?? branches[0];
      return this.value(merge(rest, this.#resolve(branch)), name, depth + 1);
    }
    switch (typeOf(schema)) {
      case "string":
        return this.#string(schema, name);
      case "integer":
      case "number":
        return this.#number(schema);
      case "boolean":
        return true;
      case "null":
        return null;
      case "array":
        return this.#array(schema, name, depth);
      default:
        return this.#object(schema, depth);
    }
  }

  /** Follows `$ref` within the document and folds `allOf` into one schema. */
  #resolve(schema: unknown): unknown {
    let current = schema;
    for (let hops = 0; hops < DEPTH_MAX && isObject(current) && typeof current.$ref === "string"; hops++) {
      current = pointer(this.#root, current.$ref);
    }
    if (!isObject(current) || !Array.isArray(current.allOf)) return current;
    const { allOf, ...own } = current;
    return allOf.reduce<JsonObject>((folded, part) => merge(folded, this.#resolve(part)), own);
  }

  #fromEnum(values: unknown[]): unknown {
    const spoken = [...this.#hints.subjects, this.#hints.topic].join(" ").toLowerCase();
    return values.find((value) => typeof value === "string" && value !== "" && spoken.includes(value.toLowerCase())) ?? values[0];
  }

  #string(schema: JsonObject, name: string): string {
    const lengthMin = typeof schema.minLength === "number" ? schema.minLength : 0;
    const lengthMax = typeof schema.maxLength === "number" ? schema.maxLength : Number.MAX_SAFE_INTEGER;
    const fits = (text: string) => text.length >= lengthMin && text.length <= lengthMax;
    if (typeof schema.format === "string") {
      const formatted = STRING_FORMATS[schema.format];
      if (formatted !== undefined) return formatted;
    }
    const spoken = this.#spoken(name);
    if (typeof schema.pattern === "string") {
      const pattern = compile(schema.pattern);
      const offered = [schema.default, ...asArray(schema.examples), spoken, ...PATTERN_CANDIDATES];
      const match = offered.find((text): text is string => typeof text === "string" && fits(text) && pattern.test(text));
      if (match !== undefined) return match;
    }
    return spoken.slice(0, lengthMax).padEnd(lengthMin, ".");
  }

  /** Each string property takes the next subject of the prompt, the last one again and again. */
  #spoken(name: string): string {
    const { subjects, topic } = this.#hints;
    const subject = subjects[Math.min(this.#subjectsUsed, subjects.length - 1)];
    if (subject === undefined) return topic === "" ? name || "demo" : topic;
    this.#subjectsUsed++;
    return subject;
  }

  #number(schema: JsonObject): number {
    const step = typeof schema.multipleOf === "number" ? schema.multipleOf : typeOf(schema) === "integer" ? 1 : 0;
    const bound = (value: unknown, exclusive: unknown, sign: 1 | -1): number => {
      if (typeof exclusive === "number") return exclusive + sign * (step || 0.5);
      return typeof value === "number" ? value : -sign * Number.MAX_SAFE_INTEGER;
    };
    const low = bound(schema.minimum, schema.exclusiveMinimum, 1);
    const high = bound(schema.maximum, schema.exclusiveMaximum, -1);
    const wanted = Math.min(Math.max(this.#hints.numbers[0] ?? 1, low), high);
    if (step === 0) return wanted;
    const down = Math.floor(wanted / step) * step;
    return down >= low ? down : Math.ceil(wanted / step) * step;
  }

  #array(schema: JsonObject, name: string, depth: number): unknown[] {
    const fixed = asArray(schema.prefixItems);
    const countMin = typeof schema.minItems === "number" ? schema.minItems : 1;
    const countMax = typeof schema.maxItems === "number" ? schema.maxItems : ITEMS_MAX;
    const count = Math.min(Math.max(countMin, schema.items === false ? 0 : 1, fixed.length), countMax, ITEMS_MAX);
    const items: unknown[] = [];
    for (let index = 0; index < count; index++) {
      const itemSchema = this.#resolve(fixed[index] ?? schema.items ?? {});
      const item = this.value(itemSchema, name, depth + 1);
      items.push(schema.uniqueItems === true ? distinct(item, items, itemSchema) : item);
    }
    return items;
  }

  #object(schema: JsonObject, depth: number): JsonObject {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const required = new Set(asArray(schema.required).filter((key): key is string => typeof key === "string"));
    const result: JsonObject = {};
    for (const [key, propertySchema] of Object.entries(properties)) {
      const wanted = required.has(key) || (required.size === 0 && depth <= OPTIONAL_DEPTH_MAX);
      if (wanted) result[key] = this.value(propertySchema, key, depth + 1);
    }
    for (const key of required)
      if (!(key in result)) result[key] = this.value(schema.additionalProperties, key, depth + 1) ?? this.#spoken(key);
    const countMin = typeof schema.minProperties === "number" ? schema.minProperties : 0;
    for (let extra = 1; Object.keys(result).length < countMin; extra++) {
      result[`demo_${extra}`] = this.value(schema.additionalProperties, `demo_${extra}`, depth + 1) ?? "demo";
    }
    return result;
  }
}

function typeOf(schema: unknown): string {
  if (!isObject(schema)) return "object";
  if (typeof schema.type === "string") return schema.type;
  if (Array.isArray(schema.type)) return String(schema.type.find((type) => type !== "null") ?? "null");
  if ("items" in schema || "prefixItems" in schema) return "array";
  if ("pattern" in schema || "minLength" in schema || "format" in schema) return "string";
  if ("minimum" in schema || "maximum" in schema || "multipleOf" in schema) return "number";
  return "object";
}

function merge(base: JsonObject, addition: unknown): JsonObject {
  if (!isObject(addition)) return base;
  const merged: JsonObject = { ...base, ...addition };
  if (isObject(base.properties) && isObject(addition.properties)) merged.properties = { ...base.properties, ...addition.properties };
  if (Array.isArray(base.required) && Array.isArray(addition.required)) merged.required = [...base.required, ...addition.required];
  return merged;
}

function pointer(root: unknown, reference: string): unknown {
  if (!reference.startsWith("#")) return {};
  let current: unknown = root;
  for (const rawPart of reference.slice(1).split("/").slice(1)) {
    const part = decodeURIComponent(rawPart).replaceAll("~1", "/").replaceAll("~0", "~");
    if (!isObject(current)) return {};
    current = current[part];
  }
  return current;
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return /(?:)/;
  }
}

/** Changes a repeated item so that `uniqueItems` holds, for the kinds of items where that is possible. */
function distinct(item: unknown, taken: readonly unknown[], schema: unknown): unknown {
  if (isObject(schema) && Array.isArray(schema.enum)) return schema.enum.find((value) => !taken.includes(value)) ?? item;
  let candidate = item;
  for (let suffix = 2; taken.includes(candidate); suffix++) {
    if (typeof item === "number") candidate = item + suffix - 1;
    else if (typeof item === "string") candidate = `${item} ${suffix}`;
    else return item;
  }
  return candidate;
}
