import type { Mistake, Path } from "./mistakes.ts";

/** Where a provider is reached. */
export type Address = { readonly secure: boolean; readonly host: string; readonly port: number };

/** Port 443 for https and 80 for http where none is given. An IPv6 host is returned without its brackets. */
export function readHostPort(text: string, secure: boolean): Address | undefined {
  const url = URL.parse(`${secure ? "https" : "http"}://${text}`);
  if (url === null || url.hostname === "") return undefined;
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return { secure, host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port };
}

/** The base URL's parts, or the mistake in it. */
export function readBaseUrl(text: string, path: Path): { address: Address; basePath: string } | Mistake {
  const expected = 'a URL such as "https://api.example.com/v1"';
  const url = URL.parse(text);
  if (url === null) return { path, wrong: "is no URL", expected };
  if (url.username !== "" || url.password !== "")
    return { path, wrong: "holds a user name or password", expected: "the key in access_key" };
  if (url.search !== "" || url.hash !== "") return { path, wrong: "has a query or a fragment", expected };
  const secure = url.protocol === "https:";
  const address = readHostPort(url.host, secure);
  if (address === undefined) return { path, wrong: "has no host", expected };
  return { address, basePath: url.pathname.replace(/\/+$/, "") };
}

/** The Host header for an address: the port is left out where it is the scheme's own. */
export function authorityOf({ secure, host, port }: Address): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return port === (secure ? 443 : 80) ? shown : `${shown}:${port}`;
}
