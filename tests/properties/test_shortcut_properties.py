"""What tells quickly that nothing is wrong, against the rules that have the last word."""

import copy
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portmap import Cluster, Labels, Service, ServicePort, ValidationError, Violation
from portmap._apiserver.port_rules import SERVICE_PORT_RULES
from portmap._apiserver.service_rules import TOPOLOGY_AWARE_HINTS, TOPOLOGY_MODE
from portmap._apiserver.service_schema import METADATA_ROWS, SPEC_ROWS
from portmap._apiserver.traffic_rules import SOURCE_RANGES
from portmap._kubernetes.names import are_labels, label_value_reasons, qualified_name_reasons
from portmap._kubernetes.wire import labels_or_as_is
from portmap._model.services import _every_violation, check_service, has_plain_spec
from strategies_for_tests import EVERYWHERE, Strategy, clusters, services


class Word(str):
    """A text that is not exactly a `str`."""

    __slots__ = ()


class Number(int):
    """A number that is not exactly an `int`."""

    __slots__ = ()


# Of what names, keys and values are made, with lengths about their limits and things that only look like it.
_PARTS: Final = st.sampled_from(
    ["a", "A", "0", "-", ".", "_", "/", "", "\n", "é", "a.b", "app.kubernetes.io/", "x" * 61, "x" * 63, "x" * 253]
)
words: Final[Strategy[str]] = st.lists(_PARTS, max_size=4).map("".join)
anything: Final[Strategy[Any]] = st.sampled_from(
    [None, True, False, 0, 1, 1.0, 80, Number(80), "", "a", [], ("a",), {}, b"a", [None]]
)
loose_texts: Final[Strategy[Any]] = words | words.map(Word) | anything
loose_keys: Final[Strategy[Any]] = words | anything.filter(lambda value: not isinstance(value, (list, dict)))
loose_labels: Final[Strategy[Any]] = st.dictionaries(loose_keys, loose_texts).map(labels_or_as_is) | anything
judged_annotations: Final[Strategy[Any]] = st.dictionaries(
    st.sampled_from([TOPOLOGY_MODE, TOPOLOGY_AWARE_HINTS, SOURCE_RANGES, "a"]),
    st.sampled_from(["", "Auto", "10.0.0.0/8", "10.0.0.0/8,x", "x" * 1024]),
).map(Labels)
numbers_or_not: Final[Strategy[Any]] = st.sampled_from([80, 80.0, True, Number(80), "80", None, [80]])
loose_numbers: Final[Strategy[Any]] = st.integers(-1, 65537) | numbers_or_not


@given(st.dictionaries(words, words, max_size=3))
@example({"x" * 63: "x" * 63})
@example({"a/" + "x" * 63: ""})
@example({"a" * 253 + "/" + "x" * 63: "a"})
@example({"a" * 254 + "/b": "a"})
@example({"/a": "a"})
@example({"a/": "a"})
@example({"a/b/c": "a"})
@example({"a": "x" * 64})
@example({"a": "a\n"})
def test_labels_are_told_at_a_glance(labels: dict[str, str]) -> None:
    """Labels are good if nothing can be said against any key or value."""
    assert are_labels(labels.items()) == (
        not any(qualified_name_reasons(key) or label_value_reasons(value) for key, value in labels.items())
    )


@pytest.mark.parametrize("attribute", [row.attribute for row in SPEC_ROWS if row.attribute != "selector"])
@pytest.mark.parametrize("value", ["", 0, False, (), "x"])
def test_every_field_counts_in_a_plain_spec(attribute: str, value: object) -> None:
    """A spec of ports and a selector is plain; no other field is overlooked, be it ever so empty."""
    service = Service("web", ports=[ServicePort(80)], selector={"app": "web"}, labels={"app": "web"}, namespace="shop")
    assert has_plain_spec(service)
    assert not has_plain_spec(_with(service, {attribute: value}))


def _with(service: Service, fields: dict[str, Any]) -> Service:
    """The Service with other fields, which nobody judged."""
    twin = copy.copy(service)
    for attribute, value in fields.items():
        object.__setattr__(twin, attribute, value)
    return twin


@st.composite
def unjudged(draw: st.DrawFn) -> Service:
    """A Service with a few fields that may be wrong in any way."""
    names = {
        "name": loose_texts,
        "namespace": loose_texts,
        "generate_name": loose_texts,
        "labels": loose_labels,
        "selector": loose_labels,
        "annotations": loose_labels | judged_annotations,
    }
    rest = {row.attribute: anything for row in (*METADATA_ROWS, *SPEC_ROWS) if row.attribute not in names}
    rest["ports"] = st.sampled_from([(), (80,), [ServicePort(80)], None, (ServicePort(80), ServicePort(443))])
    changed = draw(st.lists(st.sampled_from([*names, *names, *rest]), max_size=3, unique=True))
    return _with(draw(services()), {each: draw((names | rest)[each]) for each in changed})


@given(unjudged(), clusters())
def test_a_service_is_judged_as_by_the_rules(service: Service, cluster: Cluster) -> None:
    """Good or broken, seen before or not: the verdict is that of the rules."""
    for judge in (EVERYWHERE, cluster):
        expected = _every_violation(service, judge, ports_checked=True)
        for _ in range(2):
            assert check_service(service, judge, ports_checked=True) == expected


@given(
    port=loose_numbers,
    name=loose_texts,
    protocol=st.sampled_from([None, "", "TCP", Word("TCP"), "tcp", 6, ["TCP"]]),
    app_protocol=loose_texts,
    target_port=loose_numbers | loose_texts,
    node_port=loose_numbers,
)
def test_a_port_is_judged_as_by_the_rules(**fields: Any) -> None:
    """Good or broken, seen before or not: a port is refused for what its types and the rules say against it."""
    port = copy.copy(ServicePort(80))
    for attribute, value in fields.items():
        object.__setattr__(port, attribute, value)
    expected = set(ServicePort.WIRE.violations(port) or SERVICE_PORT_RULES.broken_by(port))
    for _ in range(2):
        assert _violations(fields) == expected


def _violations(fields: dict[str, Any]) -> set[Violation]:
    try:
        ServicePort(**fields)
    except ValidationError as error:
        return set(error.violations)
    return set()
