"""In what encoding a text of unknown make is."""

import codecs
from contextlib import suppress
from typing import BinaryIO

UTF_8, WINDOWS = "utf-8", "cp1252"
OFFERED = {
    UTF_8: "Unicode (UTF-8)",
    "utf-16": "Unicode (UTF-16)",
    "utf-16-le": "Unicode (UTF-16, little-endian)",
    "utf-16-be": "Unicode (UTF-16, big-endian)",
    WINDOWS: "Western (Windows-1252)",
    "iso8859-15": "Western (ISO 8859-15)",
    "mac-roman": "Western (Macintosh)",
    "cp850": "Western (DOS)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1258": "Vietnamese (Windows-1258)",
    "cp874": "Thai (Windows-874)",
    "shift_jis": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "cp949": "Korean (Windows-949)",
}
"""What a person may say a text is in, with what it is called."""

_PIECE = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MULTIBYTE = frozenset({"shift_jis", "gb18030", "big5", "cp949"})


def errors(encoding: str) -> str:
    """How to decode what is no text in it: where single bytes can be told, they become lone surrogates,
    which no value may hold, so that a broken letter refuses its row."""
    return (
        "replace"
        if encoding.startswith(("utf-16", "utf-32")) or encoding in _MULTIBYTE
        else "surrogateescape"
    )


def detect(file: BinaryIO, sample: bytes) -> str:
    """By the byte-order mark; by where the zeros of UTF-16 stand; UTF-8 where at least most of it is; else
    what Windows writes in the West. Reads the file to its end where no mark tells."""
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    return _utf_16(sample) or _utf_8_or_windows(file)


def _utf_16(sample: bytes) -> str | None:
    """UTF-16 without a mark: in most scripts every other byte of delimiters and line ends is zero."""
    pairs = len(sample) // 2
    if pairs < 2:
        return None
    high, low = sample[: 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if max(high, low) < pairs * 0.3 or min(high, low) > pairs * 0.02:
        return None
    encoding = "utf-16-be" if high > low else "utf-16-le"
    with suppress(UnicodeDecodeError):
        codecs.getincrementaldecoder(encoding)().decode(sample)
        return encoding
    return None


def _utf_8_or_windows(file: BinaryIO) -> str:
    """A few broken bytes among many letters of UTF-8 are broken rows, not another encoding."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(UTF_8)("surrogateescape")
    letters = broken = 0
    while piece := file.read(_PIECE):
        text = decoder.decode(piece)
        if not text.isascii():
            sound = text.encode(UTF_8, "ignore").decode(UTF_8)
            broken += len(text) - len(sound)
            letters += len(sound) - len(sound.encode("ascii", "ignore"))
    broken += len(decoder.decode(b"", final=True))
    return WINDOWS if broken and letters <= 2 * broken else UTF_8
