"""Upload: imports as cards and as a history, refused rows in a grid, undo with the numbers first."""

import io

import pytest

from crm import imports, ingest
from crm.moment import utc_now
from tests.integration.working import working
from tests.waiting import until
from ui import import_card, import_rejections
from workers import roles

ROLES = (*roles.KINDS["imports"], *roles.KINDS["ingest"])
PEOPLE = "name,email,age\nAsha,asha@x.example,30\nRavi,nobody,31\nMia,mia@x.example,old\n"


def imported(stores, content=PEOPLE, state="finished", **more):
    with working(stores, ROLES):
        import_id = ingest.start_import(
            stores, io.BytesIO(content.encode()), kind="customers", filename="shop.csv", account_id=None,
            now=utc_now(), **more,
        )  # fmt: skip
        until(lambda: ingest.import_status(stores, import_id)["state"] == state)
    return import_id


@pytest.fixture
def done(installation):
    """An import of three customers, two of them refused."""
    return imported(installation)


def test_the_history_tells_who_what_when_and_how_it_went(done, open_page):
    app = open_page("upload", role="uploader")
    assert not app.exception
    row = app.dataframe[0].value.iloc[0]
    assert (row["File"], row["State"], row["Kind"]) == ("shop.csv", "Finished", "customers")
    assert [row[name] for name in ("Read", "Created", "Refused")] == [3, 1, 2]


def test_an_empty_history_says_so(installation, open_page):
    app = open_page("upload", role="uploader")
    assert app.caption[0].value == "No file has been imported yet."


def test_an_imports_page_shows_its_refused_rows_with_the_reason_at_the_field(done, open_page):
    app = open_page("upload", role="uploader", **{"import": done})
    assert not app.exception
    assert app.title[0].value == r"shop\.csv"
    assert {one.label: one.value for one in app.metric}["Refused"] == "2"
    assert app.subheader[0].value == "2 refused rows"
    [chosen] = [one for one in app.selectbox if one.label == "Reason"]
    assert chosen.options == ["All reasons (2)", "age: not a number (1)", "email: invalid email (1)"]


def test_each_reason_of_a_row_stands_beside_its_own_cell():
    columns = [("mail", "email"), ("years", "age"), ("colour", "attributes.colour"), ("shoe", None)]
    status = {"mapping": [{"column": column, "field": field} for column, field in columns]}
    faults = [("email", "no address"), ("age", "no number"), ("colour", "too long"), ("name", "missing")]
    row = {
        "row": 7, "sent": False, "values": [{"column": column, "value": "?"} for column, _ in columns],
        "faults": [{"field": field, "reason": reason} for field, reason in faults],
    }  # fmt: skip
    [shown] = import_rejections._frame(status, [row]).to_dict("records")
    assert shown == {
        "row": 7, "why": "missing", "c0": "?", "why0": "no address", "c1": "?", "why1": "no number",
        "c2": "?", "why2": "too long", "c3": "?",
    }  # fmt: skip
    [sent] = import_rejections._frame(status, [row | {"sent": True}]).to_dict("records")
    assert sent["why1"] == "on its way"


def test_an_import_that_asks_says_what_it_would_do_and_is_confirmed(installation, open_page):
    import_id = imported(installation, state="asking", confirm=True)
    app = open_page("upload", role="uploader")
    assert {one.label: one.value for one in app.metric}["Would create"] == "1"
    assert any("Nothing is written yet" in one.value for one in app.markdown)
    app.button(key=f"confirm_{import_id}").click().run()
    assert not app.exception
    assert ingest.import_status(installation, import_id)["state"] == "queued"


def test_an_import_that_asks_is_let_go(installation, open_page):
    import_id = imported(installation, state="asking", confirm=True)
    app = open_page("upload", role="uploader")
    app.button(key=f"cancel_{import_id}").click().run()
    assert ingest.import_status(installation, import_id)["state"] == "cancelled"


def test_undo_asks_with_the_numbers_and_lists_what_it_left_alone(installation, done, open_page):
    ingest.accept_customers(installation, [{"email": "asha@x.example", "city": "Pune"}], now=utc_now())
    with working(installation, ROLES):
        until(lambda: installation.db.customers.find_one({"city": "Pune"}))
    app = open_page("upload", role="uploader", **{"import": done})
    app.button(key=f"undo_{done}").click().run()
    assert any("1 record changed since" in one.value for one in app.markdown)
    imports.undo_import(installation, done, account_id=None, now=utc_now())
    with working(installation, ROLES):
        until(lambda: ingest.import_status(installation, done)["state"] == "undone")
    app.run()
    assert not app.exception
    assert app.subheader[0].value == "1 record left alone"
    assert list(app.dataframe[0].value["What"]) == ["Asha"]


def test_orders_that_wait_say_for_which_file(installation, open_page):
    waiting = ingest.start_import(
        installation,
        io.BytesIO(b"x"),
        kind="customers",
        filename="people.csv",
        account_id=None,
        now=utc_now(),
    )
    orders = ingest.start_import(
        installation, io.BytesIO(b"order id,email,total\no1,a@x.example,3\n"), kind="orders",
        filename="orders.csv", account_id=None, now=utc_now(),
    )  # fmt: skip
    with pytest.raises(Exception, match="comes first"):
        ingest.run_import(installation, orders, clock=utc_now, pause=lambda _: None)
    app = open_page("upload", role="uploader")
    assert any(r"Waits until people\.csv is in" in one.value for one in app.caption)
    assert ingest.import_status(installation, orders)["waitsFor"] == waiting


def test_an_import_that_is_not_there(installation, open_page):
    app = open_page("upload", role="uploader", **{"import": "nothing"})
    assert app.warning[0].value == "There is no such import."


def test_the_customers_of_an_import_are_listed_alone(installation, done, open_page):
    imported(installation, "name,email\nOther,other@x.example\n")
    app = open_page("customers", role="marketer", **{"import": done})
    assert not app.exception
    assert list(app.dataframe[0].value["Name"]) == ["Asha"]


def test_rows_on_their_way_say_so(installation, done, open_page):
    imports.correct(installation, done, {2: {"email": "ravi@x.example"}}, now=utc_now())
    app = open_page("upload", role="uploader", **{"import": done})
    assert not app.exception


def reason_of(app):
    [chosen] = [one for one in app.selectbox if one.label == "Reason"]
    return chosen


def test_the_reason_chosen_stays_when_the_numbers_beside_the_reasons_change(installation, done, open_page):
    app = open_page("upload", role="uploader", **{"import": done})
    reason_of(app).set_value("email:invalid_email").run()
    installation.db.rejections.update_one(
        {"code": "not_a_number"}, {"$set": {"code": "invalid_email", "field": "email"}}
    )
    app.run()
    assert not app.exception
    assert reason_of(app).value == "email:invalid_email"
    assert reason_of(app).options == ["All reasons (2)", "email: invalid email (2)"]


def test_an_import_cancelled_while_it_waits_says_that_nothing_was_written(installation, open_page):
    content = io.BytesIO(PEOPLE.encode())
    import_id = ingest.start_import(
        installation, content, kind="customers", filename="shop.csv", account_id=None, now=utc_now()
    )
    app = open_page("upload", role="uploader")
    app.button(key=f"cancel_{import_id}").click().run()
    assert not app.exception
    assert ingest.import_status(installation, import_id)["message"] == "Cancelled. Nothing was written."


@pytest.mark.parametrize(
    ("undo", "said"),
    [
        ({"removed": 10_500, "restored": 0, "kept": 0}, "10,500 removed so far"),
        ({"removed": 1, "restored": 2, "kept": 3}, "1 removed, 2 as before, 3 left alone so far"),
        ({"removed": 0, "restored": 0, "kept": 0}, "Begins in a moment"),
    ],
)
def test_an_undo_under_way_tells_what_it_did_and_nothing_else(undo, said):
    assert import_card.undone_by_now(undo) == said
