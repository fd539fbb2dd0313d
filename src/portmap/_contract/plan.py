"""The plan: steps from before to after that do not disturb clients.

Each change contributes drafts, each in a phase. Drafts that are one write or one rollout become one step.
A step that writes a Service has the manifest, and the write is tried: if the usual one is refused or does
something else, the step names another.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, final

from portmap._contract.backends import Transition
from portmap._contract.changes import Change, Codes, Step
from portmap._contract.drafts import WAIT, Draft, Phase, of_added, of_change, of_replaced, of_transition
from portmap._contract.updates import Update
from portmap._contract.workload_updates import Replaced, governing_service
from portmap._contract.writes import is_picked, ports_of
from portmap._manifests.applied import How

_WRITE: Final = "write the new Service"
_UNSETTLED: Final = frozenset({Codes.NOT_APPLIED.code, Codes.MERGED.code, Codes.APPENDED.code})


def plan_of(
    changes: Sequence[Change],
    transitions: Sequence[Transition],
    updates: Mapping[str, Update],
    replaced: Sequence[Replaced],
    commands: Mapping[str, str],
) -> tuple[Step, ...]:
    """Return the steps for these changes, in order.

    Args:
        changes: The changes between the manifests.
        transitions: The Services and pods that change together.
        updates: The updates by the label of the Service.
        replaced: The workloads that must be created again.
        commands: The commands for workloads whose container ports the usual write does not change, by workload.
    """
    again = {each.old.key: each for each in replaced if each.fields}
    drafts = list(_created_again(changes, transitions, replaced))
    losing = {change.service for change in changes if change.code == Codes.PORT_REMOVED.code}
    drafts += [
        of_added(change, update)
        for change in changes
        if change.code == Codes.PORT_ADDED.code and change.service in losing
        for update in [updates.get(change.service or "")]
        if update is not None
    ]
    drafts += [draft for change in changes for draft in of_change(change, updates.get(change.service or ""))]
    drafts += [draft for each in transitions for draft in of_transition(each, again)]
    drafts += _written(changes, updates, {draft.service for draft in drafts if draft.edit is not None})
    groups = _grouped(drafts, _Components.of(transitions, replaced))
    return tuple(_steps(groups, updates, again, commands))


def _created_again(
    changes: Sequence[Change], transitions: Sequence[Transition], replaced: Sequence[Replaced]
) -> Iterator[Draft]:
    """Yield drafts for workloads that must be created again and are in no transition."""
    done = {key for each in transitions for key in each.change.workloads}
    for each in replaced:
        if each.old.key in done or each.new.key in done:
            continue
        if each.fields:
            yield from _governing(each, changes)
            yield from of_replaced(each, None)
            continue
        # A workload of another kind matters if it is a backend of a Service.
        for change in changes:
            if change.code == Codes.BACKENDS.code and _names(change.before, each.old.key):
                yield from of_replaced(each, change.service)
                break


def _governing(replaced: Replaced, changes: Sequence[Change]) -> Iterator[Draft]:
    """Yield the draft that creates the new governing Service of a StatefulSet before its pods."""
    service = governing_service(replaced.new)
    if "serviceName" in replaced.fields and any(
        change.code == Codes.SERVICE_ADDED.code and change.service == service for change in changes
    ):
        action = f"create the Service beside Service {governing_service(replaced.old)}"
        code = replaced.changes[0].code
        yield Draft(service=service, phase=Phase.PREPARE, code=code, action=action)


def _names(backends: object, key: str) -> bool:
    return isinstance(backends, tuple) and any(str(backend).startswith(f"{key} ") for backend in backends)


def _written(changes: Sequence[Change], updates: Mapping[str, Update], edited: set[str | None]) -> Iterator[Draft]:
    """Yield drafts for Services that only another write changes as the manifest says."""
    for name, update in updates.items():
        if name not in edited and update.alternative() is not None:
            for change in changes:
                if change.service == name and (change.severity == "refused" or change.code in _UNSETTLED):
                    yield Draft(
                        service=name,
                        phase=Phase.SWITCH,
                        code=change.code,
                        action=_WRITE,
                        edit=lambda manifest: manifest,
                    )


# --- groups ----------------------------------------------------------------------------------------------------


@final
class _Components:
    """Connected Services and workloads, whose steps must be in the same order of phases."""

    def __init__(self) -> None:
        self._next: dict[str, str] = {}

    @classmethod
    def of(cls, transitions: Iterable[Transition], replaced: Iterable[Replaced]) -> "_Components":
        """Return the components of the graph of these Services and workloads."""
        components = cls()
        for each in transitions:
            for key in each.change.workloads:
                components._join(key, each.change.service or "")
        for owner in (owner for each in replaced for owner in (each.old, each.new)):
            if service := governing_service(owner):
                components._join(owner.key, service)
        return components

    def of_draft(self, draft: Draft) -> str:
        """Return the representative of the component of a draft."""
        return self._root(draft.service or draft.workload or "")

    def _root(self, name: str) -> str:
        while name in self._next:
            name = self._next[name]
        return name

    def _join(self, one: str, other: str) -> None:
        first, second = sorted((self._root(one), self._root(other)), key=lambda name: (not _is_service(name), name))
        if first != second:
            self._next[second] = first


def _is_service(name: str) -> bool:
    # The key of a workload starts with its kind, which is capitalised; no name of a Service is.
    return name[:1].islower()


class _Group(NamedTuple):
    """Drafts that become one step."""

    service: str | None
    rollout: tuple[str, ...]
    drafts: list[Draft]

    @property
    def writes(self) -> bool:
        """Return whether the step writes the Service."""
        return any(draft.edit is not None for draft in self.drafts)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of the changes that need the step."""
        return tuple(dict.fromkeys(draft.code for draft in self.drafts))


def _grouped(drafts: Iterable[Draft], components: _Components) -> list[_Group]:
    """Return the drafts in order, grouped by write, by rollout, or by text."""
    groups: dict[tuple[object, ...], _Group] = {}
    for draft in sorted(drafts, key=lambda draft: (components.of_draft(draft), draft.phase)):
        key: tuple[object, ...] = (components.of_draft(draft), draft.phase)
        if draft.edit is not None:
            key += ("write", draft.service)
        elif draft.rollout:
            key += ("roll out", draft.rollout)
        else:
            key += (draft.action, draft.service)
        groups.setdefault(key, _Group(draft.service, draft.rollout, [])).drafts.append(draft)
    return list(groups.values())


# --- steps -----------------------------------------------------------------------------------------------------


def _steps(
    groups: Sequence[_Group],
    updates: Mapping[str, Update],
    replaced: Mapping[str, Replaced],
    commands: Mapping[str, str],
) -> Iterator[Step]:
    rollouts = [group.rollout for group in groups if group.rollout]
    writes: dict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        if group.writes and group.service is not None:
            writes[group.service].append(group)
    tried = {id(group): write for name, own in writes.items() for group, write in _tried(updates.get(name), own)}
    for group in groups:
        if group.writes:
            if write := tried.get(id(group)):
                action = "; ".join(dict.fromkeys(draft.action for draft in write.drafts))
                codes = tuple(dict.fromkeys(draft.code for draft in write.drafts))
                yield Step(group.service, action + write.suffix, codes, write.manifest, write.how)
        elif group.rollout:
            alone = rollouts.count(group.rollout) == 1
            yield Step(group.service, _rolled_out(group, replaced, commands, alone=alone), group.codes)
        else:
            yield Step(group.service, group.drafts[0].action, group.codes)


def _rolled_out(group: _Group, replaced: Mapping[str, Replaced], commands: Mapping[str, str], *, alone: bool) -> str:
    """Return the text of a rollout. Details are omitted if it is the only one, which makes the pods as they will be."""
    details = [] if alone else [draft.action for draft in group.drafts if draft.action]
    what = " and ".join(dict.fromkeys(detail.removeprefix("with ") for detail in details))
    what = f" with {what}" if what else ""
    named = {commands[key] for key in group.rollout if key in commands}
    how = f", with {' and '.join(sorted(named))}" if named else ""
    who = ", ".join(group.rollout)
    if replaced.keys() & set(group.rollout):
        return (
            f"replace {who}{what}: create the new one beside the old one, under another name, and delete the old one "
            "when the new pods are ready"
        )
    return f"roll out {who}{what}{how}; {WAIT}"


@final
class _Write(NamedTuple):
    """A write of a Service, as it was tried."""

    drafts: Sequence[Draft]
    manifest: dict[str, Any] | None = None
    how: How | None = None
    suffix: str = ""


def _tried(update: Update | None, groups: Sequence[_Group]) -> Iterator[tuple[_Group, _Write]]:
    """Try the writes of a Service in order, each in the usual way first.

    A write that every way refuses is made together with the next one. Without an update nothing is tried.
    """
    if update is None:
        yield from ((group, _Write(group.drafts)) for group in groups)
        return
    manifest, live = update.old, update.before
    pins = [draft.edit for group in groups for draft in group.drafts if draft.pins]
    waiting: list[Draft] = []
    for group in groups:
        waiting += group.drafts
        last = group is groups[-1]
        new = update.new if last else manifest
        for edit in pins if last else [draft.edit for draft in waiting]:
            new = new if edit is None else edit(new)
        working = update.step(manifest, new, live).working_write()
        if working is not None:
            how, live = working
            suffix = "" if how == update.writing.how else f", with {update.writing.command(how)}"
            unknown = any(is_picked(port.get("nodePort")) for port in ports_of(new))
            yield group, _Write(waiting, None if unknown else {**new}, None if unknown else how, suffix)
            manifest, waiting = new, []
        elif last:
            yield group, _Write(waiting)
