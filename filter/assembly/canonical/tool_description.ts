import { Bytes } from "../bytes/bytes";
import { sliceIsEmpty } from "../json/slice";
import { isBlank, writeStringBody } from "../json/text";
import { Part } from "./parts";

/** Appends `,"description":"…"` for a tool that has one. A custom tool's says what its input is like, since the schema cannot. */
export function writeDescription(tool: Part, out: Bytes): void {
  const isSilent = isBlank(tool.description);
  if (isSilent && !tool.isCustom) return;
  out.ascii(',"description":"');
  if (!isSilent) writeStringBody(out, tool.description);
  if (tool.isCustom) {
    if (!isSilent) out.ascii("\\n\\n");
    writeInputRule(tool, out);
  }
  out.byte(0x22);
}

function writeInputRule(tool: Part, out: Bytes): void {
  out.ascii("Put all that this tool is given into the argument `input`, as plain text");
  if (sliceIsEmpty(tool.grammar)) {
    out.byte(0x2e);
    return;
  }
  out.ascii(" that this grammar (");
  writeStringBody(out, tool.grammarSyntax);
  out.ascii(") accepts:\\n");
  writeStringBody(out, tool.grammar);
}
