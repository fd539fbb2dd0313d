"""The exceptions: one root, all that is wrong in one error, and a text for people."""

import copy
import pickle
import textwrap
from collections.abc import Callable

import pytest

import portmap
from portmap import (
    Cluster,
    Container,
    ContainerPort,
    ManifestError,
    PortmapError,
    Service,
    ServicePort,
    Span,
    ValidationError,
    Violation,
)


def error_of(build: Callable[[], object]) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        build()
    return caught.value


def two_unnamed_ports() -> Service:
    return Service("web", namespace="shop", ports=[ServicePort(80), ServicePort(443)])


class TestText:
    """What people read. These texts are part of the promise, so each is here in full."""

    @staticmethod
    def shows(build: Callable[[], object], text: str) -> None:
        assert str(error_of(build)) == textwrap.dedent(text).strip("\n")

    def test_a_target_port_in_quotes(self) -> None:
        """The most common mistake: digits in quotes are a name, and the hint says so."""
        self.shows(
            lambda: ServicePort(80, target_port="8080"),
            """
            ServicePort 80 is invalid for Kubernetes 1.36: 1 violation
              targetPort: Invalid value: "8080": must contain at least one letter (a-z)  [target-port-name-syntax]
                  hint: for port number 8080 write the integer, without quotes
            """,
        )

    def test_two_unnamed_ports(self) -> None:
        """Both ports are named in one error, each with its place."""
        self.shows(
            two_unnamed_ports,
            """
            Service shop/web is invalid for Kubernetes 1.36: 2 violations
              spec.ports[0].name: Required value: a Service with several ports names each  [port-name-required]
                  hint: name it after what it serves, for instance 'http'
              spec.ports[1].name: Required value: a Service with several ports names each  [port-name-required]
                  hint: name it after what it serves, for instance 'https'
            """,
        )

    def test_a_long_container_port_name(self) -> None:
        """A container port's name ends at 15 characters, and the hint has one that fits."""
        self.shows(
            lambda: ContainerPort(8080, name="metrics-exporter"),
            """
            ContainerPort 8080 is invalid for Kubernetes 1.36: 1 violation
              name: Invalid value: "metrics-exporter": must be no more than 15 characters  [container-port-name-syntax]
                  hint: for instance 'metrics'
            """,
        )

    def test_a_node_port_outside_the_range(self) -> None:
        """The range is named, and how to say that one's cluster has another."""
        self.shows(
            lambda: Service("web", type="NodePort", ports=[ServicePort(80, node_port=80)]),
            """
            Service web is invalid for Kubernetes 1.36: 1 violation
              spec.ports[0].nodePort: Invalid value: 80: not in the node port range 30000-32767  [node-port-out-of-range]
                  hint: pick one of 30000-32767, or leave it out and the cluster picks one; if your cluster's range differs, say so with Cluster(node_port_range=…) or --node-port-range
            """,  # noqa: E501 - as it is
        )

    def test_a_protocol_in_lower_case(self) -> None:
        """Protocols are written in upper case."""
        self.shows(
            lambda: ServicePort(80, protocol="tcp"),  # type: ignore[arg-type]
            """
            ServicePort 80 is invalid for Kubernetes 1.36: 1 violation
              protocol: Unsupported value: "tcp": supported values: SCTP, TCP, UDP  [unsupported-protocol]
                  hint: write TCP, in upper case
            """,
        )

    def test_the_judge_is_named(self) -> None:
        """An error says which cluster's verdict it is, and that one without recordings is provisional."""
        with Cluster("1.33"):
            assert " for Kubernetes 1.33: " in str(error_of(two_unnamed_ports))
        with Cluster("1.37"):
            assert " for Kubernetes 1.37 (provisional): " in str(error_of(two_unnamed_ports))


class TestData:
    """What programs read."""

    def test_violations_are_data(self) -> None:
        """Each violation has its field, code, reason, hint and value; as a dict it extends the API's cause."""
        [violation] = error_of(lambda: ServicePort(80, target_port="8080")).violations
        assert (violation.field, violation.code) == ("targetPort", "target-port-name-syntax")
        assert violation.value == "8080"
        assert violation.as_dict() == {
            "field": "targetPort",
            "code": "target-port-name-syntax",
            "reason": "FieldValueInvalid",
            "message": 'Invalid value: "8080": must contain at least one letter (a-z)',
            "hint": "for port number 8080 write the integer, without quotes",
        }

    def test_everything_at_once(self) -> None:
        """All that is wrong with a Service is in one error, by field path, indices as numbers."""
        ports = [ServicePort(number, name=f"p{number}") for number in range(1, 12)]
        error = error_of(
            lambda: Service(
                "Web",
                labels={"app": "my web"},
                type="Headless",  # type: ignore[arg-type]
                ports=[*ports, ServicePort(1, name="p1")],
            )
        )
        assert [(violation.field, violation.code) for violation in error.violations] == [
            ("metadata.labels", "label-syntax"),
            ("metadata.name", "name-syntax"),
            ("spec.ports[11]", "duplicate-port"),
            ("spec.ports[11].name", "duplicate-port-name"),
            ("spec.type", "unsupported-type"),
        ]

    def test_the_subject_is_named(self) -> None:
        """An error says what was checked."""
        assert error_of(two_unnamed_ports).subject == "Service shop/web"
        assert error_of(lambda: Container("app", ports=80)).subject == "Container app"  # type: ignore[arg-type]

    def test_long_values_are_cut(self) -> None:
        """A message stays short however long the value is; the value itself is there."""
        [violation] = error_of(lambda: ServicePort(80, app_protocol="x" * 10**6)).violations
        assert len(violation.message) < 400
        assert violation.value == "x" * 10**6

    @pytest.mark.parametrize("number", [10**5000, -(10**5000)], ids=["large", "small"])
    def test_numbers_beyond_what_python_writes(self, number: int) -> None:
        """A number that Python itself refuses to write is refused like any other."""
        assert error_of(lambda: ServicePort(number)).violations[0].code == "wrong-type"
        assert error_of(lambda: ServicePort(80, target_port=number)).violations[0].code == "wrong-type"
        assert error_of(lambda: Service("web", labels={"a": number})).violations  # type: ignore[dict-item]

    def test_a_value_without_a_repr(self) -> None:
        """A value that cannot even be shown is refused like any other."""

        class Shy:
            def __repr__(self) -> str:
                raise RuntimeError("not me")

        [violation] = error_of(lambda: ServicePort(Shy())).violations  # type: ignore[arg-type]
        assert (violation.field, violation.code) == ("port", "wrong-type")


class TestClasses:
    """How errors behave as Python's exceptions."""

    def test_one_root(self) -> None:
        """All are `PortmapError`, and `ValueError` to those who know no other."""
        for kind in (ValidationError, ManifestError):
            assert issubclass(kind, PortmapError)
            assert issubclass(kind, ValueError)

    def test_they_live_where_they_are_imported_from(self) -> None:
        """Tracebacks show the public name."""
        for kind in (PortmapError, ValidationError, ManifestError):
            assert kind.__module__ == "portmap"
            assert getattr(portmap, kind.__name__) is kind

    def test_a_validation_error_pickles(self) -> None:
        """A worker's error reaches its parent whole."""
        error = error_of(two_unnamed_ports)
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(twin) is ValidationError
            assert str(twin) == str(error)
            assert (twin.subject, twin.violations, twin.judged_by) == (error.subject, error.violations, error.judged_by)

    def test_a_manifest_error_pickles(self) -> None:
        """The same for a text that could not be read."""
        error = ManifestError("is no YAML", "web.yaml", Span(3, 5, 3, 6))
        twin = pickle.loads(pickle.dumps(error))
        assert (twin.problem, twin.source, twin.span) == (error.problem, error.source, error.span)
        assert str(twin) == "web.yaml:3:5: is no YAML"

    def test_a_manifest_error_says_what_it_knows(self) -> None:
        """Without a source or a place, the text starts with what there is."""
        assert str(ManifestError("is no YAML")) == "is no YAML"
        assert str(ManifestError("is no YAML", "web.yaml")) == "web.yaml: is no YAML"
        assert str(ManifestError("is no YAML", "", Span(1, 2, 1, 3))) == "1:2: is no YAML"


class TestViolations:
    """The value by itself."""

    def test_it_is_a_value(self) -> None:
        """Violations compare, hash and pickle, whatever value they carry."""
        one = Violation.about("spec", "some-code", "FieldValueInvalid", "is odd", value=["unhashable"])
        assert one == pickle.loads(pickle.dumps(one))
        assert len({one, copy.copy(one)}) == 1

    def test_of_the_object_itself(self) -> None:
        """A violation of the whole object has no path in front."""
        violation = Violation.about("", "some-code", "FieldValueRequired", "is missing")
        assert str(violation) == "Required value: is missing  [some-code]"

    @pytest.mark.parametrize(
        ("reason", "message"),
        [
            ("FieldValueRequired", "Required value: why"),
            ("FieldValueInvalid", 'Invalid value: "x": why'),
            ("FieldValueNotSupported", 'Unsupported value: "x": why'),
            ("FieldValueDuplicate", 'Duplicate value: "x": why'),
            ("FieldValueForbidden", "Forbidden: why"),
            ("FieldValueTooLong", "Too long: why"),
            ("FieldValueTypeInvalid", 'Wrong type: "x": why'),
        ],
    )
    def test_openings(self, reason: str, message: str) -> None:
        """Messages open as the API server's do for their reason."""
        assert Violation.about("a", "c", reason, "why", value="x").message == message  # type: ignore[arg-type]
