import fs from "node:fs";
import path from "node:path";
import type { AwsCredentials } from "../config/gateway_config.ts";
import { type CredentialSource, type ReadContext, reasonOf, type Token, UnobtainableError } from "./source.ts";

/** Keys that do not expire are read anew this often, as they may be replaced. */
const LASTING_MS = 3_600_000;
const REASON_CHARACTERS_MAX = 200;
const CONNECT_MS_MAX = 5_000;
const ANSWER_MS_MAX = 10_000;
/** In AWS's records of who has assumed a role. */
const SESSION_NAME = "llm-gateway";

/**
 * What Envoy's own chain has not: roles that are assumed (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html) and profiles of
 * ~/.aws/config, with IAM Identity Center (SSO) and chains of roles. AWS's library for JavaScript obtains them; Envoy signs with them.
 */
export const aws: CredentialSource<AwsCredentials> = {
  type: "aws",

  read({ profile, role_arn, external_id }, context) {
    const { path: at, mistakes } = context;
    if (profile === undefined && role_arn === undefined) {
      const expected = "a profile or a role_arn, or no credentials at all: Envoy finds those of the machine by itself";
      mistakes.push({ path: at, wrong: "names neither a profile nor a role", expected });
      return undefined;
    }
    if (context.region === "") {
      mistakes.push({ path: [...at.slice(0, -1), "aws"], wrong: "missing", expected: 'the region, such as {region: "us-east-1"}' });
      return undefined;
    }
    if (external_id !== undefined && role_arn === undefined) {
      mistakes.push({ path: [...at, "external_id"], wrong: "would never be used: there is no role_arn", expected: "it left out" });
      return undefined;
    }
    if (profile !== undefined && !isProfile(profile, context)) {
      const wrong = `there is no profile ${JSON.stringify(profile)}`;
      mistakes.push({ path: [...at, "profile"], wrong, expected: `one of ${filesOf(context).join(" or ")}` });
      return undefined;
    }
    return { type: "aws", profile: profile ?? null, roleArn: role_arn ?? null, externalId: external_id ?? null, region: context.region };
  },

  create(config) {
    return async () => {
      try {
        return tokenOf(await (await providerOf(config))());
      } catch (error) {
        throw reasonable(error);
      }
    };
  },
};

/** Made anew each time: what these make keeps its credentials until shortly before they end. */
async function providerOf({ profile, roleArn, externalId, region }: AwsCredentials) {
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
  const clientConfig = { region, requestHandler: { connectionTimeout: CONNECT_MS_MAX, requestTimeout: ANSWER_MS_MAX } };
  const own = fromNodeProviderChain({ clientConfig, ...(profile === null ? {} : { profile }) });
  if (roleArn === null) return own;
  const params = { RoleArn: roleArn, RoleSessionName: SESSION_NAME, ...(externalId === null ? {} : { ExternalId: externalId }) };
  return fromTemporaryCredentials({ masterCredentials: own, params, clientConfig });
}

type AwsKeys = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
};

function tokenOf({ accessKeyId, secretAccessKey, sessionToken, expiration }: AwsKeys): Token {
  const value = JSON.stringify({ accessKeyId, secretAccessKey, sessionToken });
  return { value, expiresAt_ms: expiration?.getTime() ?? Date.now() + LASTING_MS };
}

/** Stands for keys while there are none: AWS refuses what is signed with them. Without any, the client's own key would go out unsigned. */
const NO_KEYS: AwsKeys = { accessKeyId: "no-token", secretAccessKey: "no-token" };

/** A token, null for none, as the file in AWS's own form that Envoy reads. */
export function credentialsFile(token: string | null): string {
  const keys: AwsKeys = token === null ? NO_KEYS : JSON.parse(token);
  const lines = [
    ["aws_access_key_id", keys.accessKeyId],
    ["aws_secret_access_key", keys.secretAccessKey],
    ["aws_session_token", keys.sessionToken],
  ].filter(([, value]) => value !== undefined);
  return ["[default]", ...lines.map(([name, value]) => `${name}=${value}`), ""].join("\n");
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html */
function filesOf({ env }: ReadContext): string[] {
  const home = env.HOME ?? "";
  return [env.AWS_CONFIG_FILE ?? path.join(home, ".aws/config"), env.AWS_SHARED_CREDENTIALS_FILE ?? path.join(home, ".aws/credentials")];
}

function isProfile(profile: string, context: ReadContext): boolean {
  return filesOf(context).some((file) => {
    const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n") : [];
    return lines.map((line) => line.trim().replace(/\s+/g, " ")).some((line) => line === `[${profile}]` || line === `[profile ${profile}]`);
  });
}

type LibraryError = {
  readonly name?: string;
  readonly message?: string;
  readonly $fault?: string;
  readonly tryNextLink?: boolean;
  readonly $metadata?: { readonly httpStatusCode?: number };
};

/** The library's own errors, and AWS's, have a name and words that hold no secret; of others the status or the system's code is enough. */
function reasonable(error: unknown): UnobtainableError {
  const { name, message, $fault, tryNextLink, $metadata } = error as LibraryError;
  if ($fault !== undefined || tryNextLink !== undefined)
    return new UnobtainableError(`${name}: ${message}`.slice(0, REASON_CHARACTERS_MAX));
  const status = $metadata?.httpStatusCode;
  return new UnobtainableError(status === undefined ? reasonOf(error) : `status ${status}`);
}
