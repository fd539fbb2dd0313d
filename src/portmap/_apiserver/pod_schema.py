"""The fields of pods and containers on the wire.

Fields that no rule of portmap checks are read by `unjudged` readers: their names and the outer type of
their values are checked, and nothing else. The documentation lists them.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/api/core/v1/types.go`.
"""

from collections.abc import Mapping
from typing import Final

from portmap._apiserver.container_port_schema import CONTAINER_PORT
from portmap._apiserver.metadata_schema import METADATA
from portmap._apiserver.probe_rules import LIFECYCLE, PROBE
from portmap._kubernetes.schema import (
    BOOLEAN,
    INT32,
    INT64,
    OPAQUE,
    TEXT,
    TEXT_MAP,
    TEXTS,
    Reader,
    list_of,
    struct,
    unjudged,
)

_ITEMS: Final = unjudged(list_of(OPAQUE))
_ANYTHING: Final = unjudged(OPAQUE)
_NUMBER: Final = unjudged(INT64)
_TEXT: Final = unjudged(TEXT)

_ENV_SOURCE: Final = struct(
    dict.fromkeys(("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"), _ANYTHING)
)
_RESTART_RULE: Final = struct({"action": TEXT, "exitCodes": struct({"operator": TEXT, "values": list_of(INT32)})})

_CONTAINER_FIELDS: Final[Mapping[str, Reader]] = {
    "name": TEXT,
    "image": TEXT,
    "command": TEXTS,
    "args": TEXTS,
    "workingDir": TEXT,
    "ports": list_of(CONTAINER_PORT),
    "envFrom": _ITEMS,
    "env": list_of(struct({"name": TEXT, "value": TEXT, "valueFrom": _ENV_SOURCE})),
    "resources": _ANYTHING,
    "resizePolicy": _ITEMS,
    "restartPolicy": TEXT,
    "restartPolicyRules": list_of(_RESTART_RULE),
    "volumeMounts": _ITEMS,
    "volumeDevices": _ITEMS,
    "livenessProbe": PROBE,
    "readinessProbe": PROBE,
    "startupProbe": PROBE,
    "lifecycle": LIFECYCLE,
    "terminationMessagePath": TEXT,
    "terminationMessagePolicy": _TEXT,
    "imagePullPolicy": _TEXT,
    "securityContext": _ANYTHING,
    "stdin": BOOLEAN,
    "stdinOnce": BOOLEAN,
    "tty": BOOLEAN,
}
_CONTAINERS: Final = list_of(struct(_CONTAINER_FIELDS))
_EPHEMERAL_CONTAINERS: Final = list_of(struct({**_CONTAINER_FIELDS, "targetContainerName": _TEXT}))

POD_SPEC: Final = struct(
    {
        "volumes": _ITEMS,
        "initContainers": _CONTAINERS,
        "containers": _CONTAINERS,
        "ephemeralContainers": _EPHEMERAL_CONTAINERS,
        "restartPolicy": TEXT,
        "terminationGracePeriodSeconds": INT64,
        "activeDeadlineSeconds": _NUMBER,
        "dnsPolicy": TEXT,
        "nodeSelector": unjudged(TEXT_MAP),
        "serviceAccountName": _TEXT,
        "serviceAccount": _TEXT,
        "automountServiceAccountToken": BOOLEAN,
        "nodeName": _TEXT,
        "hostNetwork": BOOLEAN,
        "hostPID": BOOLEAN,
        "hostIPC": BOOLEAN,
        "shareProcessNamespace": BOOLEAN,
        "securityContext": _ANYTHING,
        "imagePullSecrets": _ITEMS,
        "hostname": TEXT,
        "subdomain": TEXT,
        "affinity": _ANYTHING,
        "schedulerName": _TEXT,
        "tolerations": _ITEMS,
        "hostAliases": list_of(struct({"ip": TEXT, "hostnames": TEXTS})),
        "priorityClassName": _TEXT,
        "priority": unjudged(INT32),
        "dnsConfig": _ANYTHING,
        "readinessGates": list_of(struct({"conditionType": TEXT})),
        "runtimeClassName": _TEXT,
        "enableServiceLinks": BOOLEAN,
        "preemptionPolicy": _TEXT,
        "overhead": _ANYTHING,
        "topologySpreadConstraints": _ITEMS,
        "setHostnameAsFQDN": BOOLEAN,
        "os": _ANYTHING,
        "hostUsers": BOOLEAN,
        "schedulingGates": _ITEMS,
        "resourceClaims": _ITEMS,
        "resources": _ANYTHING,
        "hostnameOverride": TEXT,
        "workloadRef": _ANYTHING,
        "schedulingGroup": _ANYTHING,
    }
)
"""Reads the spec of a pod."""

POD_TEMPLATE: Final = struct({"metadata": METADATA, "spec": POD_SPEC})
"""Reads the pod template of a workload."""
