import type { Preset } from "./data_files.ts";
import { CANDIDATES_MAX, type Router, type SelectionPolicy, type Task } from "./gateway_config.ts";
import { expectedName, type Mistake, type Path } from "./mistakes.ts";
import type { ModelCatalog } from "./model_catalog.ts";
import { type Located, located } from "./older_forms.ts";
import type { RawPolicy, RawPreference, RawRouter, RawSelectionPolicy } from "./raw_config.ts";
import { findTask, type PresetTask, sluggedTasks } from "./task_slugs.ts";
import { needsPrices, VARIANTS } from "./variants.ts";

export type RouterContext = {
  readonly catalog: Pick<ModelCatalog, "resolve">;
  readonly presets: ReadonlyMap<string, Preset>;
  /** The key of a policy's own task: `task` in the config, `custom_task` in the management API. */
  readonly taskKey: "task" | "custom_task";
  /** Whether there is a source of prices, without which `cheapest` means nothing. */
  readonly hasPrices: boolean;
  readonly mistakes: Mistake[];
};

/** @param names those that are taken already; the routers' own are added */
export function readRouters(
  routers: readonly Located<RawRouter>[],
  context: RouterContext,
  names: Set<string> = new Set<string>(),
): Router[] {
  return routers.flatMap(({ path, value }) => {
    if (value.name !== undefined && names.has(value.name)) {
      context.mistakes.push({
        path: [...path, "name"],
        wrong: `${JSON.stringify(value.name)} is here twice`,
        expected: "each router once",
      });
    }
    names.add(value.name ?? "");
    const tasks = value.preset === undefined ? readPolicies(value, path, context) : readPreset(value, path, context);
    refuseRepeatedTasks(tasks, context);
    const fallback = readModels(value.fallback_models, [...path, "fallback_models"], context);
    for (const task of tasks) refuseTooManyCandidates(task, fallback, context);
    if (value.name === undefined) return [];
    const { name, description = "", preset = null } = value;
    return [{ name, description, preset, tasks: tasks.map(({ value: task }) => task), fallback }];
  });
}

/**
 * Routers from beside the config, each by itself: what is wrong with one is kept apart and leaves the others be.
 * Paths of the mistakes are from the router down, in the management API's terms.
 */
export function readStoredRouters(
  stored: readonly { readonly id: string; readonly router: RawRouter }[],
  configured: readonly Router[],
  context: RouterContext,
): { routers: Router[]; refused: Map<string, readonly Mistake[]> } {
  const names = new Set(configured.map(({ name }) => name));
  const refused = new Map<string, readonly Mistake[]>();
  const routers = stored.flatMap(({ id, router }) => {
    const before = context.mistakes.length;
    const read = readRouters([{ path: [], value: router }], { ...context, taskKey: "custom_task" }, names);
    const mistakes = context.mistakes.splice(before);
    if (mistakes.length > 0) refused.set(id, mistakes);
    return mistakes.length > 0 ? [] : read;
  });
  return { routers, refused };
}

/** Top-level routing_preferences are a router that every chat request goes through; it has no name and no fallback of its own. */
export function readRouteAll(preferences: readonly Located<RawPreference>[], context: RouterContext): Router | null {
  const tasks = preferences.flatMap(({ path, value }) => {
    if (value.name === undefined || value.description === undefined) return [];
    return [{ path: [...path, "name"], value: readTask({ name: value.name, description: value.description }, value, path, context) }];
  });
  refuseRepeatedTasks(tasks, context);
  return tasks.length === 0 ? null : { name: "", description: "", preset: null, tasks: tasks.map(({ value }) => value), fallback: [] };
}

function readPolicies(router: RawRouter, path: Path, context: RouterContext): Located<Task>[] {
  for (const key of ["models", "task_models", "selection_policy"] as const) {
    if (router[key] !== undefined)
      context.mistakes.push({
        path: [...path, key],
        wrong: "belongs to a router with a preset",
        expected: "models and selection_policy in each policy",
      });
  }
  if (router.policies === undefined) {
    context.mistakes.push({ path: [...path, "policies"], wrong: "missing", expected: "policies with tasks and their models, or a preset" });
  }
  return located([...path, "policies"], router.policies).flatMap((policy) => {
    const text = readTaskText(policy, context);
    // What is wrong with the models of a task that has no text is told as well.
    const task = readTask(text?.value ?? { name: "", description: "" }, policy.value, policy.path, context);
    return text === undefined ? [] : [{ path: text.path, value: task }];
  });
}

function readTaskText({ path, value }: Located<RawPolicy>, context: RouterContext): Located<PresetTask> | undefined {
  const { taskKey } = context;
  if ((value.task === undefined) === (value.task_slug === undefined)) {
    const wrong = value.task === undefined ? "missing" : "is here together with task_slug";
    context.mistakes.push({ path: [...path, taskKey], wrong, expected: `either ${taskKey}: {name, description} or task_slug` });
    return undefined;
  }
  if (value.task !== undefined) {
    const { name, description } = value.task;
    return name === undefined || description === undefined ? undefined : { path: [...path, taskKey, "name"], value: { name, description } };
  }
  const slug = value.task_slug as string;
  const at = [...path, "task_slug"];
  const tasks = sluggedTasks(context.presets.values());
  const task = findTask(tasks, slug);
  if (task !== undefined) return { path: at, value: task };
  const slugs = tasks.map((known) => known.slug);
  context.mistakes.push({ path: at, wrong: `${JSON.stringify(slug)} is no task of a preset`, expected: expectedName(slug, slugs) });
  return undefined;
}

function readPreset(router: RawRouter, path: Path, context: RouterContext): Located<Task>[] {
  if (router.policies !== undefined)
    context.mistakes.push({ path: [...path, "policies"], wrong: "is here together with a preset", expected: "one of the two" });
  const name = router.preset as string;
  const preset = context.presets.get(name);
  if (preset === undefined) {
    context.mistakes.push({
      path: [...path, "preset"],
      wrong: `${JSON.stringify(name)} is no preset`,
      expected: expectedName(name, context.presets.keys()),
    });
    return [];
  }
  const taskNames = preset.tasks.map((task) => task.name);
  for (const task of Object.keys(router.task_models ?? {})) {
    if (taskNames.includes(task)) continue;
    context.mistakes.push({
      path: [...path, "task_models", task],
      wrong: `is no task of the preset "${name}"`,
      expected: expectedName(task, taskNames),
    });
  }
  const without = router.models === undefined ? taskNames.filter((task) => router.task_models?.[task] === undefined) : [];
  if (without.length > 0) {
    const wrong = `missing, and ${without.map((task) => JSON.stringify(task)).join(", ")} ${without.length === 1 ? "has" : "have"} no task_models`;
    context.mistakes.push({ path: [...path, "models"], wrong, expected: "models for all tasks, or task_models for each" });
  }
  const models = readModels(router.models, [...path, "models"], context);
  const policy = readPolicy(router.selection_policy, path, context);
  return preset.tasks.map(({ name: task, description }) => {
    const own = router.task_models?.[task];
    const at = own === undefined ? [...path, "models"] : [...path, "task_models", task];
    return { path: at, value: { name: task, description, models: own === undefined ? models : readModels(own, at, context), ...policy } };
  });
}

type TaskSource = { readonly models?: (string | undefined)[]; readonly selection_policy?: RawSelectionPolicy };

function readTask(text: PresetTask, source: TaskSource, path: Path, context: RouterContext): Task {
  return {
    name: text.name,
    description: text.description,
    models: readModels(source.models, [...path, "models"], context),
    ...readPolicy(source.selection_policy, path, context),
  };
}

function readPolicy(policy: RawSelectionPolicy | undefined, path: Path, context: RouterContext): SelectionPolicy {
  const given = policy?.prefer ?? "ranked";
  const prefer = given === "optimal" ? VARIANTS.optimal : given;
  const weights = readWeights(policy, [...path, "selection_policy", "weights"], context);
  if (needsPrices(prefer) && !context.hasPrices && weights?.cost !== 0) {
    context.mistakes.push({
      path: [...path, "selection_policy", "prefer"],
      wrong: "there are no prices to tell the cheapest by",
      expected: "a source of type cost in model_metrics_sources",
    });
  }
  return weights === undefined ? { prefer } : { prefer, weights };
}

function readWeights(policy: RawSelectionPolicy | undefined, path: Path, { mistakes }: RouterContext): SelectionPolicy["weights"] {
  if (policy?.weights === undefined) return undefined;
  const weights = { cost: policy.weights.cost ?? 1, latency: policy.weights.latency ?? 1 };
  if (policy.prefer !== "balanced") mistakes.push({ path, wrong: "belong to prefer: balanced", expected: "them left out" });
  else if (weights.cost === 0 && weights.latency === 0)
    mistakes.push({ path, wrong: "are both 0", expected: "one of them to be more than 0" });
  return weights;
}

function readModels(references: (string | undefined)[] | undefined, path: Path, context: RouterContext): string[] {
  const ids: string[] = [];
  for (const { path: at, value } of located(path, references)) {
    const id = context.catalog.resolve(value, at)?.id;
    if (id === undefined) continue;
    if (ids.includes(id)) context.mistakes.push({ path: at, wrong: `${JSON.stringify(value)} is here twice`, expected: "each model once" });
    else ids.push(id);
  }
  return ids;
}

/** Task names must differ "none" too: that is what the response header says when no task matched. */
function refuseRepeatedTasks(tasks: readonly Located<Task>[], context: RouterContext): void {
  const names = new Set<string>();
  for (const { path, value } of tasks) {
    if (names.has(value.name))
      context.mistakes.push({ path, wrong: `${JSON.stringify(value.name)} is here twice`, expected: "each task once" });
    else if (value.name === "none" || value.name === "other") {
      context.mistakes.push({ path, wrong: `${JSON.stringify(value.name)} stands for "no task matched"`, expected: "another name" });
    }
    names.add(value.name);
  }
}

function refuseTooManyCandidates({ path, value }: Located<Task>, fallback: readonly string[], context: RouterContext): void {
  const count = new Set([...value.models, ...fallback]).size;
  if (count <= CANDIDATES_MAX) return;
  const wrong = `the task "${value.name}" has ${count} candidates with the fallback_models`;
  context.mistakes.push({ path, wrong, expected: `at most ${CANDIDATES_MAX}` });
}
