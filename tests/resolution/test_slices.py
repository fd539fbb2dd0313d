"""The EndpointSlices that the controller publishes, and the pods that it leaves out."""

from typing import Any

import pytest

from portmap import (
    ContainerPort,
    EndpointPort,
    ServicePort,
    SliceEndpoint,
    resolve,
)
from typed_objects import HTTP, make_running_pod, make_service


class TestSlices:
    """`Resolution.slices`."""

    def test_the_worked_example(self) -> None:
        """Pods with the same ports share a slice; a pod that resolves none of them is in a slice without ports."""
        service = make_service(
            ServicePort(80, name="web", target_port="http"), ServicePort(9090, name="metrics", target_port="prom")
        )
        prom = ContainerPort(9100, name="prom")
        pods = [
            make_running_pod("a", HTTP, prom),
            make_running_pod("b", ContainerPort(8081, name="http"), prom),
            make_running_pod("c", HTTP),
            make_running_pod("d"),
        ]
        slices = resolve(service, pods).slices
        assert [
            ({port.name: port.port for port in each.ports}, [end.pod for end in each.endpoints]) for each in slices
        ] == [
            ({"web": 8080, "metrics": 9100}, ["a"]),
            ({"web": 8081, "metrics": 9100}, ["b"]),
            ({"web": 8080}, ["c"]),
            ({}, ["d"]),
        ]

    def test_ports(self) -> None:
        """A port of a slice has the name and protocol of the Service port, and the number of the pod."""
        service = make_service(ServicePort(80, name="web", target_port="http", app_protocol="http"))
        [piece] = resolve(service, [make_running_pod("a", HTTP)]).slices
        assert piece.address_type == "IPv4"
        assert piece.ports == (EndpointPort("web", "TCP", 8080, "http"),)

    def test_no_pods(self) -> None:
        """Without pods there is one empty slice for each family."""
        service = make_service(ip_families=["IPv6", "IPv4"], ip_family_policy="RequireDualStack")
        slices = resolve(service, []).slices
        assert [(each.address_type, each.ports, each.endpoints) for each in slices] == [
            ("IPv6", (), ()),
            ("IPv4", (), ()),
        ]

    @pytest.mark.parametrize(
        ("fields", "families"),
        [
            ({}, ["IPv4"]),
            ({"cluster_ip": "fd00::1"}, ["IPv6"]),
            ({"cluster_ip": "None"}, ["IPv4"]),
            (
                {
                    "cluster_ip": "10.0.0.1",
                    "cluster_ips": ["10.0.0.1", "fd00::1"],
                    "ip_family_policy": "PreferDualStack",
                },
                ["IPv4", "IPv6"],
            ),
            ({"ip_families": ["IPv6"]}, ["IPv6"]),
        ],
    )
    def test_families(self, fields: dict[str, Any], families: list[str]) -> None:
        """The families are those of the argument, else those of the Service, else IPv4."""
        service = make_service(ServicePort(80), **fields)
        assert [each.address_type for each in resolve(service, []).slices] == families
        assert [each.address_type for each in resolve(service, [], ip_families=["IPv6"]).slices] == ["IPv6"]

    def test_addresses(self) -> None:
        """Each family has its own addresses, in canonical form."""
        pod = make_running_pod("a", HTTP, addresses=["010.1.0.1", "FD00::1", "::ffff:10.1.0.2"])
        service = make_service(ip_families=["IPv4", "IPv6"], ip_family_policy="PreferDualStack")
        four, six = resolve(service, [pod]).slices
        assert four.endpoints[0].addresses == ("10.1.0.1", "10.1.0.2")
        assert six.endpoints[0].addresses == ("fd00::1",)

    def test_projected_pods_have_their_own_slice(self) -> None:
        """Projected pods have no addresses, and their slice is marked as projected."""
        service = make_service()
        pods = [make_running_pod("a", HTTP), make_running_pod("b", HTTP, addresses=None, phase=None, ready=None)]
        one, other = resolve(service, pods).slices
        assert (one.projected, [each.pod for each in one.endpoints]) == (False, ["a"])
        assert (other.projected, [each.pod for each in other.endpoints]) == (True, ["b"])
        assert other.endpoints[0].addresses == ()

    @pytest.mark.parametrize(
        ("fields", "publish", "conditions"),
        [
            ({}, False, (True, True, False)),
            ({"ready": False}, False, (False, False, False)),
            ({"ready": False}, True, (True, False, False)),
            ({"ready": None}, False, (False, False, False)),
            ({"deletion_timestamp": "2026-01-31T12:00:00Z"}, False, (False, True, True)),
            ({"deletion_timestamp": "2026-01-31T12:00:00Z"}, True, (True, True, True)),
        ],
    )
    def test_conditions(self, fields: dict[str, Any], publish: bool, conditions: tuple[bool, bool, bool]) -> None:
        """A ready pod is serving unless it is terminating, and published when not ready if the Service asks for it."""
        service = make_service(publish_not_ready_addresses=publish)
        [piece] = resolve(service, [make_running_pod("a", HTTP, **fields)]).slices
        [end] = piece.endpoints
        assert (end.ready, end.serving, end.terminating) == conditions

    def test_host_names(self) -> None:
        """A pod has a DNS name of its own if its subdomain is the name of the Service."""
        inside = make_running_pod("a", HTTP, hostname="first", subdomain="web", node_name="node-a")
        outside = make_running_pod("b", HTTP, hostname="second", subdomain="other")
        [piece] = resolve(make_service(), [inside, outside]).slices
        assert [each.hostname for each in piece.endpoints] == ["first", None]
        assert piece.endpoints[0] == SliceEndpoint(
            "a", ("10.1.0.1",), ready=True, serving=True, terminating=False, node_name="node-a", hostname="first"
        )


class TestPublished:
    """Which pods the controller publishes."""

    @pytest.mark.parametrize(
        "fields",
        [
            {"phase": "Succeeded"},
            {"phase": "Failed"},
            {"addresses": ()},
            {"addresses": (), "phase": "Pending"},
            {"node_name": "gone"},
            {"addresses": ["fd00::1"]},
        ],
    )
    def test_left_out(self, fields: dict[str, Any]) -> None:
        """A pod that has finished, has no address of the family, or whose node does not exist, is in no slice."""
        pod = make_running_pod("a", HTTP, **{"node_name": "node-a"} | fields)
        found = resolve(make_service(), [pod], nodes=["node-a"])
        assert found.endpoints() == ()
        assert [miss.code for miss in found.misses] == ["pod-not-published"]
        assert found.slices[0].endpoints == ()
        assert found.leads_nowhere == found.service.ports

    def test_nodes(self) -> None:
        """By default all nodes exist; a Service that publishes addresses that are not ready ignores nodes."""
        pod = make_running_pod("a", HTTP, node_name="gone")
        assert resolve(make_service(), [pod]).endpoints()
        assert not resolve(make_service(), [pod], nodes=[]).endpoints()
        assert resolve(make_service(publish_not_ready_addresses=True), [pod], nodes=[]).endpoints()
