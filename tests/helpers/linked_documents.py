"""Documents whose rules ask about each other, for tests of what rules know about other parts of the input."""

from typing import Final

from command_line import deployment, service

__all__ = ["CUSTOM", "DOCUMENTS", "GRANT", "OTHER", "ingress", "labelled", "monitor", "on_nodes", "route"]


def ingress(name: str, port: str = "number: 80") -> str:
    backend = f"{{service: {{name: {name}, port: {{{port}}}}}}}"
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: front, namespace: shop}}
spec: {{defaultBackend: {backend}}}
"""


def route(name: str, namespace: str = "") -> str:
    target = f", namespace: {namespace}" if namespace else ""
    return f"""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: route, namespace: edge}}
spec: {{parentRefs: [{{name: gateway}}], rules: [{{backendRefs: [{{name: {name}, port: 80{target}}}]}}]}}
"""


GRANT: Final = """\
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: routes, namespace: far}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: else}], to: [{group: "", kind: Service}]}
"""


def monitor(label: str, kind: str = "ServiceMonitor") -> str:
    endpoints = "endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"
    return f"""\
apiVersion: monitoring.coreos.com/v1
kind: {kind}
metadata: {{name: metrics, namespace: shop}}
spec: {{selector: {{matchLabels: {{{label}}}}}, {endpoints}: [{{port: metrics}}]}}
"""


def on_nodes(name: str, selector: str, ports: str) -> str:
    return service(name, selector, ports).replace("spec:", "spec:\n  type: NodePort")


def labelled(name: str, port: str, namespace: str = "shop") -> str:
    text = service(name, "app: none", port, namespace)
    return text.replace(f"name: {name}", f"name: {name}, labels: {{app: {name}}}", 1)


CUSTOM: Final = "apiVersion: acme.example.com/v1\nkind: Shop\nmetadata: {name: web}\n"
STATEFUL: Final = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db, role: main}}
    spec: {containers: [{name: db, ports: [{name: metrics, containerPort: 9100}]}]}
"""

DOCUMENTS: Final = (
    service("web", "app: web", "{name: http, port: 80}"),
    service("web", "app: web", "{name: other, port: 81}"),
    service("web", "app: web", "{port: 0}"),
    on_nodes("api", "app: api", "{name: metrics, port: 80, nodePort: 30080}"),
    on_nodes("db", "app: db, role: main", "{port: 80, nodePort: 30080}"),
    service("db", "", "{port: 5432}"),
    labelled("api", "{name: metrics, port: 9100}"),
    labelled("web", "{port: 9100}"),
    labelled("api", "{port: 9100}", "far"),
    service("web", "app: a", "{port: 80}", "far"),
    service("none", "app: none", "").replace("ports: []", "type: Wrong"),
    deployment("web", "app: web", "{name: http, containerPort: 8080}"),
    deployment("api", "app: api, role: main", "{name: metrics, containerPort: 9100}"),
    ingress("web"),
    ingress("api", "name: http"),
    ingress("none"),
    ingress("web-canary"),
    route("web"),
    route("web", "far"),
    GRANT,
    monitor("app: web"),
    monitor("app: api"),
    monitor("app: db", "PodMonitor"),
    CUSTOM,
    CUSTOM.replace("web", "db"),
    STATEFUL,
)


OTHER: Final = service("other", "app: other", "{port: 80}")
