/** What a request asks of a model. A format belongs to one operation, and is translated into others of that operation only. */
export enum Operation {
  /** An answer to a conversation. */
  Generate = 0,
  /** Vectors for texts. */
  Embed = 1,
  /** The length of a conversation, in the model's tokens. */
  CountTokens = 2,
}
