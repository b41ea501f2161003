import { createPrivateKey, type KeyObject } from "node:crypto";
import { UnobtainableError } from "./source.ts";

/** https://cloud.google.com/iam/docs/keys-create-delete : the file that Google gives for a service account. */
export type ServiceAccountKey = {
  readonly kind: "service_account";
  readonly clientEmail: string;
  readonly privateKey: KeyObject;
  readonly privateKeyId: string | null;
  /** Who exchanges what the key signs for a token. */
  readonly tokenUri: string;
};

/** What `gcloud auth application-default login` leaves for a person. */
export type UserKey = {
  readonly kind: "authorized_user";
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  readonly tokenUri: string;
};

/** Workload identity federation: https://google.aip.dev/auth/4117 . Google's library reads it. */
export type FederatedKey = { readonly kind: "external_account"; readonly json: Fields; readonly isAws: boolean };

export type GoogleKey = ServiceAccountKey | UserKey | FederatedKey;

/** Where a key says nothing else: https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests */
const TOKEN_URI = "https://oauth2.googleapis.com/token";

/** Reads the JSON of a Google credentials file. Throws an UnobtainableError that says what is wrong and shows nothing of the file's secrets. */
export function readGoogleKey(text: string): GoogleKey {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UnobtainableError("is no JSON");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new UnobtainableError("is no JSON object");
  const fields = json as Fields;
  switch (fields.type) {
    case "service_account":
      return readServiceAccount(fields);
    case "authorized_user":
      return readUser(fields);
    case "external_account":
      return readFederation(fields);
    default: {
      const has = typeof fields.type === "string" ? `the type ${JSON.stringify(fields.type)}` : "no type";
      throw new UnobtainableError(`has ${has}, and what is served is service_account, external_account and authorized_user`);
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readServiceAccount(fields: Fields): ServiceAccountKey {
  return {
    kind: "service_account",
    clientEmail: textIn(fields, "client_email"),
    privateKey: readPrivateKey(textIn(fields, "private_key")),
    privateKeyId: typeof fields.private_key_id === "string" ? fields.private_key_id : null,
    tokenUri: tokenUriIn(fields),
  };
}

function readUser(fields: Fields): UserKey {
  return {
    kind: "authorized_user",
    clientId: textIn(fields, "client_id"),
    clientSecret: textIn(fields, "client_secret"),
    refreshToken: textIn(fields, "refresh_token"),
    tokenUri: tokenUriIn(fields),
  };
}

function readFederation(fields: Fields): FederatedKey {
  for (const name of ["audience", "subject_token_type", "token_url"]) textIn(fields, name);
  const { credential_source: source } = fields;
  if (typeof source !== "object" || source === null) throw new UnobtainableError("has no credential_source");
  if ("executable" in source) throw new UnobtainableError("has a credential_source that runs a program, which is not served");
  return { kind: "external_account", json: fields, isAws: "environment_id" in source };
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw new UnobtainableError(`has no ${name}`);
  return value;
}

function tokenUriIn({ token_uri = TOKEN_URI }: Fields): string {
  if (typeof token_uri === "string" && /^https?:$/.test(URL.parse(token_uri)?.protocol ?? "")) return token_uri;
  throw new UnobtainableError("has a token_uri that is no URL");
}

function readPrivateKey(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // What the parser says may quote the key.
  }
  if (key?.asymmetricKeyType !== "rsa") throw new UnobtainableError("has a private_key that is no RSA key in PEM");
  return key;
}
