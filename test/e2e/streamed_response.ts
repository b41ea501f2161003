import type OpenAI from "openai";
import type { Response, ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";

/** What a stream's last event says, as it came. The SDK's own helper adds to the items what the API does not take back (`parsed_arguments`). */
export async function streamedResponse(client: OpenAI, body: ResponseCreateParamsNonStreaming): Promise<Response> {
  let last: Response | undefined;
  for await (const event of await client.responses.create({ ...body, stream: true })) {
    if (event.type === "response.completed" || event.type === "response.incomplete") last = event.response;
  }
  if (last === undefined) throw new Error("the stream has no end");
  return last;
}
