// The services that give out tokens: what each wants to be asked, what it answers and how it refuses.

import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import type { TokenRequest } from "./token_service.ts";

export interface Refusal {
  status: number;
  body: object | string;
}

export interface ServiceForm {
  serves: RegExp;
  /** The answer to a question that comes before that for a token. */
  prelude?(request: TokenRequest, url: string): object | undefined;
  /** The refusal of a request that the real service would refuse; null when it takes it. */
  problem(request: TokenRequest, url: string): Refusal | null;
  /** Of every answer. */
  headers?: Readonly<Record<string, string>>;
  /** A string goes out as it is. */
  answer(token: string, life_s: number): object | string;
  /** Of credentials that are not, or no longer, right. */
  refusal: Refusal;
  /** What a service that is overloaded says; by default OAuth's word for it. */
  unavailable?: Refusal;
}

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** A service account that the token service at `url` knows, as Google's file for it. */
export function serviceAccountKey(url: string): Record<string, string> {
  return {
    type: "service_account",
    project_id: "my-project",
    private_key_id: "0123456789abcdef",
    private_key: keys.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    client_email: "gateway@my-project.iam.gserviceaccount.com",
    client_id: "100000000000000000001",
    auth_uri: "https://accounts.google.com/o/oauth2/auth",
    token_uri: `${url}/token`,
    universe_domain: "googleapis.com",
  };
}

/** A credential configuration of workload identity federation, whose own token is in `tokenFile`. */
export function federatedKey(url: string, tokenFile: string): object {
  return {
    type: "external_account",
    audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/cluster",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${url}/v1/token`,
    credential_source: { file: tokenFile },
  };
}

/** What gcloud leaves for a person who has logged in. */
export function userKey(url: string): Record<string, string> {
  return { type: "authorized_user", ...USER, token_uri: `${url}/user/token` };
}

const USER = { client_id: "gcloud", client_secret: "secret-of-gcloud", refresh_token: "refresh-token-of-a-person" };

export const PLATFORM_TOKEN = "token-of-the-platform";
export const ENTRA = { tenantId: "11111111-2222-3333-4444-555555555555", clientId: "app-1", clientSecret: "secret-of-the-application" };

const CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform";
const COGNITIVE_SERVICES = "https://cognitiveservices.azure.com";

const refusal = (status: number, error: string, error_description: string): Refusal => ({ status, body: { error, error_description } });

/** developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests */
const googleServiceAccount: ServiceForm = {
  serves: /^\/token$/,
  problem({ method, form }, url) {
    if (method !== "POST" || form.grant_type !== "urn:ietf:params:oauth:grant-type:jwt-bearer")
      return refusal(400, "unsupported_grant_type", "Invalid grant_type");
    const [head = "", claims = "", signature = ""] = (form.assertion ?? "").split(".");
    const isSigned = verify(
      "sha256",
      Buffer.from(`${head}.${claims}`),
      createPublicKey(keys.privateKey),
      Buffer.from(signature, "base64url"),
    );
    if (!isSigned) return refusal(400, "invalid_grant", "Invalid JWT Signature.");
    const { alg, kid } = decode(head);
    if (alg !== "RS256" || kid !== "0123456789abcdef") return refusal(400, "invalid_grant", "Invalid JWT header.");
    const { iss, aud, scope, iat, exp } = decode(claims);
    const lasts_s = Number(exp) - Number(iat);
    if (iss !== serviceAccountKey(url).client_email || aud !== `${url}/token`)
      return refusal(400, "invalid_grant", "Invalid issuer or audience.");
    if (scope !== CLOUD_PLATFORM) return refusal(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
    if (!(lasts_s > 0 && lasts_s <= 3600)) return refusal(400, "invalid_grant", "Token must be a short-lived token (60 minutes).");
    return null;
  },
  answer: (access_token, expires_in) => ({ access_token, expires_in, token_type: "Bearer" }),
  refusal: refusal(400, "invalid_grant", "Invalid grant: account not found"),
};

/** developers.google.com/identity/protocols/oauth2/web-server#offline */
const googleUser: ServiceForm = {
  serves: /^\/user\/token$/,
  problem({ method, form }) {
    if (method !== "POST" || form.grant_type !== "refresh_token") return refusal(400, "unsupported_grant_type", "Invalid grant_type");
    if (form.client_id !== USER.client_id || form.client_secret !== USER.client_secret)
      return refusal(401, "invalid_client", "The OAuth client was not found.");
    return form.refresh_token === USER.refresh_token ? null : refusal(400, "invalid_grant", "Bad Request");
  },
  answer: (access_token, expires_in) => ({ access_token, expires_in, scope: CLOUD_PLATFORM, token_type: "Bearer" }),
  refusal: refusal(400, "invalid_grant", "Token has been expired or revoked."),
};

/** cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token */
const googleFederation: ServiceForm = {
  serves: /^\/v1\/token$/,
  problem({ method, form }) {
    if (method !== "POST" || form.grant_type !== "urn:ietf:params:oauth:grant-type:token-exchange")
      return refusal(400, "unsupported_grant_type", "Invalid grant_type");
    if (form.subject_token !== PLATFORM_TOKEN) return refusal(400, "invalid_grant", "The subject token is not valid.");
    if (!form.audience?.startsWith("//iam.googleapis.com/") || form.scope !== CLOUD_PLATFORM)
      return refusal(400, "invalid_request", "Invalid audience or scope.");
    return null;
  },
  answer: (access_token, expires_in) => ({
    access_token,
    expires_in,
    token_type: "Bearer",
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
  }),
  refusal: refusal(400, "invalid_grant", "The subject token has expired."),
};

/** cloud.google.com/compute/docs/access/authenticate-workloads#applications */
const googleMetadata: ServiceForm = {
  serves: /^\/computeMetadata\/v1\/instance\/service-accounts\/default\/token/,
  problem({ headers }) {
    return headers["metadata-flavor"] === "Google" ? null : { status: 403, body: {} };
  },
  headers: { "metadata-flavor": "Google" },
  answer: (access_token, expires_in) => ({ access_token, expires_in, token_type: "Bearer" }),
  refusal: refusal(404, "not_found", "The service account was not found."),
};

/** learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
const entra: ServiceForm = {
  serves: new RegExp(`^/${ENTRA.tenantId}/`),
  prelude({ path }, url) {
    const base = `${url}/${ENTRA.tenantId}`;
    if (!path.startsWith(`/${ENTRA.tenantId}/v2.0/.well-known/openid-configuration`)) return undefined;
    return {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    };
  },
  problem({ method, path, form }) {
    if (method !== "POST" || !path.startsWith(`/${ENTRA.tenantId}/oauth2/v2.0/token`) || form.grant_type !== "client_credentials")
      return refusal(400, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.");
    if (form.client_id !== ENTRA.clientId) return refusal(400, "unauthorized_client", "AADSTS700016: Application was not found.");
    if (!form.scope?.split(" ").includes(`${COGNITIVE_SERVICES}/.default`))
      return refusal(400, "invalid_scope", "AADSTS70011: The provided value for the input parameter 'scope' is not valid.");
    if (form.client_secret === ENTRA.clientSecret) return null;
    const isFederated = form.client_assertion_type === "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    if (isFederated && form.client_assertion === PLATFORM_TOKEN) return null;
    return refusal(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.");
  },
  answer: (access_token, expires_in) => ({ token_type: "Bearer", expires_in, ext_expires_in: expires_in, access_token }),
  refusal: refusal(401, "invalid_client", "AADSTS7000222: The provided client secret keys are expired."),
};

export const APP_SERVICE_HEADER = "secret-header-of-the-app-service";

/** learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference */
const azureAppService: ServiceForm = {
  serves: /^\/msi\/token/,
  problem({ path, headers }) {
    const query = new URL(path, "http://host").searchParams;
    if (headers["x-identity-header"] !== APP_SERVICE_HEADER) return { status: 401, body: { statusCode: 401, message: "Unauthorized" } };
    if (query.get("resource") !== COGNITIVE_SERVICES || query.get("api-version") !== "2019-08-01")
      return { status: 400, body: { statusCode: 400, message: "Bad resource or api-version" } };
    return null;
  },
  answer: (access_token, life_s) => ({
    access_token,
    expires_on: String(Math.floor(Date.now() / 1000) + life_s),
    resource: COGNITIVE_SERVICES,
    token_type: "Bearer",
    client_id: "identity-1",
  }),
  refusal: { status: 400, body: { statusCode: 400, message: "No User Assigned or Delegated Managed Identity found." } },
};

export const AWS_ROLE = {
  arn: "arn:aws:iam::123456789012:role/models",
  externalId: "external-1",
  /** Of who assumes it. */
  sourceKeyId: "AKIASOURCE",
  keys: { accessKeyId: "ASIAROLE", secretAccessKey: "secret-of-the-role" },
};

/** docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const awsSts: ServiceForm = {
  serves: /^\/$/,
  problem({ method, headers, form }) {
    if (method !== "POST" || form.Action !== "AssumeRole" || form.Version !== "2011-06-15")
      return stsError(400, "InvalidAction", "No such action.");
    const isSigned = headers.authorization?.startsWith(`AWS4-HMAC-SHA256 Credential=${AWS_ROLE.sourceKeyId}/`) === true;
    if (!isSigned || !headers.authorization?.includes("/eu-west-1/sts/aws4_request"))
      return stsError(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    if (form.RoleArn !== AWS_ROLE.arn || form.ExternalId !== AWS_ROLE.externalId)
      return stsError(403, "AccessDenied", "User is not authorized to perform: sts:AssumeRole");
    return null;
  },
  headers: { "content-type": "text/xml" },
  answer: (token, life_s) =>
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>${AWS_ROLE.keys.accessKeyId}</AccessKeyId><SecretAccessKey>${AWS_ROLE.keys.secretAccessKey}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${new Date(Date.now() + life_s * 1000).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  refusal: stsError(403, "AccessDenied", "User is not authorized to perform: sts:AssumeRole"),
  unavailable: stsError(503, "ServiceUnavailable", "The service is unavailable."),
};

function stsError(status: number, code: string, message: string): Refusal {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return {
    status,
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>r-1</RequestId></ErrorResponse>`,
  };
}

export const SERVICES: readonly ServiceForm[] = [
  googleServiceAccount,
  googleUser,
  googleFederation,
  googleMetadata,
  entra,
  azureAppService,
  awsSts,
];

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}
