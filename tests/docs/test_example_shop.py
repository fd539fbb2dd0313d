"""The example of a whole shop: it leads somewhere, says each thing once, and is the shop that was published."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from portmap import Service, ServicePort, Workload, load, resolve, to_manifest
from portmap.manifests import parse, read

EXAMPLE: Final = Path(__file__).resolve().parents[2] / "examples" / "microservices_shop.py"
PUBLISHED: Final = Path("corpus/GoogleCloudPlatform__microservices-demo/release/kubernetes-manifests.yaml")
LEFT_OUT: Final = "loadgenerator"


@pytest.fixture
def shop() -> ModuleType:
    """The example as a module."""
    spec = importlib.util.spec_from_file_location("microservices_shop", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What a reader sees who runs the example."""
    command = [sys.executable, "-X", "utf8", str(EXAMPLE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)


def of_kind(manifests: Iterable[Mapping[str, Any]], kind: str) -> dict[str, Mapping[str, Any]]:
    """The manifests of one kind, by name."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] == kind}


def container_of(deployment: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one container of a Deployment."""
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    found: Mapping[str, Any] = container
    return found


def addresses_of(deployment: Mapping[str, Any]) -> dict[str, str]:
    """The addresses that a Deployment's container is told to call."""
    environment = container_of(deployment).get("env", ())
    return {each["name"]: each["value"] for each in environment if each["name"].endswith("_ADDR")}


def what_it_says(service: Mapping[str, Any], deployments: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Each field of a Service as a reader understands it: defaults said, named ports followed to their numbers."""
    typed = read(service)
    assert isinstance(typed, Service)
    routes = resolve(typed, [each for each in map(read, deployments.values()) if isinstance(each, Workload)])

    def target(port: ServicePort) -> int:
        [number] = {end.port for end in routes.endpoints(port)}
        return number

    ports = [(port.name, port.port, port.effective_protocol, target(port)) for port in typed.ports]
    rest = {**service, "spec": {"type": "ClusterIP", **service["spec"], "ports": ports}}
    reached = sorted({end.workload or "" for port in typed.ports for end in routes.endpoints(port)})
    return {**rest, "reached": reached}


class TestTheManifests:
    """What the example writes."""

    def test_every_port_leads_somewhere(self, shop: ModuleType) -> None:
        """Twelve Services, each with a port that reaches exactly one Deployment, and nothing is missed."""
        routes = shop.routes()
        assert [route.misses for route in routes] == [()] * 12
        assert [len(route.endpoints()) for route in routes] == [1] * 12

    def test_what_is_written_is_what_was_built(self, shop: ModuleType) -> None:
        """The YAML on standard output reads back as the Services and Deployments of the example, all valid."""
        done = run()
        assert (done.returncode, done.stderr) == (0, "")
        built = [each if isinstance(each, dict) else to_manifest(each) for each in shop.manifests()]
        assert parse(done.stdout) == built
        documents = load(StringIO(done.stdout))
        assert [(document.kind, document.violations) for document in documents] == [
            (manifest["kind"], ()) for manifest in built
        ]
        assert {kind: len(of_kind(built, kind)) for kind in ("Service", "Deployment")} == {
            "Service": 12,
            "Deployment": 11,
        }

    def test_one_port_is_one_port_everywhere(self, shop: ModuleType) -> None:
        """A container's port, its probes and its `PORT` are one and the same."""
        for part in shop.PARTS:
            container = container_of(part.deployment)
            [declared] = container["ports"]
            own = {declared["name"], declared["containerPort"]}
            assert {"name": "PORT", "value": str(declared["containerPort"])} in container["env"]
            for probe in (container["readinessProbe"], container["livenessProbe"]):
                [action] = probe.values()
                assert action["port"] in own

    def test_every_address_is_a_port_of_a_service(self, shop: ModuleType) -> None:
        """What one part is told to call is a Service port of another."""
        services = {f"{service.name}:{port.port}" for service in shop.SERVICES for port in service.ports}
        called = [address for part in shop.PARTS for address in addresses_of(part.deployment).values()]
        assert called
        assert set(called) <= services


class TestTheProgram:
    """What the example prints."""

    def test_the_map_has_a_line_for_each_port(self, shop: ModuleType) -> None:
        """With `--map` there is a line for each Service port, with workload, container and number."""
        done = run("--map")
        assert (done.returncode, done.stderr) == (0, "")
        lines = [line.split() for line in done.stdout.splitlines()]
        assert [line[0] for line in lines] == [f"{each.name}:{each.ports[0].port}" for each in shop.SERVICES]
        assert ["emailservice:5000", "grpc", "Deployment/emailservice,", "server:", "8080/TCP"] in lines

    def test_a_port_that_leads_nowhere_fails_it(
        self, shop: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Where a port leads nowhere, the example says which and why, and its exit code is 1."""
        broken = Service("frontend", selector={"app": "frontend"}, ports=[ServicePort(80, target_port="htpp")])
        monkeypatch.setattr(shop, "SERVICES", (broken,))
        monkeypatch.setattr(sys, "argv", ["microservices_shop.py", "--map"])
        assert shop.main() == 1
        assert "Service frontend: no container port named 'htpp'" in capsys.readouterr().err


class TestAgainstThePublishedShop:
    """The example beside the manifests that the shop's authors publish."""

    @pytest.fixture
    def published(self, shared: Path) -> list[Mapping[str, Any]]:
        """The published manifests."""
        return [each for each in parse((shared / PUBLISHED).read_text(encoding="utf-8")) if each]

    def test_each_field_of_each_service_is_the_same(self, shop: ModuleType, published: list[Mapping[str, Any]]) -> None:
        """Names, labels, types, selectors, ports, protocols and the numbers they lead to are those published.

        The published target ports are numbers and the example's are names, so each is
        followed to the container in its own set of Deployments.
        """
        built = [each if isinstance(each, dict) else to_manifest(each) for each in shop.manifests()]
        ours, theirs = (
            {
                name: what_it_says(service, of_kind(manifests, "Deployment"))
                for name, service in of_kind(manifests, "Service").items()
            }
            for manifests in (built, published)
        )
        assert ours == theirs

    def test_the_deployments_listen_and_call_alike(self, shop: ModuleType, published: list[Mapping[str, Any]]) -> None:
        """Container ports, pod labels and the addresses that are called are those published.

        The frontend's published manifest also names an assistant that is not among them.
        """
        theirs = of_kind(published, "Deployment")
        assert theirs.keys() - {part.name for part in shop.PARTS} == {LEFT_OUT}
        known = {each["metadata"]["name"] for each in published}
        for part in shop.PARTS:
            ours = part.deployment
            wanted = theirs[part.name]
            assert ours["spec"]["selector"] == wanted["spec"]["selector"]
            assert ours["spec"]["template"]["metadata"]["labels"] == wanted["spec"]["template"]["metadata"]["labels"]
            assert [port["containerPort"] for port in container_of(ours)["ports"]] == [
                port["containerPort"] for port in container_of(wanted)["ports"]
            ]
            called = {key: value for key, value in addresses_of(wanted).items() if value.partition(":")[0] in known}
            assert addresses_of(ours) == called
