"""What stands behind the contract: pods, numbers and selectors, and how a rollout gets from one to the other.

Four resolutions answer it: each version of the Service with each version of the pods.
The two mixed ones are what clients meet during a rollout, when only one of the two has
changed yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import final

import attrs

from portmap._contract.changes import Change, Row, What, made
from portmap._contract.pairing import Pair, label
from portmap._kubernetes.cluster import Cluster
from portmap._model.pods import Pod
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.resolution import Endpoint, Resolution, resolve_all

__all__ = ["Behind", "Moved", "key_of", "stand_behind"]

Sources = Sequence[Pod | Workload]


def key_of(source: Pod | Workload) -> str:
    """What a workload is called, without its namespace: `Deployment/web`."""
    return f"{source.kind}/{source.name}" if isinstance(source, Workload) else f"Pod/{source.name}"


@final
@attrs.frozen
class Moved:
    """A Service and its pods that change together.

    Attributes:
        change: What happens.
        old: The Service port before; `None` where it is about the selector.
        new: The Service port after.
        service_first: The workloads that drop out if the Service changes before them.
        pods_first: Those that drop out if they change before the Service.
        old_numbers: The numbers on which the port reached them.
        new_numbers: Those on which it reaches them.
    """

    change: Change
    old: ServicePort | None = None
    new: ServicePort | None = None
    service_first: tuple[str, ...] = ()
    pods_first: tuple[str, ...] = ()
    old_numbers: tuple[int, ...] = ()
    new_numbers: tuple[int, ...] = ()


@final
@attrs.frozen
class Behind:
    """What a Service leads to, before and after.

    Attributes:
        pair: The Service.
        before: Where it led.
        after: Where it leads.
        after_before: Where it would lead if only the Service had changed.
        before_after: Where it would lead if only the pods had changed.
        unchanged: The workloads that are as they were.
    """

    pair: Pair
    before: Resolution
    after: Resolution
    after_before: Resolution
    before_after: Resolution
    unchanged: frozenset[str]

    def changes(self) -> Iterator[Change]:
        """What has changed behind the contract, and what clients get to feel of it."""
        old, new = self.pair.before, self.pair.after
        if dict(old.selector or {}) != dict(new.selector or {}):
            was, now = _selector(old), _selector(new)
            yield made(What.SELECTOR, self.pair.name, f"it selects {now}", before=was, after=now)
        if not old.ports and not new.ports:
            yield from self._without_ports()
        for pair in self.pair.ports.both:
            yield from self._port(*pair)

    def _port(self, was: ServicePort, now: ServicePort) -> Iterator[Change]:
        name, port = self.pair.name, label(was)
        targets = was.effective_target_port, now.effective_target_port
        if targets[0] != targets[1] and (was.target_port or now.target_port):
            words = f"its targetPort was {targets[0]} and is {targets[1]}"
            yield made(What.TARGET, name, words, port=port, before=targets[0], after=targets[1])
        old, new = self.before.endpoints(was), self.after.endpoints(now)
        backs = _backends(old), _backends(new)
        if old and not new and self.after.elsewhere is None:
            why = next((str(each) for each in self.after.misses if each.port in {None, now}), "nothing answers it")
            yield made(
                What.LEADS_NOWHERE,
                name,
                f"it leads nowhere any more: {why}",
                port=port,
                before=backs[0],
                after=backs[1],
            )
        elif new and not old and self.before.elsewhere is None:
            yield made(
                What.LEADS_SOMEWHERE,
                name,
                "it led nowhere, and leads somewhere",
                port=port,
                before=backs[0],
                after=backs[1],
            )
        elif backs[0] != backs[1]:
            words = f"{_list(backs[0])} answered it, and {_list(backs[1])} do now"
            yield made(What.BACKENDS, name, words, port=port, before=backs[0], after=backs[1])
        if self.pair.before.is_headless and self.pair.after.is_headless and old and new:
            gone = _numbers(old) - _numbers(new)
            if gone:
                words = f"clients that dial {_list(map(str, sorted(gone)))} on the pods behind it reach nothing"
                yield made(What.POD_PORT, name, words, port=port, before=backs[0], after=backs[1])

    def _without_ports(self) -> Iterator[Change]:
        """A headless Service without ports leads to its pods all the same."""
        old, new = _published(self.before), _published(self.after)
        if old and not new and self.after.elsewhere is None:
            yield made(What.LEADS_NOWHERE, self.pair.name, "its name gives no pods any more", before=old)
        elif new and not old and self.before.elsewhere is None:
            yield made(What.LEADS_SOMEWHERE, self.pair.name, "its name gives pods now, and gave none", after=new)

    def moved(self) -> Iterator[Moved]:
        """What drops out while only one of Service and pods has changed."""
        selected = set()
        for moved in self._ports_moved(What.SELECTOR_MOVED):
            if (moved.service_first, moved.pods_first) not in selected:
                selected.add((moved.service_first, moved.pods_first))
                yield attrs.evolve(moved, old=None, new=None)
        yield from self._ports_moved(What.TARGET_MOVED)
        replaced = self._replaced()
        if replaced is not None:
            yield replaced

    def _ports_moved(self, what: Row) -> Iterator[Moved]:
        for was, now in self.pair.ports.both:
            old, new = _by_workload(self.before.endpoints(was)), _by_workload(self.after.endpoints(now))
            both = [key for key in old if key in new and key not in self.unchanged]
            sides = []
            for mixed, port, numbers in (
                (self.after_before, now, old),
                (self.before_after, was, new),
            ):
                reached, selected = _by_workload(mixed.endpoints(port)), _selected(mixed, port)
                lost = [key for key in both if not _answers(reached.get(key, ()), _numbers(numbers[key]))]
                by_labels = what is What.SELECTOR_MOVED
                sides.append(tuple(key for key in lost if (key not in selected) == by_labels))
            if sides[0] or sides[1]:
                yield self._moved(what, was, now, sides, (_numbers_of(old, both), _numbers_of(new, both)))

    def _moved(
        self,
        what: Row,
        was: ServicePort,
        now: ServicePort,
        sides: Sequence[tuple[str, ...]],
        numbers: tuple[tuple[int, ...], tuple[int, ...]],
    ) -> Moved:
        first, second = sides
        named = tuple(sorted({*first, *second}))
        who = _list(named)
        words = (
            f"pods of {who} drop out, whichever of Service and pods changes first"
            if first and second
            else f"old pods of {who} drop out if the Service changes before they are gone"
            if first
            else f"new pods of {who} drop out if they come before the Service has changed"
        )
        if what is What.SELECTOR_MOVED:
            change = made(
                what,
                self.pair.name,
                words,
                before=_selector(self.pair.before),
                after=_selector(self.pair.after),
                workloads=named,
                hint="see the plan for an order",
            )
        else:
            change = made(
                what,
                self.pair.name,
                words,
                port=label(was),
                before=was.effective_target_port,
                after=now.effective_target_port,
                workloads=named,
                hint="see the plan for an order",
            )
        return Moved(change, was, now, first, second, *numbers)

    def _replaced(self) -> Moved | None:
        """Workloads that are not there yet take over from others: they must come first."""
        for was, now in self.pair.ports.both:
            old, new = _by_workload(self.before.endpoints(was)), _by_workload(self.after.endpoints(now))
            if old and new and not old.keys() & new.keys() and not self.after_before.endpoints(now):
                change = made(
                    What.BACKEND_REPLACED,
                    self.pair.name,
                    f"{_list(sorted(new))} answers instead of {_list(sorted(old))}: nothing does if the Service "
                    "changes before that is ready",
                    before=tuple(sorted(old)),
                    after=tuple(sorted(new)),
                    workloads=tuple(sorted({*old, *new})),
                    hint="see the plan for an order",
                )
                return Moved(change, service_first=tuple(sorted(new)), pods_first=tuple(sorted(old)))
        return None


def stand_behind(pairs: Sequence[Pair], before: Sources, after: Sources, cluster: Cluster) -> tuple[Behind, ...]:
    """What stands behind each of these Services."""
    old, new = [pair.before for pair in pairs], [pair.after for pair in pairs]
    # For the mixed ones a Service is taken to where the pods are.
    new_there = [_moved_to(pair.after, pair.before.namespace) for pair in pairs]
    old_here = [_moved_to(pair.before, pair.after.namespace) for pair in pairs]
    unchanged = _unchanged(before, after)
    answers = zip(
        pairs,
        resolve_all(old, before, cluster=cluster),
        resolve_all(new, after, cluster=cluster),
        resolve_all(new_there, before, cluster=cluster),
        resolve_all(old_here, after, cluster=cluster),
        strict=True,
    )
    return tuple(Behind(*each, unchanged) for each in answers)


def _moved_to(service: Service, namespace: str | None) -> Service:
    return service if service.namespace == namespace else attrs.evolve(service, namespace=namespace)


def _unchanged(before: Sources, after: Sources) -> frozenset[str]:
    """The workloads whose pods are what they were, so that nothing rolls out."""
    sides: list[dict[str, set[Pod]]] = []
    for sources in (before, after):
        pods: dict[str, set[Pod]] = defaultdict(set)
        for each in sources:
            pod = each.pod if isinstance(each, Workload) else each
            pods[key_of(each)].add(attrs.evolve(pod, namespace=None))
        sides.append(pods)
    return frozenset(key for key, pods in sides[0].items() if sides[1].get(key) == pods)


# --- endpoints -------------------------------------------------------------------------------------------------


def _by_workload(endpoints: Sequence[Endpoint]) -> dict[str, tuple[Endpoint, ...]]:
    found: dict[str, tuple[Endpoint, ...]] = {}
    for each in endpoints:
        key = each.workload or f"Pod/{each.pod}"
        found[key] = (*found.get(key, ()), each)
    return found


def _answers(reached: Sequence[Endpoint], numbers: set[int]) -> bool:
    """Whether a port that reaches these endpoints is answered: one is declared, or known to have answered."""
    return any(each.container is not None or each.port in numbers for each in reached)


def _selected(resolution: Resolution, port: ServicePort) -> set[str]:
    """What the Service selects, whether or not this port leads anywhere in it."""
    found = set(_by_workload(resolution.endpoints(port)))
    return found | {miss.workload or f"Pod/{miss.pod}" for miss in resolution.misses if miss.pod}


def _numbers(endpoints: Sequence[Endpoint]) -> set[int]:
    return {each.port for each in endpoints}


def _numbers_of(found: Mapping[str, Sequence[Endpoint]], keys: Sequence[str]) -> tuple[int, ...]:
    return tuple(sorted({each.port for key in keys for each in found[key]}))


def _backends(endpoints: Sequence[Endpoint]) -> tuple[str, ...]:
    """What answers, for people. Pods of their own are not told apart: their names are made up."""
    return tuple(
        sorted(
            {
                f"{each.workload or 'Pod'} {each.container or '(not declared)'} {each.port}/{each.protocol}"
                for each in endpoints
            }
        )
    )


def _published(resolution: Resolution) -> tuple[str, ...]:
    return tuple(sorted({endpoint.pod for piece in resolution.slices for endpoint in piece.endpoints}))


# --- for people -------------------------------------------------------------------------------------------------


def _selector(service: Service) -> str:
    return ", ".join(sorted(f"{key}={value}" for key, value in (service.selector or {}).items())) or "nothing"


def _list(words: Iterable[str]) -> str:
    found = list(words)
    shown = ", ".join(found[:6])
    return (f"{shown} and {len(found) - 6} more" if len(found) > 6 else shown) or "nothing"
