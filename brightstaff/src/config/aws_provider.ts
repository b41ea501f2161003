import type { ProviderData } from "./data_files.ts";
import type { Provider } from "./gateway_config.ts";
import type { Mistake, Path } from "./mistakes.ts";
import type { RawModelProvider } from "./raw_config.ts";

/** In a provider's base_url. */
const REGION = "{region}";

/** The provider's data with the region of the config in its base_url; undefined when it is missing, or there is no place for it. */
export function atRegion(data: ProviderData, value: RawModelProvider, path: Path, mistakes: Mistake[]): ProviderData | undefined {
  const region = value.aws?.region;
  if (value.aws !== undefined && data.aws_service === undefined) {
    mistakes.push({ path: [...path, "aws"], wrong: `would never be used: "${data.id}" is no service of AWS`, expected: "it left out" });
    return undefined;
  }
  if (!data.base_url?.includes(REGION)) return data;
  if (region !== undefined) return { ...data, base_url: data.base_url.replace(REGION, region) };
  if (value.base_url !== undefined) return data;
  mistakes.push({ path: [...path, "aws"], wrong: "missing", expected: 'the region, such as {region: "us-east-1"}, or a base_url' });
  return undefined;
}

/** What requests are signed for when there is no key; null where they can't be. */
export function signingOf(data: ProviderData, value: RawModelProvider): Provider["signing"] {
  const region = value.aws?.region;
  return data.aws_service === undefined || region === undefined ? null : { service: data.aws_service, region };
}
