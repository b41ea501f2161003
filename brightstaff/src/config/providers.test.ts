// The files of config/providers: what a config that names nothing but the model and the key resolves to.

import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProviderData, readProviders } from "./data_files.ts";
import type { Provider } from "./gateway_config.ts";
import { type Loaded, loadConfig } from "./load.ts";

const PROVIDERS_DIR = path.resolve(import.meta.dirname, "../../../config/providers");

const GOOGLE_KEY = { header: "x-goog-api-key", prefix: "" };
const BEARER = { header: "authorization", prefix: "Bearer " };

/** The name before the first slash, the URL that requests go to, how the key is sent, and the variable that is asked for when none is given. */
const HOSTED = [
  ["anthropic", "https://api.anthropic.com:443/v1/messages", { header: "x-api-key", prefix: "" }, "ANTHROPIC_API_KEY"],
  ["cohere", "https://api.cohere.ai:443/compatibility/v1/chat/completions", BEARER, "COHERE_API_KEY"],
  ["deepseek", "https://api.deepseek.com:443/chat/completions", BEARER, "DEEPSEEK_API_KEY"],
  ["digitalocean", "https://inference.do-ai.run:443/v1/chat/completions", BEARER, "MODEL_ACCESS_KEY"],
  ["do", "https://inference.do-ai.run:443/v1/chat/completions", BEARER, "MODEL_ACCESS_KEY"],
  ["do_ai", "https://inference.do-ai.run:443/v1/chat/completions", BEARER, "MODEL_ACCESS_KEY"],
  ["fireworks", "https://api.fireworks.ai:443/inference/v1/chat/completions", BEARER, "FIREWORKS_API_KEY"],
  ["fireworks_ai", "https://api.fireworks.ai:443/inference/v1/chat/completions", BEARER, "FIREWORKS_API_KEY"],
  ["gemini", "https://generativelanguage.googleapis.com:443/v1beta/models/{model}:generateContent", GOOGLE_KEY, "GEMINI_API_KEY"],
  ["google", "https://generativelanguage.googleapis.com:443/v1beta/models/{model}:generateContent", GOOGLE_KEY, "GEMINI_API_KEY"],
  ["groq", "https://api.groq.com:443/openai/v1/chat/completions", BEARER, "GROQ_API_KEY"],
  ["mistral", "https://api.mistral.ai:443/v1/chat/completions", BEARER, "MISTRAL_API_KEY"],
  ["moonshot", "https://api.moonshot.ai:443/v1/chat/completions", BEARER, "MOONSHOT_API_KEY"],
  ["moonshotai", "https://api.moonshot.ai:443/v1/chat/completions", BEARER, "MOONSHOT_API_KEY"],
  ["nvidia", "https://integrate.api.nvidia.com:443/v1/chat/completions", BEARER, "NVIDIA_API_KEY"],
  ["nvidia_nim", "https://integrate.api.nvidia.com:443/v1/chat/completions", BEARER, "NVIDIA_API_KEY"],
  ["openai", "https://api.openai.com:443/v1/chat/completions", BEARER, "OPENAI_API_KEY"],
  ["openrouter", "https://openrouter.ai:443/api/v1/chat/completions", BEARER, "OPENROUTER_API_KEY"],
  ["qwen", "https://dashscope-intl.aliyuncs.com:443/compatible-mode/v1/chat/completions", BEARER, "DASHSCOPE_API_KEY"],
  ["together", "https://api.together.ai:443/v1/chat/completions", BEARER, "TOGETHER_API_KEY"],
  ["together_ai", "https://api.together.ai:443/v1/chat/completions", BEARER, "TOGETHER_API_KEY"],
  ["vercel", "https://ai-gateway.vercel.sh:443/v1/chat/completions", BEARER, "AI_GATEWAY_API_KEY"],
  ["xai", "https://api.x.ai:443/v1/chat/completions", BEARER, "XAI_API_KEY"],
  ["xiaomi", "https://api.xiaomimimo.com:443/v1/chat/completions", BEARER, "MIMO_API_KEY"],
  ["zhipu", "https://open.bigmodel.cn:443/api/paas/v4/chat/completions", BEARER, "ZAI_API_KEY"],
] as const;

const LOCAL = [
  ["lm_studio", "http://127.0.0.1:1234/v1/chat/completions"],
  ["lmstudio", "http://127.0.0.1:1234/v1/chat/completions"],
  ["ollama", "http://127.0.0.1:11434/v1/chat/completions"],
  ["vllm", "http://127.0.0.1:8000/v1/chat/completions"],
] as const;

/** Those of Plano's names (katanemo/plano, crates/hermesllm/src/providers/id.rs) whose API is OpenAI's or Anthropic's. */
const PLANO_NAMES = [
  "anthropic",
  "azure_openai",
  "claude",
  "deepseek",
  "digitalocean",
  "do",
  "do_ai",
  "groq",
  "mistral",
  "moonshotai",
  "ollama",
  "openai",
  "openrouter",
  "plano",
  "qwen",
  "together",
  "together_ai",
  "vercel",
  "xai",
  "xiaomi",
  "zhipu",
];

const DOCUMENTED_FORMATS: ReadonlySet<string> = new Set(["openai_chat", "anthropic_messages", "openai_responses"]);
const DOCUMENTATION = fs.readFileSync(path.join(PROVIDERS_DIR, "../../docs/providers.md"), "utf8");

const code = (text: string) => `\`${text}\``;

function sentOf({ drop, rename = {}, message_drop }: Pick<ProviderData, "drop" | "rename" | "message_drop">): string[] {
  return [
    ...Object.entries(rename).map(([from, to]) => `${code(from)} → ${code(to)}`),
    ...(drop === undefined ? [] : [`without ${drop.map(code).join(", ")}`]),
    ...(message_drop === undefined ? [] : [`messages without ${message_drop.map(code).join(", ")}`]),
  ];
}

/** What the documentation's table says of a provider: a message of this test is a row to paste there. */
function rowOf(data: ProviderData): string {
  const sent = [
    ...Object.entries(data.rename ?? {}).map(([from, to]) => `${code(from)} → ${code(to)}`),
    ...Object.entries(data.message_roles ?? {}).map(([from, to]) => `role ${code(from)} → ${code(to)}`),
    ...Object.entries(data.add ?? {}).map(([name, value]) => `with ${code(name)}: ${code(value)}`),
    ...(data.drop === undefined ? [] : [`without ${data.drop.map(code).join(", ")}`]),
    ...(data.message_drop === undefined ? [] : [`messages without ${data.message_drop.map(code).join(", ")}`]),
    ...(data.tool_id_length === undefined ? [] : [`tool-call ids of ${data.tool_id_length} letters and digits`]),
  ];
  const cells = [
    `[${data.display_name}](${data.docs})`,
    [data.id, ...(data.aliases ?? [])].map(code).join(", "),
    data.base_url === undefined ? "your own" : code(data.base_url),
    keysOf(data),
    sent.length === 0 ? "as it came" : sent.join("; "),
    embeddingsOf(data),
  ];
  return `| ${cells.join(" | ")} |`;
}

function keysOf({ access_key_env, credentials }: ProviderData): string {
  const kinds = credentials === undefined ? [] : ["[credentials](credentials.md)"];
  return [...(access_key_env === undefined ? [] : [code(access_key_env)]), ...kinds].join(" or ") || "none needed";
}

function embeddingsOf({ native }: ProviderData): string {
  const embeddings = native?.openai_embeddings;
  if (embeddings === undefined) return "no";
  const sent = sentOf(typeof embeddings === "string" ? {} : embeddings);
  return sent.length === 0 ? "yes" : `yes; ${sent.join("; ")}`;
}

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), "providers-"));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

function load(entry: string, demoUrl?: string): Loaded {
  const file = path.join(directory, "plano_config.yaml");
  fs.writeFileSync(
    file,
    `version: v0.4.0\nlisteners: [{type: model, name: main, port: 0}]\nmodel_providers:\n  - {${entry}, default: true}\n`,
  );
  return loadConfig({ file, env: {}, demoUrl });
}

function loadProvider(entry: string, demoUrl?: string): Provider {
  const loaded = load(entry, demoUrl);
  if (!loaded.ok) throw new Error(loaded.mistakes.join("\n"));
  return loaded.config.providers[0] as Provider;
}

const urlOf = ({ secure, host, port, path }: Provider) => `${secure ? "https" : "http"}://${host}:${port}${path}`;

describe("hosted providers", () => {
  test.each(HOSTED)("%s is asked at %s", (name, url, auth, variable) => {
    const provider = loadProvider(`model: ${name}/some/model, access_key: k`);
    expect(urlOf(provider)).toBe(url);
    expect(provider).toMatchObject({ name, auth, accessKey: "k", demo: false });
    const loaded = load(`model: ${name}/some/model`);
    expect(loaded.ok ? [] : loaded.mistakes[0]).toMatch(
      new RegExp(`access_key: missing; expected \\$${variable}, or passthrough_auth: true$`),
    );
  });

  test("without a key the demo provider is asked at the path that it has", () => {
    const provider = loadProvider("model: groq/a", "http://127.0.0.1:1");
    expect(urlOf(provider)).toBe("http://127.0.0.1:1/v1/chat/completions");
    expect(provider).toMatchObject({ name: "groq", accessKey: null, demo: true });
  });

  test("an Azure resource is named by its host, and its key has a header of its own", () => {
    const provider = loadProvider("model: azure_openai/my-deployment, base_url: https://mine.openai.azure.com, access_key: k");
    expect(urlOf(provider)).toBe("https://mine.openai.azure.com:443/openai/v1/chat/completions");
    expect(provider.auth).toEqual({ header: "api-key", prefix: "" });
    const loaded = load("model: azure_openai/my-deployment, access_key: k");
    expect(loaded.ok ? [] : loaded.mistakes[0]).toMatch(/base_url: missing: "azure_openai" has no common URL/);
  });
});

describe("the responses API elsewhere", () => {
  test.each([
    ["openai_responses", "http://10.0.0.5:8000", "http://10.0.0.5:8000/v1/responses"],
    ["openai_responses", "https://openrouter.ai/api/v1", "https://openrouter.ai:443/api/v1/responses"],
    ["grok", "https://api.x.ai/v1", "https://api.x.ai:443/v1/responses"],
  ])("%s at %s is asked at %s", (name, baseUrl, url) => {
    const isOwn = name !== "openai_responses";
    const provider = loadProvider(
      `model: ${name}/a/b, base_url: "${baseUrl}"${isOwn ? ", provider_interface: openai_responses" : ""}, access_key: k`,
    );
    expect(urlOf(provider)).toBe(url);
    expect(provider).toMatchObject({ name, format: "openai_responses", auth: BEARER, accessKey: "k", native: [] });
  });

  test("needs no key, and a place", () => {
    expect(loadProvider('model: openai_responses/a, base_url: "http://10.0.0.5:8000"')).toMatchObject({ accessKey: null, demo: false });
    const loaded = load("model: openai_responses/a");
    expect(loaded.ok ? [] : loaded.mistakes[0]).toMatch(/base_url: missing: "openai_responses" has no common URL/);
  });

  test("without the key that is named the demo provider is asked at the path that it has", () => {
    const provider = loadProvider(
      "model: openai_responses/a, base_url: https://openrouter.ai/api/v1, access_key: $NOT_SET",
      "http://127.0.0.1:1",
    );
    expect(urlOf(provider)).toBe("http://127.0.0.1:1/v1/responses");
    expect(provider).toMatchObject({ format: "openai_responses", accessKey: null, demo: true });
  });

  test("OpenAI's demo speaks it besides the chat API", () => {
    const { native, path } = loadProvider("model: openai/a", "http://127.0.0.1:1");
    expect(path).toBe("/v1/chat/completions");
    expect(native.map((endpoint) => [endpoint.format, endpoint.path])).toEqual([
      ["openai_responses", "/v1/responses"],
      ["openai_embeddings", "/v1/embeddings"],
    ]);
  });
});

describe("Amazon Bedrock", () => {
  test.each(["bedrock", "amazon_bedrock", "amazon"])("%s is asked in its region, with a key", (name) => {
    const provider = loadProvider(`model: "${name}/amazon.nova-pro-v1:0", aws: {region: eu-west-1}, access_key: k`);
    expect(urlOf(provider)).toBe("https://bedrock-runtime.eu-west-1.amazonaws.com:443/model/{model}/converse");
    expect(provider.streamPath).toBe("/model/{model}/converse-stream");
    expect(provider).toMatchObject({ auth: BEARER, accessKey: "k", signing: null });
  });

  test("without a key requests are signed", () => {
    expect(loadProvider("model: bedrock/a, aws: {region: us-gov-west-1}", "http://127.0.0.1:1")).toMatchObject({
      accessKey: null,
      signing: { service: "bedrock", region: "us-gov-west-1" },
      host: "bedrock-runtime.us-gov-west-1.amazonaws.com",
      demo: false,
    });
  });

  test("another address is signed for as well", () => {
    const provider = loadProvider("model: bedrock/a, base_url: https://vpce-1.example, aws: {region: us-east-1}");
    expect(urlOf(provider)).toBe("https://vpce-1.example:443/model/{model}/converse");
    expect(provider.signing).toEqual({ service: "bedrock", region: "us-east-1" });
  });

  test.each([
    ["model: bedrock/a, access_key: k", /aws: missing; expected the region, such as \{region: "us-east-1"\}, or a base_url/],
    ["model: bedrock/a, base_url: https://vpce-1.example", /access_key: missing; expected \$AWS_BEARER_TOKEN_BEDROCK, aws with the region/],
    ["model: bedrock/a, aws: {}", /aws.*region/],
    ["model: bedrock/a, aws: {region: moon}", /aws\.region/],
    ["model: openai/a, access_key: k, aws: {region: us-east-1}", /aws: would never be used: "openai" is no service of AWS/],
  ])("%s is refused", (entry, mistake) => {
    const loaded = load(entry);
    expect(loaded.ok ? [] : loaded.mistakes.join("\n")).toMatch(mistake);
  });

  test("where a key is named that is not set, the demo provider stands in, unsigned", () => {
    const provider = loadProvider(
      "model: bedrock/a, aws: {region: us-east-1}, access_key: $AWS_BEARER_TOKEN_BEDROCK",
      "http://127.0.0.1:1",
    );
    expect(urlOf(provider)).toBe("http://127.0.0.1:1/model/{model}/converse");
    expect(provider).toMatchObject({ accessKey: null, signing: null, demo: true });
  });
});

describe("Vertex AI", () => {
  const at = (location: string) => `project: my-project, location: ${location}, access_key: token`;
  const projectPath = (location: string, publisher: string) => `/v1/projects/my-project/locations/${location}/publishers/${publisher}`;

  test.each([
    ["europe-west1", "europe-west1-aiplatform.googleapis.com"],
    ["global", "aiplatform.googleapis.com"],
    ["us", "aiplatform.us.rep.googleapis.com"],
    ["eu", "aiplatform.eu.rep.googleapis.com"],
  ])("in %s is asked at %s", (location, host) => {
    const google = loadProvider(`model: vertex/gemini-2.5-pro, ${at(location)}`);
    expect(google).toMatchObject({ host, authority: host, port: 443, secure: true, auth: BEARER, takesToolIds: false });
    expect(google.path).toBe(`${projectPath(location, "google")}/models/{model}:generateContent`);
    expect(google.streamPath).toBe(`${projectPath(location, "google")}/models/{model}:streamGenerateContent?alt=sse`);
    const anthropic = loadProvider(`model: vertex_anthropic/claude-sonnet-4-5, ${at(location)}`);
    expect(anthropic).toMatchObject({ host, drop: ["model"], add: [["anthropic_version", "vertex-2023-10-16"]] });
    expect(anthropic.path).toBe(`${projectPath(location, "anthropic")}/models/{model}:rawPredict`);
    expect(anthropic.streamPath).toBe(`${projectPath(location, "anthropic")}/models/{model}:streamRawPredict`);
  });

  test("behind a host of one's own, at the same path", () => {
    const provider = loadProvider(`model: vertex/gemini-2.5-pro, base_url: "http://10.0.0.1:8080", ${at("us-east5")}`);
    expect(urlOf(provider)).toBe(`http://10.0.0.1:8080${projectPath("us-east5", "google")}/models/{model}:generateContent`);
  });

  test("at a URL with a path of one's own, which says all", () => {
    const provider = loadProvider('model: vertex/gemini-2.5-pro, base_url: "http://10.0.0.1/google", access_key: token');
    expect(urlOf(provider)).toBe("http://10.0.0.1:80/google/models/{model}:generateContent");
  });

  test.each([
    ["model: vertex/m, access_key: t, location: global", 'project: missing; expected the project, such as "my-project-123"'],
    ["model: vertex/m, access_key: t, project: p", 'location: missing; expected the location, such as "europe-west1"'],
    ["model: vertex/m, access_key: t, project: P 1, location: global", 'project: is "P 1"; expected the id or the number of a project'],
    ["model: vertex/m, access_key: t, project: p, location: EU", 'location: is "EU"; expected a region such as'],
    ["model: groq/m, access_key: t, project: p", 'project: would never be used: "groq" has no project; expected it left out'],
    [
      'model: vertex/m, access_key: t, project: p, location: us, base_url: "http://h/v1"',
      "project: would never be used: the base_url has a path of its own",
    ],
    ["model: vertex/m, project: p, location: global", "credentials: missing; expected a mapping with type: google"],
  ])("%s is refused", (entry, mistake) => {
    const loaded = load(entry);
    expect(loaded.ok ? "" : loaded.mistakes.join("\n")).toContain(`model_providers[0].${mistake}`);
  });

  test("without credentials the demo provider is asked at the same path", () => {
    const provider = loadProvider("model: vertex/m, project: p, location: global", "http://127.0.0.1:1");
    expect(urlOf(provider)).toBe("http://127.0.0.1:1/v1/projects/p/locations/global/publishers/google/models/{model}:generateContent");
    expect(provider).toMatchObject({ demo: true, accessKey: null, credentials: null });
  });
});

describe("servers of one's own", () => {
  test.each(LOCAL)("%s needs no key and is asked at %s", (name, url) => {
    const provider = loadProvider(`model: ${name}/qwen3:8b`, "http://127.0.0.1:1");
    expect(urlOf(provider)).toBe(url);
    expect(provider).toMatchObject({ accessKey: null, demo: false });
  });

  test("a key is sent where one is given", () => {
    expect(loadProvider("model: vllm/a, access_key: token")).toMatchObject({ accessKey: "token", auth: BEARER });
  });

  test("a place and an interface describe a provider of one's own, whatever its name", () => {
    const provider = loadProvider('model: vllm/a, base_url: "http://10.0.0.1", provider_interface: claude');
    expect(provider).toMatchObject({ name: "vllm", format: "anthropic_messages", path: "/v1/messages" });
  });
});

describe("the files", () => {
  const { byId, mistakes } = readProviders(PROVIDERS_DIR);

  test("are right, and each is in the tables above", () => {
    expect(mistakes).toEqual([]);
    const named = new Set<string>([...HOSTED.map(([name]) => name), ...LOCAL.map(([name]) => name), "azure_openai", "claude", "plano"]);
    const openaiChat = [...byId].filter(([, { format }]) => format === "openai_chat").map(([name]) => name);
    expect(openaiChat.filter((name) => !named.has(name))).toEqual([]);
  });

  const documented = [...new Set(byId.values())].filter(({ id, format }) => id !== "plano" && DOCUMENTED_FORMATS.has(format));
  test.each(documented.map((data) => [data.id, data] as const))("%s has a row in docs/providers.md", (_, data) => {
    expect(DOCUMENTATION.split("\n")).toContain(rowOf(data));
  });

  const withModels = [...new Set(byId.values())].flatMap(({ id, models = [] }) => models.map((rules) => ({ id, ...rules })));
  test.each(withModels.map((rules) => [rules.id, rules.match.join(), rules] as const))("%s has a row for %s", (_, __, rules) => {
    const sent = sentOf(rules);
    const cells = [rules.id, rules.match.map(code).join(", "), sent.length === 0 ? "as it came" : sent.join("; ")];
    expect(DOCUMENTATION.split("\n")).toContain(`| ${cells.join(" | ")} |`);
  });

  test("serve Plano's names", () => {
    expect(PLANO_NAMES.filter((name) => !byId.has(name))).toEqual([]);
  });

  test("have no alias that is another's name", () => {
    const names = [...new Set(byId.values())].flatMap(({ id, aliases = [] }) => [id, ...aliases]);
    expect(names.length).toBe(new Set(names).size);
  });

  test.each([...new Set(byId.values())].map((data) => [data.id, data] as const))("%s drops no field that it renames", (_, data) => {
    const renamed = Object.entries(data.rename ?? {}).flat();
    expect((data.drop ?? []).filter((field) => renamed.includes(field))).toEqual([]);
  });
});
