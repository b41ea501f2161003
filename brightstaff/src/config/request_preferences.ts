import fs from "node:fs";
import path from "node:path";
import type { SchemaObject } from "ajv";
import { findModel, listModels } from "../models/model_list.ts";
import type { GatewayConfig, Router } from "./gateway_config.ts";
import { PROJECT_CONFIG_DIR } from "./load.ts";
import { expectedName, type Mistake } from "./mistakes.ts";
import { located } from "./older_forms.ts";
import type { RawPreference } from "./raw_config.ts";
import { readRouteAll } from "./routers.ts";
import { SchemaCheck } from "./schema_check.ts";

const check = new SchemaCheck(preferencesSchema());

/**
 * The router that a request's own `routing_preferences` make, checked as those of the config are: Plano's field, which stands in for the
 * config's tasks for this one request. An empty list is a router without tasks. Paths of the mistakes are from the request's body down.
 */
export function readPreferences(preferences: unknown[], config: GatewayConfig): { router: Router } | { mistakes: readonly Mistake[] } {
  const body = { routing_preferences: preferences };
  const mistakes = check.checkAndPrune(body);
  if (mistakes.length > 0) return { mistakes };
  const router = readRouteAll(located(["routing_preferences"], body.routing_preferences as RawPreference[]), {
    catalog: { resolve: (reference, at) => resolveModel(reference, at, config, mistakes) },
    presets: new Map(),
    taskKey: "task",
    hasPrices: config.metricsSources.some(({ type }) => type === "cost"),
    mistakes,
  });
  if (mistakes.length > 0) return { mistakes };
  return { router: router ?? { name: "", description: "", preset: null, tasks: [], fallback: [] } };
}

/** As a name in the config is understood, but for adding to the config what only a wildcard admits: requests come without end. */
function resolveModel(reference: string, at: Mistake["path"], config: GatewayConfig, mistakes: Mistake[]) {
  const found = reference.startsWith("router:") ? undefined : findModel(config, reference);
  const index = found === undefined ? undefined : config.names.get(found.id);
  if (found !== undefined) {
    const id = index === undefined ? found.id : (config.models[index]?.id ?? found.id);
    return { id, provider: 0, model: id.slice(id.indexOf("/") + 1) };
  }
  const known = listModels(config).flatMap(({ id }) => (id.startsWith("router:") ? [] : [id]));
  mistakes.push({ path: at, wrong: `${JSON.stringify(reference)} is no model of this gateway`, expected: expectedName(reference, known) });
  return undefined;
}

function preferencesSchema(): SchemaObject {
  const config = JSON.parse(fs.readFileSync(path.join(PROJECT_CONFIG_DIR, "schema.json"), "utf8")) as {
    properties: Record<string, SchemaObject>;
    definitions: Record<string, SchemaObject>;
  };
  const { routing_preferences } = config.properties;
  return { type: "object", properties: { routing_preferences }, definitions: config.definitions };
}
