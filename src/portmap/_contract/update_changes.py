"""The changes that the write of a Service causes: what is refused, and what it does besides the manifest."""

from collections.abc import Iterator
from typing import Final

from portmap._contract.changes import Change, Codes
from portmap._contract.pairing import port_label, same_numbers
from portmap._contract.updates import Leftover, Update, is_headless
from portmap._contract.writes import COMMANDS, Refused, manifest_port_label, spec_of, without_picks
from portmap._kubernetes.violations import Violation
from portmap._manifests.applied import LiveService

RECREATED: Final = frozenset(
    {
        "cluster-ip-family-mismatch",
        "cluster-ip-immutable",
        "headless-forbidden",
        "ip-family-immutable",
        "load-balancer-class-immutable",
    }
)
"""The codes of violations that no write avoids: the Service must be created again."""

_APPENDED: Final = frozenset({"duplicate-port-name", "port-name-required"})
_PICKED_FIELDS: Final = ("clusterIP", "healthCheckNodePort")


def update_changes(update: Update) -> Iterator[Change]:
    """Yield what the write of a Service is refused for, leaves undone, or does besides."""
    yield from _values_that_must_match(update)
    if isinstance(update.after, Refused):
        yield from _refusals(update, update.after)
    else:
        yield from _leftovers(update, update.after)
        yield from _families(update, update.after)
        yield from _patch_of_type(update)


def _refusals(update: Update, refused: Refused) -> Iterator[Change]:
    hint = _hint(update)
    # A conflict hides the violations that a forced write would still have.
    hidden = update.intended.violations if isinstance(update.intended, Refused) else ()
    for violation in dict.fromkeys((*refused.violations, *hidden)):
        yield _refusal(update, violation, hint)
    shared = _merged_numbers(update)
    for number in shared:
        yield _merged(update, number, hint)
    if _APPENDED.isdisjoint(violation.code for violation in refused.violations):
        return
    for was, now in update.pair.ports.both:
        moved = (was.port, was.effective_protocol) != (now.port, now.effective_protocol)
        if moved and now.port not in shared:
            yield Codes.APPENDED.change(
                update.pair.name,
                f"{COMMANDS[update.writing.how]} keeps {port_label(was)} beside {port_label(now)}",
                port=port_label(was),
                before=was.port,
                after=now.port,
                hint=hint,
            )


def _refusal(update: Update, violation: Violation, hint: str | None) -> Change:
    return Change(
        kind="changed",
        service=update.pair.name,
        code=violation.code,
        severity="refused",
        message=without_picks(f"{violation.field}: {violation.message}", update.before),
        hint=hint or (violation.hint and without_picks(violation.hint, update.before)),
    )


def _hint(update: Update) -> str | None:
    """Return the command that does what the manifest says."""
    how = update.alternative()
    return None if how is None else f"use {update.writing.command(how)}"


def _leftovers(update: Update, after: LiveService) -> Iterator[Change]:
    if update.pair.before.is_headless and not update.pair.after.is_headless and is_headless(after):
        yield Codes.STAYS_HEADLESS.change(
            update.pair.name,
            "an update without clusterIP keeps clusterIP: None",
            before=True,
            after=False,
            hint="create the new Service under another name, or delete this one and create it again",
        )
    leftovers = list(update.leftovers(after))
    hint = _hint(update) if leftovers else None
    shared = [number for number in _merged_numbers(update) if any(_has_number(each, number) for each in leftovers)]
    for number in shared:
        yield _merged(update, number, hint)
    for leftover in leftovers:
        if not any(_has_number(leftover, number) for number in shared):
            yield Codes.NOT_APPLIED.change(
                update.pair.name,
                f"{COMMANDS[update.writing.how]} {without_picks(leftover.message, update.before)}",
                port=None if leftover.port is None else manifest_port_label(leftover.port),
                hint=hint,
            )


def _has_number(leftover: Leftover, number: int) -> bool:
    return leftover.port is not None and leftover.port["port"] == number


def _merged_numbers(update: Update) -> tuple[int, ...]:
    """Return the numbers of several protocols, which client-side apply merges."""
    by_number = update.writing.how == "client-apply"
    return tuple(same_numbers(update.pair.before.ports, update.pair.after.ports)) if by_number else ()


def _merged(update: Update, number: int, hint: str | None) -> Change:
    before, after = (
        tuple(port_label(port) for port in service.ports if port.port == number)
        for service in (update.pair.before, update.pair.after)
    )
    return Codes.MERGED.change(
        update.pair.name,
        f"{COMMANDS[update.writing.how]} merges ports by number alone, so it confuses those of {number}",
        before=before,
        after=after,
        hint=hint,
    )


def _values_that_must_match(update: Update) -> Iterator[Change]:
    """Yield values in the new manifest that the cluster picked before."""
    old, new, live = spec_of(update.old), spec_of(update.new), spec_of(update.before.object)
    for field in _PICKED_FIELDS:
        if new.get(field) and not old.get(field) and live.get(field) == new[field] != "None":
            yield Codes.MUST_MATCH.change(
                update.pair.name,
                f"the cluster picked spec.{field}: {new[field]} is refused unless it is the same",
                after=new[field],
                hint=f"set {field} to the value that the Service has, or leave it out",
            )


def _families(update: Update, after: LiveService) -> Iterator[Change]:
    had, has = (spec_of(live.object).get("ipFamilies") or () for live in (update.before, after))
    for family in had if has else ():
        if family not in has:
            words = f"it no longer has an {family} address: clients that dial it over {family} reach nothing"
            yield Codes.FAMILY_REMOVED.change(update.pair.name, words, before=family)
    for family in has if had else ():
        if family not in had:
            yield Codes.FAMILY_ADDED.change(update.pair.name, f"it got an {family} address", after=family)


def _patch_of_type(update: Update) -> Iterator[Change]:
    """Yield the violations of a patch that changes nothing but the type."""
    before, after = update.pair.before, update.pair.after
    if after.effective_type in {before.effective_type, "ExternalName"}:
        return
    patched = update.picks.written({"spec": {"type": after.effective_type}}, update.before, "patch-strategic")
    for violation in patched.violations if isinstance(patched, Refused) else ():
        why = without_picks(f"{violation.field}: {violation.message}", update.before)
        yield Codes.TYPE_ALONE.change(
            update.pair.name,
            f"a patch of the type alone is refused: {why}",
            before=before.effective_type,
            after=after.effective_type,
            hint="change the type and the other fields in one update",
        )
