"""The objects of some files, for tests of them."""

from typing import final

import attrs

from portmap._graph.port_map import PortMap
from portmap._kubernetes.cluster import Cluster
from portmap._manifests.documents import Manifests
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._reports.layout import count
from portmap._testing.tracebacks import hide_traceback


@final
@attrs.frozen(repr=False)
class Environment:
    """The objects of some files, and the map of their ports: the value of the fixture `portmap`.

    Attributes:
        manifests: Every document, of every kind, with its place.
        map: The map of their ports, as `PortMap.of` returns it.
        cluster: The cluster that they are for.

    Example:
        >>> from pathlib import Path
        >>> from portmap.testing import Environment
        >>> _ = Path("web.yaml").write_text(to_yaml(web, pod))
        >>> environment = Environment(load("web.yaml"), PortMap.of(load("web.yaml")), Cluster())
    """

    __module__ = "portmap.testing"

    manifests: Manifests
    map: PortMap
    cluster: Cluster

    @property
    def services(self) -> tuple[Service, ...]:
        """Return the valid Services, sorted by namespace and name.

        Example:
            >>> [str(service) for service in environment.services]
            ['Service web']
        """
        return self.map.services

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """Return the workloads, sorted by namespace, kind and name. A pod is a workload of kind Pod.

        Example:
            >>> [str(workload) for workload in environment.workloads]
            ['Pod web-0']
        """
        return self.map.workloads

    @hide_traceback
    def service(self, name: str, *, namespace: str | None = None) -> Service:
        """Return the Service of this name.

        Args:
            name: `"web"` or `"service/web"`.
            namespace: Its namespace; required if several namespaces have such a Service.

        Raises:
            KeyError: There is no such Service; or there are several, in different
                namespaces or with different fields.

        Example:
            >>> environment.service("web") == web
            True
        """
        service = self.map.resolution(name, namespace=namespace).service
        copies = [
            each for each in self.manifests if isinstance(each.object, Service) and _is_same(each.object, service)
        ]
        if any(each.object != service for each in copies):
            raise KeyError(
                f"{service} is declared more than once, with different fields: {', '.join(map(str, copies))}"
            )
        return service

    def __repr__(self) -> str:
        counts = f"{count(len(self.services), 'Service')}, {count(len(self.workloads), 'workload')}"
        return f"<Environment: {counts}, {self.cluster}>"


def _is_same(one: Service, other: Service) -> bool:
    return (one.namespace, one.name) == (other.namespace, other.name)
