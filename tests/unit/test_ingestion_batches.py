"""How accepted records are cut into the entries of streams."""

from crm.ingestion import batches
from crm.ingestion.headers import CUSTOMERS, ORDERS
from crm.ingestion.imports import BLOCK


def test_records_of_a_stream_are_cut_into_as_few_batches_as_hold_them_all_of_about_one_size():
    rows = [(row, {"externalId": str(row)}) for row in range(1, 1004)]

    made = [batch for _, batch in batches.cut(CUSTOMERS, rows, id="b", version=1)]

    assert [len(batch.records) for batch in made] == [335, 335, 333]
    assert [row for batch in made for row in batch.rows] == [row for row, _ in rows]
    assert [batch.id for batch in made] == ["b:customers:0", "b:customers:1", "b:customers:2"]


def test_of_a_files_block_each_stream_of_orders_has_one_entry():
    rows = [(row, {"orderReference": str(row), "customerId": f"C{row:06}"}) for row in range(BLOCK)]

    found = [stream for stream, _ in batches.cut(ORDERS, rows, id="b", version=1)]

    assert len(found) == len(set(found)) == 8
