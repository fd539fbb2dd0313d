"""Writes of the container ports of a workload, which merge by number as those of Services do."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, final

from portmap._apiserver.field_sets import fields_of
from portmap._apiserver.kubectl_apply import three_way_patch
from portmap._apiserver.managed_fields import KUBECTL, Manager
from portmap._apiserver.merge_types import Fields, KeyedList, WriteRefusedError
from portmap._apiserver.server_side_apply import apply_manifest
from portmap._apiserver.strategic_merge import apply_patch
from portmap._contract.backends import key_of
from portmap._contract.changes import Change, Codes
from portmap._contract.pairing import match_ports, port_label, same_numbers
from portmap._contract.writes import COMMANDS, Object, Writing
from portmap._manifests.applied import How
from portmap._model.pods import Pod
from portmap._model.ports import ContainerPort
from portmap._model.to_manifest import to_manifest
from portmap._model.workloads import Workload

_PORTS: Final = Fields({"ports": KeyedList({"containerPort": None, "protocol": "TCP"}, "containerPort", Fields({}))})
"""How the ports of a container merge."""
_FIRST: Final = Manager("first", "Update")
Ports = Sequence[ContainerPort]


@final
class Trap(NamedTuple):
    """A workload whose container ports the usual write does not change as the manifest says.

    Attributes:
        changes: The changes to report.
        command: The command that does what the manifest says, if there is one.
    """

    changes: tuple[Change, ...]
    command: str | None


def container_port_traps(
    before: Sequence[Pod | Workload], after: Sequence[Pod | Workload], writing: Writing
) -> dict[str, Trap]:
    """Return the traps by the key of the workload. Pods without a workload cannot be updated."""
    new: dict[tuple[str, str | None], list[Workload]] = defaultdict(list)
    for each in after:
        if isinstance(each, Workload):
            new[key_of(each), each.namespace].append(each)
    found: dict[str, Trap] = {}
    for old in before:
        key = key_of(old)
        same = new.get((key, old.namespace))
        if isinstance(old, Workload) and same:
            # Workloads with the same name are in the same order on both sides.
            trap = _trap(old, same.pop(0), writing)
            if trap is not None:
                found[key] = trap
    return found


def _trap(old: Workload, new: Workload, writing: Writing) -> Trap | None:
    """Return the trap of the update of a workload, if there is one."""
    now = {each.name: each for each in new.pod.containers + new.pod.init_containers}
    pairs = [
        (each.ports, now[each.name].ports)
        for each in old.pod.containers + old.pod.init_containers
        if each.name in now and each.ports != now[each.name].ports
    ]
    wrong = [(before, after) for before, after in pairs if not _does(writing.how, before, after, writing)]
    if not wrong:
        return None
    works = next((how for how in writing.others if all(_does(how, *pair, writing) for pair in wrong)), None)
    command = works and writing.command(works)
    changes = [change for before, after in wrong for change in _changes(str(old), before, after, writing, command)]
    return Trap(tuple(changes), command)


def _changes(workload: str, before: Ports, after: Ports, writing: Writing, command: str | None) -> Iterator[Change]:
    hint, tool = command and f"use {command}", COMMANDS[writing.how]
    numbers = tuple(same_numbers(before, after)) if writing.how == "client-apply" else ()
    for number in numbers:
        was, now = ([port_label(port) for port in side if port.container_port == number] for side in (before, after))
        if was != now:
            yield Codes.MERGED.change(
                None,
                f"{tool} merges ports by number alone, so it confuses those of {number}",
                before=tuple(was),
                after=tuple(now),
                hint=hint,
                workloads=(workload,),
            )
    pairs, gone, _ = match_ports(list(before), list(after))
    for one, other in pairs:
        if one.container_port != other.container_port and other.container_port not in numbers:
            yield Codes.APPENDED.change(
                None,
                f"{tool} keeps {port_label(one)} beside {port_label(other)}",
                port=port_label(one),
                before=one.container_port,
                after=other.container_port,
                hint=hint,
                workloads=(workload,),
            )
    for one in gone:
        if one.container_port not in numbers:
            yield Codes.NOT_APPLIED.change(
                None, f"{tool} keeps the port", port=port_label(one), hint=hint, workloads=(workload,)
            )


def _does(how: How, before: Ports, after: Ports, writing: Writing) -> bool:
    """Return whether a write makes the new ports of the old ones."""
    old, new = (to_manifest(port) for port in before), [to_manifest(port) for port in after]
    try:
        written = new if how == "replace" else _written(how, [_explicit(port) for port in old], new, writing)
    except WriteRefusedError:
        return False
    return _unordered(written) == _unordered(new)


def _written(how: How, old: Sequence[Object], new: Sequence[Object], writing: Writing) -> list[Object]:
    """Return the container ports after an apply."""
    live, config = {"ports": old}, {"ports": new}
    by_client = writing.created_by == "client-apply"
    if how == "client-apply":
        patch = three_way_patch(live if by_client else {}, config, live, _PORTS)
        return _ports(apply_patch(live, patch, _PORTS))
    owner = KUBECTL if writing.created_by == "server-apply" else _FIRST
    owned, force = fields_of(live, _PORTS), how == "server-apply-force"
    last = live if by_client else None
    merged, _ = apply_manifest(live, config, {owner: owned}, _PORTS, force=force, last_applied=last)
    names = [port["name"] for port in _ports(merged) if port.get("name")]
    if by_client and len(names) == len(set(names)):
        # kubectl takes over the fields of client-side apply, and applies again.
        merged, _ = apply_manifest(merged, config, {KUBECTL: owned}, _PORTS, force=False, last_applied=None)
    return _ports(merged)


def _ports(container: Object) -> list[Object]:
    return list(container.get("ports") or ())


def _explicit(port: Object) -> dict[str, Any]:
    return {"protocol": "TCP", **port}


def _unordered(ports: Iterable[Object]) -> list[str]:
    return sorted(repr(sorted(_explicit(port).items())) for port in ports)
