"""Calls in the source of a program, made here with those of their arguments that are written out.

An argument that is only known when the program runs takes all of a few values in turn, among them
every value of a type with few. What a call is blamed for must come up with each of them, in the
same words: nobody should have to silence a checker that is wrong.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from types import UnionType
from typing import Final, Literal, TypeAlias, Union, final, get_args, get_origin, get_type_hints

from mypy.nodes import (
    ArgKind,
    CallExpr,
    DictExpr,
    Expression,
    IntExpr,
    ListExpr,
    MemberExpr,
    RefExpr,
    StrExpr,
    TupleExpr,
    UnaryExpr,
    Var,
)
from mypy.types import Instance, LiteralType, get_proper_type

from portmap._cluster import Cluster
from portmap._errors import ValidationError
from portmap._paths import parse
from portmap._pods import Container
from portmap._ports import ContainerPort, ServicePort
from portmap._violations import Violation

__all__ = ["Makers", "expression_at", "violations_of"]

Makers: TypeAlias = Mapping[str, Callable[..., object]]

_MOST_TRIED: Final = 512
_OMITTED: Final = object()
_CONSTANTS: Final[Mapping[str, object]] = {"builtins.None": None, "builtins.True": True, "builtins.False": False}

# Values for arguments that are not known, where their type does not list them: one of each kind that rules tell apart.
_SAMPLES: Final[Mapping[str, Sequence[object]]] = {
    "addresses": ((), ("192.0.2.1",)),
    "annotations": ({}, {"a": "b"}),
    "app_protocol": ("http",),
    "cluster_ip": ("None", "10.96.0.10", "fd00::10"),
    "cluster_ips": (
        (),
        ("None",),
        ("10.96.0.10",),
        ("fd00::10",),
        ("10.96.0.10", "fd00::10"),
        ("fd00::10", "10.96.0.10"),
    ),
    "container_port": (80, 8080),
    "Container.ports": ((), (ContainerPort(80),), (ContainerPort(80, name="a"), ContainerPort(81, name="b"))),
    "containers": ((), (Container("a"),), (Container("b", ports=[ContainerPort(9, name="b")]),)),
    "external_ips": ((), ("192.0.2.1",), ("2001:db8::1",)),
    "external_name": ("a.example.com",),
    "health_check_node_port": (32001,),
    "host_ip": ("192.0.2.1",),
    "host_port": (80, 8080),
    "hostname": ("a",),
    "image": ("a",),
    "init_containers": ((), (Container("c"),)),
    "ip_families": (("IPv4",), ("IPv6",), ("IPv4", "IPv6"), ("IPv6", "IPv4")),
    "labels": ({}, {"a": "b"}),
    "load_balancer_class": ("example.com/a",),
    "load_balancer_ip": ("192.0.2.1",),
    "load_balancer_source_ranges": ((), ("192.0.2.0/24",)),
    "name": ("a", "b"),
    "namespace": ("a",),
    "node_name": ("a",),
    "node_port": (30007, 32007),
    "port": (80, 8080),
    "ports": ((), (ServicePort(80),), (ServicePort(80, name="a"), ServicePort(81, name="b", node_port=30001))),
    "restart_policy": ("Always",),
    "selector": ({}, {"a": "b"}),
    "ServicePort.targeting.container_port": (
        ContainerPort(80),
        ContainerPort(80, name="a"),
        ContainerPort(81, name="b"),
    ),
    "session_affinity_timeout_seconds": (60,),
    "subdomain": ("a",),
    "target_port": (80, 8080, "a"),
}


@final
class _Unknown(Exception):  # noqa: N818 - it is no error: only the program knows
    pass


def violations_of(call: CallExpr, makers: Makers, cluster: Cluster) -> tuple[Violation, ...]:
    """What this call raises, whatever those of its arguments may be that are not written out.

    Args:
        call: A call of one of the makers.
        makers: What makes objects, by full name.
        cluster: By what objects are judged.
    """
    try:
        with cluster:
            return _violations(call, makers)
    except _Unknown:
        return ()


def _violations(call: CallExpr, makers: Makers) -> tuple[Violation, ...]:
    make = _maker(call, makers)
    known: dict[str, object] = {}
    unknown: list[str] = []
    for name, argument in _arguments(call, make).items():
        try:
            known[name] = _value(argument, makers)
        except _Unknown:
            unknown.append(name)
    found: tuple[Violation, ...] | None = None
    for values in _fillings(make, unknown):
        broken = _broken(make, {**known, **values})
        found = broken if found is None else tuple(each for each in found if each in broken)
        if not found:
            break
    # mypy itself tells of wrong types.
    return tuple(each for each in found or () if each.code != "wrong-type")


def _fillings(make: Callable[..., object], unknown: Sequence[str]) -> list[Mapping[str, object]]:
    """Every combination of values for these arguments.

    Raises:
        _Unknown: There are too many, or too little is known of one.
    """
    parameters = inspect.signature(make).parameters
    owner = getattr(make, "__self__", make)
    hints = get_type_hints(owner.__init__)
    choices: list[list[object]] = []
    for name in unknown:
        values = [
            *_values_of(hints.get(name)),
            *_SAMPLES.get(f"{make.__qualname__}.{name}", _SAMPLES.get(name, ())),
        ]
        if not values:
            raise _Unknown
        required = name in parameters and parameters[name].default is inspect.Parameter.empty
        choices.append(values if required else [_OMITTED, *values])
    found = [*islice(product(*choices), _MOST_TRIED + 1)]
    if len(found) > _MOST_TRIED:
        raise _Unknown
    return [
        {name: value for name, value in zip(unknown, values, strict=True) if value is not _OMITTED} for values in found
    ]


def _values_of(hint: object) -> Iterator[object]:
    """All values of a type that has few: of a `Literal`, a boolean, or a union with one."""
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    elif hint is bool:
        yield from (False, True)
    else:
        for each in get_args(hint) if get_origin(hint) in (Union, UnionType) else ():
            yield from _values_of(each)


def _broken(make: Callable[..., object], arguments: Mapping[str, object]) -> tuple[Violation, ...]:
    try:
        make(**arguments)
    except ValidationError as error:
        return error.violations
    except TypeError:  # mypy tells of arguments that there are not, or should be.
        raise _Unknown from None
    return ()


# --- what stands in a call ---------------------------------------------------------------------------------------


def _maker(call: CallExpr, makers: Makers) -> Callable[..., object]:
    callee = call.callee
    name = callee.fullname if isinstance(callee, RefExpr) else ""
    if name not in makers and isinstance(callee, MemberExpr) and isinstance(callee.expr, RefExpr):
        name = f"{callee.expr.fullname}.{callee.name}"
    if name not in makers:
        raise _Unknown
    return makers[name]


def _arguments(call: CallExpr, make: Callable[..., object]) -> dict[str, Expression]:
    """The arguments by the names of their parameters."""
    positional = [
        name
        for name, parameter in inspect.signature(make).parameters.items()
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    found: dict[str, Expression] = {}
    for position, (argument, kind, name) in enumerate(zip(call.args, call.arg_kinds, call.arg_names, strict=True)):
        if kind == ArgKind.ARG_NAMED and name is not None:
            found[name] = argument
        elif kind == ArgKind.ARG_POS and position < len(positional):
            found[positional[position]] = argument
        else:
            raise _Unknown
    return found


def _value(node: Expression, makers: Makers) -> object:
    """The value of an expression that says it."""
    match node:
        case ListExpr():
            return [_value(each, makers) for each in node.items]
        case TupleExpr():
            return tuple(_value(each, makers) for each in node.items)
        case DictExpr():
            return {_scalar(key): _value(each, makers) for key, each in node.items}
        case CallExpr(callee=RefExpr(fullname="builtins.range")):
            return _range([_number(each) for each in node.args])
        case CallExpr():
            return _made(node, makers)
    return _scalar(node)


def _range(numbers: Sequence[int]) -> range:
    try:
        return range(*numbers)
    except (TypeError, ValueError):
        raise _Unknown from None


def _scalar(node: Expression | None) -> object:
    if isinstance(node, StrExpr | IntExpr):
        return node.value
    if isinstance(node, UnaryExpr) and node.op == "-":
        return -_number(node.expr)
    if isinstance(node, RefExpr):
        return _CONSTANTS[node.fullname] if node.fullname in _CONSTANTS else _constant(node.node)
    raise _Unknown


def _number(node: Expression) -> int:
    value = _scalar(node)
    if type(value) is not int:
        raise _Unknown
    return value


def _constant(variable: object) -> object:
    """The value of a name that never has another one: `PORT: Final = 80`, or a `Literal`."""
    if isinstance(variable, Var):
        if variable.is_final and isinstance(variable.final_value, int | str):
            return variable.final_value
        kind = get_proper_type(variable.type)
        if isinstance(kind, Instance) and variable.is_final:
            kind = kind.last_known_value
        if isinstance(kind, LiteralType) and isinstance(kind.value, int | str):
            return kind.value
    raise _Unknown


def _made(call: CallExpr, makers: Makers) -> object:
    """The object that a call makes; one that makes none is told of by itself."""
    make = _maker(call, makers)
    values = {name: _value(each, makers) for name, each in _arguments(call, make).items()}
    try:
        return make(**values)
    except (ValidationError, TypeError):
        raise _Unknown from None


# --- where a field stands ----------------------------------------------------------------------------------------

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def expression_at(call: CallExpr, field: str, makers: Makers) -> Expression:
    """The expression that says a field, as near as can be told; the call itself where none does.

    Args:
        call: A call that `violations_of` has judged.
        field: The field path of one of the violations.
        makers: As there.
    """
    found: Expression = call
    for step in parse(field):
        inside: Expression | None = None
        if isinstance(step, int):
            if isinstance(found, ListExpr | TupleExpr) and step < len(found.items):
                inside = found.items[step]
        elif isinstance(found, CallExpr):
            try:
                arguments = _arguments(found, _maker(found, makers))
            except _Unknown:
                return found
            inside = arguments.get(_HUMP.sub("_", str(step)).lower())
        if inside is not None:
            found = inside
    return found
