"""What a map of a large cluster costs: 10,000 Services and 50,000 pods, indexed and fully resolved.

    python benchmarks/large_cluster.py [--services N]

The half of it and the whole are measured, each in a process of its own, so that one leaves no
memory to the other: the processor time and the most memory that `PortMap.of` takes on plain data as the
API server gives it, that data included. The goals are those of a two-core machine: the
whole in less than 10 seconds and 2 GiB, and less than three times the half.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from portmap import PortMap

SERVICES = 10_000
PODS_EACH = 5
SECONDS = 10.0
MEBIBYTES = 2048.0
FACTOR = 3.0


def cluster(services: int) -> Iterator[dict[str, Any]]:
    """Services of three ports with five running pods each, in namespaces of fifty, and an Ingress for every other."""
    for number in range(services):
        name, namespace = f"app-{number}", f"team-{number // 50}"
        labels = {
            "pod-template-hash": f"{number:x}",
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/part-of": namespace,
            "tier": f"t{number % 3}",
        }
        selector = {"app.kubernetes.io/name": name, "tier": f"t{number % 3}"}
        yield service(name, namespace, selector, number)
        for each in range(PODS_EACH):
            yield pod(f"{name}-{each}", namespace, labels, number * PODS_EACH + each)
        if number % 2:
            yield ingress(name, namespace)


def service(name: str, namespace: str, selector: dict[str, str], number: int) -> dict[str, Any]:
    ports: list[dict[str, Any]] = [
        {"name": "http", "port": 80, "targetPort": "http"},
        {"name": "grpc", "port": 9000, "targetPort": 9000, "appProtocol": "kubernetes.io/h2c"},
        {"name": "metrics", "port": 9090, "targetPort": "metrics"},
    ]
    spec: dict[str, Any] = {"selector": selector, "ports": ports}
    if number % 10 == 0:
        spec["type"] = "NodePort"
        ports[0]["nodePort"] = 30000 + number // 10 % 2768
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def pod(name: str, namespace: str, labels: dict[str, str], number: int) -> dict[str, Any]:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "nodeName": f"node-{number % 500}",
            "containers": [
                {
                    "name": "app",
                    "image": "example.com/app:1",
                    "ports": [{"name": "http", "containerPort": 8080}, {"name": "grpc", "containerPort": 9000}],
                    "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
                },
                {
                    "name": "exporter",
                    "image": "example.com/exporter:1",
                    "ports": [{"name": "metrics", "containerPort": 9102}],
                },
            ],
        },
        "status": {
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def ingress(name: str, namespace: str) -> dict[str, Any]:
    backend = {"service": {"name": name, "port": {"name": "http"}}}
    rule = {"host": f"{name}.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"rules": [rule]},
    }


def measure(services: int) -> None:
    """Makes one map, and prints what it cost and what it holds."""
    objects = list(cluster(services))
    start = time.process_time()
    found = PortMap.of(objects)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if len(found.reaches(f"app-{services - 1}:http")) != PODS_EACH:
        sys.exit("the last Service does not reach its pods")
    print(json.dumps({"seconds": seconds, "mebibytes": peak}))


def measured(services: int) -> dict[str, float]:
    """The figures of a process of its own."""
    command = [sys.executable, __file__, "--services", str(services), "--once"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - itself
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--services", type=int, default=SERVICES, help=f"how many Services (default: {SERVICES})")
    parser.add_argument("--once", action="store_true", help="measure this number only, and print JSON")
    options = parser.parse_args()
    if options.once:
        measure(options.services)
        return
    half, whole = measured(options.services // 2), measured(options.services)
    factors = whole["seconds"] / half["seconds"], whole["mebibytes"] / half["mebibytes"]
    pods = options.services * PODS_EACH
    print(f"PortMap.of, {options.services} Services and {pods} pods")
    for what, goal, unit, factor in (
        ("seconds", SECONDS, "s", factors[0]),
        ("mebibytes", MEBIBYTES, "MiB", factors[1]),
    ):
        print(f"  {whole[what]:8.1f} {unit:4} (goal: {goal:g})   {factor:.2f} x the half (goal: {FACTOR:g})")
    kept = whole["seconds"] < SECONDS and whole["mebibytes"] < MEBIBYTES and max(factors) < FACTOR
    if options.services == SERVICES and not kept:
        sys.exit("a goal is missed")


if __name__ == "__main__":
    main()
