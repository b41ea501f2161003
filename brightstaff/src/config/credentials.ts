import { sourceOf } from "../credentials/sources.ts";
import type { ProviderData } from "./data_files.ts";
import type { CredentialsConfig } from "./gateway_config.ts";
import { type Mistake, oneOf, type Path } from "./mistakes.ts";
import type { RawModelProvider } from "./raw_config.ts";

/** What reading credentials needs of the rest of the config. */
export type CredentialsContext = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The config's own folder. */
  readonly baseDir: string;
};

/** The credentials of a provider that expire. Undefined when there are none or they are wrong, which is then told. */
export function readCredentials(
  { credentials, access_key, aws }: RawModelProvider,
  path: Path,
  data: ProviderData,
  context: CredentialsContext,
  mistakes: Mistake[],
): CredentialsConfig | undefined {
  if (credentials?.type === undefined) return undefined;
  const at = [...path, "credentials"];
  if (access_key !== undefined) {
    mistakes.push({ path: at, wrong: "would never be used: there is an access_key", expected: "one of the two" });
    return undefined;
  }
  if (data.credentials === undefined) {
    mistakes.push({ path: at, wrong: `"${data.id}" is not called with credentials that expire`, expected: "access_key" });
    return undefined;
  }
  if (!data.credentials.includes(credentials.type)) {
    const wrong = `"${data.id}" is not called with ${JSON.stringify(credentials.type)}`;
    mistakes.push({ path: [...at, "type"], wrong, expected: oneOf(data.credentials) });
    return undefined;
  }
  return sourceOf(credentials.type).read(credentials, { path: at, ...context, region: aws?.region ?? "", mistakes });
}
