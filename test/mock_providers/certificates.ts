// @peculiar/x509 resolves its parts through tsyringe, which needs this polyfill before it loads.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const HOUR_MS = 3_600_000;

export interface ServerCertificate {
  /** PEM. */
  cert: string;
  /** PEM, PKCS #8. */
  key: string;
}

export interface TestAuthority {
  /** The authority's own certificate in PEM, for clients to trust. */
  ca: string;
  /** A certificate for a host name or an IP address; with `expired` one that ended an hour ago. */
  issue(host: string, options?: { expired?: boolean }): Promise<ServerCertificate>;
}

/** A certificate authority of the test's own; nothing outside of it trusts what it issues. */
export async function createTestAuthority(): Promise<TestAuthority> {
  const keys = await generateKeys();
  const authority = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=Test authority",
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + 24 * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  let serial = 1;
  return {
    ca: authority.toString("pem"),
    issue: (host, { expired = false } = {}) => issue(authority, keys.privateKey, host, expired, ++serial),
  };
}

/** A certificate that only vouches for itself. */
export async function createSelfSignedCertificate(host: string): Promise<ServerCertificate> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${host}`,
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + 24 * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [alternativeName(host)],
  });
  return { cert: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

async function issue(
  authority: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  host: string,
  expired: boolean,
  serial: number,
): Promise<ServerCertificate> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial.toString(16).padStart(2, "0"),
    subject: `CN=${host}`,
    issuer: authority.subject,
    notBefore: new Date(Date.now() - 2 * HOUR_MS),
    notAfter: new Date(Date.now() + (expired ? -HOUR_MS : 24 * HOUR_MS)),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new BasicConstraintsExtension(false),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      alternativeName(host),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  return { cert: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

function alternativeName(host: string): SubjectAlternativeNameExtension {
  const isAddress = /^[\d.]+$/.test(host) || host.includes(":");
  return new SubjectAlternativeNameExtension([{ type: isAddress ? "ip" : "dns", value: host }]);
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}
