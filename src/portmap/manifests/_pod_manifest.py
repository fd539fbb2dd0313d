"""The verdict on a pod, or on the template in a workload: what concerns ports, and no more.

Metadata, container ports, host networking, probes and hooks are judged strictly,
unknown fields in them too. Of everything else in a PodSpec nothing is said.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, final

import attrs

from portmap._cluster import INIT_RESTART_POLICY_CHECKED, INIT_RESTART_POLICY_DROPPED, Cluster
from portmap._grammar import dns_subdomain_reasons
from portmap._metadata import METADATA, METADATA_RULES, Metadata
from portmap._paths import Path
from portmap._pod_rules import CONTAINER_RULES, POD_RULES
from portmap._ports import CONTAINER_PORT, CONTAINER_PORT_RULES, not_supported
from portmap._probe_rules import HANDLER_RULES, LIFECYCLE, PROBE, Handler
from portmap._rules import Problem, Rule, broken, rule
from portmap._schema import BOOLEAN, INVALID, OPAQUE, TEXT, Reader, list_of, struct
from portmap._violations import Violation
from portmap._workloads import template_path

__all__ = ["POD_MANIFEST_RULES", "judge_pod"]

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
    """A container as decoded, with its group and what the cluster makes of its restart policy."""

    group: str
    data: Mapping[str, Any]
    ports: Sequence[_Port]
    cluster: Cluster

    @property
    def is_sidecar(self) -> bool:
        return bool(self.data.get("restartPolicy") == "Always")

    def handlers(self) -> Iterator[tuple[Path, Handler]]:
        """Its hooks and probes, with their places."""
        lifecycle = self.data.get("lifecycle", {})
        for name in _HOOKS:
            if name in lifecycle:
                yield ("lifecycle", name), Handler(name, lifecycle[name])
        for name in _PROBES:
            if name in self.data:
                yield (name,), Handler(name, self.data[name])


@final
@attrs.define(eq=False)
class _Pod:
    containers: Sequence[_Container]
    init_containers: Sequence[_Container]
    ephemeral_containers: Sequence[_Container]
    host_network: bool
    template: bool


# --- rules that only a whole manifest can break ----------------------------------------------------------------


@rule(
    "init-container-probe-forbidden",
    "spec.initContainers[*].*",
    "FieldValueForbidden",
    source=f"{_VALIDATION}, validateInitContainers",
)
def init_container_probe_forbidden(container: _Container) -> Iterator[Problem]:
    """An init container that runs to its end has no probes and no hooks; a sidecar may."""
    if container.group == "initContainers" and not container.is_sidecar:
        for field in ("lifecycle", *_PROBES):
            if field in container.data:
                detail = "may not be set for init containers without restartPolicy Always"
                yield Problem((field,), detail, hint="make it a sidecar with restartPolicy: Always, or remove it")


@rule(
    "ephemeral-container-field-forbidden",
    "spec.ephemeralContainers[*].*",
    "FieldValueForbidden",
    source=f"{_VALIDATION}, validateEphemeralContainers",
)
def ephemeral_container_field_forbidden(container: _Container) -> Iterator[Problem]:
    """An ephemeral container has no ports, probes or hooks."""
    if container.group == "ephemeralContainers":
        for field in ("ports", "lifecycle", *_PROBES):
            if container.data.get(field):
                yield Problem((field,), "may not be set for an ephemeral container", hint="remove it")


_RESTART_POLICIES: Final = ("Always", "Never", "OnFailure")


@rule(
    "unsupported-restart-policy",
    "spec.initContainers[*].restartPolicy",
    "FieldValueNotSupported",
    source=f"{_VALIDATION}, validateInitContainerRestartPolicy",
)
def unsupported_restart_policy(container: _Container) -> Iterator[Problem]:
    """A container's restart policy is Always, Never or OnFailure.

    Up to 1.33 an init container may have Always alone, and other containers none;
    1.34 drops what it does not know.
    """
    policy = container.data.get("restartPolicy")
    cluster = container.cluster
    if policy is None or container.group == "ephemeralContainers" or cluster.enabled(INIT_RESTART_POLICY_DROPPED):
        return
    newer = cluster.enabled(INIT_RESTART_POLICY_CHECKED)
    choices = _RESTART_POLICIES if newer else ("Always",)
    if policy not in choices and (newer or container.group == "initContainers"):
        yield Problem(("restartPolicy",), not_supported(choices), policy)


@rule(
    "restart-policy-forbidden",
    "spec.containers[*].restartPolicy",
    "FieldValueForbidden",
    source=f"{_VALIDATION}, validateContainers at 1.33",
)
def restart_policy_forbidden(container: _Container) -> Iterator[Problem]:
    """Up to Kubernetes 1.33 only init containers have a restart policy of their own."""
    cluster = container.cluster
    old = not cluster.enabled(INIT_RESTART_POLICY_CHECKED) and not cluster.enabled(INIT_RESTART_POLICY_DROPPED)
    if old and container.group == "containers" and "restartPolicy" in container.data:
        yield Problem(("restartPolicy",), "may not be set for non-init containers", hint="remove it")


CONTAINER_MANIFEST_RULES: Final[tuple[Rule[_Container], ...]] = (
    init_container_probe_forbidden,
    ephemeral_container_field_forbidden,
    unsupported_restart_policy,
    restart_policy_forbidden,
)


@rule(
    "ephemeral-containers-forbidden",
    "spec.ephemeralContainers",
    "FieldValueForbidden",
    source="pkg/apis/core/validation/validation.go, ValidatePodCreate",
)
def ephemeral_containers_forbidden(pod: _Pod) -> Iterator[Problem]:
    """Ephemeral containers are added to running pods, not written into manifests."""
    if pod.ephemeral_containers:
        yield Problem(("spec", "ephemeralContainers"), "cannot be set on create", hint="remove them")


@rule("containers-required", "spec.containers", "FieldValueRequired", source=f"{_VALIDATION}, validateContainers")
def containers_required(pod: _Pod) -> Iterator[Problem]:
    """A pod has at least one container."""
    if not pod.containers:
        yield Problem(("spec", "containers"), "a pod has at least one container")


POD_MANIFEST_RULES: Final[tuple[Rule[_Pod], ...]] = (containers_required, ephemeral_containers_forbidden)


# --- the verdict -----------------------------------------------------------------------------------------------


def judge_pod(
    manifest: Mapping[str, Any], namespace: str | None, cluster: Cluster, found: list[Violation]
) -> list[Violation] | None:
    """The verdict on a pod or a workload's template; `None` for an object that has neither."""
    path = template_path(manifest.get("apiVersion"), manifest.get("kind"))
    if path is None:
        return None
    if path:
        data: Any = manifest
        for step in path:
            data = data.get(step) if isinstance(data, Mapping) else None
        return found or _judge({} if data is None else data, path, _TEMPLATE, cluster)
    return found or _judge_whole(manifest, namespace, cluster)


def _judge_whole(manifest: Mapping[str, Any], namespace: str | None, cluster: Cluster) -> list[Violation]:
    found: list[Violation] = []
    decoded = _POD.read(manifest, (), found)
    if found or decoded is INVALID:
        return found
    metadata = decoded.get("metadata", {})
    place = metadata.get("namespace")
    if manifest.get("apiVersion") not in {None, "", "v1", "/v1"} or (namespace and place and place != namespace):
        field, value = ("metadata.namespace", place) if place else ("apiVersion", manifest.get("apiVersion"))
        detail = f"the request is for namespace {namespace}" if place else "must be v1 for a Pod"
        return [Violation.about(field, "another-object", "FieldValueInvalid", detail, value=value)]
    subject = Metadata(metadata, cluster, dns_subdomain_reasons)
    return broken(METADATA_RULES, subject, ("metadata",)) + _judge(decoded, (), None, cluster)


def _judge(data: Any, path: Path, reader: Reader | None, cluster: Cluster) -> list[Violation]:  # noqa: ANN401
    found: list[Violation] = []
    decoded = data if reader is None else reader.read(data, path, found)
    if found:
        return found
    spec = decoded.get("spec", {})
    # Under host networking a pod's host ports are filled in on decoding, a template's are not.
    filled = bool(spec.get("hostNetwork")) and not path
    groups = {group: _containers(spec, group, cluster, filled=filled) for group in _GROUPS}
    pod = _Pod(
        groups["containers"],
        groups["initContainers"],
        groups["ephemeralContainers"],
        host_network=spec.get("hostNetwork", False),
        template=bool(path),
    )
    if path:
        subject = Metadata({**decoded.get("metadata", {}), "name": "template"}, cluster, dns_subdomain_reasons)
        found += broken(METADATA_RULES, subject, (*path, "metadata"))
    for group, containers in groups.items():
        for index, container in enumerate(containers):
            found += _judge_container(container, (*path, "spec", group, index))
    return found + broken(POD_MANIFEST_RULES, pod, path) + broken(POD_RULES, pod, path)


def _containers(spec: Mapping[str, Any], group: str, cluster: Cluster, *, filled: bool) -> list[_Container]:
    return [
        _Container(
            group,
            container,
            [
                _Port(
                    port.get("name", ""),
                    port.get("protocol") or "TCP",
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


def _judge_container(container: _Container, path: Path) -> list[Violation]:
    found: list[Violation] = []
    for position, port in enumerate(container.ports):
        found += broken(CONTAINER_PORT_RULES, port, (*path, "ports", position))
    found += broken(CONTAINER_RULES, container, path)
    found += broken(CONTAINER_MANIFEST_RULES, container, path)
    if container.group == "containers" or (container.group == "initContainers" and container.is_sidecar):
        for place, handler in container.handlers():
            found += broken(HANDLER_RULES, handler, path + place)
    return found
