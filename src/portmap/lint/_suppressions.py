"""What people ask not to be told of: an annotation on the object, or a comment beside the line.

    metadata:
      annotations:
        portmap.ignore/selector-matches-nothing: the operator makes these pods

The key names the rule and the value is the reason. A suppression without a reason, of a
rule that does not exist, or of nothing, is a finding itself: it would hide tomorrow's mistake.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Protocol, final

import attrs

from portmap._errors import Span
from portmap._map.object_names import value_at
from portmap._paths import Key, describe
from portmap._suggestions import nearest
from portmap.lint._findings import Finding, Suppressed
from portmap.lint._items import Item

__all__ = ["ANNOTATION", "SUPPRESSION_RULES", "Suppression", "annotations_of", "suppress"]

ANNOTATION: Final = "portmap.ignore/"
"""What the key of an annotation begins with that suppresses the rule named behind it."""

UNUSED: Final = "unused-suppression"
REASONLESS: Final = "suppression-without-reason"

SUPPRESSION_RULES: Final[Mapping[str, str]] = {
    UNUSED: "A suppression suppresses something.",
    REASONLESS: "A suppression says why.",
}
"""What is found about suppressions themselves, which cannot be suppressed."""


class Suppression(Protocol):
    """A request not to be told of some rules' findings in some place."""

    @property
    def rules(self) -> Sequence[str]:
        """The names of the rules."""

    @property
    def reason(self) -> str:
        """Why; `""` if it does not say."""

    @property
    def field(self) -> str:
        """The field that asks for it; `""` for a comment."""

    @property
    def span(self) -> Span | None:
        """Where it stands, if that is no field."""

    def covers(self, finding: Finding) -> bool:
        """Whether a finding about the object that has it, of one of its rules, stands where it applies."""


@final
@attrs.frozen
class _Annotation:
    rules: tuple[str, ...]
    reason: str
    field: str
    span: None = None

    def covers(self, finding: Finding) -> bool:
        return finding.rule in self.rules


def annotations_of(item: Item) -> Iterator[Suppression]:
    """The suppressions among the annotations of an object."""
    found = value_at(item.raw, "metadata", "annotations")
    for key, reason in found.items() if isinstance(found, Mapping) else ():
        if isinstance(key, str) and key.startswith(ANNOTATION):
            field = describe(("metadata", "annotations", Key(key)))
            yield _Annotation((key.removeprefix(ANNOTATION),), reason if isinstance(reason, str) else "", field)


def suppress(
    findings: Sequence[Finding], items: Sequence[Item], *, known: Collection[str], asked: Collection[str]
) -> tuple[list[Finding], list[Suppressed]]:
    """The findings that are left, with those about suppressions, and the suppressed ones.

    Args:
        findings: All of them.
        items: The objects, which have the suppressions.
        known: The names of all rules that there are.
        asked: The names of the rules that were run: only of those can a suppression be unused.
    """
    # By name, too: the objects of a list that was given as one have one position.
    requests = {(item.position, item.name): (item, [*annotations_of(item), *item.suppressions]) for item in items}
    left: list[Finding] = []
    hidden: list[Suppressed] = []
    used: set[int] = set()
    for finding in findings:
        _, asking = requests.get((finding.position, finding.subject), (None, ()))
        for each in asking:
            if finding.rule in each.rules and each.covers(finding):
                used.add(id(each))
                hidden.append(Suppressed(finding, each.reason.strip()))
                break
        else:
            left.append(finding)
    for item, asking in requests.values():
        for each in asking:
            left += _about(each, item, known, asked, used=id(each) in used)
    return left, hidden


def _about(
    asking: Suppression, item: Item, known: Collection[str], asked: Collection[str], *, used: bool
) -> Iterator[Finding]:
    """What is wrong with a suppression itself."""

    def finding(rule: str, message: str, hint: str) -> Finding:
        return Finding(
            rule,
            "warning",
            item.name,
            asking.field,
            message,
            hint,
            position=item.position,
            source=item.source,
            span=asking.span,
        )

    names = ", ".join(asking.rules)
    if not asking.reason.strip():
        yield finding(REASONLESS, f"{names} is suppressed without a reason", "say why: others will want to know")
    for name in asking.rules:
        if name not in known:
            guess = nearest(name, known)
            hint = f"did you mean {guess!r}?" if guess else "`portmap rules` lists them"
            yield finding(UNUSED, f"there is no rule {name!r}", hint)
    if not used and all(name in asked for name in asking.rules):
        yield finding(UNUSED, f"{names} is suppressed, and finds nothing here", "remove the suppression")
