/** Why a text is not JSON (RFC 8259). */
export enum JsonError {
  None,
  End,
  Value,
  Key,
  Colon,
  ObjectEnd,
  ArrayEnd,
  Number,
  ControlCharacter,
  Escape,
  Surrogate,
  Utf8,
  Depth,
  Trailing,
}

/** One clause for a person, without a full stop. */
export function describeJsonError(error: JsonError): string {
  switch (error) {
    case JsonError.End:
      return "the text ends too early";
    case JsonError.Value:
      return "a value was expected";
    case JsonError.Key:
      return "a key in double quotes was expected";
    case JsonError.Colon:
      return "a colon was expected after the key";
    case JsonError.ObjectEnd:
      return "a comma or } was expected";
    case JsonError.ArrayEnd:
      return "a comma or ] was expected";
    case JsonError.Number:
      return "the number is not well formed";
    case JsonError.ControlCharacter:
      return "a control character in a string must be escaped";
    case JsonError.Escape:
      return "the escape sequence is not known";
    case JsonError.Surrogate:
      return "a \\u escape is half of a surrogate pair";
    case JsonError.Utf8:
      return "the bytes are not UTF-8";
    case JsonError.Depth:
      return "it is nested too deeply";
    case JsonError.Trailing:
      return "something follows the end of the value";
    default:
      return "";
  }
}
