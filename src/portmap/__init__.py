"""portmap: Kubernetes Services, typed.

Build Services that a real API server accepts, with errors that say why it would refuse others.
Find the container port that each Service port leads to. Read and write manifests without loss.

    >>> from portmap import *
    >>> http = ContainerPort(8080, name="http")
    >>> pod = Pod("web-0", labels={"app": "web"}, containers=[Container("app", image="shop/web:1", ports=[http])])
    >>> web = Service("web", selector={"app": "web"}, ports=[ServicePort.targeting(http, port=80)])
    >>> typo = Service("typo", selector={"app": "web"}, ports=[ServicePort(80, target_port="htpp")])
    >>> for service in (web, typo):
    ...     resolution = resolve(service, [pod])
    ...     print([endpoint.port for endpoint in resolution.endpoints()], [miss.hint for miss in resolution.misses])
    ...
    [8080] []
    [] ["did you mean 'http'?"]

An Ingress is plain data, like every object that portmap does not build:

    >>> backend = {"service": {"name": "web", "port": {"name": "http"}}}
    >>> front = {
    ...     "apiVersion": "networking.k8s.io/v1",
    ...     "kind": "Ingress",
    ...     "metadata": {"name": "front"},
    ...     "spec": {"defaultBackend": backend},
    ... }

The examples of all other docstrings continue this one. Those of methods continue the example of their class.
"""

import sys
from importlib import import_module

# The constant of `typing`, which is not imported: the command is to know that it runs before it is interrupted.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from portmap._contract import contract
    from portmap._contract.changes import Change, Contract, Step
    from portmap._draw import draw
    from portmap._graph.chains import Chain, Hop
    from portmap._graph.inventory import UnknownObject
    from portmap._graph.node_ports import HostPort, HostPorts, NodePort, NodePorts
    from portmap._graph.object_name import ObjectName
    from portmap._graph.port_map import PortMap
    from portmap._graph.reference import PathMatch, Reference
    from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference, ServiceTarget
    from portmap._graph.trace import Approach, Onward, Trace
    from portmap._kubernetes.cluster import Cluster, set_default_cluster
    from portmap._kubernetes.errors import ManifestError, PortmapError, Span, ValidationError
    from portmap._kubernetes.features import SUPPORTED_VERSIONS
    from portmap._kubernetes.labels import Labels
    from portmap._kubernetes.violations import ServerWarning, Violation
    from portmap._manifests.load import load
    from portmap._manifests.write import to_yaml
    from portmap._model.check import check
    from portmap._model.check_set import Conflict, check_set
    from portmap._model.pods import Container, Pod
    from portmap._model.ports import ContainerPort, ServicePort
    from portmap._model.services import Service
    from portmap._model.to_manifest import to_manifest
    from portmap._model.workloads import Workload
    from portmap._resolution.resolution import Endpoint, Resolution, resolve, resolve_all
    from portmap._resolution.slices import EndpointPort, EndpointSlice, SliceEndpoint
    from portmap._resolution.why_not import Miss

    __version__: str

__all__ = [
    "SUPPORTED_VERSIONS",
    "Approach",
    "Chain",
    "Change",
    "Cluster",
    "Conflict",
    "Container",
    "ContainerPort",
    "ContainerTarget",
    "Contract",
    "Endpoint",
    "EndpointPort",
    "EndpointSlice",
    "Hop",
    "HostPort",
    "HostPorts",
    "Labels",
    "ManifestError",
    "MapMiss",
    "Miss",
    "NodePort",
    "NodePorts",
    "ObjectName",
    "Onward",
    "PathMatch",
    "Pod",
    "PortMap",
    "PortmapError",
    "Reference",
    "Resolution",
    "ResolvedReference",
    "ServerWarning",
    "Service",
    "ServicePort",
    "ServiceTarget",
    "SliceEndpoint",
    "Span",
    "Step",
    "Trace",
    "UnknownObject",
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

# Each name is imported when it is first used (PEP 562), so that a command or script starts with what it needs.
_LATER = {
    "Approach": "portmap._graph.trace",
    "Chain": "portmap._graph.chains",
    "Change": "portmap._contract.changes",
    "Cluster": "portmap._kubernetes.cluster",
    "Conflict": "portmap._model.check_set",
    "Container": "portmap._model.pods",
    "ContainerPort": "portmap._model.ports",
    "ContainerTarget": "portmap._graph.targets",
    "Contract": "portmap._contract.changes",
    "Endpoint": "portmap._resolution.resolution",
    "EndpointPort": "portmap._resolution.slices",
    "EndpointSlice": "portmap._resolution.slices",
    "Hop": "portmap._graph.chains",
    "HostPort": "portmap._graph.node_ports",
    "HostPorts": "portmap._graph.node_ports",
    "Labels": "portmap._kubernetes.labels",
    "ManifestError": "portmap._kubernetes.errors",
    "MapMiss": "portmap._graph.targets",
    "Miss": "portmap._resolution.why_not",
    "NodePort": "portmap._graph.node_ports",
    "NodePorts": "portmap._graph.node_ports",
    "ObjectName": "portmap._graph.object_name",
    "Onward": "portmap._graph.trace",
    "PathMatch": "portmap._graph.reference",
    "Pod": "portmap._model.pods",
    "PortMap": "portmap._graph.port_map",
    "PortmapError": "portmap._kubernetes.errors",
    "Reference": "portmap._graph.reference",
    "Resolution": "portmap._resolution.resolution",
    "ResolvedReference": "portmap._graph.targets",
    "SUPPORTED_VERSIONS": "portmap._kubernetes.features",
    "ServerWarning": "portmap._kubernetes.violations",
    "Service": "portmap._model.services",
    "ServicePort": "portmap._model.ports",
    "ServiceTarget": "portmap._graph.targets",
    "SliceEndpoint": "portmap._resolution.slices",
    "Span": "portmap._kubernetes.errors",
    "Step": "portmap._contract.changes",
    "Trace": "portmap._graph.trace",
    "UnknownObject": "portmap._graph.inventory",
    "ValidationError": "portmap._kubernetes.errors",
    "Violation": "portmap._kubernetes.violations",
    "Workload": "portmap._model.workloads",
    "check": "portmap._model.check",
    "check_set": "portmap._model.check_set",
    "contract": "portmap._contract",
    "draw": "portmap._draw",
    "load": "portmap._manifests.load",
    "resolve": "portmap._resolution.resolution",
    "resolve_all": "portmap._resolution.resolution",
    "set_default_cluster": "portmap._kubernetes.cluster",
    "to_manifest": "portmap._model.to_manifest",
    "to_yaml": "portmap._manifests.write",
}


# `import portmap` is enough for `portmap.lint.lint(…)`.
_FACES = frozenset({"lint", "manifests", "strategies", "testing", "types"})

# A type checker would take every name of a module that has `__getattr__` for granted, misspelt ones too.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _LATER:
            value = globals()[name] = getattr(import_module(_LATER[name]), name)
            return value
        if name in _FACES:
            return import_module(f"{__name__}.{name}")
        if name == "__version__":
            metadata = import_module("importlib.metadata")
            try:
                return metadata.version("portmap-k8s")
            except metadata.PackageNotFoundError:
                raise AttributeError(
                    "portmap runs from its source and is not installed, so it has no version"
                ) from None
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


# If portmap is imported first, the entry point of Hypothesis registers the strategies.
if "hypothesis.strategies" in sys.modules:
    import_module("portmap._plugins.hypothesis").register()
