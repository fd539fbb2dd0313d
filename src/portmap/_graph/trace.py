"""Trace a port in both directions: what reaches it, and what it reaches."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, TypeAlias, final

import attrs

from portmap._graph.chain_builder import ChainBuilder
from portmap._graph.chains import Entry, Hop, reference_hop, service_hop
from portmap._graph.graph import Graph
from portmap._graph.http_rules import paths_for, rules_for
from portmap._graph.node_ports import HostPorts, NodePorts
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import ServiceNode
from portmap._graph.targets import ContainerTarget, ResolvedReference, ServiceTarget
from portmap._graph.user_names import UserNames, no_container_port
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.plain_data import inlined, plain_data, renamed, shape
from portmap._kubernetes.target_syntax import NodePortTarget, ObjectTarget, RequestTarget, TargetSyntax, is_kind

Traced: TypeAlias = Literal["service-port", "container-port", "node-port", "host-port", "request"]
"""The kind of subject. `request`: the rule of an Ingress or route that serves a host and path."""


@final
@attrs.frozen
class Approach:
    """A path to the subject of a trace, from the outside in.

    Attributes:
        entry: The kind of entry.
        hops: The steps, the outermost first, without the subject.

    Example:
        >>> [trace] = PortMap.of([web, pod, front]).trace("web:http")
        >>> [str(approach) for approach in trace.approaches]
        ['cluster-ip', 'ingress: Ingress front */']
        >>> ingress = trace.approaches[1]
    """

    __module__ = "portmap"

    entry: Entry
    hops: tuple[Hop, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Example:
            >>> ingress.as_dict()["entry"]
            'ingress'
        """
        return plain_data(self)

    def __str__(self) -> str:
        """Return a display form: `node-port: Service shop/web every node 30080`."""
        return ": ".join([self.entry, *([" → ".join(map(str, self.hops))] if self.hops else [])])


@final
@attrs.frozen
class Onward:
    """A path from the subject of a trace to its end.

    Attributes:
        hops: The steps, without the subject.
        end: The container port, or `None` if there is none.
        stops: Why the path reaches no container port in this set, if so.
        hint: What was probably intended, if anything is similar.
        beyond: Whether the path leaves the set or its end is unknown, so that it is not a mistake.
        doubt: Why a path without an end may be right, or why its end is doubtful.

    Example:
        >>> [trace] = PortMap.of([web, pod]).trace("web:http")
        >>> [onward] = trace.onward
        >>> print(onward.end)
        Pod web-0 app 8080/TCP
    """

    __module__ = "portmap"

    hops: tuple[Hop, ...]
    end: ContainerTarget | None
    stops: str | None = None
    hint: str | None = None
    beyond: bool = False
    doubt: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Example:
            >>> onward.as_dict()["end"]["port"]
            8080
        """
        return plain_data(self)

    def __str__(self) -> str:
        """Return a display form: `Service shop/web 80 → Deployment shop/web app 8080/TCP`."""
        last = str(self.end) if self.end is not None else f"nowhere: {self.stops}"
        return " → ".join([*map(str, self.hops), last])


@final
@attrs.frozen
class Trace:
    """A port or a rule, what reaches it, and what it reaches.

    Attributes:
        kind: The kind of subject.
        subject: The object, port and protocol; for a rule its host and path.
        name: The name of the port, if it has one.
        container: The container of a container port; `None` if none declares the port.
        approaches: The paths to the subject. The direct path, by the address of a pod, is not
            included. A subject that is itself an entry has none.
        onward: The paths from the subject; none for a container port.

    Example:
        >>> [trace] = PortMap.of([web, pod, front]).trace("web:http")
        >>> trace.kind, len(trace.approaches), trace.onward[0].end.port
        ('service-port', 2, 8080)
    """

    __module__ = "portmap"

    kind: Traced
    subject: Hop
    name: str | None = None
    container: str | None = None
    approaches: tuple[Approach, ...] = ()
    onward: tuple[Onward, ...] = ()

    @property
    def leads_nowhere(self) -> bool:
        """Whether the subject reaches no container port although it should, or nothing reaches a container port.

        Example:
            >>> trace.leads_nowhere
            False
        """
        if self.kind == "container-port":
            return not self.approaches
        return not any(path.end or path.beyond or path.doubt for path in self.onward)

    @property
    def is_doubtful(self) -> bool:
        """Whether the subject reaches no container port, and that may be right.

        Example:
            >>> trace.is_doubtful
            False
        """
        return any(path.doubt for path in self.onward) and not any(path.end or path.beyond for path in self.onward)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Example:
            >>> trace.as_dict()["subject"]["port"]
            80
        """
        return plain_data(self)

    def __str__(self) -> str:
        """Return a display name: `Service shop/web 80`, `Deployment shop/web app 8080`."""
        parts = (str(self.subject.object), self.container, self.subject.address, self.subject.port)
        return " ".join(str(part) for part in parts if part)


def approaches_of(chains: ChainBuilder, node: ServiceNode, position: int) -> tuple[Approach, ...]:
    """Return the paths to a Service port."""
    # The last step of each path into a Service is the Service itself.
    return tuple(dict.fromkeys(Approach(entry, hops[:-1]) for entry, hops in chains.into(node, position)))


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
"""Numbers with at most this many digits are similar to any other number."""
_HEALTH: Final = "load balancers check here whether the node has pods of the Service; kube-proxy answers itself"


@final
@attrs.frozen(eq=False)
class Tracer:
    """Trace targets in a map."""

    graph: Graph
    chains: ChainBuilder
    names: UserNames
    references: Sequence[ResolvedReference]
    node_ports: NodePorts
    host_ports: HostPorts

    def trace(self, target: TargetSyntax, namespace: str | None) -> tuple[Trace, ...]:
        """Return the traces of a target.

        Raises:
            KeyError: There is no such object, port or rule, or several namespaces have the object.
        """
        if isinstance(target, NodePortTarget):
            traces = self._trace_node_port(target)
        elif isinstance(target, RequestTarget):
            traces = self._trace_request(target)
        elif is_kind(target.kind, "Service"):
            traces = self._trace_service(target, namespace)
        else:
            traces = self._trace_workload(target, namespace)
        return tuple(dict.fromkeys(traces))

    def trace_port(self, node: ServiceNode, position: int) -> Trace:
        """Return the trace of a port of a Service."""
        port = node.service.ports[position]
        return Trace(
            "service-port",
            Hop(node.name, port.port, port.effective_protocol),
            port.name,
            approaches=approaches_of(self.chains, node, position),
            onward=tuple(self._from_port(node, position)),
        )

    # --- one method for each form of target ---

    def _trace_service(self, target: ObjectTarget, namespace: str | None) -> list[Trace]:
        if target.port is not None:
            return [self.trace_port(node, position) for node, position in self.names.ports(target, namespace)]
        services = self.names.services(target, namespace)
        traces = [self.trace_port(node, position) for node in services for position, _ in enumerate(node.service.ports)]
        if not traces:
            raise KeyError(f"{services[0].name} has no ports to trace")
        return traces

    def _trace_workload(self, target: ObjectTarget, namespace: str | None) -> list[Trace]:
        workloads = self.names.workloads(target, namespace)
        ports = list(dict.fromkeys(port for workload in workloads for port in self.chains.targets_of(*workload)))
        of_container = [port for port in ports if target.container in {None, port.container}]
        matching = [port for port in of_container if target.port in {None, port.name}]
        matching = matching or [port for port in of_container if target.port == str(port.port)]
        if not matching and target.container is None:
            matching = [port for port in ports if target.port == port.container]
        if not matching:
            wanted = ":".join(filter(None, (target.container, target.port)))
            raise KeyError(no_container_port(workloads[0][1], wanted, ports))
        return [self._trace_container_port(port) for port in matching]

    def _trace_container_port(self, target: ContainerTarget) -> Trace:
        chains = (chain for chain in self.chains.to(target) if chain.entry != "direct")
        return Trace(
            "container-port",
            Hop(target.workload, target.port, target.protocol),
            target.name,
            target.container,
            tuple(Approach(chain.entry, chain.hops) for chain in chains),
        )

    def _trace_node_port(self, target: NodePortTarget) -> list[Trace]:
        traces: list[Trace] = []
        for port in self.node_ports.of(target.number):
            if target.protocol in {None, port.protocol}:
                onward = self._from_node_port(port.service, port.position)
                hop = Hop(port.service, port.number, port.protocol, "every node")
                traces.append(Trace("node-port", hop, onward=tuple(onward)))
        for host_port in self.host_ports.taken:
            if host_port.number == target.number and target.protocol in {None, host_port.protocol}:
                workload, protocol = host_port.workload, host_port.protocol
                end = ContainerTarget(workload, host_port.container, host_port.container_port, protocol)
                hop = Hop(workload, host_port.number, protocol, host_port.host_ip or None)
                traces.append(Trace("host-port", hop, onward=(Onward((), end),)))
        if not traces:
            raise KeyError(self._no_node_port(target))
        return traces

    def _trace_request(self, target: RequestTarget) -> list[Trace]:
        traces: list[Trace] = []
        for rule in rules_for(self.references, target.host, target.path):
            for _, hop in reference_hop(rule.reference):
                traces.append(Trace("request", hop, onward=tuple(self._from_rule(rule))))
        if not traces:
            raise KeyError(self._no_rule(target))
        return traces

    # --- the paths onward ---

    def _from_port(self, node: ServiceNode, position: int, *hops: Hop, doubt: str | None = None) -> Iterator[Onward]:
        outcome = self.graph.outcome(node, position)
        doubt = doubt or outcome.doubt
        yield from (Onward(hops, end, doubt=doubt) for end in outcome.targets)
        if outcome.state == "elsewhere":
            yield Onward(hops, None, outcome.reason, beyond=True)
        yield from (Onward(hops, None, each.miss.message, each.miss.hint, doubt=doubt) for each in outcome.misses)

    def _from_node_port(self, service: ObjectName, position: int | None) -> Iterator[Onward]:
        if position is None:
            yield Onward((), None, _HEALTH, beyond=True)
        else:
            node = self.chains.services[service]
            yield from self._from_port(node, position, service_hop(node.target(position)))

    def _from_rule(self, rule: ResolvedReference) -> Iterator[Onward]:
        if rule.miss is not None:
            yield Onward((), None, rule.miss.message, rule.miss.hint, doubt=rule.miss.because)
        if rule.unknown is not None:
            yield Onward((), None, rule.unknown, beyond=True)
        for target in rule.targets:
            if isinstance(target, ServiceTarget):
                node = self.chains.node(target)
                if target.position is None:
                    yield Onward((service_hop(target),), None, node.resolution.elsewhere, beyond=True)
                else:
                    yield from self._from_port(node, target.position, service_hop(target), doubt=rule.elsewhere)

    # --- messages for targets that do not exist ---

    def _no_node_port(self, target: NodePortTarget) -> str:
        shown = f"{target.number}/{target.protocol}" if target.protocol else str(target.number)
        return f"no Service requests node port {shown}, and no workload that host port{self._near_number(target)}"

    def _near_number(self, target: NodePortTarget) -> str:
        taken = {port.number for port in self.node_ports.taken} | {port.number for port in self.host_ports.taken}
        if target.number in taken:
            return "; it is taken for another protocol"
        for node in self.chains.services.values():
            if any(port.port == target.number for port in node.service.ports):
                return f"; it is a port of a Service: write 'service/{node.name.name}:{target.number}'"
        guess = nearest(str(target.number), (str(number) for number in sorted(taken) if len(str(number)) > _SHORT))
        return f"; did you mean {guess}?" if guess else ""

    def _no_rule(self, target: RequestTarget) -> str:
        rules = [resolved.reference for resolved in self.references if resolved.reference.role in {"ingress", "route"}]
        hosts, paths = paths_for(self.references, target.host)
        shown = ", ".join(sorted(paths))
        if hosts and paths:
            return f"{', '.join(hosts)} has no rule for path {target.path}: it has {shown}"
        guess = nearest(target.host, sorted({host for rule in rules for host in rule.hosts}))
        hint = f"; did you mean {guess!r}?" if guess else ""
        any_host = f"; the rules for any host have {shown}, and not {target.path}" if paths else ""
        service = self._service_of(target.host)
        return f"no Ingress or route has a rule for host {target.host!r}{any_host}{hint or service}"

    def _service_of(self, host: str) -> str:
        """Return a hint for a name of the cluster's DNS, such as `web.shop.svc.cluster.local`."""
        name, _, rest = host.partition(".")
        namespace = rest.partition(".")[0]
        for service in (node.name for node in self.chains.services.values()):
            if namespace and service.name == name and service.namespace in {None, namespace}:
                shown = f"{service.namespace}/{name}" if service.namespace else name
                return f"; for the Service of that name write 'service/{shown}'"
        return ""
