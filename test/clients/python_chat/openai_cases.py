"""OpenAI's official SDK: chat completions, responses, embeddings and models, synchronous and asynchronous."""

import asyncio
import json

from case import COMPARE_PROMPT, PROMPT, WEATHER, WEATHER_DESCRIPTION, WEATHER_NAME, Setting, weather_of
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

CHAT_TOOL = {"type": "function", "function": {"name": WEATHER_NAME, "description": WEATHER_DESCRIPTION, "parameters": WEATHER, "strict": True}}
RESPONSES_TOOL = {"type": "function", "name": WEATHER_NAME, "description": WEATHER_DESCRIPTION, "parameters": WEATHER, "strict": True}


class City(BaseModel):
    city: str
    people: int


def open_client(setting: Setting) -> OpenAI:
    return OpenAI(base_url=f"{setting.url}/v1", api_key="key-of-the-client", max_retries=0)


def user(content) -> list:
    return [{"role": "user", "content": content}]


def chat_text(setting: Setting, model: str):
    client = open_client(setting)
    whole = client.chat.completions.create(model=model, messages=user(PROMPT))
    chunks = list(client.chat.completions.create(model=model, messages=user(PROMPT), stream=True, stream_options={"include_usage": True}))
    return {
        "text": whole.choices[0].message.content,
        "finish_reason": whole.choices[0].finish_reason,
        "streamed": "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices),
        "usage": [whole.usage.prompt_tokens, whole.usage.completion_tokens, whole.usage.total_tokens],
        "streamed_usage": [chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens, chunks[-1].usage.total_tokens],
    }


def chat_async(setting: Setting, model: str):
    async def ask():
        async with AsyncOpenAI(base_url=f"{setting.url}/v1", api_key="key-of-the-client", max_retries=0) as client:
            whole, stream = await asyncio.gather(
                client.chat.completions.create(model=model, messages=user(PROMPT)),
                client.chat.completions.create(model=model, messages=user(PROMPT), stream=True),
            )
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
            return {"text": whole.choices[0].message.content, "streamed": "".join(pieces)}

    return asyncio.run(ask())


def chat_tools(setting: Setting, model: str):
    """The stream helper gathers the calls; a whole answer's message goes back as the SDK gave it, with their results."""
    client, messages = open_client(setting), user(COMPARE_PROMPT)
    with client.chat.completions.stream(model=model, messages=messages, tools=[CHAT_TOOL]) as stream:
        streamed = stream.get_final_completion().choices[0].message.tool_calls
    choice = client.chat.completions.create(model=model, messages=messages, tools=[CHAT_TOOL]).choices[0]
    messages.append(choice.message)
    cities = [call.function.parsed_arguments["city"] for call in streamed]
    for call, city in zip(choice.message.tool_calls, cities):
        messages.append({"role": "tool", "tool_call_id": call.id, "content": weather_of(city)})
    answer = client.chat.completions.create(model=model, messages=messages, tools=[CHAT_TOOL])
    return {"finish_reason": choice.finish_reason, "cities": cities, "text": answer.choices[0].message.content}


def chat_image(setting: Setting, model: str):
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": setting.image_url}}]
    messages = [{"role": "system", "content": "Be brief."}, *user(content)]
    return {"text": open_client(setting).chat.completions.create(model=model, messages=messages).choices[0].message.content}


def chat_parsed(setting: Setting, model: str):
    parsed = open_client(setting).chat.completions.parse(model=model, messages=user("Which city has 2000000 people?"), response_format=City)
    return parsed.choices[0].message.parsed.model_dump()


def chat_reasoning(setting: Setting, model: str):
    messages = user("Think about the tides")
    usage = open_client(setting).chat.completions.create(model=model, messages=messages, reasoning_effort="high").usage
    return {"completion_tokens": usage.completion_tokens}


def responses_text(setting: Setting, model: str):
    client = open_client(setting)
    whole = client.responses.create(model=model, input=PROMPT, instructions="Be brief.")
    with client.responses.stream(model=model, input=PROMPT, instructions="Be brief.") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    return {"status": whole.status, "text": whole.output_text, "streamed": "".join(deltas), "final": final.output_text}


def responses_tools(setting: Setting, model: str):
    client, messages = open_client(setting), user(COMPARE_PROMPT)
    fields = {"model": model, "tools": [RESPONSES_TOOL], "store": False, "include": ["reasoning.encrypted_content"]}
    first = client.responses.create(input=messages, **fields)
    messages += first.output
    cities = []
    for call in first.output:
        if call.type != "function_call":
            continue
        cities.append(json.loads(call.arguments)["city"])
        messages.append({"type": "function_call_output", "call_id": call.call_id, "output": weather_of(cities[-1])})
    with client.responses.stream(input=messages, **fields) as stream:
        return {"cities": cities, "text": stream.get_final_response().output_text}


def responses_parsed(setting: Setting, model: str):
    answer = open_client(setting).responses.parse(model=model, input="Which city has 2000000 people?", text_format=City)
    return answer.output_parsed.model_dump()


def embeddings(setting: Setting, model: str):
    answer = open_client(setting).embeddings.create(model=model, input=["a cat", "a dog"])
    return {"lengths": [len(item.embedding) for item in answer.data]}


def models(setting: Setting):
    client = open_client(setting)
    listed = [model.id for model in client.models.list()]
    return {"ids": listed, "retrieved": client.models.retrieve(listed[0]).id}


def chat_failure(setting: Setting, model: str):
    open_client(setting).chat.completions.create(model=model, messages=user("Hello"))


def chat_stream_failure(setting: Setting, model: str):
    list(open_client(setting).chat.completions.create(model=model, messages=user("Hello"), stream=True))


def responses_failure(setting: Setting, model: str):
    open_client(setting).responses.create(model=model, input="Hello")


OF_MODELS = [chat_text, chat_async, chat_tools, chat_image, chat_parsed, responses_text, responses_tools, responses_parsed]
OF_REASONING_MODELS = [chat_reasoning]
OF_EMBEDDING_MODELS = [embeddings]
OF_FAILING_MODELS = [chat_failure, chat_stream_failure, responses_failure]
OF_THE_GATEWAY = [models]
