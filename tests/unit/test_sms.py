"""How long a text message is, by the rules of GSM 03.38."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.sms import Length, measure


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", Length("GSM-7", 0, 0, 160, "")),
        ("a" * 160, Length("GSM-7", 160, 1, 0, "")),
        ("a" * 161, Length("GSM-7", 161, 2, 145, "")),
        ("a" * 306, Length("GSM-7", 306, 2, 0, "")),
        ("€" * 80, Length("GSM-7", 160, 1, 0, "")),
        ("a" * 152 + "€" + "a" * 10, Length("GSM-7", 164, 2, 141, "")),  # the € is not cut in two
        ("₹" + "a" * 69, Length("UCS-2", 70, 1, 0, "₹")),
        ("₹" + "a" * 70, Length("UCS-2", 71, 2, 63, "₹")),
        ("😀" * 35, Length("UCS-2", 70, 1, 0, "😀")),
        ("😀" * 36, Length("UCS-2", 72, 2, 61, "😀")),  # 33 in the first part, 3 in the second
        ("नमस्ते", Length("UCS-2", 6, 1, 64, "नमस्ते")),
    ],
)
def test_a_length_is_counted_in_units_and_parts(text, length):
    assert measure(text) == length


@given(st.text(max_size=700))
def test_a_longer_text_never_has_fewer_parts(text):
    whole, part = measure(text), measure(text[: len(text) // 2])
    assert whole.parts >= part.parts
    assert whole.left >= 0
