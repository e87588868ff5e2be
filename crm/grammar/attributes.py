"""Custom attributes in prompts, by their names: "favouriteColour is red", "shoe size over 42".

A clause is a name of an attribute, or what people call it, and what is said about it. It is cut out before
the rest of the prompt is read, and stands there as one condition. A name that is made of words the language
has a meaning for anyway ("order", "in the last") counts only between quotation marks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crm.fields import Field, FieldType, fold
from crm.grammar.lexicon import Vague
from crm.grammar.values import Values

_SHORTEST = 2  # characters of a name that counts without quotation marks
MARK = "\u00a4"
_EXAMPLES = {
    FieldType.TEXT: "“{name} is …”, with the text in quotation marks.",
    FieldType.TAGS: "“{name} has …”, with the tag in quotation marks.",
    FieldType.NUMBER: "“{name} at least 5”.",
    FieldType.DATE: "“{name} in the next 30 days” or “{name} before 2026-03-01”.",
    FieldType.BOOLEAN: "“{name} is yes”.",
}
_UNITS = ("minute", "hour", "day", "week", "month", "year")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_S = r"\s*"
_IS = r"(?:(?:is|are|was|be|has|have|equals|=|==|:)\s*)?"
_NOT = r"(?P<not>(?:(?:is|are|was)\s+not|isn't|aren't|not|!=|<>|except)\s*)?"
_END = r"(?![\w])"
_NUMBER = r"-?\d[\d,]*(?:\.\d+)?[km]?(?![\w%])"
_DAY = r"\d{4}-\d\d-\d\d(?![\w-])"
_PRESENT = re.compile(rf"{_S}(?:is\s+)?(?P<not>not\s+|un)?(?:known|set|given){_END}", re.IGNORECASE)
_ABSENT = re.compile(rf"{_S}(?:is\s+)?(?:missing|empty){_END}", re.IGNORECASE)
_HAVING = re.compile(
    r"(?:(?P<not>without|no|lacking)\s+(?:an?\s+)?|(?:with|have|has|having)\s+(?:an?|any)\s+)$", re.IGNORECASE
)
_COMPARED = (
    ("greaterThanOrEqual", r"at\s+least|>=|no\s+less\s+than|from"),
    ("lessThanOrEqual", r"at\s+most|<=|no\s+more\s+than|up\s+to"),
    ("greaterThan", r"over|above|more\s+than|greater\s+than|higher\s+than|larger\s+than|>"),
    ("lessThan", r"under|below|less\s+than|fewer\s+than|lower\s+than|smaller\s+than|<"),
)
_TEXTUAL = (
    ("notContains", r"(?:does\s+not|doesn't)\s+(?:contain|include)"),
    ("contains", r"contains?|containing|includes?|including"),
    ("startsWith", r"(?:starts?|starting|begins?|beginning)\s+with"),
    ("endsWith", r"(?:ends?|ending)\s+with"),
)
_DATED = (("before", r"before"), ("after", r"after"), ("greaterThanOrEqual", r"since|from"),
          ("equals", r"on"), ("equals", r""))  # fmt: skip
_LAST = re.compile(rf"{_S}{_IS}(?:with)?in\s+the\s+(?P<way>last|past|next|coming)\s+(?P<n>\d+)?\s*"
                   rf"(?P<unit>{'|'.join(_UNITS)})s?{_END}", re.IGNORECASE)  # fmt: skip
_AGO = re.compile(rf"{_S}{_IS}(?:more\s+than|over)\s+(?P<n>\d+)\s+(?P<unit>{'|'.join(_UNITS)})s?\s+ago{_END}",
                  re.IGNORECASE)  # fmt: skip
_IN_MONTH = re.compile(rf"{_S}{_IS}in\s+(?P<month>{'|'.join(MONTHS)}){_END}(?!\s+\d{{4}})", re.IGNORECASE)
_YES_NO = re.compile(rf"{_S}{_IS}{_NOT}(?P<value>yes|no|true|false){_END}", re.IGNORECASE)
_QUOTED = re.compile(rf"[\"“„«](?P<double>[^\"”“»\n{MARK}]+)[\"”“»]|'(?P<single>[^'\n]+)'")
_WORD = re.compile(r"[^\s,.;!?()\"“”]+(?:\.[^\s,.;!?()\"“”]+)*")
_JOINT = re.compile(r"\s*(?P<word>,\s*(?:or|and)\b|,|\bor\b|\band\b)\s*", re.IGNORECASE)
_FUNCTION = frozenset(
    {"a", "an", "the", "and", "or", "but", "not", "no", "is", "are", "was", "who", "whose", "with", "without",
     "that", "which", "in", "on", "at", "of", "for", "to", "from"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clause:
    """What the prompt says of an attribute from `start` to `end`; `operator` empty: nothing that is clear,
    which `asks`, or an example of the field, asks about."""

    start: int
    end: int
    field: Field
    operator: str = ""
    value: Any = None
    means: str | None = None
    asks: Vague | None = None


def hint(clause: Clause) -> str:
    """What to say of the attribute instead."""
    return f"What about it? For example {_EXAMPLES[clause.field.type].replace('{name}', clause.field.name)}"


def clauses(text: str, values: Values, is_known: frozenset[str]) -> Iterator[Clause]:
    """Every clause about an attribute, in the prompt's order. `is_known` has the language's own words."""
    names = _names(values.attributes, is_known)
    if not names:
        return
    pattern = re.compile(
        "|".join(f"(?P<n{i}>{written})" for i, (written, _) in enumerate(names)), re.IGNORECASE
    )
    at = 0
    while found := pattern.search(text, at):
        field = names[int(str(found.lastgroup)[1:])][1]
        clause = _read(text, found.start(), found.end(), field, values)
        yield clause
        at = max(clause.end, found.end())


def _names(attributes: tuple[Field, ...], known: frozenset[str]) -> list[tuple[str, Field]]:
    """How each name may be written, the longest first."""
    found: dict[str, tuple[int, Field]] = {}
    for field in attributes:
        for name in dict.fromkeys((field.name, field.label)):
            words = [word for word in re.split(r"[\s_-]+", name) if word]
            joined = r"[\s_-]+".join(map(re.escape, words))
            quoted = rf"[\"“]{joined}[\"”]"
            found.setdefault(quoted, (len(name) + 2, field))
            if not words or all(fold(word) in known for word in words) or len(name) < _SHORTEST:
                continue
            before = r"(?<!\w)" if name[0].isalnum() else ""
            after = _END if name[-1].isalnum() else ""
            found.setdefault(f"{before}{joined}{after}", (len(name), field))
    longest = sorted(found.items(), key=lambda one: -one[1][0])
    return [(written, field) for written, (_, field) in longest]


def _read(text: str, start: int, end: int, field: Field, values: Values) -> Clause:
    if (found := _ABSENT.match(text, end)) or (found := _PRESENT.match(text, end)):
        absent = found.re is _ABSENT or bool(found["not"])
        return Clause(start, found.end(), field, "isNotSet" if absent else "isSet")
    reader = {
        FieldType.NUMBER: _number, FieldType.DATE: _date, FieldType.BOOLEAN: _yes_no,
        FieldType.TEXT: _text, FieldType.TAGS: _text,
    }[field.type]  # fmt: skip
    clause = reader(text, start, end, field, values)
    if clause is not None:
        return clause
    having = _HAVING.search(text, 0, start)
    if having:
        return Clause(having.start(), end, field, "isNotSet" if having["not"] else "isSet")
    return Clause(start, end, field)


def _number(text: str, start: int, end: int, field: Field, values: Values) -> Clause | None:
    between = re.compile(rf"{_S}{_IS}between\s+({_NUMBER})\s+and\s+({_NUMBER})", re.IGNORECASE)
    if found := between.match(text, end):
        low, high = sorted((_figure(found[1]), _figure(found[2])))
        return Clause(start, found.end(), field, "between", [low, high])
    for operator, words in _COMPARED:
        if found := re.compile(rf"{_S}{_IS}(?:of\s+)?(?:{words})\s*({_NUMBER})", re.IGNORECASE).match(
            text, end
        ):
            return Clause(start, found.end(), field, operator, _figure(found[1]))
    if found := re.compile(rf"{_S}{_IS}(?:of\s+)?{_NOT}(?P<n>{_NUMBER})", re.IGNORECASE).match(text, end):
        return Clause(
            start, found.end(), field, "notEquals" if found["not"] else "equals", _figure(found["n"])
        )
    return None


def _figure(written: str) -> float | int:
    scale = {"k": 1_000, "m": 1_000_000}.get(written[-1].lower(), 1)
    number = float(written.rstrip("kKmM").replace(",", "")) * scale
    return int(number) if number.is_integer() else number


def _date(text: str, start: int, end: int, field: Field, values: Values) -> Clause | None:
    if found := _LAST.match(text, end):
        length = {f"{found['unit'].lower()}s": int(found["n"] or 1)}
        coming = found["way"].lower() in ("next", "coming")
        return Clause(start, found.end(), field, "inTheNext" if coming else "inTheLast", {"last": length})
    if found := _AGO.match(text, end):
        length = {f"{found['unit'].lower()}s": int(found["n"])}
        return Clause(start, found.end(), field, "olderThan", {"last": length})
    if found := _IN_MONTH.match(text, end):
        month = MONTHS.index(found["month"].lower()) + 1
        means = f"in {found['month'].capitalize()} of any year"
        return Clause(start, found.end(), field, "monthIs", [month], means)
    for operator, words in _DATED:
        if found := re.compile(rf"{_S}{_IS}(?:{words})\s*({_DAY})", re.IGNORECASE).match(text, end):
            return Clause(start, found.end(), field, operator, found[1])
    return None


def _yes_no(text: str, start: int, end: int, field: Field, values: Values) -> Clause | None:
    found = _YES_NO.match(text, end)
    if found is None:
        return None
    yes = found["value"].lower() in ("yes", "true")
    return Clause(start, found.end(), field, "notEquals" if found["not"] else "equals", yes)


def _text(text: str, start: int, end: int, field: Field, values: Values) -> Clause | None:
    """Values between quotation marks or known ones, or one word after an operator."""
    tags = field.type is FieldType.TAGS
    for operator, words in _TEXTUAL:
        found = re.compile(rf"{_S}(?:{words})\s+", re.IGNORECASE).match(text, end)
        if found is None:
            continue
        listed = _values(text, found.end(), field, values, said=True)
        if listed and (not tags or operator in ("contains", "notContains")):
            return _listed(start, field, listed, negative=operator == "notContains", operator=operator)
    found = re.compile(rf"{_S}(?P<is>{_IS}){_NOT}", re.IGNORECASE).match(text, end)
    if found is None:
        return None
    listed = _values(text, found.end(), field, values, said=bool(found["is"] or found["not"]))
    return _listed(start, field, listed, negative=bool(found["not"])) if listed else None


@dataclass(frozen=True, slots=True)
class _List:
    values: list[str]
    every: bool
    end: int
    strange: tuple[str, ...]


def _values(text: str, at: int, field: Field, values: Values, *, said: bool) -> _List | None:
    """One value or more, joined by commas, "or" and, of tags, "and"."""
    known = {fold(value): value for value in values.of_attribute(field)}
    found: list[str] = []
    strange: list[str] = []
    joints: set[str] = set()
    end = at
    while one := _value(text, at, known, said=said):
        value, end = one
        spelt = known.get(fold(value))
        found.append(spelt or value)
        strange += [] if spelt else [value]
        joint = _JOINT.match(text, end)
        if joint is None:
            break
        word = joint["word"].strip(", ").lower()
        if word == "and" and field.type is not FieldType.TAGS:
            break
        following = _value(text, joint.end(), known, said=False)
        if following is None:  # the next condition begins there
            break
        joints.add(word or ",")
        at = joint.end()
    if not found or joints >= {"and", "or"}:
        return None
    return _List(found, "and" in joints, end, tuple(strange) if known else ())


def _value(text: str, at: int, known: dict[str, str], *, said: bool) -> tuple[str, int] | None:
    if quoted := _QUOTED.match(text, at):
        return (quoted["double"] or quoted["single"]).strip(), quoted.end()
    for value in sorted(known, key=len, reverse=True):
        length = len(value)
        if fold(text[at : at + length]) == value and not text[at + length : at + length + 1].isalnum():
            return text[at : at + length], at + length
    word = _WORD.match(text, at) if said else None
    if word is None or fold(word[0]) in _FUNCTION:
        return None
    return word[0], word.end()


def _listed(start: int, field: Field, listed: _List, *, negative: bool, operator: str = "") -> Clause:
    means = (
        f"no customer has {', '.join(f'“{one}”' for one in listed.strange)} there" if listed.strange else None
    )
    if field.type is FieldType.TAGS:
        name = "containsNone" if negative else "containsAll" if listed.every else "containsAny"
        return Clause(start, listed.end, field, name, listed.values, means)
    if operator in ("contains", "notContains", "startsWith", "endsWith"):
        return Clause(start, listed.end, field, operator, listed.values[0])
    if len(listed.values) > 1:
        return Clause(start, listed.end, field, "notIn" if negative else "in", listed.values, means)
    return Clause(start, listed.end, field, "notEquals" if negative else "equals", listed.values[0], means)
