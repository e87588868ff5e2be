"""What a request's body is encoded with (Content-Encoding), and how that is undone in bounded memory."""

import zlib

from starlette.exceptions import HTTPException

from crm.errors import FieldError, InvalidInput, TooLarge

_PLAIN = ("", "identity")
_GZIP = ("gzip", "x-gzip")
_GZIP_HEADER = 16 + zlib.MAX_WBITS


def check(encoding: str) -> bool:
    """Whether a body so encoded is gzip. Raises HTTPException 415 where it is neither gzip nor plain."""
    name = encoding.strip().lower()
    if name in _GZIP:
        return True
    if name in _PLAIN:
        return False
    raise HTTPException(
        415, f"The encoding {name[:50]} is not understood: send gzip, or plain", {"Accept-Encoding": "gzip"}
    )


def gunzip(body: bytes, most: int, refusal: str) -> bytes:
    """What a gzip body holds. Raises TooLarge where that is more than `most`, InvalidInput for no gzip."""
    found: list[bytes] = []
    left = most
    while body:
        member = zlib.decompressobj(_GZIP_HEADER)
        try:
            piece = member.decompress(body, left + 1)
        except zlib.error as error:
            raise _no_gzip(str(error)) from None
        left -= len(piece)
        if left < 0:
            raise TooLarge(refusal)
        if not member.eof:
            raise _no_gzip("it is cut short")
        found.append(piece)
        body = member.unused_data.lstrip(b"\0")  # zeros may fill up the end of a file
    return b"".join(found)


def _no_gzip(reason: str) -> InvalidInput:
    return InvalidInput("The body is not the gzip that its header announces.", [FieldError("body", reason)])
