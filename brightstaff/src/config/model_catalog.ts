import type { Model, ModelIndex, Provider, Wildcard } from "./gateway_config.ts";
import { expectedName, type Mistake, type Path } from "./mistakes.ts";

/** The configured models by all their names. Models that only a wildcard covers join it when something in the config refers to them. */
export class ModelCatalog {
  readonly providers: Provider[] = [];
  readonly models: Model[] = [];
  readonly wildcards: Wildcard[] = [];
  readonly aliases = new Map<string, ModelIndex>();
  readonly entryNames = new Map<string, ModelIndex>();
  readonly mistakes: Mistake[] = [];
  /** What entries that could not be used say of themselves: a reference that may mean one of their models is not called unknown. */
  readonly #unusable: { readonly model: string | undefined; readonly name: string | undefined }[] = [];

  add(id: string, provider: number): ModelIndex {
    return this.models.push({ id, provider, model: id.slice(id.indexOf("/") + 1) }) - 1;
  }

  addWildcard(prefix: string, provider: number): void {
    this.wildcards.push({ prefix, provider });
    this.wildcards.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  addUnusable({ model, name }: { readonly model?: string; readonly name?: string }): void {
    this.#unusable.push({ model, name });
  }

  /** The model that a reference elsewhere in the config means; a mistake is noted when there is none. */
  resolve(reference: string, path: Path, expected?: string): Model | undefined {
    const found = this.#find(reference);
    if (found !== undefined) return found;
    const sameName = this.models.filter(({ model }) => model === reference);
    if (sameName.length > 1) {
      const ids = sameName.map(({ id }) => JSON.stringify(id)).join(" or ");
      this.mistakes.push({ path, wrong: `${JSON.stringify(reference)} is the name of several models`, expected: ids });
    } else if (!this.#mayBeUnusable(reference)) {
      this.mistakes.push({
        path,
        wrong: `${JSON.stringify(reference)} is no model of model_providers`,
        expected: expected ?? this.#expected(reference),
      });
    }
    return undefined;
  }

  indexOf(model: Model): ModelIndex {
    return this.models.indexOf(model);
  }

  /** Every further name: aliases first, then the names of entries, then bare model names, each only where it is still free and unambiguous. */
  names(): Map<string, ModelIndex> {
    const ids = new Set(this.models.map(({ id }) => id));
    const names = new Map(this.aliases);
    for (const [name, index] of this.entryNames) if (!names.has(name) && !ids.has(name)) names.set(name, index);
    const bareCounts = new Map<string, number>();
    for (const { model } of this.models) bareCounts.set(model, (bareCounts.get(model) ?? 0) + 1);
    this.models.forEach(({ model }, index) => {
      if (bareCounts.get(model) === 1 && !names.has(model) && !ids.has(model)) names.set(model, index);
    });
    return names;
  }

  #find(reference: string): Model | undefined {
    const exact = this.models.find(({ id }) => id === reference);
    if (exact !== undefined) return exact;
    const named = this.aliases.get(reference) ?? this.entryNames.get(reference);
    if (named !== undefined) return this.models[named];
    const bare = this.models.filter(({ model }) => model === reference);
    if (bare.length === 1) return bare[0];
    const wildcard = this.wildcards.find(({ prefix }) => reference.startsWith(prefix) && reference.length > prefix.length);
    if (wildcard === undefined || reference.endsWith("*")) return undefined;
    return this.models[this.add(reference, wildcard.provider)];
  }

  /** By its name with or without the provider, which may be what is misspelt. */
  #mayBeUnusable(reference: string): boolean {
    const nameOf = (id: string) => id.slice(id.indexOf("/") + 1);
    return this.#unusable.some(({ model, name }) => {
      if (model === undefined || name === reference) return true;
      return nameOf(model) === "*" ? reference.startsWith(model.slice(0, -1)) : nameOf(model) === nameOf(reference);
    });
  }

  #expected(reference: string): string {
    return expectedName(reference, [...this.models.map(({ id }) => id), ...this.wildcards.map(({ prefix }) => `${prefix}*`)]);
  }
}
