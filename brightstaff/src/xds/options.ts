import path from "node:path";

/** What the rendered resources must know besides the config. */
export type RenderOptions = {
  /** The folder of the rendered files, absolute. */
  readonly stateDir: string;
  /** The compiled filter, absolute: `llm_gateway.wasm`, or `llm_gateway.so` for the Envoy that it was made for. */
  readonly filterFile: string;
  /** Where brightstaff itself listens. */
  readonly brightstaff: { readonly host: string; readonly port: number };
};

export const CDS_FILE = "cds.json";
export const LDS_FILE = "lds.json";
export const RDS_FILE = "rds.json";
export const GATEWAY_FILTER_FILE = "gateway_filter.json";
export const SDS_DIR = "sds";
/** AWS keys, one file a provider, in a folder that Envoy watches. */
export const AWS_DIR = "aws";
export const LISTENER_CERTIFICATE = "listener_certificate";
export const BRIGHTSTAFF_CLUSTER = "brightstaff";
export const TOKEN_ESTIMATOR_CLUSTER = "token_estimator";

/** Where Envoy listens for brightstaff's own requests to models; only for the owner of both. */
export function routingSocket(stateDir: string): string {
  return path.join(stateDir, "routing.sock");
}

export function secretFile(name: string): string {
  return path.join(SDS_DIR, `${name}.json`);
}

export function awsCredentialsFile(name: string): string {
  return path.join(AWS_DIR, `${name}.ini`);
}
