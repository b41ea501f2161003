"""Does one thing with DigitalOcean's own client, pydo, and prints what came of it as JSON: the answer, or the error and its status.

The address and the token come from API_URL and API_TOKEN; a body comes on standard input.
"""

import json
import os
import sys

from azure.core.exceptions import HttpResponseError
from pydo import Client


def list_all(genai, per_page):
    routers, page = [], 1
    while True:
        answer = genai.list_model_routers(page=page, per_page=per_page)
        routers += answer["model_routers"]
        if "next" not in answer["links"].get("pages", {}):
            return {"model_routers": routers, "pages": page, "total": answer["meta"]["total"]}
        page += 1


def run(genai, command, *arguments):
    match command:
        case "create":
            return genai.create_model_router(body=json.load(sys.stdin))
        case "update":
            return genai.update_model_router(*arguments, body=json.load(sys.stdin))
        case "get":
            return genai.get_model_router(*arguments)
        case "delete":
            return genai.delete_model_router(*arguments)
        case "list":
            return list_all(genai, int(arguments[0]))
        case "task-presets":
            return genai.list_model_router_task_presets(per_page=200)
        case "presets":
            return genai.list_model_router_presets(per_page=200)
    raise SystemExit(f"unknown command {command}")


client = Client(token=os.environ["API_TOKEN"], endpoint=os.environ["API_URL"])
try:
    # A 404 is no exception in pydo: its body is returned in the answer's place.
    print(json.dumps(run(client.genai, *sys.argv[1:])))
except HttpResponseError as error:
    print(json.dumps({"error": {"status": error.status_code, "body": json.loads(error.response.text())}}))
