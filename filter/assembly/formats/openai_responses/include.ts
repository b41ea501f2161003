// https://platform.openai.com/docs/api-reference/responses/create#responses-create-include : what an answer is to hold besides.

export const LOGPROBS = "message.output_text.logprobs";
