/** The pieces that the providers' request schemas are built from. */

/** A closed object: a field that is not listed is refused. */
export function object(properties: Record<string, object>, required: string[] = []): object {
  return { type: "object", additionalProperties: false, required, properties };
}

export function nullable(schema: object): object {
  return { ...schema, type: ["object", "null"] };
}

/** One of several objects told apart by the value of `tag`, which each of them lists. */
export function union(tag: string, branches: object[]): object {
  return { type: "object", required: [tag], discriminator: { propertyName: tag }, oneOf: branches };
}

/** A branch of a union. */
export function tagged(tag: string, value: string, properties: Record<string, object>, required: string[] = []): object {
  return object({ [tag]: { const: value }, ...properties }, required);
}
