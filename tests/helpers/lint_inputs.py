"""Manifests with findings, for the tests of the command and its formats."""

from command_line import POD, deployment, service

__all__ = ["BAD", "POD", "WARNED"]

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
