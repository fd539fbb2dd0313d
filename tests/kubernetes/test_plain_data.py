"""Values as plain data: cattrs by the fields of attrs classes."""

from typing import Any

import attrs
import pytest

from portmap._kubernetes.plain_data import OMITTED, inlined, plain_converter, plain_data, renamed, shape


@attrs.frozen
class Name:
    kind: str
    name: str


@attrs.frozen
class Backend:
    owner: Name = attrs.field(metadata=inlined())
    container_port: int
    host_ip: str | None = attrs.field(default=None, metadata=renamed("hostIP"))
    secret: object = attrs.field(default=None, metadata=OMITTED)


@attrs.frozen
class Route:
    service: Name | None = attrs.field(metadata=inlined(kind=None, name="service"))
    backends: tuple[Backend, ...] = ()


@attrs.frozen
class Celsius:
    degrees: float


@shape.register
def _(celsius: Celsius) -> dict[str, object]:
    return {"fahrenheit": celsius.degrees * 9 / 5 + 32, "by": Name("Scale", "F")}


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (Name("Pod", "web"), {"kind": "Pod", "name": "web"}),
        (
            Backend(Name("Pod", "web"), 80, "10.0.0.1", object()),
            {"kind": "Pod", "name": "web", "containerPort": 80, "hostIP": "10.0.0.1"},
        ),
        (
            Route(Name("Service", "web"), (Backend(Name("Pod", "web"), 80),)),
            {"service": "web", "backends": [{"kind": "Pod", "name": "web", "containerPort": 80, "hostIP": None}]},
        ),
        (Route(None), {"service": None, "backends": []}),
        (Celsius(100.0), {"fahrenheit": 212.0, "by": {"kind": "Scale", "name": "F"}}),
        (
            {"names": [Name("Pod", "web")], "ports": (1, 2)},
            {"names": [{"kind": "Pod", "name": "web"}], "ports": [1, 2]},
        ),
    ],
)
def test_values_are_written_by_their_fields(value: object, data: dict[str, Any]) -> None:
    """Keys are fields in camelCase, but for what metadata and registered shapes say; tuples become lists."""
    assert plain_data(value) == data


def test_hooks_reach_nested_values() -> None:
    """A converter with a hook uses it wherever the class occurs, inlined or in a shape."""
    converter = plain_converter({Name: lambda name: {"name": name.name, "line": 7}})
    assert converter.unstructure([Route(Name("Service", "web")), Celsius(0.0)]) == [
        {"service": "web", "line": 7, "backends": []},
        {"fahrenheit": 32.0, "by": {"name": "F", "line": 7}},
    ]
