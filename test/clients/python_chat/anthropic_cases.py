"""Anthropic's official SDK: messages, the stream helper, counts of tokens and models, synchronous and asynchronous."""

import asyncio

from anthropic import Anthropic, AsyncAnthropic
from case import COMPARE_PROMPT, PROMPT, TOKENS_MAX, WEATHER, WEATHER_DESCRIPTION, WEATHER_NAME, Setting, weather_of
from pydantic import BaseModel

TOOL = {"name": WEATHER_NAME, "description": WEATHER_DESCRIPTION, "input_schema": WEATHER}


class City(BaseModel):
    city: str
    people: int


def open_client(setting: Setting) -> Anthropic:
    return Anthropic(base_url=setting.url, api_key="key-of-the-client", max_retries=0)


def user(content) -> list:
    return [{"role": "user", "content": content}]


def text_of(message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def messages_text(setting: Setting, model: str):
    client, fields = open_client(setting), {"model": model, "max_tokens": TOKENS_MAX, "messages": user(PROMPT)}
    whole = client.messages.create(**fields)
    with client.messages.stream(**fields) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    return {
        "text": text_of(whole),
        "stop_reason": whole.stop_reason,
        "streamed": "".join(pieces),
        "final": text_of(final),
        "usage": [whole.usage.input_tokens, whole.usage.output_tokens],
        "streamed_usage": [final.usage.input_tokens, final.usage.output_tokens],
    }


def messages_async(setting: Setting, model: str):
    fields = {"model": model, "max_tokens": TOKENS_MAX, "messages": user(PROMPT)}

    async def ask():
        async with AsyncAnthropic(base_url=setting.url, api_key="key-of-the-client", max_retries=0) as client:
            whole = await client.messages.create(**fields)
            async with client.messages.stream(**fields) as stream:
                return {"text": text_of(whole), "streamed": "".join([piece async for piece in stream.text_stream])}

    return asyncio.run(ask())


def messages_tools(setting: Setting, model: str):
    client, messages = open_client(setting), user(COMPARE_PROMPT)
    fields = {"model": model, "max_tokens": TOKENS_MAX, "tools": [TOOL]}
    with client.messages.stream(messages=messages, **fields) as stream:
        first = stream.get_final_message()
    calls = [block for block in first.content if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": weather_of(call.input["city"])} for call in calls]
    messages += [{"role": "assistant", "content": first.content}, *user(results)]
    answer = client.messages.create(messages=messages, **fields)
    return {"stop_reason": first.stop_reason, "cities": [call.input["city"] for call in calls], "text": text_of(answer)}


def messages_image(setting: Setting, model: str):
    source = {"type": "base64", "media_type": "image/png", "data": setting.image_base64}
    content = [{"type": "text", "text": "What is this?"}, {"type": "image", "source": source}]
    answer = open_client(setting).messages.create(model=model, max_tokens=TOKENS_MAX, system="Be brief.", messages=user(content))
    return {"text": text_of(answer)}


def messages_parsed(setting: Setting, model: str):
    question = user("Which city has 2000000 people?")
    answer = open_client(setting).messages.parse(model=model, max_tokens=TOKENS_MAX, messages=question, output_format=City)
    return answer.parsed_output.model_dump()


def messages_thinking(setting: Setting, model: str):
    """The answer's thinking goes back with the next turn, which a provider that did not sign it would refuse."""
    client, messages = open_client(setting), user("Think about the tides")
    fields = {"model": model, "max_tokens": TOKENS_MAX, "thinking": {"type": "enabled", "budget_tokens": 2000}}
    with client.messages.stream(messages=messages, **fields) as stream:
        first = stream.get_final_message()
    messages += [{"role": "assistant", "content": first.content}, *user("And about the moon?")]
    return {"kinds": [block.type for block in first.content], "text": text_of(client.messages.create(messages=messages, **fields))}


def count_tokens(setting: Setting, model: str):
    client = open_client(setting)
    short = client.messages.count_tokens(model=model, messages=user("Hi")).input_tokens
    return {"counts": [short, client.messages.count_tokens(model=model, messages=user("Hi " * 100), tools=[TOOL]).input_tokens]}


def models(setting: Setting):
    client = open_client(setting)
    listed = [model.id for model in client.models.list(limit=3)]
    return {"ids": listed, "retrieved": client.models.retrieve(listed[0]).id}


def messages_failure(setting: Setting, model: str):
    open_client(setting).messages.create(model=model, max_tokens=10, messages=user("Hello"))


def messages_stream_failure(setting: Setting, model: str):
    with open_client(setting).messages.stream(model=model, max_tokens=10, messages=user("Hello")) as stream:
        stream.until_done()


OF_MODELS = [messages_text, messages_async, messages_tools, messages_image, messages_parsed, count_tokens]
OF_REASONING_MODELS = [messages_thinking]
OF_EMBEDDING_MODELS = []
OF_FAILING_MODELS = [messages_failure, messages_stream_failure]
OF_THE_GATEWAY = [models]
