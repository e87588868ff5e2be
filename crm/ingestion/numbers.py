"""Numbers as people write them: currency signs, grouped thousands, decimal points and decimal commas.

“1,234” and “1.234” may each be a thousand or a little more than one. Which it is, a column's other rows
say; alone it can't be told.
"""

import re
import unicodedata

from crm.ingestion.refused import Refused, short

POINT, COMMA = ".", ","
EITHER = "?"  # evidence of neither: it could be grouped thousands or decimals

_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_COULD_BE_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_WORDS = re.compile(r"^[^\W\d_]{1,3}\.?(?=[\s\d.,-]|$)|(?<=[\s\d.,-])[^\W\d_]{1,3}\.?$")
_CODES = """
    aed ars aud bdt bgn bhd brl cad chf clp cny cop czk dkk egp eur gbp ghs hkd huf idr ils inr isk
    jod jpy kes krw kwd lkr mad mxn myr ngn nok npr nzd omr pen php pkr pln qar ron rub sar sek sgd
    thb try twd tzs uah ugx usd uyu vnd xaf xof zar zmw rs rs. kr kr. zł kč ft lei fr fr. tl лв руб
    р. dh dhs rm
"""
_CURRENCIES = frozenset(_CODES.split())
_BEFORE_DOLLARS = frozenset(["r", "us", "a", "c", "s", "hk", "nt", "nz", "ca", "au", "mx"])  # R$, US$, A$ …
_GROUPED_BY_BLANKS = re.compile(r"\d{1,3}(?:[ \u00a0\u202f\u2009'’]\d{3})+(?=[.,]|$)")
_BLANKS = re.compile(r"[ \u00a0\u202f\u2009'’]")
_GROUPS = {
    POINT: re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}"),  # 1,234 and the Indian 1,23,456
    COMMA: re.compile(r"\d{1,3}(?:\.\d{2,3})*\.\d{3}"),
}
_WITH_A_POINT = frozenset({"₹", "$", "£", "¥", "₩", "rs", "rs.", "inr", "usd", "gbp", "jpy"})
_OTHER = {POINT: COMMA, COMMA: POINT}


def read(written: str, decimal: str | None = None, *, alone: bool = False) -> float:
    """The number that is written. `decimal` is the column's decimal sign, None where nothing says which.

    `alone`: there is no column; “1,234” and “1.234” are read as English and programs write them. Raises
    Refused, as `ambiguous_number` where without a decimal sign it could be two numbers.
    """
    if decimal != COMMA and _PLAIN.fullmatch(written) and (
        decimal or alone or not _COULD_BE_GROUPED.fullmatch(written)
    ):  # fmt: skip
        return float(written)
    sign, body, _ = _taken_apart(written)
    found = _decimal_sign(body)
    if found == EITHER and not (decimal or alone):
        grouped, other = body.replace(".", "").replace(",", ""), body.replace(",", ".")
        raise Refused(
            "ambiguous_number",
            f"{short(written)} could be {grouped} or {other}; say which sign is the decimal one",
        )
    if decimal is None:
        decimal = POINT if found in ("", EITHER) else found
    return sign * _value(body, decimal, written)


def read_whole(written: str, decimal: str | None = None) -> float:
    """As `read`, for what can't have decimals: “1,234” and “1.234” are a thousand."""
    if decimal is None:
        _, body, _ = _taken_apart(written)
        if _decimal_sign(body) == EITHER:
            decimal = POINT if COMMA in body else COMMA
    return read(written, decimal)


def evidence(written: str) -> str | None:
    """What a value says of its column's decimal sign.

    POINT, COMMA, EITHER; empty where there is no such sign in it; None where it is no number at all.
    """
    try:
        _, body, words = _taken_apart(written)
        found = _decimal_sign(body)
        _value(body, POINT if found in ("", EITHER) else found, written)
    except Refused:
        return None
    return POINT if found == EITHER and words & _WITH_A_POINT else found


def has_a_sign(written: str) -> bool:
    """Whether a currency is written beside the number."""
    try:
        return bool(_taken_apart(written)[2])
    except Refused:
        return False


def _taken_apart(written: str) -> tuple[float, str, set[str]]:
    """Sign, digits with the marks between them, and the words and signs of currency beside them."""
    plain = written.strip().replace("\u2212", "-")
    sign = 1.0
    if plain.startswith("(") and plain.endswith(")"):  # as accountants write what is negative
        sign, plain = -1.0, plain[1:-1].strip()
    words = {mark for mark in plain if unicodedata.category(mark) == "Sc"}
    signs = "".join(mark for mark in plain if mark not in words).strip()
    sign, signs = _without_sign(sign, signs)
    body = signs
    for word in _WORDS.findall(signs):
        if word.lower() in _CURRENCIES or ("$" in words and word.lower() in _BEFORE_DOLLARS):
            words.add(word.lower())
            body = body.replace(word, "", 1).strip()
    if sign > 0:
        sign, body = _without_sign(sign, body)
    if _GROUPED_BY_BLANKS.match(body):
        body = _BLANKS.sub("", body)
    return sign, body, words


def _without_sign(sign: float, plain: str) -> tuple[float, str]:
    if plain.startswith("-"):
        return -1.0, plain[1:].strip()
    if plain.endswith("-"):
        return -1.0, plain[:-1].strip()
    return sign, plain.removeprefix("+")


def _decimal_sign(body: str) -> str:
    points, commas = body.count(POINT), body.count(COMMA)
    if not points and not commas:
        return ""
    if points and commas:
        return POINT if body.rfind(POINT) > body.rfind(COMMA) else COMMA
    mark = POINT if points else COMMA
    if points + commas > 1:
        return _OTHER[mark]
    before, _, after = body.partition(mark)
    could_be_grouped = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
    return EITHER if could_be_grouped else mark


def _value(body: str, decimal: str, written: str) -> float:
    whole, _, fraction = body.partition(decimal)
    if _GROUPS[decimal].fullmatch(whole):
        whole = whole.replace(_OTHER[decimal], "")
    number = f"{whole}.{fraction}" if fraction else whole
    if "." not in whole and _PLAIN.fullmatch(number):
        return float(number)
    if _OTHER[decimal] in body and _PLAIN.fullmatch(body.replace(_OTHER[decimal], ".")):
        sign = "point" if decimal == POINT else "comma"
        raise Refused("not_a_number", f"{short(written)} is not a number with a decimal {sign}")
    raise Refused("not_a_number", f"{short(written)} is not a number")
