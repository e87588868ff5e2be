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
    assert app.dataframe[0].value["name"].to_list() == ["Żaneta"]


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
