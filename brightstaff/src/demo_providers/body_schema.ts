import { Ajv, type ErrorObject, type Options, type SchemaObject, type ValidateFunction } from "ajv";
import { collectStartUpGarbageSoon } from "../start_up_garbage.ts";

/** Of the time that compiling takes, half goes into JSON Schema's own schema, and code that is good for many runs. */
const QUICK = { meta: false, validateSchema: false, code: { optimize: false } } as const;

/**
 * A check of bodies by a JSON Schema: the first error, or null. The schema is compiled when the first body comes: together, those of all
 * formats take a third of a second and 45 MB, and most runs never see most formats.
 */
export function bodySchema(schema: SchemaObject, options: Options = {}): (body: unknown) => ErrorObject | null {
  let validate: ValidateFunction | undefined;
  return (body) => {
    if (validate === undefined) {
      validate = new Ajv({ strict: false, ...QUICK, ...options }).compile(schema);
      collectStartUpGarbageSoon();
    }
    return validate(body) ? null : ((validate.errors as ErrorObject[])[0] as ErrorObject);
  };
}
