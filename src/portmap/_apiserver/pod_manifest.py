"""The server's verdict on a manifest of a pod, or on the pod template of a workload, about ports.

Metadata, container ports, host networking, probes and hooks are checked strictly, with unknown
fields. The rest of a PodSpec is not checked.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, final

import attrs

from portmap._apiserver.container_port_schema import CONTAINER_PORT
from portmap._apiserver.metadata import METADATA_RULES
from portmap._apiserver.metadata_schema import METADATA, Metadata
from portmap._apiserver.pod_rules import CONTAINER_PORT_RULES, CONTAINER_RULES, POD_RULES
from portmap._apiserver.pod_warnings import POD_WARNINGS
from portmap._apiserver.probe_rules import HANDLER_RULES, LIFECYCLE, PROBE, Handler
from portmap._apiserver.problems import Problem, not_supported
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.enums import DEFAULT_PROTOCOL
from portmap._kubernetes.features import (
    INIT_RESTART_POLICY_CHECKED,
    INIT_RESTART_POLICY_DROPPED,
    PROBE_PROTOCOL_FIELDS,
    STOP_SIGNAL_FIELD,
)
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.kinds import template_path
from portmap._kubernetes.names import dns_subdomain_reasons
from portmap._kubernetes.schema import BOOLEAN, OPAQUE, TEXT, list_of, struct
from portmap._kubernetes.violations import ServerWarning, Violation

_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS: Final = ("postStart", "preStop")
_VALIDATION: Final = "pkg/apis/core/validation/validation.go"

_CONTAINER: Final = struct(
    {
        "name": TEXT,
        "restartPolicy": TEXT,
        "ports": list_of(CONTAINER_PORT),
        "lifecycle": LIFECYCLE,
        **dict.fromkeys(_PROBES, PROBE),
    },
    open_to_others=True,
)
_GROUPS: Final = ("initContainers", "containers", "ephemeralContainers")
_POD_SPEC: Final = struct({**dict.fromkeys(_GROUPS, list_of(_CONTAINER)), "hostNetwork": BOOLEAN}, open_to_others=True)
_POD: Final = struct({"apiVersion": TEXT, "kind": TEXT, "metadata": METADATA, "spec": _POD_SPEC, "status": OPAQUE})
_TEMPLATE: Final = struct({"metadata": METADATA, "spec": _POD_SPEC})


@final
@attrs.define(eq=False)
class _Port:
    name: str
    protocol: str
    container_port: int
    host_port: int
    host_ip: str


@final
@attrs.define(eq=False)
class _Container:
    """A container, decoded.

    Attributes:
        group: The field of the pod: `containers`, `initContainers` or `ephemeralContainers`.
        data: All its fields.
        ports: Its ports, with defaults.
        cluster: The cluster.
    """

    group: str
    data: Mapping[str, Any]
    ports: Sequence[_Port]
    cluster: Cluster

    @property
    def is_sidecar(self) -> bool:
        return bool(self.data.get("restartPolicy") == "Always")

    def handlers(self) -> Iterator[tuple[FieldPath, Handler]]:
        """Yield its hooks and probes, each with its path in the container."""
        lifecycle = self.data.get("lifecycle", {})
        for name in _HOOKS:
            if name in lifecycle:
                yield FieldPath("lifecycle", name), Handler(name, lifecycle[name])
        for name in _PROBES:
            if name in self.data:
                yield FieldPath(name), Handler(name, self.data[name])


@final
@attrs.define(eq=False)
class _Pod:
    cluster: Cluster
    containers: Sequence[_Container]
    init_containers: Sequence[_Container]
    ephemeral_containers: Sequence[_Container]
    host_network: bool
    template: bool

    @property
    def groups(self) -> tuple[Sequence[_Container], ...]:
        """The containers, in the order of `_GROUPS`."""
        return self.init_containers, self.containers, self.ephemeral_containers


# --- rules about manifests, which no typed pod can break ---------------------------------------------------------


CONTAINER_MANIFEST_RULES: Final = RuleGroup[_Container]("container manifests", about="Pod")


@CONTAINER_MANIFEST_RULES.rule(
    "init-container-probe-forbidden",
    "spec.initContainers[*].*",
    "FieldValueForbidden",
    source=f"{_VALIDATION}, validateInitContainers",
)
def init_container_probe_forbidden(container: _Container) -> Iterator[Problem]:
    """Init container that is not a sidecar has probes or hooks."""
    if container.group == "initContainers" and not container.is_sidecar:
        for field in ("lifecycle", *_PROBES):
            if field in container.data:
                detail = "may not be set for init containers without restartPolicy Always"
                yield Problem(
                    FieldPath(field), detail, hint="make it a sidecar with restartPolicy: Always, or remove it"
                )


@CONTAINER_MANIFEST_RULES.rule(
    "ephemeral-container-field-forbidden",
    "spec.ephemeralContainers[*].*",
    "FieldValueForbidden",
    source=f"{_VALIDATION}, validateEphemeralContainers",
)
def ephemeral_container_field_forbidden(container: _Container) -> Iterator[Problem]:
    """Ephemeral container has ports, probes or hooks."""
    if container.group == "ephemeralContainers":
        for field in ("ports", "lifecycle", *_PROBES):
            if container.data.get(field):
                yield Problem(FieldPath(field), "may not be set for an ephemeral container", hint="remove it")


_RESTART_POLICIES: Final = ("Always", "Never", "OnFailure")


@CONTAINER_MANIFEST_RULES.rule(
    "unsupported-restart-policy",
    "spec.initContainers[*].restartPolicy",
    "FieldValueNotSupported",
    source=f"{_VALIDATION}, validateInitContainerRestartPolicy",
)
def unsupported_restart_policy(container: _Container) -> Iterator[Problem]:
    """Restart policy of a container is not Always, Never or OnFailure.

    Up to 1.33, an init container may have only Always, and other containers none. 1.34 drops values
    that it does not know.
    """
    policy = container.data.get("restartPolicy")
    cluster = container.cluster
    if policy is None or container.group == "ephemeralContainers" or cluster.enabled(INIT_RESTART_POLICY_DROPPED):
        return
    newer = cluster.enabled(INIT_RESTART_POLICY_CHECKED)
    choices = _RESTART_POLICIES if newer else ("Always",)
    if policy not in choices and (newer or container.group == "initContainers"):
        yield not_supported(FieldPath("restartPolicy"), policy, choices)


@CONTAINER_MANIFEST_RULES.rule(
    "restart-policy-forbidden",
    "spec.containers[*].restartPolicy",
    "FieldValueForbidden",
    source=f"{_VALIDATION}, validateContainers at 1.33",
)
def restart_policy_forbidden(container: _Container) -> Iterator[Problem]:
    """Container that is not an init container has a restart policy.

    Up to Kubernetes 1.33.
    """
    cluster = container.cluster
    old = not cluster.enabled(INIT_RESTART_POLICY_CHECKED) and not cluster.enabled(INIT_RESTART_POLICY_DROPPED)
    if old and container.group == "containers" and "restartPolicy" in container.data:
        yield Problem(FieldPath("restartPolicy"), "may not be set for non-init containers", hint="remove it")


# Fields of a container that only newer versions have, each with its feature.
_NEWER_FIELDS: Final = (
    *((FieldPath(probe, "httpGet", "protocol"), PROBE_PROTOCOL_FIELDS) for probe in _PROBES),
    *((FieldPath(probe, "grpc", "mode"), PROBE_PROTOCOL_FIELDS) for probe in _PROBES),
    *((FieldPath("lifecycle", hook, "httpGet", "protocol"), PROBE_PROTOCOL_FIELDS) for hook in _HOOKS),
    (FieldPath("lifecycle", "stopSignal"), STOP_SIGNAL_FIELD),
)


NEWER_FIELD_RULES: Final = RuleGroup[_Container]("newer fields", stage=Stage.DECODE, about="Pod")


@NEWER_FIELD_RULES.rule(
    "field-not-in-version", "spec.containers[*].*", "FieldValueTypeInvalid", source="k8s.io/api, by version"
)
def field_not_in_version(container: _Container) -> Iterator[Problem]:
    """Field does not exist in this version of Kubernetes.

    `httpGet.protocol` and `grpc.mode` of probes exist from 1.37 on, and `stopSignal` of a lifecycle
    from 1.33 on.
    """
    for path, feature in _NEWER_FIELDS:
        data: Any = container.data
        for step in path:
            data = data.get(step) if isinstance(data, Mapping) else None
        if data is not None and not container.cluster.enabled(feature):
            yield Problem(path, f"exists only from Kubernetes {feature.since} on", data, "remove it")


POD_MANIFEST_RULES: Final = RuleGroup[_Pod]("pod manifests", about="Pod")


@POD_MANIFEST_RULES.rule(
    "ephemeral-containers-forbidden",
    "spec.ephemeralContainers",
    "FieldValueForbidden",
    source="pkg/apis/core/validation/validation.go, ValidatePodCreate",
)
def ephemeral_containers_forbidden(pod: _Pod) -> Iterator[Problem]:
    """Manifest has ephemeral containers.

    They are added to running pods only.
    """
    if pod.ephemeral_containers:
        yield Problem(FieldPath("spec", "ephemeralContainers"), "cannot be set on create", hint="remove them")


@POD_MANIFEST_RULES.rule(
    "containers-required", "spec.containers", "FieldValueRequired", source=f"{_VALIDATION}, validateContainers"
)
def containers_required(pod: _Pod) -> Iterator[Problem]:
    """Pod has no containers."""
    if not pod.containers:
        yield Problem(FieldPath("spec", "containers"), "a pod needs at least one container")


# --- the verdict -------------------------------------------------------------------------------------------------


def pod_violations(
    manifest: Mapping[str, Any], namespace: str | None, cluster: Cluster, found: list[Violation]
) -> list[Violation] | None:
    """Return the violations of a pod, or of the pod template of a workload; `None` for an object of another kind."""
    path = template_path(manifest.get("apiVersion"), manifest.get("kind"))
    if path is None or found:
        return found or None
    decoded, found = _decoded(manifest, path, namespace)
    if decoded is None:
        return found
    metadata = decoded.get("metadata", {})
    pod = _pod(decoded, cluster, template=bool(path))
    containers = [
        (container, path.child("spec", group).index(index))
        for group, of_group in zip(_GROUPS, pod.groups, strict=True)
        for index, container in enumerate(of_group)
    ]
    found = [
        violation for container, place in containers for violation in NEWER_FIELD_RULES.violations(container, place)
    ]
    if found:
        return found
    # A template has no name: its pods are named after their owner.
    subject = Metadata(metadata | {"name": "template"} if path else metadata, cluster, dns_subdomain_reasons)
    found = METADATA_RULES.violations(subject, path.child("metadata"))
    for container, place in containers:
        found += _container_violations(container, place)
    return found + POD_MANIFEST_RULES.violations(pod, path) + POD_RULES.violations(pod, path)


def pod_warnings(manifest: Mapping[str, Any], cluster: Cluster) -> list[ServerWarning]:
    """Return the warnings about the ports of a valid pod, or of the pod template of a workload."""
    path = template_path(manifest.get("apiVersion"), manifest.get("kind"))
    decoded = None if path is None else _decoded(manifest, path, None)[0]
    if path is None or decoded is None:
        return []
    return POD_WARNINGS.warnings(_pod(decoded, cluster, template=bool(path)), path)


def _decoded(
    manifest: Mapping[str, Any], path: FieldPath, namespace: str | None
) -> tuple[dict[str, Any] | None, list[Violation]]:
    """Return the pod or template, decoded, and the violations because of which it cannot be."""
    found: list[Violation] = []
    data: Any = manifest
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    decoded = (_TEMPLATE if path else _POD).read({} if data is None else data, path, found)
    if found or path:
        return (None if found else decoded), found
    own = decoded.get("metadata", {}).get("namespace")
    if namespace and own and own != namespace:
        detail = f"the request is for namespace {namespace}"
        found.append(
            Violation.about(
                FieldPath("metadata", "namespace"), "another-object", "FieldValueInvalid", detail, value=own
            )
        )
    return (None if found else decoded), found


def _pod(decoded: Mapping[str, Any], cluster: Cluster, *, template: bool) -> _Pod:
    spec = decoded.get("spec", {})
    # With host networking the server fills in the host ports of a pod, but not those of a template.
    filled = bool(spec.get("hostNetwork")) and not template
    groups = {group: _containers(spec, group, cluster, filled=filled) for group in _GROUPS}
    return _Pod(
        cluster,
        groups["containers"],
        groups["initContainers"],
        groups["ephemeralContainers"],
        host_network=spec.get("hostNetwork", False),
        template=template,
    )


def _containers(spec: Mapping[str, Any], group: str, cluster: Cluster, *, filled: bool) -> list[_Container]:
    return [
        _Container(
            group,
            container,
            [
                _Port(
                    port.get("name", ""),
                    port.get("protocol") or DEFAULT_PROTOCOL,
                    port.get("containerPort", 0),
                    port.get("hostPort", 0) or (port.get("containerPort", 0) if filled and group != _GROUPS[2] else 0),
                    port.get("hostIP", ""),
                )
                for port in container.get("ports", ())
            ],
            cluster,
        )
        for container in spec.get(group, ())
    ]


def _container_violations(container: _Container, path: FieldPath) -> list[Violation]:
    found: list[Violation] = []
    for position, port in enumerate(container.ports):
        found += CONTAINER_PORT_RULES.violations(port, path.child("ports").index(position))
    found += CONTAINER_RULES.violations(container, path)
    found += CONTAINER_MANIFEST_RULES.violations(container, path)
    if container.group == "containers" or (container.group == "initContainers" and container.is_sidecar):
        for place, handler in container.handlers():
            found += HANDLER_RULES.violations(handler, path + place)
    return found
