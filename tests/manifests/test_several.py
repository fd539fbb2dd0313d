"""Documents with several workloads: the ClusterServiceVersion of an operator."""

import io
import json
from typing import Any

import pytest

from command_line import Run, portmap
from portmap import Pod, PortMap, Service, ValidationError, Workload, load
from portmap.manifests import Document, read

OPERATOR = """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: operator.v1, namespace: operators, labels: {app: nothing}}
spec:
  install:
    spec:
      deployments:
      - name: manager
        spec:
          template:
            metadata: {labels: {app: manager}}
            spec: {containers: [{name: manager, ports: [{name: metrics, containerPort: 8443}]}]}
      - name: webhook
        spec:
          template:
            metadata: {labels: {app: webhook}}
            spec: {containers: [{name: server, ports: [{name: https, containerPort: 9443}]}]}
"""
SERVICES = """\
---
apiVersion: v1
kind: Service
metadata: {name: webhook, namespace: operators}
spec: {selector: {app: webhook}, ports: [{port: 443, targetPort: https}]}
"""


def only(text: str) -> Document:
    """Return the only document of a text."""
    [document] = load(io.StringIO(text))
    return document


def resolved(text: str) -> tuple[Run, list[dict[str, Any]]]:
    """Run `portmap resolve`, and return the run and the resolved ports."""
    run = portmap("resolve", "-", "--format=json", stdin=text)
    return run, [port for service in json.loads(run.out)["services"] for port in service["ports"]]


def test_a_document_has_all_of_them() -> None:
    """`objects` has every workload in order, and `object` is `None`."""
    document = only(OPERATOR)
    assert [str(each) for each in document.objects] == ["Deployment operators/manager", "Deployment operators/webhook"]
    assert document.object is None
    assert [str(each) for each in load(io.StringIO(OPERATOR + SERVICES)).objects()] == [
        "Deployment operators/manager",
        "Deployment operators/webhook",
        "Service operators/webhook",
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SERVICES, Service),
        ("{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: a}]}}", Pod),
        (
            "kind: Deployment\nmetadata: {name: x}\nspec: {template: {spec: {containers: [{name: a}]}}}\n",
            Workload,
        ),
    ],
)
def test_other_documents_have_one(text: str, kind: type[Any]) -> None:
    """With one object, it is `object` and the only item of `objects`."""
    document = only(text)
    assert type(document.object) is kind
    assert document.objects == (document.object,)


@pytest.mark.parametrize(
    "text", ["kind: ConfigMap\n", OPERATOR.replace("8443", "0"), OPERATOR.partition("  install")[0]]
)
def test_others_have_none(text: str) -> None:
    """A kind that is not modelled, an invalid workload, or a list without workloads has no objects."""
    document = only(text)
    assert (document.objects, document.object) == ((), None)


def test_mistakes_have_their_place() -> None:
    """A violation in one of several workloads has its path and position."""
    document = only(OPERATOR.replace("9443", "0"))
    [violation] = document.violations
    assert violation.field.startswith("spec.install.spec.deployments[1].spec.template.spec.containers[0].ports[0]")
    span = document.span(violation.field)
    assert span is not None
    assert span.line == 17


def test_read_gives_one_object() -> None:
    """`read` refuses objects with several workloads."""
    with pytest.raises(ValidationError) as caught:
        read(only(OPERATOR).raw)
    assert caught.value.violations[0].code == "wrong-kind"


def test_the_command_resolves_them() -> None:
    """A Service reaches the pods of a Deployment in an operator's manifest."""
    run, [port] = resolved(OPERATOR + SERVICES)
    [endpoint] = port["endpoints"]
    assert (endpoint["workload"], endpoint["port"], endpoint["line"]) == ("Deployment/webhook", 9443, 1)
    assert run.code == 0


def test_the_command_tells_an_invalid_one() -> None:
    """The pods of an invalid operator are unknown; its own labels do not count."""
    run, [port] = resolved(OPERATOR.replace("9443", "0") + SERVICES)
    assert [miss["code"] for miss in port["misses"]] == ["pods-unknown"]
    assert run.code == 1
    _, [port] = resolved(OPERATOR.replace("9443", "0") + SERVICES.replace("app: webhook", "app: nothing"))
    assert [miss["code"] for miss in port["misses"]] == ["selector-matches-nothing"]


def test_a_map_has_them() -> None:
    """A map of documents has the same workloads as a map of plain data."""
    documents = load(io.StringIO(OPERATOR + SERVICES))
    found = PortMap.of(documents)
    assert found.as_dict() == PortMap.of([document.raw for document in documents]).as_dict()
    assert [str(each) for each in found.reaches("webhook")] == ["Deployment operators/webhook server 9443/TCP"]
    run = portmap("trace", "deployment/webhook:https", "-", stdin=OPERATOR + SERVICES)
    assert run.out.startswith("Deployment operators/webhook server https 9443/TCP (<stdin>:1)\n  ← cluster IP")
