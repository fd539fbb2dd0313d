"""What checking costs, as ratios to the same work without it, in one run.

    python benchmarks/ratios.py [--rounds N]

Each pair is measured in turn, baseline and subject, round by round, and the ratio is
that of the fastest rounds: so a machine whose speed drifts does not matter. The
baseline of the checks is the construction of the same frozen classes with the same
converters and no check at all.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import yaml

from portmap import Container, ContainerPort, Pod, Service, ServicePort, resolve, to_manifest, to_yaml
from portmap.manifests import read, validate

REPEATS = 300


def three_ports() -> list[ServicePort]:
    return [
        ServicePort(80, name="http", target_port="http"),
        ServicePort(443, name="https", target_port=8443, protocol="TCP"),
        ServicePort(9090, name="metrics", target_port="metrics"),
    ]


def service() -> Service:
    return Service("web", namespace="shop", selector={"app": "web"}, labels={"app": "web"}, ports=three_ports())


def unchecked() -> Service:
    """The same without a check: what the classes and converters cost by themselves."""
    with (
        mock.patch.object(Service, "__attrs_post_init__", _nothing),
        mock.patch.object(ServicePort, "__attrs_post_init__", _nothing),
    ):
        for _ in range(REPEATS):
            made = service()
    return made


def _nothing(_: object) -> None:
    return None


def many(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        for _ in range(REPEATS):
            work()

    return run


def fastest(work: Callable[[], object], base: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The fastest round of each, measured in turn: seconds of processor time."""
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for place, each in enumerate((work, base)):
            start = time.process_time()
            each()
            best[place] = min(best[place], time.process_time() - start)
    return best[0], best[1]


def pairs() -> list[tuple[str, Callable[[], object], str, Callable[[], object], float | None]]:
    manifest = to_manifest(service())
    built = service()
    text = yaml.dump(manifest, Dumper=yaml.CSafeDumper, sort_keys=False)
    pods = [
        Pod(
            f"web-{n}",
            labels={"app": f"web-{n % 100}"},
            containers=[Container("app", ports=[ContainerPort(8080, name="http")])],
        )
        for n in range(1000)
    ]
    target = Service("web", selector={"app": "web-1"}, ports=[ServicePort(80, target_port="http")])

    def dumped() -> None:
        yaml.dump(manifest, Dumper=yaml.CSafeDumper, sort_keys=False)

    def loaded() -> None:
        yaml.load(text, Loader=yaml.CSafeLoader)

    def scanned() -> Any:
        return [pod for pod in pods if pod.labels.get("app") == "web-1"]

    bare = "the same classes, unchecked"
    return [
        ("Service(…), three ports", many(service), bare, unchecked, 4.0),
        ("validate(manifest), three ports", many(lambda: validate(manifest)), bare, unchecked, 10.0),
        ("read(manifest)", many(lambda: read(manifest)), "PyYAML's C loader making the dict", many(loaded), None),
        ("to_yaml(service)", many(lambda: to_yaml(built)), "PyYAML's C dumper, from the dict", many(dumped), None),
        ("resolve among 1000 pods", lambda: resolve(target, pods), "a list comprehension over them", scanned, None),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=25, help="how often each pair is measured (default: 25)")
    rounds = parser.parse_args().rounds
    for name, work, against, base, limit in pairs():
        mine, theirs = fastest(work, base, rounds)
        goal = "" if limit is None else f"   (at most {limit:g})"
        print(f"{name:34} {mine / theirs:6.2f} x {against}{goal}")


if __name__ == "__main__":
    main()
