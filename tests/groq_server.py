"""A local server that speaks Groq's chat completions, answering as it is told to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/openai/v1/chat/completions"


@dataclass(frozen=True)
class Reply:
    """One HTTP answer. `hold` keeps the client waiting until the server ends; `cut` ends the body early."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    hold: bool = False
    cut: bool = False


@dataclass
class GroqServer:
    """`requests` are the JSON bodies received; each takes the next reply, the last one again and again."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def take(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def groq_server() -> Iterator[GroqServer]:
    """A server on loopback for the time of the block."""
    state = GroqServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        state.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(state: GroqServer) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == PATH
            length = int(self.headers["content-length"])
            state.requests.append(json.loads(self.rfile.read(length)))
            state.keys.append(self.headers["authorization"])
            reply = state.take()
            if reply.hold:
                state.ended.wait(30)
                self.close_connection = True
                return
            self.send_response(reply.status)
            self.send_header("content-type", reply.content_type)
            self.send_header("content-length", str(len(reply.body) + (100 if reply.cut else 0)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = reply.cut

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def completion(content: str, *, finish_reason: str = "stop") -> Reply:
    """A chat completion whose message is this text."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "openai/gpt-oss-20b",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content},
                "logprobs": None,
                "finish_reason": finish_reason,
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return Reply(body=json.dumps(body).encode())


def proposal(*nodes: dict[str, Any], **rest: Any) -> Reply:
    """A completion in the agreed form."""
    answer = {"status": "ok", "question": "", "unknown_terms": [], "assumptions": [], "nodes": list(nodes)}
    return completion(json.dumps({**answer, **rest}))


def node(node_id: int, parent: int | None, kind: str = "condition", **parts: Any) -> dict[str, Any]:
    """A node with the parts of its kind; a condition has no values unless they or an amount are given."""
    empty = {} if kind != "condition" or "amount" in parts else {"values": []}
    return {"id": node_id, "parent": parent, "kind": kind, **empty, **parts}
