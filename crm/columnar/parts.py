"""Parts: immutable sets of customers with all their orders, as Arrow files that processes share by mmap.

A part is a folder:

- `customers.arrow`: one row a customer, by id: the id, then a column a field; a custom attribute's only
  where somebody in the part has it
- `values-<column>.arrow`: what the codes of a column stand for, code 0 being missing
- `orders.arrow`: `customer` (row), `key` (of its id), `createdAt`, `total`, `status` (code), by customer and
  then by date
- `refunds.arrow`: `order` (row), `refund`, of those orders alone of which something was given back
- `lines.arrow`: `order` (row), `offer` (code), `quantity`, by order
- `values-offer.arrow`: `product` (row of the next) and `price`; a product's offers follow each other. With
  the price in here a line takes no more room for it, as long as a shop has few prices for a product
- `values-product.arrow`: product id, name and category together, folded and (`<name>.written`) as written
- `values-status.arrow`

Numbers and instants hold NaN where there is none. Nothing is compressed, so that opening a part costs a
few mmaps whatever its size, and every process shares the same pages.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from crm.columnar import encode
from crm.fields import FieldType

_PRODUCT = ["productId", "product", "category"]
_ID_HIGH, _ID_LOW, _ID = "_id.high", "_id.low", "_id"
_HEX = r"^[0-9a-f]{24}$"
_ATTRIBUTE = re.compile(r"a[0-9]+\.")


Bought = tuple[pl.DataFrame, pl.DataFrame]  # orders and lines, as `encode` makes them
Wide = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]  # customers, orders, lines


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Part:
    """One part, opened. `values` maps a coded column to what its codes stand for."""

    customers: pl.DataFrame
    orders: pl.DataFrame
    refunds: pl.DataFrame
    lines: pl.DataFrame
    values: dict[str, pl.DataFrame]

    def __len__(self) -> int:
        return self.customers.height

    def column(self, name: str) -> pl.Series:
        """A column, of missing values where it is that of an attribute which nobody in this part has."""
        if name in self.customers.columns:
            return self.customers[name]
        kind = name.rpartition(".")[2]
        if kind in (FieldType.TEXT, FieldType.TAGS):
            return pl.Series(name, [None], dtype=pl.String).new_from_index(0, len(self))
        if kind == FieldType.BOOLEAN:
            return pl.Series(name, [encode.UNKNOWN], dtype=pl.UInt8).new_from_index(0, len(self))
        return pl.Series(name, [float("nan")], dtype=pl.Float64).new_from_index(0, len(self))

    def ids(self, rows: np.ndarray | None = None) -> list[str]:
        """The customers' ids, of these rows or of all."""
        frame = self.customers if rows is None else self.customers[rows]
        if _ID in frame.columns:
            return frame[_ID].to_list()
        pairs = zip(frame[_ID_HIGH].to_list(), frame[_ID_LOW].to_list(), strict=True)
        return [f"{high:016x}{low:08x}" for high, low in pairs]

    def rows_of(self, ids: pl.Series) -> np.ndarray:
        """The rows of those of these ids that are in this part."""
        keys = _id_columns(ids.rename(_ID))
        if keys.columns != [column for column in self.customers.columns if column.startswith(_ID)]:
            mine = pl.DataFrame({_ID: self.ids()})
            keys = pl.DataFrame({_ID: ids})
        else:
            mine = self.customers.select(keys.columns)
        found = mine.with_row_index("row").join(keys, on=keys.columns, how="semi")
        return found["row"].to_numpy()

    def holders(self, keys: pl.Series) -> list[str]:
        """The customers of the orders with these keys."""
        found = np.flatnonzero(self.orders["key"].is_in(keys.implode()).to_numpy())
        return self.ids(np.unique(self.orders["customer"].to_numpy()[found])) if len(found) else []

    def wide(self, keep: np.ndarray) -> Wide:
        """The wide frames of the customers that `keep` (a mask) says."""
        customers = self.people(np.flatnonzero(keep))
        return customers, *self.bought(keep, customers[_ID])

    def people(self, rows: np.ndarray) -> pl.DataFrame:
        """The wide frame of the customers in these rows, without their orders."""
        ids = pl.Series(_ID, self.ids(rows), dtype=pl.String)
        people = self.customers[rows]
        names = [name for name in people.columns if not name.startswith(_ID)]
        return pl.DataFrame([ids, *(self._wide_column(people, name) for name in names)])

    def bought(self, keep: np.ndarray, ids: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The wide frames of the orders of the customers that `keep` says and whose ids these are."""
        rows = np.flatnonzero(keep)
        owner = self.orders["customer"].to_numpy()
        ordered = keep[owner]
        bought = self.orders.filter(ordered)
        place = np.cumsum(ordered, dtype=np.int32) - 1
        orders = bought.select(
            "key",
            ids.gather(np.searchsorted(rows, owner[ordered])).alias("customerId"),
            pl.col("createdAt").cast(pl.Float64),
            pl.col("total").cast(pl.Float64),
            self._decoded(bought, "status"),
            self._refunds(ordered, place, bought.height),
        )
        pieces = self.lines.filter(ordered[self.lines["order"].to_numpy()])
        products, offers = self.values["product"], self.values["offer"][pieces["offer"].to_numpy()]
        codes = offers["product"].to_numpy()
        lines = pl.DataFrame(
            [pl.Series("order", place[pieces["order"].to_numpy()], dtype=pl.Int32)]
            + [products[f"{name}.written"].gather(codes).rename(name) for name in _PRODUCT]
            + [pieces["quantity"].cast(pl.Float64), offers["price"].cast(pl.Float64)]
        )
        return orders, lines

    def _refunds(self, ordered: np.ndarray, place: np.ndarray, many: int) -> pl.Series:
        """What was given back of each of the orders that `ordered` says, which get these places."""
        found = np.full(many, np.nan)
        mine = self.refunds.filter(ordered[self.refunds["order"].to_numpy()])
        found[place[mine["order"].to_numpy()]] = mine["refund"].to_numpy()
        return pl.Series("refund", found)

    def _wide_column(self, frame: pl.DataFrame, name: str) -> pl.Series:
        if name in self.values:
            return self._decoded(frame, name)
        series = frame[name]
        return series.cast(pl.Float64) if series.dtype.is_numeric() and not _is_flag(name, series) else series

    def _decoded(self, frame: pl.DataFrame, name: str) -> pl.Series:
        return self.values[name][name].gather(frame[name].to_numpy()).rename(name)


def together(frames: Iterable[Wide]) -> Wide:
    """Several wide frames as one; lines follow their orders."""
    frames = list(frames)
    orders, lines = bought_together([(orders, lines) for _, orders, lines in frames])
    return level([customers for customers, _, _ in frames]), orders, lines


def bought_together(some: Iterable[Bought]) -> Bought:
    """Orders and lines of several as one; lines follow their orders."""
    orders, lines = [], []
    before = 0
    for bought, pieces in some:
        orders.append(bought)
        lines.append(pieces.with_columns((pl.col("order") + before).cast(pl.Int32)))
        before += bought.height
    return pl.concat(orders), pl.concat(lines)


def level(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Wide frames of customers as one; who comes from a frame without an attribute does not have it."""
    found = pl.concat(frames, how="diagonal")
    uneven = [name for name in found.columns if any(name not in frame.columns for frame in frames)]
    return found.with_columns(
        pl.col(name).fill_null(float("nan") if found[name].dtype == pl.Float64 else encode.UNKNOWN)
        for name in uneven
        if found[name].dtype in (pl.Float64, pl.UInt8)
    )


def _is_flag(name: str, series: pl.Series) -> bool:
    of_flags = name.startswith("is") or name.endswith(f".{FieldType.BOOLEAN}")
    return of_flags and series.dtype == pl.UInt8


def write(folder: Path, customers: pl.DataFrame, orders: pl.DataFrame, lines: pl.DataFrame) -> None:
    """Write wide frames as a part. Orders of customers that are not among these are left out."""
    folder.mkdir(parents=True)
    customers = customers.sort(_ID)
    values: dict[str, pl.DataFrame] = {}
    columns = _id_columns(customers[_ID]).get_columns()
    for series in customers.drop(_ID).get_columns():
        if not _ATTRIBUTE.match(series.name) or not _is_missing(series):
            columns.append(_narrow(series, values))
    placed, lines = _placed(customers[_ID], orders, lines)
    codes, found = encode.encode_by(placed["status"], placed["status"].drop_nulls().unique())
    values["status"] = found.to_frame()
    placed = placed.with_columns(codes, encode.narrow_numbers(placed["total"]))
    refunds = placed.select("refund").with_row_index("order").filter(pl.col("refund").is_not_nan())
    lines = _coded_lines(lines, values)
    _save(folder / "customers.arrow", pl.DataFrame(columns))
    _save(folder / "orders.arrow", placed.drop("refund"))
    _save(folder / "refunds.arrow", refunds.with_columns(encode.narrow_numbers(refunds["refund"])))
    _save(folder / "lines.arrow", lines)
    for name, frame in values.items():
        _save(folder / f"values-{name}.arrow", frame)


def _is_missing(series: pl.Series) -> bool:
    """Whether nobody has a value in a wide column."""
    if series.dtype == pl.Float64:
        return bool(series.is_nan().all())
    return bool((series == encode.UNKNOWN).all()) if series.dtype == pl.UInt8 else not series.count()


def _narrow(series: pl.Series, values: dict[str, pl.DataFrame]) -> pl.Series:
    if series.dtype == pl.Float64:
        return encode.narrow_numbers(series)
    if series.dtype == pl.UInt8:
        return series
    coded = (
        encode.encode_by(series, series.drop_nulls().unique(maintain_order=True))
        if series.dtype == pl.List(pl.String)
        else encode.dictionary(series)
    )
    if coded is None:
        return series
    codes, found = coded
    values[series.name] = found.to_frame()
    return codes


def _placed(ids: pl.Series, orders: pl.DataFrame, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders by their customer's row, and lines by their order's new row."""
    rows = pl.DataFrame({"customerId": ids}).with_row_index("customer")
    placed = (
        orders.with_row_index("before")
        .join(rows, on="customerId", how="inner")
        .sort("customer", "createdAt", "before")
        .with_row_index("after")
    )
    moved = placed.select(pl.col("before").cast(pl.Int32).alias("order"), pl.col("after").cast(pl.Int32))
    lines = lines.join(moved, on="order", how="inner").sort("after")
    lines = lines.drop("order").rename({"after": "order"})
    placed = placed.select(pl.col("customer").cast(pl.Int32), "key", "createdAt", "total", "status", "refund")
    return placed, lines.select("order", *_PRODUCT, "quantity", "price")


def _coded_lines(lines: pl.DataFrame, values: dict[str, pl.DataFrame]) -> pl.DataFrame:
    lines = lines.with_columns(pl.col("price").fill_nan(None))
    keys = [*_PRODUCT, "price"]
    offers = lines.select(keys).unique().sort(keys).with_row_index("offer")
    products = offers.select(_PRODUCT).unique(maintain_order=True).with_row_index("row")
    values["product"] = products.select(
        *(encode.folded(products[name]) for name in _PRODUCT),
        *(pl.col(name).alias(f"{name}.written") for name in _PRODUCT),
    )
    of = offers.join(products, on=_PRODUCT, how="left", nulls_equal=True, maintain_order="left")
    prices = encode.narrow_numbers(of["price"].fill_null(float("nan")))
    values["offer"] = pl.DataFrame([of["row"].rename("product"), prices])
    coded = lines.join(offers, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return coded.select(
        "order",
        pl.col("offer").cast(encode.code_type(offers.height)),
        encode.narrow_numbers(coded["quantity"]),
    )


def _id_columns(ids: pl.Series) -> pl.DataFrame:
    """Ids of 24 hexadecimal digits as two integers (12 bytes instead of 40), others as they are."""
    if len(ids) and not ids.str.contains(_HEX).all():
        return pl.DataFrame({_ID: ids})
    return pl.DataFrame(
        {
            _ID_HIGH: ids.str.slice(0, 16).str.to_integer(base=16, dtype=pl.UInt64),
            _ID_LOW: ids.str.slice(16, 8).str.to_integer(base=16, dtype=pl.UInt32),
        }
    )


def _save(path: Path, frame: pl.DataFrame) -> None:
    # One record batch: a column in several pieces could not be a NumPy array without a copy.
    frame.rechunk().write_ipc(path, compression="uncompressed", record_batch_size=max(frame.height, 1))


def read(folder: Path) -> Part:
    """Open a part. Raises OSError when it is not there."""
    frames = {path.stem: _mapped(path) for path in sorted(folder.glob("*.arrow"))}
    values = {name.removeprefix("values-"): frame for name, frame in frames.items() if "-" in name}
    return Part(frames["customers"], frames["orders"], frames["refunds"], frames["lines"], values)


def _mapped(path: Path) -> pl.DataFrame:
    # polars reads IPC files into memory of its own; through pyarrow the pages stay the file's.
    with pa.memory_map(str(path)) as source:
        frame = pl.from_arrow(pa.ipc.open_file(source).read_all(), rechunk=False)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101  # a table never comes back as a series
    return frame
