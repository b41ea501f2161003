import type { Mistake, Path } from "./mistakes.ts";
import type { RawConfig, RawListener, RawModelProvider, RawPreference } from "./raw_config.ts";

/** A part of the file together with where it stands, so that mistakes found in it later can be named. */
export type Located<T> = { readonly path: Path; readonly value: T };

/** The config with Plano's older forms turned into today's. */
export type CurrentForms = {
  readonly listener: Located<RawListener>;
  readonly providers: readonly Located<RawModelProvider>[];
  readonly preferences: readonly Located<RawPreference>[];
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly string[];
};

export function toCurrentForms(raw: RawConfig): CurrentForms {
  const mistakes: Mistake[] = [];
  const warnings: string[] = [];
  const providers = findProviders(raw, mistakes, warnings);
  return {
    listener: findListener(raw, mistakes, warnings),
    providers,
    preferences: [...located(["routing_preferences"], raw.routing_preferences), ...liftPreferences(raw, providers, warnings)],
    mistakes,
    warnings,
  };
}

/** The entries of a list that the schema check left standing. */
export function located<T>(path: Path, list: readonly (T | undefined)[] | undefined): Located<T>[] {
  return (list ?? []).flatMap((value, index) => (value === undefined ? [] : [{ path: [...path, index], value }]));
}

function findProviders(raw: RawConfig, mistakes: Mistake[], warnings: string[]): Located<RawModelProvider>[] {
  if (raw.llm_providers === undefined) {
    if (raw.model_providers === undefined)
      mistakes.push({ path: ["model_providers"], wrong: "missing", expected: "a list of models with their providers" });
    return located(["model_providers"], raw.model_providers);
  }
  if (raw.model_providers !== undefined) {
    mistakes.push({ path: ["llm_providers"], wrong: "is the older name of model_providers, which is here too", expected: "one of them" });
  }
  warnings.push("llm_providers is the older name of model_providers");
  return [...located(["model_providers"], raw.model_providers), ...located(["llm_providers"], raw.llm_providers)];
}

function findListener(raw: RawConfig, mistakes: Mistake[], warnings: string[]): Located<RawListener> {
  if (!Array.isArray(raw.listeners)) {
    if (raw.listeners !== undefined)
      warnings.push("listeners as a mapping with egress_traffic is an older form of the list with `type: model`");
    return { path: ["listeners", "egress_traffic"], value: { name: "egress_traffic", ...raw.listeners?.egress_traffic } };
  }
  const [first, ...others] = located(["listeners"], raw.listeners);
  for (const { path } of others)
    mistakes.push({ path, wrong: "is a second model listener", expected: "one, as every listener would serve the same models" });
  return first ?? { path: ["listeners", 0], value: {} };
}

/**
 * Before v0.4, tasks stood under the provider that serves them; the same name under several providers is one task with several models
 * (docs/routing-api.md of katanemo/plano). The first description counts.
 */
function liftPreferences(raw: RawConfig, providers: readonly Located<RawModelProvider>[], warnings: string[]): Located<RawPreference>[] {
  const declared = new Set(located([], raw.routing_preferences).map(({ value }) => value.name));
  const lifted = new Map<string, Located<RawPreference>>();
  for (const provider of providers) {
    for (const { path, value } of located([...provider.path, "routing_preferences"], provider.value.routing_preferences)) {
      const { model } = provider.value;
      if (value.name === undefined || model === undefined || declared.has(value.name)) continue;
      const known = lifted.get(value.name);
      if (known === undefined) lifted.set(value.name, { path, value: { ...value, models: [model] } });
      else {
        known.value.models?.push(model);
        if (known.value.description !== value.description)
          warnings.push(`routing preference "${value.name}" has several descriptions; the first one counts`);
      }
    }
  }
  if (lifted.size > 0) warnings.push("routing_preferences under a provider is an older form of the top-level routing_preferences");
  return [...lifted.values()];
}
