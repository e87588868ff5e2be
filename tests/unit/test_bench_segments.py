"""The rules that previews are timed with say the same by hand, in a large part and in a small one."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from benchmarks import segment_reports, shop
from benchmarks.segment_rules import SHAPES, TEXT_SHAPES, Arrays, Shape
from benchmarks.segment_shop import customer_documents, order_documents
from crm import segments
from crm.columnar import encode, sums
from crm.columnar.evaluate import evaluate
from crm.columnar.shelf import Shelf, State
from crm.fields import FIELDS
from crm.scope import Catalogue, Scope

LARGE, SMALL, ORDERS = 5_000, 40, 8_000  # so large that texts which never repeat are kept as they are


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    shelf = Shelf(tmp_path_factory.mktemp("bench"))
    orders = encode.orders(list(order_documents(range(ORDERS), LARGE + SMALL, ORDERS)))
    wides = [
        (encode.customers(list(customer_documents(numbers, LARGE + SMALL, ORDERS)), FIELDS.values()), *orders)
        for numbers in (range(LARGE), range(LARGE, LARGE + SMALL))
    ]
    shelf.replace(wides, as_of=shop.EPOCH, token=None, fields={}, source="bench")
    found = shelf.state()
    assert found is not None
    assert ["email" in part.values for part, _ in found.parts] == [False, True]
    return found


@pytest.mark.parametrize("shape", (*SHAPES, *TEXT_SHAPES), ids=lambda shape: shape.name)
def test_a_shape_selects_the_same_by_hand(state: State, shape: Shape):
    found = evaluate(state, segments.parse(shape.tree), now=shop.EPOCH, zone=ZoneInfo("UTC"))
    for number, (part, _) in enumerate(state.parts):
        masks = shape.by_hand(Arrays(part))
        assert np.array_equal(masks[0], found.selected[number])


def test_the_reports_that_are_timed_have_every_order_in_them(state: State):
    assert {figure.name for figure in segment_reports.figures(state, ORDERS)} == {
        "overview_reports", "explore_reports",
    }  # fmt: skip
    nothing = Catalogue([], [], [])
    counted = sum(row["orders"] for row in sums.totals(state, Scope(), nothing))
    revenue = sum(row["revenue"] for row in sums.by_line(state, Scope(), nothing, "product"))
    assert counted == ORDERS
    assert revenue == pytest.approx(shop.totals(range(ORDERS)).sum())
