"""Mistakes, and the exact verdict on each: every rule has one.

The mistakes of a create are beside the rules; those of updates and pods are in `update_mutations` and
`pod_mutations`. A rule that is removed, or that no longer reports its mistake, fails here, and so does a rule
without a mistake.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from mutations import Mutation, of_create
from pod_mutations import HANDLERS, PODS
from portmap import ValidationError, manifests
from portmap._apiserver.registry import RULE_GROUPS
from portmap._apiserver.rule import Rule, RuleGroup
from portmap._kubernetes.violations import Violation
from portmap._strategies.broken import BREAKABLE_CODES
from portmap._strategies.mistakes import MISTAKES, changed
from update_mutations import UPDATES

MUTATIONS: Final[Sequence[Mutation]] = (*map(of_create, MISTAKES), *UPDATES, *PODS, *HANDLERS)


def of_a_service(row: Mutation) -> bool:
    return row.old is None and "ports" in row.base["spec"]


def of_a_pod(row: Mutation) -> bool:
    return "containers" in row.base["spec"]


# The groups of rules whose violations a verdict on one Service or pod has. Recorded cases break the rules of other
# kinds: see tests/conformance.
GROUPS: Final = [
    group
    for group in RULE_GROUPS
    if group.about in {"Service", "Pod"} and group.request != "set" and any(rule.reason for rule in group)
]

# Rules that no manifest can break, each with the reason. They have tests of their own in test_rule.
UNREACHABLE: Final[Mapping[str, str]] = {
    "cluster-ips-required": "the server fills in clusterIPs before it looks, on a create and on an update",
}

# Rules of Services that only an update can break, beside those about the stored Service.
NOT_BY_CREATE: Final[Mapping[str, str]] = {
    "cluster-ips-required": "the server fills in clusterIPs before it looks",
    "dual-stack-not-released": "there is nothing to release yet",
    "health-check-node-port-out-of-range": "the allocator refuses the number before",
    "health-check-node-port-required": "the server picks one before it looks",
    "node-port-twice": "the allocator reports node-port-already-allocated",
    "cluster-ip-already-allocated": "nothing is allocated to it yet",
}

# Rules that only `validate` reports, because they repeat another rule in other words.
FOR_THE_VERDICT_ALONE: Final = frozenset({"address-needs-name", "resource-version-forbidden"})


def fields(violations: Sequence[Violation]) -> set[tuple[str, str]]:
    return {(violation.code, violation.field) for violation in violations}


def verdict(row: Mutation, manifest: Mapping[str, Any]) -> set[tuple[str, str]]:
    return fields(manifests.validate(manifest, old=row.old, namespace=row.namespace, cluster=row.cluster))


@pytest.mark.parametrize("row", MUTATIONS, ids=str)
def test_one_mistake_has_one_verdict(row: Mutation) -> None:
    """A mistake has exactly its violations, by code and field."""
    if row.changes:
        assert manifests.validate(row.base, old=row.old, cluster=row.cluster) == ()
    new = changed(row.base, row.changes)
    before = copy.deepcopy(new)
    assert verdict(row, new) == row.expected
    assert new == before


@pytest.mark.parametrize("row", [row for row in MUTATIONS if of_a_service(row)], ids=str)
def test_reading_reports_the_violations(row: Mutation) -> None:
    """Reading a manifest raises the violations that its verdict has."""
    new = changed(row.base, row.changes)
    codes = {code for code, _ in row.expected}
    if codes & {"resource-version-forbidden"} or new["kind"] != "Service" or new["apiVersion"] != "v1":
        # A resource version is valid in an object of a cluster, and only Services are read as Services.
        assert codes <= {"resource-version-forbidden", "wrong-kind"}
        return
    with pytest.raises(ValidationError) as caught:
        manifests.read(new, cluster=row.cluster)
    expected = {each for each in row.expected if each[0] not in FOR_THE_VERDICT_ALONE}
    assert fields(caught.value.violations) >= expected
    if not codes & FOR_THE_VERDICT_ALONE:
        assert fields(caught.value.violations) == expected


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_rule_has_a_mistake(group: RuleGroup[Any]) -> None:
    """Each rule is broken by a mistake in an object of its kind."""
    fits = of_a_pod if group.about == "Pod" else lambda row: not of_a_pod(row)
    broken = {code for row in MUTATIONS if fits(row) for code, _ in row.expected}
    assert {rule.code for rule in group} - broken <= set(UNREACHABLE)


def test_mistakes_have_different_texts() -> None:
    """Each mistake has a text of its own."""
    names = [row.about for row in MUTATIONS]
    assert len(names) == len(set(names))


def _pattern(field: str) -> re.Pattern[str]:
    """Return the field of a rule as a pattern: `[*]` is any index, `*` any field."""
    escaped = re.escape(field).replace(r"\[\*\]", r"\[\d+\]").replace(r"\*", ".*")
    return re.compile(rf"(.*\.)?{escaped}")


@pytest.mark.parametrize(
    "row", [row for row in MUTATIONS if not of_a_pod(row) and not row.cluster.provisional], ids=str
)
def test_violations_are_at_the_field_of_the_rule(row: Mutation) -> None:
    """The violations of a rule are at the field that it declares, for versions with recordings."""
    declared = {rule.code: rule.field for group in GROUPS for rule in group}
    for code, field in row.expected:
        if code in declared:
            assert _pattern(declared[code]).fullmatch(field), (code, field)


def test_broken_services_reach_every_rule_of_a_create() -> None:
    """`strategies.broken_services` breaks every rule of Services that a create through the API can break."""
    rules: dict[str, Rule[Any]] = {
        rule.code: rule
        for group in GROUPS
        if group.about == "Service" and group.request == "create"
        for rule in group
        if rule.reason
    }
    assert set(rules) - set(BREAKABLE_CODES) == set(NOT_BY_CREATE)
