import fs from "node:fs";
import path from "node:path";
import type { GoogleCredentials } from "../config/gateway_config.ts";
import { type FederatedKey, readGoogleKey, type ServiceAccountKey, type UserKey } from "./google_key.ts";
import { type CredentialSource, type ReadContext, type Token, UnobtainableError } from "./source.ts";
import { askEndpoint, refusal } from "./token_endpoint.ts";

/** The one scope of all of Vertex AI: https://cloud.google.com/vertex-ai/docs/authentication */
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
/** The longest that Google allows for what a key signs: https://developers.google.com/identity/protocols/oauth2/service-account */
const ASSERTION_S = 3600;

/**
 * Google Cloud: a service account's key, workload identity federation, and where the config names neither, what Google's own tools use,
 * down to the metadata server of the machine.
 */
export const google: CredentialSource<GoogleCredentials> = {
  type: "google",

  read({ key_file, key }, context) {
    if (key_file !== undefined && key !== undefined) {
      context.mistakes.push({ path: [...context.path, "key"], wrong: "is there besides key_file", expected: "one of the two" });
      return undefined;
    }
    if (key !== undefined) return isKey(key, [...context.path, "key"], "", context) ? { type: "google", keyFile: null, key } : undefined;
    const keyFile = key_file === undefined ? defaultFile(context) : path.resolve(context.baseDir, key_file);
    if (keyFile === null) return { type: "google", keyFile: null, key: null };
    const at = key_file === undefined ? context.path : [...context.path, "key_file"];
    return isKeyFile(keyFile, at, context) ? { type: "google", keyFile, key: null } : undefined;
  },

  create({ keyFile, key }) {
    // A file is read anew each time: who replaces a key need not touch the gateway.
    const readKey = () => (keyFile === null ? key : fs.readFileSync(keyFile, "utf8"));
    return async (signal) => {
      const text = readKey();
      if (text === null) return askMetadataServer();
      const read = readGoogleKey(text);
      if (read.kind === "external_account") return exchangePlatformToken(read, signal);
      return askForToken(read.tokenUri, read.kind === "service_account" ? await assertionBy(read) : refreshOf(read), signal);
    };
  },
};

/** https://cloud.google.com/docs/authentication/application-default-credentials : a variable, then what gcloud has left; else null. */
function defaultFile({ env }: ReadContext): string | null {
  const named = env.GOOGLE_APPLICATION_CREDENTIALS;
  if (named !== undefined && named !== "") return path.resolve(named);
  const folder = env.CLOUDSDK_CONFIG ?? (env.HOME === undefined ? undefined : path.join(env.HOME, ".config/gcloud"));
  const left = folder === undefined ? undefined : path.join(folder, "application_default_credentials.json");
  return left !== undefined && fs.existsSync(left) ? left : null;
}

function isKeyFile(file: string, at: ReadContext["path"], context: ReadContext): boolean {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const wrong = `${JSON.stringify(file)} ${code === "ENOENT" ? "does not exist" : `can't be read (${code})`}`;
    context.mistakes.push({ path: at, wrong, expected: "the JSON file of a service account's key" });
    return false;
  }
  return isKey(text, at, `${JSON.stringify(file)} `, context);
}

function isKey(text: string, at: ReadContext["path"], name: string, context: ReadContext): boolean {
  try {
    readGoogleKey(text);
    return true;
  } catch (error) {
    const wrong = `${name}${(error as Error).message}`;
    context.mistakes.push({ path: at, wrong, expected: "a service account's key as JSON, as Google gives it" });
    return false;
  }
}

/**
 * https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests . Google's own library for Node asks
 * oauth2.googleapis.com whatever the key's token_uri says, so this is done without it.
 */
async function assertionBy(key: ServiceAccountKey): Promise<Record<string, string>> {
  const { SignJWT } = await import("jose");
  const now_s = Math.floor(Date.now() / 1000);
  const assertion = await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(key.privateKeyId === null ? {} : { kid: key.privateKeyId }) })
    .setIssuer(key.clientEmail)
    .setAudience(key.tokenUri)
    .setIssuedAt(now_s)
    .setExpirationTime(now_s + ASSERTION_S)
    .sign(key.privateKey);
  return { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
}

/** https://developers.google.com/identity/protocols/oauth2/web-server#offline */
function refreshOf({ clientId, clientSecret, refreshToken }: UserKey): Record<string, string> {
  return { grant_type: "refresh_token", client_id: clientId, client_secret: clientSecret, refresh_token: refreshToken };
}

async function askForToken(tokenUri: string, form: Record<string, string>, signal: AbortSignal): Promise<Token> {
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const { status, body } = await askEndpoint(tokenUri, { method: "POST", headers, body: new URLSearchParams(form).toString() }, signal);
  if (status !== 200) throw new UnobtainableError(refusal(status, body));
  const { access_token, expires_in } = body;
  if (typeof access_token !== "string" || typeof expires_in !== "number")
    throw new UnobtainableError("the answer has no access_token with expires_in");
  return { value: access_token, expiresAt_ms: Date.now() + expires_in * 1000 };
}

/** Google's library reads the platform's token, from a file, a URL or AWS, and exchanges it, for a service account's where the key says so. */
async function exchangePlatformToken({ json, isAws }: FederatedKey, signal: AbortSignal): Promise<Token> {
  const { AwsClient, IdentityPoolClient } = await import("google-auth-library");
  const options = { ...json, scopes: [SCOPE], transporterOptions: { signal } };
  return tokenOf(
    isAws
      ? new AwsClient(options as unknown as ConstructorParameters<typeof AwsClient>[0])
      : new IdentityPoolClient(options as unknown as ConstructorParameters<typeof IdentityPoolClient>[0]),
  );
}

/** https://cloud.google.com/compute/docs/metadata/overview ; GKE's workload identity and Cloud Run answer in its place. */
async function askMetadataServer(): Promise<Token> {
  const { Compute } = await import("google-auth-library");
  return tokenOf(new Compute({ scopes: SCOPE }));
}

type LibraryClient = {
  getAccessToken(): Promise<{ token?: string | null }>;
  readonly credentials: { readonly expiry_date?: number | null };
};

async function tokenOf(client: LibraryClient): Promise<Token> {
  let token: string | null | undefined;
  try {
    ({ token } = await client.getAccessToken());
  } catch (error) {
    throw new UnobtainableError(reasonOf(error));
  }
  const expiresAt_ms = client.credentials.expiry_date;
  if (typeof token !== "string" || typeof expiresAt_ms !== "number") throw new UnobtainableError("the answer has no token with an end");
  return { value: token, expiresAt_ms };
}

/** The library's errors hold request and answer whole; of these, a log gets the status and OAuth's words only. */
function reasonOf(error: unknown): string {
  const { response, code, name } = error as { response?: { status: number; data?: unknown }; code?: unknown; name?: string };
  if (response !== undefined) return refusal(response.status, response.data);
  return typeof code === "string" ? code : (name ?? "unknown");
}
