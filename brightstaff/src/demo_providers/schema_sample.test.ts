import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleJson } from "./schema_sample.ts";

const HINTS = { subjects: ["Paris", "London"], numbers: [7], topic: "weather" };

/** Schemas of the kinds that tools have, three levels deep, with references into `$defs`. */
const { schema: anySchema } = fc.letrec((tie) => ({
  schema: fc.oneof({ depthSize: "small", withCrossShrink: true }, tie("leaf"), tie("array"), tie("object"), tie("union")),
  leaf: fc.oneof(
    fc.constant({ type: "string" }),
    fc.record({ type: fc.constant("string"), minLength: fc.nat(12), maxLength: fc.integer({ min: 12, max: 40 }) }),
    fc.constantFrom("date", "date-time", "email", "uuid", "uri").map((format) => ({ type: "string", format })),
    fc.constantFrom("^[A-Z]{3}$", "^\\d{5}$", "^[a-z]+$", "^#[0-9a-f]{6}$").map((pattern) => ({ type: "string", pattern })),
    fc.record({
      type: fc.constantFrom("integer", "number"),
      minimum: fc.integer({ min: -50, max: 5 }),
      maximum: fc.integer({ min: 5, max: 90 }),
    }),
    fc.record({
      type: fc.constant("integer"),
      exclusiveMinimum: fc.integer({ min: -50, max: 50 }),
      multipleOf: fc.integer({ min: 1, max: 9 }),
    }),
    fc.uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { minLength: 1 }).map((values) => ({ enum: values })),
    fc.string().map((value) => ({ const: value })),
    fc.constantFrom({ type: "boolean" }, { type: "null" }, { type: ["string", "null"] }, { $ref: "#/$defs/tree" }),
  ),
  array: fc.record({ type: fc.constant("array"), items: tie("schema"), minItems: fc.nat(3), maxItems: fc.integer({ min: 3, max: 6 }) }),
  object: fc
    .dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), tie("schema"), { maxKeys: 4 })
    .chain((properties) =>
      fc.subarray(Object.keys(properties)).map((required) => ({ type: "object", properties, required, additionalProperties: false })),
    ),
  union: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
}));

const $defs = {
  tree: {
    type: "object",
    properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/tree" } } },
    required: ["name"],
    additionalProperties: false,
  },
};

describe("sampleJson", () => {
  test("satisfies the schema it is made for", () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), anySchema, { maxKeys: 5 }), (properties) => {
        const schema = { type: "object", properties, required: Object.keys(properties), additionalProperties: false, $defs };
        const sample = sampleJson(schema, HINTS);
        const valid = ajv.validate(schema, sample);
        expect(valid, `${JSON.stringify(sample)} for ${JSON.stringify(schema)}: ${ajv.errorsText()}`).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("fills strings and numbers from the prompt", () => {
    const schema = {
      type: "object",
      properties: { from: { type: "string" }, to: { type: "string" }, days: { type: "integer" }, unit: { enum: ["c", "weather"] } },
      required: ["from", "to", "days", "unit"],
    };
    expect(sampleJson(schema, HINTS)).toEqual({ from: "Paris", to: "London", days: 7, unit: "weather" });
  });

  test.each([
    ["unique items", { type: "array", items: { type: "integer" }, minItems: 4, uniqueItems: true }, [7, 8, 9, 10]],
    ["unique items of an enum", { type: "array", items: { enum: ["a", "b", "c"] }, minItems: 3, uniqueItems: true }, ["a", "b", "c"]],
    [
      "allOf",
      {
        allOf: [
          { type: "object", properties: { a: { const: 1 } }, required: ["a"] },
          { required: ["b"], properties: { b: { const: 2 } } },
        ],
      },
      { a: 1, b: 2 },
    ],
    ["a tuple", { type: "array", prefixItems: [{ const: 1 }, { const: 2 }], items: false }, [1, 2]],
    ["optional properties where none is required", { type: "object", properties: { a: { const: 1 } } }, { a: 1 }],
    ["a schema that refers to itself for ever", { $ref: "#" }, {}],
  ])("%s", (_, schema, expected) => {
    expect(sampleJson(schema, HINTS)).toEqual(expected);
  });

  test("ends where every field refers to the whole", () => {
    const field = { $ref: "#" };
    const schema = { type: "object", properties: { a: field, b: field, c: field, d: field }, required: ["a", "b", "c", "d"] };
    expect(JSON.stringify(sampleJson(schema, HINTS)).length).toBeLessThan(100_000);
  });
});
