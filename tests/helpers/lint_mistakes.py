"""Common mistakes, each as an edit of a valid set of objects."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from portmap.lint import Severity, lint

__all__ = [
    "BACKEND_PORT",
    "CONTAINER",
    "CONTAINER_PORT",
    "DOUBTFUL",
    "LONG",
    "MISTAKES",
    "NO_INGRESS",
    "PORT",
    "UNUSUAL",
    "Edit",
    "edited",
    "http",
    "renamed",
    "second",
    "web",
    "worst",
]

Edit = tuple[str, str, tuple[str | int, ...], object]
"""A name, the kind of the object, the path in it, and the value to write there."""

PORT: Final = ("spec", "ports", 0)

CONTAINER: Final = ("spec", "template", "spec", "containers", 0)

BACKEND_PORT: Final = ("spec", "defaultBackend", "service", "port")

CONTAINER_PORT: Final = (*CONTAINER, "ports", 0)


def web() -> list[dict[str, Any]]:
    """Return a valid set: a Deployment, its Service and an Ingress."""
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
    """Return the valid set with edits."""
    objects = web()
    for _, kind, path, value in edits:
        place: Any = next(raw for raw in objects if raw["kind"] == kind)
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
    return objects


def worst(objects: Sequence[Mapping[str, Any]]) -> Severity | None:
    """Return the highest severity of the findings."""
    report = lint(deepcopy(list(objects)))
    return next((severity for severity in ("error", "warning", "info") if report.count(severity)), None)


def http(**more: object) -> dict[str, object]:
    return {"name": "http", "port": 80, "targetPort": "http"} | more


def second(**more: object) -> list[dict[str, object]]:
    """Return two ports: the valid one, and another."""
    return [http(), {"name": "admin", "port": 81, "targetPort": 8080} | more]


NO_INGRESS: Final[list[Edit]] = [("no Ingress of the Service", "Ingress", ("spec",), {"rules": [{}]})]

# Each is an error.
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
    ("selector value that is not a label value", "Service", ("spec", "selector"), {"app": "my web!"}),
    ("name that is not a DNS label", "Service", ("metadata", "name"), "my_web"),
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

# Each is at least a warning.
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

LONG: Final = "a-name-of-a-port-that-has-40-characters-"[:39] + "x"


def renamed(name: str) -> list[Edit]:
    """Return edits that rename the Service port; an Ingress can refer to such a port by its number only."""
    return [("", "Service", (*PORT, "name"), name), ("", "Ingress", BACKEND_PORT, {"number": 80})]


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
