"""The delivery log as a file, through a ticket."""

import csv
import io

import pytest

from crm import accounts, campaigns, exports, log_files, tickets
from crm.auth import Account
from crm.errors import InvalidInput, NotAllowed, NotFound
from crm.log_files import LogFile
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd


@pytest.fixture
def finished(stores):
    crowd(stores, 60)
    crowd(stores, 5, name=None)
    two = [{"name": "A", "share": 1}, {"name": "B", "share": 1}]
    made = campaigns.launch_new(
        stores, name="Sale", rules=EVERYONE, template="Hi {name}", options={"variants": two},
        account=MARKETER, now=NOW,
    )  # fmt: skip
    Hands(stores).finish()
    return made["_id"]


@pytest.fixture
def anna(stores):
    return accounts.create_account(
        stores, email="anna@crm.example", name="Anna", role="analyst", password="a long enough password",
        by=None, now=NOW,
    )  # fmt: skip


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_ticket_leads_to_the_rows_that_were_chosen_without_signing_in(client, stores, finished, anna):
    reason = "not renderable: name is missing"
    ticket = log_files.offer(stores, anna, LogFile(finished, state="skipped", reason=reason))
    answer = client(None).get(f"/api/exports/log/{ticket}")
    assert answer.status_code == 200, answer.text
    assert {row["reason"] for row in rows(answer.text)} == {reason}
    assert len(rows(answer.text)) == 5
    assert "skipped.csv" in answer.headers["content-disposition"]
    assert stores.db.audit.find_one({"action": "delivery_log_exported"})["subject"] == finished


def test_a_file_of_one_variant_has_its_rows_alone(stores, finished):
    found = rows("".join(log_files.pieces(stores, LogFile(finished, variant="B"))))
    assert {row["variant"] for row in found} == {"B"}
    assert len(found) == stores.db.deliveries.count_documents({"variant": "B"})


def test_a_ticket_ends_with_the_role(stores, finished, anna):
    ticket = log_files.offer(stores, anna, LogFile(finished))
    accounts.change_role(stores, anna.id, "uploader", by=Account("x" * 24, "", "", "administrator"), now=NOW)
    with pytest.raises(NotAllowed):
        log_files.redeem(stores, ticket)


def test_a_ticket_for_one_kind_of_file_is_none_for_another(stores, finished, anna):
    ticket = log_files.offer(stores, anna, LogFile(finished))
    with pytest.raises(NotFound):
        exports.redeem(stores, ticket)
    with pytest.raises(NotFound):
        tickets.redeem(stores, "x", "log", "history")


def test_what_makes_no_sense_is_refused_before_the_first_piece(stores, finished):
    with pytest.raises(InvalidInput):
        log_files.pieces(stores, LogFile(finished, state="lost"))
