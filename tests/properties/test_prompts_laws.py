"""Laws of the grammar over prompts that nobody would write."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from crm import segments
from crm.fields import Field, FieldType
from crm.grammar.languages import LANGUAGES
from crm.grammar.lexicon import lexicon
from crm.prompts import Answer, understand
from tests.prompt_trees import OWN as SOME
from tests.prompt_trees import WITH_ATTRIBUTES

OWN = (*SOME, Field("(is) member*", FieldType.BOOLEAN, "(is) member*", key="a9"))
VALUES = replace(WITH_ATTRIBUTES, attributes=OWN)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Kolkata")

_OURS = {language: sorted(" ".join(phrase) for phrase in lexicon(language).entries) for language in LANGUAGES}
_OTHERS = [
    "5",
    "1000",
    "2025",
    "10k",
    "₹500",
    "1,5000",
    "1.500",
    "2025-02-30",
    "5/3/2025",
    "(",
    ")",
    ",",
    ".",
]
_VALUES = ["Mumbai", "vip", "India", "Singapore", '"Pune"', "@x.example", "blorf", "3rd", "$", "red"]
_VALUES += [field.name for field in OWN]
salads = st.one_of(
    st.lists(st.sampled_from(ours + _OTHERS * 4 + _VALUES * 4), max_size=12).map(" ".join)
    for ours in _OURS.values()
)


def ask(text: str) -> Answer:
    return understand(text, now=NOW, zone=ZONE, values=VALUES)


def _holds_together(answer: Answer) -> None:
    if answer.kind == "segment":
        rule = segments.parse(answer.rules, VALUES.fields)
        assert segments.describe(rule)
        assert segments.to_filter(rule, now=NOW, zone=ZONE) is not None
    else:
        assert answer.rules is None
        assert answer.message
        assert len(answer.message) < 2_000


@given(salads)
def test_known_words_in_any_order_are_a_rule_or_a_question(text: str) -> None:
    _holds_together(ask(text))


@given(st.text(max_size=300))
def test_any_text_is_a_rule_or_a_question(text: str) -> None:
    _holds_together(ask(text))


@given(salads)
def test_an_unknown_word_is_never_passed_over(text: str) -> None:
    if '"' not in text and text.count("'") == 0:
        assert ask(f"{text} and qwrtz").kind != "segment"
