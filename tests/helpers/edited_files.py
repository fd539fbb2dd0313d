"""Files whose fields the tests of `set` change."""

from typing import Final

__all__ = ["OTHERS", "WEB"]

WEB: Final = """\
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

OTHERS: Final = """\
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
