"""What people ask not to be told of: an annotation on the object, or a comment beside the line.

    metadata:
      annotations:
        portmap.ignore/selector-matches-nothing: the operator makes these pods
    spec:
      # portmap: ignore[exposed-service] only the office can reach these nodes
      type: NodePort

The annotation's key or the brackets name the rule, and the rest is the reason. A suppression
without a reason, of a rule that does not exist, or of nothing, is a finding itself: it would
hide tomorrow's mistake.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, final

import attrs

from portmap._graph.object_name import ObjectName, value_at
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import Span
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._lint.findings import Finding, Location, Suppressed
from portmap._lint.item import Item

__all__ = ["ANNOTATION", "SUPPRESSION_RULES", "Suppression", "annotations_of", "comments_in", "suppress"]

ANNOTATION: Final = "portmap.ignore/"
"""What the key of an annotation begins with that suppresses the rule named behind it."""

_ANNOTATIONS: Final = FieldPath("metadata", "annotations")

UNUSED: Final = "unused-suppression"
REASONLESS: Final = "suppression-without-reason"

SUPPRESSION_RULES: Final[Mapping[str, str]] = {
    UNUSED: "Suppression has no effect.",
    REASONLESS: "Suppression gives no reason.",
}
"""What is found about suppressions themselves, which cannot be suppressed."""

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#\s*portmap:\s*ignore\[([^\]\n]*)\][ \t]*([^\n\r]*)", re.MULTILINE)


@final
@attrs.frozen
class Suppression:
    """A request not to be told of the findings of some rules about an object.

    Attributes:
        rules: The names of the rules.
        reason: Why; `""` if it does not say.
        subject: The object.
        position: The object's place in the input.
        source: The file that it came from.
        path: The path of the annotation; empty for a comment.
        location: Where it stands, as far as that is known.
        lines: From the line of a comment to the one that it is about, of which those between say nothing;
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


def annotations_of(items: Iterable[Item]) -> list[Suppression]:
    """The suppressions among the annotations of objects."""
    return [each for item in items for each in _annotations(item)]


def _annotations(item: Item) -> Iterator[Suppression]:
    found = value_at(item.raw, "metadata", "annotations")
    for key, reason in found.items() if isinstance(found, Mapping) else ():
        if isinstance(key, str) and key.startswith(ANNOTATION):
            path = _ANNOTATIONS.key(key)
            why = reason.strip() if isinstance(reason, str) else ""
            yield Suppression((key.removeprefix(ANNOTATION),), why, item.name, item.position, item.source, path)


def comments_in(text: str, objects: Sequence[tuple[int, Item]]) -> Iterator[Suppression]:
    """The suppressions among the comments of a text.

    A comment is about its own line, or, where it stands alone, about the next line that is
    none; at the head of an object it is about the line in which the object begins.

    Args:
        text: The text.
        objects: Its objects, each with the line in which it begins.
    """
    if "portmap:" not in text:
        return
    lines = _BREAK.split(text)
    says: list[int] | None = None
    starts = [begins for begins, _ in objects]
    line, place = 1, 0
    for match in _COMMENT.finditer(text):
        for each in _BREAK.finditer(text, place, match.start()):
            line, place = line + 1, each.end()
        written = lines[line - 1]
        column = match.start() - place + 1
        last = line
        if not written[: column - 1].strip():
            if says is None:
                says = [number for number, each in enumerate(lines, 1) if not _says_nothing(each)]
            after = bisect_right(says, line)
            last = says[after] if after < len(says) else len(lines) + 1
        about = bisect_right(starts, last)
        if about:
            item = objects[about - 1][1]
            rules = tuple(name for each in match[1].split(",") if (name := each.strip()))
            span = Span(line, column, line, column + len(match[0].rstrip()))
            location = Location(item.source, span, written)
            yield Suppression(
                rules, match[2].strip(), item.name, item.position, item.source, ROOT, location, range(line, last + 1)
            )


def _says_nothing(line: str) -> bool:
    bare = line.strip()
    return not bare or bare.startswith("#") or bare == "---"


def suppress(
    findings: Sequence[Finding],
    requests: Sequence[Suppression],
    *,
    known: Collection[str],
    asked: Collection[str],
) -> tuple[list[Finding], list[Suppressed]]:
    """The findings that are left, with those about suppressions, and the suppressed ones.

    Args:
        findings: All of them.
        requests: The suppressions.
        known: The names of all rules that there are.
        asked: The names of the rules that were run: only of those can a suppression be unused.
    """
    # By name, too: the objects of a list that was given as one have one position.
    # And by line: one object may have very many comments.
    of_object: dict[tuple[int, ObjectName, str, int | None], list[int]] = defaultdict(list)
    for number, request in enumerate(requests):
        for rule in request.rules:
            for line in {request.lines[0], request.lines[-1]} if request.lines else (None,):
                of_object[request.position, request.subject, rule, line].append(number)
    left: list[Finding] = []
    hidden: list[Suppressed] = []
    used: set[int] = set()
    for finding in findings:
        span = finding.location and finding.location.span
        about = (finding.position, finding.subject, finding.rule)
        covering = [*of_object.get((*about, None), ())]
        if span is not None:
            covering += of_object.get((*about, span.line), ())
        if covering:
            number = min(covering)
            used.add(number)
            hidden.append(Suppressed(finding, requests[number].reason))
        else:
            left.append(finding)
    lines = _lines_of(tuple(left), requests)
    # Of copies of one object the first alone is judged, for all of them.
    copied = {(each.subject, each.rules, each.reason) for number, each in enumerate(requests) if number in used}
    for number, request in enumerate(requests):
        if (request.subject, request.rules, request.reason) in copied:
            used.add(number)
        elsewhere = lines.get((request.position, request.subject), {})
        left += _about(request, known, asked, used=number in used, elsewhere=elsewhere)
    return left, hidden


def _lines_of(
    findings: Iterable[Finding], requests: Iterable[Suppression]
) -> Mapping[tuple[int, ObjectName], Mapping[str, int]]:
    """By object with comments, the line of the first finding of each rule."""
    found: dict[tuple[int, ObjectName], dict[str, int]] = {
        (each.position, each.subject): {} for each in requests if each.lines is not None
    }
    for finding in findings if found else ():
        span = finding.location and finding.location.span
        if span is not None and (finding.position, finding.subject) in found:
            found[finding.position, finding.subject].setdefault(finding.rule, span.line)
    return found


def _about(
    request: Suppression,
    known: Collection[str],
    asked: Collection[str],
    *,
    used: bool,
    elsewhere: Mapping[str, int],
) -> Iterator[Finding]:
    """What is wrong with a suppression itself."""

    def finding(rule: str, message: str, hint: str) -> Finding:
        return Finding(
            rule,
            "warning",
            request.subject,
            request.path,
            message,
            hint,
            position=request.position,
            source=request.source,
            location=request.location,
        )

    names = ", ".join(request.rules) or "nothing"
    if not request.reason:
        yield finding(REASONLESS, f"{names} is suppressed without a reason", "say why: others will want to know")
    for name in request.rules:
        # Whoever lints here may lack the rules of other projects, which have a dot in their names.
        if name not in known and "." not in name:
            guess = nearest(name, known)
            hint = f"did you mean {guess!r}?" if guess else "`portmap rules` lists them"
            yield finding(UNUSED, f"there is no rule {name!r}", hint)
    if not used and all(name in asked for name in request.rules):
        line = next((elsewhere[name] for name in request.rules if name in elsewhere), None)
        hint = f"line {line} has a finding: put the comment there, or above it" if line else "remove the suppression"
        yield finding(UNUSED, f"{names} is suppressed, and finds nothing here", hint)
