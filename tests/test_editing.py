"""Changing fields in place: exactly what was asked for changes, and every other byte stays."""

import difflib
import gzip
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import portmap
from portmap import ManifestError, ValidationError
from portmap.manifests import edit, load, set_fields

WEB = """\
# Ask Kim.
apiVersion: v1
kind: Service
metadata:
  name: web   # the name
  labels:
    app: web
    tier: 'front'
spec:
  ports:
  - name: http  # old
    port: 80
    targetPort: 8080
  - {name: metrics, port: 90}
---
a:   b   # not ours
"""


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A file with a Service and something else."""
    file = tmp_path / "web.yaml"
    file.write_bytes(WEB.encode())
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
    """A field or a port is set, added or removed, with the newlines and the byte order mark of the file."""
    web.write_bytes((bom + WEB.replace("\n", newline)).encode())
    set_fields(web, "service/web", change)
    assert WEB.count(old) == 1
    assert web.read_bytes().decode() == bom + WEB.replace(old, new).replace("\n", newline)


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ("ports[0].port=81", "80", "81"),
        ("ports[0].targetPort=a", "80}", '80, "targetPort": "a"}'),
        ("metadata.labels.a=y", '"web"\n', '"web",\n    "labels": {"a": true}\n'),
    ],
)
def test_json_stays_json(tmp_path: Path, change: str, old: str, new: str) -> None:
    """In JSON what is added is JSON, laid out as what stands beside it."""
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
    ("change", "said"),
    [
        ("ports.http.port=0", "must be between 1 and 65535"),
        ("ports.htpp.port=1", "did you mean 'http'?"),
        ("ports[7].port=1", "so there is no [7]"),
        ("ports", "is no change"),
        ("ports..x=1", "is no change"),
        ("ports[+]={a: 1, a: 2}", "gives a key twice"),
        ("ports={", "cannot be read"),
        ("ports=[]", "change them one by one"),
        ("metadata.name.x=1", "has no fields"),
        ("metadata.name=other", "there is no service/web"),
        ("metadata.labels.app=.inf", "cannot be read"),
    ],
)
def test_what_is_refused_changes_nothing(web: Path, change: str, said: str) -> None:
    """A change that is wrong, or would make the object wrong, says why and leaves the file as it was."""
    with pytest.raises((ManifestError, ValidationError)) as caught:
        set_fields(web, "service/web", change)
    assert said in str(caught.value)
    assert web.read_bytes() == WEB.encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("metadata.labels.app=x", "would change more"),
        ("spec.selector.app=x", "is an alias"),
        ("spec.selector.tier=x", "is an alias"),
        ("metadata.annotations.app=x", "merge key"),
        ("metadata.annotations.app-", "merge key"),
        ("type=NodePort", "given twice"),
    ],
)
def test_what_others_share_is_refused(tmp_path: Path, change: str, said: str) -> None:
    """Anchors, aliases, merged keys and keys given twice are not touched, and the place is told."""
    file = tmp_path / "web.yaml"
    text = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels: &l\n    app: web\n"
        "  annotations:\n    <<: *l\n    b: c\nspec:\n  selector: *l\n  type: ClusterIP\n  type: ClusterIP\n"
    )
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=said) as caught:
        set_fields(file, "service/web", change)
    assert caught.value.span is not None
    assert caught.value.source == str(file)
    assert file.read_text(encoding="utf-8") == text


@given(st.text(max_size=20))
def test_any_text_reads_back(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    """Whatever text is set is what is read, in block and flow style and in quotes; else nothing changes."""
    file = tmp_path_factory.mktemp("any") / "map.yaml"
    text = "kind: ConfigMap\nmetadata: {name: m}\ndata:\n  a: x # c\n  b: 'x'\n  c: {d: x}\n"
    for path in ("data.a", "data.b", "data.c.d"):
        file.write_text(text, encoding="utf-8")
        try:
            set_fields(file, "configmap/m", f"{path}={value}", string=True)
        except (ManifestError, UnicodeEncodeError):
            assert file.read_text(encoding="utf-8") == text
            continue
        found: Any = load(file)[0].raw
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
    """One change of any published file touches only the lines of its field, is made once, and can be taken back."""
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


class TestTheCommand:
    """`portmap set`."""

    def test_it_writes_only_when_it_should(self, web: Path) -> None:
        """`--check` and `--diff` write nothing; without them the file changes, and then no more."""
        arguments = ("set", str(web), "svc/web", "ports.http.port=81")
        assert portmap(*arguments, "--check").code == 1
        shown = portmap(*arguments, "--diff")
        assert (shown.code, "-    port: 80\n+    port: 81\n" in shown.out) == (0, True)
        assert web.read_bytes() == WEB.encode()
        assert portmap(*arguments) == (0, "", "")
        assert web.read_bytes() == WEB.replace("port: 80\n", "port: 81\n").encode()
        assert portmap(*arguments, "--check") == (0, "", "")

    @pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \0", b"a: [", b"{{ template }}", b"", b"\x1f\x8b"])
    def test_what_cannot_be_read_is_an_error(self, web: Path, content: bytes) -> None:
        """A file that is no manifest is named, with exit code 2, and stays."""
        web.write_bytes(content)
        run = portmap("set", str(web), "service/web", "ports.http.port=81")
        assert (run.code, run.out, str(web) in run.err) == (2, "", True)
        assert web.read_bytes() == content

    def test_packed_files_are_not_changed(self, tmp_path: Path) -> None:
        """A file that gzip packed is refused by its name, whatever is in it, and stays."""
        packed = tmp_path / "web.yaml.gz"
        packed.write_bytes(gzip.compress(WEB.encode()))
        before = packed.read_bytes()
        run = portmap("set", str(packed), "service/web", "ports.http.port=81")
        assert (run.code, run.out, "is packed by gzip" in run.err) == (2, "", True)
        assert packed.read_bytes() == before

    def test_folders_and_missing_files(self, tmp_path: Path) -> None:
        """A folder, a dangling link and a file that is not there are errors, and nothing is made."""
        (tmp_path / "link.yaml").symlink_to("nowhere.yaml")
        for name in (".", "link.yaml", "none.yaml", "a\0b"):
            run = portmap("set", str(tmp_path / name), "service/web", "ports.http.port=81")
            assert (run.code, run.err.count("\n")) == (2, 2)
        assert [each.name for each in tmp_path.iterdir()] == ["link.yaml"]
