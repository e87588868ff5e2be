"""Addresses read out of what people paste and upload."""

import pytest

from crm import addresses


def found(content: str | bytes) -> list[str]:
    return list(addresses.read(content).found)


@pytest.mark.parametrize(
    "content",
    [
        "Asha <ASHA@Example.com>, b@x.example; mailto:c@y.example.",
        "name,email\nAsha,asha@example.com\n\n\"B\",'b@x.example'\nC|c@y.example|7",
        b"\xef\xbb\xbfEMAIL\r\nasha@example.com\r\nb@x.example\r\nc@y.example\r\n",
        "email\nasha@example.com\nb@x.example\nc@y.example".encode("utf-16"),
    ],
)
def test_e_mails_are_found_anywhere(content):
    assert found(content) == ["asha@example.com", "b@x.example", "c@y.example"]


def test_other_lines_are_external_ids_one_a_line():
    assert found('External ID\n B-77 \n"Ext 9",\nmüller'.encode("cp1252")) == ["b-77", "ext 9", "müller"]


def test_duplicates_and_unreadable_lines_are_reported_by_their_number():
    read = addresses.read("a@x.example\nA@X.example\none, two\nbad@\n\x01\n" + "z" * 201)
    assert list(read.found) == ["a@x.example"]
    assert (read.duplicates, read.unreadable) == (1, 4)
    assert [one["line"] for one in read.ignored] == [3, 4, 5, 6]
    assert read.ignored[0]["text"] == "one, two"
    assert len(str(read.ignored[3]["text"])) == 61


def test_only_the_first_unreadable_lines_are_listed():
    read = addresses.read("a, b\n" * 1000)
    assert (len(read.ignored), read.unreadable) == (100, 1000)


def test_a_line_of_many_signs_takes_no_longer_than_any_other():
    assert found("@" * 200_000 + "\n" + "a@" * 100_000 + "\n" + "a." * 100_000) == []


def test_more_than_a_list_may_have_is_refused(monkeypatch):
    monkeypatch.setattr(addresses, "MOST", 3)
    with pytest.raises(addresses.TooMany):
        addresses.read("1\n2\n3\n4")
