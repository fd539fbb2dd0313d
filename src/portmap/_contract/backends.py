"""The backends of a Service before and after: pods, numbers and selectors, and the transition between them.

Each version of the Service is resolved with each version of the pods. The two mixed resolutions are
what clients meet during a rollout, when only the Service or only the pods have changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, final

import attrs

from portmap._contract.changes import Change, ChangeCode, Codes
from portmap._contract.pairing import Pair, port_label
from portmap._kubernetes.cluster import Cluster
from portmap._model.pods import Pod
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.resolution import Endpoint, Resolution, resolve_all

Sources: TypeAlias = Sequence[Pod | Workload]
Pods: TypeAlias = Mapping[str, Sequence[Pod]]

_MOST_LISTED: Final = 6


def key_of(source: Pod | Workload) -> str:
    """Return `Deployment/web`, the name of a workload without its namespace."""
    return f"{source.kind}/{source.name}" if isinstance(source, Workload) else f"Pod/{source.name}"


@final
@attrs.frozen
class Transition:
    """A Service and its pods that change together, so that the order matters.

    Attributes:
        change: The change.
        old: The Service port before; `None` for a change of the selector.
        new: The Service port after.
        service_first: The workloads that get no traffic if the Service changes first.
        pods_first: The workloads that get no traffic if the pods change first.
        old_numbers: The container port numbers before.
        new_numbers: The container port numbers after.
        old_names: The names that all container ports with the old numbers have.
        new_names: The names that all container ports with the new numbers have.
        selector: The selector of the Service after.
    """

    change: Change
    old: ServicePort | None = None
    new: ServicePort | None = None
    service_first: tuple[str, ...] = ()
    pods_first: tuple[str, ...] = ()
    old_numbers: tuple[int, ...] = ()
    new_numbers: tuple[int, ...] = ()
    old_names: frozenset[str] = frozenset()
    new_names: frozenset[str] = frozenset()
    selector: Mapping[str, str] | None = None


@final
@attrs.frozen
class Backends:
    """The resolutions of a Service before and after, and in between.

    Attributes:
        pair: The Service.
        before: The Service before, with the pods before.
        after: The Service after, with the pods after.
        after_before: The Service after, with the pods before.
        before_after: The Service before, with the pods after.
        unchanged: The workloads that do not change.
        pods: The pods before and after, by the names of their workloads.
    """

    pair: Pair
    before: Resolution
    after: Resolution
    after_before: Resolution
    before_after: Resolution
    unchanged: frozenset[str]
    pods: tuple[Pods, Pods]

    def changes(self) -> Iterator[Change]:
        """Yield the changes of backends, and their effects on clients."""
        old, new = self.pair.before, self.pair.after
        if dict(old.selector or {}) != dict(new.selector or {}):
            was, now = _selector(old), _selector(new)
            yield Codes.SELECTOR.change(self.pair.name, f"its selector is now {now}", before=was, after=now)
        if not old.ports and not new.ports:
            yield from self._without_ports()
        for pair in self.pair.ports.both:
            yield from self._port(*pair)

    def _port(self, was: ServicePort, now: ServicePort) -> Iterator[Change]:
        name, port = self.pair.name, port_label(was)
        targets = was.effective_target_port, now.effective_target_port
        if targets[0] != targets[1] and (was.target_port or now.target_port):
            words = f"its targetPort was {targets[0]} and is {targets[1]}"
            yield Codes.TARGET.change(name, words, port=port, before=targets[0], after=targets[1])
        old, new = self.before.endpoints(was), self.after.endpoints(now)
        backs = _backends(old), _backends(new)
        if old and not new and self.after.elsewhere is None:
            why = next((str(each) for each in self.after.misses if each.port in {None, now}), "no pod serves it")
            yield Codes.LEADS_NOWHERE.change(
                name, f"it no longer has endpoints: {why}", port=port, before=backs[0], after=backs[1]
            )
        elif new and not old and self.before.elsewhere is None:
            yield Codes.LEADS_SOMEWHERE.change(
                name, "it had no endpoints, and has some", port=port, before=backs[0], after=backs[1]
            )
        elif backs[0] != backs[1]:
            words = f"its backends were {_list(backs[0])} and are {_list(backs[1])}"
            yield Codes.BACKENDS.change(name, words, port=port, before=backs[0], after=backs[1])
        if self.pair.before.is_headless and self.pair.after.is_headless and old and new:
            gone = _numbers(old) - _numbers(new)
            if gone:
                words = f"clients that dial {_list(map(str, sorted(gone)))} on its pods reach nothing"
                yield Codes.POD_PORT.change(name, words, port=port, before=backs[0], after=backs[1])

    def _without_ports(self) -> Iterator[Change]:
        """Yield the changes of a headless Service without ports."""
        old, new = _published(self.before), _published(self.after)
        if old and not new and self.after.elsewhere is None:
            yield Codes.LEADS_NOWHERE.change(self.pair.name, "its DNS name no longer resolves to pods", before=old)
        elif new and not old and self.before.elsewhere is None:
            yield Codes.LEADS_SOMEWHERE.change(self.pair.name, "its DNS name now resolves to pods", after=new)

    def transitions(self) -> Iterator[Transition]:
        """Yield what gets no traffic while only the Service or only the pods have changed."""
        seen = set()
        for transition in self._of_ports(Codes.SELECTOR_MOVED):
            # All ports share one selector.
            if (transition.service_first, transition.pods_first) not in seen:
                seen.add((transition.service_first, transition.pods_first))
                yield attrs.evolve(transition, old=None, new=None)
        yield from self._of_ports(Codes.TARGET_MOVED)
        replacement = self._replacement()
        if replacement is not None:
            yield replacement

    def _of_ports(self, code: ChangeCode) -> Iterator[Transition]:
        for was, now in self.pair.ports.both:
            old, new = _by_workload(self.before.endpoints(was)), _by_workload(self.after.endpoints(now))
            both = [key for key in old if key in new and key not in self.unchanged]
            sides = []
            for mixed, port, numbers in ((self.after_before, now, old), (self.before_after, was, new)):
                reached, selected = _by_workload(mixed.endpoints(port)), _selected(mixed, port)
                lost = [key for key in both if not _is_served(reached.get(key, ()), _numbers(numbers[key]))]
                by_labels = code is Codes.SELECTOR_MOVED
                sides.append(tuple(key for key in lost if (key not in selected) == by_labels))
            if sides[0] or sides[1]:
                transition = self._transition(code, was, now, sides, (_numbers_of(old, both), _numbers_of(new, both)))
                old_names, new_names = _names_of(old, both, self.pods[0]), _names_of(new, both, self.pods[1])
                yield attrs.evolve(transition, old_names=old_names, new_names=new_names)

    def _transition(
        self,
        code: ChangeCode,
        was: ServicePort,
        now: ServicePort,
        sides: Sequence[tuple[str, ...]],
        numbers: tuple[tuple[int, ...], tuple[int, ...]],
    ) -> Transition:
        first, second = sides
        named = tuple(sorted({*first, *second}))
        pods = _list(named)
        words = (
            f"pods of {pods} get no traffic, whether the Service or the pods change first"
            if first and second
            else f"old pods of {pods} get no traffic if the Service changes before they are gone"
            if first
            else f"new pods of {pods} get no traffic if they start before the Service changes"
        )
        if code is Codes.SELECTOR_MOVED:
            change = code.change(
                self.pair.name,
                words,
                before=_selector(self.pair.before),
                after=_selector(self.pair.after),
                workloads=named,
                hint="see the plan for a safe order",
            )
        else:
            change = code.change(
                self.pair.name,
                words,
                port=port_label(was),
                before=was.effective_target_port,
                after=now.effective_target_port,
                workloads=named,
                hint="see the plan for a safe order",
            )
        return Transition(change, was, now, first, second, *numbers, selector=self.pair.after.selector)

    def _replacement(self) -> Transition | None:
        """Return the transition to workloads that replace all others, which must be ready first."""
        for was, now in self.pair.ports.both:
            old, new = _by_workload(self.before.endpoints(was)), _by_workload(self.after.endpoints(now))
            if old and new and not old.keys() & new.keys() and not self.after_before.endpoints(now):
                change = Codes.BACKEND_REPLACED.change(
                    self.pair.name,
                    f"{_list(sorted(new))} replaces {_list(sorted(old))}: there are no endpoints if the Service "
                    "changes before it is ready",
                    before=tuple(sorted(old)),
                    after=tuple(sorted(new)),
                    workloads=tuple(sorted({*old, *new})),
                    hint="see the plan for a safe order",
                )
                return Transition(change, service_first=tuple(sorted(new)), pods_first=tuple(sorted(old)))
        return None


def backends_of(pairs: Sequence[Pair], before: Sources, after: Sources, cluster: Cluster) -> tuple[Backends, ...]:
    """Return the backends of each Service."""
    old, new = [pair.before for pair in pairs], [pair.after for pair in pairs]
    # The mixed resolutions need the Service in the namespace of the pods.
    new_there = [_moved_to(pair.after, pair.before.namespace) for pair in pairs]
    old_here = [_moved_to(pair.before, pair.after.namespace) for pair in pairs]
    pods = _pods_by_workload(before), _pods_by_workload(after)
    unchanged = _unchanged(before, after)
    resolutions = zip(
        pairs,
        resolve_all(old, before, cluster=cluster),
        resolve_all(new, after, cluster=cluster),
        resolve_all(new_there, before, cluster=cluster),
        resolve_all(old_here, after, cluster=cluster),
        strict=True,
    )
    return tuple(Backends(*each, unchanged, pods) for each in resolutions)


def _moved_to(service: Service, namespace: str | None) -> Service:
    return service if service.namespace == namespace else attrs.evolve(service, namespace=namespace)


def _unchanged(before: Sources, after: Sources) -> frozenset[str]:
    """Return the workloads whose pods do not change, so that no rollout starts."""
    sides: list[dict[str, set[Pod]]] = []
    for sources in (before, after):
        pods: dict[str, set[Pod]] = defaultdict(set)
        for each in sources:
            pod = each.pod if isinstance(each, Workload) else each
            pods[key_of(each)].add(attrs.evolve(pod, namespace=None))
        sides.append(pods)
    return frozenset(key for key, pods in sides[0].items() if sides[1].get(key) == pods)


def _pods_by_workload(sources: Sources) -> Pods:
    pods: dict[str, tuple[Pod, ...]] = {}
    for each in sources:
        key = key_of(each)
        pods[key] = (*pods.get(key, ()), each.pod if isinstance(each, Workload) else each)
    return pods


# --- endpoints -------------------------------------------------------------------------------------------------


def _by_workload(endpoints: Sequence[Endpoint]) -> dict[str, tuple[Endpoint, ...]]:
    by_workload: dict[str, tuple[Endpoint, ...]] = {}
    for each in endpoints:
        key = each.workload or f"Pod/{each.pod}"
        by_workload[key] = (*by_workload.get(key, ()), each)
    return by_workload


def _is_served(reached: Sequence[Endpoint], numbers: set[int]) -> bool:
    """Return whether an endpoint is declared, or has a number that is known to be served."""
    return any(each.container is not None or each.port in numbers for each in reached)


def _selected(resolution: Resolution, port: ServicePort) -> set[str]:
    """Return the selected workloads, with or without an endpoint for this port."""
    reached = set(_by_workload(resolution.endpoints(port)))
    return reached | {miss.workload or f"Pod/{miss.pod}" for miss in resolution.misses if miss.pod}


def _numbers(endpoints: Sequence[Endpoint]) -> set[int]:
    return {each.port for each in endpoints}


def _numbers_of(by_workload: Mapping[str, Sequence[Endpoint]], keys: Sequence[str]) -> tuple[int, ...]:
    return tuple(sorted({each.port for key in keys for each in by_workload[key]}))


def _names_of(by_workload: Mapping[str, Sequence[Endpoint]], keys: Sequence[str], pods: Pods) -> frozenset[str]:
    """Return the names that the container ports of all these endpoints have."""
    common: frozenset[str] | None = None
    for key in keys:
        for endpoint in by_workload[key]:
            for pod in pods.get(key, ()):
                names = _names_in(pod, endpoint)
                common = names if common is None else common & names
    return common or frozenset()


def _names_in(pod: Pod, endpoint: Endpoint) -> frozenset[str]:
    ports = (port for container in pod.containers + pod.init_containers for port in container.ports)
    reached = (endpoint.port, endpoint.protocol)
    return frozenset(
        port.name for port in ports if port.name and (port.container_port, port.effective_protocol) == reached
    )


def _backends(endpoints: Sequence[Endpoint]) -> tuple[str, ...]:
    """Return the backends for people. Pods without a workload have no name: it is often generated."""
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


# --- text -------------------------------------------------------------------------------------------------------


def _selector(service: Service) -> str:
    return ", ".join(sorted(f"{key}={value}" for key, value in (service.selector or {}).items())) or "nothing"


def _list(words: Iterable[str]) -> str:
    items = list(words)
    shown = ", ".join(items[:_MOST_LISTED])
    more = len(items) - _MOST_LISTED
    return (f"{shown} and {more} more" if more > 0 else shown) or "nothing"
