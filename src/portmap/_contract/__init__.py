"""Two sets of objects, compared as the clients of their Services see them.

The sets may be two environments of one application, or one environment before and after a change.
`updates` finds out what the write makes of each Service. `client_view` compares what clients see then, and
`backends` what the Services reach; `plan` puts steps in a safe order.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias, final, get_args

import attrs

from portmap._contract.backends import Backends, Transition, backends_of, key_of
from portmap._contract.changes import SEVERITIES, Change, Codes, Contract
from portmap._contract.client_view import added_services, removed_services, seen_by_clients, settings_changed
from portmap._contract.container_ports import container_port_traps
from portmap._contract.node_ports import collisions, handed_over, node_port_changes
from portmap._contract.pairing import Pair, paired_services, port_label, renamed_namespace, service_label
from portmap._contract.plan import plan_of
from portmap._contract.references import References, describe
from portmap._contract.update_changes import update_changes
from portmap._contract.updates import Update, accepted_update
from portmap._contract.workload_updates import Owner, owner_of, replaced_workloads
from portmap._contract.writes import Write, Writing
from portmap._graph.reference import Reference
from portmap._graph.reference_table import references_of
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.printable import safe_repr
from portmap._manifests.applied import Creation
from portmap._manifests.documents import objects_in
from portmap._manifests.read import read
from portmap._model.foreign import plain_manifest
from portmap._model.pods import Pod
from portmap._model.service_reading import is_core_service
from portmap._model.services import Service
from portmap._model.workloads import Workload, makes_pods, read_workloads

Objects: TypeAlias = Iterable[object]
AsUpdate: TypeAlias = Callable[[Mapping[str, Any]], Service | None]


def contract(
    before: Objects,
    after: Objects,
    *,
    cluster: Cluster | None = None,
    namespaces: Mapping[str, str] | None = None,
    ignore_namespaces: bool = False,
    write: Write = "client-apply",
    created_by: Creation | None = None,
) -> Contract:
    """Compare two sets of objects as the clients of their Services see them.

    Clients see the names of Services, their kind (headless or not, external name, node ports,
    load balancer), and their ports: number, name, protocol, application protocol, and node
    ports in the manifest. Backends may differ as long as every port that had endpoints has some.

    Args:
        before: The first set: Services, pods and workloads, typed, as plain dicts, as documents
            that `portmap.load` returns, or objects of other libraries. Ingresses, routes,
            monitors and the like show who refers to a port. Other kinds are ignored. The order
            does not matter.
        after: The second set.
        cluster: The cluster that gets the update (default: the cluster in force).
        namespaces: The names in `after` of namespaces in `before`, if they differ.
        ignore_namespaces: Whether to pair Services by their names alone.
        write: How `after` is written: `client-apply` (`kubectl apply`), `server-apply` (`kubectl apply
            --server-side`) or `replace` (`kubectl replace`).
        created_by: How `before` was written first: `client-apply`, `server-apply` or `create` (`kubectl
            create`). The default is the same as `write`, and `create` before a replace.

    Returns:
        The differences, whether the contract is kept, and a safe order of steps.

    Raises:
        ValidationError: A plain dict of a Service or workload is one that a server would refuse.
        TypeError: An object is none of these.
        ValueError: `write` or `created_by` is none of these.

    Example:
        >>> moved = Service("web", selector={"app": "web"}, ports=[ServicePort(81, name="http", target_port="http")])
        >>> print(*contract([web, pod], [moved, pod]).of("breaking"))
        breaking: web http 80/TCP: clients that dial 80 reach nothing: the number is now 81  [port-number-changed]
            hint: keep 80 beside 81, under another name, until no client dials it
    """
    cluster = cluster or cluster_in_force()
    for value, known in ((write, get_args(Write)), (created_by or "create", get_args(Creation))):
        if value not in known:
            raise ValueError(f"{value!r} is not a way to write a Service: choose one of {', '.join(known)}")
    writing = Writing(write, created_by or _CREATED_BY[write], cluster)
    namespaces = namespaces or {}
    old = _Side.of(before)
    new = _Side.of(after, lambda manifest: _as_update(manifest, old.services, namespaces, writing, ignore_namespaces))
    pairs, removed, added = paired_services(
        old.services, new.services, namespaces=namespaces, ignore_namespaces=ignore_namespaces
    )
    changes = [*removed_services(removed, old.references), *added_services(added)]
    changes += _references_to_removed(removed, new, namespaces)
    updates = [Update.of(pair, writing) for pair in pairs]
    achieved = [pair if update is None else update.achieved() for pair, update in zip(pairs, updates, strict=True)]
    # The report is about what the write does. The plan leads to what the manifests say.
    planned, transitions = list(changes), list[Transition]()
    different = [after for pair, after in zip(pairs, achieved, strict=True) if after is not pair]
    backends_achieved = iter(backends_of(different, old.sources, new.sources, cluster))
    for intended, after_write, update in zip(
        backends_of(pairs, old.sources, new.sources, cluster), achieved, updates, strict=True
    ):
        backends = intended if after_write is intended.pair else next(backends_achieved)
        node_ports = None if update is None else update.node_ports
        found = list(_service_changes(backends, update, node_ports, old.references, new.references, cluster))
        changes += found
        planned += (
            found
            if backends is intended
            else _service_changes(intended, update, None, old.references, new.references, cluster)
        )
        transitions += intended.transitions()
    traps = container_port_traps(old.sources, new.sources, writing)
    replaced = list(
        replaced_workloads(old.owners, new.owners, namespaces=namespaces, ignore_namespaces=ignore_namespaces)
    )
    others = [
        *(change for trap in traps.values() for change in trap.changes),
        *(change for each in replaced for change in each.changes),
        *collisions(old.services, new.services, cluster),
        *handed_over(old.services, new.services, cluster, namespaces=namespaces, ignore_namespaces=ignore_namespaces),
    ]
    plan = plan_of(
        [*planned, *others],
        transitions,
        _by_name(updates, [*pairs, *removed, *added]),
        replaced,
        {key: trap.command for key, trap in traps.items() if trap.command is not None},
    )
    changes += [*others, *(each.change for each in transitions)]
    return Contract(tuple(sorted(dict.fromkeys(changes), key=_order)), plan, len(pairs))


_CREATED_BY: Final[Mapping[Write, Creation]] = {
    "client-apply": "client-apply",
    "server-apply": "server-apply",
    "replace": "create",
}
"""How a Service was written first, by how it is written now."""


def _service_changes(
    backends: Backends,
    update: Update | None,
    node_ports: tuple[bool, bool] | None,
    old_references: References,
    new_references: References,
    cluster: Cluster,
) -> Iterator[Change]:
    """Yield the changes of one Service."""
    pair = backends.pair
    yield from seen_by_clients(pair, old_references, cluster, node_ports)
    yield from _references_to_old_ports(pair, new_references)
    if update is not None:
        yield from update_changes(update)
        yield from node_port_changes(update, pair)
    yield from backends.changes()
    yield from settings_changed(pair)


def _by_name(updates: Iterable[Update | None], services: Iterable[Pair | Service]) -> dict[str, Update]:
    """Return the updates of the Services whose label is theirs alone."""
    labels = Counter(each.name if isinstance(each, Pair) else service_label(each) for each in services)
    return {update.pair.name: update for update in updates if update is not None and labels[update.pair.name] == 1}


def _order(change: Change) -> tuple[bool, str, int, str, str, str]:
    severity = SEVERITIES.index(change.severity)
    return change.service is None, change.service or "", severity, change.port or "", change.code, change.message


@final
@attrs.frozen
class _Side:
    """One set of objects, by kind."""

    services: tuple[Service, ...]
    sources: tuple[Pod | Workload, ...]
    owners: tuple[Owner, ...]
    references: References

    @classmethod
    def of(cls, objects: Objects, as_update: AsUpdate = lambda _: None) -> "_Side":
        services: list[Service] = []
        sources: list[Pod | Workload] = []
        owners: list[Owner] = []
        references: list[Reference] = []
        for item in (each for given in objects for each in _items(given)):
            if isinstance(item, Service):
                services.append(item)
            elif isinstance(item, Pod | Workload):
                sources.append(item)
                owners += [owner_of(item)] if isinstance(item, Workload) else []
            else:
                references += references_of(item)
                if is_core_service(item):
                    services.append(_read_service(item, as_update))
                elif makes_pods(item):
                    workloads = read_workloads(item)
                    sources += (each.pod if each.kind == "Pod" else each for each in workloads)
                    owners += [owner_of(item)] if len(workloads) == 1 and item.get("kind") != "Pod" else []
        # Sorted, so that the result does not depend on the order of the input.
        sources.sort(key=lambda each: (key_of(each), each.namespace or "", repr(each)))
        services.sort(key=lambda each: (each.namespace or "", each.name, repr(each)))
        return cls(tuple(services), tuple(sources), tuple(owners), References(references))


def _read_service(manifest: Mapping[str, Any], as_update: AsUpdate) -> Service:
    """Return the Service of a manifest, or of the update that it makes."""
    try:
        return read(manifest, Service)
    except ValidationError:
        service = as_update(manifest)
        if service is None:
            raise
        return service


def _as_update(
    manifest: Mapping[str, Any],
    before: Iterable[Service],
    namespaces: Mapping[str, str],
    writing: Writing,
    ignore_namespaces: bool,  # noqa: FBT001 - passed on as it was given
) -> Service | None:
    """Return what a manifest makes of the Service of its name, if that write is accepted."""
    metadata = manifest.get("metadata") or {}
    for old in before:
        spaces = {renamed_namespace(old.namespace, namespaces), metadata.get("namespace")}
        if old.name == metadata.get("name") and (len(spaces) == 1 or None in spaces or ignore_namespaces):
            return accepted_update(old, manifest, writing)
    return None


def _items(given: object) -> Iterator[Service | Pod | Workload | Mapping[str, Any]]:
    """Yield an object, or the objects of a list."""
    if isinstance(given, Service | Pod | Workload):
        yield given
    elif isinstance(given, Mapping):
        yield from (raw for _, raw in objects_in(given) if isinstance(raw, Mapping))
    elif hasattr(given, "raw") and hasattr(given, "violations"):
        # The plain data of other kinds than Services has references, too.
        typed = getattr(given, "object", None)
        yield from (typed,) if isinstance(typed, Service) else _items(given.raw)
    elif isinstance(plain := plain_manifest(given), Mapping):
        yield from _items(plain)
    else:
        raise TypeError(
            f"contract compares Services, pods, workloads, plain dicts and documents, not {safe_repr(given)}"
        )


def _references_to_removed(removed: Iterable[Service], new: _Side, namespaces: Mapping[str, str]) -> Iterator[Change]:
    """Yield the references to Services that were removed."""
    existing = {(each.name, each.namespace) for each in new.services}
    names = {name for name, _ in existing}
    for service in removed:
        broken = describe(
            each
            for each in new.references.to_name(service.name, renamed_namespace(service.namespace, namespaces))
            # A reference or Service without a namespace may belong to an existing one of its name.
            if not {(service.name, each.namespace), (service.name, None)} & existing
            and not (each.namespace is None and service.name in names)
        )
        if broken:
            name = service_label(service)
            message = f"{', '.join(broken)} refers to {name}, which was removed"
            hint = "change or remove the reference, too"
            yield Codes.REFERENCE_BROKEN.change(name, message, hint=hint, users=broken)


def _references_to_old_ports(pair: Pair, references: References) -> Iterator[Change]:
    """Yield the references to ports as they were before."""
    for old in pair.before.ports:
        valid = {id(each) for new in pair.after.ports for each in references.to(pair.after, new)}
        broken = [each for each in references.to(pair.after, old) if id(each) not in valid]
        if broken:
            users = describe(broken)
            message = f"{', '.join(users)} refers to {broken[0].port}, which {service_label(pair.after)} no longer has"
            hint = "change the reference, too"
            yield Codes.REFERENCE_BROKEN.change(pair.name, message, port=port_label(old), hint=hint, users=users)
