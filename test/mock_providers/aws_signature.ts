import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { ProviderRequest } from "../../brightstaff/src/demo_providers/wire.ts";

/** Who may ask, and where the provider is. */
export interface AwsAccount {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  region: string;
}

const SERVICE = "bedrock";
/** docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html: how far a signature's date may be off. */
const AGE_MS_MAX = 5 * 60 * 1000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Uint8Array);
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }

  reset(): void {}
}

/** Why AWS would refuse the request, or null when its signature (Signature Version 4) is one of the account's over just this request. */
export async function signatureProblem(request: ProviderRequest, account: AwsAccount): Promise<string | null> {
  const [, accessKeyId, day, region, service, signed = "", signature] = AUTHORIZATION.exec(request.headers.authorization ?? "") ?? [];
  if (signature === undefined) return "Missing Authentication Token";
  if (accessKeyId !== account.accessKeyId) return "The security token included in the request is invalid.";
  if (region !== account.region || service !== SERVICE) return "Credential should be scoped to a valid region and to the service bedrock.";
  const date = readDate(String(request.headers["x-amz-date"]));
  if (date === null || !String(request.headers["x-amz-date"]).startsWith(day as string)) return "The date of the signature is wrong.";
  if (Math.abs(Date.now() - date.getTime()) > AGE_MS_MAX) return "Signature expired.";
  if (request.headers["x-amz-security-token"] !== account.sessionToken) return "The security token included in the request is invalid.";
  const names = signed.split(";");
  const unsigned = ["host", "x-amz-date", "x-amz-content-sha256"].filter((name) => !names.includes(name));
  if (unsigned.length > 0) return `'${unsigned.join("', '")}' must be a signed header.`;
  const expected = await sign(request, names, date, account);
  return expected === request.headers.authorization?.split("Signature=")[1]
    ? null
    : "The request signature we calculated does not match the signature you provided.";
}

/** The signature as AWS's own library makes it: of the headers that were signed, and of the body as it came. */
async function sign({ method, path, headers, body }: ProviderRequest, names: readonly string[], signingDate: Date, account: AwsAccount) {
  const { region, ...credentials } = account;
  const signer = new SignatureV4({ credentials, region, service: SERVICE, sha256: Sha256 });
  const own = names.filter((name) => !name.startsWith("x-amz-")).map((name) => [name, String(headers[name])]);
  const [pathname = "", query = ""] = path.split("?", 2);
  const request = {
    method,
    protocol: "http:",
    hostname: String(headers.host),
    path: pathname,
    query: Object.fromEntries(new URLSearchParams(query)),
  };
  const signed = await signer.sign(
    { ...request, headers: Object.fromEntries(own), body },
    { signingDate, signableHeaders: new Set(names), unsignableHeaders: new Set() },
  );
  return signed.headers.authorization?.split("Signature=")[1];
}

/** 20261123T183000Z */
function readDate(text: string): Date | null {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  return second === undefined ? null : new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
