import { Message, Role } from "./parts";
import { CanonicalRequest } from "./request";

// For APIs that have instructions in a field of their own, beside the conversation.

export function isInstruction(message: Message): bool {
  return message.role == <u8>Role.System || message.role == <u8>Role.Developer;
}

/**
 * Whether anything is said besides instructions. A conversation must not be empty there, so instructions alone are put as the user's words.
 */
export function hasConversation(request: CanonicalRequest): bool {
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    if (!isInstruction(message) && message.partCount > 0) return true;
  }
  return false;
}
