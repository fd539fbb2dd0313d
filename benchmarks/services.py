"""What portmap costs beside other ways to the same end, in one run.

    python benchmarks/services.py [--sizes 1,100,10000] [--rounds N]

Each row is one task for so many three-port Services, of which no two have equal names, labels or
ports: the time that portmap takes, and how many times as long the others take for it in the same
run, each in turn, of which the fastest round counts. The others are dicts written by hand with
PyYAML's C dumper and C loader, the models of the
official client and those of lightkube; none of them checks anything. The official client leaves
YAML to PyYAML, which has two dumpers: `yaml.safe_dump`, what its users write, is the one in
Python; the C dumper has to be asked for, and is the fastest way there is with this client.
"""

import argparse
import gc
import io
import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import yaml
from kubernetes import client as official
from lightkube import codecs
from lightkube.models import core_v1, meta_v1
from lightkube.resources.core_v1 import Service as LightkubeService

from portmap import Container, ContainerPort, Pod, Service, ServicePort, load, resolve_all, to_manifest, to_yaml
from portmap.manifests import Manifests, validate

Work = Callable[[], object]
Tasks = Mapping[str, Mapping[str, Work]]
OTHERS: Final = ("dict", "official", "official, safe_dump", "lightkube")
API: Any = official.ApiClient()


def ports_of(number: int) -> tuple[tuple[str, int, int | str], ...]:
    """Name, number and target of each port: no two Services have the same."""
    return (
        (f"http-{number}", 1 + number % 20_000, "http"),
        (f"https-{number}", 20_001 + number % 20_000, 1 + number % 60_000),
        (f"metrics-{number}", 40_001 + number % 20_000, "metrics"),
    )


# --- one Service in four ways ----------------------------------------------------------------------------------


def of_portmap(number: int) -> Service:
    labels = {"app": f"web-{number}"}
    ports = [ServicePort(port, name=name, target_port=target) for name, port, target in ports_of(number)]
    return Service(f"web-{number}", namespace="shop", labels=labels, selector=labels, ports=ports)


def of_dicts(number: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"web-{number}", "namespace": "shop", "labels": {"app": f"web-{number}"}},
        "spec": {
            "selector": {"app": f"web-{number}"},
            "ports": [{"name": name, "port": port, "targetPort": target} for name, port, target in ports_of(number)],
        },
    }


def of_official(number: int) -> Any:
    labels = {"app": f"web-{number}"}
    ports = [
        official.V1ServicePort(name=name, port=port, target_port=target) for name, port, target in ports_of(number)
    ]
    return official.V1Service(
        api_version="v1",
        kind="Service",
        metadata=official.V1ObjectMeta(name=f"web-{number}", namespace="shop", labels=labels),
        spec=official.V1ServiceSpec(selector=labels, ports=ports),
    )


def of_lightkube(number: int) -> Any:
    labels = {"app": f"web-{number}"}
    ports = [core_v1.ServicePort(name=name, port=port, targetPort=target) for name, port, target in ports_of(number)]
    return LightkubeService(
        metadata=meta_v1.ObjectMeta(name=f"web-{number}", namespace="shop", labels=labels),
        spec=core_v1.ServiceSpec(selector=labels, ports=ports),
    )


# --- tasks -----------------------------------------------------------------------------------------------------


def dumped(manifests: Sequence[Any], dumper: type = yaml.CSafeDumper) -> str:
    text: str = yaml.dump_all(manifests, Dumper=dumper, sort_keys=False)
    return text


def sanitized(models: Iterable[Any]) -> list[Any]:
    return [API.sanitize_for_serialization(each) for each in models]


def places(documents: Manifests) -> list[object]:
    """The place of one value of each, for which those of all are found."""
    return [document.span("spec.ports[0].targetPort") for document in documents]


def tasks(size: int) -> Tasks:
    numbers = range(size)
    built = [of_portmap(number) for number in numbers]
    plain = [of_dicts(number) for number in numbers]
    models = [of_official(number) for number in numbers]
    light = [of_lightkube(number) for number in numbers]
    text = to_yaml(*built)
    container = Container("app", ports=[ContainerPort(8080, name="http"), ContainerPort(9090, name="metrics")])
    pods = [
        Pod(f"web-{number}-a", namespace="shop", labels={"app": f"web-{number}"}, containers=[container])
        for number in numbers
    ]

    def loaded() -> list[Any]:
        return list(yaml.load_all(text, Loader=yaml.CSafeLoader))

    def deserialized() -> list[Any]:
        return [API._ApiClient__deserialize(each, "V1Service") for each in loaded()]  # noqa: SLF001

    return {
        "build": {
            "portmap": lambda: [of_portmap(number) for number in numbers],
            "dict": lambda: [of_dicts(number) for number in numbers],
            "official": lambda: [of_official(number) for number in numbers],
            "lightkube": lambda: [of_lightkube(number) for number in numbers],
        },
        "to plain data": {
            "portmap": lambda: [to_manifest(each) for each in built],
            "official": lambda: sanitized(models),
            "lightkube": lambda: [each.to_dict() for each in light],
        },
        "to YAML": {
            "portmap": lambda: to_yaml(*built),
            "dict": lambda: dumped(plain),
            "official": lambda: dumped(sanitized(models)),
            "official, safe_dump": lambda: dumped(sanitized(models), yaml.SafeDumper),
            "lightkube": lambda: codecs.dump_all_yaml(light),
        },
        "build and write": {
            "portmap": lambda: to_yaml(*[of_portmap(number) for number in numbers]),
            "dict": lambda: dumped([of_dicts(number) for number in numbers]),
            "official": lambda: dumped(sanitized(map(of_official, numbers))),
            "official, safe_dump": lambda: dumped(sanitized(map(of_official, numbers)), yaml.SafeDumper),
            "lightkube": lambda: codecs.dump_all_yaml([of_lightkube(number) for number in numbers]),
        },
        "load": {
            "portmap": lambda: load(io.StringIO(text)),
            "dict": loaded,
            "official": deserialized,
            "lightkube": lambda: list(codecs.load_all_yaml(text)),
        },
        "load, with places": {"portmap": lambda: places(load(io.StringIO(text))), "dict": loaded},
        "validate": {"portmap": lambda: [validate(each) for each in plain], "dict": lambda: dumped(plain)},
        "resolve": {"portmap": lambda: resolve_all(built, pods), "dict": lambda: dumped(plain)},
    }


def fastest(ways: Mapping[str, Work], rounds: int) -> dict[str, float]:
    """The fastest round of each, measured in turn: seconds of processor time."""
    best = dict.fromkeys(ways, float("inf"))
    for _, (name, work) in itertools.product(range(rounds), ways.items()):
        gc.collect()
        start = time.process_time()
        work()
        best[name] = min(best[name], time.process_time() - start)
    return best


# --- the table -------------------------------------------------------------------------------------------------


def shown_ratio(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0f}"


def row(task: str, size: int, shown: str, best: Mapping[str, float]) -> str:
    ratios = [f"{shown_ratio(best[name] / best['portmap'])} x" if name in best else "" for name in OTHERS]
    return f"| {task} | {size} | {shown} | {' | '.join(ratios)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="1,100,10000", help="how many Services (default: 1,100,10000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default: 5)")
    arguments = parser.parse_args()
    print("| Task | Services | portmap | dict and C dumper | official, C dumper | official, `safe_dump` | lightkube |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for size in map(int, arguments.sizes.split(",")):
        repeats = max(1, 1000 // size) if size < 1000 else 1
        for task, ways in tasks(size).items():
            best = fastest({name: repeated(work, repeats) for name, work in ways.items()}, arguments.rounds)
            each = best["portmap"] / repeats / size * 1e6
            print(row(task, size, f"{each:.1f} µs each", best))


def repeated(work: Work, repeats: int) -> Work:
    def run() -> None:
        for _ in range(repeats):
            work()

    return run


if __name__ == "__main__":
    main()
