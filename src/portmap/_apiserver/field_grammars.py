"""Grammars of a Service's values, each by itself: true for what may be wrong.

A grammar may reject a valid value, but accepts nothing that a rule of any version rejects. The
table of fields names them, and `surely_valid` asks them so that most Services need no rules.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from portmap._kubernetes.addresses import cidr_reasons, endpoint_ip_reasons, ip_reasons
from portmap._kubernetes.annotations import SOURCE_RANGES, TOPOLOGY_AWARE_HINTS, TOPOLOGY_MODE
from portmap._kubernetes.names import (
    dns_subdomain_reasons,
    label_value_reasons,
    port_name_reasons,
    port_number_reasons,
    qualified_name_reasons,
)

_WITH_RULES: Final = frozenset({SOURCE_RANGES, TOPOLOGY_AWARE_HINTS, TOPOLOGY_MODE})
MOST_ANNOTATION_BYTES: Final = 256 * 1024
LONGEST_AFFINITY_TIMEOUT: Final = 86400
"""Seconds: a day."""
_MOST_BYTES_OF_A_CHARACTER: Final = 4
_FAMILIES: Final = frozenset({("IPv4",), ("IPv6",), ("IPv4", "IPv6"), ("IPv6", "IPv4")})


def are_bad_labels(labels: Mapping[str, str]) -> bool:
    """Return whether a key is not a qualified name, or a value not a label value."""
    for key, value in labels.items():
        if type(key) is not str or type(value) is not str or qualified_name_reasons(key) or label_value_reasons(value):
            return True
    return False


def are_bad_annotations(annotations: Mapping[str, str]) -> bool:
    """Return whether a key is not a qualified name or has rules for its value, or whether all are too long."""
    length = 0
    for key, value in annotations.items():
        if type(key) is not str or type(value) is not str or key in _WITH_RULES or qualified_name_reasons(key):
            return True
        length += len(key) + len(value)
    return length * _MOST_BYTES_OF_A_CHARACTER > MOST_ANNOTATION_BYTES


def is_bad_target_port(target: int | str) -> object:
    """Return reasons where a target port is neither the number nor the name of a port."""
    return not target or (port_number_reasons(target) if isinstance(target, int) else port_name_reasons(target))


def is_bad_cluster_ip(text: str) -> object:
    """Return reasons where text is neither an address in the strict form of 1.36 nor `None`."""
    return text != "None" and ip_reasons(text, strict=True)


def is_bad_external_name(name: str) -> object:
    """Return reasons where text is not a DNS name."""
    return dns_subdomain_reasons(name.removesuffix("."))


def is_bad_affinity_timeout(seconds: int) -> bool:
    """Return whether a number of seconds is out of range."""
    return not 1 <= seconds <= LONGEST_AFFINITY_TIMEOUT


def are_bad_ip_families(families: Sequence[str]) -> bool:
    """Return whether these are not one or two different IP families."""
    return any(type(family) is not str for family in families) or tuple(families) not in _FAMILIES


def _are_bad(texts: Sequence[str], is_bad: Callable[[str], object]) -> bool:
    return any(type(text) is not str or is_bad(text) for text in texts)


def are_bad_cluster_ips(texts: Sequence[str]) -> bool:
    """Return whether one of these is not a cluster IP."""
    return _are_bad(texts, is_bad_cluster_ip)


def are_bad_external_ips(texts: Sequence[str]) -> bool:
    """Return whether one of these is not a valid external IP."""
    return _are_bad(texts, lambda text: ip_reasons(text, strict=True) or endpoint_ip_reasons(text))


def are_bad_source_ranges(texts: Sequence[str]) -> bool:
    """Return whether one of these is not a CIDR block in the strict form of 1.36."""
    return _are_bad(texts, lambda text: cidr_reasons(text, strict=True))
