import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serviceAccountKey } from "../../../test/mock_providers/token_service_forms.ts";
import type { Provider } from "./gateway_config.ts";
import { type Loaded, type LoadOptions, loadConfig } from "./load.ts";

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), "credentials-"));
  fs.writeFileSync(path.join(directory, "key.json"), JSON.stringify(serviceAccountKey("https://oauth2.example.com")));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

function load(entry: string, options: Partial<LoadOptions> = {}): Loaded {
  const file = path.join(directory, "plano_config.yaml");
  fs.writeFileSync(file, `version: v0.4.0\nlisteners: [{type: model, name: main, port: 0}]\nmodel_providers:\n  - ${entry}\n`);
  return loadConfig({ file, env: {}, ...options });
}

function providerOf(loaded: Loaded): Provider {
  if (!loaded.ok) throw new Error(loaded.mistakes.join("\n"));
  return loaded.config.providers[0] as Provider;
}

const VERTEX = "model: vertex/m, project: p, location: global";
const BEDROCK = "model: bedrock/m, aws: {region: eu-west-1}";
const ROLE = "arn:aws:iam::123456789012:role/models";
const AZURE = "model: azure_openai/m, base_url: https://r.openai.azure.com";

describe("credentials that expire", () => {
  test("are read from a file beside the config", () => {
    const provider = providerOf(load(`{${VERTEX}, credentials: {type: google, key_file: key.json}}`));
    expect(provider.credentials).toEqual({ type: "google", keyFile: path.join(directory, "key.json"), key: null });
    expect(provider).toMatchObject({ accessKey: null, auth: { header: "authorization", prefix: "Bearer " } });
  });

  test("are sent as bearer tokens, whatever header the provider has for keys", () => {
    const env = { SECRET: "s3cret" };
    const credentials = "{type: azure_client_secret, tenant_id: t, client_id: c, client_secret: $SECRET}";
    const provider = providerOf(load(`{${AZURE}, credentials: ${credentials}}`, { env }));
    expect(provider.auth).toEqual({ header: "authorization", prefix: "Bearer " });
    expect(provider.credentials).toEqual({
      type: "azure_client_secret",
      authorityHost: "https://login.microsoftonline.com",
      tenantId: "t",
      clientId: "c",
      clientSecret: "s3cret",
      scope: "https://cognitiveservices.azure.com/.default",
    });
  });

  test("are those of the platform where they name nothing", () => {
    const google = providerOf(load(`{${VERTEX}, credentials: {type: google}}`));
    expect(google.credentials).toEqual({ type: "google", keyFile: null, key: null });
    const azure = providerOf(load(`{${AZURE}, credentials: {type: azure_managed_identity}}`));
    expect(azure.credentials).toEqual({
      type: "azure_managed_identity",
      clientId: null,
      scope: "https://cognitiveservices.azure.com/.default",
    });
  });

  test("of AWS are what requests are signed with", () => {
    const provider = providerOf(load(`{${BEDROCK}, credentials: {type: aws, role_arn: "${ROLE}", external_id: e-1}}`));
    expect(provider.credentials).toEqual({ type: "aws", profile: null, roleArn: ROLE, externalId: "e-1", region: "eu-west-1" });
    expect(provider).toMatchObject({ accessKey: null, signing: { service: "bedrock", region: "eu-west-1" } });
  });

  test("in a variable that is not set leave the provider to the demo, or are a mistake", () => {
    const entry = `{${AZURE}, credentials: {type: azure_client_secret, tenant_id: t, client_id: c, client_secret: $SECRET}}`;
    expect(providerOf(load(entry, { demoUrl: "http://127.0.0.1:1" }))).toMatchObject({ demo: true, credentials: null, host: "127.0.0.1" });
    const loaded = load(entry);
    expect(loaded.ok ? [] : loaded.mistakes).toEqual([
      expect.stringContaining("credentials.client_secret: the environment variable SECRET is not set"),
    ]);
  });
});

test.each([
  ["access_key: k, credentials: {type: google}", "credentials: would never be used: there is an access_key; expected one of the two"],
  ["passthrough_auth: true, credentials: {type: google}", "credentials: would never be used: passthrough_auth sends the client's own"],
  [
    "credentials: {type: azure_managed_identity}",
    'credentials.type: "vertex" is not called with "azure_managed_identity"; expected "google"',
  ],
  ["credentials: {type: gogle}", 'credentials.type: is "gogle"; expected "google" (did you mean that?)'],
  ["credentials: {key_file: key.json}", "credentials.type: missing; expected one of"],
  ["credentials: {type: google, keyfile: key.json}", 'credentials.keyfile: no such key; expected "key_file" (did you mean that?)'],
  ["credentials: {type: google, client_id: c}", "credentials.client_id: no such key; expected one of"],
  ["credentials: {type: google}, headers: {authorization: x}", "headers.authorization: carries the credential; expected"],
])("%s is refused", (entry, mistake) => {
  const loaded = load(`{${VERTEX}, ${entry}}`);
  expect(loaded.ok ? "" : loaded.mistakes.join("\n")).toContain(`model_providers[0].${mistake}`);
});

test.each([
  [`${BEDROCK}, credentials: {type: aws, role_arn: models}`, 'role_arn: is "models"; expected a role such as "arn:aws:iam::'],
  [`${BEDROCK}, credentials: {type: aws}`, "credentials: names neither a profile nor a role; expected a profile or a role_arn"],
  [`${BEDROCK}, credentials: {type: google}`, '"bedrock" is not called with "google"; expected "aws"'],
  [
    `model: bedrock/m, base_url: "http://h", credentials: {type: aws, role_arn: "${ROLE}"}`,
    'model_providers[0].aws: missing; expected the region, such as {region: "us-east-1"}',
  ],
  ["model: groq/m, credentials: {type: google}", '"groq" is not called with credentials that expire; expected access_key'],
  [
    `${AZURE}, credentials: {type: azure_client_secret, tenant_id: t, client_id: "a b", client_secret: x}`,
    'client_id: is "a b"; expected an id',
  ],
  [`${AZURE}, credentials: {type: azure_managed_identity, scope: "https://x"}`, 'scope: is "https://x"; expected a scope such as'],
])("%s is refused", (entry, mistake) => {
  const loaded = load(`{${entry}}`);
  expect(loaded.ok ? "" : loaded.mistakes.join("\n")).toContain(mistake);
});

test("a secret of the wrong type is not shown", () => {
  const loaded = load(`{${AZURE}, credentials: {type: azure_client_secret, tenant_id: t, client_id: c, client_secret: 123456}}`);
  const lines = loaded.ok ? "" : loaded.mistakes.join("\n");
  expect(lines).toContain("credentials.client_secret: is a number; expected text");
  expect(lines).not.toContain("123456");
});
