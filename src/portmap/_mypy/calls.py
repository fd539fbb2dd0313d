"""Calls in the source of a program, made here with those of their arguments that are written out.

An argument that is only known when the program runs takes all of a few values in turn, among them
every value of a type with few. What a call is blamed for must come up with each of them, in the
same words: nobody should have to silence a checker that is wrong.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product
from types import UnionType
from typing import Final, Literal, Union, get_args, get_origin, get_type_hints

from mypy.nodes import CallExpr, Expression, ListExpr, StarExpr, TupleExpr

from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.violations import Violation
from portmap._model.pods import Container
from portmap._model.ports import ContainerPort, ServicePort
from portmap._mypy.literals import Makers, Unknown, arguments_of, maker_of, one_of, parameters, value_of

__all__ = ["expression_at", "violations_of"]

_MOST_TRIED: Final = 512
_OMITTED: Final = object()

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


def violations_of(call: CallExpr, makers: Makers, clusters: Sequence[Cluster]) -> tuple[Violation, ...]:
    """What this call raises, whatever those of its arguments may be that are not written out.

    Args:
        call: A call of one of the makers.
        makers: What makes objects, by full name.
        clusters: By what objects are judged: what each of them refuses in the same words.
    """
    found: tuple[Violation, ...] | None = None
    for cluster in clusters:
        try:
            with cluster:
                broken = _violations(call, makers)
        except (Unknown, RecursionError):
            return ()
        found = broken if found is None else tuple(each for each in found if each in broken)
        if not found:
            break
    # mypy itself tells of wrong types, but to it a boolean is a number.
    return tuple(each for each in found or () if each.code != "wrong-type" or type(each.value) is bool)


def _violations(call: CallExpr, makers: Makers) -> tuple[Violation, ...]:
    make = maker_of(call, makers)
    known: dict[str, object] = {}
    unknown: dict[str, Sequence[object]] = {}
    for name, argument in arguments_of(call, make).items():
        try:
            known[name] = value_of(argument, makers)
        except Unknown:
            unknown[name] = one_of(argument)
    found: tuple[Violation, ...] | None = None
    for values in _fillings(make, unknown):
        broken = _broken(make, {**known, **values})
        found = broken if found is None else tuple(each for each in found if each in broken)
        if not found:
            break
    return found or ()


def _fillings(make: Callable[..., object], unknown: Mapping[str, Sequence[object]]) -> list[Mapping[str, object]]:
    """Every combination of values for these arguments, each with all that it may be if that is known.

    Raises:
        Unknown: There are too many, or too little is known of one.
    """
    choices = [listed or _choices(make, name) for name, listed in unknown.items()]
    found = [*islice(product(*choices), _MOST_TRIED + 1)]
    if len(found) > _MOST_TRIED:
        raise Unknown
    return [
        {name: value for name, value in zip(unknown, values, strict=True) if value is not _OMITTED} for values in found
    ]


@lru_cache(maxsize=256)
def _choices(make: Callable[..., object], name: str) -> Sequence[object]:
    """Values for an argument, all of them where its type has few."""
    values = [
        *_values_of(_hints(make).get(name)),
        *_SAMPLES.get(f"{make.__qualname__}.{name}", _SAMPLES.get(name, ())),
    ]
    if not values:
        raise Unknown
    found = parameters(make).get(name)
    return values if found is not None and found.default is inspect.Parameter.empty else [_OMITTED, *values]


@lru_cache(maxsize=64)
def _hints(make: Callable[..., object]) -> Mapping[str, object]:
    # A factory takes what its class takes.
    return get_type_hints(getattr(make, "__self__", make).__init__)


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
        raise Unknown from None
    return ()


# --- where a field stands ----------------------------------------------------------------------------------------

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def expression_at(call: CallExpr, field: FieldPath, makers: Makers) -> Expression:
    """The expression that says a field, as near as can be told; the call itself where none does.

    Args:
        call: A call that `violations_of` has judged.
        field: The path of one of the violations.
        makers: As there.
    """
    found: Expression = call
    for step in field:
        inside: Expression | None = None
        if isinstance(step, int):
            if isinstance(found, ListExpr | TupleExpr) and not any(isinstance(e, StarExpr) for e in found.items[:step]):
                inside = found.items[step] if step < len(found.items) else None
        elif isinstance(found, CallExpr):
            try:
                arguments = arguments_of(found, maker_of(found, makers))
            except Unknown:
                return found
            inside = arguments.get(_HUMP.sub("_", str(step)).lower())
        if inside is not None:
            found = inside
    return found
