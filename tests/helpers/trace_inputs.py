"""Manifests for tests of traces."""

__all__ = ["AGENTS", "INGRESS"]

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
