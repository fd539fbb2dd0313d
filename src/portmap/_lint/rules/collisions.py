"""Rules about what the Services of one cluster cannot share: names and cluster IPs. For node ports see `node_ports`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from portmap._graph.items import name_of
from portmap._graph.object_name import value_at
from portmap._kubernetes.field_path import FieldPath
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place
from portmap._lint.rule import rule
from portmap._model.check_set import check_set
from portmap._model.services import Service

_CLUSTER_IPS: Final = FieldPath("spec", "clusterIPs")


def _taken(services: Iterable[Service], code: str, bundle: Bundle) -> Iterator[Found]:
    def order(service: Service) -> tuple[object, ...]:
        item = bundle.place_of(service)[0]
        return (*item.name.order, item.position)

    # By name, and those of one name in the order of the input: whose finding it is must depend neither on
    # the order of other objects nor on the annotation that suppresses it.
    ordered = sorted(services, key=order)
    for conflict in check_set(ordered, cluster=bundle.cluster):
        if conflict.violation.code == code:
            yield _place(conflict.service, conflict.violation.path, bundle).finding(
                f"{conflict.violation.value} is that of {_other(conflict.service, conflict.other)} already",
                hint=conflict.violation.hint,
                value=conflict.violation.value,
                related=[(_place(conflict.other, conflict.violation.path, bundle), "has it already")],
            )


def _place(service: Service, path: FieldPath, bundle: Bundle) -> Place:
    # A server speaks of the list even where only the one field was written.
    if path == _CLUSTER_IPS and value_at(bundle.raw(service), "spec", "clusterIPs") is None:
        path = FieldPath("spec", "clusterIP")
    return Place(service, path)


def _other(service: Service, other: Service) -> str:
    return "another Service" if name_of(service) == name_of(other) else str(other)


@rule("service-name-collision", on=Bundle, severity="warning")
def service_name_collision(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two Services have the same name and namespace.

    What it reports:
    Two Services of one name in the same namespace and the same part of the input, which
    are not the same in all else.

    Why it matters:
    They are one object to a server: an apply makes the first and replaces it by the
    second, without a word; a create of the second fails.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 9090}]}
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web-metrics}
    spec: {ports: [{port: 9090}]}
    ```

    Notes:
    Files of one folder that give a Service twice are taken for variants of each other, and
    are judged one by one. Two equal copies are no collision.
    """
    del subject
    times = Counter(map(name_of, bundle.services))
    several = [each for each in bundle.services if times[name_of(each)] > 1]
    yield from _taken(several, "service-name-taken", bundle)


@rule("cluster-ip-collision", on=Bundle, severity="error")
def cluster_ip_collision(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two Services ask for the same cluster IP.

    What it reports:
    Two Services in the same part of the input that ask for one address in `clusterIP` or
    `clusterIPs`.

    Why it matters:
    A server refuses whichever comes second: "provided IP is already allocated". A dry run
    does not notice.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec: {clusterIP: 10.96.0.10, ports: [{port: 53}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: cache}
    spec: {clusterIP: 10.96.0.10, ports: [{port: 6379}]}
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: cache}
    spec: {ports: [{port: 6379}]}
    ```

    Notes:
    Headless Services have no cluster IP.
    """
    del subject
    asking = [each for each in bundle.services if each.cluster_ip or each.cluster_ips]
    yield from _taken(asking, "cluster-ip-taken", bundle)
