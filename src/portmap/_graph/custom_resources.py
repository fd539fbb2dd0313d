"""Custom resources whose controllers may create pods or Services.

The manifests of such an application have the custom resource alone, so it is no mistake if pods or a Service of its
name are missing.
"""

from typing import Final

from portmap._graph.items import Item
from portmap._graph.object_name import ObjectName, text_at
from portmap._kubernetes.kinds import known_kinds

# API groups and kinds whose controllers create neither pods nor Services: they route requests, grant access,
# or configure a controller.
_GROUPS_WITHOUT_CHILDREN: Final = frozenset(
    {"networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io", "cert-manager.io"}
    | {"acme.cert-manager.io", "traefik.io", "traefik.containo.us", "split.smi-spec.io", "specs.smi-spec.io"}
    | {"access.smi-spec.io", "policy.linkerd.io", "linkerd.io", "external-secrets.io", "k8s.nginx.org"}
    | {"configuration.konghq.com", "projectcalico.org", "crd.projectcalico.org", "cilium.io", "kyverno.io"}
    | {"metallb.io", "networking.gke.io", "cloud.google.com", "elbv2.k8s.aws", "apisix.apache.org"}
    | {"networking.x-k8s.io", "security.openshift.io", "route.openshift.io", "image.openshift.io", "user.openshift.io"}
)
_KINDS_WITHOUT_CHILDREN: Final = frozenset(
    {"AnalysisTemplate", "AppProject", "HTTPProxy", "Kustomization", "PodMonitor", "PodMonitoring", "Probe"}
    | {"PrometheusRule", "ScaledObject", "ScrapeConfig", "SealedSecret", "ServiceMonitor", "TriggerAuthentication"}
)
# Kinds that are often named after an application although their controllers create no Services.
_KINDS_WITHOUT_SERVICES: Final = frozenset(
    {"Application", "Certificate", "ClusterIssuer", "DestinationRule", "Issuer", "PodMonitor", "PrometheusRule"}
    | {"Rollout", "ScaledObject", "ServiceMonitor", "SealedSecret", "VirtualService"}
)


def is_custom_resource(item: Item) -> bool:
    """Return whether an object is a custom resource whose controller may create other objects."""
    if not item.name.name:
        return False
    group, _, version = (text_at(item.raw, "apiVersion") or "").rpartition("/")
    # Kubernetes' own groups have no dot, or end in k8s.io.
    own = not version or "." not in group or group.endswith(".k8s.io")
    return (
        not own and group not in _GROUPS_WITHOUT_CHILDREN and text_at(item.raw, "kind") not in _KINDS_WITHOUT_CHILDREN
    )


def may_create_pods(resource: ObjectName) -> bool:
    """Return whether the controller of a custom resource may create pods that the resource does not show.

    portmap reads the pod templates of some kinds. These create the pods that they show and no others.
    """
    return resource.kind not in known_kinds()


def may_create_services(resource: ObjectName) -> bool:
    """Return whether the controller of a custom resource may create Services."""
    return resource.kind not in _KINDS_WITHOUT_SERVICES
