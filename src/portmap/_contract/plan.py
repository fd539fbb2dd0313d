"""The safe order: which steps lead from before to after without clients noticing.

A change brings its steps along, each in a phase. What the changes of one Service have in
common, such as the rollout of a workload, is done once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from portmap._contract.api_updates import RECREATED
from portmap._contract.backends import Moved
from portmap._contract.changes import Change, Step, What
from portmap._contract.pairing import label
from portmap._kubernetes.names import port_name_reasons
from portmap._model.ports import ServicePort

__all__ = ["plan_of"]


_WAIT: Final = "wait until the old pods are gone"


class _Phase(IntEnum):
    """When a step is taken; all of one phase before the next."""

    PREPARE = 1
    BRIDGE = 2
    CARRY = 3
    CROSS = 4
    ROLL_OUT = 5
    SWITCH = 6
    CLEAN_UP = 7


class _Draft(NamedTuple):
    service: str | None
    phase: _Phase
    action: str
    code: str


def plan_of(changes: Iterable[Change], moved: Iterable[Moved]) -> tuple[Step, ...]:
    """The steps for these changes, by Service and in order."""
    drafts = [draft for change in changes for draft in _of_change(change)]
    drafts += [draft for each in moved for draft in _of_move(each)]
    steps: dict[tuple[str | None, _Phase, str], list[str]] = {}
    for draft in sorted(drafts, key=lambda each: (each.service or "", each.phase)):
        codes = steps.setdefault((draft.service, draft.phase, draft.action), [])
        if draft.code not in codes:
            codes.append(draft.code)
    return tuple(Step(service, action, tuple(codes)) for (service, _, action), codes in steps.items())


# --- changes of the Service alone ------------------------------------------------------------------------------

_RECREATE: Final = (
    (_Phase.PREPARE, "create a second Service under another name, as it is to be, and move the clients to it"),
    (_Phase.CLEAN_UP, "delete the Service; if its name must stay, create it anew and move the clients back"),
)
_TYPE: Final = (
    (_Phase.SWITCH, "change the type and all that goes with it in one update, not by a patch of the type alone"),
)
_OUTSIDE: Final = ((_Phase.PREPARE, "move the clients outside the cluster to another way in"),)
_NO_MERGE: Final = (
    (_Phase.PREPARE, "whenever the ports{whose} change, use kubectl apply --server-side or kubectl replace"),
)

_STEPS: Final[Mapping[str, Sequence[tuple[_Phase, str]]]] = {
    **dict.fromkeys(RECREATED, _RECREATE),
    What.STAYS_HEADLESS.code: _RECREATE,
    What.SERVICE_REMOVED.code: (
        (_Phase.PREPARE, "move its clients to another Service{users}"),
        (_Phase.CLEAN_UP, "delete the Service"),
    ),
    What.PORT_REMOVED.code: (
        (_Phase.PREPARE, "move the clients of {port} to another port{users}"),
        (_Phase.CLEAN_UP, "remove port {port}"),
    ),
    What.PORT_NUMBER.code: (
        (_Phase.PREPARE, "add port {after} beside {port}, each with a name of its own"),
        (_Phase.BRIDGE, "move the clients of {before} to {after}{users}"),
        (_Phase.CLEAN_UP, "remove port {before}, and let {after} have its name"),
    ),
    What.PORT_RENAMED.code: (
        (
            _Phase.PREPARE,
            "let whatever knows port {port} by name know it by number (a ServiceMonitor by targetPort){users}",
        ),
        (_Phase.SWITCH, "rename port {port} to {after}"),
        (_Phase.CLEAN_UP, "let its users know it by the new name, if they are to"),
    ),
    What.NODE_PORT_REASSIGNED.code: (
        (_Phase.SWITCH, "in the update that renames port {port}, write the nodePort that it has now"),
    ),
    What.NODE_PORT_REDRAWN.code: (
        (_Phase.CLEAN_UP, "where it is created anew, write the nodePort that port {port} has now"),
    ),
    What.HANDED_OVER.code: (
        (_Phase.SWITCH, "once Service {before} has let go of node port {after}, take it for {port}"),
    ),
    What.NODE_PORTS_DROPPED.code: _OUTSIDE,
    What.BALANCER_DROPPED.code: (*_OUTSIDE, *_TYPE),
    What.TYPE_ALONE.code: _TYPE,
    What.MERGED.code: _NO_MERGE,
    What.APPENDED.code: _NO_MERGE,
}


def _of_change(change: Change) -> Iterator[_Draft]:
    words = {
        "port": change.port,
        "before": change.before,
        "after": "nothing" if change.after is None else change.after,
        "users": f": {', '.join(change.users)}" if change.users else "",
        "whose": f" of {', '.join(change.workloads)}" if change.workloads else "",
    }
    for phase, action in _STEPS.get(change.code, ()):
        yield _Draft(change.service, phase, action.format(**words), change.code)


# --- Service and pods together ---------------------------------------------------------------------------------


def _of_move(moved: Moved) -> Iterator[_Draft]:
    code = moved.change.code
    if moved.old is not None and moved.new is not None:
        actions = _target(moved, moved.old, moved.new)
    else:
        actions = _selector(moved) if code == What.SELECTOR_MOVED.code else _replacement(moved)
    for phase, action in actions:
        yield _Draft(moved.change.service, phase, action, code)


def _roll_out(moved: Moved) -> str:
    return f"roll out {_who(moved)}; {_WAIT}"


def _who(moved: Moved) -> str:
    return ", ".join(moved.change.workloads)


def _selector(moved: Moved) -> Iterator[tuple[_Phase, str]]:
    switch = f"change the selector to {moved.change.after}"
    if moved.service_first and moved.pods_first:
        labels = f"{moved.change.before} and {moved.change.after}"
        both = f"give the pods of {_who(moved)} the labels of both selectors ({labels}), roll it out; "
        yield _Phase.PREPARE, f"{both}{_WAIT}"
        yield _Phase.BRIDGE, switch
        yield _Phase.ROLL_OUT, _roll_out(moved)
    elif moved.service_first:
        yield _Phase.ROLL_OUT, _roll_out(moved)
        yield _Phase.SWITCH, switch
    else:
        yield _Phase.BRIDGE, switch
        yield _Phase.ROLL_OUT, _roll_out(moved)


def _replacement(moved: Moved) -> Iterator[tuple[_Phase, str]]:
    yield _Phase.PREPARE, f"create {', '.join(moved.service_first)}, and wait until it is ready"
    yield _Phase.SWITCH, "change the Service"
    yield _Phase.CLEAN_UP, f"remove {', '.join(moved.pods_first)}"


def _target(moved: Moved, old: ServicePort, new: ServicePort) -> Iterator[tuple[_Phase, str]]:
    before, after = old.effective_target_port, new.effective_target_port
    if not (moved.service_first and moved.pods_first):
        yield _Phase.ROLL_OUT, _roll_out(moved)
        yield (_Phase.SWITCH if moved.service_first else _Phase.BRIDGE), _set(label(old), after)
    elif moved.old_numbers == moved.new_numbers:
        yield from _over_a_number(moved, label(old), before, after)
    else:
        yield from _over_a_name(moved, label(old), before, after, _bridge((before, after, old.name)))


def _over_a_number(moved: Moved, port: str, before: object, after: int | str) -> Iterator[tuple[_Phase, str]]:
    """From one name to another: a number that is the same in old and new pods bridges them."""
    if len(moved.new_numbers) == 1:
        yield _Phase.CROSS, _set(port, moved.new_numbers[0])
        yield _Phase.ROLL_OUT, _roll_out(moved)
    else:
        # The name means several numbers: only pods that have both names will do.
        yield _Phase.CROSS, f"declare {before} and {after} both in {_who(moved)}, by kubectl replace; {_WAIT}"
    yield _Phase.SWITCH, _set(port, after)
    if len(moved.new_numbers) > 1:
        yield _Phase.CLEAN_UP, _roll_out(moved)


def _over_a_name(moved: Moved, port: str, before: object, after: int | str, name: str) -> Iterator[tuple[_Phase, str]]:
    """From one number to another: a name bridges them, for it is looked up in each pod."""
    old, new = (", ".join(map(str, each)) for each in (moved.old_numbers, moved.new_numbers))
    if before != name:
        yield _Phase.PREPARE, f"name container port {old} of {_who(moved)} {name}, roll it out; {_WAIT}"
        yield _Phase.BRIDGE, _set(port, name)
    yield _Phase.CARRY, f"roll out {_who(moved)} with {new} as the container port named {name}; {_WAIT}"
    if isinstance(after, int):
        yield _Phase.SWITCH, _set(port, after)
        yield _Phase.CLEAN_UP, _roll_out(moved)
    elif after != name:
        yield from _over_a_number(moved, port, name, after)


def _bridge(candidates: Sequence[object]) -> str:
    """A name for container ports that lasts through the change."""
    usable = (each for each in candidates if isinstance(each, str) and not port_name_reasons(each))
    return next(usable, "main")


def _set(port: str, target: int | str) -> str:
    return f"set targetPort: {target} on port {port}"
