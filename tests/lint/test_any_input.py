"""Properties of the linter for any input, in any order and with any faults."""

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portmap import load
from portmap.lint import Report, lint, lint_paths

CASES = Path(__file__).parent / "cases"
SPEC = {"ports": [{"port": 80}]}

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
anything = st.recursive(
    scalars | st.sampled_from(["web", "http", "${PORT}", 80, 8080, "TCP", "UDP", "shop"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@cache
def case_inputs() -> list[list[Any]]:
    """Return the objects of every marked case that is one file."""
    return [[document.raw for document in load(each)] for each in sorted(CASES.glob("*/*.yaml"))]


def paths(data: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in plain data."""
    yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from paths(value, (*path, key))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from paths(value, (*path, position))


def findings(report: Report) -> set[tuple[object, ...]]:
    return {(each.rule, each.severity, each.subject, each.field, each.message) for each in report}


@given(st.data())
def test_any_value_in_any_field(data: st.DataObject) -> None:
    """No value of any field prevents a report, and every finding is complete."""
    objects = deepcopy(data.draw(st.sampled_from(case_inputs())))
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from([each for each in paths(objects) if len(each) > 1]))
        parent: Any = objects
        for step in path:
            parent = parent[step]
        parent[last] = data.draw(anything)
    for finding in lint(objects, complete=data.draw(st.sampled_from([None, True, False]))):
        assert finding.message
        assert 0 <= finding.position < len(objects)


@given(st.data())
def test_the_order_of_objects_does_not_matter(data: st.DataObject) -> None:
    """The same objects in another order have the same findings."""
    objects = data.draw(st.sampled_from(case_inputs()))
    shuffled = data.draw(st.permutations(objects))
    assert findings(lint(shuffled)) == findings(lint(objects))


def test_the_subject_of_a_collision_does_not_depend_on_order() -> None:
    """Of two Services with the same cluster IP, the finding is about the later by name, not by position."""
    services = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {**SPEC, "clusterIP": "10.96.0.10"}}
        for name in ("api", "web")
    ]
    for objects in (services, services[::-1]):
        [finding] = lint(objects)
        assert (finding.rule, str(finding.subject)) == ("cluster-ip-collision", "Service web")


def test_an_object_need_not_have_an_api_version(tmp_path: Path) -> None:
    """An object may omit its API version, as a request may. An object of a file may not."""
    assert list(lint([{"kind": "Service", "metadata": {"name": "web"}, "spec": SPEC}])) == []
    file = tmp_path / "web.yaml"
    file.write_text("kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n")
    assert [finding.rule for finding in lint_paths(file)] == ["unknown-kind"]
