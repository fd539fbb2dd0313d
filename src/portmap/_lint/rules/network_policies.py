"""Rules about NetworkPolicies: the ports of pods that they are about."""

from collections.abc import Iterator

from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found
from portmap._lint.missing_references import place_of
from portmap._lint.rule import rule


@rule("network-policy-port", on=ResolvedReference, severity="warning")
def network_policy_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """NetworkPolicy names a port that its pods do not have.

    What it reports:
    A port that is the number of a Service in front of the pods, while the pods are
    reached on another; and a port by a name, or for a protocol, that none of the pods
    declares.

    Why it matters:
    Policies are applied where packets arrive, behind the Service: a policy that lets in
    port 80 blocks all traffic to a pod that listens on 8080.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress: [{ports: [{port: 80}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress: [{ports: [{port: 8080}]}]
    ```

    Notes:
    Other numbers need not be declared and are passed over. Whether a policy is about any
    pod at all is not a matter of ports, and is not judged.
    """
    del bundle
    miss = resolved.miss
    if (
        miss is not None
        and resolved.reference.role == "network-policy"
        # Which pods a policy is about is not a matter of ports.
        and miss.code != "selector-matches-nothing"
    ):
        yield place_of(resolved).finding(miss.message, hint=miss.hint, value=resolved.reference.port)
