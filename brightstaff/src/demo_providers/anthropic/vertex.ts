import { isObject, type ProviderRequest, parseJson } from "../wire.ts";

const PATH = /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/anthropic\/models\/([^/:?]+):(rawPredict|streamRawPredict)$/;
/** docs.anthropic.com/en/api/claude-on-vertex-ai */
const VERSION = "vertex-2023-10-16";

export function isVertexPath(path: string): boolean {
  return PATH.test(path);
}

/**
 * A request to Anthropic's models on Vertex AI in the form of the messages API: there the path names the model and the body the version. A
 * text: what is wrong with it. A body that is no JSON object is left to the messages API to refuse.
 */
export function fromVertex(request: ProviderRequest): ProviderRequest | string {
  const [, escapedModel = "", method] = PATH.exec(request.path.split("?", 1)[0] ?? "") ?? [];
  const asMessages = { ...request, path: "/v1/messages", headers: { ...request.headers, "anthropic-version": "2023-06-01" } };
  const body = parseJson(request.body)?.value;
  if (!isObject(body)) return asMessages;
  const { anthropic_version, ...fields } = body;
  if (anthropic_version === undefined) return "anthropic_version: Field required";
  if (anthropic_version !== VERSION) return `anthropic_version: Input should be '${VERSION}'`;
  if (fields.model !== undefined) return "model: Extra inputs are not permitted";
  if ((fields.stream === true) !== (method === "streamRawPredict")) return `stream: Input does not fit the method ${method}`;
  return { ...asMessages, body: Buffer.from(JSON.stringify({ model: decodeURIComponent(escapedModel), ...fields })) };
}
