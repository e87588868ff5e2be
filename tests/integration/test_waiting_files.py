"""Files that a browser sends to the spool under a ticket, to be looked at and imported afterwards."""

from datetime import timedelta

import pytest

from crm import accounts, auth, ingest, waiting_files
from crm.errors import NotAllowed, NotFound
from crm.moment import utc_now
from crm.stores.connection import Stores

PASSWORD = "a long enough password"
FILE = b"name,email\nAsha,asha@x.example\n"


def uploader(stores: Stores, name: str = "uma", role: str = "uploader") -> auth.Account:
    return accounts.create_account(
        stores, email=f"{name}@shop.example", name=name, role=role, password=PASSWORD, by=None, now=utc_now()
    )


def sent(client, stores: Stores, account: auth.Account) -> str:
    ticket = waiting_files.offer(stores, account)
    answer = client(None).post(f"/api/imports/files/{ticket}?filename=R%C3%A9sum%C3%A9.csv", content=FILE)
    assert answer.status_code == 201
    return answer.json()["fileId"]


def test_a_file_sent_under_a_ticket_waits_for_its_account_and_is_imported_once(
    client, stores: Stores
) -> None:
    account, other = uploader(stores), uploader(stores, "otto")
    file_id = sent(client, stores, account)
    [waiting] = waiting_files.waiting(stores, account)
    assert (waiting.id, waiting.name, waiting.size) == (file_id, "Résumé.csv", len(FILE))
    assert waiting_files.opened(stores, waiting).read() == FILE
    assert waiting_files.waiting(stores, other) == []
    choices = {"kind": "customers", "filename": waiting.name, "now": utc_now(), "waiting": file_id}
    with pytest.raises(NotFound):
        ingest.start_import(stores, None, account_id=other.id, **choices)
    import_id = ingest.start_import(stores, None, account_id=account.id, **choices)
    assert ingest.import_status(stores, import_id)["size"] == len(FILE)
    assert waiting_files.waiting(stores, account) == []
    with pytest.raises(NotFound):
        ingest.start_import(stores, None, account_id=account.id, **choices)
    waiting_files.discard(stores, waiting)  # too late: it belongs to the import
    waiting_files.drop_old(stores, now=utc_now() + timedelta(days=9))
    assert stores.db["spool.files"].count_documents({}) == 1


def test_a_file_that_nobody_imports_goes_after_a_day_or_when_it_is_removed(client, stores: Stores) -> None:
    account = uploader(stores)
    sent(client, stores, account)
    waiting_files.drop_old(stores, now=utc_now() + timedelta(hours=23))
    [waiting] = waiting_files.waiting(stores, account)
    waiting_files.discard(stores, waiting)
    assert waiting_files.waiting(stores, account) == []
    sent(client, stores, account)
    waiting_files.drop_old(stores, now=utc_now() + timedelta(hours=25))
    assert waiting_files.waiting(stores, account) == []
    assert stores.db["spool.chunks"].count_documents({}) == 0


def test_a_ticket_is_good_for_its_session_alone(client, stores: Stores) -> None:
    account = uploader(stores)
    ticket = waiting_files.offer(stores, account)
    auth.sign_out(stores, account, now=utc_now())
    with pytest.raises(NotAllowed):
        waiting_files.redeem(stores, ticket)
    for made_up in ("nothing", ticket[:-1]):
        assert client(None).post(f"/api/imports/files/{made_up}", content=FILE).status_code == 404
    analyst = uploader(stores, "ana", "analyst")
    with pytest.raises(NotAllowed):
        waiting_files.redeem(stores, waiting_files.offer(stores, analyst))
