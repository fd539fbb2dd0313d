"""Text that is safe to show."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap import (
    Cluster,
    Container,
    ContainerPort,
    ManifestError,
    Pod,
    Service,
    ServicePort,
    ValidationError,
    Violation,
    resolve,
)
from portmap._kubernetes.printable import printable, safe_lines
from portmap.lint import RuleError, lint


@given(st.text())
def test_printable_text_is_one_line(text: str) -> None:
    """Whatever a text holds, what is shown of it is printable, and a printable text stays as it is."""
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


@given(st.text(st.sampled_from("\n\t\r\x1b[3m \x9b:#a\u2028")))
def test_safe_lines_are_safe(text: str) -> None:
    """Lines stay lines, and nothing in them is obeyed by a terminal or a log; safe lines stay as they are."""
    safe = safe_lines(text)
    assert safe.count("\n") == text.count("\n")
    assert {each for each in safe if not each.isprintable()} <= {"\n", "\t", "\r"}
    assert "##[" not in safe
    assert not any(line.lstrip().startswith("::") and "::" in line.lstrip()[2:] for line in safe.split("\n"))
    assert safe_lines(safe) == safe


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("::1 is an address", "::1 is an address"),
        (" ::error::x", r" \x3a:error::x"),
        ("a ##[error]b", r"a #\x23[error]b"),
        ("\x1b[31mred\x1b[0m\x1b[2J", r"\x1b[31mred\x1b[0m\x1b[2J"),
        ("a\r\nb\rc", "a\r\nb\\rc"),
    ],
)
def test_what_safe_lines_escape(text: str, safe: str) -> None:
    """Addresses stay, and commands are broken; a carriage return stays at the end of a line only."""
    assert safe_lines(text) == safe


def test_styles_can_stay() -> None:
    """Colours stay where the reader has them, other escape sequences never do."""
    assert safe_lines("\x1b[31mred\x1b[0m\x1b[2J", styles=True) == "\x1b[31mred\x1b[0m\\x1b[2J"


# --- values that Python cannot show ------------------------------------------------------------


def cyclic() -> dict[str, Any]:
    data: dict[str, Any] = {}
    data["self"] = data
    return data


def deep() -> dict[str, Any]:
    data: dict[str, Any] = {}
    for _ in range(5_000):
        data = {"in": data}
    return data


HTTP = ContainerPort(80)
AWKWARD: dict[str, Any] = {"long": 10**5_000, "cyclic": cyclic(), "deep": deep(), "escape": "\x1b[31m\n::error::"}


@pytest.mark.parametrize("value", AWKWARD.values(), ids=AWKWARD.keys())
def test_builders_and_awkward_values(value: Any) -> None:
    """A value that Python cannot show is refused as any other, and no text of an error steers a terminal."""
    calls: list[Callable[[], object]] = [
        lambda: Service(value, ports=[ServicePort(80)]),
        lambda: Service("web", namespace=value, generate_name=value, ports=[ServicePort(80)]),
        lambda: Service("web", ports=[value]),
        lambda: Service("web", labels={"a": value}, ports=[ServicePort(80)]),
        lambda: Container("app", ports=[value]),
        lambda: Pod(value, containers=[Container(value), value]),
        lambda: Cluster(node_port_range=value),
        lambda: resolve(value, []),
        lambda: resolve(Service("web", selector={"a": "b"}, ports=[ServicePort(80)]), [value]),
    ]
    for call in calls:
        with pytest.raises((ValidationError, TypeError, ManifestError)) as caught:
            call()
        assert {each for each in str(caught.value) if not each.isprintable()} <= {"\n"}
        assert len(str(caught.value)) < 2_000


@pytest.mark.parametrize("value", AWKWARD.values(), ids=AWKWARD.keys())
def test_lint_of_awkward_values(value: Any) -> None:
    """An object with any value anywhere has findings."""
    template = {"metadata": {"labels": {"a": value}}, "spec": {"containers": [{"name": value, "ports": [value]}]}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "x": value}, "spec": {"x": value}}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": value}, "spec": {}}
    objects = [service, deployment, deployment | {"spec": {"template": template}}]
    assert "Service" in {each.subject.kind for each in lint(objects)}


@pytest.mark.parametrize(
    "error",
    [
        ManifestError("\x1b[31m", "\x9b.yaml"),
        RuleError(None, "\x1b[31m"),
        ValidationError(
            "\x1b", (Violation(field="a\x1b", reason="FieldValueInvalid", message="\n", code="a"),), "\x1b"
        ),
    ],
)
def test_errors_are_printable(error: Exception) -> None:
    """The text of an error is printable, whatever its parts are."""
    assert str(error).replace("\n  ", "").isprintable()
