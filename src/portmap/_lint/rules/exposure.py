"""Rules about Services that can be reached from outside the cluster."""

from collections.abc import Iterator, Mapping
from typing import Final

from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Severity, at
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
"""The annotations by which providers are asked for a load balancer inside their network, with the values that ask."""


@rule("exposed-service", on=Service, severity="warning", profile="strict")
def exposed_service(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service can be reached from outside the cluster.

    What it reports:
    A Service of type NodePort or LoadBalancer.

    Why it matters:
    Whoever reaches a node or the load balancer reaches the pods, past the Ingress or
    Gateway where TLS, names and limits are looked after.

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
    It is information where an annotation asks the provider for a load balancer inside its
    network, and where `loadBalancerSourceRanges` lets only some clients in. The Service of
    the Ingress controller or Gateway itself is one to suppress, with the reason.
    """
    del bundle
    kind = service.effective_type
    if kind not in _OUTSIDE:
        return
    because = _narrowed(service)
    severity: Severity | None = "info" if because else None
    yield at(service, "spec", "type").finding(
        f"{service} is reached from outside the cluster, being of type {kind}",
        hint="make it ClusterIP, and lead to it by an Ingress or a Gateway",
        value=kind,
        severity=severity,
        because=because,
    )


def _narrowed(service: Service) -> str | None:
    """Why not everybody reaches a load balancer."""
    if service.effective_type != "LoadBalancer":
        return None
    for key, value in (service.annotations or {}).items():
        if value.strip().lower() in _INTERNAL.get(key, ()):
            return f"{key} asks for a load balancer inside the provider's network"
    ranges = service.load_balancer_source_ranges or ()
    if ranges and _ANYWHERE.isdisjoint(ranges):
        return f"loadBalancerSourceRanges lets in {', '.join(ranges)} only"
    return None


@rule("external-ips", on=Service, severity="warning", profile="strict", instead_of="external-ips-deprecated")
def external_ips(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service takes the traffic to external IPs.

    What it reports:
    A Service with `externalIPs`.

    Why it matters:
    Nodes take the traffic to these addresses for the Service, whoever they belong to: who
    may write Services can read what pods and nodes send there (CVE-2020-8554). From
    Kubernetes 1.36 on the field is deprecated.

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
    Headless and ExternalName Services ignore the field, of which the server warns. The
    server's `external-ips-deprecated` is not reported beside this.
    """
    del bundle
    if service.external_ips and service.effective_type != "ExternalName" and service.cluster_ip != "None":
        yield at(service, "spec", "externalIPs").finding(
            f"every node takes the traffic to {', '.join(service.external_ips)} for {service}",
            hint="use a LoadBalancer Service or a Gateway",
            value=list(service.external_ips),
        )


@rule("external-traffic-policy", on=Service, severity="info", profile="strict")
def external_traffic_policy(service: Service, bundle: Bundle) -> Iterator[Found]:
    """External traffic policy is not set, or drops traffic.

    What it reports:
    A Service of type NodePort or LoadBalancer that leaves `externalTrafficPolicy` out; and
    one of type NodePort with `Local`.

    Why it matters:
    Left out it is `Cluster`: a node may send traffic on to another, so that there is one
    more hop, and pods see the address of a node and not that of the client. With `Local`
    only the nodes that have a pod answer. A load balancer finds out which these are;
    without one, whatever reaches another node is dropped.

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
    Whoever writes `externalTrafficPolicy: Cluster` has decided, and is not told.
    """
    del bundle
    kind, policy = service.effective_type, service.external_traffic_policy
    if kind not in _OUTSIDE:
        return
    place = at(service, "spec", "externalTrafficPolicy")
    if not policy:
        yield place.finding(
            f"{service} leaves the policy for traffic from outside to the default, Cluster: "
            "pods see the addresses of nodes and not of clients",
            hint="write externalTrafficPolicy: Local, or Cluster if that is meant",
        )
    elif kind == "NodePort" and policy == "Local":
        yield place.finding(
            "nodes without a pod of this Service drop what reaches their node port, and no load balancer keeps it away",
            hint="make the type LoadBalancer or the policy Cluster, or run a pod on every node",
            value=policy,
        )
