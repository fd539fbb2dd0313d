"""portmap's warnings, compared with those of real API servers."""

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest

from portmap import ServerWarning, manifests
from recordings import KINDS, NEWEST, VERSIONS, Case, cases, cluster

# How the server's texts begin, up to the field that they are about, and portmap's code for each.
TEXTS: Final[Mapping[str, str]] = {
    r"annotation service\.kubernetes\.io/topology-aware-hints is deprecated": "topology-annotation-deprecated",
    r"\.metadata\.ownerReferences contains duplicate entries": "duplicate-owner",
    r"(spec\.externalIPs) is deprecated and may no longer be implemented": "external-ips-deprecated",
    r"(spec\.externalIPs) is ignored when spec\.type is": "external-ips-ignored",
    r"(spec\.externalName) is ignored when spec\.type is not": "external-name-ignored",
    r"(spec\.\w+) is ignored for headless services": "ignored-when-headless",
    r"(spec\.trafficDistribution): .* is deprecated": "prefer-close-deprecated",
    r"(spec\.clusterIPs\[\d+\]): ": "cluster-ip-spelling",
    r"(spec\.externalIPs\[\d+\]): ": "external-ip-spelling",
    r"(spec\.loadBalancerIP): ": "load-balancer-ip-spelling",
    r"(spec\.loadBalancerSourceRanges\[\d+\]): ": "source-range-spelling",
    r"(spec\.[\w.]+\[\d+\]\.ports\[\d+\]): hostIP set without hostPort": "host-ip-without-host-port",
    r"(spec\.[\w.]+\[\d+\]\.ports\[\d+\]): duplicate port name ": "shared-port-name",
    r"(spec\.[\w.]+\[\d+\]\.ports\[\d+\]): [a-z ]+ port definition with ": "repeated-container-port",
    r"(spec\.[\w.]+\[\d+\]\.env\[\d+\]): hides previous definition": "repeated-env-name",
    r"(metadata\.name): this is used in the Pod's hostname": "pod-name-as-host-name",
    r"(metadata\.name): this is used in Pod names and hostnames": "workload-name-in-host-names",
    r'annotation "kubernetes\.io/ingress\.class" is deprecated': "ingress-class-annotation",
    r"(spec\.\w+\[\d+\]\.\w+\[\d+\]\.ipBlock\.\w+): ": "non-standard-policy-block",
    r"v1 Endpoints is deprecated": "endpoints-deprecated",
    r"(subsets\[\d+\]\.\w+\[\d+\]\.ip): ": "non-standard-subset-address",
    r"spec\.addressType: FQDN endpoints are deprecated": "fqdn-endpoints-deprecated",
    r"(endpoints\[\d+\]\.addresses\[\d+\]): non-standard IP address": "non-standard-endpoint-address",
}
UNNAMED: Final = frozenset(
    {
        "topology-annotation-deprecated",
        "duplicate-owner",
        "ingress-class-annotation",
        "endpoints-deprecated",
        "fqdn-endpoints-deprecated",
    }
)
"""Codes of texts that do not begin with a field of the object."""


def recognised(text: str) -> tuple[str, str]:
    """Return the code and field of a warning of the server."""
    for beginning, code in TEXTS.items():
        match = re.match(beginning, text)
        if match is not None:
            # The server writes one of the fields with a capital.
            return code, (match[1].lower() if match.groups() else "")
    raise AssertionError(f"a warning of another kind: {text}")


def shown(warning: ServerWarning) -> tuple[str, str]:
    """Return the code and field of a warning of portmap; some texts of the server have no field."""
    return warning.code, "" if warning.code in UNNAMED else warning.field.lower()


def body(asked: Mapping[str, Any]) -> Any:
    """Return the body of a request."""
    return asked["new"] if asked["op"] == "update" else asked.get("raw", asked.get("object"))


def was_recorded(case: Case) -> bool:
    """Return whether the warnings of this version were recorded."""
    return not case.unanswered and case.answer["accepted"] and case.asked["accepted"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["create", "update", "pods"])
def test_warnings_are_as_recorded(kind: str, version: str) -> None:
    """The warnings about accepted objects are as recorded, in the same order."""
    found: list[str] = []
    warned = 0
    for case in cases(kind, version):
        if was_recorded(case):
            theirs = [recognised(text) for text in case.answer.get("warnings", ())]
            ours = manifests.warnings(
                body(case.asked), old=case.asked.get("old"), namespace="default", cluster=cluster(version)
            )
            warned += bool(theirs)
            if [shown(warning) for warning in ours] != theirs:
                found.append(f"{case.id}: portmap: {[shown(warning) for warning in ours]}; server: {theirs}")
    assert not found, f"{len(found)} disagreements, among them\n" + "\n".join(found[:10])
    assert warned > 50


@pytest.mark.parametrize("kind", KINDS)
def test_portmap_warns_about_other_kinds_as_the_server_did(kind: str) -> None:
    """What is accepted is warned about as recorded; the server goes through the ports in another order."""
    found: list[str] = []
    for case in cases(kind):
        if was_recorded(case):
            theirs = sorted(recognised(text) for text in case.answer.get("warnings", ()))
            ours = sorted(
                map(shown, manifests.warnings(body(case.asked), namespace="default", cluster=cluster(NEWEST)))
            )
            if ours != theirs:
                found.append(f"{case.id}: portmap: {ours}; server: {theirs}")
    assert not found, f"{len(found)} disagreements, among them\n" + "\n".join(found[:10])
