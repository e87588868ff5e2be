"""How files are read: agreed to on the page, stored with the import, and remembered for files like it."""

import gzip
import io
from datetime import UTC, datetime
from functools import partial

from crm import ingest
from crm.ingestion import memory
from crm.ingestion.choices import Choices
from crm.moment import utc_now
from crm.stores.connection import Stores
from tests.integration.test_imports import finish, imported, start
from tests.unit.test_ingestion_formats import CSV, as_ndjson, as_parquet, as_xlsx, zipped

ORDERS = "Nr;Kunde;am;Summe\n{};a@x.example;03/04/2025;1,5\n"
SAID = Choices(
    kind="orders", columns={0: {"field": "orderReference"}, 2: {"field": "createdAt", "dates": "dmy"}}
)


def agreed(stores: Stores, content: str, choices: Choices) -> str:
    """Import a file as a person agreed to on the page."""
    file = io.BytesIO(content.encode())
    preview = ingest.preview_file(file, "x.csv", choices=choices, recall=partial(memory.recall, stores))
    assert preview.reading is not None
    memory.remember(
        stores, preview.columns, preview.reading.kind, choices, account_id="someone", now=utc_now()
    )
    file.seek(0)
    return ingest.start_import(
        stores,
        file,
        kind=None,
        filename="x.csv",
        account_id="someone",
        now=utc_now(),
        reading=preview.reading,
    )


def test_a_file_is_read_as_was_agreed_and_files_like_it_are_too(stores: Stores) -> None:
    [first] = finish(stores, agreed(stores, ORDERS.format("A1"), SAID))
    assert first["message"] == "1 order: 1 created."
    second = imported(stores, "Summe;am;Kunde;Nr\n2,5;05/06/2025;b@x.example;A2\n")
    assert second["message"] == "1 order: 1 created."
    found = {one["_id"]: (one["createdAt"].isoformat()[:10], one["total"]) for one in stores.db.orders.find()}
    assert found == {"A1": ("2025-04-03", 1.5), "A2": ("2025-06-05", 2.5)}


def test_refused_rows_that_were_downloaded_and_corrected_are_read_as_their_file_was(stores: Stores) -> None:
    refused = "Wer,Wann,Fon\nasha@x.example,03/04/2025,+91 98765\nbo@x.example,31/31/2025,+91 5\n"
    said = {1: {"field": "accountCreated", "dates": "dmy"}, 2: {"field": "phone"}}
    [first] = finish(stores, agreed(stores, refused, Choices(kind="customers", columns=said)))
    download = "".join(ingest.import_rejections_csv(stores, first["_id"]))
    corrected = imported(stores, download.replace("31/31/2025", "05/06/2025"))
    assert corrected["message"] == "1 customer: 1 created."
    bo = stores.db.customers.find_one({"email": "bo@x.example"})
    assert bo is not None
    assert (bo["accountCreated"], bo["phone"]) == (datetime(2025, 6, 5, tzinfo=UTC), "+91 5")
    assert "attributes" not in bo


def test_corrected_rows_that_are_refused_again_can_be_downloaded_and_corrected_again(stores: Stores) -> None:
    first = imported(stores, "name,email,age\nBo,bo@x.example,old\n")
    download = "".join(ingest.import_rejections_csv(stores, first["_id"]))
    again = imported(stores, download.replace("old", "older"))
    download = "".join(ingest.import_rejections_csv(stores, again["_id"]))
    assert download.splitlines()[0] == "name,email,age,row,field,code,reason"
    assert imported(stores, download.replace("older", "41"))["message"] == "1 customer: 1 created."
    [bo] = stores.db.customers.find()
    assert (bo["age"], "attributes" in bo) == (41, False)


def test_what_is_said_later_is_kept_over_what_was_said_before(stores: Stores) -> None:
    finish(stores, agreed(stores, ORDERS.format("A1"), SAID))
    finish(stores, agreed(stores, ORDERS.format("A2"), Choices(columns={2: {"dates": "mdy"}})))
    recalled = memory.recall(stores, ["Nr", "Kunde", "am", "Summe"])
    assert recalled is not None
    assert recalled.columns == {
        0: {"field": "orderReference"}, 2: {"field": "createdAt", "dates": "mdy"},
    }  # fmt: skip


def test_nothing_is_remembered_where_nothing_was_said_and_what_is_forgotten_is_gone(stores: Stores) -> None:
    headers = ["email", "$where", "a.b"]
    memory.remember(stores, headers, "customers", Choices(), account_id=None, now=utc_now())
    assert memory.recall(stores, headers) is None
    said = Choices(columns={1: {"field": None}})
    memory.remember(stores, headers, "customers", said, account_id=None, now=utc_now())
    assert memory.recall(stores, headers) == Choices(kind="customers", columns={1: {"field": None}})
    memory.forget(stores, headers)
    assert memory.recall(stores, headers) is None


def test_files_of_every_format_and_packing_come_in_from_the_spool(stores: Stores) -> None:
    contents = [
        as_xlsx(),
        as_parquet(),
        gzip.compress(as_ndjson()),
        gzip.compress(as_xlsx()),
        zipped(("orders.csv", CSV)),
    ]
    statuses = finish(stores, *[start(stores, content) for content in contents])
    assert [one["state"] for one in statuses] == ["finished"] * len(contents)
    # They are read side by side, so any of them may be the first.
    counted = sorted((one["counts"]["created"], one["counts"]["unchanged"]) for one in statuses)
    assert counted == [(0, 2), (0, 2), (0, 2), (0, 2), (2, 0)]
    assert sorted(one["total"] for one in stores.db.orders.find()) == [3, 12.5]


def test_a_packed_file_that_is_damaged_leaves_nothing_behind(stores: Stores) -> None:
    rows = "".join(f"p{number}@x.example\n" for number in range(20_000))
    packed = gzip.compress(f"email\n{rows}".encode())
    [status] = finish(stores, start(stores, packed[:-100]))
    assert (status["state"], status["counts"]["read"]) == ("failed", 0)
    assert "cut short" in status["message"]
    assert stores.db.customers.count_documents({}) == 0
