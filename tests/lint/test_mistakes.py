"""The mistakes that people make, one at a time in a right set of objects; and what is right, though unusual."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

import pytest

from portmap.lint import Severity, lint

Edit = tuple[str, str, tuple[str | int, ...], object]
"""A name, the kind of object, the path in it, and what to write there."""

PORT: Final = ("spec", "ports", 0)
CONTAINER: Final = ("spec", "template", "spec", "containers", 0)
BACKEND_PORT: Final = ("spec", "defaultBackend", "service", "port")
CONTAINER_PORT: Final = (*CONTAINER, "ports", 0)


def web() -> list[dict[str, Any]]:
    """A right set: a Deployment, its Service and an Ingress."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }
    container = {"name": "web", "image": "web:1", "ports": [{"name": "http", "containerPort": 8080}]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template},
    }
    backend = {"service": {"name": "web", "port": {"name": "http"}}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web"},
        "spec": {"defaultBackend": backend},
    }
    return [service, deployment, ingress]


def edited(edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """The right set with these values written into it."""
    objects = web()
    for _, kind, path, value in edits:
        place: Any = next(each for each in objects if each["kind"] == kind)
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
    return objects


def worst(objects: Sequence[Mapping[str, Any]]) -> Severity | None:
    """The worst of the severities that the linter finds."""
    report = lint(deepcopy(list(objects)))
    return next((severity for severity in ("error", "warning", "info") if report.count(severity)), None)


def http(**more: object) -> dict[str, object]:
    return {"name": "http", "port": 80, "targetPort": "http"} | more


def second(**more: object) -> list[dict[str, object]]:
    """Two ports: the right one, and another."""
    return [http(), {"name": "admin", "port": 81, "targetPort": 8080} | more]


NO_INGRESS: Final[list[Edit]] = [("no Ingress", "Ingress", ("spec",), {})]

MISTAKES: Final[list[Edit]] = [
    ("port 0", "Service", (*PORT, "port"), 0),
    ("port 65536", "Service", (*PORT, "port"), 65536),
    ("port in quotes", "Service", (*PORT, "port"), "80"),
    ("Service port name of 64 characters", "Service", (*PORT, "name"), "a" * 64),
    ("Service port name in upper case", "Service", (*PORT, "name"), "HTTP"),
    ("Service port name with an underscore", "Service", (*PORT, "name"), "my_http"),
    ("container port name with two hyphens", "Deployment", (*CONTAINER_PORT, "name"), "http--x"),
    ("container port name of digits", "Deployment", (*CONTAINER_PORT, "name"), "8080"),
    ("container port name of 16 characters", "Deployment", (*CONTAINER_PORT, "name"), "a" * 16),
    ("one port and protocol twice", "Service", ("spec", "ports"), second(port=80)),
    ("one name twice", "Service", ("spec", "ports"), second(name="http")),
    ("one of two ports unnamed", "Service", ("spec", "ports"), [http(), {"port": 81, "targetPort": 8080}]),
    ("nodePort 8080", "Service", ("spec",), {**web()[0]["spec"], "type": "NodePort", "ports": [http(nodePort=8080)]}),
    ("nodePort on ClusterIP", "Service", (*PORT, "nodePort"), 30080),
    ("targetPort 70000", "Service", (*PORT, "targetPort"), 70000),
    ("targetPort Web_Port", "Service", (*PORT, "targetPort"), "Web_Port"),
    ("targetPort in quotes", "Service", (*PORT, "targetPort"), "80"),
    ("protocol HTTP", "Service", (*PORT, "protocol"), "HTTP"),
    ("ExternalName without externalName", "Service", ("spec", "type"), "ExternalName"),
    ("ClusterIP without ports", "Service", ("spec", "ports"), []),
    ("loadBalancerClass on ClusterIP", "Service", ("spec", "loadBalancerClass"), "example.com/lb"),
    ("externalTrafficPolicy on ClusterIP", "Service", ("spec", "externalTrafficPolicy"), "Local"),
    ("healthCheckNodePort on ClusterIP", "Service", ("spec", "healthCheckNodePort"), 30081),
    (
        "one nodePort twice",
        "Service",
        ("spec",),
        {**web()[0]["spec"], "type": "NodePort", "ports": [http(nodePort=30080), second(nodePort=30080)[1]]},
    ),
    ("selector value that is no label value", "Service", ("spec", "selector"), {"app": "my web!"}),
    ("name that is no label", "Service", ("metadata", "name"), "my_web"),
    ("targetport", "Service", ("spec", "ports"), [{"name": "http", "port": 80, "targetport": "http"}]),
    (
        "two container ports of one name",
        "Deployment",
        (*CONTAINER, "ports"),
        [{"name": "http", "containerPort": 8080}, {"name": "http", "containerPort": 9090}],
    ),
    (
        "hostNetwork with another hostPort",
        "Deployment",
        CONTAINER[:-2],
        {
            "hostNetwork": True,
            "containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 8080, "hostPort": 80}]}],
        },
    ),
    ("targetPort that no container has", "Service", (*PORT, "targetPort"), "metrics"),
    ("UDP against TCP", "Service", (*PORT, "protocol"), "UDP"),
    (
        "Ingress with a port that the Service lacks",
        "Ingress",
        BACKEND_PORT,
        {"number": 8080},
    ),
]
"""Each is an error."""

DOUBTFUL: Final[list[Edit]] = [
    (
        "two containers with one port name",
        "Deployment",
        (*CONTAINER[:-1],),
        [
            {"name": "web", "image": "web:1", "ports": [{"name": "http", "containerPort": 8080}]},
            {"name": "proxy", "image": "proxy:1", "ports": [{"name": "http", "containerPort": 9090}]},
        ],
    ),
    ("selector that matches no template", "Service", ("spec", "selector"), {"app": "cache"}),
]
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


LONG: Final = "a-name-of-a-port-that-has-40-characters-"[:39] + "x"


def renamed(name: str) -> list[Edit]:
    """Another name for the Service's port, which the Ingress knows."""
    return [("", "Service", (*PORT, "name"), name), ("", "Ingress", BACKEND_PORT, {"name": name})]


UNUSUAL: Final[list[tuple[str, list[Edit]]]] = [
    (
        "one unnamed port",
        [
            ("", "Service", ("spec", "ports"), [{"port": 80, "targetPort": "http"}]),
            ("", "Ingress", BACKEND_PORT, {"number": 80}),
        ],
    ),
    *((f"Service port name {name}", renamed(name)) for name in ("8080", "http--x", LONG)),
    (
        "headless without ports",
        [("", "Service", ("spec",), {"clusterIP": "None", "selector": {"app": "web"}}), *NO_INGRESS],
    ),
    (
        "ExternalName without ports",
        [("", "Service", ("spec",), {"type": "ExternalName", "externalName": "web.example.com"}), *NO_INGRESS],
    ),
    ("no selector", [("", "Service", ("spec", "selector"), {})]),
    ("targetPort 0", [("", "Service", ("spec", "ports"), [http(port=8080, targetPort=0)])]),
    ('targetPort ""', [("", "Service", ("spec", "ports"), [http(port=8080, targetPort="")])]),
    ("an Ingress by port name", []),
]


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
