"""What the cases of all clients share: the models that they ask, and how what came of a case is told."""

import base64
import traceback
from dataclasses import dataclass
from typing import Any, Callable

PROMPT = "Explain photosynthesis — kurz, s'il vous plaît 🌱"
COMPARE_PROMPT = "Compare the weather in Paris and London"
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
WEATHER_NAME, WEATHER_DESCRIPTION = "get_weather", "The current weather of a city"
TOKENS_MAX = 4000


@dataclass(frozen=True)
class Setting:
    """What the test says of the gateway: its address, an image, and models."""

    url: str
    image_base64: str
    models: list[str]
    reasoning_models: list[str]
    embedding_models: list[str]
    # By status, models whose provider answers with it.
    failing_models: dict[str, list[str]]

    @property
    def image_url(self) -> str:
        return f"data:image/png;base64,{self.image_base64}"

    @property
    def image_bytes(self) -> bytes:
        return base64.b64decode(self.image_base64)


def weather_of(city: str) -> str:
    return f"{city}: 21 degrees, light wind"


def outcome_of(case: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """What the case returned, or what it raised: the error's class with those above it, and what a program reads of it."""
    try:
        return {"returned": case(*arguments)}
    except Exception as error:  # whatever a client raises is the test's to judge
        response = getattr(error, "response", None)
        return {
            "raised": [kind.__name__ for kind in type(error).__mro__],
            "status": getattr(error, "status_code", None),
            "message": str(error),
            "retry_after": None if response is None else response.headers.get("retry-after"),
            "trace": "".join(traceback.format_exception(error)[-3:]),
        }
