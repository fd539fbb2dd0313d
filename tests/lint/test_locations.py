"""Locations of findings: the text at the location is the value, however the file is written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portmap import load
from portmap.lint import Finding, lint, lint_paths

PORT = re.compile(r"spec\.ports\[(\d+)\]\.(\w+)")
BAD: list[tuple[str, Any]] = [
    ("port", 0),
    ("port", 70000),
    ("nodePort", 80),
    ("targetPort", 70000),
    ("targetPort", "Web_Port"),
    ("protocol", "HTTP"),
    ("name", "my_http"),
    ("name", "é漢🙂"),
    ("appProtocol", "a b"),
]


@st.composite
def services(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a Service with several ports, each with one invalid field."""
    ports = []
    for number in range(draw(st.integers(1, 4))):
        field, value = draw(st.sampled_from(BAD))
        ports.append({"name": f"p{number}", "port": 80 + number, field: value})
    labels = draw(st.dictionaries(st.sampled_from(["app", "é漢", "tier"]), st.sampled_from(["web", "🙂 ž", "x" * 90])))
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "annotations": labels},
        "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": ports},
    }


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    """Draw the name and text of a file with some Services, in one of many styles."""
    objects = draw(st.lists(services(), min_size=1, max_size=3))
    for number, each in enumerate(objects):
        each["metadata"]["name"] = f"web-{number}"
    as_list = {"apiVersion": "v1", "kind": "List", "items": objects}
    if draw(st.booleans()):
        indent, ascii_only = draw(st.sampled_from([None, 1, "\t"])), draw(st.booleans())
        written = draw(st.sampled_from([objects, [as_list]]))
        return "web.json", "\n".join(json.dumps(each, indent=indent, ensure_ascii=ascii_only) for each in written)
    text = yaml.safe_dump_all(
        draw(st.sampled_from([objects, [as_list]])),
        default_flow_style=draw(st.sampled_from([None, True, False])),
        allow_unicode=draw(st.booleans()),
        indent=draw(st.sampled_from([2, 7])),
        width=draw(st.sampled_from([20, 10_000])),
        explicit_start=draw(st.booleans()),
        sort_keys=draw(st.booleans()),
    )
    text = draw(st.sampled_from(["", "# é漢🙂\n\n", "---\n# Source: chart/templates/web.yaml\n"])) + text
    text = draw(st.sampled_from(["", "\ufeff"])) + text
    return "web.yaml", text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def text_at(text: str, finding: Finding) -> str:
    """Return the text at the location of a finding, which is within one line. Columns count characters."""
    assert finding.location is not None
    span = finding.location.span
    assert span is not None
    assert span.line == span.end_line
    line = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")[span.line - 1]
    assert finding.location.line == line
    return line[span.column - 1 : span.end_column - 1]


@given(file=texts())
def test_the_text_at_the_location_is_the_value(file: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """For every violation of a field in the file, the text at its location is the value, read as YAML or JSON."""
    name, text = file
    path: Path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(text.encode())
    documents = load(path)
    found = set()
    parse = json.loads if name == "web.json" else yaml.safe_load
    for finding in lint_paths(path):
        match = PORT.fullmatch(finding.field)
        port = documents[finding.position].raw["spec"]["ports"][int(match[1])] if match else {}
        if match and match[2] in port:
            value = parse(text_at(text, finding))
            # The location of a value of several lines is its key. Only text breaks, at a blank or in quotes.
            may_break = isinstance(port[match[2]], str) and (" " in port[match[2]] or "\\\n" in text.replace("\r", ""))
            assert value == port[match[2]] or (may_break and value == match[2])
            found.add((finding.position, match[1]))
    assert len(found) == sum(len(each.raw["spec"]["ports"]) for each in documents)


VALUE = "portmap-is-wrong"


@pytest.mark.parametrize(
    ("port", "written"),
    [
        ("{port: 80, protocol: &p %s}", "&p %s"),
        ("{port: 80, protocol: !!str %s}", "!!str %s"),
        ("{port: 80, \"protocol\": '%s'}", "'%s'"),
        ("{<<: {protocol: %s}, port: 80}", "%s"),
        ("{protocol: &p %s, port: 80, name: *p}", "&p %s"),
    ],
)
def test_anchors_tags_and_merge_keys(port: str, written: str, tmp_path: Path) -> None:
    """The location includes an anchor or tag, and a merged value has the location where it is written."""
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{ports: [{port % VALUE}]}}\n"
    (tmp_path / "web.yaml").write_text(text)
    [finding] = [each for each in lint_paths(tmp_path) if each.field == "spec.ports[0].protocol"]
    assert text_at(text, finding) == written % VALUE


def test_a_repeated_key(tmp_path: Path) -> None:
    """A repeated key is one finding, at the last occurrence, with the lines of all."""
    file = tmp_path / "web.yaml"
    file.write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {}\nspec: {}\nspec: {ports: [{port: 80}]}\n"
    )
    [finding] = lint_paths(file)
    assert finding.message == 'Duplicate field: "spec": given 3 times, in lines 4, 5 and 6'
    assert finding.location is not None
    assert (finding.location.line, str(finding.location.span)) == ("spec: {ports: [{port: 80}]}", "6:1")


def test_a_missing_separator(tmp_path: Path) -> None:
    """If a second object begins without `---`, the hint says so. The message lists some of very many lines."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
    (tmp_path / "all.yaml").write_text(text * 20)
    found = {finding.field: finding for finding in lint_paths(tmp_path)}
    assert sorted(found) == ["apiVersion", "kind", "metadata"]
    assert found["kind"].hint == "put --- before it if another object begins there; else remove one"
    assert "given 20 times, in lines 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, … and 59" in found["kind"].message


@pytest.mark.parametrize("written", ["1.10", "0x1F", "010", "on", "1e3", "+5", ".5", "true", "12"])
def test_a_hint_to_quote_shows_the_written_value(written: str, tmp_path: Path) -> None:
    """The hint to quote a number or boolean shows it as written, and not as it was read."""
    file = tmp_path / "web.yaml"
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {a: WRITTEN}, ports: [{port: 80}]}\n"
    file.write_text(text.replace("WRITTEN", written))
    [finding] = [each for each in lint_paths(file) if each.severity == "error"]
    assert finding.hint == f'quote it: "{written}"'
    file.write_text(text.replace("WRITTEN", f'"{written}"'))
    assert [each.rule for each in lint_paths(file) if each.severity == "error" and each.rule == "wrong-type"] == []


def test_documents_have_locations(tmp_path: Path) -> None:
    """Findings about documents of `load` have locations, as those about files have. Findings about others have none."""
    (tmp_path / "web.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec:\n  type: NodePort\n  ports:\n"
        "  - {port: 80, nodePort: 30080}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
        "  type: NodePort\n  ports:\n  - {port: 80, nodePort: 30080}\n"
    )
    documents = load(tmp_path)
    [finding] = [each for each in lint(documents) if each.rule == "node-port-collision"]
    assert finding.location is not None
    assert str(finding.location) == f"{tmp_path}/web.yaml:15:26"
    assert [str(each.location) for each in finding.related] == [f"{tmp_path}/web.yaml:7:26"]
    assert [each.location for each in lint([document.raw for document in documents])] == [None] * len(lint(documents))
