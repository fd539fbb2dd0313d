"""The values of literal expressions in a program: texts, numbers, and objects that portmap makes."""

import inspect
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias, final

from mypy.nodes import (
    ArgKind,
    CallExpr,
    DictExpr,
    Expression,
    IntExpr,
    ListExpr,
    MemberExpr,
    OpExpr,
    RefExpr,
    StarExpr,
    StrExpr,
    SymbolNode,
    TupleExpr,
    TypeInfo,
    UnaryExpr,
    Var,
)
from mypy.types import Instance, LiteralType, UnionType, get_proper_type

from portmap._kubernetes.errors import ValidationError

Makers: TypeAlias = Mapping[str, Callable[..., object]]
"""The constructors and factories of portmap, by full name."""

_CONSTANTS: Final[Mapping[str, object]] = {"builtins.None": None, "builtins.True": True, "builtins.False": False}
_SIGNS: Final[Mapping[str, Callable[[int], int]]] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
_SUMS: Final[Mapping[str, Callable[[int, int], int]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}
# No valid argument is larger, and larger values would take time and memory.
_LARGEST: Final = 2**64
_LONGEST: Final = 2**20


@final
class Unknown(Exception):  # noqa: N818 - not an error of the program
    """The value of an expression is known only when the program runs."""


@lru_cache(maxsize=64)
def parameters(make: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a function."""
    return inspect.signature(make).parameters


# --- calls -------------------------------------------------------------------------------------------------------


def name_of(callee: Expression) -> str:
    """Return the full name of a callee; `""` if it has none."""
    name = callee.fullname if isinstance(callee, RefExpr) else ""
    if isinstance(callee, MemberExpr) and isinstance(callee.expr, RefExpr) and isinstance(callee.expr.node, TypeInfo):
        return f"{callee.expr.fullname}.{callee.name}"
    return name


def maker_of(call: CallExpr, makers: Makers) -> Callable[..., object]:
    """Return the constructor or factory that is called.

    Raises:
        Unknown: It is none of these.
    """
    maker = makers.get(name_of(call.callee))
    if maker is None:
        raise Unknown
    return maker


def arguments_of(call: CallExpr, make: Callable[..., object]) -> dict[str, Expression]:
    """Return the arguments of a call by the names of their parameters.

    Raises:
        Unknown: The name of an argument is unknown.
    """
    positional = [
        name for name, each in parameters(make).items() if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    named: dict[str, Expression] = {}
    placed: list[Expression] = []
    for argument, kind, name in zip(call.args, call.arg_kinds, call.arg_names, strict=True):
        if kind == ArgKind.ARG_NAMED and name is not None:
            named[name] = argument
        elif kind == ArgKind.ARG_POS:
            placed.append(argument)
        elif kind == ArgKind.ARG_STAR:
            placed += _starred_items(argument)
        elif kind == ArgKind.ARG_STAR2 and isinstance(argument, DictExpr):
            named |= {_text(key): each for key, each in argument.items}
        else:
            raise Unknown
    if len(placed) > len(positional):
        raise Unknown
    return named | dict(zip(positional, placed, strict=False))


def _starred_items(argument: Expression) -> Sequence[Expression]:
    """Return the items of a starred argument."""
    if isinstance(argument, ListExpr | TupleExpr) and not any(isinstance(each, StarExpr) for each in argument.items):
        return argument.items
    raise Unknown


# --- values ------------------------------------------------------------------------------------------------------


def value_of(node: Expression | None, makers: Makers) -> object:
    """Return the value of an expression.

    Raises:
        Unknown: It is known only when the program runs.
    """
    match node:
        case ListExpr():
            return [*_items(node.items, makers)]
        case TupleExpr():
            return (*_items(node.items, makers),)
        case DictExpr():
            return _entries(node, makers)
        case CallExpr(callee=RefExpr(fullname="builtins.range")):
            return _range([_number(each) for each in node.args])
        case CallExpr(callee=MemberExpr(expr=StrExpr())):
            return _interpolated(node)
        case CallExpr():
            return _made(node, makers)
    return _scalar(node)


def _items(nodes: Iterable[Expression], makers: Makers) -> Iterator[object]:
    for each in nodes:
        if isinstance(each, StarExpr):
            inner = value_of(each.expr, makers)
            if not isinstance(inner, list | tuple):
                raise Unknown
            yield from inner
        else:
            yield value_of(each, makers)


def _entries(node: DictExpr, makers: Makers) -> dict[object, object]:
    entries: dict[object, object] = {}
    for key, each in node.items:
        if key is None:
            inner = value_of(each, makers)
            if not isinstance(inner, dict):
                raise Unknown
            entries |= inner
        else:
            entries[_scalar(key)] = value_of(each, makers)
    return entries


def _range(numbers: Sequence[int]) -> range:
    try:
        return range(*numbers)
    except (TypeError, ValueError):
        raise Unknown from None


def _interpolated(node: CallExpr) -> str:
    """Return the text of an f-string, which mypy represents as `"".join([…, "{:{}}".format(value, "")])`."""
    match node:
        case CallExpr(callee=MemberExpr(expr=StrExpr(value=""), name="join"), args=[ListExpr(items=parts)]):
            return "".join(map(_text, parts))
        case CallExpr(callee=MemberExpr(expr=StrExpr(value="{:{}}"), name="format"), args=[shown, StrExpr(value="")]):
            return str(_scalar(shown))
    raise Unknown


def _scalar(node: Expression | None) -> object:
    match node:
        case StrExpr() | IntExpr():
            return _bounded(node.value)
        case UnaryExpr(op=sign) if sign in _SIGNS:
            return _bounded(_SIGNS[sign](_number(node.expr)))
        case OpExpr():
            return _computed(node)
        case CallExpr(callee=MemberExpr(expr=StrExpr())):
            return _interpolated(node)
        case RefExpr():
            return _CONSTANTS[node.fullname] if node.fullname in _CONSTANTS else _constant(variable_of(node))
    raise Unknown


def _bounded(value: object) -> object:
    if (isinstance(value, int) and abs(value) > _LARGEST) or (isinstance(value, str) and len(value) > _LONGEST):
        raise Unknown
    return value


def _computed(node: OpExpr) -> object:
    left, right = _scalar(node.left), _scalar(node.right)
    if node.op == "+" and isinstance(left, str) and isinstance(right, str):
        return _bounded(left + right)
    if node.op in _SUMS and type(left) is int and type(right) is int:
        try:
            return _bounded(_SUMS[node.op](left, right))
        except ZeroDivisionError:
            raise Unknown from None
    raise Unknown


def _text(node: Expression | None) -> str:
    value = _scalar(node)
    if not isinstance(value, str):
        raise Unknown
    return value


def _number(node: Expression) -> int:
    value = _scalar(node)
    if type(value) is not int:
        raise Unknown
    return value


def _made(call: CallExpr, makers: Makers) -> object:
    """Return the object that a call makes. Nested calls that fail are reported by themselves."""
    make = maker_of(call, makers)
    values = {name: value_of(each, makers) for name, each in arguments_of(call, make).items()}
    try:
        return make(**values)
    except (ValidationError, TypeError):
        raise Unknown from None


# --- names -------------------------------------------------------------------------------------------------------


def variable_of(node: Expression) -> SymbolNode | None:
    """Return the node of a name, or of an attribute of a class, of `self` or of another instance."""
    if not isinstance(node, MemberExpr) or node.node is not None:
        return node.node if isinstance(node, RefExpr) else None
    owner = node.expr.node if isinstance(node.expr, RefExpr) else None
    if isinstance(owner, Var):
        kind = get_proper_type(owner.type)
        owner = kind.type if isinstance(kind, Instance) else None
    # Members of an Enum have other values than their nodes.
    found = owner.get(node.name) if isinstance(owner, TypeInfo) and not owner.is_enum else None
    return None if found is None else found.node


def _constant(variable: SymbolNode | None) -> object:
    """Return the value of a constant: `PORT: Final = 80`, or a `Literal`."""
    if isinstance(variable, Var) and not (variable.info and variable.info.is_enum):
        if variable.is_final and isinstance(variable.final_value, int | str):
            return _bounded(variable.final_value)
        kind = get_proper_type(variable.type)
        if isinstance(kind, Instance) and variable.is_final:
            kind = kind.last_known_value
        if isinstance(kind, LiteralType):
            return _literal(kind)
    raise Unknown


def _literal(kind: LiteralType) -> object:
    # The value of an Enum's member is its name here.
    if kind.fallback.type.is_enum or not isinstance(kind.value, int | str):
        raise Unknown
    return _bounded(kind.value)


def one_of(node: Expression) -> tuple[object, ...]:
    """Return all values of a name if its type lists them, otherwise none."""
    variable = variable_of(node)
    kind = get_proper_type(variable.type) if isinstance(variable, Var) else None
    if not isinstance(kind, UnionType):
        return ()
    items = [get_proper_type(each) for each in kind.items]
    try:
        return tuple(_literal(each) if isinstance(each, LiteralType) else _never() for each in items)
    except Unknown:
        return ()


def _never() -> object:
    raise Unknown
