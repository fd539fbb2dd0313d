"""What a service mesh makes of a port: the protocol that it is said to speak.

As Istio does: istio/istio, `pkg/config/kube/conversion.go` (ConvertProtocol) and
`pkg/config/protocol/instance.go` (Parse).
"""

import re
from collections.abc import Mapping
from typing import Final

from portmap._model.ports import ServicePort

__all__ = ["KNOWN", "KUBERNETES", "known_protocol", "meant_protocol", "protocol_of"]

KNOWN: Final = frozenset(
    {"grpc", "grpc-web", "hbone", "http", "http2", "https", "mongo", "mysql", "redis", "tcp", "tls", "udp"}
)
"""What Istio and Kiali know, as the first word of a port's name or as `appProtocol`."""

KUBERNETES: Final[Mapping[str, str]] = {
    "kubernetes.io/h2c": "http2",
    "kubernetes.io/ws": "http",
    "kubernetes.io/wss": "https",
}
"""What Kubernetes itself defines for `appProtocol` (KEP-3726), and what a mesh makes of it."""

_BEGINNINGS: Final = ("https", "http2", "http", "grpc-web", "grpc", "mongo", "tcp")
"""What a name may mean that goes on without a hyphen: `httpweb` means http, but `mysqlx` not mysql."""

_SERVER_FIRST: Final = frozenset({25, 53, 3306, 27017})
"""Ports that Istio takes for TCP without being told: SMTP, DNS, MySQL and MongoDB."""


def known_protocol(word: str) -> str | None:
    """The protocol that a port's name or `appProtocol` decides."""
    low = word.lower()
    if low in KUBERNETES:
        return KUBERNETES[low]
    if low.startswith("grpc-web"):
        return "grpc-web"
    first = low.partition("-")[0]
    return first if first in KNOWN else None


def protocol_of(port: ServicePort) -> str | None:
    """The protocol that a mesh takes a port for, if something decides it."""
    if port.effective_protocol != "TCP":
        return port.effective_protocol.lower()
    said = known_protocol(port.app_protocol or port.name or "") or ("tcp" if port.port in _SERVER_FIRST else None)
    return "tcp" if said == "udp" else said


def meant_protocol(name: str) -> str | None:
    """The protocol that a name tries to decide: one that it begins with, or that is one of its words."""
    low = name.lower()
    begun = next((each for each in _BEGINNINGS if low.startswith(each)), None)
    return begun or next((word for word in re.split(r"[-0-9]+", low) if word in KNOWN), None)
