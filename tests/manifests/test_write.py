"""Typed objects and plain dicts as YAML text."""

import enum
import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portmap import (
    Container,
    ContainerPort,
    ManifestError,
    Pod,
    Service,
    ServicePort,
    Workload,
    load,
    to_manifest,
    to_yaml,
)
from portmap.manifests import iter_documents, parse

WEB = Service("web", selector={"app": "web"}, ports=[ServicePort(80, name="http", target_port="http")])


def test_example() -> None:
    """A Service is written in the usual form."""
    assert to_yaml(WEB) == (
        "apiVersion: v1\n"
        "kind: Service\n"
        "metadata:\n"
        "  name: web\n"
        "spec:\n"
        "  selector:\n"
        "    app: web\n"
        "  ports:\n"
        "  - name: http\n"
        "    port: 80\n"
        "    targetPort: http\n"
    )


def test_several() -> None:
    """Several objects are several documents in the given order, plain dicts of any kind among them."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    text = to_yaml(namespace, WEB, namespace)
    assert text.count("\n---\n") == 2
    assert [each["kind"] for each in yaml.safe_load_all(text)] == ["Namespace", "Service", "Namespace"]


def test_nothing() -> None:
    """No objects are the empty text."""
    assert to_yaml() == ""


@pytest.mark.parametrize(
    "value",
    [
        "8080",
        "true",
        "no",
        "y",
        "null",
        "~",
        "1e3",
        "0x10",
        "1_000",
        "2026-01-31",
        "12:30",
        "",
        " a ",
        "a: b",
        "#",
        "é\u2028",
    ],
)
def test_text_stays_text(value: str) -> None:
    """A text that some reader would read as another type is quoted."""
    service = Service("web", annotations={"a": value}, ports=[ServicePort(80)])
    text = to_yaml(service)
    assert yaml.safe_load(text)["metadata"]["annotations"] == {"a": value}
    assert parse(text)[0]["metadata"]["annotations"] == {"a": value}


def test_words_of_enumerations_are_written_as_text() -> None:
    """A text of a subclass of `str` is written as its text."""

    class Word(str, enum.Enum):  # noqa: UP042 - a StrEnum would show itself as its text
        """Words for every place that takes text."""

        WEB = "web"
        TCP = "TCP"
        NODE_PORT = "NodePort"

    def service(web: Any, tcp: Any, node_port: Any) -> Service:
        ports = [ServicePort(80, name=web, protocol=tcp, target_port=web)]
        return Service(
            web,
            generate_name=web,
            namespace=web,
            labels={web: web},
            annotations={web: web},
            type=node_port,
            ports=ports,
        )

    assert to_yaml(service(Word.WEB, Word.TCP, Word.NODE_PORT)) == to_yaml(service("web", "TCP", "NodePort"))


def test_fragments() -> None:
    """A port or container is written as a fragment."""
    assert to_yaml(ServicePort(80, target_port="http")) == "port: 80\ntargetPort: http\n"
    assert to_yaml(ContainerPort(80)) == "containerPort: 80\n"
    assert to_yaml(Container("app", ports=[ContainerPort(80)])) == "name: app\nports:\n- containerPort: 80\n"
    assert to_yaml(Pod("web")).endswith("spec: {}\n")


def test_the_same_bytes() -> None:
    """Equal objects have the same text."""
    assert to_yaml(WEB) == to_yaml(load(io.StringIO(to_yaml(WEB))).objects(Service)[0])


PARTS = [
    "---\n",
    "--- # x\n",
    "---\n# nothing\n",
    "# c\n\n",
    "kind: ConfigMap   # c\ndata: {a: '1', \"b\": 08}\n",
    "kind: A\nb: |\n  ---\n  x\n\n",
    "- 1\n- 2\n",
    "a: 'x\n # y\n  z'\n# end\n",
    "a: &x 1\nb: *x\n",
    to_yaml(WEB),
    "\r\n--- \r\nkind: A\r\n",
    "{a: b}\n",
]


@given(st.lists(st.sampled_from(PARTS)).map("".join), st.sampled_from(["---\n", "# first\n---\n", ""]))
def test_documents_are_written_as_they_were_read(text: str, first: str) -> None:
    """Unchanged documents are written byte for byte, with comments and empty documents."""
    text = first + text
    try:
        loaded = load(io.StringIO(text))
    except ManifestError:
        return
    if not loaded:
        assert to_yaml(*loaded) == ""
    elif not text.lstrip().startswith("{"):
        assert to_yaml(*loaded) == text
        streamed = to_yaml(*iter_documents(io.StringIO(text)))  # Which knows no empty documents beside it.
        assert [each.raw for each in load(io.StringIO(streamed))] == [each.raw for each in loaded]
        written = to_yaml(*reversed(loaded), WEB, loaded[0])
        expected = [*reversed([each.raw for each in loaded]), to_manifest(WEB), loaded[0].raw]
        assert [each.raw for each in load(io.StringIO(written))] == expected


def test_published_files_are_written_as_they_were_read(shared: Path) -> None:
    """Files of published repositories are written byte for byte, except for Lists and directives."""
    same = 0
    for file in sorted((shared / "corpus").rglob("*.y*ml"))[::5]:
        text = file.read_bytes().decode().removeprefix("\ufeff")
        loaded = load(io.StringIO(text, newline=""))
        if loaded and not any(each.origin[1] for each in loaded) and not text.lstrip().startswith("{"):
            assert to_yaml(*loaded) == (text if text.endswith("\n") else f"{text}\n"), file
            same += 1
    assert same > 600


def test_a_document_that_was_changed_is_written_anew() -> None:
    """A changed document is written from its data, in its place; the others stay."""
    text = "# one\nkind: A\na: '1'\n---\n# two\nkind: B # b\n---\nkind: List\nitems:\n- kind: 'C'\n"
    first, second, third = load(io.StringIO(text))
    first.raw["a"] = 2
    assert to_yaml(first, second, third) == "kind: A\na: 2\n---\n# two\nkind: B # b\n---\nkind: C\n"
    assert to_yaml(second) == "# two\nkind: B # b\n"
    first.raw["a"] = {1, 2}
    with pytest.raises(ManifestError):
        to_yaml(first)


def test_what_is_not_written_as_it_was_read() -> None:
    """JSON is written as YAML, a directive is left out, and defaults are filled in if requested."""
    [document] = load(io.StringIO('{"kind": "A", "a": "\\ud83d\\ude00"}'))
    assert to_yaml(document) == 'kind: A\na: "😀"\n'
    [document] = load(io.StringIO("%YAML 1.1\n---\nkind: 'A' # a\n"))
    assert to_yaml(document) == "kind: A\n"
    service, other = load(io.StringIO(to_yaml(WEB) + "---\nkind: 'B' # b\n"))
    assert to_yaml(service, other, explicit=True) == to_yaml(WEB, explicit=True) + "---\nkind: 'B' # b\n"
    [cr] = load(io.StringIO("kind: A\r# c\r", newline=""))
    assert to_yaml(cr) == "kind: A\r# c\r\n"


@pytest.mark.parametrize(
    "data", [{"a": float("nan")}, {"a": {1: 2}}, {"a": object()}, {"a": "\ud800"}, {"a": 2**70 + 1}]
)
def test_what_yaml_cannot_carry(data: Any) -> None:
    """Values that no reader would read back are refused."""
    with pytest.raises(ManifestError):
        to_yaml(data)


@pytest.mark.parametrize("subject", [[WEB], (WEB,), Workload("Job", "a", Pod("a")), None, "text", 5])
def test_what_is_no_object(subject: Any) -> None:
    """A list of objects, a workload and other values are a wrong call."""
    with pytest.raises(TypeError):
        to_yaml(subject)
