"""Rules about selectors that match no pods, the wrong pods, or too many."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from portmap._graph.object_name import items_at, value_at
from portmap._graph.outcomes import differing_labels, labels_hint, unselected
from portmap._kubernetes.kinds import SHORT_LIVED
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._lint.rules.places import pod_labels_of
from portmap._model.services import Service
from portmap._model.workloads import Workload

_RELEASE: Final = "app.kubernetes.io/instance"
_PROBES: Final = ("readinessProbe", "livenessProbe", "startupProbe")
_ACTIONS: Final = ("httpGet", "tcpSocket", "grpc")
_WORKER: Final = re.compile(
    r"(?:^|[-.])(?:beat|celery|consumer|cron|dispatcher|migrat\w*|processor|producer|queue|runner|scheduler|sidekiq|worker)s?"
    r"(?:[-.]|$)"
)
"""Names of workloads that take their work from queues and clocks."""


@rule("selector-matches-owner-labels", on=Service, severity="error")
def selector_matches_owner_labels(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Selector matches the labels of a workload instead of those of its pods.

    What it reports:
    A selector that matches no pod, while a workload in the same namespace has its labels in
    `metadata.labels`.

    Why it matters:
    The labels in `metadata.labels` of a Deployment are those of the Deployment. Its pods get the
    labels in `spec.template.metadata.labels`, and no others. The Service has no endpoints, although
    `kubectl get deployment -l …` with the same labels finds the Deployment.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web, tier: front}
      ports: [{port: 80}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {app: web, tier: front}}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 80}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80}]
    ```

    Notes:
    The severity is info if a build step adds the labels, or pods in another part of the input
    have them.
    """
    nothing = unselected(bundle.node(service), bundle.graph)
    if nothing is None or nothing.owner is None:
        return
    selector, owner = service.selector or {}, nothing.owner
    missing = _text(differing_labels(selector, owner))
    yield at(service, "spec", "selector").finding(
        f"{owner} itself has the labels {_text(selector)}, but its pods do not have {missing}",
        hint=f"select labels of its pods, or add {missing} to its pod template",
        value=dict(selector),
        severity=nothing.assessment.lowered,
        because=nothing.assessment.because,
        related=[(pod_labels_of(owner, bundle), "the labels of its pods")],
    )


@rule("selector-matches-nothing", on=Service, severity="error")
def selector_matches_nothing(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Selector matches no pods.

    What it reports:
    A selector that matches the pods of no workload in the same namespace.

    Why it matters:
    The Service has no endpoints. Connections to it are refused or time out. No API server
    reports this.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: wbe}
      ports: [{port: 80}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 80}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80}]
    ```

    Notes:
    The severity depends on what the input says about the pods:

    - error: the input is complete (`--complete`, a rendered chart, the dump of a cluster); or a
      workload that no Service selects has almost these labels, or has them in another namespace.
    - warning: a workload is in the same file; or a workload that no Service selects shares a word
      with the name or selector of the Service, or is the only one.
    - info: the pods are probably created by an operator, or in another part of the input, or outside
      of it; or the missing labels are set at run time, by leader election.

    Services without a selector are skipped.
    """
    nothing = unselected(bundle.node(service), bundle.graph)
    if nothing is None or nothing.owner is not None:
        return
    selector, near = service.selector or {}, nothing.near
    yield at(service, "spec", "selector").finding(
        f"no pod has the labels {_text(selector)}",
        hint=labels_hint(service, near) if near else None,
        value=dict(selector),
        severity=nothing.assessment.lowered,
        because=nothing.assessment.because,
        related=[(pod_labels_of(near, bundle), "the labels of its pods")] if near else (),
    )


@rule("selector-too-broad", on=Service, severity="warning")
def selector_too_broad(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Selector also matches pods that do not serve the Service.

    What it reports:
    A selector that matches the pods of a Job or CronJob in addition to those of a long-running
    workload. A selector of a Service with a numeric target port that matches other pods, too, which do
    not declare the port: a worker, a bare pod. And two Services with one selector, each named after one
    of the workloads that both select.

    Why it matters:
    The Service sends a share of all connections to pods that do not listen. While a Job runs, half
    of the connections may be refused.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec:
      template:
        metadata: {labels: {app: web}}
        spec:
          restartPolicy: Never
          containers: [{name: migrate, image: web}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec:
      template:
        metadata: {labels: {app: web-migrate}}
        spec:
          restartPolicy: Never
          containers: [{name: migrate, image: web}]
    ```

    Notes:
    Several Deployments behind a Service are common (a canary; blue and green), and are not
    reported if they declare the same target ports. The severity is info if all target ports of the
    Service are names: pods that declare none of them get no traffic.
    """
    selected = [workload for workload in bundle.selected(service) if workload.replicas != 0]
    serving = [workload for workload in selected if workload.kind not in SHORT_LIVED]
    targets = {port.effective_target_port for port in service.ports}
    for workload in selected:
        if workload.kind in SHORT_LIVED and serving:
            gets_traffic = not targets.isdisjoint(_declared_names(workload, bundle)) or any(
                isinstance(target, int) for target in targets
            )
            yield _too_broad(
                service, workload, serving[0], bundle, "which creates short-lived pods", gets_traffic=gets_traffic
            )
    for workload, intended, reason in _not_serving(service, serving, bundle):
        yield _too_broad(service, workload, intended, bundle, reason)


def _not_serving(
    service: Service, serving: Sequence[Workload], bundle: Bundle
) -> Iterator[tuple[Workload, Workload, str]]:
    """Yield the workloads that get traffic to a number that they do not serve, each with one that does, and why.

    `partial-target-port` reports names that some pods do not declare.
    """
    targets = {port.effective_target_port for port in service.ports if isinstance(port.effective_target_port, int)}
    if len(serving) < 2:
        return
    declared = {id(workload): _declared_numbers(workload, bundle) for workload in serving}
    listening = {id(each): targets & (declared[id(each)] | _probed_numbers(each, bundle)) for each in serving}
    intended = [each for each in serving if listening[id(each)]]
    others = [each for each in serving if targets and not listening[id(each)]]
    of_its_name = [each for each in serving if each.name == service.name]
    for other in others:
        numbers = declared[id(other)]
        if intended and not numbers:
            yield other, intended[0], "which declares no ports"
        elif intended and len(others) == 1:
            # Several workloads that declare other ports belong together, as shards do.
            yield other, intended[0], f"which declares other ports: {', '.join(map(str, sorted(numbers)))}"
        elif of_its_name and not numbers and _WORKER.search(other.name) and other is not of_its_name[0]:
            yield other, of_its_name[0], "which is no server by its name"
    own = [each for each in serving if _is_named_after(service, each)]
    for other in serving if own else ():
        for rival in bundle.selecting(other):
            if rival.selector == service.selector and not _is_named_after(service, other):
                if _is_named_after(rival, other) and not _is_named_after(rival, own[0]):
                    yield other, own[0], f"which {rival} is for"
                    break


def _is_named_after(service: Service, workload: Workload) -> bool:
    """Return whether a Service and a workload have the same name, or are of the same release."""
    release = (service.labels or {}).get(_RELEASE)
    return service.name == workload.name or (release is not None and workload.pod.labels.get(_RELEASE) == release)


def _declared_names(workload: Workload, bundle: Bundle) -> set[str]:
    return {port.name for _, _, port in bundle.container_ports(workload) if port.name}


def _declared_numbers(workload: Workload, bundle: Bundle) -> set[int]:
    return {port.container_port for _, _, port in bundle.container_ports(workload)}


def _probed_numbers(workload: Workload, bundle: Bundle) -> set[int]:
    """Return the numbers to which the probes of a workload's containers connect."""
    containers = items_at(value_at(bundle.raw(workload), *map(str, bundle.pod_spec(workload))), "containers")
    ports = (
        value_at(container, probe, action, "port")
        for container in containers
        for probe in _PROBES
        for action in _ACTIONS
    )
    return {port for port in ports if type(port) is int}


def _too_broad(
    service: Service, extra: Workload, intended: Workload, bundle: Bundle, reason: str, *, gets_traffic: bool = True
) -> Found:
    because = (
        None if gets_traffic else "the target ports are names that its pods do not declare, so they get no traffic"
    )
    return at(service, "spec", "selector").finding(
        f"{_text(service.selector or {})} selects the pods of {intended}, and also those of {extra}, {reason}",
        hint=f"give the pods of {extra} other labels, or select a label that only the pods of {intended} have",
        value=dict(service.selector or {}),
        severity="info" if because else None,
        because=because,
        related=[(pod_labels_of(extra, bundle), "the labels of its pods match, too")],
    )


@rule("workload-selector", on=Workload, severity="error", instead_of="selector-template-mismatch")
def workload_selector(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Selector of a workload does not match its own pod template.

    What it reports:
    A Deployment, StatefulSet or other workload whose `spec.selector` has labels that its own pod
    template does not have.

    Why it matters:
    An API server rejects it: "`selector` does not match template `labels`".

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: wbe}}
        spec:
          containers: [{name: web, image: web}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web}]
    ```

    Notes:
    The severity is info if a build step adds the labels.
    """
    selector = workload.selector or {}
    missing = differing_labels(selector, workload)
    if not missing:
        return
    added = next((key for key in missing if key in bundle.added_labels), None)
    because = f"kustomize adds the label {added} to every object of this folder" if added else None
    has_match_labels = value_at(bundle.raw(workload), "spec", "selector", "matchLabels")
    yield at(workload, "spec", "selector", *(("matchLabels",) if has_match_labels else ())).finding(
        f"the pods of {workload} do not have {_text(missing)}",
        hint="add the labels of the selector to the pod template",
        value=dict(selector),
        severity="info" if because else None,
        because=because,
        related=[(pod_labels_of(workload, bundle), "the labels of its pods")],
    )


def _text(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())
