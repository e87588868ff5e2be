"""Templates with conditions: Jinja2 in a sandbox that can neither reach out nor run away. Pure.

Only what is listed here is a template: text, fields, comparisons, `if`, a loop over the tags (not in another
loop), and a few filters. There are no calls, attributes, assignments, macros or includes, so a template does
a bounded amount of work and writes a bounded amount of text; the length of what it writes is held as well.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn

from jinja2 import TemplateSyntaxError, nodes
from jinja2 import Undefined as _Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from crm.fields import Field, FieldType

LONGEST = 100_000  # characters that one rendering may write
FILTERS = frozenset({
    "default", "d", "upper", "lower", "title", "capitalize", "trim", "round", "int", "abs", "length", "first",
    "last", "join", "truncate", "money",
})  # fmt: skip
_TESTS = frozenset({"defined", "undefined", "none", "in", "eq", "ne", "lt", "le", "gt", "ge", "odd", "even"})
_NODES: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos,
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.Concat, nodes.Filter, nodes.Test, nodes.Keyword,
    nodes.List, nodes.Tuple,
)  # fmt: skip
_WORDS = {
    nodes.Call: "a call", nodes.Getattr: "a dot", nodes.Getitem: "a bracket", nodes.Assign: "set",
    nodes.Macro: "a macro", nodes.Include: "an include", nodes.Import: "an import",
    nodes.FromImport: "an import", nodes.Extends: "an extends", nodes.Pow: "a power",
    nodes.Mod: "a percent sign",
}  # fmt: skip


class Refused(Exception):
    """A template that is none. The text says why."""


class Missing(Exception):
    """A field that the customer lacks was to be written or compared."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class TooLong(Exception):
    """It writes more than LONGEST characters."""


class _Absent(_Undefined):
    """A field that the customer lacks: false in a condition, empty in a loop, and never written."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise Missing(self._undefined_name or "a value")

    def __str__(self) -> str:
        raise Missing(self._undefined_name or "a value")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = (
        _fail_with_undefined_error
    )
    __neg__ = __pos__ = __int__ = __float__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = _fail_with_undefined_error


class Blank(str):
    """Stands for a field that is missing while the others that are missing are looked for."""

    __slots__ = ()

    def _never(self, _other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _never


class Figure(float):
    """A number that is written as people read it."""

    text: str

    def __str__(self) -> str:
        return self.text


class Day(datetime):
    """A date that is written as people read it."""

    text: str

    def __str__(self) -> str:
        return self.text


class Words(list[str]):
    """A list that is written with commas."""

    def __str__(self) -> str:
        return ", ".join(self)


def value(field: Field, raw: Any, text: str) -> Any:
    """A field's value for a template: to compare by its own type, written as `text`."""
    match field.type:
        case FieldType.TEXT:
            return text
        case FieldType.TAGS:
            return Words(tag for tag in raw if isinstance(tag, str) and tag)
        case FieldType.BOOLEAN:
            return raw
        case FieldType.DATE:
            day = Day(
                raw.year, raw.month, raw.day, raw.hour, raw.minute, raw.second, raw.microsecond, raw.tzinfo
            )
            day.text = text
            return day
        case _:
            figure = Figure(raw)
            figure.text = text
            return figure


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "-", "*", "/"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic is for numbers: text times a million is no message."""
        for side in (left, right):
            if isinstance(side, _Absent):
                str(side)
            if isinstance(side, bool) or not isinstance(side, int | float):
                raise TypeError(f"“{operator}” is for numbers")
        return super().call_binop(context, operator, left, right)


def _environment(autoescape: bool) -> _Sandbox:
    made = _Sandbox(undefined=_Absent, autoescape=autoescape, finalize=_finalize, keep_trailing_newline=True)
    made.filters = {name: made.filters[name] for name in FILTERS if name in made.filters}
    made.filters["money"] = str
    made.globals.clear()
    return made


def _finalize(written: Any) -> Any:
    return ("yes" if written else "no") if isinstance(written, bool) else written


_ENVIRONMENTS = {autoescape: _environment(autoescape) for autoescape in (False, True)}


class Program:
    """A template that was read and checked. `names` are the fields it names, in their order."""

    def __init__(self, source: str, fields: Mapping[str, Field], *, autoescape: bool) -> None:
        """Raises Refused."""
        environment = _ENVIRONMENTS[autoescape]
        try:
            tree = environment.parse(source)
        except TemplateSyntaxError as error:
            raise Refused(f"line {error.lineno}: {error.message}") from None
        self.names = tuple(dict.fromkeys(_checked(tree, fields)))
        self.optional = _optional(tree)
        self._template = environment.from_string(tree)

    def run(self, values: Mapping[str, Any]) -> str:
        """What it writes. Raises Missing, TooLong, and TypeError or ValueError for what can't be compared."""
        context = self._template.new_context(dict(values))
        pieces: list[str] = []
        length = 0
        for piece in self._template.root_render_func(context):
            pieces.append(piece)
            length += len(piece)
            if length > LONGEST:
                raise TooLong
        return "".join(pieces)


def _checked(tree: nodes.Template, fields: Mapping[str, Field]) -> list[str]:
    """The fields that a tree names. Raises Refused for a node that is not on the list."""
    names: list[str] = []
    _Walk(fields, names).node(tree, frozenset())
    return names


class _Walk:
    def __init__(self, fields: Mapping[str, Field], names: list[str]) -> None:
        self._fields, self._names = fields, names
        self._special: dict[type[nodes.Node], Callable[[Any, frozenset[str]], None]] = {
            nodes.For: self._loop,
            nodes.Name: self._name,
            nodes.Filter: self._filter,
            nodes.Test: self._test,
        }

    def node(self, node: nodes.Node, loop: frozenset[str]) -> None:
        if not isinstance(node, _NODES):
            word = _WORDS.get(type(node), type(node).__name__.lower())
            raise Refused(f"line {node.lineno}: {word} is not possible in a message")
        special = self._special.get(type(node))
        if special is not None:
            special(node, loop)
        else:
            self._children(node, loop)

    def _children(self, node: nodes.Node, loop: frozenset[str]) -> None:
        for child in node.iter_child_nodes():
            self.node(child, loop)

    def _name(self, node: nodes.Name, loop: frozenset[str]) -> None:
        if node.name in loop:
            return
        if node.name not in self._fields:
            raise Refused(f"“{node.name}” is not a field")
        self._names.append(node.name)

    def _loop(self, node: nodes.For, loop: frozenset[str]) -> None:
        field = self._fields.get(getattr(node.iter, "name", ""))
        if loop or node.recursive or field is None or field.type is not FieldType.TAGS:
            raise Refused(f"line {node.lineno}: a loop goes over the tags, and not in another loop")
        if not isinstance(node.target, nodes.Name):
            raise Refused(f"line {node.lineno}: a loop has one name for each tag")
        self._names.append(field.name)
        inner = frozenset({node.target.name})
        for child in (*node.body, *node.else_, *([node.test] if node.test else [])):
            self.node(child, inner)

    def _filter(self, node: nodes.Filter, loop: frozenset[str]) -> None:
        if node.name not in FILTERS:
            raise Refused(f"line {node.lineno}: there is no filter “{node.name}”")
        self._children(node, loop)

    def _test(self, node: nodes.Test, loop: frozenset[str]) -> None:
        if node.name not in _TESTS:
            raise Refused(f"line {node.lineno}: there is no test “{node.name}”")
        self._children(node, loop)


def _optional(tree: nodes.Template) -> frozenset[str]:
    """Names that stand only where a default or a condition takes care of their absence."""
    cared: set[int] = set()
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        if node.name in ("default", "d", "defined", "undefined") and isinstance(node.node, nodes.Name):
            cared.add(id(node.node))
    tests = [each.test for each in tree.find_all(nodes.If)]
    tests += [each.test for each in tree.find_all(nodes.CondExpr)]
    cared.update(id(test) for test in tests if isinstance(test, nodes.Name))
    for loop in tree.find_all(nodes.For):
        cared.add(id(loop.iter))
    every = list(tree.find_all(nodes.Name))
    bare = {name.name for name in every if id(name) not in cared}
    return frozenset(name.name for name in every) - bare
