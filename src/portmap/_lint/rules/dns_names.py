"""Rules about Services as DNS names: headless Services, which map no ports, and aliases."""

from collections.abc import Iterator
from typing import Final

import attrs

from portmap._graph.fragments import has_placeholder
from portmap._graph.targets import ResolvedReference
from portmap._kubernetes.did_you_mean import nearest
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Severity, at
from portmap._lint.missing_references import missing_service, place_of_reference
from portmap._lint.rule import rule
from portmap._lint.rules.aliases import services_behind
from portmap._model.services import Service
from portmap._model.workloads import Workload

_POD_NAME: Final = "statefulset.kubernetes.io/pod-name"


@rule("headless-port-mapping", on=Service, severity="warning")
def headless_port_mapping(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Headless Service maps a port, which has no effect.

    What it reports:
    A headless Service (`clusterIP: None`) whose `port` is not its target port.

    Why it matters:
    The DNS name of a headless Service resolves to the addresses of the pods. Clients connect to
    `port` of a pod, which listens on the target port.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      selector: {app: db}
      ports: [{port: 80, targetPort: 5432}]
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      selector: {app: db}
      ports: [{port: 5432}]
    ```

    Notes:
    Clients that read EndpointSlices or SRV records see the right number.
    """
    if service.cluster_ip != "None" or service.effective_type == "ExternalName":
        return
    resolution = bundle.resolution(service)
    for position, port in enumerate(service.ports):
        target = port.effective_target_port
        numbers = {target} if isinstance(target, int) else {endpoint.port for endpoint in resolution.endpoints(port)}
        different = min(numbers - {port.port}, default=None)
        if different is not None:
            yield at(service, "spec", "ports", position, "port").finding(
                f"{service} is headless: clients connect to port {port.port} of its pods, which listen on {different}",
                hint=f"write port: {different}, or remove clusterIP",
                value=port.port,
            )


@rule("governing-service", on=ResolvedReference, severity="warning")
def governing_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Service of a StatefulSet does not give its pods DNS names.

    What it reports:
    A `serviceName` that is not the name of a Service in the namespace. And one whose Service gives the
    pods no names of their own: it has a cluster IP or no selector, is an ExternalName Service, or
    selects other pods, or only one of them.

    Why it matters:
    The pods have no DNS names (`web-0.web`), so members of a database cluster do not find each
    other. No API server checks the name.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db-headless}
    spec: {clusterIP: None, ports: [{port: 5432}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db-headles
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db-headless}
    spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db-headless
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
    ```

    Notes:
    The severity is warning if the input is complete or a Service has a similar name, and info
    otherwise. It is info, too, if each pod has a Service of its own, or if there is at most one pod
    and the Service has a cluster IP. If the pods need no DNS names, `serviceName` may be omitted from
    Kubernetes 1.34 on.
    """
    if resolved.reference.role != "governing-service":
        return
    own = next((each for each in bundle.workloads if bundle.name_of(each) == resolved.source), None)
    services = bundle.services_named(resolved.reference.service or "", resolved.reference.namespace)
    if not services:
        yield from _missing(resolved, bundle)
    elif own is not None:
        found = [_why_no_names(service, own, bundle) for service in services]
        if all(found) and found[0] is not None:
            problem, hint, because = found[0]
            yield place_of_reference(resolved).finding(
                problem,
                hint=hint,
                value=resolved.reference.service,
                severity="info" if because else None,
                because=because,
                related=[(at(services[0], "spec"), "the Service")],
            )


def _missing(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Yield the finding about a Service that does not exist; an info if each pod has a Service of its own."""
    one = next(
        (
            service
            for service in bundle.services
            if (service.selector or {}).get(_POD_NAME, "").rpartition("-")[0] == resolved.source.name
        ),
        None,
    )
    for found in missing_service(resolved, bundle, effect="without it the pods have no DNS names"):
        because = f"each pod may have a Service of its own, as {one} is"
        yield found if one is None else attrs.evolve(found, severity="info", because=because)


def _why_no_names(service: Service, workload: Workload, bundle: Bundle) -> tuple[str, str, str | None] | None:
    """Return why a Service gives the pods of a workload no names, what to do, and why it matters less."""
    if service.effective_type == "ExternalName":
        return (
            f"{service} is an alias of {service.external_name}, so the pods have no DNS names",
            "make it headless",
            None,
        )
    if service.cluster_ip != "None":
        because = None if (workload.replicas or 1) > 1 else "there is one pod, which the Service reaches"
        problem = f"{service} has a cluster IP, so the pods have no DNS names of their own"
        return problem, "name a headless Service (clusterIP: None)", because
    if not service.selector:
        by_hand = any(
            each.role == "endpoints" and each.service == service.name
            for each in (resolved.reference for resolved in bundle.port_map.references)
        )
        because = "its endpoints are written by hand" if by_hand else None
        return f"{service} has no selector, so the pods have no DNS names", "select the pods", because
    selected = bundle.selected(service)
    if _POD_NAME in service.selector and workload.replicas != 1:
        pod = service.selector[_POD_NAME]
        return f"{service} selects the pod {pod} alone, so others have no DNS names", "select labels of all pods", None
    # `selector-matches-nothing` reports a Service without pods.
    if selected and workload not in selected:
        problem = f"{service} selects the pods of {selected[0]}, so those of {workload} have no DNS names"
        return problem, f"select labels of the pods of {workload}", None
    return None


@rule("subdomain-service", on=Workload, severity="warning")
def subdomain_service(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Pods have a subdomain that no headless Service gives them.

    What it reports:
    A `subdomain` of pods without a headless Service of this name in the namespace, or with one that
    does not select them.

    Why it matters:
    The DNS names `HOSTNAME.SUBDOMAIN` of the pods do not exist. No API server checks the name.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: peers}
    spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          hostname: web
          subdomain: peer
          containers: [{name: web, image: web, ports: [{containerPort: 80}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          hostname: web
          subdomain: peers
          containers: [{name: web, image: web, ports: [{containerPort: 80}]}]
    ```

    Notes:
    The severity is info if there is no such Service, none has a similar name, and the input is not complete. The
    subdomain of a StatefulSet is its `serviceName`: see `governing-service`.
    """
    subdomain = workload.pod.subdomain
    if not subdomain or workload.kind == "StatefulSet" or has_placeholder(subdomain):
        return
    services = bundle.services_named(subdomain, workload.namespace)
    severity: Severity | None = None
    because = None
    if not services:
        if bundle.elsewhere.has_invalid_service(subdomain):
            return
        others = [each.name for each in bundle.selecting(workload) if each.cluster_ip == "None"]
        guess = nearest(subdomain, [each.name for each in bundle.services]) or next(iter(others), None)
        problem = f"there is no Service {subdomain!r}"
        hint = f"did you mean {guess!r}?" if guess else "add a headless Service of this name"
        other = next(bundle.elsewhere.services_named(subdomain, workload.namespace), None)
        if other is not None or not (bundle.complete or guess):
            severity = "info"
            because = f"{other} is in another part of the input" if other else "the input may be incomplete"
    elif services[0].cluster_ip != "None":
        problem, hint = f"{services[0]} is not headless", "set clusterIP: None, or name another Service"
    elif services[0].selector and workload not in bundle.selected(services[0]):
        problem, hint = f"{services[0]} does not select these pods", "select labels of these pods"
    else:
        return
    yield at(workload, *bundle.pod_spec(workload), "subdomain").finding(
        f"{problem}, so the pods have no DNS names below {subdomain!r}",
        hint=hint,
        value=subdomain,
        severity=severity,
        because=because,
        related=[(at(services[0], "spec"), "the Service")] if services else (),
    )


@rule("external-name-fields", on=Service, severity="warning")
def external_name_fields(service: Service, bundle: Bundle) -> Iterator[Found]:
    """ExternalName Service has fields without effect.

    What it reports:
    An ExternalName Service with a `selector`, or with a target port that differs from its port.

    Why it matters:
    The Service is an alias in DNS and nothing else. It selects no pods, and a client that connects
    to port 80 connects to port 80 of the external host.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      type: ExternalName
      externalName: db.example.com
      selector: {app: db}
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      type: ExternalName
      externalName: db.example.com
    ```

    Notes:
    Ports without another target port are not reported: some Ingress controllers require them. A
    target port is info if an Ingress or route refers to the Service, because ingress-nginx uses it.
    """
    if service.effective_type != "ExternalName":
        return
    if service.selector:
        yield at(service, "spec", "selector").finding(
            "a Service of type ExternalName selects no pods: its selector is ignored",
            hint="remove the selector, or remove the type to forward to the pods",
            value=dict(service.selector),
        )
    for position, port in enumerate(service.ports):
        target = port.effective_target_port
        if isinstance(target, int) and target != port.port:
            is_referred = any(name.name == service.name for name in bundle.referenced_services)
            because = "the controller of an Ingress or route may use the target port" if is_referred else None
            # A Service of the cluster that has the port forwards it: its target port is its own affair.
            has_port = any(each.port == port.port for other in services_behind(service, bundle) for each in other.ports)
            hint = "remove the target port" if has_port else f"let clients connect to {target}, and remove the ports"
            yield at(service, "spec", "ports", position, "targetPort").finding(
                f"clients that connect to port {port.port} reach port {port.port} of {service.external_name}, "
                f"not {target}",
                hint=hint,
                value=target,
                severity="info" if because else None,
                because=because,
            )
