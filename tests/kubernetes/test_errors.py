"""Exceptions: their classes, their texts and their data."""

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
    """Texts for people. They are part of the public interface, so they are here in full."""

    @staticmethod
    def shows(build: Callable[[], object], text: str) -> None:
        assert str(error_of(build)) == textwrap.dedent(text).strip("\n")

    def test_a_target_port_in_quotes(self) -> None:
        """Digits in quotes are a name, and the hint explains it."""
        self.shows(
            lambda: ServicePort(80, target_port="8080"),
            """
            ServicePort 80 is invalid for Kubernetes 1.36: 1 violation
              targetPort: Invalid value: "8080": must contain at least one letter (a-z)  [target-port-name-syntax]
                  hint: for port number 8080 write the integer, without quotes
            """,
        )

    def test_two_unnamed_ports(self) -> None:
        """One error has both ports, each with its path."""
        self.shows(
            two_unnamed_ports,
            """
            Service shop/web is invalid for Kubernetes 1.36: 2 violations
              spec.ports[0].name: Required value: each of several ports needs a name  [port-name-required]
                  hint: name it after what it serves, for instance 'http'
              spec.ports[1].name: Required value: each of several ports needs a name  [port-name-required]
                  hint: name it after what it serves, for instance 'https'
            """,
        )

    def test_a_long_container_port_name(self) -> None:
        """A container port's name has at most 15 characters, and the hint has a valid one."""
        self.shows(
            lambda: ContainerPort(8080, name="metrics-exporter"),
            """
            ContainerPort 8080 is invalid for Kubernetes 1.36: 1 violation
              name: Invalid value: "metrics-exporter": must be no more than 15 characters  [container-port-name-syntax]
                  hint: for instance 'metrics'
            """,
        )

    def test_a_node_port_outside_the_range(self) -> None:
        """The message has the range, and the hint how to set another."""
        self.shows(
            lambda: Service("web", type="NodePort", ports=[ServicePort(80, node_port=80)]),
            """
            Service web is invalid for Kubernetes 1.36: 1 violation
              spec.ports[0].nodePort: Invalid value: 80: not in the node port range 30000-32767  [node-port-out-of-range]
                  hint: use one of 30000-32767, or leave it out: the cluster picks one; if your cluster has another range, set Cluster(node_port_range=…) or --node-port-range
            """,  # noqa: E501 - as it is
        )

    def test_a_protocol_in_lower_case(self) -> None:
        """Protocols are in upper case."""
        self.shows(
            lambda: ServicePort(80, protocol="tcp"),  # type: ignore[arg-type]
            """
            ServicePort 80 is invalid for Kubernetes 1.36: 1 violation
              protocol: Unsupported value: "tcp": supported values: SCTP, TCP, UDP  [unsupported-protocol]
                  hint: write TCP, in upper case
            """,
        )

    def test_the_cluster_is_named(self) -> None:
        """An error names the cluster, and marks a provisional one."""
        with Cluster("1.33"):
            assert " for Kubernetes 1.33: " in str(error_of(two_unnamed_ports))
        with Cluster("1.37"):
            assert " for Kubernetes 1.37 (provisional): " in str(error_of(two_unnamed_ports))


class TestData:
    """Data for programs."""

    def test_violations_are_data(self) -> None:
        """Each violation has a field, code, reason, hint and value; its dict extends a cause of the API."""
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

    def test_all_violations(self) -> None:
        """One error has all violations of a Service, sorted by field path with indices as numbers."""
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
        """An error names the object."""
        assert error_of(two_unnamed_ports).subject == "Service shop/web"
        assert error_of(lambda: Container("app", ports=80)).subject == "Container app"  # type: ignore[arg-type]

    def test_long_values_are_cut(self) -> None:
        """A message is short for a long value; the violation has the whole value."""
        [violation] = error_of(lambda: ServicePort(80, app_protocol="x" * 10**6)).violations
        assert len(violation.message) < 400
        assert violation.value == "x" * 10**6

    @pytest.mark.parametrize("number", [10**5000, -(10**5000)], ids=["large", "small"])
    def test_numbers_beyond_what_python_writes(self, number: int) -> None:
        """A number that Python cannot print is refused like any other."""
        assert error_of(lambda: ServicePort(number)).violations[0].code == "wrong-type"
        assert error_of(lambda: ServicePort(80, target_port=number)).violations[0].code == "wrong-type"
        assert error_of(lambda: Service("web", labels={"a": number})).violations  # type: ignore[dict-item]

    def test_a_value_without_a_repr(self) -> None:
        """A value whose repr raises is refused like any other."""

        class Shy:
            def __repr__(self) -> str:
                raise RuntimeError("not me")

        [violation] = error_of(lambda: ServicePort(Shy())).violations  # type: ignore[arg-type]
        assert (violation.field, violation.code) == ("port", "wrong-type")


class TestClasses:
    """Errors as Python exceptions."""

    def test_the_base_class(self) -> None:
        """All exceptions are `PortmapError`; those for bad input are `ValueError`, too."""
        for kind in (ValidationError, ManifestError):
            assert issubclass(kind, PortmapError)
            assert issubclass(kind, ValueError)

    def test_public_modules(self) -> None:
        """Tracebacks show the public module."""
        for kind in (PortmapError, ValidationError, ManifestError):
            assert kind.__module__ == "portmap"
            assert getattr(portmap, kind.__name__) is kind

    def test_a_validation_error_pickles(self) -> None:
        """A pickled error is complete."""
        error = error_of(two_unnamed_ports)
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(twin) is ValidationError
            assert str(twin) == str(error)
            assert (twin.subject, twin.violations, twin.judged_by) == (error.subject, error.violations, error.judged_by)

    def test_a_manifest_error_pickles(self) -> None:
        """A pickled error of an unreadable text is complete."""
        error = ManifestError("is no YAML", "web.yaml", Span(3, 5, 3, 6))
        twin = pickle.loads(pickle.dumps(error))
        assert (twin.problem, twin.source, twin.span) == (error.problem, error.source, error.span)
        assert str(twin) == "web.yaml:3:5: is no YAML"

    def test_a_manifest_error_without_source_or_place(self) -> None:
        """The text omits a source or place that is unknown."""
        assert str(ManifestError("is no YAML")) == "is no YAML"
        assert str(ManifestError("is no YAML", "web.yaml")) == "web.yaml: is no YAML"
        assert str(ManifestError("is no YAML", "", Span(1, 2, 1, 3))) == "1:2: is no YAML"


class TestViolations:
    """Violations as values."""

    def test_it_is_a_value(self) -> None:
        """Violations can be compared, hashed and pickled with any value."""
        one = Violation.about("spec", "some-code", "FieldValueInvalid", "is odd", value=["unhashable"])
        assert one == pickle.loads(pickle.dumps(one))
        assert len({one, copy.copy(one)}) == 1

    def test_of_the_object_itself(self) -> None:
        """The text of a violation of the object itself has no path."""
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
    def test_the_beginning_of_messages(self, reason: str, message: str) -> None:
        """Messages begin like the API server's for their reason."""
        assert Violation.about("a", "c", reason, "why", value="x").message == message  # type: ignore[arg-type]
