"""Rules about names and cluster IPs that Services of a cluster cannot share."""

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


def _conflicts(services: Iterable[Service], code: str, bundle: Bundle) -> Iterator[Found]:
    """Yield findings about the conflicts with this code."""

    def order(service: Service) -> tuple[object, ...]:
        item = bundle.place_of(service)[0]
        return (*item.name.order, item.position)

    # The order decides which Service is reported. It must not depend on other objects, or on the
    # annotation that suppresses the finding.
    ordered = sorted(services, key=order)
    for conflict in check_set(ordered, cluster=bundle.cluster):
        violation = conflict.violation
        if violation.code == code:
            same_name = name_of(conflict.service) == name_of(conflict.other)
            other = "another Service" if same_name else str(conflict.other)
            yield _place(conflict.service, violation.path, bundle).finding(
                f"{other} has {violation.value}, too",
                hint=violation.hint,
                value=violation.value,
                related=[(_place(conflict.other, violation.path, bundle), f"has {violation.value}, too")],
            )


def _place(service: Service, path: FieldPath, bundle: Bundle) -> Place:
    # The violation names the list, even if the manifest sets the single field only.
    if path == _CLUSTER_IPS and value_at(bundle.raw(service), "spec", "clusterIPs") is None:
        path = FieldPath("spec", "clusterIP")
    return Place(service, path)


@rule("service-name-collision", on=Bundle, severity="warning")
def service_name_collision(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two Services have the same name and namespace.

    What it reports:
    Two different Services with the same name and namespace, in the same part of the input.

    Why it matters:
    They are the same object to an API server. `kubectl apply` creates the first and replaces it with
    the second, without a message. `kubectl create` fails for the second.

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
    Files of a folder that define the same Service are alternatives, and are checked one by one.
    Equal copies are not reported.
    """
    del subject
    counts = Counter(map(name_of, bundle.services))
    same_name = [service for service in bundle.services if counts[name_of(service)] > 1]
    yield from _conflicts(same_name, "service-name-taken", bundle)


@rule("cluster-ip-collision", on=Bundle, severity="error")
def cluster_ip_collision(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two Services ask for the same cluster IP.

    What it reports:
    Two Services in the same part of the input with the same address in `clusterIP` or `clusterIPs`.

    Why it matters:
    An API server rejects the second Service: "provided IP is already allocated". A dry run does not report it.

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
    with_address = [service for service in bundle.services if service.cluster_ip or service.cluster_ips]
    yield from _conflicts(with_address, "cluster-ip-taken", bundle)
