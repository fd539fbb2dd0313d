"""What leads to a port, and where it leads from there: one step of a chain, with what is on both sides of it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, TypeAlias, final

import attrs

from portmap._graph.chain_builder import Ways
from portmap._graph.chains import Entry, Hop, reference_hop, service_hop
from portmap._graph.http_rules import paths_for, rules_for
from portmap._graph.items import name_of
from portmap._graph.near_names import Meant, no_container_port
from portmap._graph.node_ports import HostPorts, NodePorts
from portmap._graph.object_name import ObjectName
from portmap._graph.target_syntax import Asked, AskedNumber, AskedObject, AskedRequest, is_kind
from portmap._graph.targets import ContainerTarget, ResolvedReference, ServiceTarget
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.plain_data import inlined, plain_data, renamed, shape

__all__ = ["Approach", "Onward", "Trace", "Traced", "Tracing"]

Traced: TypeAlias = Literal["service-port", "container-port", "node-port", "host-port", "request"]
"""What is traced. `request`: a rule of an Ingress or route that a host and path meet."""


@final
@attrs.frozen
class Approach:
    """A way to something, from the outside in.

    Attributes:
        entry: Where it begins.
        hops: What it leads through, the outermost first; that to which it leads is not among them.

    Example:
        >>> [trace] = PortMap.of([web, pod, front]).trace("web:http")
        >>> [str(approach) for approach in trace.approaches]
        ['cluster-ip', 'ingress: Ingress front */']
        >>> ingress = trace.approaches[1]
    """

    entry: Entry
    hops: tuple[Hop, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data.

        Example:
            >>> ingress.as_dict()["entry"]
            'ingress'
        """
        return plain_data(self)

    def __str__(self) -> str:
        """For people: `node-port: Service shop/web every node 30080`."""
        return ": ".join([self.entry, *([" → ".join(map(str, self.hops))] if self.hops else [])])


@final
@attrs.frozen
class Onward:
    """A way on from something, to its end.

    Attributes:
        hops: What it leads through; that from which it leads is not among them.
        end: The port of the container, or `None` if it leads nowhere.
        stops: Why it leads nowhere, or no further in this set.
        hint: What was probably meant, if anything is near.
        beyond: Whether it leads out of the set, or to what is not known: no mistake can be told.

    Example:
        >>> [trace] = PortMap.of([web, pod]).trace("web:http")
        >>> [onward] = trace.onward
        >>> print(onward.end)
        Pod web-0 app 8080/TCP
    """

    hops: tuple[Hop, ...]
    end: ContainerTarget | None
    stops: str | None = None
    hint: str | None = None
    beyond: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain data.

        Example:
            >>> onward.as_dict()["end"]["port"]
            8080
        """
        return plain_data(self)

    def __str__(self) -> str:
        """For people: `Service shop/web 80 → Deployment shop/web app 8080/TCP`."""
        last = str(self.end) if self.end is not None else f"nowhere: {self.stops}"
        return " → ".join([*map(str, self.hops), last])


@final
@attrs.frozen
class Trace:
    """A port or a rule, who leads there, and where it leads.

    Attributes:
        kind: What it is.
        subject: The step itself: its object, port and protocol; for a rule its host and path.
        name: The name of the port, if it has one.
        container: For a port of a container, the container; `None` where none declares it.
        approaches: Who leads there. The address of a pod itself, to which anybody may lead,
            is not among them; nothing leads to what is itself outermost.
        onward: Where it leads; nowhere further, for a port of a container.

    Example:
        >>> [trace] = PortMap.of([web, pod, front]).trace("web:http")
        >>> trace.kind, len(trace.approaches), trace.onward[0].end.port
        ('service-port', 2, 8080)
    """

    kind: Traced
    subject: Hop
    name: str | None = None
    container: str | None = None
    approaches: tuple[Approach, ...] = ()
    onward: tuple[Onward, ...] = ()

    @property
    def leads_nowhere(self) -> bool:
        """Whether no container port is reached; for a port of a container, whether nothing leads to it.

        Example:
            >>> trace.leads_nowhere
            False
        """
        if self.kind == "container-port":
            return not self.approaches
        return not any(each.end or each.beyond for each in self.onward)

    def as_dict(self) -> dict[str, Any]:
        """Plain data.

        Example:
            >>> trace.as_dict()["subject"]["port"]
            80
        """
        return plain_data(self)

    def __str__(self) -> str:
        """For people: `Service shop/web 80`, `Deployment shop/web app 8080`."""
        parts = (str(self.subject.object), self.container, self.subject.address, self.subject.port)
        return " ".join(str(part) for part in parts if part)


@attrs.frozen
class _Subject:
    """The subject of a trace as plain data."""

    hop: Hop = attrs.field(metadata=inlined())
    kind: Traced = attrs.field(metadata=renamed("is"))
    name: str | None = attrs.field(metadata=renamed("portName"))
    container: str | None


@shape.register
def _(trace: Trace) -> dict[str, object]:
    return {
        "subject": _Subject(trace.subject, trace.kind, trace.name, trace.container),
        "approaches": trace.approaches,
        "onward": trace.onward,
        "leadsNowhere": trace.leads_nowhere,
    }


_SHORT: Final = 3
"""Numbers of so few digits are near to any other."""
_HEALTH: Final = "asked by load balancers whether the node has pods of the Service; kube-proxy answers itself"


@final
@attrs.frozen(eq=False)
class Tracing:
    """Answers for a map what is asked for."""

    ways: Ways
    meant: Meant
    references: Sequence[ResolvedReference]
    node_ports: NodePorts
    host_ports: HostPorts

    def of(self, asked: Asked, namespace: str | None) -> tuple[Trace, ...]:
        """The traces of all that is asked for.

        Raises:
            KeyError: There is nothing of the kind, or it is not clear which is meant.
        """
        if isinstance(asked, AskedNumber):
            found = self._of_number(asked)
        elif isinstance(asked, AskedRequest):
            found = self._of_request(asked)
        elif is_kind(asked.kind, "Service"):
            found = self._of_service(asked, namespace)
        else:
            found = self._of_workload(asked, namespace)
        return tuple(dict.fromkeys(found))

    def of_port(self, place: int, position: int) -> Trace:
        """The trace of a port of the Service in this place."""
        service = self.ways.inventory.services[place]
        port = service.ports[position]
        return Trace(
            "service-port",
            Hop(name_of(service), port.port, port.effective_protocol),
            port.name,
            # The last step of each way into a Service is the Service.
            approaches=tuple(
                dict.fromkeys(Approach(entry, hops[:-1]) for entry, hops in self.ways.into(place, position))
            ),
            onward=tuple(self._from_port(place, position)),
        )

    # --- what is asked for ---

    def _of_service(self, asked: AskedObject, namespace: str | None) -> list[Trace]:
        if asked.port is not None:
            return [self.of_port(*each) for each in self.meant.ports(asked, namespace)]
        places = self.meant.services(asked, namespace)
        found = [
            self.of_port(place, position)
            for place in places
            for position, _ in enumerate(self.ways.inventory.services[place].ports)
        ]
        if not found:
            raise KeyError(f"{self.ways.inventory.services[places[0]]} has no ports to trace")
        return found

    def _of_workload(self, asked: AskedObject, namespace: str | None) -> list[Trace]:
        workloads = self.meant.workloads(asked, namespace)
        targets = list(dict.fromkeys(target for each in workloads for target in self.ways.targets_of(each)))
        ports = [each for each in targets if asked.container in {None, each.container}]
        found = [each for each in ports if asked.port in {None, each.name}]
        found = found or [each for each in ports if asked.port == str(each.port)]
        if not found and asked.container is None:
            found = [each for each in targets if asked.port == each.container]
        if not found:
            wanted = ":".join(filter(None, (asked.container, asked.port)))
            raise KeyError(no_container_port(workloads[0], wanted, targets))
        return [self._of_target(each) for each in found]

    def _of_target(self, target: ContainerTarget) -> Trace:
        ways = (chain for chain in self.ways.to(target) if chain.entry != "direct")
        return Trace(
            "container-port",
            Hop(target.workload, target.port, target.protocol),
            target.name,
            target.container,
            tuple(Approach(chain.entry, chain.hops) for chain in ways),
        )

    def _of_number(self, asked: AskedNumber) -> list[Trace]:
        found: list[Trace] = []
        for port in self.node_ports.of(asked.number):
            if asked.protocol in {None, port.protocol}:
                onward = self._from_node_port(port.service, port.position, port.number)
                hop = Hop(port.service, port.number, port.protocol, "every node")
                found.append(Trace("node-port", hop, onward=tuple(onward)))
        for each in self.host_ports.taken:
            if each.number == asked.number and asked.protocol in {None, each.protocol}:
                end = ContainerTarget(each.workload, each.container, each.container_port, each.protocol)
                hop = Hop(each.workload, each.number, each.protocol, each.host_ip or None)
                found.append(Trace("host-port", hop, onward=(Onward((), end),)))
        if not found:
            raise KeyError(self._no_number(asked))
        return found

    def _of_request(self, asked: AskedRequest) -> list[Trace]:
        found: list[Trace] = []
        for rule in rules_for(self.references, asked.host, asked.path):
            for _, hop in reference_hop(rule.reference):
                found.append(Trace("request", hop, onward=tuple(self._from_rule(rule))))
        if not found:
            raise KeyError(self._no_rule(asked))
        return found

    # --- where it leads ---

    def _from_port(self, place: int, position: int, *hops: Hop) -> Iterator[Onward]:
        resolution = self.ways.reach.resolutions[place]
        ends = self.ways.reach.targets[place][position]
        yield from (Onward(hops, end) for end in ends)
        misses = [miss for miss in resolution.misses if miss.position in {None, position}]
        if not ends and (resolution.elsewhere is not None or self.ways.reach.unknown[place] or not misses):
            beyond = resolution.elsewhere is not None and self.ways.no_endpoints(place, position) is None
            yield Onward(hops, None, self.ways.why_not(place, position), beyond=beyond)
        else:
            yield from (Onward(hops, None, miss.message, miss.hint) for miss in misses)

    def _from_node_port(self, service: ObjectName, position: int | None, number: int) -> Iterator[Onward]:
        if position is None:
            yield Onward((), None, _HEALTH, beyond=True)
            return
        for place in self.ways.places[service]:
            ports = self.ways.inventory.services[place].ports
            if position < len(ports) and ports[position].node_port == number:
                hop = service_hop(ServiceTarget(service, position, ports[position]))
                yield from self._from_port(place, position, hop)

    def _from_rule(self, rule: ResolvedReference) -> Iterator[Onward]:
        if rule.miss is not None:
            yield Onward((), None, rule.miss.message, rule.miss.hint)
        if rule.unknown is not None:
            yield Onward((), None, rule.unknown, beyond=True)
        for target in rule.targets:
            if isinstance(target, ServiceTarget):
                for place in self.ways.places[target.service]:
                    if target.position is None:
                        why = self.ways.reach.resolutions[place].elsewhere
                        yield Onward((service_hop(target),), None, why, beyond=True)
                    elif self.ways.has(place, target):
                        yield from self._from_port(place, target.position, service_hop(target))

    # --- what is not there ---

    def _no_number(self, asked: AskedNumber) -> str:
        spoken = f"{asked.number}/{asked.protocol}" if asked.protocol else str(asked.number)
        return f"no Service asks for node port {spoken}, and no workload for that host port{self._near(asked)}"

    def _near(self, asked: AskedNumber) -> str:
        taken = {each.number for each in self.node_ports.taken} | {each.number for each in self.host_ports.taken}
        if asked.number in taken:
            return "; it is taken for another protocol"
        for service in self.ways.inventory.services:
            if any(port.port == asked.number for port in service.ports):
                return f"; it is a port of a Service: write 'service/{service.name}:{asked.number}'"
        guess = nearest(str(asked.number), (str(each) for each in sorted(taken) if len(str(each)) > _SHORT))
        return f"; did you mean {guess}?" if guess else ""

    def _no_rule(self, asked: AskedRequest) -> str:
        rules = [each.reference for each in self.references if each.reference.role in {"ingress", "route"}]
        fitting, paths = paths_for(self.references, asked.host)
        shown = ", ".join(sorted(paths))
        if fitting and paths:
            return f"{', '.join(fitting)} has no rule for path {asked.path}: it has {shown}"
        guess = nearest(asked.host, sorted({host for each in rules for host in each.hosts}))
        hint = f"; did you mean {guess!r}?" if guess else ""
        anyhow = f"; the rules for any host have {shown}, and not {asked.path}" if paths else ""
        return f"no Ingress or route has a rule for host {asked.host!r}{anyhow}{hint or self._service_of(asked.host)}"

    def _service_of(self, host: str) -> str:
        """What to write for a name that only the cluster's DNS has, such as `web.shop.svc.cluster.local`."""
        name, _, rest = host.partition(".")
        namespace = rest.partition(".")[0]
        for service in self.ways.inventory.services:
            if namespace and service.name == name and service.namespace in {None, namespace}:
                shown = f"{service.namespace}/{name}" if service.namespace else name
                return f"; for the Service of that name write 'service/{shown}'"
        return ""
