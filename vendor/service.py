"""The vendor's HTTP interface: messages in, receipts out.

`POST /messages {messages: [{key, channel, address, text, subject?, html?, tries?, unsubscribe?}]}` hands
messages over: `{answers: [{key, verdict, reason?, messageId?}]}` says `accepted` or `temporary` for each, and
for a key that was taken before what became of it. `POST /asked {keys}` says what became of those it knows.
503: it took none. 429: it is busy, and took none. Where there is a token, callers send it as
`Authorization: Bearer`.
"""

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

from crm.errors import Unavailable
from crm.vendors.protocol import Answer, Message, Verdict
from crm.vendors.simulated import BUSY, SimulatedVendor
from vendor.keys import Keys
from vendor.receipts import Receipts

_MOST_BYTES = 200 * 1024 * 1024
_FIELDS = ("key", "channel", "address", "text", "subject", "html", "unsubscribe")


class Desk:
    """Takes messages and sees to their receipts. `vendor` says what becomes of each; it can be replaced."""

    def __init__(self, vendor: SimulatedVendor, keys: Keys, receipts: Receipts) -> None:
        self.vendor = vendor
        self._keys = keys
        self._receipts = receipts

    def take(self, messages: list[Message]) -> list[Answer]:
        """An answer for each message. Raises Unavailable in an outage, ValueError for keys that are none."""
        before = set(self._keys.known(message.key for message in messages))
        told = self.vendor.submit([message for message in messages if message.key not in before])
        put_off = [answer for answer in told if answer.verdict is Verdict.TEMPORARY]
        taken = dict.fromkeys(answer.key for answer in told if answer.verdict is not Verdict.TEMPORARY)
        new = self._keys.take(taken)
        for answer in told:
            if answer.key in new and answer.verdict in (Verdict.SENT, Verdict.FAILED):
                self._receipts.post(answer._replace(message_id=_message_id(answer.key)))
        accepted = [Answer(key, Verdict.ACCEPTED, None, _message_id(key)) for key in taken]
        return [*put_off, *accepted, *self.asked(list(before))]

    def asked(self, keys: list[str]) -> list[Answer]:
        """What became of those of these keys that were taken. Raises Unavailable in an outage."""
        told = self.vendor.ask(self._keys.known(keys))
        return [answer._replace(message_id=_message_id(answer.key)) for answer in told]


@contextmanager
def served(
    vendor: SimulatedVendor, *, log: Path, receipts_url: str, api_key: str, token: str = "", port: int = 0
) -> Iterator[tuple[str, Desk]]:
    """The vendor on loopback for the time of the block: its address and its desk. Port 0: a free one."""
    keys, receipts = Keys(log), Receipts(receipts_url, api_key)
    desk = Desk(vendor, keys, receipts)
    server = _Server(port, desk, token)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        receipts.close()
        keys.close()


def _message_id(key: str) -> str:
    return f"m-{blake2b(key.encode(), digest_size=8).hexdigest()}"


def _answer(desk: Desk, path: str, body: Any) -> tuple[int, Any]:
    """Status and body of the answer to a request whose caller may ask."""
    try:
        if path == "/messages":
            answers = desk.take([_message(each) for each in body["messages"]])
            if answers and all(each.reason == BUSY for each in answers):
                return 429, {"error": BUSY}
        elif path == "/asked":
            answers = desk.asked([str(key) for key in body["keys"]])
        else:
            return 404, {"error": "there is no such address"}
    except Unavailable as error:
        return 503, {"error": error.message}
    except (ValueError, KeyError, TypeError):
        return 422, {"error": "that is no such request"}
    return 200, {"answers": [_plain(each) for each in answers]}


def _message(given: Any) -> Message:
    texts = {name: given.get(name) for name in _FIELDS}
    if not isinstance(texts["key"], str) or not isinstance(texts["text"], str):
        raise ValueError("a message has a key and a text")
    return Message(**texts, tries=int(given.get("tries") or 0))


def _plain(answer: Answer) -> dict[str, str | None]:
    return {
        "key": answer.key,
        "verdict": str(answer.verdict),
        "reason": answer.reason,
        "messageId": answer.message_id,
    }


class _Server(ThreadingHTTPServer):
    """Serves a desk on loopback; `token` is what callers have to show, empty for none."""

    def __init__(self, port: int, desk: Desk, token: str) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.desk = desk
        self.token = token


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer goes out in two parts
    timeout = 30

    def do_GET(self) -> None:
        if not self._may():
            return
        outage = self.server.desk.vendor.faults.outage
        status = 404 if self.path != "/health" else 503 if outage else 200
        self._tell(status, {"status": "away" if outage else "ready"})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            self.close_connection = True
            self._tell(413, {"error": "say how long the body is; it is too long, or not said"})
            return
        body = self.rfile.read(int(length))
        if self._may():
            try:
                given = orjson.loads(body)
            except orjson.JSONDecodeError:
                self._tell(400, {"error": "that is no JSON"})
                return
            self._tell(*_answer(self.server.desk, self.path, given))

    def _may(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        token = self.server.token
        allowed = not token or hmac.compare_digest(given.encode(), token.encode())
        if not allowed:
            self._tell(401, {"error": "the token is missing or wrong"})
        return allowed

    def _tell(self, status: int, body: Any) -> None:
        content = orjson.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a request is no event worth a line."""
