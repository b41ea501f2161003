import { Bytes } from "../bytes/bytes";
import { sliceLength, slicePtr } from "../json/slice";
import { writeEscaped } from "../json/text";
import { Message, Role } from "./parts";
import { CanonicalRequest, OutputFormat } from "./request";

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

/** Whether the answer's form must be asked for in words. `takesSchemas`: the model can be given a schema for it. */
export function isFormatTold(request: CanonicalRequest, takesSchemas: bool): bool {
  return request.outputFormat == OutputFormat.Json || (request.outputFormat == OutputFormat.JsonSchema && !takesSchemas);
}

/** Appends, as a JSON string, what a model that takes no schema is told instead: the answer is JSON, and by which schema. */
export function writeFormatInstruction(request: CanonicalRequest, out: Bytes): void {
  out.ascii('"Answer with one JSON object and nothing else: no words before or after it and no Markdown.');
  if (request.outputFormat == OutputFormat.JsonSchema) {
    out.ascii(" It must be valid by this JSON Schema: ");
    writeEscaped(out, slicePtr(request.outputSchema), sliceLength(request.outputSchema));
  }
  out.byte(0x22);
}
