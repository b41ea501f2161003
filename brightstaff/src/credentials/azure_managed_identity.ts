import type { EntraManagedIdentity } from "../config/gateway_config.ts";
import { NETWORK, obtain, readScope } from "./entra.ts";
import type { CredentialSource } from "./source.ts";

/**
 * The identity that Azure gives a machine, an app service or a container app:
 * https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/overview
 */
export const azureManagedIdentity: CredentialSource<EntraManagedIdentity> = {
  type: "azure_managed_identity",

  read(raw) {
    return { type: "azure_managed_identity", clientId: raw.client_id ?? null, scope: readScope(raw) };
  },

  create({ clientId, scope }) {
    return async () => {
      const { ManagedIdentityApplication } = await import("@azure/msal-node");
      const application = new ManagedIdentityApplication({
        ...(clientId === null ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } }),
        system: { networkClient: NETWORK, disableInternalRetries: true },
      });
      // The library keeps tokens for all such applications of a process; when this is called, a newer one is wanted.
      return obtain(() => application.acquireToken({ resource: scope.replace(/\/\.default$/, ""), forceRefresh: true }));
    };
  },
};
