"""The assertions for users: what they let pass, and what they say where they do not."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from hypothesis import given

from portmap import Container, ContainerPort, Pod, Service, ServicePort, ValidationError, load, strategies, to_yaml
from portmap.testing import (
    assert_contract_kept,
    assert_no_findings,
    assert_routes,
    assert_unreachable,
    violates,
)

SOURCE: Final = Path(__file__).resolve().parents[2] / "src"
WEB: Final = Service(
    "web",
    namespace="shop",
    selector={"app": "web"},
    ports=[
        ServicePort(80, name="http", target_port="http"),
        ServicePort(9090, name="metrics", target_port="metric"),
    ],
)
APP: Final = Container(
    "app", image="example.com/web:1", ports=[ContainerPort(8080, name="http"), ContainerPort(9100, name="metrics")]
)
POD: Final = Pod("web-0", namespace="shop", labels={"app": "web"}, containers=[APP])
DEPLOYMENT: Final[dict[str, Any]] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8081}]}]},
        }
    },
}


def failure(assertion: Any, *arguments: Any, **options: Any) -> list[str]:
    """Return the lines of the failure of an assertion."""
    with pytest.raises(AssertionError) as caught:
        assertion(*arguments, **options)
    return str(caught.value).splitlines()


class TestRoutes:
    """`assert_routes` and `assert_unreachable`."""

    @pytest.mark.parametrize("port", ["http", 80, WEB.ports[0]])
    def test_a_port_with_the_expected_endpoint(self, port: Any) -> None:
        """A port that reaches the expected number passes, whether given by name, number or itself."""
        assert_routes(WEB, [POD], port=port, to=8080, container="app")
        assert_routes(WEB, [POD], port=port)

    def test_plain_dicts(self) -> None:
        """Workloads can be plain dicts, and the port must reach each of them."""
        assert_routes(WEB, [DEPLOYMENT], port="http", to=8081)
        [first, *_] = failure(assert_routes, WEB, [POD, DEPLOYMENT], port="http", to=8080)
        assert first == (
            "port 'http' of Service shop/web should reach 8080, but in Deployment/web it reaches 8081 "
            "in container 'app'"
        )

    @pytest.mark.parametrize("to", ["http", "8080"])
    def test_a_name_is_no_number(self, to: Any) -> None:
        """`to` must be a number."""
        with pytest.raises(TypeError, match=f"number of the port that is reached, not '{to}'"):
            assert_routes(WEB, [POD], port="http", to=to)

    def test_another_container(self) -> None:
        """A given container must declare the port."""
        [first, *_] = failure(assert_routes, WEB, [POD], port="http", container="proxy")
        assert (
            "should have endpoints in container 'proxy', but in Pod/web-0 it reaches 8080 in container 'app'" in first
        )

    def test_an_undeclared_port(self) -> None:
        """A number that no container declares is an endpoint, but of no container."""
        service = attrs.evolve(WEB, ports=[ServicePort(6060)])
        assert_routes(service, [POD], to=6060)
        [first, *_] = failure(assert_routes, service, [POD], container="app")
        assert first.endswith("it reaches 6060, which no container declares")

    def test_a_port_without_endpoints(self) -> None:
        """The failure begins with the hint, and shows the endpoints of every port."""
        [first, *rest] = failure(assert_routes, WEB, [POD])
        assert first == (
            "each port of Service shop/web should have endpoints, but port 'metrics' has no endpoint in Pod/web-0: "
            "did you mean 'metrics'?"
        )
        assert rest[0] == "  http 80/TCP       → Pod/web-0  app  8080/TCP"
        assert rest[1].startswith("  metrics 9090/TCP  ✗ no container port named 'metric' for TCP in Pod/web-0")
        assert rest[2].strip() == "hint: did you mean 'metrics'?"

    def test_no_pod(self) -> None:
        """A Service that selects no pod fails, with ports or without."""
        for service in (WEB, Service.headless("web", selector={"app": "web"})):
            [first, *_] = failure(assert_routes, service, [])
            assert first.endswith("it selects no pod: no pod has the labels app=web")

    def test_unknown_endpoints(self) -> None:
        """The endpoints of a Service without a selector are unknown, so both assertions fail."""
        reason = "without a selector, its endpoints are managed by another program"
        for assertion in (assert_routes, assert_unreachable):
            lines = failure(assertion, Service("web", ports=[ServicePort(80)]), [POD])
            assert lines == [f"the endpoints of Service web are unknown: {reason}"]

    def test_headless_without_ports(self) -> None:
        """The endpoints of a headless Service without ports are the selected pods."""
        service = Service.headless("web", namespace="shop", selector={"app": "web"})
        assert_routes(service, [POD])
        [first, second] = failure(assert_unreachable, service, [POD])
        assert first == "Service shop/web should have no endpoints, but it reaches web-0"
        assert second == "  no ports  → Pod/web-0"

    def test_unreachable(self) -> None:
        """A port without endpoints is unreachable; a failure lists the endpoints."""
        assert_unreachable(WEB, [POD], port="metrics")
        assert_unreachable(WEB, [])
        [first, *rest] = failure(assert_unreachable, WEB, [POD])
        assert first == "each port of Service shop/web should have no endpoints, but it reaches Pod/web-0 8080/TCP"
        assert len(rest) == 3

    def test_a_missing_port(self) -> None:
        """Both assertions fail for a port that the Service does not have."""
        known = "Service shop/web has no port 'https': it has http 80, metrics 9090; did you mean 'http'?"
        [first, *rest] = failure(assert_routes, WEB, [POD], port="https")
        assert first == f"port 'https' of Service shop/web should have endpoints, but {known}"
        assert rest[0] == "  http 80/TCP       → Pod/web-0  app  8080/TCP"
        [first, *_] = failure(assert_routes, WEB, [POD], port="https", to=8443, container="app")
        assert first == f"port 'https' of Service shop/web should reach 8443 in container 'app', but {known}"
        [first, *_] = failure(assert_unreachable, WEB, [POD], port="https")
        assert first == f"port 'https' of Service shop/web should have no endpoints, but {known}"
        [first, *_] = failure(assert_routes, WEB, [], port=443)
        assert first.endswith("Service shop/web has no port 443: it has http 80, metrics 9090")

    @pytest.mark.parametrize("port", [True, 8.5])
    def test_a_value_that_cannot_be_a_port(self, port: Any) -> None:
        """A value that cannot be a port is a TypeError, not a failure."""
        for assertion in (assert_routes, assert_unreachable):
            with pytest.raises(TypeError, match="port must be a name, a number, a ServicePort or a ContainerPort"):
                assertion(WEB, [POD], port=port)

    def test_documents(self, tmp_path: Path) -> None:
        """The pods can be the documents that `load` returns, with other kinds among them."""
        (tmp_path / "all.yaml").write_text(to_yaml(WEB, DEPLOYMENT))
        assert_routes(WEB, load(tmp_path), port="http", to=8081)

    @given(strategies.services_with_pods())
    def test_generated_services_have_endpoints(self, world: tuple[Service, list[Pod]]) -> None:
        """A generated Service with its pods passes `assert_routes`, and fails `assert_unreachable`."""
        service, pods = world
        assert_routes(service, pods)
        failure(assert_unreachable, service, pods)


class TestFindings:
    """`assert_no_findings` and `assert_contract_kept`."""

    def test_no_findings(self) -> None:
        """Objects without findings pass; findings are listed unless they are ignored."""
        good = attrs.evolve(WEB, ports=WEB.ports[:1])
        assert_no_findings([good, POD])
        [first, *rest] = failure(assert_no_findings, [WEB, POD])
        assert first == "there should be no findings, but there is one:"
        assert "[unresolved-target-port]" in rest[0]
        assert_no_findings([WEB, POD], ignore=["unresolved-target-port"])

    def test_no_objects(self, tmp_path: Path) -> None:
        """No objects at all are a failure."""
        (tmp_path / "empty.yaml").write_text("# later\n")
        words = ["there should be no findings, but there are no objects to lint"]
        nothings: list[Iterable[object]] = [load(tmp_path), load(tmp_path / "empty.yaml"), [], (), iter([])]
        for nothing in nothings:
            assert failure(assert_no_findings, nothing) == words
        assert_no_findings(iter([POD]), threshold="error")

    def test_files_that_cannot_be_read(self, tmp_path: Path) -> None:
        """A file that cannot be read is a failure unless it is ignored."""
        (tmp_path / "a.yaml").write_text(to_yaml(POD))
        (tmp_path / "b.yaml").write_text("a: [")
        [first, second] = failure(assert_no_findings, load(tmp_path), threshold="error")
        assert first == "there should be no findings, but there are files that cannot be read:"
        assert second.startswith(f"  {tmp_path / 'b.yaml'}:")
        assert_no_findings(load(tmp_path), threshold="error", ignore=["unreadable-file"])

    @pytest.mark.parametrize("path", ["k8s", Path("k8s")])
    def test_the_name_of_a_file(self, path: Any) -> None:
        """A path is a TypeError that names the function and says how to load the path."""
        with pytest.raises(TypeError, match=r"^assert_no_findings takes .* write assert_no_findings\(load\('k8s'\)\)"):
            assert_no_findings(path)
        with pytest.raises(TypeError, match=r"^assert_contract_kept takes objects, not the name of a file"):
            assert_contract_kept([WEB], path)

    def test_tracebacks(self) -> None:
        """The traceback of portmap's errors ends at the call; that of errors in an iterable is complete."""
        wrong: Any = "k8s"
        with pytest.raises(TypeError) as caught:
            assert_no_findings(wrong)
        assert [each.name for each in caught.traceback] == ["test_tracebacks", "wrapper"]
        with pytest.raises(TypeError) as caught:
            assert_no_findings(len(each) for each in (1,))  # type: ignore[arg-type]
        assert caught.traceback[-1].name == "<genexpr>"

    def test_the_contract(self, tmp_path: Path) -> None:
        """A contract that is kept passes; a broken one fails, for files and for typed objects."""
        assert_contract_kept([WEB, POD], [WEB, POD])
        lines = failure(assert_contract_kept, [WEB, POD], [attrs.evolve(WEB, ports=WEB.ports[:1]), POD])
        assert lines[0] == "the contract with clients should be kept, but 1 change breaks it"
        assert any("[port-removed]" in line for line in lines)
        (tmp_path / "web.yaml").write_text(
            "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}"
        )
        assert_contract_kept(load(tmp_path), load(tmp_path))
        assert len(failure(assert_contract_kept, load(tmp_path), [])) > 1


class TestViolates:
    """`violates`."""

    def test_an_expected_violation(self) -> None:
        """A block with the expected violation passes, and the violation can be read afterwards."""
        with violates("port-name-required", at="spec.ports[0].name") as refused:
            Service("web", ports=[ServicePort(80), ServicePort(443, name="https")])
        assert refused.violation.reason == "FieldValueRequired"
        assert refused.violations == (refused.violation,)

    def test_reading_the_violation_inside_the_block(self) -> None:
        """Inside the block there is no violation yet."""
        with violates("port-out-of-range") as refused:
            with pytest.raises(LookupError):
                _ = refused.violation
            ServicePort(0)

    def test_nothing_refused(self) -> None:
        """A block without an error is a failure."""

        def nothing() -> None:
            with violates("port-out-of-range"):
                ServicePort(80)

        assert failure(nothing) == ["[port-out-of-range] should be violated, but nothing was refused"]

    @pytest.mark.parametrize(
        ("code", "at", "hint"),
        [
            ("port-out-of-rage", None, "did you mean [port-out-of-range]?"),
            ("port-out-of-range", "spec.ports[0].port", "did you mean at='port'?"),
            ("name-syntax", None, None),
        ],
    )
    def test_another_violation(self, code: str, at: str | None, hint: str | None) -> None:
        """A block with other violations is a failure, which lists them and gives a hint."""

        def another() -> None:
            with violates(code, at=at):
                ServicePort(70000)

        lines = failure(another)
        assert "should be violated, but ServicePort 70000 has other violations:" in lines[0]
        assert "[port-out-of-range]" in lines[1]
        assert (lines[-1].strip() == hint) == (hint is not None)

    def test_other_errors(self) -> None:
        """Errors that are no refusals are passed on, with or without a table of violations."""
        with pytest.raises(ZeroDivisionError), violates("port-out-of-range"):
            _ = 1 / 0
        with pytest.raises(AssertionError) as caught, violates("name-syntax"):
            ServicePort(0)
        assert isinstance(caught.value.__cause__, ValidationError)


def test_no_test_framework_is_needed() -> None:
    """`portmap.testing` imports neither pytest, nor Hypothesis, nor a reader."""
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); import portmap.testing; "
        "print({'pytest', 'hypothesis', 'yaml', 'cattrs'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "set()"), done.stderr
