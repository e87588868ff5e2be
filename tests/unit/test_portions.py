"""How many batches share a transaction: as many as take half a second, by what the last one took."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from crm.ingestion.batches import Batch
from crm.ingestion.portions import LEAST, MOST, OF_AN_IMPORT, portions


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    """One that has not persisted anything yet."""
    with ThreadPoolExecutor(1) as thread:
        yield thread


def _batches(count: int, records: int = 500, import_id: str | None = None) -> list[Batch]:
    return [
        Batch("orders", f"b{number}", number, range(records), [{}] * records, import_id)
        for number in range(count)
    ]


def _sizes(found: list[Batch], seconds: float) -> list[int]:
    """Records of each portion where each record takes so long."""
    sizes: list[int] = []
    for portion in portions(found, lambda: sum(sizes) * seconds):
        sizes.append(sum(len(batch.records) for batch in portion))
    return sizes


def test_the_next_transaction_has_as_many_records_as_take_half_a_second(thread: ThreadPoolExecutor) -> None:
    assert thread.submit(_sizes, _batches(20), 1 / 8000).result() == [2000, 4000, 4000]


def test_where_records_are_quick_a_transaction_has_a_bounded_number(thread: ThreadPoolExecutor) -> None:
    assert thread.submit(_sizes, _batches(40), 1e-9).result() == [2000, MOST, MOST, 2000]


def test_where_records_are_slow_a_transaction_has_one_batch(thread: ThreadPoolExecutor) -> None:
    assert thread.submit(_sizes, _batches(6), 1.0).result() == [2000, LEAST, LEAST]


def test_after_a_transaction_that_failed_for_taking_too_long_the_next_is_small(
    thread: ThreadPoolExecutor,
) -> None:
    def work() -> list[int]:
        times = iter([0.0, 30.0])
        with suppress(TimeoutError):
            for _ in portions(_batches(4), lambda: next(times)):
                raise TimeoutError
        return _sizes(_batches(4), 1.0)

    assert thread.submit(work).result() == [LEAST] * 4


def test_transactions_of_an_import_stay_small_enough_to_be_undone(thread: ThreadPoolExecutor) -> None:
    sizes = thread.submit(_sizes, _batches(8, import_id="i"), 1e-9).result()
    assert sizes == [OF_AN_IMPORT, OF_AN_IMPORT]


def test_a_batch_with_more_records_than_that_stands_alone(thread: ThreadPoolExecutor) -> None:
    found = _batches(3, records=MOST + 1)
    assert thread.submit(_sizes, found, 1e-9).result() == [MOST + 1] * 3


def test_every_batch_is_in_one_portion_in_its_order(thread: ThreadPoolExecutor) -> None:
    found = _batches(23, records=700)
    told = thread.submit(lambda: [batch for portion in portions(found) for batch in portion]).result()
    assert told == found
