import { aws } from "./aws.ts";
import { azureClientSecret } from "./azure_client_secret.ts";
import { azureManagedIdentity } from "./azure_managed_identity.ts";
import { azureWorkloadIdentity } from "./azure_workload_identity.ts";
import { google } from "./google.ts";
import type { CredentialSource } from "./source.ts";

const SOURCES: readonly CredentialSource[] = [aws, google, azureClientSecret, azureWorkloadIdentity, azureManagedIdentity];

export function sourceOf(type: CredentialSource["type"]): CredentialSource {
  const source = SOURCES.find((known) => known.type === type);
  if (source === undefined) throw new TypeError(`there are no credentials of type ${type}`);
  return source;
}
