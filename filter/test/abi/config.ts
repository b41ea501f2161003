/** The gateway role's configuration for tests, in the form in which brightstaff renders it. */
export function config(): Record<string, unknown> {
  return {
    role: "gateway",
    limits: { request_body_bytes_max: 1_000_000, json_depth_max: 64, response_body_bytes_max: 1_000_000 },
    timeouts: { first_token_ms: 30_000, reply_ms: 600_000, stream_idle_ms: 120_000, decision_ms: 1500 },
    decision: {
      cluster: "brightstaff",
      authority: "brightstaff",
      path: "/v1/decisions",
      events_path: "/v1/events",
      view_bytes_max: 65_536,
    },
    providers: [
      {
        ...provider("openai", "openai_chat", "api.openai.com", "/v1/chat/completions"),
        native: [{ format: "openai_responses", path: "/v1/responses" }],
        auth_header: "authorization",
        auth_prefix: "Bearer ",
      },
      {
        ...provider("anthropic", "anthropic_messages", "api.anthropic.com", "/v1/messages"),
        headers: [["anthropic-version", "2023-06-01"]],
        auth_header: "x-api-key",
        auth_prefix: "",
      },
      {
        ...provider("custom", "openai_chat", "llm.example", "/chat/completions"),
        needs_own_place: true,
        passthrough_auth: true,
        auth_header: "authorization",
        auth_prefix: "Bearer ",
      },
    ],
    models: [
      { id: "openai/gpt-5.2", provider: 0, model: "gpt-5.2" },
      { id: "openai/gpt-5-mini", provider: 0, model: "gpt-5-mini" },
      { id: "anthropic/claude-sonnet-4-5", provider: 1, model: "claude-sonnet-4-5" },
    ],
    wildcards: [{ prefix: "custom/", provider: 2 }],
    names: [
      ["gpt-5.2", 0],
      ["fast", 1],
    ],
    default_model: 0,
    routers: [
      { name: "any", fallback: [2, 0] },
      { name: "all", fallback: [] },
      { name: "anthropic", fallback: [2] },
    ],
    route_all: null,
  };
}

function provider(name: string, format: string, authority: string, path: string): Record<string, unknown> {
  return { name, cluster: name, format, authority, path, headers: [], passthrough_auth: false, drop: [], rename: [] };
}
