"""What imports say of themselves."""

import pytest

from crm.ingestion import words


@pytest.mark.parametrize(
    ("undo", "kept", "said"),
    [
        ({"removed": 1}, 0, "Undone: 1 customer removed."),
        ({"removed": 2, "restored": 1}, 0, "Undone: 2 customers removed, 1 customer as it was before."),
        (
            {"restored": 3},
            1,
            "Undone: 3 customers as they were before. 1 was touched since and is left alone.",
        ),
        ({}, 1200, "Undone: nothing removed. 1,200 were touched since and are left alone."),
        ({}, 0, "Undone: it had changed nothing that is still there."),
    ],
)
def test_an_undo_says_what_it_did_and_what_it_left_alone(undo: dict[str, int], kept: int, said: str) -> None:
    assert words.undone("customers", undo, kept) == said


@pytest.mark.parametrize(
    ("kind", "counts", "said"),
    [
        ("orders", (1, 0, 0), "Cancelled after 1 order: 1 created. Undo the import to take that back."),
        (
            "customers", (1000, 2, 3),
            "Cancelled after 1,005 customers: 1,000 created, 2 updated, 3 unchanged. Undo the import to take "
            "that back.",
        ),
        ("customers", (0, 0, 5), "Cancelled after 5 customers: 5 unchanged."),
        (None, (0, 0, 0), "Cancelled. Nothing was written."),
    ],
)  # fmt: skip
def test_a_cancelled_import_says_what_was_in(kind: str | None, counts: tuple[int, ...], said: str) -> None:
    named = dict(zip(("created", "updated", "unchanged"), counts, strict=True))
    assert words.cancelled(kind, named) == said
