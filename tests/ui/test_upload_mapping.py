"""How a dropped file is read: shown, asked, overruled, and imported as was agreed."""

from typing import Any

from streamlit.testing.v1 import AppTest

from crm.ingestion import memory
from crm.stores.connection import Document, Stores
from tests.ui.conftest import Opener
from tests.unit.test_ingestion_formats import zipped

ORDERS = b"Nr;Kunde;am;Summe\nA1;a@x.example;03/04/2025;1,5\n"
PEOPLE = b"email,Name,signup date,Shoe size\na@x.example,Asha,2025-02-28,42\n"


def dropped(open_page: Opener, content: bytes) -> AppTest:
    app = open_page("upload", role="uploader")
    app.file_uploader[0].upload("file.csv", content).run()
    assert not app.exception
    return app


def widget(boxes: Any, name: str, position: int | None = None) -> Any:
    """The widget of this name, of the column at this position; their keys have the file's id between."""
    [found] = [
        box
        for box in boxes
        if (parts := (box.key or "").split("_"))[0] == name
        and (position is None or str(position) in parts[2:4])
    ]
    return found


def fields(app: AppTest) -> list[str]:
    return [box.value for box in app.selectbox if (box.key or "").startswith("field_")]


def started(app: AppTest, stores: Stores) -> Document:
    """The import that the button starts."""
    [button] = [one for one in app.button if one.label.startswith("Import ")]
    button.click().run()
    assert not app.exception
    [document] = stores.db.imports.find()
    return document


def test_what_no_row_tells_is_asked_and_the_answer_is_how_the_file_is_read(
    installation: Stores, open_page: Opener
) -> None:
    app = dropped(open_page, ORDERS)
    assert fields(app) == ["", "customerEmail", "createdAt", "total"]
    question = widget(app.segmented_control, "asks", 2)
    assert question.options == ["Day", "Month"]
    question.set_value("dmy").run()
    assert not [one for one in app.segmented_control if (one.key or "").startswith("asks")]
    document = started(app, installation)
    assert document["kind"] == "orders"
    assert document["reading"]["columns"][2]["dates"] == "dmy"
    assert document["reading"]["columns"][3]["decimal"] == ","


def test_a_column_goes_where_it_is_sent_and_files_like_it_are_read_so_too(
    installation: Stores, open_page: Opener
) -> None:
    app = dropped(open_page, ORDERS)
    widget(app.selectbox, "field", 0).set_value("orderReference").run()
    widget(app.selectbox, "field", 1).set_value("").run()
    widget(app.selectbox, "zone", 2).set_value("Asia/Kolkata").run()
    assert fields(app) == ["orderReference", "", "createdAt", "total"]
    widget(app.selectbox, "field", 1).set_value("customerEmail").run()
    document = started(app, installation)
    assert [one["field"] for one in document["reading"]["columns"]] == [
        "orderReference", "customerEmail", "createdAt", "total",
    ]  # fmt: skip
    recalled = memory.recall(installation, ["Nr", "Kunde", "am", "Summe"])
    assert recalled is not None
    assert recalled.columns == {
        0: {"field": "orderReference"}, 1: {"field": "customerEmail"}, 2: {"zone": "Asia/Kolkata"},
    }  # fmt: skip


def test_a_field_goes_to_one_column_at_a_time(installation: Stores, open_page: Opener) -> None:
    app = dropped(open_page, PEOPLE)
    assert fields(app) == ["email", "name", "accountCreated", "attributes.Shoe size"]
    widget(app.selectbox, "field", 3).set_value("name").run()
    assert fields(app) == ["email", "", "accountCreated", "name"]


def test_a_new_attribute_is_of_the_type_that_is_chosen(installation: Stores, open_page: Opener) -> None:
    app = dropped(open_page, PEOPLE)
    widget(app.selectbox, "attribute", 3).set_value("text").run()
    [column] = started(app, installation)["reading"]["columns"][3:]
    assert (column["field"], column["attribute"]) == ("attributes.Shoe size", "text")


def test_an_encoding_that_is_chosen_counts(installation: Stores, open_page: Opener) -> None:
    app = dropped(open_page, "email,name\na@x.example,Żaneta\n".encode("cp1250"))
    widget(app.selectbox, "encoding").set_value("cp1250").run()
    assert app.dataframe[0].value["Name"].to_list() == ["Żaneta"]


def test_another_kind_is_another_set_of_fields(installation: Stores, open_page: Opener) -> None:
    app = dropped(open_page, b"email,total spent\na@x.example,5\n")
    widget(app.segmented_control, "kind").set_value("orders").run()
    assert fields(app) == ["customerEmail", ""]
    assert "an order" not in [one.label for one in app.button]


def test_a_file_of_many_columns_is_shown_page_by_page(installation: Stores, open_page: Opener) -> None:
    names = ["email", *[f"c{number}" for number in range(499)]]
    app = dropped(open_page, f"{','.join(names)}\na@x.example{',1' * 499}\n".encode())
    assert len(fields(app)) == 20


def test_of_several_files_in_a_zip_one_is_chosen(installation: Stores, open_page: Opener) -> None:
    app = dropped(open_page, zipped(("orders.csv", ORDERS), ("people.csv", PEOPLE)))
    widget(app.selectbox, "part").set_value("people.csv").run()
    assert fields(app) == ["email", "name", "accountCreated", "attributes.Shoe size"]
    assert started(app, installation)["reading"]["table"]["part"] == "people.csv"


def test_the_place_for_files_is_empty_again_once_all_that_was_dropped_is_imported(
    installation: Stores, open_page: Opener
) -> None:
    app = open_page("upload", role="uploader")
    others = b"email\nb@x.example\n"
    app.file_uploader[0].set_value([("a.csv", PEOPLE, "text/csv"), ("b.csv", others, "text/csv")]).run()
    assert len(app.file_uploader[0].value) == 2
    [first, _] = [one for one in app.button if one.label == "Import customers"]
    first.click().run()
    assert len(app.file_uploader[0].value) == 2
    [second] = [one for one in app.button if one.label == "Import customers"]
    second.click().run()
    assert not app.exception
    assert app.file_uploader[0].value == []
    assert installation.db.imports.count_documents({}) == 2


def test_a_refused_row_is_shown_as_it_is_written_beside_the_others(
    installation: Stores, open_page: Opener
) -> None:
    app = dropped(open_page, b"email,age,joined\na@x.example,30,2025-01-02\nnobody,31,2025-01-03\n")
    shown = app.dataframe[0].value
    assert list(shown.columns) == ["will be", "E-mail", "Age", "Signed up"]
    assert list(shown.iloc[0]) == ["taken", "a@x.example", "30", "2 Jan 2025"]
    assert list(shown.iloc[1])[1:] == ["nobody", "31", "2025-01-03"]


def test_a_file_without_rows_offers_no_import(installation: Stores, open_page: Opener) -> None:
    app = dropped(open_page, b"email,name\n")
    assert [one.value for one in app.warning] == [r"The file has a header and no rows\."]
    assert not [one for one in app.button if one.label in ("Import customers", "Check first")]


def test_totals_are_asked_about_only_where_a_file_has_them(installation: Stores, open_page: Opener) -> None:
    app = dropped(open_page, b"email,name\na@x.example,Asha\n")
    assert not [one for one in app.checkbox if one.label == "Leave out their totals"]
    app.file_uploader[0].upload("totals.csv", b"email,total spent\na@x.example,5\n").run()
    assert [one for one in app.checkbox if one.label == "Leave out their totals"]
