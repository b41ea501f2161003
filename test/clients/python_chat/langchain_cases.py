"""LangChain over OpenAI's chat completions and responses and over Anthropic's messages: the same calls whichever is below."""

from typing import Callable

from case import COMPARE_PROMPT, PROMPT, TOKENS_MAX, WEATHER_DESCRIPTION, Setting, weather_of
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class City(BaseModel):
    """A city and how many people live there."""

    city: str
    people: int


@tool(description=WEATHER_DESCRIPTION)
def get_weather(city: str) -> str:
    return weather_of(city)


def over_chat(setting: Setting, model: str) -> BaseChatModel:
    return ChatOpenAI(model=model, base_url=f"{setting.url}/v1", api_key="key-of-the-client", max_retries=0, stream_usage=True)


def over_responses(setting: Setting, model: str) -> BaseChatModel:
    return ChatOpenAI(model=model, base_url=f"{setting.url}/v1", api_key="key-of-the-client", max_retries=0, use_responses_api=True)


def over_messages(setting: Setting, model: str) -> BaseChatModel:
    return ChatAnthropic(model=model, base_url=setting.url, api_key="key-of-the-client", max_retries=0, max_tokens=TOKENS_MAX)


def text(chat: BaseChatModel, _: Setting):
    whole, chunks = chat.invoke(PROMPT), list(chat.stream(PROMPT))
    total = chunks[0]
    for chunk in chunks[1:]:
        total += chunk
    return {
        "text": whole.text,
        "streamed": total.text,
        "usage": whole.usage_metadata["total_tokens"],
        "streamed_usage": total.usage_metadata["total_tokens"],
    }


def tools(chat: BaseChatModel, _: Setting):
    with_tools, messages = chat.bind_tools([get_weather]), [SystemMessage("Be brief."), HumanMessage(COMPARE_PROMPT)]
    total = None
    for chunk in with_tools.stream(messages):
        total = chunk if total is None else total + chunk
    messages.append(total)
    messages += [get_weather.invoke(call) for call in total.tool_calls]
    return {"cities": [call["args"]["city"] for call in total.tool_calls], "text": with_tools.invoke(messages).text}


def image(chat: BaseChatModel, setting: Setting):
    block = {"type": "image", "base64": setting.image_base64, "mime_type": "image/png"}
    return {"text": chat.invoke([SystemMessage("Be brief."), HumanMessage([{"type": "text", "text": "What is this?"}, block])]).text}


def parsed(chat: BaseChatModel, _: Setting):
    """Each class has a method of its own to say the schema: OpenAI's by response_format, Anthropic's by a forced tool."""
    return chat.with_structured_output(City).invoke("Which city has 2000000 people?").model_dump()


def failure(chat: BaseChatModel, _: Setting):
    chat.invoke("Hello")


def case(api: Callable[[Setting, str], BaseChatModel], ask: Callable[[BaseChatModel, Setting], object]):
    def run(setting: Setting, model: str):
        return ask(api(setting, model), setting)

    run.__name__ = f"{api.__name__.removeprefix('over_')}_{ask.__name__}"
    return run


APIS = [over_chat, over_responses, over_messages]
OF_MODELS = [case(api, ask) for api in APIS for ask in (text, tools, image, parsed)]
OF_REASONING_MODELS = []
OF_EMBEDDING_MODELS = []
OF_FAILING_MODELS = [case(api, failure) for api in APIS]
OF_THE_GATEWAY = []
