"""`portmap resolve --format json`."""

import json
from pathlib import Path
from typing import Any

import pytest

from command_line import portmap, write
from manifest_texts import WEB, deployment, service


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def node_port(number: int | None) -> dict[str, Any]:
    """Return the hop at a node port of Service web."""
    name = {"kind": "Service", "namespace": "shop", "name": "web"}
    return {**name, "port": number, "protocol": "TCP", "address": "every node"}


def test_json() -> None:
    """The JSON report has everything that the text has; docs/cli.md documents each field."""
    write("k8s/web.yaml", WEB.replace("targetPort: http", "targetPort: htpp"))
    write("k8s/cold.yaml", service("cold", "app: cold", "{port: 0, targetPort: 80}"), "kind: ConfigMap\n")
    write("k8s/broken.yaml", "a: [\n")
    run = portmap("resolve", "--format", "json", "k8s")
    expected = {
        "version": 1,
        "kubernetesVersion": "1.36",
        "services": [
            {
                "kind": "Service",
                "name": "cold",
                "namespace": "shop",
                "source": "k8s/cold.yaml",
                "line": 1,
                "elsewhere": None,
                "renderedBy": None,
                "leadsNowhere": True,
                "ports": [],
                "violations": [
                    {
                        "field": "spec.ports[0].port",
                        "code": "port-out-of-range",
                        "reason": "FieldValueInvalid",
                        "message": "Invalid value: 0: must be between 1 and 65535, inclusive",
                        "hint": "give the port number that clients dial",
                        "line": 6,
                        "column": 18,
                    }
                ],
            },
            {
                "kind": "Service",
                "name": "web",
                "namespace": "shop",
                "source": "k8s/web.yaml",
                "line": 1,
                "elsewhere": None,
                "renderedBy": None,
                "leadsNowhere": True,
                "ports": [
                    {
                        "name": "http",
                        "port": 80,
                        "protocol": "TCP",
                        "nodePort": 30080,
                        "targetPort": "htpp",
                        "approaches": [
                            {"entry": "cluster-ip", "hops": []},
                            {
                                "entry": "node-port",
                                "hops": [node_port(30080)],
                            },
                        ],
                        "beyond": None,
                        "doubt": None,
                        "endpoints": [],
                        "misses": [
                            {
                                "code": "unresolved-target-port",
                                "message": "no container port named 'htpp' for TCP in Deployment/web: "
                                "it declares http/TCP → 8080 in app, dns/UDP → 53 in app",
                                "hint": "did you mean 'http'?",
                                "pod": None,
                                "workload": "Deployment/web",
                                "source": "k8s/web.yaml",
                                "line": 11,
                            }
                        ],
                    },
                    {
                        "name": "debug",
                        "port": 6060,
                        "protocol": "TCP",
                        "nodePort": None,
                        "targetPort": 6060,
                        "approaches": [
                            {"entry": "cluster-ip", "hops": []},
                            {
                                "entry": "node-port",
                                "hops": [node_port(None)],
                            },
                        ],
                        "beyond": None,
                        "doubt": None,
                        "endpoints": [
                            {
                                "pod": None,
                                "workload": "Deployment/web",
                                "source": "k8s/web.yaml",
                                "line": 11,
                                "container": None,
                                "port": 6060,
                                "protocol": "TCP",
                                "ready": True,
                            }
                        ],
                        "misses": [],
                    },
                ],
                "violations": [],
            },
        ],
        "invalidWorkloads": [],
        "unreadable": [
            {
                "source": "k8s/broken.yaml",
                "line": 2,
                "column": 1,
                "message": "expected a value here",
            }
        ],
        "counts": {
            "services": 2,
            "invalidServices": 1,
            "portsLeadingNowhere": 1,
            "portsInDoubt": 0,
            "skipped": 0,
            "workloads": 1,
            "pods": 0,
            "invalidWorkloads": 0,
            "others": 1,
            "unreadable": 1,
        },
    }
    assert run.code == 1
    assert json.loads(run.out) == expected
    assert run.out == json.dumps(expected, indent=2, sort_keys=True) + "\n"
    assert run.err.startswith("k8s/broken.yaml:2:1: ")


def test_json_of_an_invalid_workload() -> None:
    """An invalid workload has violations, and the Service that would select it has a miss."""
    write("web.yaml", service("web", "app: web", "{port: 80}"), deployment("web", "app: web", "{containerPort: x}"))
    report = json.loads(portmap("resolve", "web.yaml", "--format=json").out)
    [workload] = report["invalidWorkloads"]
    [violation] = workload["violations"]
    assert (workload["kind"], workload["name"], workload["namespace"], workload["line"]) == (
        "Deployment",
        "web",
        "shop",
        8,
    )
    assert (violation["code"], violation["line"], violation["column"]) == ("wrong-type", 16, 71)
    [miss] = report["services"][0]["ports"][0]["misses"]
    assert (miss["code"], miss["workload"], miss["line"]) == ("pods-unknown", "Deployment/web", 8)
