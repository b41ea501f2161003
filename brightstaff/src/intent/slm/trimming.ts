import type { Conversation, Message } from "../resolver.ts";

// How a conversation is made to fit a routing model, after "How We Built DigitalOcean Inference Router" (2026, section on long
// conversations) and what Plano does (crates/brightstaff/src/router/orchestrator_model_v1.rs): the most recent turns, and of a user
// message that does not fit whole its start, where the task is framed, and its end, where the question often stands.

/** Older messages are never considered. */
const MESSAGES_MAX = 16;
/** The share of what is kept that comes from the start of a trimmed message; the rest comes from its end. */
const HEAD_SHARE = 0.6;
const ELLIPSIS = "…";
/** UTF-8 bytes by token, on average: an estimate spares a tokenizer in the path of every request. */
const BYTES_PER_TOKEN = 4;
/** The role and the JSON around a message. */
const MESSAGE_TOKENS = 12;

/** Estimated, rounded up. */
export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/**
 * The latest user and assistant messages that fit `budget_tokens`, in their order. System prompts, tool results and messages
 * without text say nothing of what the user wants next and are left out. The user's last message is always among them: what an agent says
 * between its tool calls does not crowd it out. The first message before it that does not fit ends the conversation; of a user's
 * message, as much of its start and end as fits stays in.
 */
export function trimConversation(conversation: Conversation, budget_tokens: number): Message[] {
  const said = conversation.filter(({ role, content }) => (role === "user" || role === "assistant") && content !== "");
  const asked = said.findLastIndex(({ role }) => role === "user");
  const kept: Message[] = [];
  let left_tokens = budget_tokens;
  for (let index = said.length - 1; index >= 0 && kept.length < MESSAGES_MAX; index -= 1) {
    const message = said[index] as Message;
    const isBeforeAsked = index < asked;
    // Until the user's last message is reached, room is kept for it.
    const reserved_tokens = index > asked && asked !== -1 ? reserve(said[asked] as Message, budget_tokens) : 0;
    const room_tokens = left_tokens - MESSAGE_TOKENS - reserved_tokens;
    if (index > asked && asked !== -1 && kept.length === MESSAGES_MAX - 1) continue;
    const content = countTokens(message.content) <= room_tokens ? message.content : trimUsers(message, room_tokens);
    if (content !== "") {
      kept.push({ role: message.role, content });
      left_tokens -= MESSAGE_TOKENS + countTokens(content);
    }
    if (content !== message.content && (isBeforeAsked || index === asked)) break;
  }
  return kept.reverse();
}

/** What the user's last message needs, half of all at most. */
function reserve({ content }: Message, budget_tokens: number): number {
  return Math.min(MESSAGE_TOKENS + countTokens(content), Math.floor(budget_tokens / 2));
}

function trimUsers({ role, content }: Message, room_tokens: number): string {
  return role === "user" ? trimMiddle(content, room_tokens * BYTES_PER_TOKEN) : "";
}

/** `text` with its middle replaced by an ellipsis so that it has at most `bytes_max` UTF-8 bytes; "" when not even that fits. */
export function trimMiddle(text: string, bytes_max: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytes_max) return text;
  const available = bytes_max - Buffer.byteLength(ELLIPSIS);
  if (available <= 0) return "";
  const head = characterStart(bytes, Math.floor(available * HEAD_SHARE), -1);
  const tail = characterStart(bytes, bytes.length - (available - head), 1);
  return bytes.toString("utf8", 0, head) + ELLIPSIS + bytes.toString("utf8", tail);
}

/** The nearest offset in the given direction at which a character starts: UTF-8's later bytes are all 10xxxxxx (RFC 3629). */
function characterStart(bytes: Buffer, offset: number, step: -1 | 1): number {
  let start = offset;
  while (start > 0 && start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += step;
  return start;
}
