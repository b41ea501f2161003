import fs from "node:fs";
import path from "node:path";
import type { EntraFederation } from "../config/gateway_config.ts";
import { askEntra, readAuthority, readOrVariable } from "./entra.ts";
import { type CredentialSource, UnobtainableError } from "./source.ts";

/**
 * Workload identity federation: the token that the platform, Kubernetes say, gives the workload, for one of Entra's.
 * https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation
 */
export const azureWorkloadIdentity: CredentialSource<EntraFederation> = {
  type: "azure_workload_identity",

  read(raw, context) {
    const authority = readAuthority(raw, context);
    const named = readOrVariable("token_file", "AZURE_FEDERATED_TOKEN_FILE", raw, context);
    if (authority === undefined || named === undefined) return undefined;
    const tokenFile = raw.token_file === undefined ? path.resolve(named) : path.resolve(context.baseDir, named);
    try {
      fs.accessSync(tokenFile, fs.constants.R_OK);
    } catch {
      const wrong = `${JSON.stringify(tokenFile)} can't be read`;
      context.mistakes.push({ path: [...context.path, "token_file"], wrong, expected: "the file with the workload's own token" });
      return undefined;
    }
    return { type: "azure_workload_identity", ...authority, tokenFile };
  },

  create({ tokenFile, ...authority }) {
    // Read each time: the platform writes a new one long before the old one ends.
    const clientAssertion = async () => {
      const token = fs.readFileSync(tokenFile, "utf8").trim();
      if (token === "") throw new UnobtainableError("the file with the workload's own token is empty");
      return token;
    };
    return () => askEntra(authority, { clientAssertion });
  },
};
