import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestAuthority } from "../../../test/mock_providers/certificates.ts";
import {
  APP_SERVICE_HEADER,
  AWS_ROLE,
  ENTRA,
  federatedKey,
  PLATFORM_TOKEN,
  serviceAccountKey,
  userKey,
} from "../../../test/mock_providers/token_service_forms.ts";
import { aws, credentialsFile } from "./aws.ts";
import { azureClientSecret } from "./azure_client_secret.ts";
import { azureManagedIdentity } from "./azure_managed_identity.ts";
import { azureWorkloadIdentity } from "./azure_workload_identity.ts";
import { describeCredentials } from "./conformance.ts";
import { google } from "./google.ts";

const authority = await createTestAuthority();
const secure = { tls: await authority.issue("127.0.0.1") };
const trusted = tls.getCACertificates();

let dir: string;
beforeAll(() => tls.setDefaultCACertificates([...trusted, authority.ca]));
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(tmpdir(), "credentials-"));
  return () => fs.rmSync(dir, { recursive: true });
});
afterAll(() => tls.setDefaultCACertificates(trusted));

function write(name: string, content: unknown, folder = dir): string {
  fs.writeFileSync(path.join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  return name;
}

const PEM = serviceAccountKey("").private_key as string;
const keyWith = (changes: object) => ({ ...serviceAccountKey("http://127.0.0.1:1"), ...changes });
const keyLines = PEM.trim().split("\n").slice(1, -1);

describe("google, a service account's key in a file", () => {
  describeCredentials(
    {
      source: google,
      raw: (url) => ({ type: "google", key_file: write("key.json", serviceAccountKey(url)) }),
      secrets: keyLines,
      refusal: /^status 400: invalid_grant: Invalid grant: account not found$/,
      mistakes: [
        ["with a file that is not there", () => ({ key_file: "none.json" }), ".key_file: "],
        ["with a folder", () => ({ key_file: "." }), ".key_file: "],
        ["with a file that is no JSON", () => ({ key_file: write("k", PEM) }), ".key_file: "],
        ["with a file of another kind", () => ({ key_file: write("k", { type: "gdch" }) }), ".key_file: "],
        ["without client_email", () => ({ key_file: write("k", keyWith({ client_email: undefined })) }), ".key_file: "],
        ["with a key that is none", () => ({ key_file: write("k", keyWith({ private_key: "x" })) }), ".key_file: "],
        ["with a file and a key", () => ({ key_file: "a", key: "b" }), ".key: is there besides key_file; expected one of the two"],
      ],
    },
    () => dir,
  );
});

describe("google, a service account's key in the config", () => {
  describeCredentials(
    {
      source: google,
      raw: (url) => ({ type: "google", key: JSON.stringify(serviceAccountKey(url)) }),
      secrets: keyLines,
      refusal: /^status 400: invalid_grant: Invalid grant: account not found$/,
      mistakes: [
        ["that is no JSON", () => ({ key: PEM }), ".key: is no JSON; expected a service account's key as JSON, as Google gives it"],
        [
          "that has no type",
          () => ({ key: "{}" }),
          ".key: has no type, and what is served is service_account, external_account and authorized_user",
        ],
        [
          "with another type",
          () => ({ key: '{"type":"x"}' }),
          '.key: has the type "x", and what is served is service_account, external_account',
        ],
        ["without private_key", () => ({ key: JSON.stringify(keyWith({ private_key: "" })) }), ".key: has no private_key"],
        [
          "with half a key",
          () => ({ key: JSON.stringify(keyWith({ private_key: PEM.slice(0, 300) })) }),
          ".key: has a private_key that is no RSA key in PEM",
        ],
        [
          "with a token_uri that is none",
          () => ({ key: JSON.stringify(keyWith({ token_uri: "ftp://x" })) }),
          ".key: has a token_uri that is no URL",
        ],
      ],
    },
    () => dir,
  );
});

describe("google, application default credentials as gcloud leaves them", () => {
  describeCredentials(
    {
      source: google,
      raw: (url, folder, env) => {
        env.CLOUDSDK_CONFIG = folder;
        write("application_default_credentials.json", userKey(url), folder);
        return { type: "google" };
      },
      secrets: ["secret-of-gcloud", "refresh-token-of-a-person"],
      refusal: /^status 400: invalid_grant: Token has been expired or revoked\.$/,
      mistakes: [
        [
          "without a refresh token",
          () => ({ key: '{"type":"authorized_user","client_id":"a","client_secret":"b"}' }),
          ".key: has no refresh_token",
        ],
      ],
    },
    () => dir,
  );
});

describe("google, workload identity federation", () => {
  describeCredentials(
    {
      source: google,
      raw: (url) => {
        write("platform_token", PLATFORM_TOKEN);
        return { type: "google", key_file: write("federation.json", federatedKey(url, path.join(dir, "platform_token"))) };
      },
      secrets: [PLATFORM_TOKEN],
      refusal: /invalid_grant/,
      mistakes: [
        ["without an audience", () => ({ key: JSON.stringify({ ...federatedKey("", ""), audience: "" }) }), ".key: has no audience"],
        [
          "that runs a program",
          () => ({ key: JSON.stringify({ ...federatedKey("http://h", ""), credential_source: { executable: { command: "x" } } }) }),
          ".key: has a credential_source that runs a program, which is not served",
        ],
      ],
    },
    () => dir,
  );
});

describe("google, application default credentials in the file that the environment names", () => {
  describeCredentials(
    {
      source: google,
      raw: (url, folder, env) => {
        env.GOOGLE_APPLICATION_CREDENTIALS = path.join(folder, write("adc.json", serviceAccountKey(url), folder));
        return { type: "google" };
      },
      secrets: keyLines,
      refusal: /invalid_grant/,
      mistakes: [],
    },
    () => dir,
  );
});

describe("google, the machine's metadata server", () => {
  describeCredentials(
    {
      source: google,
      raw: (url, _, env) => {
        env.GCE_METADATA_HOST = new URL(url).host;
        return { type: "google" };
      },
      secrets: [],
      refusal: /404|not_found/,
      mistakes: [],
    },
    () => dir,
  );
});

describe("aws, a role that is assumed with the keys of a profile", () => {
  /** As in an administrator's home. */
  const home = (env: Record<string, string>) => {
    env.AWS_CONFIG_FILE = path.join(dir, write("config", "[profile base]\nregion = us-west-2\n"));
    const keys = `[base]\naws_access_key_id = ${AWS_ROLE.sourceKeyId}\naws_secret_access_key = secret-of-the-source\n`;
    env.AWS_SHARED_CREDENTIALS_FILE = path.join(dir, write("credentials", keys));
  };
  describeCredentials(
    {
      source: aws,
      raw: (url, _, env) => {
        home(env);
        env.AWS_ENDPOINT_URL_STS = url;
        return { type: "aws", profile: "base", role_arn: AWS_ROLE.arn, external_id: AWS_ROLE.externalId };
      },
      tokenIn: (value) => JSON.parse(value).sessionToken,
      secrets: ["secret-of-the-source", "secret-of-the-role"],
      refusal: /^AccessDenied: User is not authorized to perform: sts:AssumeRole$/,
      mistakes: [
        [
          "that names nothing",
          () => ({}),
          ": names neither a profile nor a role; expected a profile or a role_arn, or no credentials at all",
        ],
        ["with an id and no role", () => ({ profile: "p", external_id: "e" }), ".external_id: would never be used: there is no role_arn"],
        ["with a profile that is not there", () => ({ profile: "none" }), '.profile: there is no profile "none"; expected one of '],
      ],
    },
    () => dir,
  );

  test("is written as the file that Envoy reads", () => {
    const value = JSON.stringify({ accessKeyId: "ASIA", secretAccessKey: "s+/=", sessionToken: "t" });
    expect(credentialsFile(value)).toBe("[default]\naws_access_key_id=ASIA\naws_secret_access_key=s+/=\naws_session_token=t\n");
    expect(credentialsFile(null)).toBe("[default]\naws_access_key_id=no-token\naws_secret_access_key=no-token\n");
  });
});

const entra = (url: string) => ({ authority_host: url, tenant_id: ENTRA.tenantId, client_id: ENTRA.clientId });

describe("azure_client_secret", () => {
  describeCredentials(
    {
      source: azureClientSecret,
      service: secure,
      raw: (url) => ({ type: "azure_client_secret", ...entra(url), client_secret: ENTRA.clientSecret }),
      secrets: [ENTRA.clientSecret],
      refusal: /invalid_client.*AADSTS7000222/,
      mistakes: [
        [
          "without a tenant",
          () => ({ client_id: "c", client_secret: "s" }),
          ".tenant_id: missing; expected a value here or in the variable AZURE_TENANT_ID",
        ],
        [
          "without a client",
          () => ({ tenant_id: "t", client_secret: "s" }),
          ".client_id: missing; expected a value here or in the variable AZURE_CLIENT_ID",
        ],
        [
          "without a secret",
          () => ({ tenant_id: "t", client_id: "c" }),
          ".client_secret: missing; expected a value here or in the variable",
        ],
        [
          "without TLS",
          () => ({ tenant_id: "t", client_id: "c", client_secret: "s", authority_host: "http://127.0.0.1" }),
          '.authority_host: is "http://127.0.0.1"; expected a URL that begins with https',
        ],
      ],
    },
    () => dir,
  );
});

describe("azure_workload_identity", () => {
  describeCredentials(
    {
      source: azureWorkloadIdentity,
      service: secure,
      raw: (url, folder, env) => {
        // As Azure's webhook sets them in a pod.
        env.AZURE_AUTHORITY_HOST = `${url}/`;
        env.AZURE_TENANT_ID = ENTRA.tenantId;
        env.AZURE_CLIENT_ID = ENTRA.clientId;
        env.AZURE_FEDERATED_TOKEN_FILE = path.join(folder, write("platform_token", `${PLATFORM_TOKEN}\n`, folder));
        return { type: "azure_workload_identity" };
      },
      secrets: [PLATFORM_TOKEN],
      refusal: /invalid_client/,
      mistakes: [
        [
          "without a token's file",
          () => ({ tenant_id: "t", client_id: "c" }),
          ".token_file: missing; expected a value here or in the variable",
        ],
        ["with a file that is not there", () => ({ tenant_id: "t", client_id: "c", token_file: "none" }), ".token_file: "],
      ],
    },
    () => dir,
  );
});

describe("azure_managed_identity", () => {
  describeCredentials(
    {
      source: azureManagedIdentity,
      raw: (url, _, env) => {
        env.IDENTITY_ENDPOINT = `${url}/msi/token`;
        env.IDENTITY_HEADER = APP_SERVICE_HEADER;
        return { type: "azure_managed_identity" };
      },
      secrets: [APP_SERVICE_HEADER],
      refusal: /./,
      mistakes: [],
    },
    () => dir,
  );
});
