"""What a marketer's brief says: the occasion, an offer, a code, an end, a product. Pure.

Only what stands in the brief is promised in a message; nothing is made up.
"""

import re
from collections.abc import Iterable, Mapping

from crm.fields import fold
from crm.segments import Behaviour, Condition, Rule, Top, walk
from crm.wording.templates import GOALS, LANGUAGES, Language, language

LONGEST = 2_000
_FESTIVALS = (
    "Diwali", "Holi", "Eid", "Raksha Bandhan", "Rakhi", "Navratri", "Onam", "Pongal", "Ganesh Chaturthi",
    "Christmas", "New Year", "Easter", "Valentine's Day", "Mother's Day", "Father's Day", "Black Friday",
    "Cyber Monday", "Independence Day", "Republic Day", "Navidad", "Reyes", "Weihnachten", "Ostern",
)  # fmt: skip
_PERCENT = re.compile(
    r"(\d{1,2})\s?(?:%|percent\b|por ciento\b|prozent\b)(?!\s*(?:of|der|de los|de las)\b)", re.I
)
_MONEY = r"(?:₹|Rs\.?|INR|\$|€|£)\s?\d[\d,.]*\d|(?:₹|Rs\.?|INR|\$|€|£)\s?\d|\d[\d.,]*\s?(?:€|₹|rupees|euros?)"
_AMOUNT = re.compile(
    rf"(?:flat\s+)?({_MONEY})\s*(?:off|discount|ki chhoot|chhoot|(?:de )?descuento|rabatt)\b", re.I
)
_CODE = re.compile(
    r"\b(?:[Cc]ode|[Cc]ódigo|[Cc]odigo|[Cc]oupon|[Cc]upón)\s*:?\s*[\"“]?([A-Z0-9][A-Z0-9_-]{2,19})\b"
)
_QUOTED = re.compile(r"[\"“„']([^\"“”„{}\[\]|]{2,40})[\"”“']")
_RANKED = ("totalSpent", "totalOrderValue", "orderCount")
_MORE = ("greaterThan", "greaterThanOrEqual")
_HINTS = (
    (("lastOrdered", "lastActive", "lastLogin"), ("notInTheLast", "olderThan", *_MORE), "winBack"),
    (("accountCreated",), ("inTheLast",), "welcome"),
    (("birthDate",), ("monthIs", "equals"), "birthday"),
    (("totalSpent", "totalOrderValue"), _MORE, "vip"),
)
"""Fields, operators on them, and the occasion that they speak of."""

_LONGEST_NAME = 40


def markers(brief: str, key: str, bought: str | None, known: Iterable[str] = ()) -> dict[str, str]:
    """What can be filled into a message: `offer`, `code`, `until`, `festival`, `named`, `bought`.

    `known` are products that may be named in the brief, `bought` one that many of the audience ordered.
    """
    words = language(key)
    found = {
        "offer": _offer(brief, words),
        "code": _first(_CODE, brief),
        "until": _first(words.until, brief),
        "festival": next((name for name in _FESTIVALS if _holds(fold(brief), fold(name))), None),
        "named": _first(_QUOTED, brief) or _named(brief, known),
        "bought": bought if bought and _printable(bought) else None,
    }
    return {marker: " ".join(text.split()) for marker, text in found.items() if text}


def code_in(text: str) -> str | None:
    """The code that a text tells people to use."""
    return _first(_CODE, text)


def goal(brief: str, rule: Rule | None) -> str | None:
    """The occasion that the brief's words speak of most, or else the audience; None where neither does."""
    text = fold(brief)
    scores = dict.fromkeys(GOALS, 0.0)
    for key in LANGUAGES:
        for name, words in language(key).words.items():
            scores[name] += sum(len(word.split()) for word in words if _holds(text, fold(word)))
    scores["festival"] *= 0.5  # a discount goes with every occasion
    if any(_holds(text, fold(name)) for name in _FESTIVALS):
        scores["festival"] += 1.5
    for name, weight in hints(rule).items():
        scores[name] += weight
    best = max(GOALS, key=lambda name: scores[name])
    if scores[best]:
        return best
    return "festival" if _offer(brief, language("english")) else None


def spoken(brief: str) -> str:
    """The language whose words for occasions the brief has most of; English where none has more."""
    text = fold(brief)
    return max(
        LANGUAGES,
        key=lambda key: sum(
            len(word) for words in language(key).words.values() for word in words if _holds(text, fold(word))
        ),
    )


def hints(rule: Rule | None) -> Mapping[str, float]:
    """Occasions that an audience's rule speaks of, with how much."""
    found: dict[str, float] = {}
    for _, node in walk(rule) if rule else ():
        for name in _hinted(node):
            found[name] = 0.4
    return found


def _hinted(node: Rule) -> Iterable[str]:
    match node:
        case Condition(field=field, operator=operator, value=value):
            if operator.name.startswith("anniversary"):
                yield "birthday"
            for names, operators, name in _HINTS:
                if field.name in names and operator.name in operators:
                    yield name
            if field.name == "orderCount" and (operator.name, value) in (("equals", 0), ("lessThan", 1)):
                yield "welcome"
        case Top(by=by, direction="desc") if by.name in _RANKED:
            yield "vip"
        case Behaviour(operator=operator, value=0) if operator.name == "equals":
            yield "winBack"


def _offer(brief: str, words: Language) -> str | None:
    if found := _first(_AMOUNT, brief):
        return words.amount.format(found)
    if found := _first(_PERCENT, brief):
        return words.percent.format(f"{found}%")
    free = {phrase for key in LANGUAGES for phrase in language(key).free_words}
    return words.free if any(_holds(fold(brief), fold(phrase)) for phrase in free) else None


def _named(brief: str, known: Iterable[str]) -> str | None:
    """The longest product's name that the brief has."""
    text = fold(brief)
    named = [name for name in known if _printable(name) and _holds(text, fold(name))]
    return max(named, key=len, default=None)


def _holds(text: str, words: str) -> bool:
    """Whether these words stand in a text, not as a part of others. No pattern is made of them."""
    at = text.find(words)
    while at >= 0:
        end = at + len(words)
        if not text[max(0, at - 1) : at].isalnum() and not text[end : end + 1].isalnum():
            return True
        at = text.find(words, at + 1)
    return False


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1].strip() if match else None


def _printable(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable() and not set(name) & set("{}[]|")
