"""Calls in the source of a program, evaluated with their literal arguments.

An argument that is unknown before the program runs is tried with several values, among them every
value of a type with few. A violation is reported only if all of these values cause it, with the same
message, so that there are no false positives.
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

_MOST_TRIED: Final = 512
_OMITTED: Final = object()

# Values for unknown arguments whose types do not list them: one for each case that rules distinguish.
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
    "generate_name": ("a-",),
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
    """Return the violations that this call raises, whatever its unknown arguments are.

    Args:
        call: A call of one of the makers.
        makers: The constructors and factories, by full name.
        clusters: The clusters that the object may be for: all of them must refuse it.
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
    # mypy reports wrong types itself, but considers booleans as numbers.
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
    for values in _combinations(make, unknown):
        broken = _broken(make, {**known, **values})
        found = broken if found is None else tuple(each for each in found if each in broken)
        if not found:
            break
    return found or ()


def _combinations(make: Callable[..., object], unknown: Mapping[str, Sequence[object]]) -> list[Mapping[str, object]]:
    """Return every combination of values for these arguments.

    Raises:
        Unknown: There are too many, or there are no values for an argument.
    """
    choices = [listed or argument_values(make, name) for name, listed in unknown.items()]
    combinations = [*islice(product(*choices), _MOST_TRIED + 1)]
    if len(combinations) > _MOST_TRIED:
        raise Unknown
    return [
        {name: value for name, value in zip(unknown, values, strict=True) if value is not _OMITTED}
        for values in combinations
    ]


@lru_cache(maxsize=256)
def argument_values(make: Callable[..., object], name: str) -> Sequence[object]:
    """Return values for an argument: all values of its type if there are few.

    Raises:
        Unknown: No value is known.
    """
    values = [*_values_of(_hints(make).get(name)), *_SAMPLES.get(f"{make.__qualname__}.{name}", _SAMPLES.get(name, ()))]
    if not values:
        raise Unknown
    parameter = parameters(make).get(name)
    required = parameter is not None and parameter.default is inspect.Parameter.empty
    return values if required else [_OMITTED, *values]


@lru_cache(maxsize=64)
def _hints(make: Callable[..., object]) -> Mapping[str, object]:
    # A factory has the parameters of its class.
    return get_type_hints(getattr(make, "__self__", make).__init__)


def _values_of(hint: object) -> Iterator[object]:
    """Yield the values of a `Literal`, of a boolean, or of a union with one of them."""
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
    except TypeError:  # mypy reports missing and unknown arguments.
        raise Unknown from None
    return ()


_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def expression_at(call: CallExpr, field: FieldPath, makers: Makers) -> Expression:
    """Return the expression for a field, or the nearest one around it.

    Args:
        call: A call with violations.
        field: The path of one of the violations.
        makers: The constructors and factories, by full name.
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
