"""The public types of portmap: this file is never run, but `mypy` checks it.

`assert_type` states the types. A wrong line has a `type: ignore` with the code; if the types of
portmap ever accepted the line, mypy would report the comment as unused.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, assert_type

import attrs
from cattrs import Converter

from portmap import (
    Chain,
    Cluster,
    Conflict,
    Container,
    ContainerPort,
    ContainerTarget,
    Endpoint,
    EndpointPort,
    EndpointSlice,
    Labels,
    ManifestError,
    MapMiss,
    Miss,
    ObjectName,
    Pod,
    PortMap,
    Resolution,
    ResolvedReference,
    ServerWarning,
    Service,
    ServicePort,
    ServiceTarget,
    SliceEndpoint,
    Span,
    Trace,
    ValidationError,
    Violation,
    Workload,
    check,
    check_set,
    load,
    manifests,
    resolve,
    resolve_all,
    set_default_cluster,
    to_manifest,
    to_yaml,
)
from portmap.manifests import Document, Manifests
from portmap.types import BackendRef, HTTPGetHandler, IngressBackend, NetworkPolicyPort, Protocol, ServiceType

# --- types -----------------------------------------------------------------------------------------------------


def ports() -> None:
    http = ContainerPort(8080, name="http", protocol="TCP", host_port=80, host_ip="127.0.0.1")
    port = ServicePort(80, name="http", target_port="http", app_protocol="http", node_port=30080)
    assert_type(http.container_port, int)
    assert_type(http.name, str | None)
    assert_type(http.effective_protocol, Protocol)
    assert_type(port.target_port, int | str | None)
    assert_type(port.effective_target_port, int | str)
    assert_type(ServicePort.targeting(http, port=80), ServicePort)
    assert_type(attrs.evolve(port, node_port=30081), ServicePort)


def services(labels: Mapping[str, str], some: Iterator[ServicePort]) -> None:
    service = Service("web", selector=labels, ports=some, external_ips=["192.0.2.1"], ip_families=("IPv4", "IPv6"))
    assert_type(service.ports, tuple[ServicePort, ...])
    assert_type(service.external_ips, tuple[str, ...] | None)
    assert_type(service.selector, Mapping[str, str] | None)
    assert_type(service.effective_type, ServiceType)
    assert_type(service.is_headless, bool)
    assert_type(Service.internal("web", [ServicePort(80)], internal_traffic_policy="Local"), Service)
    assert_type(Service.headless("web"), Service)
    assert_type(Service.node_port("web", [ServicePort(80)], external_traffic_policy="Local"), Service)
    assert_type(Service.load_balancer("web", [ServicePort(80)], load_balancer_class="a/b"), Service)
    assert_type(Service.alias_of("web", "example.com", labels={"a": "b"}), Service)


def references(web: Service, http: ContainerPort, workload: Workload) -> None:
    assert_type(web.port(http), ServicePort)
    assert_type(workload.port("http"), ContainerPort)
    assert_type(web.ingress_backend(http), IngressBackend)
    assert_type(web.backend_ref("http", from_namespace="edge"), BackendRef)
    assert_type(web.url(80, "/api"), str)
    assert_type(web.with_port(http, target_port=3000), Service)
    assert_type(http.http_get("/healthz"), HTTPGetHandler)
    assert_type(http.policy_port(), NetworkPolicyPort)
    container: dict[str, Any] = {"readinessProbe": http.http_get("/healthz") | {"periodSeconds": 5}}
    container |= {"env": [{"name": "WEB_URL", "value": web.url(http)}], "livenessProbe": http.tcp_socket()}


def exposing(pod: Pod, workload: Workload, deployment: dict[str, Any]) -> None:
    assert_type(Service.exposing(pod), Service)
    assert_type(Service.exposing(workload, ports={"http": 80}), Service)
    assert_type(Service.exposing(workload, ports={8080: 80}), Service)
    assert_type(Service.exposing(deployment, "web", ports=[ServicePort(80)], type="NodePort"), Service)


def pods() -> None:
    pod = Pod(
        "web-0",
        labels={"app": "web"},
        containers=[Container("app", ports=[ContainerPort(8080)])],
        phase="Running",
        ready=True,
        addresses=["10.0.0.1"],
    )
    assert_type(pod.containers, tuple[Container, ...])
    assert_type(pod.addresses, tuple[str, ...] | None)
    assert_type(pod.labels, Mapping[str, str])
    assert_type(pod.port_containers, tuple[Container, ...])
    assert_type(pod.containers[0].ports, tuple[ContainerPort, ...])
    assert_type(Workload("Deployment", "web", pod).pod, Pod)


def resolving(service: Service, pod: Pod, workload: Workload, manifest: dict[str, Any]) -> None:
    resolution = resolve(service, [pod, workload], nodes={"node-a"}, ip_families=["IPv4"], cluster=Cluster("1.33"))
    assert_type(resolution, Resolution)
    assert_type(resolution.endpoints("http"), tuple[Endpoint, ...])
    assert_type(resolution.endpoints(80)[0].port, int)
    assert_type(resolution.misses, tuple[Miss, ...])
    assert_type(resolution.misses[0].hint, str | None)
    assert_type(resolution.slices, tuple[EndpointSlice, ...])
    assert_type(resolution.slices[0].ports, tuple[EndpointPort, ...])
    assert_type(resolution.slices[0].endpoints, tuple[SliceEndpoint, ...])
    assert_type(resolution.leads_nowhere, tuple[ServicePort, ...])
    assert_type(resolve(service, [manifest]), Resolution)
    assert_type(resolve_all([service], [pod]), tuple[Resolution, ...])


def judging(service: Service, pod: Pod, manifest: dict[str, Any]) -> None:
    cluster = Cluster(
        "1.34", node_port_range=range(20000, 21000), service_cidrs="10.0.0.0/16", feature_gates={"A": True}
    )
    with cluster as inside:
        assert_type(inside, Cluster)
    set_default_cluster(cluster)
    assert_type(check(service, cluster=cluster), tuple[Violation, ...])
    assert_type(check(pod), tuple[Violation, ...])
    assert_type(check_set([service]), tuple[Conflict, ...])
    assert_type(manifests.validate(manifest, old=manifest, namespace="shop"), tuple[Violation, ...])
    assert_type(manifests.validate('{"kind": "Service"}'), tuple[Violation, ...])
    assert_type(manifests.warnings(manifest), tuple[ServerWarning, ...])
    assert_type(manifests.stored(manifest, cluster=cluster), dict[str, Any])


def reading(path: Path, manifest: dict[str, Any]) -> None:
    loaded = load(path)
    assert_type(loaded, Manifests)
    assert_type(loaded[0], Document)
    assert_type(loaded[0:1], Manifests)
    assert_type(loaded[0].object, Service | Pod | Workload | None)
    assert_type(loaded[0].span("spec"), Span | None)
    assert_type(loaded.objects(), tuple[Service | Pod | Workload, ...])
    assert_type(loaded.objects(Workload), tuple[Workload, ...])
    assert_type(loaded.unreadable, tuple[ManifestError, ...])
    assert_type(load("web.yaml"), Manifests)
    assert_type(manifests.read(manifest), Service | Pod | Workload)
    assert_type(manifests.read(manifest, Service, cluster=Cluster()), Service)
    assert_type(manifests.parse("a: b"), list[Any])
    assert_type(manifests.converter(), Converter)
    assert_type(manifests.converter().structure(manifest, Service), Service)


def writing(service: Service, pod: Pod, document: Document, manifest: Mapping[str, Any]) -> None:
    assert_type(to_manifest(service), dict[str, Any])
    assert_type(to_manifest(ServicePort(80)), dict[str, Any])
    assert_type(to_yaml(service, pod, document, manifest), str)


def errors() -> None:
    try:
        Service("web", ports=[])
    except ValidationError as error:
        assert_type(error.violations, tuple[Violation, ...])
        assert_type(error.violations[0].field, str)
        assert_type(error.violations[0].as_dict(), dict[str, Any])
    assert_type(Labels({"a": "b"})["a"], str)


# --- wrong lines -----------------------------------------------------------------------------------------------


def wrong_ports() -> None:
    ServicePort("80")  # type: ignore[arg-type]
    ServicePort(80, protocol="tcp")  # type: ignore[arg-type]
    ServicePort(80, target_port=80.5)  # type: ignore[arg-type]
    ServicePort(80, targetPort=8080)  # type: ignore[call-arg]
    ServicePort(80, "http")  # type: ignore[call-arg]
    ServicePort()  # type: ignore[call-arg]
    ContainerPort("http")  # type: ignore[arg-type]
    ContainerPort(80, protocol="HTTP")  # type: ignore[arg-type]
    ServicePort.targeting(8080, port=80)  # type: ignore[arg-type]
    ServicePort.targeting(ContainerPort(8080))  # type: ignore[call-arg]


def wrong_services(port: ServicePort) -> None:
    Service("web", type="Headless")  # type: ignore[arg-type]
    Service("web", ports=port)  # type: ignore[arg-type]
    Service("web", ports=[80])  # type: ignore[list-item]
    Service("web", ports=[{"port": 80}])  # type: ignore[list-item]
    Service("web", selector={"app": 1})  # type: ignore[dict-item]
    Service("web", ip_families=["IPv5"])  # type: ignore[list-item]
    Service("web", external_traffic_policy="local")  # type: ignore[arg-type]
    Service("web", clusterIP="None")  # type: ignore[call-arg]
    Service()  # type: ignore[call-arg]


def wrong_factories(port: ServicePort) -> None:
    Service.internal("web", [port], external_traffic_policy="Local")  # type: ignore[call-arg]
    Service.internal("web", [port], type="NodePort")  # type: ignore[call-arg]
    Service.internal("web")  # type: ignore[call-arg]
    Service.headless("web", cluster_ip="10.0.0.1")  # type: ignore[call-arg]
    Service.headless("web", session_affinity="ClientIP")  # type: ignore[call-arg]
    Service.node_port("web", [port], load_balancer_class="a/b")  # type: ignore[call-arg]
    Service.node_port("web", [port], health_check_node_port=31000)  # type: ignore[call-arg]
    Service.load_balancer("web", [port], external_name="example.com")  # type: ignore[call-arg]
    Service.alias_of("web", "example.com", selector={"app": "web"})  # type: ignore[call-arg]
    Service.alias_of("web")  # type: ignore[call-arg]


def wrong_pods(service: Service) -> None:
    Container("app", ports=[8080])  # type: ignore[list-item]
    Container("app", ports=[ServicePort(80)])  # type: ignore[list-item]
    Pod("web", phase="running")  # type: ignore[arg-type]
    Pod("web", ready="True")  # type: ignore[arg-type]
    resolve(service, [service])  # type: ignore[list-item]
    resolve(Pod("web"), [Pod("web")])  # type: ignore[arg-type]
    Service.exposing(service)  # type: ignore[arg-type]


def wrong_calls(service: Service, pod: Pod) -> None:
    service.type = "NodePort"  # type: ignore[misc]
    service.ports[0].port = 81  # type: ignore[misc]
    service.labels["a"] = "b"  # type: ignore[index]
    attrs.evolve(service, type="Headless")  # type: ignore[arg-type]
    check(service, Cluster())  # type: ignore[call-arg]
    check({"kind": "Service"})  # type: ignore[arg-type]
    to_yaml([service])  # type: ignore[arg-type]
    to_manifest(Workload("Job", "a", pod))  # type: ignore[arg-type]
    Cluster("1.36", node_port_range="30000-32767")  # type: ignore[arg-type]
    resolve(service, [pod]).endpoints(pod)  # type: ignore[arg-type]


class MyService(Service):  # type: ignore[misc]
    """`Service` is final."""


class MyPort(ServicePort):  # type: ignore[misc]
    """`ServicePort` is final."""


def maps(service: Service) -> None:
    """Every result of a map has a public type."""
    found = PortMap.of([service])
    assert_type(found.reaches("web:http"), tuple[ContainerTarget, ...])
    assert_type(found.who_reaches("deployment/web"), tuple[Chain, ...])
    assert_type(found.trace("web:http"), tuple[Trace, ...])
    assert_type(found.references, tuple[ResolvedReference, ...])
    assert_type(found.misses, tuple[MapMiss, ...])
    for each in found.references:
        assert_type(each.source, ObjectName)
        assert_type(each.targets, tuple[ServiceTarget | ContainerTarget, ...])
