type Fields = { readonly [name: string]: unknown };

/** What there is to count of a request: texts, which a tokenizer is asked about, and tokens that are known without one. */
export type Countable = { readonly texts: readonly string[]; readonly tokens: number };

/** An image of a megapixel or more, scaled down: https://platform.claude.com/docs/en/build-with-claude/vision#calculate-image-costs */
const IMAGE_TOKENS = 1600;
/** One page of a PDF; how many there are is not looked for: https://platform.claude.com/docs/en/build-with-claude/pdf-support */
const PAGE_TOKENS = 2000;
/** Role and frame of a message, as chat models are trained with them: https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb */
const MESSAGE_TOKENS = 3;

/** Reads a request to Anthropic's Messages API. What is not as it should be is passed over: who answers the request itself refuses it. */
export function countableOf(body: unknown): Countable {
  const texts: string[] = [];
  let tokens = 0;

  const takeBlock = (block: Fields): void => {
    switch (block.type) {
      case "text":
        take(block.text);
        break;
      case "image":
        tokens += IMAGE_TOKENS;
        break;
      case "document":
        takeDocument(block);
        break;
      case "tool_use":
        take(block.name);
        takeJson(block.input);
        break;
      case "tool_result":
        takeContent(block.content);
        break;
      case "thinking":
      case "redacted_thinking":
        break; // of earlier turns, and not part of the next one's input
      default:
        takeJson(block);
    }
  };
  const take = (text: unknown): void => {
    if (typeof text === "string") texts.push(text);
  };
  const takeJson = (value: unknown): void => {
    if (value !== undefined) texts.push(JSON.stringify(value));
  };
  const takeContent = (content: unknown): void => {
    take(content);
    for (const block of objectsIn(content)) takeBlock(block);
  };
  const takeDocument = ({ title, context, source }: Fields): void => {
    take(title);
    take(context);
    if (!isObject(source)) return;
    if (source.type === "text") take(source.data);
    else if (source.type === "content") takeContent(source.content);
    else tokens += PAGE_TOKENS;
  };

  if (!isObject(body)) return { texts, tokens };
  takeContent(body.system);
  for (const { content } of objectsIn(body.messages)) {
    tokens += MESSAGE_TOKENS;
    takeContent(content);
  }
  for (const { name, description, input_schema, ...builtIn } of objectsIn(body.tools)) {
    take(name);
    take(description);
    if (input_schema === undefined) takeJson(builtIn);
    else takeJson(input_schema);
  }
  return { texts, tokens: tokens + MESSAGE_TOKENS };
}

function objectsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
