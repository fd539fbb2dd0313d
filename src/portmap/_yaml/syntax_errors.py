"""What is wrong with a text and where, in words that say what to change.

PyYAML's messages say what its parser expected. The readers write the messages of other problems themselves,
and make the errors here.
"""

import re
from typing import TYPE_CHECKING, Final

from portmap._kubernetes.errors import ManifestError, Span
from portmap._yaml.positions import MAX_DEPTH, MAX_VALUES
from portmap._yaml.source_text import SourceText

if TYPE_CHECKING:  # A program that reads JSON loads no PyYAML.
    from yaml import MarkedYAMLError

TOO_MANY: Final = f"there are more than {MAX_VALUES} values in one text: split it"
TOO_DEEP: Final = f"collections nest deeper than {MAX_DEPTH} levels"


class ReadError(Exception):
    """A problem and its place, inside a reader."""

    def __init__(self, problem: str, span: Span) -> None:
        super().__init__(problem)
        self.problem = problem
        self.span = span


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
    "could not find expected ':'": ("this line is not a `key: value` pair; is the `: ` missing?", True),
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


def explained(error: "MarkedYAMLError") -> tuple[str, Span]:
    """Return the problem of an error of PyYAML, and its place."""
    said = error.problem or "unknown problem"
    problem, from_start = _PROBLEMS.get(said, (f"this is not YAML: {said}", False))
    marks = (error.context_mark, error.problem_mark) if from_start else (error.problem_mark, error.context_mark)
    mark = next((mark for mark in marks if mark is not None), None)
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    return problem, Span(line + 1, column + 1, line + 1, column + 2)


_LONGEST_LINE: Final = 100_000


def refusal(source_text: SourceText, source: str, problem: str, span: Span) -> ManifestError:
    """Return the error for a problem at this place of the text."""
    text, starts = source_text.text, source_text.line_starts
    start = starts[span.line - 1] if span.line <= len(starts) else len(text)
    end = starts[span.line] if span.line < len(starts) else len(text)
    line = text[start : min(end, start + _LONGEST_LINE)]
    if "{{" in line or "{%" in line:
        problem += ". The line looks like a template: render it first"
    return ManifestError(problem, source, span)


_UNPRINTABLE: Final = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""A pattern, which takes longer to compile than most commands to start."""


def unprintable(source_text: SourceText, source: str) -> ManifestError:
    """Return the error for a text with a character that no manifest may have."""
    match = re.search(_UNPRINTABLE, source_text.text)
    if match is None:  # A surrogate that an escape made, which only the pure parser accepts.
        return ManifestError("an escape names no Unicode character; YAML knows no surrogate pairs", source)
    problem = f"the character U+{ord(match[0]):04X} cannot stand in a manifest"
    return ManifestError(problem, source, source_text.span(*match.span()))
