"""Contracts of two manifests, compared with recorded writes.

Writes of other managers between the two are unknown to a comparison of manifests, and not tested.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from portmap import Contract, ValidationError, contract
from portmap._contract.writes import Picks, Refused, Writing, key_of, ports_of
from recordings import NEWEST, cluster, records

Record = Mapping[str, Any]
WRITES: Final[Mapping[tuple[str, str], int]] = {
    ("client-apply", "client-apply"): 220,
    ("client-apply", "create"): 6,
    ("client-apply", "server-apply"): 10,
    ("server-apply", "client-apply"): 37,
    ("server-apply", "create"): 84,
    ("server-apply", "server-apply"): 348,
    ("replace", "create"): 286,
}
"""The number of recorded writes, by write and by the first write of the Service."""

UNSEEN: Final = "must-match-pick"
"""The code of changes that only the cluster can accept or refuse."""

NO_SERVICE: Final = frozenset(
    {
        "client-apply/client-apply/bad/dup-port-same-name",
        "replace/create/field/ips-only-given",
        "server-apply/create/type/externalname-removed",
    }
)
"""Accepted writes of invalid manifests, because a merge hides what is invalid."""


@pytest.fixture(scope="module", params=list(WRITES), ids="/".join)
def compared(request: pytest.FixtureRequest) -> list[tuple[Record, Contract]]:
    """Return the recorded writes of one kind, with their contracts."""
    how, created_by = request.param
    cases = [
        record
        for record in records("apply")
        if (record["how"], record["created_by"]) == request.param and not record["between"]
    ]
    assert len(cases) == WRITES[request.param]
    results = []
    for record in cases:
        try:
            result = contract(
                [record["first"]], [record["new"]], cluster=cluster(NEWEST), write=how, created_by=created_by
            )
        except ValidationError:
            assert not record["accepted"] or record["id"] in NO_SERVICE, record["id"]
        else:
            results.append((record, result))
    return results


def codes(result: Contract, port: Any = None) -> set[str]:
    """Return the codes of all changes, or of the changes of one port."""
    called = None if port is None else f"{port[0]}/{port[1]}"
    return {change.code for change in result.changes if called in {None, str(change.port).rpartition(" ")[2]}}


def test_what_is_refused_is_refused(compared: list[tuple[Record, Contract]]) -> None:
    """A contract has refused changes if the write was refused, and only then."""
    for record, result in compared:
        if UNSEEN not in codes(result):
            assert bool(result.of("refused")) != record["accepted"], record["id"]


def test_what_changes_is_reported(compared: list[tuple[Record, Contract]]) -> None:
    """A contract without changes means that clients saw no change."""
    for record, result in compared:
        if not result.changes:
            before, after = (_seen(record[side]) for side in ("live", "after"))
            assert record["accepted"], record["id"]
            assert before == after, record["id"]


def _seen(live: Record) -> Record:
    return {key: value for key, value in live["spec"].items() if key not in {"loadBalancerIP", "ipFamilyPolicy"}}


def test_ports_come_and_go_as_they_did(compared: list[tuple[Record, Contract]]) -> None:
    """A port is reported as removed or moved if the write removed it, and only then."""
    for record, result in compared:
        if record["accepted"]:
            had, has = ({key_of(port) for port in ports_of(record[side])} for side in ("live", "after"))
            for key in had:
                gone = codes(result, key) & {"port-removed", "port-number-changed", "port-protocol-changed"}
                assert bool(gone) == (key not in has), record["id"]


def test_node_ports_become_what_they_did(compared: list[tuple[Record, Contract]]) -> None:
    """A node port is reported as changed if the write changed it, and only then."""
    for record, result in compared:
        if not record["accepted"]:
            continue
        for key, before, after in _node_ports(record):
            own, dropped = codes(result, key), "node-ports-dropped" in codes(result)
            changed = own & {"node-port-reassigned", "node-port-changed", "node-port-pinned", "node-port-unpinned"}
            assert dropped == (after is None), record["id"]
            if after is not None and after != before:
                assert changed, record["id"]
            elif after == before:
                assert not changed - {"node-port-pinned", "node-port-unpinned"}, record["id"]


def _node_ports(record: Record) -> Iterator[tuple[Any, int, int | None]]:
    after = {key_of(port): port.get("nodePort") for port in ports_of(record["after"])}
    for port in ports_of(record["live"]):
        if port.get("nodePort") and key_of(port) in after:
            yield key_of(port), port["nodePort"], after[key_of(port)]


def test_each_step_of_a_plan_is_accepted(compared: list[tuple[Record, Contract]]) -> None:
    """The writes of a plan are accepted in order, and each has the ports of its manifest."""
    for record, result in compared:
        picks = Picks(Writing(record["how"], record["created_by"], cluster(NEWEST)))
        live: Any = picks.created(record["first"], record["new"])
        steps: list[Any] = [step for step in result.plan if step.manifest is not None]
        for step in steps:
            live = picks.written(step.manifest, live, step.write)
            assert not isinstance(live, Refused), f"{record['id']}: {step.action}"
            wanted = {key_of(port) for port in ports_of(step.manifest)}
            assert {key_of(port) for port in ports_of(live.object)} == wanted, f"{record['id']}: {step.action}"


def test_what_is_refused_has_a_way(compared: list[tuple[Record, Contract]]) -> None:
    """A contract with refused changes has a plan or hints."""
    for record, result in compared:
        if not record["accepted"]:
            assert result.plan or all(change.hint for change in result.of("refused")), record["id"]
