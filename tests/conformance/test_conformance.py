"""portmap's verdicts, compared with the recorded answers of real API servers.

Each test compares all cases of one kind and version, and fails with the first disagreements.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest

from portmap import Cluster, EndpointSlice, ManifestError, Pod, Service, manifests, resolve
from portmap._apiserver.registry import RULE_GROUPS
from recordings import KINDS, NEWEST, NODES, VERSIONS, Case, cases, cluster

_SHOWN: Final = 10

# Cases that no implementation can answer, each with the reason.
UNANSWERABLE: Final[Mapping[str, str]] = {
    "create/document.json/0001": "the body, which was no JSON, was not recorded",
    "yaml/clusterIP/0004": "what was read back is an address that the server picked",
    "yaml/clusterIP/0005": "what was read back is an address that the server picked",
    **dict.fromkeys(("ingress/kind/0005", "ingress/kind/0006"), "the URL of the request names the kind, the body none"),
    **{
        f"pod-probes/env.fieldRef/00{number}": "the fields that a fieldRef may name are not judged"
        for number in (10, 13, 14, 15, 16)
    },
}
UNANSWERABLE_IN: Final[Mapping[tuple[str, str], str]] = {
    ("1.32", "create/valid/3169"): "the address that it asks for was another object's when it was recorded",
    ("1.33", "create/valid/3169"): "the address that it asks for was another object's when it was recorded",
}

# How many cases of each kind are left aside in each version, by the reason: they turn on what
# else the cluster held, or were not put to that version. A change of these numbers is a change
# of what is tested.
STATE: Final = "turns on what else the cluster held"
LEFT_ASIDE: Final[Mapping[tuple[str, str], Mapping[str, int]]] = {
    ("create", "1.36"): {STATE: 7},
    ("create", "1.35"): {STATE: 7},
    ("create", "1.34"): {STATE: 7, "not-sent": 10},
    ("create", "1.33"): {STATE: 7},
    ("create", "1.32"): {STATE: 7},
    ("update", "1.36"): {STATE: 9},
    ("update", "1.35"): {STATE: 9},
    ("update", "1.34"): {STATE: 9},
    ("update", "1.33"): {STATE: 9, "old": 98},
    ("update", "1.32"): {STATE: 9, "old": 98},
}


def body(asked: Mapping[str, Any]) -> Any:
    """Return the body of a request: a manifest, or JSON text if its spelling matters."""
    if asked["op"] == "update":
        return asked["new"]
    return asked["raw"] if "raw" in asked else asked["object"]


def turns_on_state(asked: Mapping[str, Any]) -> bool:
    """Return whether the answer depends on other objects in the cluster, or on versions that were not recorded.

    That is the address of the server's own Service, a conflict, or an outdated resource version.
    """
    if asked["op"] not in {"create", "update"}:
        return False
    taken = asked.get("cluster_dependent") and '"10.0.0.1"' in json.dumps(body(asked))
    return bool(taken) or asked["code"] == 409 or "ParseUint" in asked.get("message", "")


def left_aside(kind: str, case: Case, version: str) -> str:
    """Return why this case is not compared, `""` if it is."""
    if case.unanswered:
        return case.unanswered
    if turns_on_state(case.asked):
        return STATE
    return UNANSWERABLE.get(f"{kind}/{case.id.partition('/')[2]}", "") or UNANSWERABLE_IN.get((version, case.id), "")


def exact(value: object) -> str:
    """Return the value with its types, so that `1`, `1.0` and `true` differ."""
    return json.dumps(value, sort_keys=True)


def disagreement(case: Case, version: str) -> str | None:
    """Return how portmap and the server disagree about a create or an update, `""` if they agree."""
    sent, old, answer = body(case.asked), case.asked.get("old"), case.answer
    judge = cluster(version)
    difference = verdict_difference(case.asked, answer, judge)
    if difference is None and answer["accepted"] and case.asked["op"] != "create-pod":
        stored = manifests.stored(sent, old=old, namespace="default", cluster=judge)
        if exact(stored) != exact(answer["stored"]):
            return f"portmap would store: {exact(stored)}; server stored: {exact(answer['stored'])}"
    return difference


def verdict_difference(asked: Mapping[str, Any], answer: Mapping[str, Any], judge: Cluster) -> str | None:
    """Return how the verdicts differ: in acceptance, or in the causes if the server names fields (422)."""
    violations = manifests.validate(body(asked), old=asked.get("old"), namespace="default", cluster=judge)
    ours = {(violation.reason, violation.field) for violation in violations}
    if bool(ours) == answer["accepted"]:
        return f"portmap: {sorted(ours) or 'accepted'}; server: {_said(answer)}"
    if answer["code"] == 422:
        theirs = {(cause["reason"], cause["field"]) for cause in answer["causes"]}
        if ours != theirs:
            return f"portmap alone: {sorted(ours - theirs)}; server alone: {sorted(theirs - ours)}"
    return None


def _said(answer: Mapping[str, Any]) -> str:
    return "accepted" if answer["accepted"] else f"{answer['code']} {answer.get('message') or answer['causes']}"


def disagreement_in_yaml(case: Case, version: str) -> str | None:
    """Return how portmap and the server disagree about a manifest in YAML."""
    asked, judge = case.asked, cluster(version)
    try:
        document = (manifests.parse(asked["yaml"]) or [{}])[0]  # The server reads the first one alone.
    except ManifestError as error:
        return f"portmap cannot read it: {error}; server: accepted" if asked["accepted"] else None
    violations = manifests.validate(document, namespace="default", cluster=judge)
    if bool(violations) == asked["accepted"]:
        return f"portmap: {[str(violation) for violation in violations] or 'accepted'}; server: {_said(asked)}"
    if not asked["accepted"]:
        return None
    read: Any = asked["read"]
    ours: Any = manifests.stored(document, namespace="default", cluster=judge)
    for step in asked["path"]:
        ours = ours.get(step) if isinstance(ours, Mapping) else ours[step]
    if asked["rule"] == "document":
        # A whole spec, in which the server had picked addresses.
        read = {field: value for field, value in read.items() if field not in {"clusterIP", "clusterIPs"}}
    return None if exact(ours) == exact(read) else f"portmap reads {exact(ours)}; server read {exact(read)}"


Slices = dict[tuple[str, tuple[tuple[str, ...], ...]], list[tuple[object, ...]]]


def disagreement_in_slices(case: Case, version: str) -> str | None:
    """Return how portmap and the EndpointSlice controller disagree."""
    del version
    asked = case.asked
    service = manifests.read(asked["service"])
    pods = [manifests.read(pod) for pod in asked["pods"]]
    assert isinstance(service, Service)
    resolution = resolve(
        service, [pod for pod in pods if isinstance(pod, Pod)], nodes=NODES, ip_families=asked["ipFamilies"]
    )
    ours, theirs = _our_slices(resolution.slices), _recorded_slices(asked["slices"])
    return None if ours == theirs else f"portmap: {ours}; controller: {theirs}"


def _our_slices(slices: tuple[EndpointSlice, ...]) -> Slices:
    merged: Slices = defaultdict(list)
    for piece in slices:
        ports = sorted((port.name, port.protocol, str(port.port), port.app_protocol or "") for port in piece.ports)
        merged[piece.address_type, tuple(ports)] += [
            (each.pod, each.addresses, each.ready, each.serving, each.terminating, each.node_name, each.hostname)
            for each in piece.endpoints
        ]
    return {key: sorted(endpoints, key=str) for key, endpoints in merged.items()}


def _recorded_slices(slices: list[dict[str, Any]]) -> Slices:
    merged: Slices = defaultdict(list)
    for piece in slices:
        ports = sorted(
            (port.get("name", ""), port["protocol"], str(port["port"]), port.get("appProtocol", ""))
            for port in piece["ports"]
        )
        merged[piece["addressType"], tuple(ports)] += [
            (
                each["pod"],
                tuple(each["addresses"]),
                *(bool(each["conditions"].get(state)) for state in ("ready", "serving", "terminating")),
                each.get("nodeName"),
                each.get("hostname"),
            )
            for each in piece["endpoints"]
        ]
    return {key: sorted(endpoints, key=str) for key, endpoints in merged.items()}


def disagreement_in_verdict(case: Case, version: str) -> str | None:
    """Where portmap and the server disagree about whether, and why not, an object may be created."""
    return verdict_difference(case.asked, case.answer, cluster(version))


COMPARED: Final[Mapping[str, Callable[[Case, str], str | None]]] = {
    **dict.fromkeys(KINDS, disagreement_in_verdict),
    "create": disagreement,
    "update": disagreement,
    "pods": disagreement,
    "resolve": disagreement_in_slices,
    "yaml": disagreement_in_yaml,
}
"""How each kind of recording is compared."""

RECORDED: Final = [
    *((kind, version) for kind in ("create", "update", "pods") for version in VERSIONS),
    ("resolve", NEWEST),
    ("yaml", NEWEST),
    *((kind, NEWEST) for kind in KINDS),
]
"""What was recorded of which version."""


@pytest.mark.parametrize(("kind", "version"), RECORDED)
def test_verdicts_are_as_recorded(kind: str, version: str) -> None:
    """Acceptance, causes, stored objects, parsed YAML and EndpointSlices are all as recorded."""
    aside: Counter[str] = Counter()
    found: list[str] = []
    for case in cases(kind, version):
        reason = left_aside(kind, case, version)
        if reason:
            aside[reason] += 1
            continue
        difference = COMPARED[kind](case, version)
        if difference is not None:
            found.append(f"{case.id}: {difference}")
    shown = "\n".join(text[:1500] for text in found[:_SHOWN])
    assert not found, f"{len(found)} disagreements, among them\n{shown}"
    assert aside == {**LEFT_ASIDE.get((kind, version), {}), **_unanswerable(kind, version)}


OTHER_CLUSTERS: Final[Mapping[str, Cluster]] = {
    "b": Cluster(NEWEST, service_cidrs=("fd00:10::/64", "10.0.0.0/8"), node_port_range=range(1, 65536)),
    "c": Cluster(NEWEST, service_cidrs=("172.30.0.0/16",), node_port_range=range(20000, 22768)),
}
UNANSWERABLE_THERE: Final[Mapping[str, str]] = {
    **UNANSWERABLE,
    "create/spec.clusterIPs.one/0108": "it asks for the address that cluster b's own Service has",
}


@pytest.mark.parametrize(("name", "count"), [("b", 121), ("c", 2209)])
def test_verdicts_depend_on_the_flags(name: str, count: int) -> None:
    """Verdicts for other service CIDRs and node port ranges are as recorded from such clusters."""
    found: list[str] = []
    differing = 0
    for case in cases("create"):
        answer = case.asked.get("elsewhere", {}).get(name)
        differing += answer is not None
        if case.id in UNANSWERABLE_THERE:
            continue
        difference = verdict_difference(case.asked, answer or case.answer, OTHER_CLUSTERS[name])
        if difference is not None:
            found.append(f"{case.id}: {difference}")
    assert differing == count
    assert not found, f"{len(found)} disagreements, among them\n" + "\n".join(text[:1500] for text in found[:_SHOWN])


def _unanswerable(kind: str, version: str) -> Counter[str]:
    return Counter(reason for case, reason in _table(version) if case.startswith(f"{kind}/"))


def _table(version: str) -> Iterator[tuple[str, str]]:
    yield from UNANSWERABLE.items()
    yield from ((case, reason) for (each, case), reason in UNANSWERABLE_IN.items() if each == version)


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("create", 8517),
        ("update", 5252),
        ("pods", 1148),
        ("resolve", 418),
        ("yaml", 955),
        *KINDS.items(),
    ],
)
def test_every_recorded_case_is_there(kind: str, count: int) -> None:
    """The recordings are complete."""
    ids = [case.id for case in cases(kind)]
    assert len(ids) == len(set(ids)) == count
    for version in VERSIONS:
        assert [case.id for case in cases(kind, version)] == ids


# What the server says about these has a uid in it, and such answers were not recorded.
UNRECORDED: Final = {"job-selector-generated", "job-selector-required", "manual-selector-unsupported"}


def test_recorded_cases_break_every_rule_of_other_kinds() -> None:
    """The recordings of workloads, Ingresses, NetworkPolicies and endpoints break each of the rules about them."""
    rules = {
        rule.code for group in RULE_GROUPS if group.about not in {"Service", "Pod"} for rule in group if rule.reason
    }
    broken = {
        violation.code
        for kind in KINDS
        for case in cases(kind)
        if not case.asked["accepted"] and case.asked["code"] == 422
        for violation in manifests.validate(body(case.asked), namespace="default", cluster=cluster(NEWEST))
    }
    assert rules - broken == UNRECORDED
