"""Manifests as text: what the tests of the command, the linter and `portmap set` read."""

from typing import Final


def deployment(name: str, labels: str, ports: str, namespace: str = "shop", kind: str = "Deployment") -> str:
    """Return a workload with one container."""
    return f"""\
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  template:
    metadata: {{labels: {{{labels}}}}}
    spec:
      containers:
      - {{name: app, image: example.com/app:1, ports: [{ports}]}}
  selector: {{matchLabels: {{{labels}}}}}
"""


def service(name: str, selector: str, ports: str, namespace: str = "shop") -> str:
    """Return a Service."""
    return f"""\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{{selector}}}
  ports: [{ports}]
"""


# --- Services with pods ---

WEB = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http, nodePort: 30080}
  - {name: debug, port: 6060}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: example.com/web:1
        ports:
        - {name: http, containerPort: 8080}
        - {name: dns, containerPort: 53, protocol: UDP}
"""

POD = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, labels: {app: web}}
spec:
  containers: [{name: app, image: example.com/web:1, ports: [{name: http, containerPort: 8080}]}]
"""
POD_REPORT = "Service web (web.yaml:1)\n  80/TCP  → Pod/web-0  app  8080/TCP\n"

BAD = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports:
  - name: http
    port: 80
    targetPort: htpp
---
""" + deployment("web", "app: web", "{name: http, containerPort: 8080}")

WARNED = service("web", "app: web", "{port: 80}") + "---\n" + deployment("web", "app: web", "{containerPort: 8080}")

# --- traces ---

INGRESS = """\
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec:
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
      - {path: /api, pathType: Prefix, backend: {service: {name: wep, port: {name: http}}}}
"""

AGENTS = """\
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: ops}
spec:
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
      - {name: app, ports: [{containerPort: 9100, hostPort: 9100}, {containerPort: 53, hostPort: 53, hostIP: 10.0.0.1}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: other, namespace: ops}
spec:
  template:
    metadata: {labels: {app: other}}
    spec: {hostNetwork: true, containers: [{name: app, ports: [{containerPort: 9100}]}]}
"""

# --- documents whose rules depend on each other ---


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

# --- files to edit ---

EDITED: Final = """\
# Ask Kim.
apiVersion: v1
kind: Service
metadata:
  name: web   # the name
  labels:
    app: web
    tier: 'front'
spec:
  ports:
  - name: http  # old
    port: 80
    targetPort: 8080
  - {name: metrics, port: 90}
---
a:   b   # not ours
"""

OTHER_KINDS: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: example.com/web:1, ports: [{containerPort: 8080}]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: a.example}]}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {LEVEL: info}}
---
{apiVersion: v1, kind: Secret, metadata: {name: web}}
---
{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: web}, spec: {project: default}}
---
{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, metadata: {name: web}}
---
{apiVersion: example.com/v1, kind: Odd, metadata: {name: web}, spec: {}, replicas: 5}
"""
