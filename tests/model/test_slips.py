"""Errors for common mistakes in calls of portmap."""

import re
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest

from portmap import Container, ContainerPort, PortMap, Service, ServicePort, ValidationError, draw, load
from portmap.lint import lint, lint_paths
from portmap.manifests import stored, validate, warnings

FILE: Final = "for a file, give the raw of each document of load('k8s/api.yaml')"


@pytest.mark.parametrize("path", ["k8s", Path("k8s")])
def test_a_path_instead_of_objects(path: Any) -> None:
    """The error for a path says how to load it."""
    for call, name in ((lint, "lint"), (PortMap.of, "PortMap.of"), (draw, "PortMap.of")):
        with pytest.raises(TypeError, match=rf"not the name of a file: write {name}\(load\('k8s'\)\)"):
            call(path)


@pytest.mark.parametrize("one", [{"kind": "Service"}, Service("web", ports=[ServicePort(80)]), 1])
def test_one_object_instead_of_several(one: Any) -> None:
    """The error for a single object says to write a list."""
    for call in (lint, PortMap.of):
        with pytest.raises(TypeError, match="write a list, even of one"):
            call(one)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (["a.yaml", "b.yaml"], "not a list: for several, name their folder, or write [document for path in paths"),
        (None, "load takes the path of a file or folder, or a stream, not None"),
        (b"kind: Service", "write load(io.BytesIO(…)) for a text"),
        ({"kind": "Service"}, "load takes the path of a file or folder, or a stream, not {'kind': 'Service'}"),
    ],
)
def test_other_values_instead_of_paths(source: Any, words: str) -> None:
    """The error says what `load` takes, and how to load several files."""
    with pytest.raises(TypeError, match=re.escape(words)):
        load(source)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("Deployment", "[each for each in documents.objects(Workload) if each.kind == 'Deployment']"),
        ("Service", "not 'Service': write objects(Service)"),
        (80, "objects takes a class, Service, Pod or Workload, not 80"),
    ],
)
def test_a_kind_instead_of_a_class(kind: Any, words: str) -> None:
    """The error for the name of a kind says which class to write."""
    with pytest.raises(TypeError, match=re.escape(words)):
        load(StringIO("")).objects(kind)


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (
            "k8s/api.yaml",
            'Unreadable: "k8s/api.yaml": a manifest is a mapping or JSON text: 1:1: this is not JSON',
            FILE,
        ),
        (Path("k8s/api.yaml"), "a manifest is a mapping", FILE),
        ("kind: Service", "a manifest is a mapping or JSON text", "for YAML, give each of manifests.parse(text)"),
        ("{", "a manifest is a mapping or JSON text: 1:2: this is not JSON", None),
        ([{"kind": "Service"}], "a manifest is a mapping", "give them one by one"),
        (80, "a manifest is a mapping", None),
    ],
)
def test_other_values_instead_of_manifests(given: Any, message: str, hint: str | None) -> None:
    """The hint for a path or for YAML says how to read it."""
    [violation] = validate(given)
    assert (violation.code, violation.hint) == ("undecodable", hint)
    assert message in violation.message
    with pytest.raises(ValidationError, match="Unreadable"):
        stored(given)
    assert warnings(given) == ()


def test_the_name_of_a_rule_instead_of_a_rule(tmp_path: Path) -> None:
    """Rules are values: a name is a `TypeError`."""
    (tmp_path / "web.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n")
    with pytest.raises(TypeError, match=r"'host-port' is not one"):
        lint([], rules=["host-port"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"'host-port' is not one"):
        lint_paths(tmp_path, rules=["host-port"])  # type: ignore[list-item]


def test_numbers_instead_of_ports() -> None:
    """The hint for a number or for the wrong class of port says which object to make."""
    with pytest.raises(ValidationError) as refused:
        Service("web", ports=[80, ContainerPort(8080)])  # type: ignore[list-item]
    assert [each.hint for each in refused.value.violations] == [
        "write ServicePort(80)",
        "write ServicePort.targeting(…, port=…) for one that leads to this container port",
    ]
    with pytest.raises(ValidationError) as refused:
        Container("app", ports=[8080])  # type: ignore[list-item]
    assert [each.hint for each in refused.value.violations] == ["write ContainerPort(8080)"]


def test_a_container_port_as_target_port() -> None:
    """The hint for a container port as target port is `ServicePort.targeting`."""
    with pytest.raises(ValidationError) as refused:
        ServicePort(80, target_port=ContainerPort(8080, name="http"))  # type: ignore[arg-type]
    [found] = refused.value.violations
    assert (found.field, found.code) == ("targetPort", "wrong-type")
    assert found.hint == "write ServicePort.targeting(…, port=…) for one that leads to this container port"


def test_the_error_for_an_object_without_a_name() -> None:
    """The error names an object without a name by its kind."""
    with pytest.raises(ValidationError, match=r"^Deployment is invalid: 1 violation"):
        Service.exposing({"kind": "Deployment"})
