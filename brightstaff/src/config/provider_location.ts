import type { ProviderData } from "./data_files.ts";
import type { Mistake, Path } from "./mistakes.ts";
import type { RawModelProvider } from "./raw_config.ts";

/** What a provider's base_url may leave to the config, each with an example. */
const PLACES = { project: "my-project-123", location: "europe-west1" } as const;

type Place = keyof typeof PLACES;

/**
 * The provider's data with its base_url filled in by what the config says of project and location; undefined when something is missing. A
 * base_url of the config's own with a path says where to go by itself.
 */
export function atLocation(data: ProviderData, value: RawModelProvider, path: Path, mistakes: Mistake[]): ProviderData | undefined {
  const { base_url: template = "" } = data;
  const hasOwnPath = value.base_url !== undefined && (URL.parse(value.base_url)?.pathname ?? "/") !== "/";
  let complete = true;
  for (const place of Object.keys(PLACES) as Place[]) {
    const isWanted = template.includes(`{${place}}`) && !hasOwnPath;
    const isThere = value[place] !== undefined;
    if (isWanted === isThere) continue;
    const why = hasOwnPath ? "the base_url has a path of its own" : `"${data.id}" has no ${place}`;
    if (isThere) mistakes.push({ path: [...path, place], wrong: `would never be used: ${why}`, expected: "it left out" });
    else mistakes.push({ path: [...path, place], wrong: "missing", expected: `the ${place}, such as ${JSON.stringify(PLACES[place])}` });
    complete = false;
  }
  if (!complete) return undefined;
  if (!template.includes("{")) return data;
  if (hasOwnPath) {
    const { base_url, ...rest } = data;
    return rest;
  }
  return { ...data, base_url: fillIn(template, value, data.location_hosts ?? {}) };
}

function fillIn(template: string, { project = "", location = "" }: RawModelProvider, hosts: Readonly<Record<string, string>>): string {
  const host = Object.hasOwn(hosts, location) ? hosts[location] : undefined;
  const withHost = host === undefined ? template : template.replace(/^(https?:\/\/)[^/]+/, `$1${host}`);
  return withHost.replaceAll("{project}", project).replaceAll("{location}", location);
}
