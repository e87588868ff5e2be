"""What a writer is warned of before a campaign goes out."""

import pytest

from ui import campaign_cautions

LETTER = {"subject": "Autumn", "messageTemplate": "Hi {name}"}
NO_SUBJECT = "Those who get it by e-mail see no subject: write one."
ALIKE = "Variants A and B say the same, so there is nothing to compare."


def variants(*texts):
    return [{"name": name, "share": 1, **text} for name, text in zip("ABC", texts, strict=False)]


@pytest.mark.parametrize(
    ("campaign", "said"),
    [
        (LETTER, []),
        ({"messageTemplate": "Hi"}, [NO_SUBJECT]),
        ({"messageTemplate": "Hi", "channel": "sms"}, []),
        (LETTER | {"variants": variants({}, {"subject": " Autumn "})}, [ALIKE]),
        (LETTER | {"variants": variants({}, {"subject": "Winter"})}, []),
        (
            {"messageTemplate": "Hi", "variants": variants({"subject": "A"}, {"html": "<b>Hi</b>"})},
            [NO_SUBJECT],
        ),
    ],
)
def test_a_missing_subject_and_variants_that_are_one_are_said(campaign, said):
    assert campaign_cautions.of(campaign) == said
