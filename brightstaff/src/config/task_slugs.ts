import type { Preset } from "./data_files.ts";

export type PresetTask = { readonly name: string; readonly description: string };

/** A task of a preset with the slug that policies name it by. */
export type SluggedTask = { readonly slug: string; readonly preset: Preset; readonly task: PresetTask };

/** Its tasks are those of no field in particular, so a name that several presets have means its one. */
const GENERAL = "general";

/**
 * Every task of the presets once, by its shortest slug: its name where that is free, `<preset>/<name>` where another preset's task goes by
 * the name. The tasks of `general` have their names to themselves.
 */
export function sluggedTasks(presets: Iterable<Preset>): SluggedTask[] {
  const taken = new Set<string>();
  const ordered = [...presets].sort((a, b) => Number(b.id === GENERAL) - Number(a.id === GENERAL));
  return ordered.flatMap((preset) =>
    preset.tasks.map((task) => {
      const slug = taken.has(task.name) ? qualified(preset, task) : task.name;
      taken.add(slug);
      return { slug, preset, task };
    }),
  );
}

/** The task that a slug means, by its shortest or by its full form. */
export function findTask(tasks: readonly SluggedTask[], slug: string): PresetTask | undefined {
  return tasks.find((known) => known.slug === slug || qualified(known.preset, known.task) === slug)?.task;
}

function qualified({ id }: Preset, { name }: PresetTask): string {
  return `${id}/${name}`;
}
