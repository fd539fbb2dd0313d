"""Rules about Services that can be reached from outside the cluster."""

from collections.abc import Iterator, Mapping
from typing import Final

from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._model.services import Service

_OUTSIDE: Final = frozenset({"NodePort", "LoadBalancer"})
_ANYWHERE: Final = frozenset({"0.0.0.0/0", "::/0"})
_INTERNAL: Final[Mapping[str, frozenset[str]]] = {
    "cloud.google.com/load-balancer-type": frozenset({"internal"}),
    "networking.gke.io/load-balancer-type": frozenset({"internal"}),
    "service.beta.kubernetes.io/aws-load-balancer-internal": frozenset({"true", "0.0.0.0/0"}),
    "service.beta.kubernetes.io/aws-load-balancer-scheme": frozenset({"internal"}),
    "service.beta.kubernetes.io/azure-load-balancer-internal": frozenset({"true"}),
    "service.beta.kubernetes.io/oci-load-balancer-internal": frozenset({"true"}),
    "service.beta.kubernetes.io/openstack-internal-load-balancer": frozenset({"true"}),
}
"""Annotations that ask a provider for an internal load balancer, and their values."""


@rule("exposed-service", on=Service, severity="warning", profile="strict")
def exposed_service(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service can be reached from outside the cluster.

    What it reports:
    A Service of type NodePort or LoadBalancer.

    Why it matters:
    Clients that can reach a node or the load balancer can reach the pods. They bypass the Ingress or
    Gateway, which handles TLS, host names and rate limits.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: LoadBalancer
      externalTrafficPolicy: Local
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ```

    Notes:
    The severity is info if an annotation asks the provider for an internal load balancer, or if
    `loadBalancerSourceRanges` restricts the clients. Suppress the finding for the Service of an
    Ingress controller or Gateway.
    """
    del bundle
    service_type = service.effective_type
    if service_type not in _OUTSIDE:
        return
    because = _restriction(service)
    yield at(service, "spec", "type").finding(
        f"{service} has type {service_type}, so it can be reached from outside the cluster",
        hint="use type ClusterIP, and an Ingress or a Gateway",
        value=service_type,
        severity="info" if because else None,
        because=because,
    )


def _restriction(service: Service) -> str | None:
    """Return what restricts the clients of a load balancer."""
    if service.effective_type != "LoadBalancer":
        return None
    for key, value in (service.annotations or {}).items():
        if value.strip().lower() in _INTERNAL.get(key, ()):
            return f"{key} asks for an internal load balancer"
    ranges = service.load_balancer_source_ranges or ()
    if ranges and _ANYWHERE.isdisjoint(ranges):
        return f"loadBalancerSourceRanges allows {', '.join(ranges)} only"
    return None


@rule("external-ips", on=Service, severity="warning", profile="strict", instead_of="external-ips-deprecated")
def external_ips(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service takes the traffic to external IPs.

    What it reports:
    A Service with `externalIPs`.

    Why it matters:
    Nodes send traffic for these addresses to the Service, whatever host has them. A user who may create Services can
    intercept traffic of pods and nodes (CVE-2020-8554). The field is deprecated from Kubernetes 1.36 on.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      externalIPs: [192.0.2.10]
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ```

    Notes:
    Headless and ExternalName Services ignore the field, and the API server warns about that. Its
    warning `external-ips-deprecated` is not reported in addition to this rule.
    """
    del bundle
    if service.external_ips and service.effective_type != "ExternalName" and service.cluster_ip != "None":
        yield at(service, "spec", "externalIPs").finding(
            f"every node sends traffic for {', '.join(service.external_ips)} to {service}",
            hint="use a LoadBalancer Service or a Gateway",
            value=list(service.external_ips),
        )


@rule("external-traffic-policy", on=Service, severity="info", profile="strict")
def external_traffic_policy(service: Service, bundle: Bundle) -> Iterator[Found]:
    """External traffic policy is not set, or drops traffic.

    What it reports:
    A Service of type NodePort or LoadBalancer without `externalTrafficPolicy`. And a Service of type
    NodePort with the policy `Local`.

    Why it matters:
    The default is `Cluster`. A node may forward traffic to another node, which costs a hop, and pods see the address
    of a node instead of the client's. With `Local`, only nodes with a pod of the Service accept traffic. A load
    balancer checks which nodes these are; without one, other nodes drop traffic.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, annotations: {portmap.ignore/exposed-service: for partners}}
    spec:
      type: LoadBalancer
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web, annotations: {portmap.ignore/exposed-service: for partners}}
    spec:
      type: LoadBalancer
      externalTrafficPolicy: Local
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ```

    Notes:
    `externalTrafficPolicy: Cluster` is not reported, because it shows a decision.
    """
    del bundle
    policy = service.external_traffic_policy
    if service.effective_type not in _OUTSIDE:
        return
    place = at(service, "spec", "externalTrafficPolicy")
    if not policy:
        yield place.finding(
            f"{service} uses the default policy Cluster, so pods see addresses of nodes instead of clients",
            hint="write externalTrafficPolicy: Local, or Cluster if that is intended",
        )
    elif service.effective_type == "NodePort" and policy == "Local":
        yield place.finding(
            "nodes without a pod of this Service drop traffic to its node port",
            hint="use type LoadBalancer or policy Cluster, or run a pod on every node",
            value=policy,
        )
