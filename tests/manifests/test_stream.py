"""Streams of documents, read one at a time; packed files; JSON."""

import gzip
import io
import itertools
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portmap import ManifestError, Service, ServicePort, load, to_yaml
from portmap.manifests import Document, iter_documents, parse, to_json
from reading import json_values

WEB = Service("web", ports=[ServicePort(80)])
MANY = "# first\n" + to_yaml(WEB, WEB, WEB)

DIRECTIVES = ["%YAML 1.1", "...\n%YAML 1.1", "...\n# c\n%TAG !e! tag:e,2000:", "%YAML 1.1\n%TAG !e! tag:e,2000:"]
BOUNDARIES = ["---", "--- ", "---a", "--- {a: b}", "...", "# c", "  ---", *DIRECTIVES]
CONTENT = ["a: |", "  x", "b: 'y", "z'", "", " ", "- 1", "{a: 1}", "kind: Service", "a: 1", "a: 2", "c: >", "\ta"]
lines = st.sampled_from([*BOUNDARIES, *CONTENT, "\x85", "'", "k: [", "]", "&a b: *a", "*a", "\ufeff---", "\ufeffa"])
breaks = st.sampled_from(["\n"] * 9 + ["\r\n", "\r", "\x85", "\u2028"])
texts = st.lists(st.tuples(lines, breaks).map("".join), max_size=12).map("".join)


def outcome(read: Any) -> tuple[list[Any], int | None]:
    """Return the documents that were read, with their positions, and the line of the error, if there was one."""
    found = []
    try:
        for each in read():
            place = each.span()
            found.append((each.raw, place, [(one.code, one.message) for one in each.violations]))
    except ManifestError as error:
        return found, error.span.line if error.span else 0
    return found, None


@given(texts)
@example("a: 1\u2028%YAML 1.1\n---\nb: 2\n")
@example("a: 1\n...\r%YAML 1.1\n---\nb: 2\n")
@example("# c\n\ufeff---\n*a\n")
@example("a: 1\n---\n---\nb: 2\n...\n%YAML 1.1\n---\nc: 3")
@example("a: 1\na: 2\n---\nb: 1\nb: 2\n")
@example("---\n...\n---a")
@example("a: '\n%c'\n")
@example("a: 1\n%YAML 1.1\n---\nb: 2\n---\nc: 3\n")
@example("a: 1\n%YAML 1.1\n...\n---\nb: 2\n")
@example("a\n%b\n---\n%YAML 1.1\n---\nc\n")
@example("a: 1\n...\n# c\n%YAML 1.1\n---\nb: 2\n...\n...\nc: 3\n")
def test_documents_are_those_of_the_whole_text(text: str) -> None:
    """Read one at a time or all at once, documents, positions and errors are the same."""
    expected, fault = outcome(lambda: load(io.StringIO(text)))
    found, fault_of_stream = outcome(lambda: iter_documents(io.StringIO(text)))
    assert (fault is None) == (fault_of_stream is None)
    if fault is None:
        assert found == expected
    assert outcome(lambda: iter_documents(io.BytesIO(text.encode()))) == (found, fault_of_stream)


@given(
    st.lists(st.dictionaries(st.text(max_size=3), json_values, max_size=3), min_size=1, max_size=4),
    st.sampled_from(["\n", "\n\n", "", "  ", "\r\n", " \n\t"]),
    st.sampled_from([None, 0, 2]),
    st.sampled_from(["", "\n", " \n "]),
)
def test_json_objects_one_after_the_other(
    objects: list[dict[str, Any]], between: str, indent: int | None, around: str
) -> None:
    """Each of several JSON objects is a document with positions, whatever is between them."""
    text = around + between.join(json.dumps(each, indent=indent) for each in objects) + around
    expected = [each for each in objects if each]
    for name in ("a.json", "a.txt"):
        for read in (load, iter_documents):
            stream = io.StringIO(text)
            stream.name = name
            found = list(read(stream))
            assert [each.raw for each in found] == expected
            for each in found:
                place = each.span()
                assert place is not None
                lines = text.split("\n")
                written = "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]])
                assert json.JSONDecoder().raw_decode(written)[0] == each.raw


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_a_fault_among_json_objects(name: str, tmp_path: Path) -> None:
    """An error in one of several objects has its position in the whole text; a key given twice is a violation."""
    file = tmp_path / name
    file.write_text('{"kind": "A"}\n{"kind": "B", "b": 1, "b": 2}\n{"kind": }\n', encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        load(file)
    assert caught.value.span is not None
    assert caught.value.span.line == (3 if name == "a.json" else 2)
    documents = iter_documents(file)
    assert next(documents).kind == "A"
    [violation] = next(documents).violations
    assert violation.message.endswith("given twice, in lines 2 and 2")
    with pytest.raises(ManifestError) as caught:
        next(documents)
    assert str(caught.value.span) == "3:10"


def test_what_comes_before_a_fault_is_given_out() -> None:
    """A document is read when it is reached; the error names the line in the whole text."""
    documents = iter_documents(io.StringIO(MANY + "---\na: [\n"))
    assert [each.object for each in itertools.islice(documents, 3)] == [WEB] * 3
    with pytest.raises(ManifestError) as caught:
        next(documents)
    assert caught.value.span is not None
    assert caught.value.span.line > MANY.count("\n")


def test_an_endless_stream_needs_little_memory() -> None:
    """A stream is read only as far as needed, and earlier documents are not kept."""

    def endless() -> Iterator[str]:
        while True:
            yield from to_yaml(WEB).splitlines(keepends=True)
            yield "---\n"

    documents: Iterator[Document] = iter_documents(cast("IO[str]", endless()))
    next(documents)
    tracemalloc.start()
    for _ in itertools.islice(documents, 2000):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("suffix", [".yaml.gz", ".json.gz", ".YML.GZ"])
def test_packed_files(tmp_path: Path, suffix: str) -> None:
    """A file whose name ends in `.gz` is unpacked, by itself, in a folder and as a stream."""
    text = to_json(WEB) if "json" in suffix else to_yaml(WEB)
    path = tmp_path / f"web{suffix}"
    path.write_bytes(gzip.compress(text.encode()))
    assert load(path).objects() == load(tmp_path).objects() == (WEB,)
    assert [each.object for each in iter_documents(path)] == [WEB]


@pytest.mark.parametrize(
    "content",
    [b"no gzip", b"", gzip.compress(b"a: 1\n" * 99)[:-12], gzip.compress(b"\xff")],
    ids=["not packed", "empty", "cut off", "no text"],
)
def test_packed_files_that_cannot_be_unpacked(tmp_path: Path, content: bytes) -> None:
    """A broken packed file is an error that names it; an empty one has no documents."""
    path = tmp_path / "web.yaml.gz"
    path.write_bytes(content)
    if not content:
        assert [*iter_documents(path)] == [*load(path)] == []
        return
    with pytest.raises(ManifestError, match=r"web\.yaml\.gz"):
        load(path)
    with pytest.raises(ManifestError, match=r"web\.yaml\.gz"):
        [*iter_documents(path)]


def test_no_such_file(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are not text are errors with their position."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ManifestError, match="cannot be read"):
            [*iter_documents(path)]
    with pytest.raises(ManifestError, match="UTF-8") as caught:
        [*iter_documents(io.BytesIO(b"a: 1\nb: \xff\n"))]
    assert str(caught.value.span) == "2:4"


def test_json_of_one_and_of_several() -> None:
    """One object is written by itself, several as a List, which reads back as those objects."""
    assert to_json(WEB).startswith('{\n  "apiVersion": "v1",\n  "kind": "Service"')
    assert load(io.StringIO(to_json(WEB))).objects() == (WEB,)
    two = to_json(WEB, {"kind": "ConfigMap", "data": {"é": "1e3"}})
    assert parse(two)[0]["kind"] == "List"
    assert [each.kind for each in load(io.StringIO(two))] == ["Service", "ConfigMap"]
    assert parse(to_json(WEB, explicit=True)) == parse(to_yaml(WEB, explicit=True))
    for bad in ({"a": float("nan")}, {"a": "\ud800"}, {1: 2}):
        with pytest.raises(ManifestError):
            to_json(bad)  # type: ignore[arg-type, unused-ignore]
