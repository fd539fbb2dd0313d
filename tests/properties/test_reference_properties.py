"""Properties of references: each resolves to the port that it was made from, and names parse back."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st

from portmap import (
    Cluster,
    Container,
    ContainerPort,
    Pod,
    PortMap,
    ResolvedReference,
    Service,
    ServicePort,
    ServiceTarget,
    ValidationError,
    strategies,
    to_manifest,
)
from portmap.manifests import validate
from violations import refusals

WORLDS = strategies.services_with_pods(headless=False)
NAMESPACES = st.sampled_from(["shop", "edge"])


def an_object(api_version: str, kind: str, namespace: str | None, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "it", "namespace": namespace}, **fields}


def referring(objects: Iterable[Any], kind: str) -> ResolvedReference:
    """Return the one reference of an object of this kind."""
    [found] = [each for each in PortMap.of(objects).references if each.source.kind == kind]
    return found


def service_port(resolved: ResolvedReference) -> ServicePort | None:
    """Return the one Service port that a reference resolves to."""
    [target] = resolved.targets
    assert isinstance(target, ServiceTarget)
    return target.port


@given(WORLDS, st.data())
def test_an_ingress_backend_resolves_to_its_port(world: tuple[Service, list[Pod]], data: st.DataObject) -> None:
    """A backend resolves to the Service port that it was made from; a port that is not TCP is refused."""
    service, pods = world
    port = data.draw(st.sampled_from(service.ports))
    if port.effective_protocol != "TCP":
        assert [code for code, _ in refusals(service.ingress_backend, port)] == ["unresolvable-reference"]
        return
    spec = {"defaultBackend": service.ingress_backend(port)}
    ingress = an_object("networking.k8s.io/v1", "Ingress", service.namespace, spec=spec)
    assert service_port(referring([service, *pods, ingress], "Ingress")) == port


@given(WORLDS, st.data(), NAMESPACES)
def test_a_route_backend_resolves_to_its_port(
    world: tuple[Service, list[Pod]], data: st.DataObject, namespace: str
) -> None:
    """A backend of a route in any namespace resolves to the Service port that it was made from."""
    service = attrs.evolve(world[0], namespace=world[0].namespace or "shop")
    port = data.draw(st.sampled_from(service.ports))
    if port.effective_protocol == "SCTP":
        assert [code for code, _ in refusals(service.backend_ref, port)] == ["unresolvable-reference"]
        return
    reference = service.backend_ref(port, from_namespace=namespace)
    assert ("namespace" in reference) == (namespace != service.namespace)
    kind = f"{port.effective_protocol}Route"
    route = an_object("gateway.networking.k8s.io/v1", kind, namespace, spec={"rules": [{"backendRefs": [reference]}]})
    resolved = referring([service, route], kind)
    # A route in another namespace also needs a grant.
    if "namespace" not in reference:
        assert service_port(resolved) == port
    assert (resolved.reference.service, resolved.reference.namespace) == (service.name, service.namespace)
    assert resolved.reference.port == port.port


@given(WORLDS, st.data())
def test_a_monitor_endpoint_resolves_to_its_port(world: tuple[Service, list[Pod]], data: st.DataObject) -> None:
    """An endpoint of a ServiceMonitor resolves to the named TCP port that it was made from; others are refused."""
    service = attrs.evolve(world[0], labels={"app": "web"})
    port = data.draw(st.sampled_from(service.ports))
    if port.effective_protocol != "TCP" or not port.name:
        assert {code for code, _ in refusals(service.monitor_endpoint, port)} == {"unresolvable-reference"}
        return
    spec = {"selector": {"matchLabels": {"app": "web"}}, "endpoints": [service.monitor_endpoint(port)]}
    monitor = an_object("monitoring.coreos.com/v1", "ServiceMonitor", service.namespace, spec=spec)
    assert service_port(referring([service, monitor], "ServiceMonitor")) == port


@given(WORLDS, st.data())
def test_a_reference_of_the_server_resolves_to_its_port(world: tuple[Service, list[Pod]], data: st.DataObject) -> None:
    """The Service of an APIService or webhook resolves to the TCP port that it was made from."""
    service = attrs.evolve(world[0], namespace="shop")
    ports = [each for each in service.ports if each.effective_protocol == "TCP"]
    if ports:
        port = data.draw(st.sampled_from(ports))
        spec = {"service": service.service_reference(port)}
        extension = an_object("apiregistration.k8s.io/v1", "APIService", None, spec=spec)
        assert service_port(referring([service, extension], "APIService")) == port


@given(strategies.container_ports(), st.sampled_from(["httpGet", "tcpSocket", "grpc"]))
def test_a_handler_resolves_to_its_port(port: ContainerPort, action: str) -> None:
    """A probe resolves to the container port that it was made from; a port that is not TCP is refused."""
    actions: dict[str, Any] = {"httpGet": port.http_get, "tcpSocket": port.tcp_socket, "grpc": port.grpc}
    make = actions[action]
    if port.effective_protocol != "TCP":
        assert refusals(make) == [("unresolvable-reference", "protocol")]
        return
    other = ContainerPort(port.container_port % 65535 + 1, name="other")
    container = to_manifest(Container("app", image="app", ports=[other, port] if port.name != "other" else [port]))
    spec = {"containers": [container | {"livenessProbe": make()}]}
    [target] = referring([an_object("v1", "Pod", None, spec=spec)], "Pod").targets
    assert not isinstance(target, ServiceTarget)
    assert (target.port, target.name) == (port.container_port, port.name or None)


@given(strategies.container_ports(), st.booleans())
def test_references_by_label_resolve_to_their_port(port: ContainerPort, is_range: bool) -> None:
    """Ports of a NetworkPolicy and of a PodMonitor resolve to the container port that they were made from."""
    pod = Pod("web-0", labels={"app": "web"}, containers=[Container("app", ports=[port])])
    selector = {"matchLabels": {"app": "web"}}
    entry = port.policy_port(end_port=65535) if is_range else port.policy_port()
    spec = {"podSelector": selector, "ingress": [{"ports": [entry]}]}
    policy = an_object("networking.k8s.io/v1", "NetworkPolicy", None, spec=spec)
    targets = referring([pod, policy], "NetworkPolicy").targets
    assert [(each.port, each.name) for each in targets if not isinstance(each, ServiceTarget)] == [
        (port.container_port, port.name or None)
    ]
    try:
        endpoint = port.monitor_endpoint()
    except ValidationError:
        assert port.effective_protocol != "TCP"
        return
    spec = {"selector": selector, "podMetricsEndpoints": [endpoint]}
    monitor = an_object("monitoring.coreos.com/v1", "PodMonitor", None, spec=spec)
    assert len(referring([pod, monitor], "PodMonitor").targets) == 1


def parsed(name: str, client: str, domain: str) -> tuple[str, str]:
    """Return the Service and namespace that a pod in a namespace resolves a name to."""
    service, _, rest = name.partition(".")
    return service, rest.removesuffix(f".svc.{domain}") or client


@given(
    strategies.services(types=["ClusterIP", "NodePort", "LoadBalancer"], headless=False, namespaces=NAMESPACES),
    st.data(),
    NAMESPACES,
    st.booleans(),
    st.sampled_from(["cluster.local", "k8s.example.com"]),
)
def test_names_parse_back(service: Service, data: st.DataObject, client: str, qualified: bool, domain: str) -> None:
    """DNS name, address and URL lead a client in any namespace back to the Service, the port and the path."""
    port = data.draw(st.sampled_from(service.ports))
    path = data.draw(st.sampled_from(["", "/", "/api?x=1"]))
    with Cluster(cluster_domain=domain):
        name = service.dns_name(from_namespace=client, qualified=qualified)
        address = service.address(port, from_namespace=client, qualified=qualified)
        url = service.url(port, path, scheme="any", from_namespace=client, qualified=qualified)
    assert parsed(name, client, domain) == (service.name, service.namespace)
    assert address == f"{name}:{port.port}"
    split = urlsplit(url)
    assert (split.scheme, split.hostname, split.port) == ("any", name, port.port)
    assert split.path + (f"?{split.query}" if split.query else "") == path


@given(strategies.services(namespaces=st.none()))
def test_a_missing_namespace_is_never_text(service: Service) -> None:
    """Without a namespace a name is short, or it is an error: no name contains the text None."""
    assert refusals(service.dns_name, from_namespace="edge") == [("unresolvable-reference", "metadata.namespace")]
    assert service.dns_name() == service.name


FIELDS: Any = {
    "port": "port",
    "name": "name",
    "protocol": "protocol",
    "app_protocol": "appProtocol",
    "target_port": "targetPort",
    "node_port": "nodePort",
}
"""The fields of a port that can be changed, and their names in a manifest."""


@given(
    strategies.services(),
    strategies.service_ports(node_ports=None),
    st.sets(st.sampled_from(sorted(FIELDS))),
    st.data(),
)
def test_a_changed_port_differs_only_where_it_says(
    service: Service, other: ServicePort, fields: set[str], data: st.DataObject
) -> None:
    """The manifest differs in the given fields of one port; what is refused, the constructors refuse alike."""
    assume(service.ports)
    position = data.draw(st.integers(0, len(service.ports) - 1))
    own = service.ports[position]
    assert service.with_port(own) == service
    changes: Any = {field: getattr(other, field) for field in fields}
    expected = to_manifest(service)
    port = expected["spec"]["ports"][position]
    port.update({FIELDS[field]: value for field, value in changes.items()})
    expected["spec"]["ports"][position] = {field: value for field, value in port.items() if value is not None}
    try:
        changed = service.with_port(own, **changes)
    except ValidationError:
        assert validate(expected)
    else:
        assert to_manifest(changed) == expected
        assert list(to_manifest(changed)["spec"]) == list(expected["spec"])
