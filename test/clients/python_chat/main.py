"""Runs all cases of all Python clients, and prints what came of each as a line of JSON: client, case, model, and the outcome.

What they are run with comes as JSON on standard input: the fields of `Setting`. One process does it all, because the clients take seconds to load.
"""

import json
import sys

import anthropic_cases
import langchain_cases
import openai_cases
from case import Setting, outcome_of

CLIENTS = {"openai": openai_cases, "anthropic": anthropic_cases, "langchain": langchain_cases}

setting = Setting(**json.load(sys.stdin))
failing_models = [model for models in setting.failing_models.values() for model in models]


def tell(client: str, case, model: str | None) -> None:
    outcome = outcome_of(case, setting) if model is None else outcome_of(case, setting, model)
    print(json.dumps({"client": client, "case": case.__name__, "model": model, **outcome}), flush=True)


for name, module in CLIENTS.items():
    for cases, models in [
        (module.OF_MODELS, setting.models),
        (module.OF_REASONING_MODELS, setting.reasoning_models),
        (module.OF_EMBEDDING_MODELS, setting.embedding_models),
        (module.OF_FAILING_MODELS, failing_models),
        (module.OF_THE_GATEWAY, [None]),
    ]:
        for case in cases:
            for model in models:
                tell(name, case, model)
