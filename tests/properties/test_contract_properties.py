"""Properties of `contract` for any two sets of objects."""

from typing import Any, Final

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import Objects, codes
from portmap import (
    Cluster,
    Container,
    ContainerPort,
    Pod,
    Service,
    ServicePort,
    Workload,
    contract,
    resolve,
    to_manifest,
)
from portmap._contract.changes import Contract
from portmap._contract.writes import Picks, Refused, Writing, key_of, ports_of
from portmap._kubernetes.enums import Protocol

_NAMES: Final = st.sampled_from(["http", "grpc", "dns", "metrics"])
_NUMBERS: Final = st.sampled_from([53, 80, 443, 8080, 9090])
_PROTOCOLS: Final[st.SearchStrategy[Protocol]] = st.sampled_from(["TCP", "UDP"])


@st.composite
def few_services(draw: st.DrawFn) -> Service:
    """Draw a Service whose name, ports and pods are often those of another."""
    keys = draw(st.lists(st.tuples(_NUMBERS, _PROTOCOLS), unique=True, min_size=1, max_size=3))
    names = draw(st.lists(_NAMES, unique=True, min_size=len(keys), max_size=len(keys)))
    kind = draw(st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "headless"]))
    taken = draw(st.lists(st.integers(30000, 30020), unique=True, min_size=len(keys), max_size=len(keys)))
    pinned = kind in {"NodePort", "LoadBalancer"} and draw(st.booleans())
    ports = [
        ServicePort(
            number,
            name=name,
            protocol=protocol,
            target_port=draw(_NAMES | _NUMBERS | st.none()),
            app_protocol=draw(st.sampled_from([None, "http"])),
            node_port=node_port if pinned else None,
        )
        for (number, protocol), name, node_port in zip(keys, names, taken, strict=True)
    ]
    fields: dict[str, Any] = {"cluster_ip": "None"} if kind == "headless" else {"type": kind}
    if kind == "LoadBalancer":
        fields["external_traffic_policy"] = draw(st.sampled_from([None, "Local"]))
    return Service(
        draw(st.sampled_from(["web", "api"])),
        namespace=draw(st.sampled_from([None, "shop", "prod"])),
        selector={"app": draw(st.sampled_from(["web", "api"]))},
        ports=ports,
        **fields,
    )


@st.composite
def few_workloads(draw: st.DrawFn) -> Workload:
    """Draw a Deployment whose labels and ports often match a Service."""
    names = draw(st.lists(_NAMES, unique=True, max_size=3))
    ports = [ContainerPort(draw(_NUMBERS), name=name, protocol=draw(_PROTOCOLS)) for name in names]
    namespace = draw(st.sampled_from([None, "shop", "prod"]))
    name = draw(st.sampled_from(["web", "api"]))
    labels = {"app": draw(st.sampled_from(["web", "api"]))}
    pod = Pod(name, namespace=namespace, labels=labels, containers=[Container("app", ports=ports)], template=True)
    return Workload("Deployment", name, pod)


_SETS: Final[st.SearchStrategy[list[Service | Workload]]] = st.lists(few_services() | few_workloads(), max_size=6)
_SLOW: Final = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@_SLOW
@given(_SETS, st.sampled_from([Cluster(), Cluster("1.32"), Cluster(service_cidrs=("10.0.0.0/16", "fd00:10::/108"))]))
def test_a_set_has_its_own_contract(objects: list[Service | Workload], cluster: Cluster) -> None:
    """A set compared with itself has no changes, for any cluster."""
    found = contract(objects, objects, cluster=cluster)
    assert (found.changes, found.plan, found.kept) == ((), (), True)


@_SLOW
@given(_SETS, _SETS, st.booleans())
def test_going_back_mirrors_what_came_and_went(
    before: list[Service | Workload], after: list[Service | Workload], ignore: bool
) -> None:
    """Services and ports that one direction removes, the other adds, with a write that replaces."""

    def of(found: Contract, kind: str) -> set[tuple[str, str | None]]:
        wanted = {f"service-{kind}", f"port-{kind}"}
        # A Service in both sets is named as before. Equal changes of Services with the same name are one change.
        return {(str(each.service).rpartition("/")[2], each.port) for each in found.changes if each.code in wanted}

    there = contract(before, after, ignore_namespaces=ignore, write="replace")
    back = contract(after, before, ignore_namespaces=ignore, write="replace")
    assert of(there, "removed") == of(back, "added")
    assert of(there, "added") == of(back, "removed")
    assert there.services == back.services


@_SLOW
@given(_SETS, _SETS, st.data())
def test_order_does_not_matter(
    before: list[Service | Workload], after: list[Service | Workload], data: st.DataObject
) -> None:
    """The order of the objects does not change the result."""
    shuffled = [data.draw(st.permutations(each)) for each in (before, after)]
    assert contract(*shuffled) == contract(before, after)


@_SLOW
@given(few_services(), st.lists(few_workloads(), min_size=1, max_size=3, unique_by=lambda each: each.name))
def test_renaming_container_ports_consistently_keeps_the_contract(service: Service, workloads: list[Workload]) -> None:
    """Renaming a port in Service and pods keeps the contract, but disturbs the rollout if the port was reached."""

    def renamed(name: Any) -> Any:
        return f"new-{name}" if isinstance(name, str) else name

    def with_new_names(workload: Workload) -> Workload:
        containers = [
            attrs.evolve(each, ports=[attrs.evolve(port, name=renamed(port.name)) for port in each.ports])
            for each in workload.pod.containers
        ]
        return attrs.evolve(workload, pod=attrs.evolve(workload.pod, containers=containers))

    ports = [attrs.evolve(port, target_port=renamed(port.target_port)) for port in service.ports]
    after: Objects = [attrs.evolve(service, ports=ports), *map(with_new_names, workloads)]
    # Client-side apply may confuse ports with the same number.
    found = contract([service, *workloads], after, write="replace")
    assert found.kept
    assert codes(found) <= {"target-moved", "target-port-changed"}
    reached = reached_by_name(service, workloads)
    assert bool(reached) == ("target-moved" in codes(found))
    assert any(step.codes == ("target-moved",) for step in found.plan) == bool(reached)


@_SLOW
@given(
    few_services(),
    few_services(),
    st.sampled_from(["client-apply", "server-apply", "replace"]),
    st.sampled_from(["client-apply", "server-apply", "create"]),
)
def test_each_write_of_a_plan_is_accepted(before: Service, after: Service, how: Any, created_by: Any) -> None:
    """The manifests of a plan, written as it says, lead from one Service to the other."""
    after = attrs.evolve(after, name=before.name, namespace=before.namespace)
    picks = Picks(Writing(how, created_by, Cluster()))
    live: Any = picks.created(to_manifest(before), to_manifest(after))
    for step in contract([before], [after], write=how, created_by=created_by).plan:
        if step.manifest is not None:
            way: Any = step.write
            live = picks.written(step.manifest, live, way)
            assert not isinstance(live, Refused), step
            assert {key_of(port) for port in ports_of(live.object)} == {
                key_of(port) for port in ports_of(step.manifest)
            }


def reached_by_name(service: Service, workloads: list[Workload]) -> list[ServicePort]:
    """Return the ports of this Service that name an existing container port."""
    routes = resolve(service, workloads)
    return [port for port in service.ports if isinstance(port.target_port, str) and routes.endpoints(port)]
