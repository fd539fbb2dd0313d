"""Rules about which pods a selector picks: none, the wrong ones, or too many."""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from portmap._graph.object_name import value_at
from portmap._kubernetes.kinds import SHORT_LIVED
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Severity, at
from portmap._lint.pods_elsewhere import pods_made_elsewhere, pods_perhaps_made_elsewhere, where_the_labels_are
from portmap._lint.rule import rule
from portmap._lint.rules.places import pod_labels_of
from portmap._model.services import Service
from portmap._model.workloads import Workload

_MISS: Final = "selector-matches-nothing"


def _shown(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())


@rule("selector-matches-owner-labels", on=Service, severity="error")
def selector_matches_owner_labels(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Selector matches the labels of a workload instead of those of its pods.

    What it reports:
    A selector that no pod has, while a workload in the same namespace has exactly these
    labels in its own `metadata.labels`.

    Why it matters:
    A Deployment's own labels say how to find the Deployment. Its pods get the labels of
    `spec.template.metadata.labels` and no others. The Service has no endpoints, and
    `kubectl get deployment -l …` makes one believe that the labels are right.

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
    It is information only where a build step adds the labels, or pods in another part
    of the input have them.
    """
    if not any(miss.code == _MISS for miss in bundle.resolution(service).misses):
        return
    owner = bundle.unselected.owner(service)
    if owner is None:
        return
    selector = service.selector or {}
    missing = [key for key, value in selector.items() if owner.pod.labels.get(key) != value]
    because = where_the_labels_are(service, bundle)
    yield at(service, "spec", "selector").finding(
        f"{owner} has the labels {_shown(selector)} itself, but its pods have no {_shown(_only(selector, missing))}",
        hint=f"select by labels that its pods have, or give {_shown(_only(selector, missing))} to its pod template",
        value=dict(selector),
        severity="info" if because else None,
        because=because,
        related=[(pod_labels_of(owner, bundle), "the labels of its pods")],
    )


def _only(labels: Mapping[str, str], keys: list[str]) -> dict[str, str]:
    return {key: labels[key] for key in keys}


@rule("selector-matches-nothing", on=Service, severity="error")
def selector_matches_nothing(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Selector matches no pods.

    What it reports:
    A selector that the pods of no workload in the same namespace have.

    Why it matters:
    The Service has no endpoints: connections to it are refused or hang, and nothing
    says why. No server checks this.

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
    It is an error where everything should be there (`--complete`, a rendered chart, what
    was read from a cluster), where a workload that no Service selects has almost these
    labels, and where one has the very labels, in another namespace. It is a warning where
    a workload stands in the same file, and where one that no Service selects shares a word
    with the Service's name or selector, or is the only one. It is information
    where the pods seem to be made by others: by an operator, in another part of the input,
    or nowhere in it; and where the labels that the pods lack are given at run time, to tell
    a leader from the others. Services without a selector are passed over.
    """
    if not any(miss.code == _MISS for miss in bundle.resolution(service).misses):
        return
    if bundle.unselected.owner(service) is not None or bundle.port_map.selects_unknown(service):
        return
    selector = service.selector or {}
    near, severity, because = _judged(service, bundle)
    yield at(service, "spec", "selector").finding(
        f"no pod has the labels {_shown(selector)}",
        hint=_instead(service, near) if near else None,
        value=dict(selector),
        severity=severity,
        because=because,
        related=[(pod_labels_of(near, bundle), "the labels of its pods")] if near else (),
    )


def _instead(service: Service, near: Workload) -> str:
    """What a workload has where a selector asks for something else."""
    labels = near.pod.labels
    differing = {key: labels.get(key) for key, value in (service.selector or {}).items() if labels.get(key) != value}
    if not differing:
        return f"{near} has them, in another namespace than {service}"
    parts = [f"{key}={value}" if value is not None else f"no label {key}" for key, value in differing.items()]
    return f"{near} has {', '.join(parts)} instead"


_Judgement: TypeAlias = tuple[Workload | None, Severity | None, str | None]


def _judged(service: Service, bundle: Bundle) -> _Judgement:
    """What was probably meant, how bad it is that nothing is selected, and why it is no worse."""
    unselected = bundle.unselected
    given = where_the_labels_are(service, bundle)
    if given is not None:
        return None, "info", given
    stray = unselected.out_of_reach(service)
    if stray is not None:
        return stray, *_out_of_reach(service, stray, bundle)
    elsewhere = pods_made_elsewhere(service, bundle)
    if elsewhere is not None:
        return None, "info", elsewhere
    near = unselected.misspelt(service)
    if near is not None:
        selecting = bundle.selecting(near)
        if not selecting or bundle.complete:
            return near, None, None
        return near, "warning", f"{near} has almost these labels, but {selecting[0]} selects it already"
    return _without_a_near_one(service, bundle)


def _out_of_reach(service: Service, stray: Workload, bundle: Bundle) -> tuple[Severity | None, str | None]:
    selecting = bundle.selecting(stray)
    if bundle.complete or (not selecting and bundle.file_of(stray) == bundle.file_of(service)):
        return None, None
    if selecting:
        return "warning", f"{selecting[0]} selects the pods of {stray}: those of {service} may be made elsewhere"
    return "warning", "a build step may bring both into one namespace: they are in different files"


def _without_a_near_one(service: Service, bundle: Bundle) -> _Judgement:
    unselected = bundle.unselected
    maybe = pods_perhaps_made_elsewhere(service, bundle)
    likely = unselected.likely(service, bundle.file_of(service))
    if maybe is None:
        likely = likely or unselected.only_one(service)
        if bundle.complete:
            return likely, None, None
    if likely is not None:
        return likely, "warning", f"{maybe or 'the pods may be made elsewhere'}; but no Service selects {likely}"
    if maybe is not None:
        return None, "info", maybe
    beside = unselected.beside(service, bundle.file_of(service))
    if beside is not None:
        because = f"the pods may be made elsewhere: {bundle.selecting(beside)[0]} selects those of {beside} already"
        return None, "warning", because
    if not unselected.any_in_reach(service):
        return None, "info", "nothing in this part of the input makes pods that go on running"
    if unselected.any_free(service):
        because = "the pods may be made elsewhere: those here that no Service selects have nothing to do with it"
        return None, "info", because
    return None, "info", "every workload here is selected by another Service: the pods may be made elsewhere"


@rule("selector-too-broad", on=Service, severity="warning")
def selector_too_broad(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Selector also matches pods that do not serve the Service.

    What it reports:
    A selector that picks the pods of a Job or CronJob beside those of a workload that
    goes on running.

    Why it matters:
    The Service sends a share of all connections to pods that do not listen: while the
    Job runs, one connection in two may be refused.

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
    Two Deployments behind one Service are common (a canary, a blue and a green one), and
    are reported only where all but one of them declare the target ports of the Service,
    and that one declares others.
    """
    chosen = [each for each in bundle.selected(service) if each.replicas != 0]
    serving = [each for each in chosen if each.kind not in SHORT_LIVED]
    for workload in chosen:
        if workload.kind in SHORT_LIVED and serving:
            yield _too_broad(service, workload, serving[0], bundle, "which makes pods that end")
    # Names are the business of `partial-target-port`.
    targets = {port.effective_target_port for port in service.ports if isinstance(port.effective_target_port, int)}
    strangers = [each for each in serving if targets and _declared(each) and not _declares(each, targets)]
    if (
        len(strangers) == 1
        and len(serving) > 1
        and all(_declares(each, targets) for each in serving if each is not strangers[0])
    ):
        listens = ", ".join(sorted(map(str, _declared(strangers[0]) - _names(strangers[0]))))
        first = next(each for each in serving if each is not strangers[0])
        yield _too_broad(service, strangers[0], first, bundle, f"which declares other ports: {listens}")


def _names(workload: Workload) -> set[int | str]:
    return {port.name for container in workload.pod.port_containers for port in container.ports if port.name}


def _declared(workload: Workload) -> set[int | str]:
    numbers: set[int | str] = {
        port.container_port for container in workload.pod.port_containers for port in container.ports
    }
    return numbers | _names(workload)


def _declares(workload: Workload, targets: set[int]) -> bool:
    return not targets.isdisjoint(_declared(workload))


def _too_broad(service: Service, extra: Workload, meant: Workload, bundle: Bundle, why: str) -> Found:
    return at(service, "spec", "selector").finding(
        f"{_shown(service.selector or {})} selects the pods of {meant}, and also those of {extra}, {why}",
        hint=f"give the pods of {extra} other labels, or select by a label that only {meant} has",
        value=dict(service.selector or {}),
        related=[(pod_labels_of(extra, bundle), "is selected, too")],
    )


@rule("workload-selector", on=Workload, severity="error")
def workload_selector(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Selector of a workload does not match its own pod template.

    What it reports:
    A Deployment, StatefulSet or the like whose `spec.selector` asks for labels that its
    own pod template does not give.

    Why it matters:
    An API server refuses it: "`selector` does not match template `labels`".

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
    It is information only where a build step adds the labels.
    """
    selector = workload.selector or {}
    wrong = {key: value for key, value in selector.items() if workload.pod.labels.get(key) != value}
    if not wrong:
        return
    added = [key for key in wrong if key in bundle.added_labels]
    because = f"kustomize adds the label {added[0]} to every object of this folder" if added else None
    raw = bundle.raw(workload)
    yield at(
        workload, "spec", "selector", *(("matchLabels",) if value_at(raw, "spec", "selector", "matchLabels") else ())
    ).finding(
        f"the pods that {workload} makes have no {_shown(wrong)}",
        hint="give the pod template the labels of the selector",
        value=dict(selector),
        severity="info" if because else None,
        because=because,
        related=[(pod_labels_of(workload, bundle), "the labels of its pods")],
    )
