"""What a person is told where a prompt gave no rule."""

from crm.grammar.reading import LONGEST, Question, Reading

_EXAMPLES = (
    "Try for example “ordered in the last 6 months and spent over 1000”, “from Mumbai or Pune with at least "
    "3 orders” or “signed up this year but never ordered”."
)
EMPTY = f"Say whom you want to reach. {_EXAMPLES}"
TOO_LONG = f"That is too long to read: say it in at most {LONGEST:,} characters. {_EXAMPLES}"
REFUSED = (
    "I only describe which customers to reach; I never change or delete anything and take no other orders. "
    + _EXAMPLES
)
EVERYONE = "Do you mean all customers? Then say “all customers”."
UNDO = "Nothing is kept between two requests: send the rules from before."
UNCHANGED = "That changes nothing: it stood there already."
_MOST = 4  # questions at once


def message(reading: Reading) -> str:
    """Which words were not understood, and what to say instead."""
    sentences = []
    plain = [one.words for one in reading.unknown if not one.hint]
    if plain:
        sentences.append(f"I don't understand {_listed(plain)}.")
    hinted = [one for one in reading.unknown if one.hint]
    sentences += [
        f"“{_short(one.words)}”: {one.hint}" for one in _once([*hinted, *reading.questions])[:_MOST]
    ]
    if not sentences:
        return f"Whom do you want to reach? “All customers” is everyone. {_EXAMPLES}"
    if not reading.understood:
        sentences.append(_EXAMPLES)
    elif plain and len(sentences) == 1:
        sentences.append(
            "Leave it out or say it otherwise; names of people and places can be put in quotation marks."
        )
    return " ".join(sentences)


def asked_by_model(question: str, unknown: tuple[str, ...]) -> str:
    """A model's question, with the words it could not place."""
    words = f"I don't understand {_listed(list(unknown))}." if unknown else ""
    return " ".join(part for part in (words, question) if part) or f"Can you say it otherwise? {_EXAMPLES}"


def beyond(reason: str) -> str:
    return f"This can't be made into a rule: {reason}"


def unfamiliar(field: str, text: str) -> str:
    return f"“{_short(text)}” is not among the {'tags' if field == 'tags' else f'{field} names'} I know of."


def _once(asked: list[Question]) -> list[Question]:
    return list({(one.words, one.hint): one for one in asked}.values())


def _listed(words: list[str]) -> str:
    quoted = [f"“{_short(word)}”" for word in dict.fromkeys(words)]
    if len(quoted) > _MOST:
        return f"{', '.join(quoted[:_MOST])} and {len(quoted) - _MOST} more"
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}" if len(quoted) > 1 else quoted[0]


def _short(words: str) -> str:
    return words if len(words) <= 60 else words[:59] + "…"
