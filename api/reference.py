"""`python -m api.reference > docs/api.md`: the reference of the API, written from its own description."""

import sys
from typing import Any

from api import application

_HEAD = """\
# The REST API

Served by the web process on the pages' port, with a reference to try it out at `/api/docs` (no outside host needed) and
its description at `/api/openapi.json`. This page is written from that description: `python -m api.reference > docs/api.md`.

- **Who**: `Authorization: Bearer <token>` with a token from `POST /api/auth/login`, or `X-API-Key: <key>` with a key from
  the Settings page or `python -m crm key create`. Which role may call what stands in [accounts](accounts.md).
- **Errors** have one shape: `{"error": {"code", "message", "fields"?: [{"field", "reason"}]}}`. A bad rule is 422
  `invalid_rule`, and `field` is the path of the node, such as `rules.conditions[0].value`.
- **Lists** are `{items, next}`; ask for the following page with `?cursor=<next>`, and for its size with `?limit=`.
- **Writes that go through a stream** answer 202 once the stream holds them durably; a worker persists them within moments.
- `asOf` evaluates relative dates as of that instant.

| endpoint | what |
|---|---|
"""


def markdown() -> str:
    """The page: every endpoint, in the order of the description."""
    api = application.build(_no_stores)
    rows = [
        f"| `{method.upper()} {path}` | {_what(operation)} |"
        for path, operations in api.openapi()["paths"].items()
        for method, operation in operations.items()
    ]
    return _HEAD + "\n".join(rows) + "\n"


def _no_stores() -> Any:
    raise RuntimeError("the reference reads no data")


def _what(operation: dict[str, Any]) -> str:
    text = " ".join(operation.get("description", "").split("\n\n")[0].split())
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(markdown())
