"""Changing fields in place: the requested fields change, and every other byte stays."""

import difflib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import portmap
from manifest_texts import EDITED, OTHER_KINDS
from portmap import ManifestError, ValidationError
from portmap._manifests.read import read_all
from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.reader import read_yaml
from portmap.manifests import edit, load, set_fields


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Return a file with a Service and something else."""
    file = tmp_path / "web.yaml"
    file.write_bytes(EDITED.encode())
    return file


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ("ports.http.targetPort=http", "targetPort: 8080", "targetPort: http"),
        ("spec.ports[0].port=81", "port: 80\n", "port: 81\n"),
        ("ports.90.protocol=UDP", "port: 90}", "port: 90, protocol: UDP}"),
        ("ports[name=http].nodePort=", "targetPort: 8080\n", "targetPort: 8080\n    nodePort: null\n"),
        ("ports.http.targetPort-", "    targetPort: 8080\n", ""),
        ("ports.metrics-", "  - {name: metrics, port: 90}\n", ""),
        ("ports[+]={name: x, port: 91}", "port: 90}\n", "port: 90}\n  - name: x\n    port: 91\n"),
        ("metadata.labels.tier=back", "'front'", "'back'"),
        ("metadata.labels.app='1e3'", "app: web\n", 'app: "1e3"\n'),
        ("metadata.labels['a.b/c']=d", "'front'\n", "'front'\n    a.b/c: d\n"),
        ("metadata.labels.app-", "    app: web\n", ""),
        ("metadata.annotations.a=b", "'front'\n", "'front'\n  annotations:\n    a: b\n"),
        ("selector.app=web", "port: 90}\n", "port: 90}\n  selector:\n    app: web\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_change_changes_its_place_alone(web: Path, change: str, old: str, new: str, newline: str, bom: str) -> None:
    """A field or a port is set, added or removed with the newlines and the byte order mark of the file."""
    web.write_bytes((bom + EDITED.replace("\n", newline)).encode())
    set_fields(web, "service/web", change)
    assert EDITED.count(old) == 1
    assert web.read_bytes().decode() == bom + EDITED.replace(old, new).replace("\n", newline)


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ("ports[0].port=81", "80", "81"),
        ("ports[0].targetPort=a", "80}", '80, "targetPort": "a"}'),
        ("metadata.labels.a=y", '"web"\n', '"web",\n    "labels": {"a": true}\n'),
    ],
)
def test_json_stays_json(tmp_path: Path, change: str, old: str, new: str) -> None:
    """In JSON, new fields are JSON with the layout of their neighbours."""
    text = """{"apiVersion": "v1", "kind": "Service",
  "metadata": {
    "name": "web"
  },
  "spec": {"ports": [{"port": 80}]}}
"""
    file = tmp_path / "web.json"
    file.write_text(text, encoding="utf-8")
    if "labels" in change:
        with pytest.raises(ValidationError):
            set_fields(file, "svc/web", change)
        set_fields(file, "svc/web", change, string=True)
        new = new.replace("true", '"y"')
    else:
        set_fields(file, "svc/web", change)
    assert file.read_text(encoding="utf-8") == text.replace(old, new)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ports.http.port=0", "must be between 1 and 65535"),
        ("ports.htpp.port=1", "did you mean 'http'?"),
        ("ports[7].port=1", "so there is no [7]"),
        ("ports", "is not a change"),
        ("ports..x=1", "is not a change"),
        ("ports[+]={a: 1, a: 2}", "gives a key twice"),
        ("ports={", "cannot be read"),
        ("ports=[]", "change them one by one"),
        ("metadata.name.x=1", "has no fields"),
        ("ports.8080.port=1", "has no item '8080'; it has 'http', 'metrics'"),
        ("ports[http].port=1", "'[http].port=1' is neither a step of a path nor =VALUE"),
        ("ports.http.port", "there is no =VALUE"),
        ("=1", "does not begin with a field"),
        ("metadata.labels.app.kubernetes.io/name=x", "metadata.labels['app.kubernetes.io/name']"),
        ("kind-", "would have no kind"),
        ("apiVersion=1", "would have no apiVersion"),
        ("metadata.name-", "would have no metadata.name"),
        ("metadata.labels.app=.inf", "cannot be read"),
    ],
)
def test_what_is_refused_changes_nothing(web: Path, change: str, words: str) -> None:
    """A change that is invalid, or would make the object invalid, is an error and leaves the file as it was."""
    with pytest.raises((ManifestError, ValidationError)) as caught:
        set_fields(web, "service/web", change)
    assert words in str(caught.value)
    assert web.read_bytes() == EDITED.encode()


def test_earlier_faults_are_fixed_together(web: Path) -> None:
    """If the object was invalid before, a note says that several faults can be fixed in one call."""
    web.write_text(EDITED.replace("port: 80\n", "port: 0\n").replace("port: 90}", "port: 0}"), encoding="utf-8")
    with pytest.raises(ValidationError) as caught:
        set_fields(web, "service/web", "ports.http.port=80")
    assert {each.field[:13] for each in caught.value.violations} == {"spec.ports[1]"}
    [note] = caught.value.__notes__
    assert "fix its faults together" in note
    assert note in portmap("set", str(web), "service/web", "ports.http.port=80").err.splitlines()
    set_fields(web, "service/web", "ports.http.port=80", "ports.metrics.port=90")
    assert web.read_bytes() == EDITED.encode()
    assert "fix its faults together" not in portmap("set", str(web), "service/web", "ports.http.port=0").err


@pytest.mark.parametrize(
    ("target", "change", "code"),
    [
        ("deployment/web", "spec.template.spec.containers.app.ports.8080.containerPort=0", 2),
        ("deployment/web", "spec.template.spec.containers.app.ports.8080.name=-", 2),
        ("deployment/web", "spec.replicas=many", 0),
        ("ingress/web", "spec.rules[0].host=-", 0),
        ("ingress/web", "metadata.labels={a: -}", 0),
    ],
)
def test_validation_of_other_kinds(web: Path, target: str, change: str, code: int) -> None:
    """Workloads and pods are validated as far as ports are concerned, other kinds not at all."""
    web.write_text(OTHER_KINDS, encoding="utf-8")
    assert portmap("set", str(web), target, change).code == code


def test_an_object_can_be_renamed(web: Path) -> None:
    """Later changes, and the validation, are still about the same object."""
    set_fields(web, "service/web", "metadata.name=shop", "ports.http.port=81", "metadata.namespace=a")
    assert web.read_text(encoding="utf-8") == (
        EDITED.replace("name: web ", "name: shop ")
        .replace("port: 80\n", "port: 81\n")
        .replace("'front'\n", "'front'\n  namespace: a\n")
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "metadata.labels.app=x",
            "would change more of the file than this field: an anchored value .&. is also used",
        ),
        ("spec.selector.app=x", "is an alias"),
        ("spec.selector.tier=x", "is an alias"),
        ("metadata.annotations.app=x", "merge key"),
        ("metadata.annotations.app-", "merge key"),
        ("type=NodePort", "given twice"),
    ],
)
def test_shared_values_are_refused(tmp_path: Path, change: str, words: str) -> None:
    """Anchors, aliases, merged keys and duplicate keys are not changed, and the error has their place."""
    file = tmp_path / "web.yaml"
    text = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels: &l\n    app: web\n"
        "  annotations:\n    <<: *l\n    b: c\nspec:\n  selector: *l\n  type: ClusterIP\n  type: ClusterIP\n"
    )
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=words) as caught:
        set_fields(file, "service/web", change)
    assert caught.value.span is not None
    assert caught.value.source == str(file)
    assert file.read_text(encoding="utf-8") == text


@given(st.text(max_size=20))
def test_any_text_reads_back(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    """Any text that is set reads back, in every style, or nothing changes. The next document stays."""
    file = tmp_path_factory.mktemp("any") / "map.yaml"
    text = "kind: ConfigMap\nmetadata: {name: m}\ndata:\n  a: x # c\n  b: 'x'\n  c: {d: x}\n---\nkind: B\n"
    for path in ("data.a", "data.b", "data.c.d"):
        file.write_text(text, encoding="utf-8")
        try:
            set_fields(file, "configmap/m", f"{path}={value}", string=True)
        except (ManifestError, UnicodeEncodeError):
            assert file.read_text(encoding="utf-8") == text
            continue
        changed, other = load(file)
        assert other.raw == {"kind": "B"}
        found: Any = changed.raw
        for step in path.split("."):
            found = found[step]
        assert found == value
        set_fields(file, "configmap/m", f"{path}=x")
        assert load(file)[0].raw == {
            "kind": "ConfigMap",
            "metadata": {"name": "m"},
            "data": {"a": "x", "b": "x", "c": {"d": "x"}},
        }


def _scalars(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if "'" not in key:
                yield from _scalars(each, f"{path}['{key}']")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _scalars(each, f"{path}[{index}]")
    elif value is not None:
        yield path, value


def test_one_field_of_real_manifests(shared: Path, tmp_path: Path) -> None:
    """A change to a published file changes only the lines of its field, happens once, and can be reverted."""
    files = sorted(each for each in (shared / "corpus").rglob("*.y*ml") if each.is_file())
    rng = random.Random(6)
    edited = 0
    for file in rng.sample(files, 300):
        try:
            documents = [each for each in load(file) if isinstance(each.raw, dict) and each.kind and each.name]
        except ManifestError:
            continue
        if not documents:
            continue
        document = rng.choice(documents)
        fields = [
            (path, value)
            for path, value in _scalars(document.raw)
            if path not in {"['kind']", "['apiVersion']", "['metadata']['name']", "['metadata']['generateName']"}
        ]
        if not fields:
            continue
        path, value = rng.choice(fields)
        new = "false" if value is True else "true" if value is False else value + 1 if value != str(value) else "new"
        target = f"{document.kind}/{document.name}"
        copied = tmp_path / "copy.yaml"
        copied.write_bytes(file.read_bytes())
        try:
            done = set_fields(copied, target, f"{path}={new}")
        except (ManifestError, ValidationError):
            assert copied.read_bytes() == file.read_bytes()
            continue
        assert not edit(copied, target, f"{path}={new}").changes
        span = document.span(path.replace("['", "[").replace("']", "]"))
        assert span is not None
        before, after = (each.decode().splitlines(keepends=True) for each in (done.before, done.after))
        for tag, start, end, _, _ in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            assert tag == "equal" or (start >= span.line - 1 and end <= span.end_line), f"{file}: {path}"
        old = str(value).lower() if isinstance(value, bool) else str(value)
        set_fields(copied, target, f"{path}={old}", string=isinstance(value, str))
        assert [each.raw for each in load(copied)] == [each.raw for each in load(file)]
        edited += 1
    assert edited > 200


def test_several_json_objects(tmp_path: Path) -> None:
    """One of several JSON objects in a row is changed, and the others stay."""
    file = tmp_path / "web.json"
    text = '{"kind": "A", "metadata": {"name": "a"}}\n{"kind": "B", "metadata": {"name": "b"}} {"kind": "C"}\n'
    file.write_text(text, encoding="utf-8")
    set_fields(file, "b/b", "metadata.labels={c: d}")
    assert file.read_text(encoding="utf-8") == text.replace('"b"}', '"b", "labels": {"c": "d"}}')


def test_one_object_of_many_is_validated(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of objects and changes, the file is parsed once, and one object is validated once."""
    parsed, validated = [], []

    def read(text: str, source: str = "") -> Iterator[ParsedDocument]:
        parsed.append(text)
        return read_yaml(text, source)

    def read_object(manifest: Any, **settings: Any) -> Any:
        validated.append(manifest)
        return read_all(manifest, **settings)

    monkeypatch.setattr("portmap._yaml.read_documents.read_yaml", read)
    monkeypatch.setattr("portmap._manifests.documents.read_all", read_object)
    text = "---\n".join([EDITED, OTHER_KINDS] * 5 + [EDITED.replace("name: web ", "name: shop ")])
    web.write_text(text, encoding="utf-8")
    set_fields(web, "service/shop", *(f"ports.http.port={8000 + number}" for number in range(6)))
    assert sum(map(len, parsed)) < len(text) + 8 * len(EDITED)
    assert len(validated) == 1
