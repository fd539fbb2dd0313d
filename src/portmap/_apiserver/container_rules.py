"""What the API server checks about the names, images and environment of containers.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`, `validateContainerCommon`.
"""

import re
from collections.abc import Iterator
from typing import Final

from portmap._apiserver.decoded_pod import DecodedContainer, DecodedPod
from portmap._apiserver.problems import Problem, invalid, not_supported
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._kubernetes.did_you_mean import spelt_as_label
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import LONGEST_LABEL, dns_label_reasons

_FILE: Final = "pkg/apis/core/validation/validation.go"
_COMMON: Final = f"{_FILE}, validateContainerCommon"
_ENV: Final = f"{_FILE}, ValidateEnv"
_RESTART: Final = f"{_FILE}, validateContainerRestartPolicy"
_ENV_NAME: Final = re.compile(r"[ -<>-~]+")
_ACTIONS: Final = ("Restart", "RestartAllContainers")
_OPERATORS: Final = ("In", "NotIn")

CONTAINER_FIELD_RULES: Final = RuleGroup[DecodedContainer]("fields of containers", about="Pod")


@CONTAINER_FIELD_RULES.rule("container-name-required", "spec.*[*].name", "FieldValueRequired", source=_COMMON)
def container_name_required(container: DecodedContainer) -> Iterator[Problem]:
    """Container has no name."""
    if not container.data.get("name"):
        yield Problem(FieldPath("name"), "must be given", hint="give the container a name")


@CONTAINER_FIELD_RULES.rule("container-name-syntax", "spec.*[*].name", "FieldValueInvalid", source=_COMMON)
def container_name_syntax(container: DecodedContainer) -> Iterator[Problem]:
    """Container name is not a DNS label."""
    name = container.data.get("name")
    if name:
        guess = spelt_as_label(name, LONGEST_LABEL)
        hint = f"for instance {guess!r}" if guess else None
        yield from invalid(FieldPath("name"), dns_label_reasons(name), name, hint)


@CONTAINER_FIELD_RULES.rule("image-required", "spec.*[*].image", "FieldValueRequired", source=_COMMON)
def image_required(container: DecodedContainer) -> Iterator[Problem]:
    """Container has no image."""
    if not container.data.get("image"):
        yield Problem(FieldPath("image"), "must be given")


@CONTAINER_FIELD_RULES.rule("env-name-required", "spec.*[*].env[*].name", "FieldValueRequired", source=_ENV)
def env_name_required(container: DecodedContainer) -> Iterator[Problem]:
    """Environment variable has no name."""
    for position, variable in enumerate(container.data.get("env", ())):
        if not variable.get("name"):
            yield Problem(FieldPath("env", position, "name"), "must be given")


@CONTAINER_FIELD_RULES.rule("env-name-syntax", "spec.*[*].env[*].name", "FieldValueInvalid", source=_ENV)
def env_name_syntax(container: DecodedContainer) -> Iterator[Problem]:
    """Name of an environment variable has `=` or a character that is not printable ASCII."""
    for position, variable in enumerate(container.data.get("env", ())):
        name = variable.get("name")
        if name and not _ENV_NAME.fullmatch(name):
            yield Problem(FieldPath("env", position, "name"), "must be printable ASCII characters except =", name)


@CONTAINER_FIELD_RULES.rule("env-value-source", "spec.*[*].env[*].valueFrom", "FieldValueInvalid", source=_ENV)
def env_value_source(container: DecodedContainer) -> Iterator[Problem]:
    """Environment variable does not have one source of its value.

    It has `value`, or exactly one field in `valueFrom`.
    """
    for position, variable in enumerate(container.data.get("env", ())):
        source = variable.get("valueFrom")
        path = FieldPath("env", position, "valueFrom")
        if source is not None and len(source) != 1:
            yield Problem(path, "must have exactly one field")
        elif source and variable.get("value"):
            yield Problem(path, "may not be given beside value", hint="remove one of them")


@CONTAINER_FIELD_RULES.rule(
    "container-restart-policy-required", "spec.*[*].restartPolicy", "FieldValueRequired", source=_RESTART
)
def container_restart_policy_required(container: DecodedContainer) -> Iterator[Problem]:
    """Container has restart rules and no restart policy."""
    if container.data.get("restartPolicyRules") and "restartPolicy" not in container.data:
        yield Problem(FieldPath("restartPolicy"), "must be given beside restartPolicyRules")


@CONTAINER_FIELD_RULES.rule(
    "restart-rule-required", "spec.*[*].restartPolicyRules[*].*", "FieldValueRequired", source=_RESTART
)
def restart_rule_required(container: DecodedContainer) -> Iterator[Problem]:
    """Restart rule of a container has no action or no exit codes."""
    for position, rule in enumerate(container.data.get("restartPolicyRules", ())):
        path = FieldPath("restartPolicyRules", position)
        if not rule.get("action"):
            yield Problem(path.child("action"), "must be given")
        if "exitCodes" not in rule:
            yield Problem(path.child("exitCodes"), "must be given")


@CONTAINER_FIELD_RULES.rule(
    "unsupported-restart-rule", "spec.*[*].restartPolicyRules[*].*", "FieldValueNotSupported", source=_RESTART
)
def unsupported_restart_rule(container: DecodedContainer) -> Iterator[Problem]:
    """Action or operator of a container's restart rule is not supported."""
    for position, rule in enumerate(container.data.get("restartPolicyRules", ())):
        path = FieldPath("restartPolicyRules", position)
        if rule.get("action", "Restart") not in _ACTIONS:
            yield not_supported(path.child("action"), rule["action"], _ACTIONS)
        codes = rule.get("exitCodes")
        if codes is not None and codes.get("operator", "") not in _OPERATORS:
            yield not_supported(path.child("exitCodes", "operator"), codes.get("operator", ""), _OPERATORS)


NAMED_CONTAINER_RULES: Final = RuleGroup[DecodedPod]("containers of a pod", about="Pod")


@NAMED_CONTAINER_RULES.rule(
    "duplicate-container-name", "spec.*[*].name", "FieldValueDuplicate", source=f"{_FILE}, validateContainers"
)
def duplicate_container_name(pod: DecodedPod) -> Iterator[Problem]:
    """Two containers of a pod have the same name.

    Init containers and ephemeral containers share the names with the others.
    """
    seen: set[str] = set()
    places = list(pod.all_containers())
    # The server checks the containers before the init containers.
    places.sort(key=lambda place: place[1].group != "containers")
    for path, container in places:
        name = container.data.get("name", "")
        if name in seen:
            yield Problem(path.child("name"), "another container of the pod has it", name, "give it a name of its own")
        elif name or container.group == "containers":
            seen.add(name)


@NAMED_CONTAINER_RULES.rule(
    "image-with-blanks", "spec.*[*].image", "FieldValueInvalid", source=f"{_FILE}, validateContainersOnlyForPod"
)
def image_with_blanks(pod: DecodedPod) -> Iterator[Problem]:
    """Image of a container begins or ends with white space.

    The server does not check the images of pod templates in this way.
    """
    if not pod.template:
        for path, container in pod.all_containers():
            image = container.data.get("image", "")
            if image != image.strip():
                yield Problem(path.child("image"), "must not begin or end with white space", image, "remove it")


CONTAINER_WARNINGS: Final = RuleGroup[DecodedPod]("warnings about containers", stage=Stage.WARNINGS, about="Pod")


@CONTAINER_WARNINGS.warning("repeated-env-name", "spec.*[*].env[*]", source="pkg/api/pod/warnings.go")
def repeated_env_name(pod: DecodedPod) -> Iterator[Problem]:
    """Container has two environment variables of the same name.

    The later one counts, and an apply may drop either of them.
    """
    for path, container in pod.all_containers():
        seen: set[str] = set()
        for position, variable in enumerate(container.data.get("env", ())):
            name = variable.get("name", "")
            if name in seen:
                yield Problem(path.child("env").index(position), f"hides another variable {name!r}", name, "remove one")
            seen.add(name)
