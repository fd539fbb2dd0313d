"""Workloads: their fields, and what the API server checks about them beside their pods.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/apps/validation/validation.go`,
`pkg/apis/batch/validation/validation.go` and `pkg/apis/core/validation/validation.go`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, final

import attrs

from portmap._apiserver.decoded_pod import DecodedPod, decoded_pod
from portmap._apiserver.label_selector import LABEL_SELECTOR, LABEL_SELECTOR_RULES, matches
from portmap._apiserver.metadata import (
    METADATA_RULES,
    annotation_key_syntax,
    annotations_too_long,
    generated_name,
    label_syntax,
)
from portmap._apiserver.metadata_schema import METADATA, Metadata, NameGrammar
from portmap._apiserver.object_kind import DecodedObject, ObjectKind, object_schema
from portmap._apiserver.pod_manifest import pod_decoding_violations, pod_violations, pod_warnings
from portmap._apiserver.pod_schema import POD_TEMPLATE
from portmap._apiserver.pod_spec_rules import RESTART_POLICIES
from portmap._apiserver.pod_warnings import POD_OWNER_NAME_WARNINGS
from portmap._apiserver.problems import Problem, invalid, not_supported
from portmap._apiserver.rule import RuleGroup
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.kinds import WORKLOAD_KINDS
from portmap._kubernetes.names import dns_label_reasons, dns_subdomain_reasons
from portmap._kubernetes.schema import BOOLEAN, INT32, INT64, OPAQUE, TEXT, TEXT_MAP, Reader, list_of, struct, unjudged
from portmap._kubernetes.violations import ServerWarning, Violation

_APPS: Final = "pkg/apis/apps/validation/validation.go"
_BATCH: Final = "pkg/apis/batch/validation/validation.go"
_CORE: Final = "pkg/apis/core/validation/validation.go"
_LONGEST_CRON_JOB_NAME: Final = 52
_SELECTING: Final = frozenset({"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"})
_JOBS: Final = frozenset({"CronJob", "Job"})
_DEFAULTS_LABELS: Final = frozenset({"Job", "ReplicationController"})


@final
@attrs.frozen(eq=False)
class _Workload:
    """The subject of the rules: a decoded workload.

    Attributes:
        kind: Its kind.
        object: The object.
        path: The path of its pod template.
    """

    kind: str
    object: DecodedObject
    path: FieldPath

    @property
    def spec(self) -> Mapping[str, Any]:
        """The spec that holds the template: of a CronJob, that of its jobs."""
        return self._at(self.path.parent)

    @property
    def template(self) -> Mapping[str, Any]:
        return self._at(self.path)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the template, with those that the server adds for a Job."""
        return {**self.template.get("metadata", {}).get("labels", {}), **self.generated_labels}

    @property
    def has_manual_selector(self) -> bool:
        """Whether it is a Job that has its own selector."""
        return self.kind == "Job" and bool(self.spec.get("manualSelector"))

    @property
    def generated_labels(self) -> Mapping[str, str]:
        """The labels that the server adds to the template of a Job, but for the uid."""
        if self.kind != "Job" or self.has_manual_selector:
            return {}
        return dict.fromkeys(("batch.kubernetes.io/job-name", "job-name"), self.name)

    @property
    def name(self) -> str:
        """The name, as the server generates it if there is none."""
        metadata = self.object.metadata
        return metadata.get("name") or generated_name(metadata.get("generateName"))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata, with the labels that the server takes from the template if there are none."""
        found = {field: value for field, value in self.object.metadata.items() if field != "generation"}
        if self.kind in _DEFAULTS_LABELS and not found.get("labels"):
            found["labels"] = self.labels
        return found

    def pod(self) -> DecodedPod:
        return decoded_pod(self.template.get("spec", {}), self.object.cluster, template=True)

    def _at(self, path: FieldPath) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.object.data
        for step in path:
            found = found.get(str(step), {})
        return found


TEMPLATE_METADATA_RULES: Final = RuleGroup[Metadata]("metadata of pod templates", about="workload")
# The server checks nothing else of it, and leaves `metadata` out of the paths.
TEMPLATE_METADATA_RULES.include(label_syntax)
TEMPLATE_METADATA_RULES.include(annotation_key_syntax)
TEMPLATE_METADATA_RULES.include(annotations_too_long)

WORKLOAD_RULES: Final = RuleGroup[_Workload]("workloads", about="workload")


@WORKLOAD_RULES.rule(
    "cron-job-name-too-long", "metadata.name", "FieldValueInvalid", source=f"{_BATCH}, ValidateCronJobCreate"
)
def cron_job_name_too_long(workload: _Workload) -> Iterator[Problem]:
    """Name of a CronJob has more than 52 characters.

    Its Jobs have names with eleven characters more.
    """
    if workload.kind == "CronJob" and len(workload.name) > _LONGEST_CRON_JOB_NAME:
        detail = f"must be no more than {_LONGEST_CRON_JOB_NAME} characters"
        yield Problem(FieldPath("metadata", "name"), detail, workload.name)


@WORKLOAD_RULES.rule("workload-selector-required", "spec.selector", "FieldValueRequired", source=_APPS)
def workload_selector_required(workload: _Workload) -> Iterator[Problem]:
    """Deployment, ReplicaSet, StatefulSet or ReplicationController has no selector.

    A ReplicationController without one selects the labels of its template, if there are any.
    """
    path = FieldPath("spec", "selector")
    hint = "write the labels of the template in selector.matchLabels"
    if workload.kind == "ReplicationController":
        if not workload.spec.get("selector") and not workload.labels:
            yield Problem(path, "must be given, or the template must have labels")
    elif workload.kind in _SELECTING - {"DaemonSet"} and "selector" not in workload.spec:
        yield Problem(path, "must be given", hint=hint)


@WORKLOAD_RULES.rule("workload-selector-empty", "spec.selector", "FieldValueInvalid", source=_APPS)
def workload_selector_empty(workload: _Workload) -> Iterator[Problem]:
    """Selector of a workload is empty."""
    selector = workload.spec.get("selector")
    if workload.kind in _SELECTING and selector is not None and not any(selector.values()):
        yield Problem(FieldPath("spec", "selector"), "must not be empty", selector)


@WORKLOAD_RULES.rule("workload-selector-unreadable", "spec.selector", "FieldValueInvalid", source=_APPS)
def workload_selector_unreadable(workload: _Workload) -> Iterator[Problem]:
    """Selector of a workload has an expression or a label that is not valid.

    The server reports the selector besides the part of it.
    """
    if workload.kind in _SELECTING - {"DaemonSet"} and matches(workload.spec.get("selector", {}), {}) is None:
        yield Problem(FieldPath("spec", "selector"), "is not valid", workload.spec["selector"])


@WORKLOAD_RULES.rule("selector-template-mismatch", "spec.template.metadata.labels", "FieldValueInvalid", source=_APPS)
def selector_template_mismatch(workload: _Workload) -> Iterator[Problem]:
    """Selector of a workload does not match the labels of its pod template."""
    path = FieldPath("spec", "template", "metadata", "labels")
    labels, selector = workload.labels, workload.spec.get("selector")
    if workload.kind == "ReplicationController":
        matched = "template" not in workload.spec or selector is None or selector.items() <= labels.items()
    elif workload.kind in _SELECTING:
        # The selector that is missing selects nothing.
        matched = selector is not None and matches(selector, labels) is not False
    else:
        # The server generates the selector that a Job lacks, and labels that it selects.
        matched = workload.kind != "Job" or selector is None or matches(selector, labels) is not False
    if not matched and selector is None:
        hint = "write the labels of the template in spec.selector.matchLabels"
        yield Problem(path, "are not selected: spec.selector is missing", labels, hint)
    elif not matched:
        yield Problem(path, "must have the labels that spec.selector selects", labels)


@WORKLOAD_RULES.rule(
    "job-selector-generated", "*.selector", "FieldValueInvalid", source=f"{_BATCH}, validateGeneratedSelector"
)
def job_selector_generated(workload: _Workload) -> Iterator[Problem]:
    """Job has a selector of its own, although the server generates one.

    With `manualSelector: true`, a Job has its own selector. A CronJob has none at all.
    """
    selector = workload.spec.get("selector")
    if selector is None or workload.has_manual_selector:
        return
    is_generated = workload.kind == "Job" and matches(selector, workload.generated_labels) is not False
    if workload.kind in _JOBS and not is_generated:
        yield Problem(workload.path.parent.child("selector"), "is generated by the server", selector, "remove it")


@WORKLOAD_RULES.rule(
    "job-selector-required", "spec.selector", "FieldValueRequired", source=f"{_BATCH}, ValidateJobSpec"
)
def job_selector_required(workload: _Workload) -> Iterator[Problem]:
    """Job with `manualSelector` has no selector."""
    if workload.has_manual_selector and "selector" not in workload.spec:
        yield Problem(FieldPath("spec", "selector"), "must be given when manualSelector is true")


@WORKLOAD_RULES.rule(
    "manual-selector-unsupported",
    "spec.jobTemplate.spec.manualSelector",
    "FieldValueNotSupported",
    source=f"{_BATCH}, ValidateJobTemplateSpec",
)
def manual_selector_unsupported(workload: _Workload) -> Iterator[Problem]:
    """CronJob has `manualSelector`, which its Jobs cannot have."""
    if workload.kind == "CronJob" and workload.spec.get("manualSelector"):
        yield Problem(workload.path.parent.child("manualSelector"), "must not be true", hint="remove it")


@WORKLOAD_RULES.rule(
    "pod-template-required", "spec.template", "FieldValueRequired", source=f"{_CORE}, ValidatePodTemplateSpecForRC"
)
def pod_template_required(workload: _Workload) -> Iterator[Problem]:
    """ReplicationController has no pod template."""
    if workload.kind == "ReplicationController" and "template" not in workload.spec:
        yield Problem(FieldPath("spec", "template"), "must be given")


@WORKLOAD_RULES.rule("workload-restart-policy", "*.template.spec.restartPolicy", "FieldValueNotSupported", source=_APPS)
def workload_restart_policy(workload: _Workload) -> Iterator[Problem]:
    """Restart policy of a workload's pods is not one that the workload supports.

    Pods of a Job or CronJob have OnFailure or Never, and those of other workloads have Always.
    """
    policy = workload.template.get("spec", {}).get("restartPolicy")
    supported = ("OnFailure", "Never") if workload.kind in _JOBS else ("Always",)
    # The server reports the default of a Job's pods as a missing value.
    if policy and policy not in supported and not (workload.kind in _JOBS and policy in RESTART_POLICIES):
        yield not_supported(workload.path.child("spec", "restartPolicy"), policy, supported)


@WORKLOAD_RULES.rule(
    "job-restart-policy-required",
    "*.template.spec.restartPolicy",
    "FieldValueRequired",
    source=f"{_BATCH}, validateJobSpec",
)
def job_restart_policy_required(workload: _Workload) -> Iterator[Problem]:
    """Restart policy of a Job's pods is missing, or is Always.

    It must be OnFailure or Never, and the default of pods is Always.
    """
    policy = workload.template.get("spec", {}).get("restartPolicy") or "Always"
    if workload.kind in _JOBS and policy == "Always":
        path = workload.path.child("spec", "restartPolicy")
        yield Problem(path, "must be OnFailure or Never", hint="add restartPolicy: OnFailure")


@WORKLOAD_RULES.rule(
    "service-name-syntax", "spec.serviceName", "FieldValueInvalid", source=f"{_APPS}, ValidateStatefulSetSpec"
)
def service_name_syntax(workload: _Workload) -> Iterator[Problem]:
    """`serviceName` of a StatefulSet is not a DNS label."""
    name = workload.spec.get("serviceName") if workload.kind == "StatefulSet" else None
    if name:
        yield from invalid(FieldPath("spec", "serviceName"), dns_label_reasons(name), name)


@WORKLOAD_RULES.rule("negative-replicas", "spec.replicas", "FieldValueInvalid", source=_APPS)
def negative_replicas(workload: _Workload) -> Iterator[Problem]:
    """Number of replicas is negative."""
    replicas = workload.spec.get("replicas", 0)
    if replicas < 0:
        yield Problem(FieldPath("spec", "replicas"), "must not be negative", replicas)


@WORKLOAD_RULES.rule(
    "schedule-required", "spec.schedule", "FieldValueRequired", source=f"{_BATCH}, validateCronJobSpec"
)
def schedule_required(workload: _Workload) -> Iterator[Problem]:
    """CronJob has no schedule."""
    if workload.kind == "CronJob" and not workload.object.spec.get("schedule"):
        yield Problem(FieldPath("spec", "schedule"), "must be given")


# --- the kinds -------------------------------------------------------------------------------------------------

_ANYTHING: Final = unjudged(OPAQUE)
_COUNT: Final = unjudged(INT32)
_SECONDS: Final = unjudged(INT64)
_WORD: Final = unjudged(TEXT)
_TEMPLATE: Final[Mapping[str, Reader]] = {"template": POD_TEMPLATE}
_REPLICATED: Final[Mapping[str, Reader]] = {"replicas": INT32, "minReadySeconds": _COUNT, **_TEMPLATE}
_SELECTED: Final[Mapping[str, Reader]] = {"selector": LABEL_SELECTOR}
_JOB: Final = struct(
    {
        "parallelism": _COUNT,
        "completions": _COUNT,
        "activeDeadlineSeconds": _SECONDS,
        "podFailurePolicy": _ANYTHING,
        "successPolicy": _ANYTHING,
        "backoffLimit": _COUNT,
        "backoffLimitPerIndex": _COUNT,
        "maxFailedIndexes": _COUNT,
        **_SELECTED,
        "manualSelector": BOOLEAN,
        **_TEMPLATE,
        "ttlSecondsAfterFinished": _COUNT,
        "completionMode": _WORD,
        "suspend": BOOLEAN,
        "podReplacementPolicy": _WORD,
        "managedBy": _WORD,
    }
)
_SPECS: Final[Mapping[str, Reader]] = {
    "ReplicationController": struct({**_REPLICATED, "selector": TEXT_MAP}),
    "Deployment": struct(
        {
            **_REPLICATED,
            **_SELECTED,
            "strategy": _ANYTHING,
            "revisionHistoryLimit": _COUNT,
            "paused": BOOLEAN,
            "progressDeadlineSeconds": _COUNT,
        }
    ),
    "ReplicaSet": struct({**_REPLICATED, **_SELECTED}),
    "StatefulSet": struct(
        {
            **_REPLICATED,
            **_SELECTED,
            "volumeClaimTemplates": unjudged(list_of(OPAQUE)),
            "serviceName": TEXT,
            "podManagementPolicy": _WORD,
            "updateStrategy": _ANYTHING,
            "revisionHistoryLimit": _COUNT,
            "persistentVolumeClaimRetentionPolicy": _ANYTHING,
            "ordinals": _ANYTHING,
        }
    ),
    "DaemonSet": struct(
        {
            **_SELECTED,
            **_TEMPLATE,
            "updateStrategy": _ANYTHING,
            "minReadySeconds": _COUNT,
            "revisionHistoryLimit": _COUNT,
        }
    ),
    "Job": _JOB,
    "CronJob": struct(
        {
            "schedule": _WORD,
            "timeZone": _WORD,
            "startingDeadlineSeconds": _SECONDS,
            "concurrencyPolicy": _WORD,
            "suspend": BOOLEAN,
            "jobTemplate": struct({"metadata": METADATA, "spec": _JOB}),
            "successfulJobsHistoryLimit": _COUNT,
            "failedJobsHistoryLimit": _COUNT,
        }
    ),
}


def _kind(group: str, kind: str, path: FieldPath) -> ObjectKind:
    names: NameGrammar = dns_label_reasons if kind == "StatefulSet" else dns_subdomain_reasons

    def violations(subject: DecodedObject) -> list[Violation]:
        workload = _Workload(kind, subject, path)
        found = METADATA_RULES.violations(Metadata(workload.metadata, subject.cluster, names), FieldPath("metadata"))
        found += WORKLOAD_RULES.violations(workload)
        if "selector" in workload.spec and kind != "ReplicationController":
            found += LABEL_SELECTOR_RULES.violations(workload.spec["selector"], path.parent.child("selector"))
        if kind == "ReplicationController" and "template" not in workload.spec:
            return found
        template = {**workload.template.get("metadata", {}), "labels": workload.labels}
        found += TEMPLATE_METADATA_RULES.violations(Metadata(template, subject.cluster, names), path)
        # Of a StatefulSet's template, the server checks the containers alone.
        return found + pod_violations(workload.pod(), path, containers_only=kind == "StatefulSet")

    def warnings(subject: DecodedObject) -> list[ServerWarning]:
        found = POD_OWNER_NAME_WARNINGS.warnings(subject) if kind not in {"DaemonSet", "StatefulSet"} else []
        return found + pod_warnings(_Workload(kind, subject, path).pod(), path)

    def violations_of_decoding(subject: DecodedObject) -> list[Violation]:
        return pod_decoding_violations(_Workload(kind, subject, path).pod(), path)

    return ObjectKind(
        f"{group}/v1" if group else "v1",
        kind,
        object_schema({"spec": _SPECS[kind], "status": _ANYTHING}),
        violations,
        warnings,
        violations_of_decoding,
    )


WORKLOADS: Final = tuple(_kind(group, kind, path) for (group, kind), path in WORKLOAD_KINDS.items() if path)
"""The kinds that make pods."""
