"""What an API server accepts with a warning about a Service.

The subject is the Service as it is stored.

Source: kubernetes/kubernetes 1.36.2, `pkg/api/service/warnings.go`.
"""

import json
from collections.abc import Iterator
from typing import Final

from portmap._apiserver.problems import Problem
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._apiserver.state import HEADLESS, PICKED, ServiceState
from portmap._kubernetes.addresses import cidr_reasons, parse_ip, standard_block, standard_form
from portmap._kubernetes.annotations import TOPOLOGY_AWARE_HINTS, TOPOLOGY_MODE
from portmap._kubernetes.features import (
    EXTERNAL_IPS_DEPRECATED,
    HEADLESS_WARNINGS,
    PREFER_CLOSE_DEPRECATED,
    UNREADABLE_ADDRESS_WARNING,
)
from portmap._kubernetes.field_path import FieldPath

_SOURCE: Final = "pkg/api/service/warnings.go"


def _spelling(path: FieldPath, text: str, standard: tuple[str, bool] | None) -> Iterator[Problem]:
    if standard is not None:
        good, rejected = standard
        detail = "is not in a standard form, and newer versions reject it" if rejected else "is not in canonical form"
        yield Problem(path, f"{text!r} {detail}", text, f"write {good}")


def _standard(service: ServiceState, address: str) -> tuple[str, bool] | None:
    return standard_form(address, mapped_is_fine=service.cluster.enabled(UNREADABLE_ADDRESS_WARNING))


def _unreadable(service: ServiceState, path: FieldPath, text: str) -> Iterator[Problem]:
    """Yield a problem for a value that Go's strict parser refuses: up to 1.32 the server warned about it."""
    if service.cluster.enabled(UNREADABLE_ADDRESS_WARNING):
        yield Problem(path, f"{text!r} cannot be parsed, and a newer version may reject it", text)


SERVICE_WARNINGS: Final = RuleGroup[ServiceState]("warnings about Services", source=_SOURCE, stage=Stage.WARNINGS)


@SERVICE_WARNINGS.warning("topology-annotation-deprecated", f"metadata.annotations[{TOPOLOGY_AWARE_HINTS}]")
def topology_annotation_deprecated(service: ServiceState) -> Iterator[Problem]:
    """Service uses the older topology annotation, which is deprecated."""
    if TOPOLOGY_AWARE_HINTS in service.annotations:
        path = FieldPath("metadata", "annotations").key(TOPOLOGY_AWARE_HINTS)
        yield Problem(path, f"{TOPOLOGY_AWARE_HINTS} is deprecated", hint=f"use {TOPOLOGY_MODE}")


@SERVICE_WARNINGS.warning("cluster-ip-spelling", "spec.clusterIPs[*]")
def cluster_ip_spelling(service: ServiceState) -> Iterator[Problem]:
    """Cluster IP is not in the usual format.

    For IPv6, that is the format of RFC 5952.
    """
    if service.cluster_ip not in {"", HEADLESS}:
        for position, address in enumerate(service.cluster_ips):
            if address is not PICKED:
                yield from _spelling(FieldPath("spec", "clusterIPs", position), address, _standard(service, address))


@SERVICE_WARNINGS.warning("ignored-when-headless", "spec.*")
def ignored_when_headless(service: ServiceState) -> Iterator[Problem]:
    """Headless Service has fields that are ignored.

    Ignored are the load balancer IP, external IPs and session affinity. The server warns from 1.34 on.
    """
    if service.type != "ClusterIP" or not service.headless or not service.cluster.enabled(HEADLESS_WARNINGS):
        return
    hint = "leave it out"
    if service.load_balancer_ip:
        yield Problem(FieldPath("spec", "loadBalancerIP"), "is ignored for headless Services", hint=hint)
    if service.external_ips:
        yield Problem(FieldPath("spec", "externalIPs"), "is ignored for headless Services", hint=hint)
    if service.session_affinity != "None":
        yield Problem(FieldPath("spec", "sessionAffinity"), "is ignored for headless Services", hint=hint)


@SERVICE_WARNINGS.warning("external-ip-spelling", "spec.externalIPs[*]")
def external_ip_spelling(service: ServiceState) -> Iterator[Problem]:
    """External IP is not in the usual format."""
    for position, address in enumerate(service.external_ips):
        yield from _spelling(FieldPath("spec", "externalIPs", position), address, _standard(service, address))


@SERVICE_WARNINGS.warning("external-ips-deprecated", "spec.externalIPs")
def external_ips_deprecated(service: ServiceState) -> Iterator[Problem]:
    """`externalIPs` is deprecated.

    From 1.36 on. Some clusters may not implement it any more.
    """
    if service.external_ips and service.needs_cluster_ip and not _plain_headless(service):
        if service.cluster.enabled(EXTERNAL_IPS_DEPRECATED):
            detail = "is deprecated, and some clusters may not implement it any more"
            yield Problem(FieldPath("spec", "externalIPs"), detail, hint="use a LoadBalancer Service or a Gateway")


def _plain_headless(service: ServiceState) -> bool:
    return service.type == "ClusterIP" and service.cluster_ip == HEADLESS


@SERVICE_WARNINGS.warning("load-balancer-ip-spelling", "spec.loadBalancerIP")
def load_balancer_ip_spelling(service: ServiceState) -> Iterator[Problem]:
    """Load balancer IP is not in the usual format.

    The server does not check that it is an IP address.
    """
    if service.load_balancer_ip:
        address, path = service.load_balancer_ip, FieldPath("spec", "loadBalancerIP")
        yield from _spelling(path, address, _standard(service, address))
        if parse_ip(address) is None:
            yield from _unreadable(service, path, address)


@SERVICE_WARNINGS.warning("source-range-spelling", "spec.loadBalancerSourceRanges[*]")
def source_range_spelling(service: ServiceState) -> Iterator[Problem]:
    """Source range is not in the usual format."""
    for position, block in enumerate(service.load_balancer_source_ranges):
        path = FieldPath("spec", "loadBalancerSourceRanges", position)
        yield from _spelling(path, block, standard_block(block))
        if cidr_reasons(block, strict=False):
            yield from _unreadable(service, path, block)


@SERVICE_WARNINGS.warning("external-ips-ignored", "spec.externalIPs")
def external_ips_ignored(service: ServiceState) -> Iterator[Problem]:
    """ExternalName Service has external IPs, which are ignored."""
    if service.is_external_name and service.external_ips:
        yield Problem(FieldPath("spec", "externalIPs"), "is ignored when type is ExternalName", hint="leave it out")


@SERVICE_WARNINGS.warning("external-name-ignored", "spec.externalName")
def external_name_ignored(service: ServiceState) -> Iterator[Problem]:
    """Service with `externalName` is not an ExternalName Service.

    The field is ignored.
    """
    if not service.is_external_name and service.external_name:
        detail = "is ignored when type is not ExternalName"
        yield Problem(FieldPath("spec", "externalName"), detail, hint="leave it out, or make the type ExternalName")


@SERVICE_WARNINGS.warning("prefer-close-deprecated", "spec.trafficDistribution")
def prefer_close_deprecated(service: ServiceState) -> Iterator[Problem]:
    """PreferClose is deprecated.

    From 1.35 on, its name is PreferSameZone.
    """
    if service.traffic_distribution == "PreferClose" and service.cluster.enabled(PREFER_CLOSE_DEPRECATED):
        yield Problem(
            FieldPath("spec", "trafficDistribution"), "'PreferClose' is deprecated", hint="write PreferSameZone"
        )


@SERVICE_WARNINGS.warning(
    "duplicate-owner", "metadata.ownerReferences", source="staging/src/k8s.io/apiserver/pkg/endpoints/handlers/rest.go"
)
def duplicate_owner(service: ServiceState) -> Iterator[Problem]:
    """Owner is repeated.

    The server drops repetitions.
    """
    owners = [json.dumps(owner, sort_keys=True) for owner in service.metadata.get("ownerReferences") or ()]
    if len(set(owners)) < len(owners):
        yield Problem(
            FieldPath("metadata", "ownerReferences"), "names an owner more than once", hint="name each owner once"
        )
