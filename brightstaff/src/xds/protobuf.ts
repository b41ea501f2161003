/** A protobuf message in its JSON form, as Envoy reads it from files. */
export type Message = { readonly [field: string]: unknown };

/** A message within a `google.protobuf.Any`. */
export function any(type: string, message: Message): Message {
  return { "@type": `type.googleapis.com/${type}`, ...message };
}

/** A named extension, the form in which Envoy takes its filters and other parts. */
export function extension(name: string, type: string, message: Message = {}): Message {
  return { name, typed_config: any(type, message) };
}

/** The JSON form of `google.protobuf.Duration`. */
export function duration(ms: number): string {
  return `${ms / 1000}s`;
}

/** A file that Envoy watches: it takes a new state in when another file is renamed over this one. */
export function fileSource(path: string): Message {
  return { path_config_source: { path }, resource_api_version: "V3" };
}
