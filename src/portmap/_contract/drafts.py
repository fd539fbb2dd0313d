"""The drafts of a plan: what each change needs, and in which phase.

A draft that changes a Service has the edit of its manifest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Final, TypeAlias, final

import attrs

from portmap._contract.backends import Transition
from portmap._contract.changes import Change, Codes
from portmap._contract.pairing import port_label
from portmap._contract.update_changes import RECREATED
from portmap._contract.updates import Update
from portmap._contract.workload_updates import Replaced
from portmap._contract.writes import (
    Object,
    allocates_node_ports,
    is_picked,
    key_of,
    manifest_port_label,
    ports_of,
    spec_of,
)
from portmap._kubernetes.names import port_name_reasons
from portmap._model.ports import ServicePort

Edit: TypeAlias = Callable[[Object], Object]
Key: TypeAlias = tuple[int, str]

WAIT: Final = "wait until the old pods are gone"
_LONGEST_NAME: Final = 63


class Phase(IntEnum):
    """The order of steps: all steps of a phase come before the next phase."""

    PREPARE = 1
    BRIDGE = 2
    CARRY = 3
    CROSS = 4
    ROLL_OUT = 5
    SWITCH = 6
    CLEAN_UP = 7


@final
@attrs.frozen(kw_only=True)
class Draft:
    """A part of a step.

    Attributes:
        service: The Service, as in `Change`.
        phase: The phase.
        code: The code of the change that needs it.
        action: What to do. Of a rollout: how the pods differ from the final ones.
        edit: The edit of the Service's manifest.
        rollout: The workloads to roll out.
        workload: The workload, if there is no Service.
        pins: Whether the edit applies to the final manifest as well.
    """

    service: str | None
    phase: Phase
    code: str
    action: str
    edit: Edit | None = None
    rollout: tuple[str, ...] = ()
    workload: str | None = None
    pins: bool = False


# --- changes ---------------------------------------------------------------------------------------------------

_RECREATE: Final = (
    (Phase.PREPARE, "create the new Service under another name, and move the clients to it"),
    (Phase.CLEAN_UP, "delete the Service; if its name must stay, create it again and move the clients back"),
)
_TYPE: Final = (
    (Phase.SWITCH, "change the type and the fields that depend on it in one update, not by a patch of the type alone"),
)
_OUTSIDE: Final = ((Phase.PREPARE, "move the clients outside the cluster to another entry point"),)

_STEPS: Final[Mapping[str, Sequence[tuple[Phase, str]]]] = {
    **dict.fromkeys(RECREATED, _RECREATE),
    Codes.STAYS_HEADLESS.code: _RECREATE,
    Codes.SERVICE_REMOVED.code: (
        (Phase.PREPARE, "move its clients to another Service{users}"),
        (Phase.CLEAN_UP, "delete the Service"),
    ),
    Codes.PORT_REMOVED.code: (
        (Phase.PREPARE, "move the clients of {port} to another port{users}"),
        (Phase.CLEAN_UP, "remove port {port}"),
    ),
    Codes.PORT_NUMBER.code: (
        (Phase.PREPARE, "add port {after} beside {port}, each with a name of its own"),
        (Phase.BRIDGE, "move the clients of {before} to {after}{users}"),
        (Phase.CLEAN_UP, "remove port {before}, and give its name to {after}"),
    ),
    Codes.PORT_RENAMED.code: (
        (Phase.PREPARE, "let users of port {port} refer to it by number (a ServiceMonitor by targetPort){users}"),
        (Phase.SWITCH, "rename port {port} to {after}"),
        (Phase.CLEAN_UP, "let its users refer to it by the new name, if they should"),
    ),
    Codes.NODE_PORT_REASSIGNED.code: ((Phase.SWITCH, "set nodePort of {port} to the number that it has"),),
    Codes.NODE_PORT_REDRAWN.code: (
        (Phase.CLEAN_UP, "when you create it again, set nodePort to the number that port {port} has"),
    ),
    Codes.HANDED_OVER.code: (
        (Phase.SWITCH, "after Service {before} has released node port {after}, assign it to {port}"),
    ),
    Codes.NODE_PORTS_DROPPED.code: _OUTSIDE,
    Codes.BALANCER_DROPPED.code: (*_OUTSIDE, *_TYPE),
    Codes.TYPE_ALONE.code: _TYPE,
}


def of_change(change: Change, update: Update | None) -> Iterator[Draft]:
    """Yield the drafts for a change."""
    words = {
        "port": change.port,
        "before": change.before,
        "after": "nothing" if change.after is None else change.after,
        "users": f": {', '.join(change.users)}" if change.users else "",
    }
    for phase, action in _STEPS.get(change.code, ()):
        edit = _EDITS.get((change.code, phase))
        draft = Draft(
            service=change.service,
            phase=phase,
            code=change.code,
            action=action.format(**words),
            edit=None if edit is None or update is None else edit(update, change),
            pins=change.code == Codes.NODE_PORT_REASSIGNED.code,
        )
        moves = phase is Phase.CLEAN_UP and change.code == Codes.PORT_NUMBER.code
        yield _with_node_port(draft, update, change) if moves and update is not None else draft


def _with_node_port(draft: Draft, update: Update, change: Change) -> Draft:
    """Return the draft with the node port of the old number for the new one, if the cluster picked it."""
    key, without = _key(update, change.port), draft.edit
    old = next(port for port in ports_of(update.before.object) if key_of(port) == key)
    if without is None or not is_picked(old.get("nodePort")) or not allocates_node_ports(spec_of(update.new)):
        return draft
    pinned = _pinned(update, change)
    return attrs.evolve(
        draft, action=f"{draft.action}, and its node port", edit=lambda manifest: pinned(without(manifest)), pins=True
    )


def of_added(change: Change, update: Update) -> Draft:
    """Return the draft that adds a port before clients move to it."""
    key = _key(update, change.port, after=True)

    def edit(manifest: Object) -> Object:
        [added] = [port for port in ports_of(update.new) if key_of(port) == key]
        return _with_ports(manifest, [*ports_of(manifest), added])

    return Draft(
        service=change.service, phase=Phase.PREPARE, code=change.code, action=f"add port {change.port}", edit=edit
    )


def _key(update: Update, name: str | None, *, after: bool = False) -> Key:
    """Return the number and protocol of the port with this label."""
    manifest = update.new if after else update.old
    return next(key_of(port) for port in ports_of(manifest) if manifest_port_label(port) == name)


def _with_ports(manifest: Object, ports: Iterable[Object]) -> Object:
    return {**manifest, "spec": {**spec_of(manifest), "ports": list(ports)}}


def _changed(manifest: Object, key: Key, **fields: object) -> Object:
    """Return the manifest with these fields in one port; `None` removes a field."""
    ports = [{**port, **fields} if key_of(port) == key else port for port in ports_of(manifest)]
    return _with_ports(manifest, [{k: v for k, v in port.items() if v is not None} for port in ports])


def _beside(update: Update, change: Change) -> Edit:
    """Return the edit that adds the new number beside the old one."""
    key = _key(update, change.port)

    def edit(manifest: Object) -> Object:
        [old] = [port for port in ports_of(manifest) if key_of(port) == key]
        [new] = [port for port in ports_of(update.new) if port["port"] == change.after and _named_alike(port, old)]
        name = old.get("name") or f"port-{old['port']}"
        suffix = f"-{new['port']}"
        added = {**new, "name": f"{name[: _LONGEST_NAME - len(suffix)]}{suffix}"}
        added.pop("nodePort", None)
        return _with_ports(_changed(manifest, key, name=name), [*ports_of(_changed(manifest, key, name=name)), added])

    return edit


def _named_alike(one: Object, other: Object) -> bool:
    return (one.get("name") or "") == (other.get("name") or "")


def _without(update: Update, change: Change) -> Edit:
    key = _key(update, change.port)
    return lambda manifest: _with_ports(manifest, [port for port in ports_of(manifest) if key_of(port) != key])


def _renamed(update: Update, change: Change) -> Edit:
    key = _key(update, change.port)
    return lambda manifest: _changed(manifest, key, name=change.after)


def _pinned(update: Update, change: Change) -> Edit:
    """Return the edit that sets the node port that a port has, even if its number changes."""
    key = _key(update, change.port)
    number = next(port["nodePort"] for port in ports_of(update.before.object) if key_of(port) == key)
    after = next(now for was, now in update.pair.ports.both if (was.port, was.effective_protocol) == key)
    return lambda manifest: _changed(manifest, (after.port, after.effective_protocol), nodePort=number)


def _type(update: Update, _: Change) -> Edit:
    """Return the edit of everything but the ports."""
    return lambda manifest: _with_ports(update.new, ports_of(manifest))


_EDITS: Final[Mapping[tuple[str, Phase], Callable[[Update, Change], Edit]]] = {
    (Codes.PORT_NUMBER.code, Phase.PREPARE): _beside,
    (Codes.PORT_NUMBER.code, Phase.CLEAN_UP): _without,
    (Codes.PORT_REMOVED.code, Phase.CLEAN_UP): _without,
    (Codes.PORT_RENAMED.code, Phase.SWITCH): _renamed,
    (Codes.NODE_PORT_REASSIGNED.code, Phase.SWITCH): _pinned,
    (Codes.BALANCER_DROPPED.code, Phase.SWITCH): _type,
    (Codes.TYPE_ALONE.code, Phase.SWITCH): _type,
}
"""The edits of the steps that change a Service."""


# --- transitions -----------------------------------------------------------------------------------------------


def of_transition(transition: Transition, replaced: Mapping[str, Replaced]) -> Iterator[Draft]:
    """Yield the drafts for a Service and pods that change together."""
    service, code = transition.change.service, transition.change.code
    rolled = attrs.evolve(
        transition,
        service_first=tuple(each for each in transition.service_first if each not in replaced),
        pods_first=tuple(each for each in transition.pods_first if each not in replaced),
    )
    if transition.old is not None and transition.new is not None:
        yield from _target(transition, transition.old, transition.new)
    elif code == Codes.BACKEND_REPLACED.code:
        yield _draft(
            transition,
            Phase.PREPARE,
            f"create {', '.join(transition.service_first)}, and wait until the pods are ready",
        )
        yield _draft(transition, Phase.SWITCH, "change the Service")
        yield _draft(transition, Phase.CLEAN_UP, f"remove {', '.join(transition.pods_first)}")
    else:
        for key in transition.change.workloads:
            if key in replaced:
                yield from of_replaced(replaced[key], service)
        if rolled.service_first or rolled.pods_first:
            yield from _selector(rolled)
        else:
            yield _selector_switch(transition, Phase.SWITCH)


def _draft(
    transition: Transition, phase: Phase, action: str, *, edit: Edit | None = None, rollout: tuple[str, ...] = ()
) -> Draft:
    change = transition.change
    return Draft(service=change.service, phase=phase, code=change.code, action=action, edit=edit, rollout=rollout)


def _roll_out(transition: Transition, phase: Phase, detail: str = "") -> Draft:
    workloads = tuple(sorted({*transition.service_first, *transition.pods_first}))
    return _draft(transition, phase, detail, rollout=workloads)


def _selector_switch(transition: Transition, phase: Phase) -> Draft:
    selector = transition.selector

    def edit(manifest: Object) -> Object:
        spec = {key: value for key, value in spec_of(manifest).items() if key != "selector"}
        return {**manifest, "spec": spec | ({"selector": selector} if selector else {})}

    return _draft(transition, phase, f"change the selector to {transition.change.after}", edit=edit)


def _selector(transition: Transition) -> Iterator[Draft]:
    if transition.service_first and transition.pods_first:
        labels = f"{transition.change.before} and {transition.change.after}"
        yield _roll_out(transition, Phase.PREPARE, f"with the labels of both selectors ({labels})")
        yield _selector_switch(transition, Phase.BRIDGE)
        yield _roll_out(transition, Phase.ROLL_OUT)
    elif transition.service_first:
        yield _roll_out(transition, Phase.ROLL_OUT)
        yield _selector_switch(transition, Phase.SWITCH)
    else:
        yield _selector_switch(transition, Phase.BRIDGE)
        yield _roll_out(transition, Phase.ROLL_OUT)


def _target(transition: Transition, old: ServicePort, new: ServicePort) -> Iterator[Draft]:
    before, after = old.effective_target_port, new.effective_target_port
    if not (transition.service_first and transition.pods_first):
        yield _roll_out(transition, Phase.ROLL_OUT)
        yield _set(transition, Phase.SWITCH if transition.service_first else Phase.BRIDGE, old, after)
    elif transition.old_numbers == transition.new_numbers:
        yield from _over_a_number(transition, old, before, after)
    else:
        yield from _over_a_name(transition, old, before, after)


def _over_a_number(transition: Transition, port: ServicePort, before: object, after: int | str) -> Iterator[Draft]:
    """Yield drafts from one name to another, by a number that old and new pods share."""
    if len(transition.new_numbers) == 1:
        yield _set(transition, Phase.CROSS, port, transition.new_numbers[0])
        yield _roll_out(transition, Phase.ROLL_OUT)
    else:
        # The name means several numbers, so pods must have both names for a while.
        yield _roll_out(transition, Phase.CROSS, f"with both {before} and {after} declared, by kubectl replace")
    yield _set(transition, Phase.SWITCH, port, after)
    if len(transition.new_numbers) > 1:
        yield _roll_out(transition, Phase.CLEAN_UP)


def _over_a_name(transition: Transition, port: ServicePort, before: object, after: int | str) -> Iterator[Draft]:
    """Yield drafts from one number to another, by a name, which is looked up in each pod."""
    old_names, new_names = transition.old_names, transition.new_names
    name = _bridge((before, after, *sorted(old_names & new_names), *sorted(old_names), port.name))
    old, new = (", ".join(map(str, each)) for each in (transition.old_numbers, transition.new_numbers))
    if before != name:
        if name not in old_names:
            yield _roll_out(transition, Phase.PREPARE, f"with {old} as the container port named {name}")
        yield _set(transition, Phase.BRIDGE, port, name)
    yield _roll_out(transition, Phase.CARRY, f"with {new} as the container port named {name}")
    if isinstance(after, int):
        yield _set(transition, Phase.SWITCH, port, after)
        if name not in new_names:
            yield _roll_out(transition, Phase.CLEAN_UP)
    elif after != name:
        yield from _over_a_number(transition, port, name, after)


def _bridge(candidates: Sequence[object]) -> str:
    """Return a name for container ports that lasts through the change."""
    usable = (each for each in candidates if isinstance(each, str) and not port_name_reasons(each))
    return next(usable, "main")


def _set(transition: Transition, phase: Phase, port: ServicePort, target: int | str) -> Draft:
    key = port.port, port.effective_protocol
    return _draft(
        transition,
        phase,
        f"set targetPort: {target} on port {port_label(port)}",
        edit=lambda manifest: _changed(manifest, key, targetPort=target),
    )


# --- workloads -------------------------------------------------------------------------------------------------


def of_replaced(replaced: Replaced, service: str | None) -> Iterator[Draft]:
    """Yield the drafts for a workload that must be created again, a backend of this Service if one is given."""
    old, new = replaced.old, replaced.new
    code = replaced.changes[0].code if replaced.changes else Codes.BACKENDS.code

    def draft(phase: Phase, action: str) -> Draft:
        return Draft(service=service, phase=phase, code=code, action=action, workload=old.key)

    if not replaced.fields:
        yield draft(Phase.PREPARE, f"create {new.key} beside {old.key}, and wait until its pods are ready")
        yield draft(Phase.CLEAN_UP, f"delete {old.key}, which a write of {new.key} does not remove")
    elif old.kind == "Job":
        yield draft(Phase.PREPARE, f"create {new.key} under another name, or delete the old one first")
    elif old.kind == "StatefulSet" and "selector" not in replaced.fields:
        yield draft(
            Phase.ROLL_OUT,
            f"delete {old.key} with --cascade=orphan, and create the new one, which adopts its pods; restart them one "
            "by one (kubectl rollout restart)",
        )
    else:
        yield draft(
            Phase.PREPARE,
            f"create the new {new.key} beside the old one, under another name; to keep the name, delete the old one "
            "with --cascade=orphan first, which leaves its pods; wait until the new pods are ready",
        )
        yield draft(Phase.CLEAN_UP, f"delete the old {old.key}, or the pods that it left")
