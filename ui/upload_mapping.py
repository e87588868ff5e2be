"""How a dropped file is read: what was found, the questions it leaves open, and every column to overrule.

What is said is kept in the session as `Choices`, in one assignment at a time; each widget's key names the
value it was drawn with, so that it shows what the file says once something else has changed it.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from crm import attributes, ingest
from crm.attributes import TYPES
from crm.auth import Account
from crm.errors import CrmError
from crm.fields import FieldType
from crm.ingestion import containers, encodings, files, memory, numbers, uploads
from crm.ingestion.choices import NO_CHOICES, Choices
from crm.ingestion.files import Table
from crm.ingestion.headers import FIELDS
from crm.ingestion.reading import ATTRIBUTE, BY_CONTENT, REMEMBERED, WORDS, Column, Reading
from crm.moment import utc_now
from crm.settings import settings
from crm.stores.connection import Stores
from ui import format, upload_words
from ui.large_upload import DroppedFile

_LEFT_OUT = ""
_A_PAGE = 20  # columns shown at once: each has several widgets
_WIDTHS = [5, 4, 4]


def choose(stores: Stores, file: DroppedFile) -> ingest.FilePreview | None:
    """Show how a file is read, and let it be overruled; the preview of what was chosen by now.

    None where nothing can be made of it, which is said. `preview.reading` is what an import is started with.
    """
    key = file.file_id
    try:
        with st.spinner("Reading the file …", show_time=True):
            preview = _preview(stores, file, _choices(key))
    except containers.SeveralFiles as several:
        st.info(format.plain(several.message), icon=":material/folder_zip:")
        _pick(key, "part", "File", several.names, None, {})
        return None
    except CrmError as error:
        st.error(format.plain(error.message), icon=":material/error:")
        if _choices(key) != NO_CHOICES:
            st.button("Read it as it says itself", key=f"again_{key}", on_click=_start_again, args=(key,))
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _kind(key, preview.kind)
        if preview.reading is not None:
            _file(key, preview.reading.table)
    if preview.reading is not None:
        _remembered(stores, key, preview.reading)
        for position, column in enumerate(preview.reading.columns):
            if column.field and column.asks:
                _question(key, preview.reading, position, column)
        _columns(stores, key, preview, preview.reading)
    return preview


def said(preview: ingest.FilePreview) -> list[str]:
    """What a person should know of the file, beyond what the page asks him."""
    asked = uploads.asked(preview.reading) if preview.reading else ()
    return [one for one in preview.problems if one not in asked]


def remember(stores: Stores, account: Account, file: DroppedFile, preview: ingest.FilePreview) -> None:
    """Keep what was said of the file for the next one with the same headers."""
    if preview.reading is None or not preview.reading.table.header:
        return
    choices = _choices(file.file_id)
    memory.remember(
        stores,
        preview.reading.table.columns,
        preview.reading.kind,
        Choices(kind=choices.kind, columns=choices.columns),
        account_id=account.id,
        now=utc_now(),
    )


def _choices(key: str) -> Choices:
    found: Choices = st.session_state.get(f"choices_{key}", NO_CHOICES)
    return found


def _preview(stores: Stores, file: DroppedFile, choices: Choices) -> ingest.FilePreview:
    """The preview of this session's last choices is kept: to make it may mean to read all of the file."""
    kept = st.session_state.get(f"preview_{file.file_id}")
    if kept is not None and kept[0] == choices:
        found: ingest.FilePreview = kept[1]
        return found
    file.seek(0)
    preview = ingest.preview_file(
        file,
        file.name,
        known=attributes.by_identity(stores),
        choices=choices,
        recall=partial(memory.recall, stores),
    )
    st.session_state[f"preview_{file.file_id}"] = (choices, preview)
    return preview


def _start_again(key: str) -> None:
    st.session_state[f"choices_{key}"] = NO_CHOICES


def _say_of_file(key: str, widget: str, **of: str) -> None:
    """What is said of the file as a whole: its columns may be others then."""
    value = st.session_state[widget]
    choices = _choices(key)
    if "kind" in of:
        choices = Choices(kind=value, file=choices.file)
    else:
        choices = Choices(kind=choices.kind, file=replace(choices.file, **{of["name"]: value}))
    st.session_state[f"choices_{key}"] = choices


def _say(key: str, kind: str, position: int, name: str, widget: str, field: str | None = None) -> None:
    """What is said of one column. A field has one column: another one that was given it loses it.

    `field` is the attribute whose type is said, which is the column's from now on.
    """
    value = st.session_state[widget] or None
    choices = _choices(key)
    if choices.kind not in (None, kind):
        return  # the click was meant for columns that are not there any more
    columns = {at: dict(said) for at, said in choices.columns.items()}
    own = columns.setdefault(position, {})
    if name == "field":
        for said in columns.values():
            if value is not None and said.get("field") == value:
                said["field"] = None
        own.clear()
    own[name] = value
    if field is not None:
        own["field"] = field
    st.session_state[f"choices_{key}"] = replace(choices, columns=columns)


def _kind(key: str, kind: str | None) -> None:
    widget = f"kind_{key}_{kind}"
    st.segmented_control(
        "Rows are",
        list(upload_words.KINDS),
        format_func=upload_words.KINDS.__getitem__,
        default=kind,
        required=kind is not None,
        key=widget,
        on_change=_say_of_file,
        args=(key, widget),
        kwargs={"kind": "kind"},
    )


def _file(key: str, table: Table) -> None:
    is_text = table.format in (files.DELIMITED, files.NDJSON)
    encoding = encodings.OFFERED.get(table.encoding.removesuffix("-sig"), table.encoding) if is_text else None
    with st.popover(format.plain(upload_words.described(table, encoding)), type="tertiary"):
        if is_text:
            offered = [*dict.fromkeys([table.encoding, *encodings.OFFERED])]
            names = encodings.OFFERED | {"utf-8-sig": "Unicode (UTF-8, marked)"}
            _pick(key, "encoding", "Encoding", offered, table.encoding, names)
        if table.format == files.DELIMITED:
            offered = [*dict.fromkeys([table.delimiter, *upload_words.DELIMITERS])]
            _pick(key, "delimiter", "Cells end at", offered, table.delimiter, upload_words.DELIMITERS)
        if len(table.sheets) > 1:
            _pick(key, "sheet", "Sheet", list(table.sheets), table.sheet, {})
        if table.format in (files.DELIMITED, files.EXCEL):
            widget = f"header_{key}_{table.header}"
            st.toggle(
                "The first line names the columns",
                table.header,
                key=widget,
                on_change=_say_of_file,
                args=(key, widget),
                kwargs={"name": "header"},
            )


def _pick(
    key: str, name: str, label: str, options: Sequence[str], value: str | None, names: dict[str, str]
) -> None:
    widget = f"{name}_{key}_{value}"
    st.selectbox(
        label,
        options,
        index=options.index(value) if value in options else None,
        format_func=lambda one: names.get(one, one),
        key=widget,
        on_change=_say_of_file,
        args=(key, widget),
        kwargs={"name": name},
    )


def _remembered(stores: Stores, key: str, reading: Reading) -> None:
    if not any(column.by == REMEMBERED for column in reading.columns):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Columns go where they went in the last file with the same headers.", width="content")
        if st.button("Forget that", key=f"forget_{key}", type="tertiary"):
            memory.forget(stores, reading.table.columns)
            st.session_state.pop(f"preview_{key}", None)
            st.rerun()


def _question(key: str, reading: Reading, position: int, column: Column) -> None:
    """What no row of the file tells is asked, with a value that shows why."""
    is_date = upload_words.holds(reading.kind, column) is FieldType.DATE
    options = {"dmy": "Day", "mdy": "Month", "ymd": "Year"} if is_date else {}
    if not is_date:
        options = {
            sign: f"{numbers.read(column.asks or '0', sign):g}" for sign in (numbers.POINT, numbers.COMMA)
        }
    elif len((column.asks or "").split()[0]) >= len("1/1/2025"):
        del options["ymd"]
    what = "What stands first?" if is_date else "Which number is that?"
    widget = f"asks_{key}_{position}"
    with st.container(border=True, key=f"question_{key}_{position}"):
        st.markdown(
            f":material/help: The column **{format.plain(column.header)}** has values such as "
            f"{format.plain(column.asks or '')}, and the other rows don't tell how they are meant."
        )
        st.segmented_control(
            what,
            list(options),
            format_func=options.__getitem__,
            key=widget,
            on_change=_say,
            args=(key, reading.kind, position, "dates" if is_date else "decimal", widget),
        )
        st.caption("Without an answer, rows with such values are refused.")


def _columns(stores: Stores, key: str, preview: ingest.FilePreview, reading: Reading) -> None:
    used = sum(1 for column in reading.columns if column.field)
    unsure = any(column.by in (None, BY_CONTENT) for column in reading.columns)
    label = f"Columns: {used} of {len(reading.columns)} used"
    with st.expander(label, expanded=unsure and len(reading.columns) <= _A_PAGE, key=f"columns_{key}"):
        first = 0
        if len(reading.columns) > _A_PAGE:
            pages = -(-len(reading.columns) // _A_PAGE)
            first = (st.pagination(pages, key=f"page_{key}_{pages}") - 1) * _A_PAGE
        options = _fields(stores, reading)
        for position in range(first, min(first + _A_PAGE, len(reading.columns))):
            samples = preview.samples[position] if position < len(preview.samples) else ()
            _column(key, reading, position, samples, options)


def _fields(stores: Stores, reading: Reading) -> list[str]:
    found = [_LEFT_OUT, *FIELDS[reading.kind]]
    if reading.kind == "customers":
        found += [f"{ATTRIBUTE}{field.name}" for field in attributes.fields(stores).values()]
    return found


def _column(key: str, reading: Reading, position: int, samples: Sequence[str], options: list[str]) -> None:
    column = reading.columns[position]
    value = column.field or _LEFT_OUT
    own = [value]
    if reading.kind == "customers" and not attributes.name_problem(column.header):
        own.append(f"{ATTRIBUTE}{attributes.plain(column.header)}")
    offered = list(dict.fromkeys([*options, *own]))
    of_header, of_field, of_style = st.columns(_WIDTHS, vertical_alignment="center")
    with of_header.container(gap=None):
        st.markdown(f"**{format.plain(column.header)}**")
        st.caption(" · ".join(map(_unlinked, samples)) or "nothing in the first rows")
    widget = f"field_{key}_{reading.kind}_{position}_{value}"
    of_field.selectbox(
        f"{column.header} goes to",
        offered,
        index=offered.index(value),
        format_func=lambda field: upload_words.field_label(reading.kind, field) if field else "Left out",
        key=widget,
        on_change=_say,
        args=(key, reading.kind, position, "field", widget),
        label_visibility="collapsed",
    )
    if column.field:
        with of_style:
            _style(key, reading.kind, position, column)


def _unlinked(sample: str) -> str:
    """A value as text, no part of which becomes a link."""
    return (
        format.plain(sample).replace("@", "@\u2060").replace("://", ":\u2060//").replace("www.", "www\u2060.")
    )


def _style(key: str, kind: str, position: int, column: Column) -> None:
    type_ = upload_words.holds(kind, column)
    words = upload_words.reads_as(kind, column)
    changeable = type_ in (FieldType.DATE, FieldType.MONEY, FieldType.NUMBER) or column.is_new
    if not changeable:
        st.caption(words)
        return
    say = partial(_select, key, kind, position)
    with st.popover(words, type="tertiary", key=f"style_{key}_{kind}_{position}"):
        if column.is_new:
            types = {one.value: WORDS[one].capitalize() for one in TYPES}
            say("attribute", "Holds", types, column.attribute, field=column.field)
        if type_ is FieldType.DATE:
            say("dates", "Days are written", upload_words.WAYS, column.dates)
            home = settings().time_zone
            home = home if home == "UTC" else f"{home} for days, UTC for times"
            say("zone", "Where no zone is written, it is", {None: home} | _zones(), column.zone)
        if type_ in (FieldType.MONEY, FieldType.NUMBER):
            say("decimal", "Decimal sign", upload_words.DECIMALS, column.decimal)


@cache
def _zones() -> dict[str | None, str]:
    """Every time zone; found by looking through the system's files, once."""
    return {zone: zone for zone in sorted(available_timezones())}


def _select(
    key: str,
    kind: str,
    position: int,
    name: str,
    label: str,
    options: dict[Any, str],
    value: Any,
    *,
    field: str | None = None,
) -> None:
    widget = f"{name}_{key}_{kind}_{position}_{value}"
    offered = [one or _LEFT_OUT for one in options]
    st.selectbox(
        label,
        offered,
        index=offered.index(value or _LEFT_OUT),
        format_func=lambda one: options[one or None],
        key=widget,
        on_change=_say,
        args=(key, kind, position, name, widget, field),
    )
