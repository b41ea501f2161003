// What comes along for those who make routers: DigitalOcean's apiModelRouterPreset and apiModelRouterTaskPreset.

import type { Preset } from "../config/data_files.ts";
import type { GatewayConfig, Router, Task } from "../config/gateway_config.ts";
import { type SluggedTask, sluggedTasks } from "../config/task_slugs.ts";
import { VARIANTS, type Variant, variantName } from "../config/variants.ts";

/** The routers that have a preset's tasks, once for each variant that is served; the slug after `router:` is what clients ask for. */
export function routerPresets({ routers, variants, presets }: GatewayConfig): object[] {
  const tasks = sluggedTasks(presets);
  return routers.flatMap((router) => {
    const preset = presets.find(({ id }) => id === router.preset);
    if (preset === undefined) return [];
    return (Object.keys(VARIANTS) as Variant[]).flatMap((variant) => {
      const served = variants.find(({ name }) => name === variantName(router.name, variant));
      return served === undefined ? [] : [toPreset(served, preset, variant, tasks)];
    });
  });
}

function toPreset({ name, tasks, fallback }: Router, preset: Preset, variant: Variant, slugged: readonly SluggedTask[]): object {
  const policies = tasks.map((task) => ({
    task_slug: slugged.find((known) => known.preset === preset && known.task.name === task.name)?.slug,
    models: task.models,
    selection_policy: toSelectionPolicy(task),
  }));
  return {
    slug: name,
    display_name: `${preset.title}, ${variant}`,
    short_description: preset.description,
    long_description: `${preset.description} Tasks: ${tasks.map((task) => task.name).join(", ")}.`,
    config: { policies, fallback_models: fallback },
  };
}

/** "One of: none, cheapest, fastest", and our own beside them. */
function toSelectionPolicy({ prefer, weights }: Pick<Task, "prefer" | "weights">): object {
  return { prefer: prefer === "ranked" ? "none" : prefer, ...(weights === undefined ? {} : { weights }) };
}

/** The tasks that policies may name by their slug. Where a router has the preset, its models for the task come along. */
export function taskPresets({ presets, routers }: GatewayConfig): object[] {
  return sluggedTasks(presets).map(({ slug, preset, task }) => {
    const served = routers.find((router) => router.preset === preset.id)?.tasks.find(({ name }) => name === task.name);
    return {
      task_slug: slug,
      name: toTitle(task.name),
      category: preset.id,
      description: task.description,
      ...(served === undefined ? {} : { models: served.models, selection_policy: toSelectionPolicy(served) }),
      tags: [preset.id],
    };
  });
}

/** "Code generation" for `code-generation`. */
function toTitle(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", " ");
}
