"""The mistakes that people make, one at a time in a right set of objects; and what is right, though unusual."""

from copy import deepcopy

import pytest

from lint_mistakes import CONTAINER, CONTAINER_PORT, DOUBTFUL, MISTAKES, PORT, UNUSUAL, Edit, edited, web, worst
from portmap.lint import lint

"""A name, the kind of object, the path in it, and what to write there."""


"""Each is an error."""

"""Each is at least a warning."""


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each[0])
def test_a_mistake_is_an_error(mistake: Edit) -> None:
    """Each mistake that a server refuses, or that loses traffic, is an error."""
    assert worst(edited([mistake])) == "error"


@pytest.mark.parametrize("mistake", DOUBTFUL, ids=lambda each: each[0])
def test_what_may_be_a_mistake_is_a_warning(mistake: Edit) -> None:
    """What a server accepts with a warning, or what may be right with pods from elsewhere, is at least a warning."""
    assert worst(edited([mistake])) in {"error", "warning"}


def test_two_services_with_one_node_port_are_an_error() -> None:
    """A node port that two Services ask for is an error."""
    objects = edited([("", "Service", ("spec", "type"), "NodePort"), ("", "Service", (*PORT, "nodePort"), 30080)])
    other = deepcopy(objects[0])
    other["metadata"] = {"name": "shop"}
    assert worst([*objects, other]) == "error"


def test_the_right_set_is_right() -> None:
    """There is nothing to say about the set into which the mistakes are made."""
    assert worst(web()) is None


@pytest.mark.parametrize(("name", "edits"), UNUSUAL, ids=[name for name, _ in UNUSUAL])
def test_what_is_unusual_is_no_mistake(name: str, edits: list[Edit]) -> None:
    """What is right raises nothing above information, however unusual it is."""
    del name
    assert worst(edited(edits)) in {"info", None}


def dns(**more: object) -> list[dict[str, object]]:
    return [
        {"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"} | more,
        {"name": "dns-tcp", "port": 53, "targetPort": "dns-tcp", "protocol": "TCP"} | more,
    ]


@pytest.mark.parametrize("node_port", [{}, {"nodePort": 30053}], ids=["53 for both", "one node port for both"])
def test_one_number_for_two_protocols_is_at_most_a_warning(node_port: dict[str, object]) -> None:
    """53/TCP beside 53/UDP, with one node port too, is at most a warning: about client-side apply."""
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
    found = {(each.rule, each.severity) for each in lint(objects[:2])}
    assert found == {("service-merge-key", "warning")}


def test_a_service_alone_is_no_mistake() -> None:
    """A Service alone in its input raises nothing above information: its pods are elsewhere."""
    assert worst(web()[:1]) == "info"


def test_one_name_for_two_numbers_is_no_mistake() -> None:
    """A named target port that is another number in each of two Deployments is information."""
    other = edited([("", "Deployment", (*CONTAINER_PORT, "containerPort"), 9090)])[1]
    other["metadata"] = {"name": "web-green"}
    assert worst([*web(), other]) == "info"
