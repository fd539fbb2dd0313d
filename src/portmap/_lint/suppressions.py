"""Suppressions: an annotation on the object, or a comment at the line, that silences a rule.

    metadata:
      annotations:
        portmap.ignore/selector-matches-nothing: the operator makes these pods
    spec:
      # portmap: ignore[exposed-service] only the office can reach these nodes
      type: NodePort

The annotation's key or the brackets name the rule, and the rest is the reason. A suppression without a reason, of
a rule that does not exist, or without a finding to suppress, is a finding itself: it would hide a later mistake.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, final

import attrs

from portmap._graph.items import Item
from portmap._graph.object_name import ObjectName, value_at
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import Span
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._lint.findings import Finding, Location, Suppressed
from portmap._lint.locations import locations_of_keys
from portmap._manifests.documents import Document
from portmap._yaml.line_breaks import LINE_BREAK

ANNOTATION: Final = "portmap.ignore/"
"""The prefix of an annotation's key, before the name of the rule that it suppresses."""

_ANNOTATIONS: Final = FieldPath("metadata", "annotations")

UNUSED: Final = "unused-suppression"
REASONLESS: Final = "suppression-without-reason"

SUPPRESSION_RULES: Final[Mapping[str, str]] = {
    UNUSED: "Suppression has no effect.",
    REASONLESS: "Suppression gives no reason.",
}
"""The findings about suppressions themselves, which cannot be suppressed."""

_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#\s*portmap:\s*ignore\[([^\[\]\n]*)\][ \t]*([^\n\r]*)", re.MULTILINE)


@final
@attrs.frozen
class Suppression:
    """A request to suppress the findings of some rules about an object.

    Attributes:
        rules: The names of the rules.
        reason: The reason; `""` if there is none.
        subject: The object.
        position: The object's position in the input.
        source: The file that the object was read from.
        path: The path of the annotation; empty for a comment.
        location: The location of the annotation or comment, if it was read from a file.
        lines: From the line of a comment to the line that it is about, the lines between being blank or comments;
            `None` for an annotation, which is about the whole object.
    """

    rules: tuple[str, ...]
    reason: str
    subject: ObjectName
    position: int
    source: str
    path: FieldPath = ROOT
    location: Location | None = None
    lines: range | None = None


# --- suppressions of the input ---------------------------------------------------------------------------------


def suppressions_of(items: Sequence[Item], documents: Mapping[int, Document]) -> Iterator[Suppression]:
    """Yield the suppressions of the objects' annotations, then those of comments.

    Args:
        items: The objects.
        documents: The documents of files, by position; other objects have no comments.
    """
    annotations = [suppression for item in items for suppression in _annotations(item)]
    in_files = [each for each in annotations if each.position in documents]
    locations = locations_of_keys((documents[each.position], each.path) for each in in_files)
    for suppression in annotations:
        location = next(locations) if suppression.position in documents else None
        yield attrs.evolve(suppression, location=location)
    # A text may hold very many documents, so it is searched once.
    texts: dict[int, _CommentedText | None] = {}
    for item in items:
        document = documents.get(item.position)
        if document is None:
            continue
        identity = id(document.text)
        if identity not in texts:
            has_comments = "portmap:" in document.text
            texts[identity] = (
                _CommentedText(document.text, document.origin[0].lines_before, []) if has_comments else None
            )
        text = texts[identity]
        # A text is parsed again to find a span, so only the few with such comments are.
        if text is not None:
            span = document.span()
            text.objects.append((span.line if span else 1, item))
    for text in filter(None, texts.values()):
        yield from _comments(text)


def _annotations(item: Item) -> Iterator[Suppression]:
    annotations = value_at(item.raw, "metadata", "annotations")
    for key, value in annotations.items() if isinstance(annotations, Mapping) else ():
        if isinstance(key, str) and key.startswith(ANNOTATION):
            path = _ANNOTATIONS.key(key)
            reason = value.strip() if isinstance(value, str) else ""
            yield Suppression((key.removeprefix(ANNOTATION),), reason, item.name, item.position, item.source, path)


class _CommentedText(NamedTuple):
    """A text with comments, how many lines of its file come before it, and its objects with their first lines."""

    text: str
    lines_before: int
    objects: list[tuple[int, Item]]


def _comments(text: _CommentedText) -> Iterator[Suppression]:
    """Yield the suppressions among the comments of a text.

    A comment is about its own line or, if nothing else is on that line, about the next line that is neither blank
    nor a comment. Before the first line of an object it is about that line.
    """
    objects = sorted(text.objects, key=lambda each: (each[0], each[1].position))
    starts = [start for start, _ in objects]
    lines = LINE_BREAK.split(text.text)
    content: list[int] | None = None
    line, offset = 1, 0
    for match in _COMMENT.finditer(text.text):
        for line_break in LINE_BREAK.finditer(text.text, offset, match.start()):
            line, offset = line + 1, line_break.end()
        column = match.start() - offset + 1
        first = last = line + text.lines_before
        if not lines[line - 1][: column - 1].strip():
            if content is None:
                content = [number for number, each in enumerate(lines, 1) if _has_content(each)]
            after = bisect_right(content, line)
            last = text.lines_before + (content[after] if after < len(content) else len(lines) + 1)
        about = bisect_right(starts, last)
        if about:
            item = objects[about - 1][1]
            rules = tuple(name for each in match[1].split(",") if (name := each.strip()))
            span = Span(first, column, first, column + len(match[0].rstrip()))
            yield Suppression(
                rules,
                match[2].strip(),
                item.name,
                item.position,
                item.source,
                location=Location(item.source, span, lines[line - 1]),
                lines=range(first, last + 1),
            )


def _has_content(line: str) -> bool:
    bare = line.strip()
    return bool(bare) and not bare.startswith("#") and bare != "---"


# --- findings suppressed ---------------------------------------------------------------------------------------


def suppress(
    findings: Sequence[Finding],
    suppressions: Sequence[Suppression],
    *,
    known: Collection[str],
    run: Collection[str],
) -> tuple[list[Finding], list[Suppressed]]:
    """Return the findings that are left, with those about suppressions, and the suppressed findings.

    Args:
        findings: All findings.
        suppressions: All suppressions.
        known: The names of all rules that exist.
        run: The names of the rules that were run: a suppression of another rule cannot be unused.
    """
    # The key has the object's name because objects of a list that was given as one mapping share its position,
    # and the line because one object may have very many comments.
    by_finding: dict[tuple[int, ObjectName, str, int | None], list[int]] = defaultdict(list)
    for number, suppression in enumerate(suppressions):
        lines = {suppression.lines[0], suppression.lines[-1]} if suppression.lines else (None,)
        for rule in suppression.rules:
            for line in lines:
                by_finding[suppression.position, suppression.subject, rule, line].append(number)
    left: list[Finding] = []
    suppressed: list[Suppressed] = []
    used: set[int] = set()
    for finding in findings:
        key = (finding.position, finding.subject, finding.rule)
        span = finding.location and finding.location.span
        matching = [*by_finding.get((*key, None), ())]
        if span is not None:
            matching += by_finding.get((*key, span.line), ())
        if matching:
            number = min(matching)
            used.add(number)
            suppressed.append(Suppressed(finding, suppressions[number].reason))
        else:
            left.append(finding)
    finding_lines = _finding_lines(left, suppressions)
    # Equal findings about copies of an object are reported once, so a copy's suppression may have none of its own.
    used_on_copies = {(each.subject, each.rules, each.reason) for each in map(suppressions.__getitem__, used)}
    for suppression in suppressions:
        is_used = (suppression.subject, suppression.rules, suppression.reason) in used_on_copies
        lines_of_object = finding_lines.get((suppression.position, suppression.subject), {})
        left += _findings_about(suppression, known, run, is_used=is_used, finding_lines=lines_of_object)
    return left, suppressed


def _finding_lines(
    findings: Iterable[Finding], suppressions: Iterable[Suppression]
) -> Mapping[tuple[int, ObjectName], Mapping[str, int]]:
    """Return for each object with comments the line of the first finding of each rule."""
    found: dict[tuple[int, ObjectName], dict[str, int]] = {
        (each.position, each.subject): {} for each in suppressions if each.lines is not None
    }
    for finding in findings if found else ():
        span = finding.location and finding.location.span
        if span is not None and (finding.position, finding.subject) in found:
            found[finding.position, finding.subject].setdefault(finding.rule, span.line)
    return found


def _findings_about(
    suppression: Suppression,
    known: Collection[str],
    run: Collection[str],
    *,
    is_used: bool,
    finding_lines: Mapping[str, int],
) -> Iterator[Finding]:
    def finding(rule: str, message: str, hint: str) -> Finding:
        return Finding(
            rule,
            "warning",
            suppression.subject,
            suppression.path,
            message,
            hint,
            position=suppression.position,
            source=suppression.source,
            location=suppression.location,
        )

    names = ", ".join(suppression.rules) or "nothing"
    if not suppression.reason:
        yield finding(REASONLESS, f"{names} is suppressed without a reason", "add the reason")
    for name in suppression.rules:
        # A name with a dot is that of a plugin's rule, and the plugin need not be installed here.
        if name not in known and "." not in name:
            guess = nearest(name, known)
            hint = f"did you mean {guess!r}?" if guess else "`portmap rules` lists them"
            yield finding(UNUSED, f"there is no rule {name!r}", hint)
    if not is_used and all(name in run for name in suppression.rules):
        line = next((finding_lines[name] for name in suppression.rules if name in finding_lines), None)
        hint = (
            f"line {line} has a finding: move the comment there, or to the line above it"
            if line
            else "remove the suppression"
        )
        yield finding(UNUSED, f"{names} is suppressed, but has no findings here", hint)
