import type { EntraSecret } from "../config/gateway_config.ts";
import { askEntra, readAuthority, readOrVariable } from "./entra.ts";
import type { CredentialSource } from "./source.ts";

/** An application that is registered in Microsoft Entra, with its secret. */
export const azureClientSecret: CredentialSource<EntraSecret> = {
  type: "azure_client_secret",

  read(raw, context) {
    const authority = readAuthority(raw, context);
    const clientSecret = readOrVariable("client_secret", "AZURE_CLIENT_SECRET", raw, context);
    return authority === undefined || clientSecret === undefined ? undefined : { type: "azure_client_secret", ...authority, clientSecret };
  },

  create({ clientSecret, ...authority }) {
    return () => askEntra(authority, { clientSecret });
  },
};
