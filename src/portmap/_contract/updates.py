"""One Service written over another: the live Service before and after.

There are no rules here. The old Service is created, the new one is written over it, and the result is
compared with what `kubectl replace` makes of the same manifest: that is what the manifest says.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple, final

import attrs

from portmap._apiserver.kubectl_apply import LAST_APPLIED
from portmap._contract.pairing import Pair, paired_ports
from portmap._contract.writes import Object, Picks, Refused, Writing, key_of, ports_of, spec_of
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.violations import quote
from portmap._manifests.applied import How, LiveService
from portmap._model.service_reading import read_core_service
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest

_COMPARED_FIELDS: Final = ("name", "targetPort", "appProtocol")


@final
class Leftover(NamedTuple):
    """A difference that a write leaves between the live Service and the manifest."""

    port: Object | None
    message: str


@final
@attrs.frozen
class Update:
    """The update of a Service.

    Attributes:
        pair: The Service before and after, as its manifests have it.
        writing: How it is written.
        old: The manifest before.
        new: The manifest after, with the name of the old one.
        before: The live Service before.
        after: The live Service after the write, or why it is refused.
        intended: The live Service after a replace, or why that is refused.
        picks: The values that the cluster picks.
    """

    pair: Pair
    writing: Writing
    old: Object
    new: Object
    before: LiveService
    after: LiveService | Refused
    intended: LiveService | Refused
    picks: Picks

    @classmethod
    def of(cls, pair: Pair, writing: Writing) -> "Update | None":
        """Return the update; `None` if the manifests are equal, or the cluster refuses the old one."""
        exported = to_manifest(pair.before)
        old, new = (_renamed(manifest, exported) for manifest in (exported, to_manifest(pair.after)))
        if new == old:
            return None
        picks = Picks(writing)
        before = picks.created(exported, new)
        if before is None:
            return None
        after = picks.written(new, before, writing.how)
        intended = after if writing.how == "replace" else picks.written(new, before, "replace")
        return cls(pair, writing, old, new, before, after, intended, picks)

    def step(self, old: Object, new: Object, live: LiveService) -> "Update":
        """Return the update of a live Service from one manifest of it to another."""
        if live is self.before and new == self.new:
            return self
        after = self.picks.written(new, live, self.writing.how)
        intended = after if self.writing.how == "replace" else self.picks.written(new, live, "replace")
        return attrs.evolve(self, old=old, new=new, before=live, after=after, intended=intended)

    def written(self, how: How) -> LiveService | Refused:
        """Return the live Service after another write of the manifest, or why it is refused."""
        return self.picks.written(self.new, self.before, how)

    def working_write(self) -> tuple[How, LiveService] | None:
        """Return the first write that does what the manifest says, the usual one first, and the live Service then."""
        if isinstance(self.intended, Refused):
            return None
        for how in (self.writing.how, *self.writing.others):
            after = self.after if how == self.writing.how else self.written(how)
            if isinstance(after, LiveService) and not any(self.leftovers(after)):
                return how, after
        return None

    def alternative(self) -> How | None:
        """Return the write that does what the manifest says if the usual one does not."""
        working = self.working_write()
        return None if working is None or working[0] == self.writing.how else working[0]

    @property
    def node_ports(self) -> tuple[bool, bool] | None:
        """Return whether the live Service has node ports before and after; `None` if the write is refused."""
        if isinstance(self.after, Refused):
            return None
        had, has = (any(port.get("nodePort") for port in ports_of(live.object)) for live in (self.before, self.after))
        return had, has

    def leftovers(self, after: LiveService) -> Iterator[Leftover]:
        """Yield what the manifest says and a live Service does not have. Numbers of node ports do not matter."""
        if isinstance(self.intended, Refused):
            return
        yield from _ports_left(ports_of(after.object), ports_of(self.intended.object))
        has, wants = spec_of(after.object), spec_of(self.intended.object)
        for field in sorted({*spec_of(self.old), *spec_of(self.new)} - {"ports"}):
            if has.get(field) != wants.get(field):
                yield Leftover(None, f"leaves spec.{field} as {_text(has.get(field))}, not {_text(wants.get(field))}")
        for field in ("labels", "annotations"):
            had, wanted = (_entries(live, field) for live in (after, self.intended))
            for key in sorted(had.keys() | wanted.keys()):
                if had.get(key) != wanted.get(key):
                    yield Leftover(None, f"leaves metadata.{field}[{key}] as {_text(had.get(key))}")

    def achieved(self) -> Pair:
        """Return the Service before, and as clients find it after the write.

        If the write is refused or does what the manifest says, that is the Service of the manifest.
        """
        if isinstance(self.after, Refused):
            return self.pair
        if not any(self.leftovers(self.after)) and is_headless(self.after) == self.pair.after.is_headless:
            return self.pair
        manifest = _with_leftovers(to_manifest(self.pair.after), self.old, self.after, self.intended)
        try:
            after = read_core_service(manifest)
        except ValidationError:
            return self.pair
        return Pair(self.pair.before, after, paired_ports(self.pair.before.ports, after.ports))


def accepted_update(before: Service, manifest: Object, writing: Writing) -> Service | None:
    """Return the Service that a manifest makes of an old one, though no server would create it.

    An update drops the fields of a former type, even if the manifest still has them.
    """
    old, picks = to_manifest(before), Picks(writing)
    new = _renamed(manifest, old)
    live = picks.created(old, new)
    after = None if live is None else picks.written(new, live, writing.how)
    if not isinstance(after, LiveService):
        return None
    kept = spec_of(after.object)
    node_ports = {key_of(port): port.get("nodePort") for port in kept.get("ports") or ()}
    spec = {field: value for field, value in spec_of(manifest).items() if field in kept}
    if "ports" in spec:
        spec["ports"] = [
            {field: value for field, value in port.items() if field != "nodePort" or node_ports.get(key_of(port))}
            for port in spec["ports"]
        ]
    # The policy is carried over from the old Service, if the manifest has none.
    for attempt in (spec, {**spec, "ipFamilyPolicy": kept.get("ipFamilyPolicy")}):
        try:
            return read_core_service({**manifest, "spec": attempt})
        except ValidationError:
            continue
    return None


def is_headless(live: LiveService) -> bool:
    """Return whether a live Service is headless."""
    return spec_of(live.object).get("clusterIP") == "None"


def _renamed(manifest: Object, old: Object) -> Object:
    """Return what an author writes of a manifest, with the name and namespace of the old one."""
    metadata, name = manifest.get("metadata") or {}, old.get("metadata") or {}
    kept = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
    return {**manifest, "metadata": {key: name[key] for key in ("name", "namespace") if key in name} | kept}


def _ports_left(has: list[Object], wants: list[Object]) -> Iterator[Leftover]:
    live, wanted = ({key_of(port): port for port in ports} for ports in (has, wants))
    for key, port in live.items():
        if key not in wanted:
            yield Leftover(port, "keeps the port")
    for key, port in wanted.items():
        if key not in live:
            yield Leftover(port, "does not add the port")
            continue
        for field in _COMPARED_FIELDS:
            if live[key].get(field) != port.get(field):
                yield Leftover(live[key], f"leaves its {field} as {_text(live[key].get(field))}")
        if bool(live[key].get("nodePort")) != bool(port.get("nodePort")):
            yield Leftover(live[key], "keeps its node port")


def _entries(live: LiveService, field: str) -> Object:
    entries = live.object["metadata"].get(field) or {}
    return {key: value for key, value in entries.items() if key != LAST_APPLIED}


def _text(value: object) -> str:
    return "nothing" if value is None else quote(value)


def _with_leftovers(
    manifest: dict[str, Any], old: Object, after: LiveService, intended: LiveService | Refused
) -> Object:
    """Return the manifest with the leftovers of the write. Other fields stay as the author wrote them."""
    spec = {**spec_of(manifest)}
    if not isinstance(intended, Refused):
        has, wants = spec_of(after.object), spec_of(intended.object)
        for field in {*has, *wants} - {"ports"}:
            if has.get(field) != wants.get(field):
                spec.pop(field, None)
                spec |= {field: has[field]} if field in has else {}
        if any(_ports_left(ports_of(after.object), ports_of(intended.object))):
            authored = [*ports_of(manifest), *ports_of(old)]
            spec["ports"] = [_as_authored(port, authored) for port in ports_of(after.object)]
    if is_headless(after):
        spec["clusterIP"] = "None"
    metadata = {**manifest["metadata"], "labels": after.object["metadata"].get("labels") or {}}
    return {**manifest, "metadata": metadata, "spec": spec}


def _as_authored(port: Object, authored: list[Object]) -> Object:
    """Return a live port as a manifest has it, or without the node port if none has it."""
    same = (each for each in authored if key_of(each) == key_of(port) and _compared(each) == _compared(port))
    return next(same, {field: value for field, value in port.items() if field != "nodePort"})


def _compared(port: Object) -> tuple[object, ...]:
    return port.get("name") or "", port.get("targetPort") or port["port"], port.get("appProtocol")
