"""Messages of syntax errors."""

import pytest

from reading import refused


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: b: c", "1:5", "quote"),
        ("a: [1\nb: 2", "1:4", "not closed"),
        ("a:\n  b: 1\n c: 2", "3:2", "indentation"),
        ("a: 'x", "1:4", "not closed"),
        ("a: @x", "1:4", "quote"),
        ("a: *x", "1:4", "anchor &x"),
        ("a: &x [*x]", "1:8", "itself"),
        ("a: .inf", "1:4", "infinity"),
        ("a:\n- .nan", "2:3", "NaN"),
        ("~: a", "1:1", "null"),
        ("a:\n  9223372036854775808: b", "2:3", "64 bits"),
        ("[a]: b", "1:1", "key"),
        ("? {a: b}\n: c", "1:3", "key"),
        ("&x [a]: b\n*x : c", "1:1", "key"),
        ("<<: 3", "1:5", "merge"),
        ("a: \x00", "1:4", "U+0000"),
        ("a: 1\nb: \ud800", "2:4", "U+D800"),
        ("a: !!int x", "1:4", "!!int"),
        ('a: "\\/"', "1:4", "escape"),
        ('- "x\\\\\\/"', "1:3", "escape"),
        ("\ta: 1", "1:1", "tab"),
        ("name: {{ .Values.name }}", "1:8", "template"),
        ("{{- if .Values.on }}\na: 1", "1:2", "template"),
        ("a: {{ .x }}-b", "1:5", "template"),
    ],
)
def test_place(text: str, place: str, words: str) -> None:
    """The error names the source, the line, the column and the problem."""
    error = refused(text)
    assert str(error).startswith(f"web.yaml:{place}: ")
    assert words in error.problem
    assert "\n" not in error.problem
