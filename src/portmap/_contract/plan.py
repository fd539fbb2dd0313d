"""The plan: steps from before to after that do not disturb clients.

Each change contributes steps, each in a phase. A step that several changes of a Service need, such as
the rollout of a workload, is taken once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from portmap._contract.api_updates import RECREATED
from portmap._contract.backends import Transition
from portmap._contract.changes import Change, Codes, Step
from portmap._contract.pairing import port_label
from portmap._kubernetes.names import port_name_reasons
from portmap._model.ports import ServicePort

__all__ = ["plan_of"]


_WAIT: Final = "wait until the old pods are gone"


class _Phase(IntEnum):
    """The order of steps: all steps of a phase come before the next phase."""

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


def plan_of(changes: Iterable[Change], transitions: Iterable[Transition]) -> tuple[Step, ...]:
    """Return the steps for these changes, sorted by Service and phase."""
    drafts = [draft for change in changes for draft in _of_change(change)]
    drafts += [draft for each in transitions for draft in _of_transition(each)]
    steps: dict[tuple[str | None, _Phase, str], list[str]] = {}
    for draft in sorted(drafts, key=lambda each: (each.service or "", each.phase)):
        codes = steps.setdefault((draft.service, draft.phase, draft.action), [])
        if draft.code not in codes:
            codes.append(draft.code)
    return tuple(Step(service, action, tuple(codes)) for (service, _, action), codes in steps.items())


# --- changes ---------------------------------------------------------------------------------------------------

_RECREATE: Final = (
    (_Phase.PREPARE, "create the new Service under another name, and move the clients to it"),
    (_Phase.CLEAN_UP, "delete the Service; if its name must stay, create it again and move the clients back"),
)
_TYPE: Final = (
    (_Phase.SWITCH, "change the type and the fields that depend on it in one update, not by a patch of the type alone"),
)
_OUTSIDE: Final = ((_Phase.PREPARE, "move the clients outside the cluster to another entry point"),)
_NO_MERGE: Final = (
    (_Phase.PREPARE, "whenever the ports{whose} change, use kubectl apply --server-side or kubectl replace"),
)

_STEPS: Final[Mapping[str, Sequence[tuple[_Phase, str]]]] = {
    **dict.fromkeys(RECREATED, _RECREATE),
    Codes.STAYS_HEADLESS.code: _RECREATE,
    Codes.SERVICE_REMOVED.code: (
        (_Phase.PREPARE, "move its clients to another Service{users}"),
        (_Phase.CLEAN_UP, "delete the Service"),
    ),
    Codes.PORT_REMOVED.code: (
        (_Phase.PREPARE, "move the clients of {port} to another port{users}"),
        (_Phase.CLEAN_UP, "remove port {port}"),
    ),
    Codes.PORT_NUMBER.code: (
        (_Phase.PREPARE, "add port {after} beside {port}, each with a name of its own"),
        (_Phase.BRIDGE, "move the clients of {before} to {after}{users}"),
        (_Phase.CLEAN_UP, "remove port {before}, and give its name to {after}"),
    ),
    Codes.PORT_RENAMED.code: (
        (
            _Phase.PREPARE,
            "let users of port {port} refer to it by number (a ServiceMonitor by targetPort){users}",
        ),
        (_Phase.SWITCH, "rename port {port} to {after}"),
        (_Phase.CLEAN_UP, "let its users refer to it by the new name, if they should"),
    ),
    Codes.NODE_PORT_REASSIGNED.code: (
        (_Phase.SWITCH, "in the update that renames port {port}, set nodePort to the number that it has"),
    ),
    Codes.NODE_PORT_REDRAWN.code: (
        (_Phase.CLEAN_UP, "when you create it again, set nodePort to the number that port {port} has"),
    ),
    Codes.HANDED_OVER.code: (
        (_Phase.SWITCH, "after Service {before} has released node port {after}, assign it to {port}"),
    ),
    Codes.NODE_PORTS_DROPPED.code: _OUTSIDE,
    Codes.BALANCER_DROPPED.code: (*_OUTSIDE, *_TYPE),
    Codes.TYPE_ALONE.code: _TYPE,
    Codes.MERGED.code: _NO_MERGE,
    Codes.APPENDED.code: _NO_MERGE,
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


# --- transitions -----------------------------------------------------------------------------------------------


def _of_transition(transition: Transition) -> Iterator[_Draft]:
    code = transition.change.code
    if transition.old is not None and transition.new is not None:
        actions = _target(transition, transition.old, transition.new)
    else:
        actions = _selector(transition) if code == Codes.SELECTOR_MOVED.code else _replacement(transition)
    for phase, action in actions:
        yield _Draft(transition.change.service, phase, action, code)


def _roll_out(transition: Transition) -> str:
    return f"roll out {_workloads(transition)}; {_WAIT}"


def _workloads(transition: Transition) -> str:
    return ", ".join(transition.change.workloads)


def _selector(transition: Transition) -> Iterator[tuple[_Phase, str]]:
    switch = f"change the selector to {transition.change.after}"
    if transition.service_first and transition.pods_first:
        labels = f"{transition.change.before} and {transition.change.after}"
        both = f"give the pods of {_workloads(transition)} the labels of both selectors ({labels}), roll it out; "
        yield _Phase.PREPARE, f"{both}{_WAIT}"
        yield _Phase.BRIDGE, switch
        yield _Phase.ROLL_OUT, _roll_out(transition)
    elif transition.service_first:
        yield _Phase.ROLL_OUT, _roll_out(transition)
        yield _Phase.SWITCH, switch
    else:
        yield _Phase.BRIDGE, switch
        yield _Phase.ROLL_OUT, _roll_out(transition)


def _replacement(transition: Transition) -> Iterator[tuple[_Phase, str]]:
    yield _Phase.PREPARE, f"create {', '.join(transition.service_first)}, and wait until it is ready"
    yield _Phase.SWITCH, "change the Service"
    yield _Phase.CLEAN_UP, f"remove {', '.join(transition.pods_first)}"


def _target(transition: Transition, old: ServicePort, new: ServicePort) -> Iterator[tuple[_Phase, str]]:
    before, after = old.effective_target_port, new.effective_target_port
    if not (transition.service_first and transition.pods_first):
        yield _Phase.ROLL_OUT, _roll_out(transition)
        yield (_Phase.SWITCH if transition.service_first else _Phase.BRIDGE), _set(port_label(old), after)
    elif transition.old_numbers == transition.new_numbers:
        yield from _over_a_number(transition, port_label(old), before, after)
    else:
        yield from _over_a_name(transition, port_label(old), before, after, _bridge((before, after, old.name)))


def _over_a_number(transition: Transition, port: str, before: object, after: int | str) -> Iterator[tuple[_Phase, str]]:
    """Yield steps from one name to another, by a number that old and new pods share."""
    if len(transition.new_numbers) == 1:
        yield _Phase.CROSS, _set(port, transition.new_numbers[0])
        yield _Phase.ROLL_OUT, _roll_out(transition)
    else:
        # The name stands for several numbers, so pods must have both names for a while.
        yield (
            _Phase.CROSS,
            f"declare both {before} and {after} in {_workloads(transition)}, with kubectl replace; {_WAIT}",
        )
    yield _Phase.SWITCH, _set(port, after)
    if len(transition.new_numbers) > 1:
        yield _Phase.CLEAN_UP, _roll_out(transition)


def _over_a_name(
    transition: Transition, port: str, before: object, after: int | str, name: str
) -> Iterator[tuple[_Phase, str]]:
    """Yield steps from one number to another, by a name, which is looked up in each pod."""
    old, new = (", ".join(map(str, each)) for each in (transition.old_numbers, transition.new_numbers))
    if before != name:
        yield _Phase.PREPARE, f"name container port {old} of {_workloads(transition)} {name}, roll it out; {_WAIT}"
        yield _Phase.BRIDGE, _set(port, name)
    yield _Phase.CARRY, f"roll out {_workloads(transition)} with {new} as the container port named {name}; {_WAIT}"
    if isinstance(after, int):
        yield _Phase.SWITCH, _set(port, after)
        yield _Phase.CLEAN_UP, _roll_out(transition)
    elif after != name:
        yield from _over_a_number(transition, port, name, after)


def _bridge(candidates: Sequence[object]) -> str:
    """Return a name for container ports that lasts through the change."""
    usable = (each for each in candidates if isinstance(each, str) and not port_name_reasons(each))
    return next(usable, "main")


def _set(port: str, target: int | str) -> str:
    return f"set targetPort: {target} on port {port}"
