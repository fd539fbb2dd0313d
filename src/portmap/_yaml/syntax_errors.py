"""What is wrong with a text and where: the parsers' complaints in portmap's own words.

PyYAML says what its parser missed; here it is said what to mend. What else they refuse the
readers word themselves, and come here for the error.
"""

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from portmap._kubernetes.errors import ManifestError, Span
from portmap._yaml.line_breaks import LINE_BREAK
from portmap._yaml.positions import MAX_DEPTH, MAX_VALUES, Place

if TYPE_CHECKING:  # Whoever reads JSON does without PyYAML.
    from yaml import MarkedYAMLError

__all__ = ["TOO_DEEP", "TOO_MANY", "ReadError", "explained", "refusal", "unprintable"]

TOO_MANY: Final = f"there are more than {MAX_VALUES} values in one text: split it"
TOO_DEEP: Final = f"collections nest deeper than {MAX_DEPTH} levels"


class ReadError(Exception):
    """What a reader raises inside: the problem, and its place."""

    def __init__(self, problem: str, place: Place) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place


# What libyaml says, and what we say. True: the place that matters is where the construct began.
_PROBLEMS: Final = {
    "mapping values are not allowed in this context": (
        "a `key: value` pair cannot stand here; check the indentation, or quote a text that contains `: `",
        False,
    ),
    "block sequence entries are not allowed in this context": (
        "a list item (`- `) cannot stand here; begin the list on a line of its own, or quote the text",
        False,
    ),
    "mapping keys are not allowed in this context": ("a `? key` cannot stand here; quote the text", False),
    "found character that cannot start any token": (
        "no value can begin with this character: quote the text, and indent with spaces, not tabs",
        False,
    ),
    "could not find expected ':'": ("this line is no `key: value` pair; is the `: ` missing?", True),
    "did not find expected key": ("the indentation matches no mapping above", False),
    "did not find expected '-' indicator": ("expected another list item (`- `) at this indentation", False),
    "did not find expected ',' or ']'": ("the list that `[` opens here is not closed, or lacks a comma", True),
    "did not find expected ',' or '}'": ("the mapping that `{` opens here is not closed, or lacks a comma", True),
    "did not find expected node content": ("expected a value here", False),
    "did not find expected <document start>": (
        "the document has ended before this line; check the indentation, or separate documents by `---`",
        False,
    ),
    "did not find expected comment or line break": ("only a comment may follow `|` or `>` on its line", False),
    "did not find expected alphabetic or numeric character": (
        "`*` and `&` need a name after them; quote the text if it is meant as it stands",
        True,
    ),
    "found unexpected end of stream": ("the quotes that open here are not closed", True),
    "found unexpected document indicator": ("the quotes that open here are not closed in this document", True),
    "found unknown escape character": ("no such escape exists in double quotes; write a backslash as `\\\\`", False),
    "found invalid Unicode character escape code": (
        "the escape names no Unicode character; YAML knows no surrogate pairs, write \\UXXXXXXXX",
        False,
    ),
    "did not find expected hexdecimal number": ("the escape needs more hexadecimal digits", False),
    "found undefined tag handle": ("the tag has a prefix that no %TAG directive defines", True),
    "found a tab character that violates indentation": ("a tab stands where spaces must indent", False),
    "found a tab character where an indentation space is expected": ("a tab stands where spaces must indent", False),
    "found unexpected ':'": ("`:` cannot stand here inside of brackets; quote the text", False),
    "found incompatible YAML document": ("the %YAML directive asks for a version that Kubernetes refuses", False),
    "found unknown directive name": ("a line that begins with % is a directive, and this one is unknown", True),
}


def explained(error: "MarkedYAMLError") -> tuple[str, Place]:
    """The problem of an error of PyYAML's, and its place."""
    said = error.problem or "unknown problem"
    problem, from_start = _PROBLEMS.get(said, (f"this is no YAML: {said}", False))
    marks = (error.context_mark, error.problem_mark) if from_start else (error.problem_mark, error.context_mark)
    mark = next((mark for mark in marks if mark is not None), None)
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    return problem, (line, column, line, column + 1)


def _line(text: str, number: int) -> str:
    """A line of the text, from 0; of a very long one the beginning."""
    start = 0
    if number:
        before = next(islice(LINE_BREAK.finditer(text), number - 1, None), None)
        start = before.end() if before is not None else len(text)
    end = LINE_BREAK.search(text, start)
    return text[start : min(end.start() if end is not None else len(text), start + 100_000)]


def refusal(text: str, source: str, problem: str, place: Place) -> ManifestError:
    """The error for a problem at this place of the text."""
    line = _line(text, place[0])
    if "{{" in line or "{%" in line:
        problem += ". The line looks like a template: render it first"
    return ManifestError(problem, source, Span(*(number + 1 for number in place)))


_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def unprintable(text: str, source: str) -> ManifestError:
    """The error for a text with a character that no manifest may have."""
    match = _UNPRINTABLE.search(text)
    if match is None:  # A surrogate that an escape made, which only the pure parser lets pass.
        return ManifestError("an escape names no Unicode character; YAML knows no surrogate pairs", source)
    problem = f"the character U+{ord(match[0]):04X} cannot stand in a manifest"
    return ManifestError(problem, source, _point(text, match.start()))


def _point(text: str, index: int) -> Span:
    line = text.count("\n", 0, index) + 1
    column = index - (text.rfind("\n", 0, index) + 1) + 1
    return Span(line, column, line, column + 1)
