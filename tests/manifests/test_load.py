"""Documents of files, folders and streams, with their positions."""

import gzip
import io
import os
from pathlib import Path
from typing import Any

import pytest

from portmap import Cluster, ManifestError, Pod, Service, Span, ValidationError, Workload, load
from portmap.manifests import Document, Manifests, edit, iter_documents, parse

GOOD = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  - port: 80
    targetPort: http
"""
BAD = """\
apiVersion: v1
kind: Service
metadata:
  name: Web
spec:
  type: ClusterIP
  loadBalancerSourceRanges: [10.0.0.0/8]
  ports:
  - port: 80
    nodePort: 30080
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-0}\nspec: {containers: [{name: app}]}\n"


def of(text: str) -> Manifests:
    return load(io.StringIO(text))


class TestSources:
    """The sources of manifests."""

    def test_a_file(self, tmp_path: Path) -> None:
        """A path can be text or a `Path`; documents have its name."""
        path = tmp_path / "web.yaml"
        path.write_text(GOOD, encoding="utf-8")
        for source in (path, str(path)):
            [document] = load(source)
            assert isinstance(document.object, Service)
            assert document.source == str(path)
            assert str(document) == f"Service web ({path}:1)"

    def test_a_folder(self, tmp_path: Path) -> None:
        """All manifests below a folder are read by name; hidden folders and other files are skipped."""
        for name in ("b.yml", "a.yaml", "sub/c.json", ".hidden/d.yaml", "notes.txt", "sub/E.YAML"):
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text('{"kind": "A"}' if name.endswith("json") else f"kind: A\nname: {name}\n", encoding="utf-8")
        loaded = load(tmp_path)
        assert [Path(each.source).name for each in loaded] == ["a.yaml", "b.yml", "E.YAML", "c.json"]
        assert loaded.unreadable == ()

    def test_unreadable_files_of_a_folder(self, tmp_path: Path) -> None:
        """An unreadable file does not hide the others: it is in `unreadable`, with the reason."""
        (tmp_path / "a.yaml").write_text("a: [", encoding="utf-8")
        (tmp_path / "b.yaml").write_text(GOOD, encoding="utf-8")
        (tmp_path / "c.yaml").write_bytes(b"a: \xff\n")
        (tmp_path / "d.yaml").symlink_to(tmp_path / "nowhere")
        loaded = load(tmp_path)
        assert [each.name for each in loaded] == ["web"]
        assert [Path(error.source).name for error in loaded.unreadable] == ["a.yaml", "c.yaml", "d.yaml"]
        assert loaded[:0].unreadable == loaded.unreadable

    def test_a_folder_that_may_not_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder that cannot be listed is unreadable like a file."""
        locked = tmp_path / "locked"
        locked.mkdir()
        (tmp_path / "web.yaml").write_text(GOOD, encoding="utf-8")
        scandir = os.scandir

        def refuse(folder: str) -> Any:
            if Path(folder) == locked:
                raise PermissionError(13, "Permission denied", folder)
            return scandir(folder)

        monkeypatch.setattr(os, "scandir", refuse)
        loaded = load(tmp_path)
        assert [each.name for each in loaded] == ["web"]
        assert [str(error) for error in loaded.unreadable] == [f"{locked}: cannot be read: Permission denied"]

    def test_no_loops(self, tmp_path: Path) -> None:
        """Links to folders are not followed."""
        (tmp_path / "web.yaml").write_text(GOOD, encoding="utf-8")
        (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
        assert len(load(tmp_path)) == 1

    def test_streams(self, tmp_path: Path) -> None:
        """Streams of text and of bytes are read; documents have the name of the stream."""
        assert load(io.StringIO(GOOD))[0].source == "<stream>"
        assert load(io.BytesIO(GOOD.encode()))[0].name == "web"
        path = tmp_path / "web.yaml"
        path.write_text(GOOD, encoding="utf-8")
        with path.open(encoding="utf-8") as stream:
            assert load(stream)[0].source == str(path)
        with path.open("rb") as stream:
            assert load(stream)[0].source == str(path)

    @pytest.mark.parametrize("data", [b"a: \xff", b"a: b\nc: d\xe9\n"])
    def test_streams_that_are_no_utf_8(self, data: bytes, tmp_path: Path) -> None:
        """Bytes that are not UTF-8 are refused with their position."""
        with pytest.raises(ManifestError, match="UTF-8") as caught:
            load(io.BytesIO(data))
        assert caught.value.span is not None
        path = tmp_path / "web.yaml"
        path.write_bytes(data)
        with path.open(encoding="utf-8") as stream, pytest.raises(ManifestError, match="UTF-8"):
            load(stream)

    def test_streams_that_fail(self) -> None:
        """A stream that cannot be read is refused with the reason."""
        closed = io.StringIO(GOOD)
        closed.close()
        with pytest.raises(ManifestError, match="cannot be read"):
            load(closed)

    @pytest.mark.parametrize("name", ["nowhere.yaml", "a\0b", "x" * 5000])
    def test_files_that_are_none(self, name: str) -> None:
        """A missing file and an invalid path are refused by name."""
        with pytest.raises(ManifestError) as caught:
            load(name)
        assert caught.value.source == name


class TestTexts:
    """The documents of a text."""

    def test_several(self) -> None:
        """Documents come in order; empty documents are skipped."""
        loaded = of(f"---\n{GOOD}---\n# nothing\n---\n{POD}---\n")
        assert [each.kind for each in loaded] == ["Service", "Pod"]
        assert len(loaded) == 2
        assert repr(loaded) == "<Manifests: 2 documents>"
        assert isinstance(loaded[1:], Manifests)
        assert loaded[-1].name == "web-0"

    def test_lists(self) -> None:
        """A List is opened, at any depth; the items of a ServiceList are Services."""
        text = """\
kind: List
apiVersion: v1
items:
- apiVersion: v1
  kind: ServiceList
  items:
  - metadata: {name: a}
    spec: {ports: [{port: 80}]}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
- 5
"""
        loaded = of(text)
        assert [(each.kind, each.name) for each in loaded] == [("Service", "a"), ("ConfigMap", "b"), ("", "")]
        assert isinstance(loaded[0].object, Service)
        assert loaded[0].span("spec.ports[0].port") == Span(8, 27, 8, 29)
        assert loaded[2].object is None

    def test_json(self, tmp_path: Path) -> None:
        """JSON is read as JSON, by the name of the file or by its first character."""
        spec = '{"ports": [{"port": 80}]}'
        text = f'{{"apiVersion": "v1", "kind": "Service", "metadata": {{"name": "\\u0077eb"}}, "spec": {spec}}}'
        path = tmp_path / "web.json"
        path.write_text(text, encoding="utf-8")
        for loaded in (load(path), of(text)):
            assert loaded[0].name == "web"
            assert isinstance(loaded[0].object, Service)

    def test_other_kinds(self) -> None:
        """Objects of kinds that are not modelled are kept as plain data."""
        [document] = of("kind: ConfigMap\nmetadata: {generateName: a-}\ndata: {b: c}\n")
        assert (document.kind, document.name, document.object, document.violations) == ("ConfigMap", "a-", None, ())
        assert document.raw["data"] == {"b": "c"}

    @pytest.mark.parametrize("text", ["5", "text", "- a", "kind: 5", "metadata: 5\nkind: Service", "kind: [Service]"])
    def test_odd_documents(self, text: str) -> None:
        """Every document has a kind and a name for messages, even if it is not an object."""
        for document in of(text):
            assert str(document)
            assert document.object is None

    def test_unreadable_texts(self) -> None:
        """A text that is not YAML raises, with the position."""
        with pytest.raises(ManifestError) as caught:
            of("a: b\nc: [\n")
        assert caught.value.span is not None
        assert caught.value.source == "<stream>"


class TestDocuments:
    """One object of a file."""

    def test_violations(self) -> None:
        """An invalid object has violations and no typed object, and does not raise."""
        [document] = of(BAD)
        assert document.object is None
        assert [(each.code, each.field) for each in document.violations] == [
            ("name-syntax", "metadata.name"),
            ("source-ranges-forbidden", "spec.LoadBalancerSourceRanges"),
            ("node-port-forbidden", "spec.ports[0].nodePort"),
        ]

    @pytest.mark.parametrize(
        ("field", "span"),
        [
            ("metadata.name", Span(4, 9, 4, 12)),
            ("spec.LoadBalancerSourceRanges", Span(7, 29, 7, 41)),
            ("spec.ports[0].nodePort", Span(10, 15, 10, 20)),
            ("spec.ports[0].name", Span(9, 5, 11, 1)),
            ("spec.selector", Span(5, 1, 5, 5)),
            ("", Span(1, 1, 11, 1)),
        ],
    )
    def test_spans(self, field: str, span: Span) -> None:
        """Each field has a position; a missing field has that of its nearest parent."""
        [document] = of(BAD)
        found = document.span(field)
        assert found is not None
        assert (found.line, found.column) == (span.line, span.column)

    def test_key_spans(self) -> None:
        """The key of a field has a position."""
        [document] = of(BAD)
        assert document.key_span("spec.type") == Span(6, 3, 6, 7)

    def test_duplicate_keys(self) -> None:
        """A key given twice is a violation, as for a strict server."""
        [document] = of(GOOD + "  ports: []\n")
        assert document.object is None
        assert ("duplicate-field", "spec.ports") in [(each.code, each.field) for each in document.violations]

    def test_by_which_cluster(self) -> None:
        """Objects are validated for the given cluster."""
        text = GOOD.replace("name: web", "name: 1web")
        assert load(io.StringIO(text))[0].violations == ()
        assert load(io.StringIO(text), cluster=Cluster("1.35"))[0].violations != ()
        with Cluster("1.35"):
            assert of(text)[0].violations != ()


class TestObjects:
    """The typed objects of all documents."""

    def test_good(self) -> None:
        """The objects come in order, without those of kinds that are not modelled."""
        service, pod = of(f"{GOOD}---\nkind: ConfigMap\n---\n{POD}").objects()
        assert isinstance(service, Service)
        assert isinstance(pod, Pod)

    def test_of_one_class(self) -> None:
        """A class selects its objects, also for a type checker."""
        found = of(f"{GOOD}---\n{POD}---\n{GOOD}")
        services: tuple[Service, ...] = found.objects(Service)
        pods: tuple[Pod, ...] = found.objects(Pod)
        assert [type(each) for each in (*services, *pods)] == [Service, Service, Pod]
        assert found.objects(Workload) == ()

    def test_bad(self) -> None:
        """If a document is invalid, the error has the violations of all documents, each with its document."""
        with pytest.raises(ValidationError) as caught:
            of(f"{GOOD}---\n{BAD}---\n{BAD}").objects()
        fields = [violation.field for violation in caught.value.violations]
        assert len(fields) == 6
        assert fields[0] == "Service Web (<stream>:10): metadata.name"
        assert fields[3].startswith("Service Web (<stream>:21): ")
        assert caught.value.subject == "2 documents"
        with pytest.raises(ValidationError, match=r"^Service Web \(<stream>:1\) is invalid"):
            of(BAD).objects()


class TestParse:
    """The documents of a text as plain data."""

    def test_documents(self) -> None:
        """An empty document is `{}`."""
        assert parse("a: 1\n---\n---\nb: y\n") == [{"a": 1}, {}, {"b": True}]
        assert parse("") in ([], [{}])

    def test_duplicate_keys(self) -> None:
        """A key given twice is an error that names both lines."""
        with pytest.raises(ManifestError, match="lines 1 and 3") as caught:
            parse("a: 1\nb: 2\na: 3\n")
        assert caught.value.span is not None
        assert caught.value.span.line == 3


def test_documents_are_public() -> None:
    """The classes of documents are public, for annotations."""
    document: Document = of(GOOD)[0]
    assert document.raw["kind"] == "Service"


@pytest.mark.parametrize("text", ["kind: A\na: |\n  x", "kind: A\na: | # c\n\n  x", "kind: A\na: >\n  x"])
def test_the_last_line_is_a_whole_one(text: str) -> None:
    """A block scalar at the end of a file ends with a line break, as in `kubectl`; `parse` adds none."""
    [document] = load(io.StringIO(text))
    [streamed] = iter_documents(io.StringIO(text))
    assert document.raw["a"].strip("\n") == "x"
    assert document.raw["a"].endswith("x\n")
    assert streamed.raw == document.raw
    assert not parse(text)[0]["a"].endswith("\n")


@pytest.mark.parametrize("name", ["web.yaml", "web.yaml.gz"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read(tmp_path: Path, encoding: str, name: str) -> None:
    """UTF-16 with a byte order mark is read as kubectl reads it; invalid characters are U+FFFD."""
    data = "\ufeffkind: Ä\udc00\nmetadata: {name: web}\n".encode(encoding, errors="surrogatepass")
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    for document in (*load(tmp_path / name), *iter_documents(tmp_path / name), *load(io.BytesIO(data))):
        assert document.raw == {"kind": "Ä\ufffd", "metadata": {"name": "web"}}
        assert str(document.span("metadata.name")) == "2:18"


def test_utf_16_is_not_edited(tmp_path: Path) -> None:
    """An edit refuses UTF-16, because it keeps every other byte."""
    (tmp_path / "web.yaml").write_bytes("kind: Service\n".encode("utf-16"))
    with pytest.raises(ManifestError, match="is UTF-16, as PowerShell writes it: save it as UTF-8"):
        edit(tmp_path / "web.yaml", "service/web", "spec.type=NodePort")


def test_a_stream_that_returns_a_little_at_a_time() -> None:
    """A pipe without a buffer returns what it has so far, and all of it is read."""

    class Pipe(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 1, 3))

    assert [document.kind for document in load(Pipe(b"kind: a\n---\nkind: b\n"))] == ["a", "b"]
