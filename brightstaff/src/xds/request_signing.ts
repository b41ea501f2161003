import path from "node:path";
import type { Provider } from "../config/gateway_config.ts";
import { awsCredentialsFile } from "./options.ts";
import { extension, type Message } from "./protobuf.ts";

/** What the signing filter adds besides `authorization`. It adds without looking, so what an attempt before left must be gone. */
export const SIGNATURE_HEADERS = ["x-amz-date", "x-amz-content-sha256", "x-amz-security-token"];

/**
 * Envoy's own signing (AWS Signature Version 4), with the first credentials of its chain: environment, files, web identity, container and instance
 * (envoyproxy.io/docs/envoy/v1.40.0/configuration/http/http_filters/aws_request_signing_filter). They are renewed there, and stand in no
 * configuration. Only what a proxy on the way never changes is signed.
 */
export function requestSigning(
  { name, authority, credentials }: Provider,
  signing: NonNullable<Provider["signing"]>,
  stateDir: string,
): Message {
  const { service, region } = signing;
  return extension("envoy.filters.http.aws_request_signing", "envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning", {
    service_name: service,
    region,
    // The signature holds the Host header, which the router sets later than this filter runs.
    host_rewrite: authority,
    ...(credentials === null ? {} : { credential_provider: fileProvider(`${stateDir}/${awsCredentialsFile(name)}`) }),
    match_included_headers: [{ exact: "content-type" }, { prefix: "x-amz-" }],
  });
}

/** The keys that brightstaff renews, in place of the chain: the file is read anew when another is renamed over it. */
function fileProvider(filename: string): Message {
  return {
    custom_credential_provider_chain: true,
    credentials_file_provider: { credentials_data_source: { filename, watched_directory: { path: path.dirname(filename) } } },
  };
}
