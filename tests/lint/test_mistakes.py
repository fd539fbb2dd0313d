"""Common mistakes, one at a time in a valid set of objects, and valid but unusual sets."""

from copy import deepcopy

import pytest

from lint_mistakes import CONTAINER, CONTAINER_PORT, DOUBTFUL, MISTAKES, PORT, UNUSUAL, Edit, edited, web, worst
from portmap.lint import lint


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda edit: edit[0])
def test_a_mistake_is_an_error(mistake: Edit) -> None:
    """A mistake that an API server rejects, or that loses traffic, is an error."""
    assert worst(edited([mistake])) == "error"


@pytest.mark.parametrize("mistake", DOUBTFUL, ids=lambda edit: edit[0])
def test_a_possible_mistake_is_a_warning(mistake: Edit) -> None:
    """What a server accepts with a warning, or what pods from elsewhere may explain, is at least a warning."""
    assert worst(edited([mistake])) in {"error", "warning"}


def test_two_services_with_one_node_port_are_an_error() -> None:
    """A node port of two Services is an error."""
    objects = edited([("", "Service", ("spec", "type"), "NodePort"), ("", "Service", (*PORT, "nodePort"), 30080)])
    other = deepcopy(objects[0])
    other["metadata"] = {"name": "shop"}
    assert worst([*objects, other]) == "error"


def test_the_valid_set_has_no_findings() -> None:
    """The set of objects without a mistake has no findings."""
    assert worst(web()) is None


@pytest.mark.parametrize(("name", "edits"), UNUSUAL, ids=[name for name, _ in UNUSUAL])
def test_an_unusual_set_is_no_mistake(name: str, edits: list[Edit]) -> None:
    """Valid objects have no findings above info, however unusual they are."""
    del name
    assert worst(edited(edits)) in {"info", None}


def dns(**more: object) -> list[dict[str, object]]:
    return [
        {"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"} | more,
        {"name": "dns-tcp", "port": 53, "targetPort": "dns-tcp", "protocol": "TCP"} | more,
    ]


@pytest.mark.parametrize("node_port", [{}, {"nodePort": 30053}], ids=["53 for both", "one node port for both"])
def test_one_number_for_two_protocols_is_at_most_a_warning(node_port: dict[str, object]) -> None:
    """53/TCP beside 53/UDP, also with the same node port, is a warning about client-side apply."""
    objects = edited(
        [
            ("", "Service", ("spec", "ports"), dns(**node_port)),
            ("", "Service", ("spec", "type"), "NodePort"),
            (
                "",
                "Deployment",
                (*CONTAINER, "ports"),
                [
                    {"name": "dns", "containerPort": 5353, "protocol": "UDP"},
                    {"name": "dns-tcp", "containerPort": 5353},
                ],
            ),
        ]
    )
    found = {(finding.rule, finding.severity) for finding in lint(objects[:2])}
    assert found == {("service-merge-key", "info")}


def test_a_service_alone_is_no_mistake() -> None:
    """A Service alone in the input has no finding above info: its pods are elsewhere."""
    assert worst(web()[:1]) == "info"


def test_one_name_for_two_numbers_is_no_mistake() -> None:
    """A named target port with different numbers in two Deployments is an info."""
    other = edited([("", "Deployment", (*CONTAINER_PORT, "containerPort"), 9090)])[1]
    other["metadata"] = {"name": "web-green"}
    assert worst([*web(), other]) == "info"
