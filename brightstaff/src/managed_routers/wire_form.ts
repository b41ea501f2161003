// DigitalOcean's form of a router: apiModelRouter and its neighbours in specification/resources/gen-ai/definitions.yml of
// https://github.com/digitalocean/openapi, which its clients pydo and godo are made from.

import type { SchemaObject } from "ajv";
import type { RawPolicy, RawRouter, RawSelectionPolicy } from "../config/raw_config.ts";
import { SchemaCheck } from "../config/schema_check.ts";

export type WirePolicy = {
  readonly custom_task?: { readonly name: string; readonly description: string };
  readonly task_slug?: string;
  readonly models: readonly string[];
  readonly selection_policy?: RawSelectionPolicy;
};

/** What a client says of a router. */
export type RouterBody = {
  readonly name: string;
  readonly description: string;
  readonly policies: readonly WirePolicy[];
  readonly fallback_models: readonly string[];
};

/** A router as it is kept: what the client said, in its own names of models and tasks, and what came to it here. */
export type ManagedRouter = RouterBody & {
  readonly uuid: string;
  /** RFC 3339. */
  readonly created_at: string;
  readonly updated_at: string;
};

/** The checks of a body's form. What a name refers to is checked with the config's own routers, by the same code. */
export type BodyChecks = { readonly create: SchemaCheck; readonly update: SchemaCheck; readonly stored: SchemaCheck };

/** @param configSchema config/schema.json, whose limits on names, descriptions and lists hold here, too */
export function bodyChecks(configSchema: SchemaObject): BodyChecks {
  const definitions = configSchema.definitions as Record<string, SchemaObject>;
  const routerProperties = (definitions.router as SchemaObject).properties as Record<string, SchemaObject>;
  const object = (properties: Record<string, SchemaObject>, required: readonly string[]) => ({
    type: "object",
    additionalProperties: false,
    properties,
    required,
  });
  const task = object({ name: ref("task_name"), description: ref("task_description") }, ["name", "description"]);
  const task_slug = { type: "string", minLength: 1, maxLength: TASK_SLUG_LENGTH_MAX };
  const policy = object({ custom_task: task, task_slug, models: ref("candidates"), selection_policy: ref("selection_policy") }, ["models"]);
  const properties = {
    name: { type: "string", minLength: 1, maxLength: NAME_LENGTH_MAX, pattern: "^[a-z0-9-]+$" },
    description: routerProperties.description as SchemaObject,
    policies: { ...(routerProperties.policies as SchemaObject), items: policy },
    fallback_models: ref("candidates"),
  };
  // Deprecated there: "Must be omitted or set to ["all"]".
  const regions = { type: "array", items: { const: "all" } };
  const text = { type: "string" };
  const ofBody = ["name", "policies", "fallback_models"];
  const check = (schema: SchemaObject) => new SchemaCheck({ ...schema, definitions });
  return {
    create: check(object({ ...properties, regions }, ofBody)),
    update: check(object({ ...properties, regions, uuid: text }, [])),
    stored: check(
      object({ ...properties, uuid: text, created_at: text, updated_at: text }, [
        ...ofBody,
        "description",
        "uuid",
        "created_at",
        "updated_at",
      ]),
    ),
  };
}

/** "lowercase, at most 255 characters, only a-z, 0-9, and hyphens". */
const NAME_LENGTH_MAX = 255;
const TASK_SLUG_LENGTH_MAX = 256;

function ref(definition: string): SchemaObject {
  return { $ref: `#/definitions/${definition}` };
}

/** The router as the config file would have it. Of one with mistakes in its form, what is left of it when they are taken out. */
export function toRawRouter({ policies, fallback_models, name, description }: Partial<RouterBody>): RawRouter {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(policies === undefined ? {} : { policies: policies.map((policy) => policy && toRawPolicy(policy)) }),
    ...(fallback_models === undefined ? {} : { fallback_models: [...fallback_models] }),
  };
}

function toRawPolicy({ custom_task, models, ...others }: Partial<WirePolicy>): RawPolicy {
  return {
    ...others,
    ...(custom_task === undefined ? {} : { task: custom_task }),
    ...(models === undefined ? {} : { models: [...models] }),
  };
}

/** @param errors why the gateway does not serve it; left out when it does */
export function toAnswer({ policies, fallback_models, ...router }: ManagedRouter, errors: readonly string[]): object {
  return { ...router, regions: ["all"], config: { policies, fallback_models }, ...(errors.length === 0 ? {} : { errors }) };
}
