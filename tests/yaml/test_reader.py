"""The reader of YAML: the data that the API server reads, and their positions."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from portmap._kubernetes.errors import ManifestError, Span
from portmap._kubernetes.field_path import FieldPath, Key, Step
from portmap._yaml import reader
from portmap._yaml.positions import MAX_DEPTH
from portmap._yaml.reader import read_yaml
from reading import json_values, one, refused


@pytest.fixture(params=["c", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with the C parser and without."""
    if request.param == "pure":
        monkeypatch.setattr(reader, "_EventParser", reader._PureParser)
    return str(request.param)


class TestAnyText:
    """Only `ManifestError` is raised."""

    @given(st.text() | st.text(alphabet="-?:,[]{}#&*!|>'\"%@` \t\n\r<a0.\\/~=\x85\u2028\ufeff\ud800"))
    @example("%YAML 1.2\n---\n")
    @example("&a [*a]")
    def test_yaml(self, text: str) -> None:
        """Any text is read, or refused by a ManifestError with a position."""
        for pure in (False, True):
            with pytest.MonkeyPatch.context() as patch:
                if pure:
                    patch.setattr(reader, "_EventParser", reader._PureParser)
                try:
                    for document in read_yaml(text):
                        json.dumps(document.data, allow_nan=False)
                except ManifestError:
                    pass

    @pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "? ", "[{a: ", '{"a":[', "&a [", "!!a ["])
    def test_depth(self, unit: str) -> None:
        """Endless nesting is refused, fast and without exhausting the stack."""
        refused(unit * 20_000)

    @pytest.mark.usefixtures("parser")
    def test_depth_limit(self) -> None:
        """Nesting is accepted up to the limit and refused beyond it."""
        assert one("[" * MAX_DEPTH + "]" * MAX_DEPTH).data
        assert "deeper" in refused("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)).problem
        block = "".join("  " * depth + "a:\n" for depth in range(MAX_DEPTH + 2))
        assert "deeper" in refused(block).problem

    def test_alias_depth(self) -> None:
        """Aliases cannot build data deeper than the limit."""
        text = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [[[*a{i - 1}]]]\n" for i in range(1, 100))
        assert "deeper" in refused(text).problem

    def test_long_numbers(self) -> None:
        """Numbers longer than Python converts are texts or floats."""
        assert isinstance(one("a: " + "9" * 10_000).data["a"], str)


class TestData:
    """Plain data."""

    @given(json_values)
    def test_escaped_json_is_yaml(self, value: Any) -> None:
        """JSON in ASCII has the same data as YAML, except for surrogate pairs, which YAML does not have."""
        text = json.dumps(value)
        if "\\ud" not in text and "\x7f" not in text and len(text) < 1000:
            assert one(text).data == ({} if value is None else value)

    @pytest.mark.usefixtures("parser")
    def test_scalars(self) -> None:
        """Unquoted scalars follow Go, quoted ones are strings."""
        text = "{a: 08, b: '08', c: y, d: \"y\", e: ~, f: 1:20, g: =, h: 2001-01-01, i: 8e1, j: 1.5}"
        assert one(text).data == {
            "a": 8,
            "b": "08",
            "c": True,
            "d": "y",
            "e": None,
            "f": "1:20",
            "g": "=",
            "h": "2001-01-01",
            "i": 80,
            "j": 1.5,
        }

    @pytest.mark.usefixtures("parser")
    def test_tags(self) -> None:
        """Known tags decide the type; with unknown ones a value is a string."""
        text = "a: !!str 80\nb: !!int '80'\nc: !!binary d2Vi\nd: !x 80\nf: !x {a: 1}\ng: !!float 80\n"
        assert one(text).data == {"a": "80", "b": 80, "c": "web", "d": "80", "f": {"a": 1}, "g": 80}

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("a: [--q=http://x/?a=b]", "1:5"),
            ("a: [x?]", "1:5"),
            ("{a?b: 1}", "1:2"),
            ("a: {b: c?}", "1:8"),
            ("a: [\n  b, # c\n  c?d\n]", "3:3"),
            ("a: [b\n\n\n, c?]", "4:3"),
            ("- [[a, b], c?]", "1:12"),
        ],
    )
    def test_question_marks_in_brackets(self, parser: str, text: str, place: str) -> None:
        """An unquoted text in brackets has no question mark, as for kubectl and PyYAML's pure parser."""
        error = refused(text)
        if parser == "c":
            assert "`?`" in error.problem
            assert str(error.span) == place

    @pytest.mark.usefixtures("parser")
    def test_question_marks_elsewhere(self) -> None:
        """In quotes and outside of brackets, a question mark is a usual character; at the front it marks a key."""
        text = "a: ['x?', \"y?\", z]\nb: x?[y?]\nc: http://x/?a=b,[c]\nd: |\n  [e?]\ne: {? f : g}\nh?i: {j: k}\nl: m?"
        assert one(text).data == {
            "a": ["x?", "y?", "z"],
            "b": "x?[y?]",
            "c": "http://x/?a=b,[c]",
            "d": "[e?]\n",
            "e": {"f": "g"},
            "h?i": {"j": "k"},
            "l": "m?",
        }

    @pytest.mark.usefixtures("parser")
    def test_a_tag_without_a_name(self) -> None:
        """The value after a lone `!` is text, as for kubectl; `<<` after it still merges."""
        text = (
            "a: ! 80\nb: ! '80'\nc: ! &x y\nd: &z\n  ! ~\ne: [! 1, !<!> 2]\n! y: !\nf: *x\n"
            'g: {"h":! 3, ! on: 4}\ni: ! {j: 5}\n! <<: {k: 6}\nl: wow ! 7\nm: ! >-\n  8\n'
        )
        assert one(text).data == {
            "a": "80",
            "b": "80",
            "c": "y",
            "d": "~",
            "e": ["1", "2"],
            "y": "",
            "f": "y",
            "g": {"h": "3", "on": 4},
            "i": {"j": 5},
            "k": 6,
            "l": "wow ! 7",
            "m": "8",
        }

    @pytest.mark.usefixtures("parser")
    def test_keys(self) -> None:
        """Keys that are not strings become the texts that Go makes of them."""
        text = "y: 1\n1.0: 2\n08: 3\n.inf: 4\n'no': 5\n!!str 1e3: 6\n&k on1: *k\n? q\n: 7\n"
        assert one(text).data == {"true": 1, "1": 2, "8": 3, ".inf": 4, "no": 5, "1e3": 6, "on1": "on1", "q": 7}

    @pytest.mark.usefixtures("parser")
    def test_aliases(self) -> None:
        """An alias has its own copy of the value, as in Go."""
        data = one("a: &x {k: [1]}\nb: *x\nc: &x 8\nd: *x\n*x : e\n").data
        assert data == {"a": {"k": [1]}, "b": {"k": [1]}, "c": 8, "d": 8, "8": "e"}
        data["a"]["k"].append(2)
        assert data["b"] == {"k": [1]}

    @pytest.mark.usefixtures("parser")
    def test_merge(self) -> None:
        """Merge keys are read; of several mappings the first wins; an override is not a duplicate."""
        document = one(
            "p: &p {a: 1, b: 2}\nq: &q {b: 3, c: 4}\nr:\n  <<: [*p, *q]\n  c: 5\ns: {'<<': 1}\nt: {<<: *p}\n"
        )
        assert document.data["r"] == {"a": 1, "b": 2, "c": 5}
        assert document.data["s"] == {"<<": 1}
        assert document.data["t"] == {"a": 1, "b": 2}
        assert not document.duplicates
        assert [override[0] for override in document.overrides] == [FieldPath("r", "b"), FieldPath("r", "c")]

    def test_merge_after(self) -> None:
        """A merge after a key overrides it, because go-yaml v2 reads in the order of the text."""
        document = one("p: &p {a: 1}\nq:\n  a: 2\n  <<: *p\n")
        assert document.data["q"] == {"a": 1}
        assert [duplicate[0] for duplicate in document.duplicates] == [FieldPath("q", "a")]

    @pytest.mark.usefixtures("parser")
    def test_documents(self) -> None:
        """Documents come one by one; an empty one is {}."""
        documents = list(read_yaml("# only\n---\n# a comment\n---\na: 1\n...\n---\nnull\n"))
        assert [document.data for document in documents] == [{}, {"a": 1}, {}]
        assert [str(document.span(FieldPath())) for document in documents] == ["4:1", "5:1", "8:1"]
        assert list(read_yaml("")) == list(read_yaml("# x\n")) == []

    def test_lazy(self) -> None:
        """A document before a broken one can be read."""
        documents = read_yaml("a: 1\n---\n[\n")
        assert next(documents).data == {"a": 1}
        with pytest.raises(ManifestError):
            next(documents)

    @pytest.mark.usefixtures("parser")
    def test_line_ends_and_mark(self) -> None:
        """A byte order mark at the start and Windows line ends are accepted."""
        document = one("\ufeffa: 1\r\nb: 2\r\n")
        assert document.data == {"a": 1, "b": 2}
        assert document.span(FieldPath("a")) == Span(1, 4, 1, 5)
        assert document.span(FieldPath("b")) == Span(2, 4, 2, 5)

    def test_tab_after_colon(self) -> None:
        """A tab may follow a colon, as in Go."""
        assert one("a:\t80\n").data == {"a": 80}

    @pytest.mark.usefixtures("parser")
    def test_version(self) -> None:
        """`%YAML 1.1` is accepted, as the API server does; every other version is refused."""
        assert one("%YAML 1.1\n---\na: 1\n").data == {"a": 1}
        assert "%YAML" in refused("%YAML 1.2\n---\na: 1\n").problem

    def test_text_subclass(self) -> None:
        """A text of a subclass of `str` is accepted."""
        assert one(Key("a: 1")).data == {"a": 1}

    @given(json_values)
    def test_like_pyyaml(self, value: Any) -> None:
        """Output of PyYAML with all texts quoted reads back the same."""
        text = yaml.safe_dump({"k": value}, default_style='"')
        try:
            expected = yaml.safe_load(text)
        except yaml.YAMLError:
            return
        if expected == {"k": value}:
            assert one(text).data == expected


class TestDuplicates:
    """Keys given twice."""

    @pytest.mark.usefixtures("parser")
    def test_yaml(self) -> None:
        """Both places are told, and the last one counts."""
        document = one("spec:\n  ports:\n  - port: 80\n    port: 81\n1: a\n'1': b\n")
        assert document.data == {"spec": {"ports": [{"port": 81}]}, "1": "b"}
        assert document.duplicates == (
            (FieldPath("spec", "ports", 0, "port"), Span(3, 5, 3, 9), Span(4, 5, 4, 9)),
            (FieldPath("1"), Span(5, 1, 5, 2), Span(6, 1, 6, 4)),
        )

    def test_many(self) -> None:
        """Many duplicate keys take linear time."""
        assert len(one("a: 1\n" * 20_000).duplicates) == 19_999


SERVICE = """\
metadata:
  name: web
  annotations:
    a/b: |
      text
spec:
  ports:
  - name: http
    port: 80
  - {name: https, port: 443}
empty:
"""


class TestPositions:
    """Lines and columns, from 1."""

    @pytest.mark.parametrize(
        ("path", "value", "key"),
        [
            (("metadata", "name"), "2:9", "2:3"),
            (("metadata", "annotations", Key("a/b")), "4:10", "4:5"),
            (("spec", "ports"), "8:3", "7:3"),
            (("spec", "ports", 0), "8:5", "8:5"),
            (("spec", "ports", 0, "port"), "9:11", "9:5"),
            (("spec", "ports", 1, "port"), "10:25", "10:19"),
            (("spec", "ports", 1, "nodePort"), "10:5", "10:5"),
            (("spec", "ports", 7, "port"), "7:3", "7:3"),
            (("spec", "type"), "6:1", "6:1"),
            (("spec", "ports", -1), "7:3", "7:3"),
            (("kind",), "1:1", "1:1"),
            ((), "1:1", "1:1"),
            (("empty",), "11:7", "11:1"),
            (("empty", "x"), "11:1", "11:1"),
        ],
    )
    @pytest.mark.usefixtures("parser")
    def test_span(self, path: tuple[Step, ...], value: str, key: str) -> None:
        """A path has the position of its value; a missing one that of the nearest parent."""
        document = one(SERVICE)
        assert str(document.span(FieldPath(*path))) == value
        assert str(document.key_span(FieldPath(*path))) == key

    def test_end(self) -> None:
        """A block ends with its last value."""
        assert one(SERVICE).span(FieldPath("spec", "ports", 0)) == Span(8, 5, 9, 13)

    def test_alias(self) -> None:
        """An alias has its own position; the values in it have those of the anchor."""
        document = one("a: &x\n  k: 1\nb: *x\nc:\n  <<: *x\n")
        assert str(document.span(FieldPath("b"))) == "3:4"
        assert str(document.span(FieldPath("b", "k"))) == "2:6"
        assert str(document.span(FieldPath("c", "k"))) == "2:6"


class TestRefusals:
    """Texts with valid syntax that Go refuses, or that would exhaust memory."""

    def test_escaped_slash_in_pairs(self) -> None:
        """A slash after an escaped backslash is not escaped."""
        assert one(r'"a\\/b"').data == r"a\/b"

    @pytest.mark.usefixtures("parser")
    def test_surrogates(self) -> None:
        """Escaped surrogates, in pairs or not, are refused in YAML."""
        assert "surrogate" in refused(r'a: "\ud83d\ude00"').problem

    def test_alias_bomb(self) -> None:
        """A document of nearly only aliases is refused."""
        text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
        for name, last in zip("bcdefghi", "abcdefgh", strict=True):
            text += f"{name}: &{name} [{','.join([f'*{last}'] * 9)}]\n"
        assert "aliases" in refused(text).problem

    def test_quadratic_aliases(self) -> None:
        """A document that repeats one large value often is refused."""
        text = f"a: &a [{','.join('x' * 2000)}]\nb: [{','.join(['*a'] * 2000)}]\n"
        assert "aliases" in refused(text).problem

    def test_ordinary_aliases(self) -> None:
        """A document with hundreds of overridden merges is accepted."""
        text = "base: &b {a: 1, b: 2, c: 3}\nlist:\n" + "- {<<: *b, a: 2, b: 3, c: 4}\n" * 500
        assert len(one(text).data["list"]) == 500
