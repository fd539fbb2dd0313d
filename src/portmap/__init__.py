"""portmap: Kubernetes Services, typed.

Build Services that a real API server accepts, or learn at once why it would not;
see where every port leads; read and write manifests without losing anything.

    from portmap import ContainerPort, Service, ServicePort, to_yaml

    http = ContainerPort(8080, name="http")
    web = Service("web", selector={"app": "web"}, ports=[ServicePort.targeting(http, port=80)])
    print(to_yaml(web))
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from portmap._checks import check
from portmap._cluster import SUPPORTED_VERSIONS, Cluster, set_default_cluster
from portmap._errors import ManifestError, PortmapError, Span, ValidationError
from portmap._labels import Labels
from portmap._manifest import to_manifest
from portmap._misses import Miss
from portmap._pods import Container, Pod
from portmap._ports import ContainerPort, ServicePort
from portmap._resolution import Endpoint, EndpointPort, EndpointSlice, Resolution, SliceEndpoint, resolve, resolve_all
from portmap._services import Service
from portmap._sets import Conflict, check_set
from portmap._violations import ServerWarning, Violation
from portmap._workloads import Workload

if TYPE_CHECKING:
    from portmap._contract import contract
    from portmap._contract.changes import Change, Contract, Step
    from portmap._draw import draw
    from portmap._map.port_map import PortMap
    from portmap.manifests._load import load
    from portmap.manifests._write import to_yaml

    __version__: str

__all__ = [
    "SUPPORTED_VERSIONS",
    "Change",
    "Cluster",
    "Conflict",
    "Container",
    "ContainerPort",
    "Contract",
    "Endpoint",
    "EndpointPort",
    "EndpointSlice",
    "Labels",
    "ManifestError",
    "Miss",
    "Pod",
    "PortMap",
    "PortmapError",
    "Resolution",
    "ServerWarning",
    "Service",
    "ServicePort",
    "SliceEndpoint",
    "Span",
    "Step",
    "ValidationError",
    "Violation",
    "Workload",
    "check",
    "check_set",
    "contract",
    "draw",
    "load",
    "resolve",
    "resolve_all",
    "set_default_cluster",
    "to_manifest",
    "to_yaml",
]

# What not every script needs is loaded when it is first asked for (PEP 562).
_LATER = {
    "Change": "portmap._contract.changes",
    "Contract": "portmap._contract.changes",
    "PortMap": "portmap._map.port_map",
    "Step": "portmap._contract.changes",
    "contract": "portmap._contract",
    "draw": "portmap._draw",
    "load": "portmap.manifests._load",
    "to_yaml": "portmap.manifests._write",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as typed above
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    if name == "__version__":
        metadata = import_module("importlib.metadata")
        try:
            return metadata.version("portmap-k8s")
        except metadata.PackageNotFoundError:
            raise AttributeError("portmap runs from its source and is not installed, so it has no version") from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


# The other order, portmap first, is the business of Hypothesis' entry point.
if "hypothesis.strategies" in sys.modules:
    import_module("portmap._hypothesis").register()
