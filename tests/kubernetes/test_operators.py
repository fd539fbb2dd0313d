"""The table of operators and injectors."""

import re

import pytest

from portmap._kubernetes.operators import (
    Injector,
    Operator,
    known_injectors,
    known_operators,
    made_by,
    may_match,
    nodes_at,
    read_row,
    values_of,
)

RAY = {
    "metadata": {"name": "train"},
    "spec": {"rayClusterConfig": {"workerGroupSpecs": [{"groupName": "gpu", "template": {"spec": {}}}]}},
}


def test_each_row_has_a_source_and_valid_patterns() -> None:
    """Every row names its source, and its texts are regular expressions once the fields are filled in."""
    for rows in known_operators().values():
        for row in rows:
            assert row.source
            for text in (*row.services, *row.service_labels, *(label for pods in row.pods for label in pods.labels)):
                re.compile(re.sub(r"\{[a-z][\w.*/-]*\}", "x", text))
    assert all(injector.source for injector in known_injectors())


def test_values_of_fields() -> None:
    """Fields are filled in as they are, of each item that `*` matches; a missing field yields nothing."""
    assert values_of("{name}-{spec.**.workerGroupSpecs.*.groupName}", RAY) == ["train-gpu"]
    assert values_of("{spec.missing}-x", RAY) == []
    assert [node.path[-1] for node in nodes_at(RAY, "spec.*Config.*")] == ["workerGroupSpecs"]


def test_what_an_operator_creates() -> None:
    """The labels of a group of pods are those of its template and those of the operator."""
    made = made_by(known_operators()["RayService.ray.io"], RAY)
    assert any(re.fullmatch(service.name, "train-head-svc") for service in made.services)
    assert any(may_match({"ray.io/group": "gpu", "ray.io/node-type": "worker"}, labels) for labels in made.pods)
    assert not any(may_match({"ray.io/group": "gpu", "app": "other"}, labels) for labels in made.pods)


def test_injectors() -> None:
    """A label or annotation causes an injection, and another one prevents it."""
    [istio] = [injector for injector in known_injectors() if injector.container == "istio-proxy"]
    assert istio.applies_to({}, {}, {"istio-injection": "enabled"}, {})
    assert not istio.applies_to({"sidecar.istio.io/inject": "false"}, {}, {"istio-injection": "enabled"}, {})
    assert not istio.applies_to({}, {}, {}, {})


@pytest.mark.parametrize(
    ("kind", "row", "problem"),
    [
        (Operator, {}, "kinds: is missing"),
        (Operator, {"kinds": 1}, "kinds: must be a text, or a list of texts"),
        (Operator, {"kinds": "A.b", "pods": [{"labels": ["app"]}]}, "pods: labels: must be a list of texts such as"),
        (Injector, {"container": "a", "port": "b:1"}, "port: there is no such key: known are container, ports"),
        (Injector, "a", "must be a table"),
    ],
)
def test_wrong_rows(kind: type, row: object, problem: str) -> None:
    """A wrong row is an error that names the key."""
    with pytest.raises(TypeError, match=problem):
        read_row(kind, row)
