"""What the API server checks about a pod or pod template, beside the rules that typed pods have as well.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from portmap._apiserver.container_rules import CONTAINER_FIELD_RULES, CONTAINER_WARNINGS, NAMED_CONTAINER_RULES
from portmap._apiserver.decoded_pod import HOOKS, PROBES, DecodedContainer, DecodedPod, decoded_pod
from portmap._apiserver.object_kind import DecodedObject, ObjectKind, object_schema, rules_of_object
from portmap._apiserver.pod_rules import CONTAINER_PORT_RULES, CONTAINER_RULES, POD_RULES
from portmap._apiserver.pod_schema import POD_SPEC
from portmap._apiserver.pod_spec_rules import POD_SPEC_RULES
from portmap._apiserver.pod_warnings import POD_NAME_WARNINGS, POD_WARNINGS
from portmap._apiserver.probe_rules import HANDLER_RULES
from portmap._apiserver.problems import Problem, not_supported
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._kubernetes.features import (
    INIT_RESTART_POLICY_CHECKED,
    INIT_RESTART_POLICY_DROPPED,
    PROBE_PROTOCOL_FIELDS,
    STOP_SIGNAL_FIELD,
)
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.names import dns_subdomain_reasons
from portmap._kubernetes.schema import OPAQUE, unjudged
from portmap._kubernetes.violations import ServerWarning, Violation

_VALIDATION: Final = "pkg/apis/core/validation/validation.go"


CONTAINER_MANIFEST_RULES: Final = RuleGroup[DecodedContainer]("container manifests", about="Pod")


@CONTAINER_MANIFEST_RULES.rule(
    "init-container-probe-forbidden",
    "spec.initContainers[*].*",
    "FieldValueForbidden",
    source=f"{_VALIDATION}, validateInitContainers",
)
def init_container_probe_forbidden(container: DecodedContainer) -> Iterator[Problem]:
    """Init container that is not a sidecar has probes or hooks.

    A `lifecycle` that has nothing but a `stopSignal` is not a hook: the server drops it.
    """
    if container.group == "initContainers" and not container.is_sidecar:
        for field in ("lifecycle", *PROBES):
            if field in container.data and set(container.data[field]) != {"stopSignal"}:
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
def ephemeral_container_field_forbidden(container: DecodedContainer) -> Iterator[Problem]:
    """Ephemeral container has ports, probes or hooks."""
    if container.group == "ephemeralContainers":
        for field in ("ports", "lifecycle", *PROBES):
            if container.data.get(field):
                yield Problem(FieldPath(field), "may not be set for an ephemeral container", hint="remove it")


_RESTART_POLICIES: Final = ("Always", "Never", "OnFailure")


@CONTAINER_MANIFEST_RULES.rule(
    "unsupported-restart-policy",
    "spec.initContainers[*].restartPolicy",
    "FieldValueNotSupported",
    source=f"{_VALIDATION}, validateInitContainerRestartPolicy",
)
def unsupported_restart_policy(container: DecodedContainer) -> Iterator[Problem]:
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
def restart_policy_forbidden(container: DecodedContainer) -> Iterator[Problem]:
    """Container that is not an init container has a restart policy.

    Up to Kubernetes 1.33.
    """
    cluster = container.cluster
    old = not cluster.enabled(INIT_RESTART_POLICY_CHECKED) and not cluster.enabled(INIT_RESTART_POLICY_DROPPED)
    if old and container.group == "containers" and "restartPolicy" in container.data:
        yield Problem(FieldPath("restartPolicy"), "may not be set for non-init containers", hint="remove it")


# Fields of a container that only newer versions have, each with its feature.
_NEWER_FIELDS: Final = (
    *((FieldPath(probe, "httpGet", "protocol"), PROBE_PROTOCOL_FIELDS) for probe in PROBES),
    *((FieldPath(probe, "grpc", "mode"), PROBE_PROTOCOL_FIELDS) for probe in PROBES),
    *((FieldPath("lifecycle", hook, "httpGet", "protocol"), PROBE_PROTOCOL_FIELDS) for hook in HOOKS),
    (FieldPath("lifecycle", "stopSignal"), STOP_SIGNAL_FIELD),
)


NEWER_FIELD_RULES: Final = RuleGroup[DecodedContainer]("newer fields", stage=Stage.DECODE, about="Pod")


@NEWER_FIELD_RULES.rule(
    "field-not-in-version", "spec.containers[*].*", "FieldValueTypeInvalid", source="k8s.io/api, by version"
)
def field_not_in_version(container: DecodedContainer) -> Iterator[Problem]:
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


POD_MANIFEST_RULES: Final = RuleGroup[DecodedPod]("pod manifests", about="Pod")


@POD_MANIFEST_RULES.rule(
    "ephemeral-containers-forbidden",
    "spec.ephemeralContainers",
    "FieldValueForbidden",
    source="pkg/apis/core/validation/validation.go, ValidatePodCreate",
)
def ephemeral_containers_forbidden(pod: DecodedPod) -> Iterator[Problem]:
    """Manifest has ephemeral containers.

    They are added to running pods only.
    """
    if pod.ephemeral_containers:
        yield Problem(FieldPath("spec", "ephemeralContainers"), "cannot be set on create", hint="remove them")


@POD_MANIFEST_RULES.rule(
    "containers-required", "spec.containers", "FieldValueRequired", source=f"{_VALIDATION}, validateContainers"
)
def containers_required(pod: DecodedPod) -> Iterator[Problem]:
    """Pod has no containers."""
    if not pod.containers:
        yield Problem(FieldPath("spec", "containers"), "a pod needs at least one container")


# --- the rules applied -----------------------------------------------------------------------------------------


def pod_violations(pod: DecodedPod, root: FieldPath, *, containers_only: bool = False) -> list[Violation]:
    """Return what the server rejects about the spec of a pod or template at this path.

    Args:
        pod: The pod or template.
        root: Its path.
        containers_only: Whether the server checks the containers and nothing else of the spec.
    """
    found: list[Violation] = []
    for place, container in pod.all_containers():
        path = root + place
        for position, port in enumerate(container.ports):
            found += CONTAINER_PORT_RULES.violations(port, path.child("ports").index(position))
        for group in (CONTAINER_RULES, CONTAINER_MANIFEST_RULES, CONTAINER_FIELD_RULES):
            found += group.violations(container, path)
        if container.group == "containers" or (container.group == "initContainers" and container.is_sidecar):
            for below, handler in container.handlers():
                found += HANDLER_RULES.violations(handler, path + below)
    for rules in (POD_MANIFEST_RULES, POD_RULES, NAMED_CONTAINER_RULES):
        found += rules.violations(pod, root)
    return found if containers_only else found + POD_SPEC_RULES.violations(pod, root)


def pod_decoding_violations(pod: DecodedPod, root: FieldPath) -> list[Violation]:
    """Return what keeps a server of this version from decoding a pod or template at this path."""
    return [
        violation
        for place, container in pod.all_containers()
        for violation in NEWER_FIELD_RULES.violations(container, root + place)
    ]


def pod_warnings(pod: DecodedPod, root: FieldPath) -> list[ServerWarning]:
    """Return what the server warns about when it accepts a pod or template at this path."""
    return POD_WARNINGS.warnings(pod, root) + CONTAINER_WARNINGS.warnings(pod, root)


def _pod(subject: DecodedObject) -> DecodedPod:
    return decoded_pod(subject.spec, subject.cluster, template=False)


_metadata_violations: Final = rules_of_object(dns_subdomain_reasons, RuleGroup[DecodedObject]("no rules"))


def _violations(subject: DecodedObject) -> list[Violation]:
    return _metadata_violations(subject) + pod_violations(_pod(subject), ROOT)


def _warnings(subject: DecodedObject) -> list[ServerWarning]:
    return POD_NAME_WARNINGS.warnings(subject) + pod_warnings(_pod(subject), ROOT)


POD: Final = ObjectKind(
    "v1",
    "Pod",
    object_schema({"spec": POD_SPEC, "status": unjudged(OPAQUE)}),
    _violations,
    _warnings,
    lambda subject: pod_decoding_violations(_pod(subject), ROOT),
)
