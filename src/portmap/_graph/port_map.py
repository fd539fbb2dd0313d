"""The map of a set of objects: where every port leads, and who leads there.

It is made in one pass over the objects and then joined by labels and names, so that
its cost is about the sum of the objects and of what they have to do with each other.
"""

from collections.abc import Iterable
from typing import Any, Self, final

import attrs

from portmap._graph.as_dict import as_plain_data
from portmap._graph.chain_builder import Ways
from portmap._graph.chains import Chain
from portmap._graph.http_rules import rules_for
from portmap._graph.items import Inventory, UnknownObject, name_of
from portmap._graph.lookup import look_up_all
from portmap._graph.near_names import Meant, no_container_port
from portmap._graph.node_ports import HostPorts, NodePorts, host_ports_of, node_ports_of
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import Reach, declared_targets
from portmap._graph.set_misses import misses_of, unreached_targets
from portmap._graph.target_syntax import AskedObject, asked_for, asked_object
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference
from portmap._graph.trace import Trace, Tracing
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.kinds import known_kinds
from portmap._model.foreign import several
from portmap._model.pods import Pod
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload, reduced
from portmap._resolution.resolution import Resolution
from portmap._resolution.why_not import some

__all__ = ["PortMap"]


@final
@attrs.frozen(eq=False)
class PortMap:
    """Where every port of a set of objects leads, and who leads there.

    Make one with `PortMap.of`. It never changes. Everything in it is sorted, so that
    the order in which objects are given changes nothing. An object that says nothing
    of its namespace may be in any.

    Attributes:
        cluster: What the control plane does.
        references: Everything but Services that refers to a port or a Service, and what it leads to.
        misses: What should lead to a port and does not: ports of Services, and references.
        unreached: The declared ports of containers that nothing reaches: no Service, no
            host port, no probe or hook, no monitor.
        node_ports: The node ports that the Services take, their collisions, and the free ones.
        host_ports: The host ports that the workloads take, and their collisions.

    Example:
        >>> shop = PortMap.of([web, typo, pod, front])
        >>> [(str(miss.source), miss.field, miss.hint) for miss in shop.misses]
        [('Service typo', 'spec.ports[0].targetPort', "did you mean 'http'?")]
    """

    cluster: Cluster
    references: tuple[ResolvedReference, ...] = attrs.field(repr=False)
    misses: tuple[MapMiss, ...] = attrs.field(repr=False)
    unreached: tuple[ContainerTarget, ...] = attrs.field(repr=False)
    node_ports: NodePorts = attrs.field(repr=False)
    host_ports: HostPorts = attrs.field(repr=False)
    _inventory: Inventory = attrs.field(repr=False)
    _ways: Ways = attrs.field(repr=False)
    _meant: Meant = attrs.field(repr=False)

    @classmethod
    def of(cls, objects: Iterable[object], *, cluster: Cluster | None = None, namespace: str | None = None) -> Self:
        """The map of these objects.

        Args:
            objects: Plain mappings of any kind, `Service`, `Pod`, `Workload`, and
                documents as `portmap.load` has them, in any mixture. What cannot be
                read, because a server would refuse it, is in `unknown`.
            cluster: By what objects are judged, and whose control plane resolves them;
                left out, the cluster in force.
            namespace: The namespace of the objects that name none; left out, they may
                be in any.

        Raises:
            TypeError: One of the objects is something else.

        Example:
            >>> PortMap.of([web, pod], namespace="shop").services[0].namespace
            'shop'
        """
        cluster = cluster or cluster_in_force()
        with cluster:
            inventory = Inventory.of(several(objects, "PortMap.of"), namespace)
            reach = Reach.of(inventory)
            references = look_up_all(inventory, reach)
        host_ports = host_ports_of(inventory.workloads)
        misses = misses_of(inventory, reach, references)
        return cls(
            cluster,
            references,
            misses,
            unreached_targets(inventory, reach, references),
            node_ports_of(inventory.services, cluster),
            host_ports,
            inventory,
            Ways.of(inventory, reach, references, host_ports, misses),
            Meant(inventory, reach),
        )

    @property
    def services(self) -> tuple[Service, ...]:
        """The Services, by namespace and name.

        Example:
            >>> [str(service) for service in shop.services]
            ['Service typo', 'Service web']
        """
        return self._inventory.services

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """What makes pods, by namespace, kind and name. A pod is a workload of kind Pod.

        Example:
            >>> [str(workload) for workload in shop.workloads]
            ['Pod web-0']
        """
        return self._inventory.workloads

    @property
    def unknown(self) -> tuple[UnknownObject, ...]:
        """The objects that a server would refuse. What depends on them is not missed.

        Example:
            >>> broken = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "broken"}, "spec": {}}
            >>> [str(each.name) for each in PortMap.of([broken]).unknown]
            ['Service broken']
        """
        return self._inventory.unknown

    @property
    def others(self) -> int:
        """How many objects say nothing of ports.

        Example:
            >>> settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}
            >>> PortMap.of([web, settings]).others
            1
        """
        return self._inventory.others

    def resolution(self, service: Service | str, *, namespace: str | None = None) -> Resolution:
        """Where the ports of a Service lead.

        Args:
            service: One of `services`, or its name: `"web"` or `"service/web"`.
            namespace: Where it is; may be left out where only one namespace has such a Service.

        Raises:
            KeyError: There is no such Service, or it is not clear which is meant.
            ValueError: The text is no name of a Service at all.
            TypeError: It is neither a Service nor a name.

        Example:
            >>> shop.resolution("typo").leads_nowhere
            (ServicePort(80, target_port='htpp'),)
        """
        return self._ways.reach.resolutions[self._place(service, namespace)]

    def selected(self, service: Service | str, *, namespace: str | None = None) -> tuple[Workload, ...]:
        """The workloads that one of `services` selects.

        Args and errors are those of `resolution`.

        Example:
            >>> [str(workload) for workload in shop.selected(web)]
            ['Pod web-0']
        """
        return self._ways.reach.selected[self._place(service, namespace)]

    def targets(
        self, service: Service | str, port: ServicePort | int | str | None = None, *, namespace: str | None = None
    ) -> tuple[ContainerTarget, ...]:
        """The ports of containers that one port of a Service reaches.

        Args and errors are those of `why_not`.

        Example:
            >>> print(*shop.targets(web, 0))
            Pod web-0 app 8080/TCP
        """
        place, position = self._port(service, port, namespace)
        return self._ways.reach.targets[place][position]

    def why_not(
        self, service: Service | str, port: ServicePort | int | str | None = None, *, namespace: str | None = None
    ) -> str:
        """Why a port of a Service reaches no container, or that it does: `"it leads to …"`.

        It is an answer for people, and never empty. Whether a port reaches anything is
        told by `targets`, which takes the same. Of a Service whose endpoints somebody else
        manages, the answer is who does, or where endpoints written by hand lead.

        Args:
            service: One of `services`, or its name: `"web"` or `"service/web"`; or the
                name with the port behind it, as for `reaches`: `"web:http"`, `"web:80"`.
            port: The Service port, by its place in `ports`, its name, or itself; may be left
                out where there is only one. `0` is the first port, and no number of a port;
                `""` is the port without a name.
            namespace: Where it is; may be left out where only one namespace has such a Service.

        Raises:
            KeyError: There is no such Service or port, or it is not clear which is meant.
            ValueError: The text is no name of a Service at all, or names a port, too, where `port` is given.
            TypeError: It is no Service or name, or no place, name or port.

        Example:
            >>> shop.why_not("typo")
            "no container port named 'htpp' for TCP in Pod/web-0: it declares http/TCP → 8080 in app"
            >>> shop.why_not("web:http")
            'it leads to Pod web-0 app 8080/TCP'
            >>> shop.why_not(web, 0) == shop.why_not("web", "http") == shop.why_not("web:80")
            True
        """
        place, position = self._port(service, port, namespace)
        reached = self._ways.reach.targets[place][position]
        return (
            f"it leads to {some([str(each) for each in reached])}" if reached else self._ways.why_not(place, position)
        )

    @staticmethod
    def declared(workload: Workload) -> tuple[ContainerTarget, ...]:
        """The ports that the containers and sidecars of a workload declare.

        Example:
            >>> print(*PortMap.declared(shop.workloads[0]))
            Pod web-0 app 8080/TCP
        """
        return tuple(declared_targets(workload, name_of(workload)))

    def selects_unknown(self, service: Service | str, *, namespace: str | None = None) -> bool:
        """Whether one of `services` selects pods that an object of `unknown` would make.

        Args and errors are those of `resolution`.

        Example:
            >>> shop.selects_unknown(web)
            False
        """
        return bool(self._ways.reach.unknown[self._place(service, namespace)])

    def reaches(self, target: str, *, namespace: str | None = None) -> tuple[ContainerTarget, ...]:
        """The ports of containers that a port of a Service reaches.

        Args:
            target: `"service/web:http"`, `"service/shop/web:http"` or `"web:80"`: the
                Service, and its port by name or number, which may be left out where
                there is only one.
            namespace: Where the Service is; may be left out where only one namespace has it.

        Raises:
            KeyError: There is no such Service or port, or it is not clear which is meant.
            ValueError: The text is no name of a Service and port at all.

        Example:
            >>> print(*shop.reaches("service/web:http"))
            Pod web-0 app 8080/TCP
        """
        reached = self._ways.reach.targets
        found = [
            each
            for place, position in self._meant.ports(asked_object(target), namespace)
            for each in reached[place][position]
        ]
        return tuple(dict.fromkeys(found))

    def through(self, target: str, *, namespace: str | None = None) -> tuple[Chain, ...]:
        """Every way through a port of a Service, from the outside to a container.

        Args and errors are those of `reaches`.

        Example:
            >>> for chain in shop.through("web:http"):
            ...     print(chain)
            ...
            cluster-ip: Service web 80 → Pod web-0 app 8080/TCP
            ingress: Ingress front */ → Service web 80 → Pod web-0 app 8080/TCP
        """
        found = self._meant.ports(asked_object(target), namespace)
        chains = (chain for place, position in found for chain in self._ways.through(place, position))
        return tuple(dict.fromkeys(chains))

    def who_reaches(
        self,
        workload: Workload | Pod | str,
        container: str | None = None,
        port: int | str | None = None,
        *,
        namespace: str | None = None,
    ) -> tuple[Chain, ...]:
        """Every way to the ports of a workload's containers.

        Args:
            workload: One of `workloads`, a pod, or a name: `"deployment/web"` or `"web"`.
            container: Only ports of this container.
            port: Only the port of this number or name.
            namespace: Where it is; may be left out where only one namespace has such a workload.

        Raises:
            KeyError: There is no such workload or port, or it is not clear which is meant.

        Example:
            >>> [chain.entry for chain in shop.who_reaches("pod/web-0", port="http")]
            ['direct', 'cluster-ip', 'ingress']
        """
        if isinstance(workload, str):
            asked = asked_object(workload)
        else:
            name = name_of(reduced(workload))
            asked, namespace = AskedObject(name.kind, name.name), name.namespace
        found = self._meant.workloads(asked, namespace)
        targets = dict.fromkeys(target for each in found for target in self._ways.targets_of(each))
        chosen = [
            target
            for target in targets
            if container in {None, target.container} and port in {None, target.port, target.name}
        ]
        if not chosen:
            wanted = ":".join(str(each) for each in (container, port) if each is not None)
            raise KeyError(no_container_port(found[0], wanted, targets))
        return tuple(chain for target in chosen for chain in self._ways.to(target))

    def host(self, host: str, path: str = "/") -> tuple[Chain, ...]:
        """What a request for this host and path finally hits, through Ingresses and routes.

        Several ways, where a Service has several workloads or a route splits its
        traffic; none, where no rule fits. A way may end nowhere, and then says why.

        Args:
            host: The name that the request asks for, such as `"shop.example"`.
            path: The path of the request.

        Example:
            >>> print(*shop.host("shop.example", "/cart"))
            ingress: Ingress front */ → Service web 80 → Pod web-0 app 8080/TCP
        """
        rules = rules_for(self.references, host, path)
        return tuple(dict.fromkeys(chain for rule in rules for chain in self._ways.onward(rule)))

    def node_port(self, number: int) -> tuple[Chain, ...]:
        """What a node port leads to; nothing, where no Service asks for that number.

        Example:
            >>> port = ServicePort(80, node_port=30080, target_port="http")
            >>> public = Service.node_port("web", [port], selector={"app": "web"})
            >>> print(*PortMap.of([public, pod]).node_port(30080))
            node-port: Service web every node 30080 → Service web 80 → Pod web-0 app 8080/TCP
        """
        found = dict.fromkeys((port.service, port.position) for port in self.node_ports.of(number))
        return tuple(dict.fromkeys(chain for each in found for chain in self._from_node_port(number, *each)))

    def _from_node_port(self, number: int, name: ObjectName, position: int | None) -> list[Chain]:
        found: list[Chain] = []
        for place in self._ways.places[name]:
            ports = self.services[place].ports
            if position is not None and position < len(ports) and ports[position].node_port == number:
                found += self._ways.through(place, position, "node-port")
        return found

    def trace(self, target: str | Service, *, namespace: str | None = None) -> tuple[Trace, ...]:
        """A port or a request with what is on both sides of it: who leads there, and where it leads.

        Args:
            target: A Service or one of its ports (`"service/web"`, `"web:http"`); a workload, a
                container or a port of it (`"deployment/web:http"`, `"deployment/web:app:8080"`);
                a host and path (`"shop.example/api"`); a port of nodes (`"30080"`).
                docs/portmap.md tells how these are told apart. Or one of `services`.
            namespace: Where the object is; may be left out where only one namespace has it,
                or where the text names it: `"service/shop/web:http"`.

        Returns:
            One trace for each port that is meant, and each rule that a request meets; at
            least one, but for a Service without ports that is given itself.

        Raises:
            KeyError: There is no such thing, or it is not clear which is meant.
            ValueError: The text has none of these forms.

        Example:
            >>> [trace] = shop.trace("web:http")
            >>> for approach in trace.approaches:
            ...     print(approach)
            ...
            cluster-ip
            ingress: Ingress front */
            >>> print(trace.onward[0].end)
            Pod web-0 app 8080/TCP
        """
        tracing = Tracing(self._ways, self._meant, self.references, self.node_ports, self.host_ports)
        if isinstance(target, str):
            return tracing.of(asked_for(target, {*known_kinds(), "Service", *self._meant.kinds}), namespace)
        place = self._place(target)
        return tuple(tracing.of_port(place, position) for position, _ in enumerate(target.ports))

    def as_dict(self) -> dict[str, Any]:
        """The whole map as plain data, as docs/portmap.md describes it: the same for the same objects, in any order.

        Example:
            >>> shop.as_dict()["services"][0]["name"]
            'typo'
        """
        return as_plain_data(
            self.cluster,
            self._ways,
            self.references,
            self.misses,
            self.unreached,
            self.node_ports,
            self.host_ports,
        )

    def _place(self, service: Service | str, namespace: str | None = None) -> int:
        """The place of a Service in `services`."""
        if isinstance(service, str):
            return self._meant.services(asked_object(service), namespace)[0]
        given: object = service
        if not isinstance(given, Service):
            raise TypeError(f"a Service of the map is asked for by its name or itself, not by {given!r}")
        places = self._ways.places.get(name_of(service), ())
        for place in places:
            if self.services[place] is service:
                return place
        # Of copies that differ only in what is not modelled, a map keeps one.
        for place in places:
            if repr(self.services[place]) == repr(service):
                return place
        raise KeyError(f"{service} is not in the map")

    def _port(
        self, service: Service | str, port: ServicePort | int | str | None, namespace: str | None
    ) -> tuple[int, int]:
        """The place of a Service in `services`, and that of one of its ports."""
        asked = asked_object(service) if isinstance(service, str) else None
        if asked is None or asked.port is None:
            place = self._place(service, namespace)
            return place, self._meant.position(place, port)
        if port is not None:
            raise ValueError(f"{service!r} names a port already, and {port!r} is given, too")
        found = self._meant.ports(asked, namespace)
        # One number may be two ports, for TCP and for UDP: what leads nowhere is what is asked about.
        return next((each for each in found if not self._ways.reach.targets[each[0]][each[1]]), found[0])
