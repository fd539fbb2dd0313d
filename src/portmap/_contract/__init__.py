"""Two sets of objects, as the clients of their Services see them: is it the same contract?

The two may be environments of one application, or one environment before and after a
change. What clients see is compared (`view`), then what stands behind it
(`routes`), then what the API server would make of the update
(`updates`); where the order of the steps matters, `plan` has it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, final

import attrs

from portmap._contract.api_updates import collisions, handed_over, merge_traps, on_update
from portmap._contract.backends import Moved, key_of, stand_behind
from portmap._contract.changes import SEVERITIES, Change, Contract, What, made
from portmap._contract.client_view import added_services, removed_services, seen_by_clients, settings_changed
from portmap._contract.pairing import Pair, called, label, mapped, paired_services
from portmap._contract.plan import plan_of
from portmap._contract.references import Users
from portmap._graph.object_name import items_of_list
from portmap._graph.reference import Reference
from portmap._graph.reference_table import references_of
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._model.foreign import plain_manifest
from portmap._model.pods import Pod
from portmap._model.service_reading import is_core_service, read_core_service
from portmap._model.services import Service
from portmap._model.workloads import Workload, makes_pods, read_workloads

__all__ = ["contract"]

Objects = Iterable[object]


def contract(
    before: Objects,
    after: Objects,
    *,
    cluster: Cluster | None = None,
    namespaces: Mapping[str, str] | None = None,
    ignore_namespaces: bool = False,
) -> Contract:
    """Compare two sets of objects as the clients of their Services see them.

    Clients see the names of Services, what kind they are (headless or not, another DNS
    name, exposed by node ports or a load balancer), and their ports: number, name,
    protocol, application protocol, authored node port. What is behind that may differ,
    as long as no port that led somewhere leads nowhere.

    Args:
        before: The one set: Services, pods and workloads, typed, as plain dicts, as documents
            that `portmap.load` gives, or objects of other libraries; Ingresses, routes, monitors
            and the like tell who refers to a port. Those of other kinds are passed over. Order
            does not matter.
        after: The other.
        cluster: What the target accepts, for the verdict on updates; left out, the
            cluster in force.
        namespaces: What a namespace of `before` is called in `after`, where that differs.
        ignore_namespaces: Whether Services are the same by their name alone.

    Returns:
        The differences, whether the contract is kept, and a safe order of steps.

    Raises:
        ValidationError: A plain dict of a Service or workload is one that a server would refuse.
        TypeError: An object is something else altogether.

    Example:
        >>> moved = Service("web", selector={"app": "web"}, ports=[ServicePort(81, name="http", target_port="http")])
        >>> print(*contract([web, pod], [moved, pod]).of("breaking"))
        breaking: web http 80/TCP: clients that dial 80 reach nothing: it is 81 now  [port-number-changed]
            hint: keep 80 beside 81, under another name, until no client dials it
    """
    cluster = cluster or cluster_in_force()
    old, new = _Side.of(before), _Side.of(after)
    renamed = namespaces or {}
    pairs, gone, added = paired_services(
        old.services, new.services, namespaces=renamed, ignore_namespaces=ignore_namespaces
    )
    changes = [*removed_services(gone, old.users), *added_services(added), *_orphaned(gone, new, renamed)]
    moved: list[Moved] = []
    for behind in stand_behind(pairs, old.sources, new.sources, cluster):
        pair = behind.pair
        changes += seen_by_clients(pair, old.users, cluster)
        changes += _left_behind(pair, new.users)
        changes += on_update(pair, cluster)
        changes += merge_traps(pair.name, pair.before.ports, pair.after.ports)
        changes += behind.changes()
        changes += settings_changed(pair)
        moved += behind.moved()
    changes += _of_workloads(old.sources, new.sources)
    changes += collisions(old.services, new.services, cluster)
    changes += handed_over(old.services, new.services, cluster, namespaces=renamed, ignore_namespaces=ignore_namespaces)
    plan = plan_of(changes, moved)
    changes += [each.change for each in moved]
    return Contract(tuple(sorted(dict.fromkeys(changes), key=_order)), plan, len(pairs))


def _order(change: Change) -> tuple[bool, str, int, str, str, str]:
    severity = SEVERITIES.index(change.severity)
    return change.service is None, change.service or "", severity, change.port or "", change.code, change.message


@final
@attrs.frozen
class _Side:
    """One set of objects, sorted out."""

    services: tuple[Service, ...]
    sources: tuple[Pod | Workload, ...]
    users: Users

    @classmethod
    def of(cls, objects: Objects) -> "_Side":
        services: list[Service] = []
        sources: list[Pod | Workload] = []
        references: list[Reference] = []
        for given in (each for item in objects for each in _items(item)):
            if isinstance(given, Service):
                services.append(given)
            elif isinstance(given, Pod | Workload):
                sources.append(given)
            else:
                references += references_of(given)
                if is_core_service(given):
                    services.append(read_core_service(given))
                elif makes_pods(given):
                    sources += (each.pod if each.kind == "Pod" else each for each in read_workloads(given))
        # Without an order of their own, so that the answer does not depend on that of the input.
        sources.sort(key=lambda each: (key_of(each), each.namespace or "", repr(each)))
        services.sort(key=lambda each: (each.namespace or "", each.name, repr(each)))
        return cls(tuple(services), tuple(sources), Users(references))


def _items(given: object) -> Iterator[Service | Pod | Workload | Mapping[str, Any]]:
    """What one of the things given is: several objects, if it is a list."""
    if isinstance(given, Service | Pod | Workload):
        yield given
    elif isinstance(given, Mapping):
        listed = items_of_list(given)
        yield from (given,) if listed is None else (each for item in listed for each in _items(item))
    elif hasattr(given, "raw") and hasattr(given, "violations"):
        # A Service keeps what is read of it; anything else is read for what it refers to, too.
        typed = getattr(given, "object", None)
        yield from (typed,) if isinstance(typed, Service) else _items(given.raw)
    elif isinstance(plain := plain_manifest(given), Mapping):
        yield from _items(plain)
    else:
        raise TypeError(f"contract compares Services, pods, workloads, plain dicts and documents, not {given!r}")


def _orphaned(gone: Iterable[Service], new: _Side, namespaces: Mapping[str, str]) -> Iterator[Change]:
    """What still refers to a Service that is gone, and to none of those that are there."""
    there = {(each.name, each.namespace) for each in new.services}
    names = {name for name, _ in there}
    for service in gone:
        lost = [
            each
            for each in new.users.naming(service.name, mapped(service.namespace, namespaces))
            # A Service or reference that says nothing of its namespace may be the one that is meant.
            if not {(service.name, each.namespace), (service.name, None)} & there
            and not (each.namespace is None and service.name in names)
        ]
        if lost:
            named = tuple(sorted({f"{each.source}: {each.field}" for each in lost}))
            words = f"{', '.join(named)} refers to {called(service)}, which is gone"
            hint = "change what refers to it as well, or remove it"
            yield made(What.REFERENCE_BROKEN, called(service), words, hint=hint, users=named)


def _left_behind(pair: Pair, users: Users) -> Iterator[Change]:
    """What still refers to a port by what it was."""
    ports = pair.after.ports
    for was in pair.before.ports:
        kept = {id(each) for now in ports for each in users.references(pair.after, now)}
        lost = [each for each in users.references(pair.after, was) if id(each) not in kept]
        if lost:
            named = tuple(sorted({f"{each.source}: {each.field}" for each in lost}))
            words = f"{', '.join(named)} refers to {lost[0].port}, which {called(pair.after)} has no more"
            hint = "change what refers to it as well"
            yield made(What.REFERENCE_BROKEN, pair.name, words, port=label(was), hint=hint, users=named)


def _of_workloads(before: Sequence[Pod | Workload], after: Sequence[Pod | Workload]) -> Iterator[Change]:
    """What goes wrong when container ports are merged by number. Pods of their own are not updated so."""
    new: dict[tuple[str, str | None], list[Workload]] = defaultdict(list)
    for each in after:
        if isinstance(each, Workload):
            new[key_of(each), each.namespace].append(each)
    for old in before:
        same = new.get((key_of(old), old.namespace))
        if not isinstance(old, Workload) or not same:
            continue
        # Where several have one name, they stand in the same order on both sides.
        now = same.pop(0)
        containers = {each.name: each for each in now.pod.containers + now.pod.init_containers}
        for container in old.pod.containers + old.pod.init_containers:
            if container.name in containers:
                yield from merge_traps(None, container.ports, containers[container.name].ports, str(old))
