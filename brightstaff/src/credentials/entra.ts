import type { ClientAssertionCallback, INetworkModule, NetworkRequestOptions, NetworkResponse } from "@azure/msal-node";
import type { EntraAuthority } from "../config/gateway_config.ts";
import type { RawCredentials } from "../config/raw_config.ts";
import { type ReadContext, reasonOf, type Token, UnobtainableError } from "./source.ts";
import { askEndpoint } from "./token_endpoint.ts";

/** What all kinds of Microsoft Entra's credentials have in common. */

const AUTHORITY_HOST = "https://login.microsoftonline.com";
/** https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/managed-identity */
const SCOPE = "https://cognitiveservices.azure.com/.default";
const REASON_CHARACTERS_MAX = 200;
const ANSWER_MS_MAX = 10_000;

export function readScope({ scope }: RawCredentials): string {
  return scope ?? SCOPE;
}

/** The value in the config or in the variable that Azure's own libraries read; a mistake where neither is there. */
export function readOrVariable(key: keyof RawCredentials, variable: string, raw: RawCredentials, context: ReadContext): string | undefined {
  const value = raw[key] ?? context.env[variable];
  if (value !== undefined && value !== "") return value;
  context.mistakes.push({ path: [...context.path, key], wrong: "missing", expected: `a value here or in the variable ${variable}` });
  return undefined;
}

export function readAuthority(raw: RawCredentials, context: ReadContext): EntraAuthority | undefined {
  const tenantId = readOrVariable("tenant_id", "AZURE_TENANT_ID", raw, context);
  const clientId = readOrVariable("client_id", "AZURE_CLIENT_ID", raw, context);
  const host = raw.authority_host ?? (context.env.AZURE_AUTHORITY_HOST || AUTHORITY_HOST);
  if (URL.parse(host)?.protocol !== "https:") {
    const expected = `a URL that begins with https, such as ${AUTHORITY_HOST}`;
    context.mistakes.push({ path: [...context.path, "authority_host"], wrong: `is ${JSON.stringify(host)}`, expected });
    return undefined;
  }
  if (tenantId === undefined || clientId === undefined) return undefined;
  return { authorityHost: host.replace(/\/+$/, ""), tenantId, clientId, scope: readScope(raw) };
}

/** How an application proves itself: with its secret, or with a token of the platform that it runs on. */
export type EntraProof = { readonly clientSecret: string } | { readonly clientAssertion: ClientAssertionCallback };

/**
 * The client credentials flow: https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow . By msal-node, on
 * which @azure/identity is built: that brings besides 30 MB of it what signs persons in by a browser.
 */
export async function askEntra(authority: EntraAuthority, proof: EntraProof): Promise<Token> {
  const { ConfidentialClientApplication } = await import("@azure/msal-node");
  const { authorityHost, tenantId, clientId, scope } = authority;
  const application = new ConfidentialClientApplication({
    // A known authority is asked as it is, without asking Microsoft whether it is one.
    auth: { clientId, ...proof, authority: `${authorityHost}/${tenantId}`, knownAuthorities: [new URL(authorityHost).host] },
    system: { networkClient: NETWORK, disableInternalRetries: true },
  });
  // A new application each time has nothing in its cache: what is asked for is a new token.
  return obtain(() => application.acquireTokenByClientCredential({ scopes: [scope] }));
}

type Acquired = { readonly accessToken: string; readonly expiresOn: Date | null } | null;

export async function obtain(acquire: () => Promise<Acquired>): Promise<Token> {
  let acquired: Acquired;
  try {
    acquired = await acquire();
  } catch (error) {
    throw reasonable(error);
  }
  if (acquired === null || acquired.accessToken === "" || acquired.expiresOn === null)
    throw new UnobtainableError("the answer has no token with an end");
  return { value: acquired.accessToken, expiresAt_ms: acquired.expiresOn.getTime() };
}

/** The library's own errors have a code and Entra's words; it makes them of all that goes wrong. */
function reasonable(error: unknown): Error {
  const { errorCode, errorMessage } = error as { errorCode?: string; errorMessage?: string };
  if (error instanceof UnobtainableError || errorCode === undefined) return error as Error;
  return new UnobtainableError([errorCode, errorMessage].filter(Boolean).join(": ").slice(0, REASON_CHARACTERS_MAX));
}

/**
 * How the library reaches its servers: its own way has no deadline for what it posts, and no limit on what it reads. It keeps the one that it
 * is given first for all managed identities of a process, so this holds nothing of a single request's.
 */
export const NETWORK: INetworkModule = {
  sendGetRequestAsync: (url, options) => ask("GET", url, options),
  sendPostRequestAsync: (url, options) => ask("POST", url, options),
};

async function ask<T>(
  method: "GET" | "POST",
  url: string,
  { headers = {}, body }: NetworkRequestOptions = {},
): Promise<NetworkResponse<T>> {
  const request = { method, headers, ...(body === undefined ? {} : { body }) };
  try {
    return (await askEndpoint(url, request, AbortSignal.timeout(ANSWER_MS_MAX))) as unknown as NetworkResponse<T>;
  } catch (error) {
    // Of any other error the library keeps nothing but that there was one.
    const { AuthError } = await import("@azure/msal-node");
    throw new AuthError("unreachable", "", reasonOf(error));
  }
}
