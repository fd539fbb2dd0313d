"""The writer: every reader reads back what it writes."""

import enum
import math
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from adversarial_texts import ADVERSARIAL
from portmap._kubernetes.errors import ManifestError
from portmap._yaml.reader import read_yaml
from portmap._yaml.scalars import resolve
from portmap._yaml.writer import emit

# Texts that PyYAML writes plain and kubectl misreads (12.3, F1 to F7), that others misread (12.4), and those of 12.8.

texts = st.text() | st.sampled_from(ADVERSARIAL) | st.text(alphabet=" \t\n-#:a\r\x85é'\"", max_size=12)
# Beyond 2**53 Go makes another integer of a float than Python; test_floats has those.
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(-(2.0**53), 2.0**53)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=25,
)


def check(value: Any) -> None:
    text = emit(value)
    (document,) = read_yaml(text)
    assert document.data == ({} if value is None else value)
    assert not document.duplicates
    assert yaml.load(text, Loader=yaml.CSafeLoader) == value
    assert yaml.load(text, Loader=yaml.SafeLoader) == value


class TestReadBack:
    """Kubernetes' reader and both of PyYAML's read back the same data."""

    @given(values)
    @example({"a": [[], {}, [[{"b": {}}]], {"c": ["x\ny"]}]})
    @example(["x\n", ["y\n\n", {"z": "z\n"}]])
    def test_values(self, value: Any) -> None:
        """Any data read back the same."""
        check(value)

    @given(texts)
    def test_text(self, text: str) -> None:
        """Any text reads back the same, as value, key, item, and by itself."""
        check({text: text, "list": [text, [text], {text: [text]}], "map": {text: {text: text}}})
        check(text)

    @pytest.mark.parametrize("text", ADVERSARIAL)
    def test_adversarial(self, text: str) -> None:
        """Texts that some reader would read as another type are quoted."""
        check({text: text, "n": [text, {text: text}]})

    @given(st.lists(values, min_size=1, max_size=3))
    def test_documents(self, documents: list[Any]) -> None:
        """Documents can be concatenated."""
        text = "".join(f"---\n{emit(value)}" for value in documents)
        assert [document.data for document in read_yaml(text)] == [
            {} if value is None else value for value in documents
        ]

    @given(st.integers(900, 1100), st.sampled_from(["k", "é", "名", "😀", "\x85", '"']))
    def test_long_keys(self, length: int, character: str) -> None:
        """A key before a colon is short for every reader, in characters and bytes."""
        written = emit({character * length: 1})
        assert written.startswith("? ") or len(written.encode("utf-16-le")) / 2 - len(": 1\n") <= 1024
        check({character * length: {character * length: [1]}})

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_floats(self, number: float) -> None:
        """Floats are the same number for Go and PyYAML."""
        written = emit(number).strip()
        read = resolve(written)
        assert isinstance(read, (int, float))
        assert math.isclose(read, number, rel_tol=1e-15, abs_tol=0)
        assert yaml.safe_load(written) == number


class TestStyle:
    """The style is that of kubectl."""

    def test_service(self) -> None:
        """Keys are in order, dashes below their key, and quotes only where needed."""
        service = {
            "apiVersion": "v1",
            "metadata": {"name": "web", "annotations": {"port": "80", "empty": ""}, "labels": {}},
            "spec": {
                "ports": [{"name": "http", "port": 80, "targetPort": "1e3"}, {"port": 443}],
                "externalIPs": ["10.0.0.1"],
            },
            "list": [[1, 2], []],
            "none": None,
            "yes": True,
        }
        assert emit(service) == (
            "apiVersion: v1\n"
            "metadata:\n"
            "  name: web\n"
            "  annotations:\n"
            '    port: "80"\n'
            '    empty: ""\n'
            "  labels: {}\n"
            "spec:\n"
            "  ports:\n"
            "  - name: http\n"
            "    port: 80\n"
            '    targetPort: "1e3"\n'
            "  - port: 443\n"
            "  externalIPs:\n"
            '  - "10.0.0.1"\n'
            "list:\n"
            "- - 1\n"
            "  - 2\n"
            "- []\n"
            "none: null\n"
            '"yes": true\n'
        )

    def test_block_text(self) -> None:
        """A text of several lines is a literal block if all its characters are visible."""
        assert emit({"a": "x\n  y\n", "b": ["x\ny"]}) == "a: |\n  x\n    y\nb:\n- |-\n  x\n  y\n"
        assert emit({"a": "x \ny"}) == 'a: "x \\ny"\n'

    def test_other_types(self) -> None:
        """Tuples, other mappings, and enums of texts and numbers are written as their values."""

        class Kind(enum.StrEnum):
            HTTP = "http"
            LONG = "l" * 80

        class Number(enum.IntEnum):
            WEB = 80

        data = MappingProxyType({"a": ("x",), Kind.HTTP: Kind.HTTP, "n": Number.WEB, Kind.LONG: Kind.LONG, "e": ()})
        long = f'"{"l" * 80}"'
        assert emit(data) == f'a:\n- x\nhttp: http\n"n": 80\n{long}: {long}\ne: []\n'


class TestRefused:
    """Data that YAML cannot represent are refused, with the path."""

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (math.nan, "nan"),
            (math.inf, "inf"),
            ("\ud800", "surrogate"),
            ("x" * 100 + "\udfff", "surrogate"),
            ({1: 2}, "key must be text, not int"),
            (b"x", "bytes"),
            ({1}, "set"),
            (object(), "object"),
            (2**63 + 1, "64 bits"),
            pytest.param(10**5000, "64 bits", id="long"),
        ],
    )
    def test_path(self, value: Any, words: str) -> None:
        """The error has the path and the reason."""
        with pytest.raises(ManifestError, match=words) as caught:
            emit({"spec": {"ports": [{}, {"name": value}]}})
        assert str(caught.value).startswith("spec.ports[1].name")
        with pytest.raises(ManifestError, match=words):
            emit(value)

    def test_key(self) -> None:
        """A key with a lone surrogate is refused."""
        with pytest.raises(ManifestError, match="surrogate"):
            emit({"a": {"\ud800": 1}})

    def test_cycles(self) -> None:
        """Data that contain themselves, or nest too deeply, are refused."""
        cycle: list[Any] = []
        cycle.append({"a": cycle})
        with pytest.raises(ManifestError, match="nest"):
            emit(cycle)
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        with pytest.raises(ManifestError, match="nest"):
            emit(deep)

    def test_rounded_integers(self) -> None:
        """An integer beyond 64 bits is written if it reads back unchanged."""
        assert emit(10**20) == "100000000000000000000\n"
