"""One mistake, and exactly what is said of it: every rule has its case.

The rows of a create are those of `portmap.strategies`; the others are in the modules `…_mutations` beside
this one. A rule that is taken out of its list, or stops noticing, fails the row that breaks it; a rule without a
row fails `test_every_rule_has_a_case`.
"""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pytest

from mutations import Mutation, of_create
from pod_mutations import HANDLERS, PODS
from portmap import ValidationError, manifests
from portmap._apiserver.allocation import ADDRESS_RULES, HEALTH_CHECK_RULES, NAMELESS_RULES, NODE_PORT_RULES
from portmap._apiserver.ip_families import CONFIGURED_RULES, FAMILY_RULES, STACK_RULES
from portmap._apiserver.metadata import METADATA_RULES, METADATA_UPDATE_RULES
from portmap._apiserver.pod_manifest import CONTAINER_MANIFEST_RULES, NEWER_FIELD_RULES, POD_MANIFEST_RULES
from portmap._apiserver.pod_rules import CONTAINER_RULES, POD_RULES
from portmap._apiserver.port_rules import CONTAINER_PORT_RULES, SERVICE_PORT_RULES
from portmap._apiserver.probe_rules import HANDLER_RULES
from portmap._apiserver.rule import Rule
from portmap._apiserver.service_rules import SERVICE_RULES
from portmap._apiserver.updates import UPDATE_RULES
from portmap._kubernetes.violations import Violation
from portmap._strategies.broken import BREAKABLE_CODES
from portmap._strategies.mistakes.mistake import changed
from portmap._strategies.mistakes.tables import MISTAKES
from update_mutations import UPDATES

MUTATIONS: Final[Sequence[Mutation]] = (
    *map(of_create, MISTAKES),
    *UPDATES,
    *PODS,
    *HANDLERS,
)


def of_a_service(row: Mutation) -> bool:
    return row.old is None and "ports" in row.base["spec"]


def of_an_update(row: Mutation) -> bool:
    return row.old is not None


def of_a_pod(row: Mutation) -> bool:
    return "containers" in row.base["spec"]


def of_anything(row: Mutation) -> bool:
    return bool(row.base)


Table = tuple[Sequence[Rule[Any]], Callable[[Mutation], bool]]

# Each list of rules, and the kind of rows that must break each of them.
TABLES: Final[Mapping[str, Table]] = {
    "SERVICE_PORT_RULES": (SERVICE_PORT_RULES, of_a_service),
    "SERVICE_RULES": (SERVICE_RULES, of_anything),
    "FAMILY_RULES": (FAMILY_RULES, of_a_service),
    "STACK_RULES": (STACK_RULES, of_anything),
    "CONFIGURED_RULES": (CONFIGURED_RULES, of_a_service),
    "ADDRESS_RULES": (ADDRESS_RULES, of_anything),
    "NAMELESS_RULES": (NAMELESS_RULES, of_a_service),
    "NODE_PORT_RULES": (NODE_PORT_RULES, of_anything),
    "HEALTH_CHECK_RULES": (HEALTH_CHECK_RULES, of_a_service),
    "METADATA_RULES": (METADATA_RULES, of_a_service),
    "METADATA_UPDATE_RULES": (METADATA_UPDATE_RULES, of_an_update),
    "UPDATE_RULES": (UPDATE_RULES, of_an_update),
    "CONTAINER_PORT_RULES": (CONTAINER_PORT_RULES, of_a_pod),
    "CONTAINER_RULES": (CONTAINER_RULES, of_a_pod),
    "POD_RULES": (POD_RULES, of_a_pod),
    "HANDLER_RULES": (HANDLER_RULES, of_a_pod),
    "NEWER_FIELD_RULES": (NEWER_FIELD_RULES, of_a_pod),
    "CONTAINER_MANIFEST_RULES": (CONTAINER_MANIFEST_RULES, of_a_pod),
    "POD_MANIFEST_RULES": (POD_MANIFEST_RULES, of_a_pod),
}

# Rules that no manifest can break, each with the reason. They are tested by themselves, in test_rules.
UNREACHABLE: Final[Mapping[str, str]] = {
    "cluster-ips-required": "the server fills in clusterIPs before it looks, on a create and on an update",
}

# What only the server's exact verdict reports, as it says in other words what another rule says.
FOR_THE_VERDICT_ALONE: Final = frozenset({"address-needs-name", "resource-version-forbidden"})


def fields(violations: Sequence[Violation]) -> set[tuple[str, str]]:
    return {(violation.code, violation.field) for violation in violations}


def verdict(row: Mutation, manifest: Mapping[str, Any]) -> set[tuple[str, str]]:
    return fields(manifests.validate(manifest, old=row.old, namespace=row.namespace, cluster=row.cluster))


@pytest.mark.parametrize("row", MUTATIONS, ids=str)
def test_one_mistake_has_one_verdict(row: Mutation) -> None:
    """What a change breaks is reported, by code and field, and nothing else is."""
    if row.changes:
        assert manifests.validate(row.base, old=row.old, cluster=row.cluster) == ()
    new = changed(row.base, row.changes)
    before = copy.deepcopy(new)
    assert verdict(row, new) == row.expected
    assert new == before


@pytest.mark.parametrize("row", [row for row in MUTATIONS if of_a_service(row)], ids=str)
def test_a_typed_service_is_judged_like_its_manifest(row: Mutation) -> None:
    """What the verdict on a manifest has, the error on reading it has too."""
    new = changed(row.base, row.changes)
    codes = {code for code, _ in row.expected}
    if codes & {"resource-version-forbidden"} or new["kind"] != "Service" or new["apiVersion"] != "v1":
        # The resource version of what a cluster holds is no mistake of an author's, and only Services are read as such.
        assert codes <= {"resource-version-forbidden", "wrong-kind"}
        return
    with pytest.raises(ValidationError) as caught:
        manifests.read(new, cluster=row.cluster)
    expected = {each for each in row.expected if each[0] not in FOR_THE_VERDICT_ALONE}
    assert fields(caught.value.violations) >= expected
    if not codes & FOR_THE_VERDICT_ALONE:
        assert fields(caught.value.violations) == expected


@pytest.mark.parametrize("name", TABLES)
def test_every_rule_has_a_case(name: str) -> None:
    """Each rule of each list is broken by a row of its own kind."""
    rules, fits = TABLES[name]
    broken = {code for row in MUTATIONS if fits(row) for code, _ in row.expected}
    assert {rule.code for rule in rules} - broken == {code for code in UNREACHABLE if code in {r.code for r in rules}}


def test_rows_are_told_apart() -> None:
    """No two rows have one name."""
    names = [row.about for row in MUTATIONS]
    assert len(names) == len(set(names))


def _pattern(field: str) -> re.Pattern[str]:
    """A rule's field as a pattern: `[*]` is any place of a list, `*` anything."""
    escaped = re.escape(field).replace(r"\[\*\]", r"\[\d+\]").replace(r"\*", ".*")
    return re.compile(rf"(.*\.)?{escaped}")


@pytest.mark.parametrize(
    "row", [row for row in MUTATIONS if not of_a_pod(row) and not row.cluster.provisional], ids=str
)
def test_a_rule_says_where_it_looks(row: Mutation) -> None:
    """The field that a rule declares is the one at which its violations stand, for the versions that were recorded."""
    declared: dict[str, list[str]] = {}
    for rules, _ in TABLES.values():
        for rule in rules:
            declared.setdefault(rule.code, []).append(rule.field)
    for code, field in row.expected:
        if code in declared:
            assert any(_pattern(each).fullmatch(field) for each in declared[code]), (code, field)


# Rules of Services that only an update can break: those that look at what is stored, and these.
_NOT_BY_CREATE: Final[Mapping[str, str]] = {
    "cluster-ips-required": "the server fills in clusterIPs before it looks",
    "dual-stack-not-released": "there is nothing to release yet",
    "health-check-node-port-out-of-range": "the allocator refuses the number before",
    "health-check-node-port-required": "the server picks one before it looks",
    "node-port-twice": "the allocator says node-port-already-allocated",
    "cluster-ip-already-allocated": "nothing is allocated to it yet",
}


def test_broken_services_reach_every_rule_of_a_create() -> None:
    """`strategies.broken_services` breaks every rule of Services that a create through the API can break."""
    of_services = [name for name, (_, fits) in TABLES.items() if fits not in {of_an_update, of_a_pod}]
    rules = {rule.code: rule for name in of_services for rule in TABLES[name][0]}
    assert set(_NOT_BY_CREATE) <= set(rules)
    assert set(rules) - set(BREAKABLE_CODES) == set(_NOT_BY_CREATE)
