"""Look-ups of ports of Services, containers, pods and workloads."""

import re
from typing import Any

import pytest

from portmap import Container, ContainerPort, Pod, Service, ServicePort
from typed_objects import HTTP, METRICS, make_deployment, make_pod, make_service

DNS_UDP = ContainerPort(53, name="dns", protocol="UDP")
DNS_TCP = ContainerPort(53, name="dns-tcp")
DNS = Service(
    "dns",
    selector={"app": "dns"},
    ports=[
        ServicePort.targeting(DNS_UDP, port=53),
        ServicePort.targeting(DNS_TCP, port=53),
        ServicePort(9153, name="metrics", target_port=9100),
    ],
)


class TestPortsOfServices:
    """`Service.port`."""

    @pytest.mark.parametrize("key", ["metrics", 9153, DNS.ports[2], METRICS, ContainerPort(9100)])
    def test_a_port_by_name_number_or_object(self, key: Any) -> None:
        """A name, a number, a Service port and the container port that it leads to select one port."""
        assert DNS.port(key) is DNS.ports[2]

    def test_one_port_needs_no_key(self) -> None:
        """The key can be left out if the Service has only one port."""
        assert make_service().port() == make_service().ports[0]

    def test_a_container_port_has_a_protocol(self) -> None:
        """Of two ports that lead to one number, a container port selects the one of its protocol."""
        assert DNS.port(DNS_UDP).name == "dns"
        assert DNS.port(DNS_TCP).name == "dns-tcp"
        assert DNS.port(ContainerPort(53, name="dns", protocol="UDP", host_port=53)).name == "dns"

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            (None, "which port of Service dns? it has dns 53, dns-tcp 53, metrics 9153"),
            ("metric", "Service dns has no port 'metric': it has dns 53, dns-tcp 53, metrics 9153; did you mean"),
            ("9153", "'9153' is a name, and the number is written 9153"),
            (9100, "Service dns has no port 9100: it has dns 53, dns-tcp 53, metrics 9153; 9100 is the target port"),
            ("", "Service dns has no port without a name"),
            (53, "Service dns has several ports 53: dns UDP, dns-tcp TCP; give the object of one"),
            (ServicePort(9153), "Service dns has no port unnamed 9153: it has"),
            (HTTP, "Service dns has no port that leads to http 8080/TCP: it has"),
            (ContainerPort(9100, protocol="UDP"), "metrics leads there for TCP"),
        ],
    )
    def test_no_such_port(self, key: Any, words: str) -> None:
        """The error lists the ports, and says what was probably meant."""
        with pytest.raises(KeyError, match=re.escape(words)):
            DNS.port(key)

    @pytest.mark.parametrize("key", [True, 53.0, b"dns", ["dns"], {"port": 53}])
    def test_wrong_types(self, key: Any) -> None:
        """Nothing is converted to a number: `True` is not 1."""
        with pytest.raises(TypeError, match="port must be a name, a number, a ServicePort or a ContainerPort, not"):
            DNS.port(key)

    def test_two_ports_to_one_container_port(self) -> None:
        """A container port that two Service ports lead to is an error that names both."""
        both = make_service(
            ServicePort(80, name="web", target_port="http"), ServicePort(81, name="old", target_port="http")
        )
        with pytest.raises(KeyError, match="several ports that lead to http 8080: web TCP, old TCP"):
            both.port(HTTP)


APP = Container("app", ports=[HTTP, METRICS])


class TestPortsOfContainers:
    """`Container.port`, `Pod.port` and `Workload.port`."""

    @pytest.mark.parametrize("owner", [APP, make_pod("web-0", HTTP, METRICS), make_deployment(HTTP, METRICS)])
    def test_a_port_by_name_number_or_object(self, owner: Any) -> None:
        """A name, a number and the port itself select a declared port, in a pod of any container."""
        assert owner.port("metrics") == owner.port(9100) == owner.port(METRICS) == METRICS

    def test_one_port_needs_no_key(self) -> None:
        """The key can be left out if there is only one port."""
        assert make_deployment().port() == HTTP

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            (None, "which port of Container app? it declares http 8080, metrics 9100"),
            (
                "htpp",
                "declares no port 'htpp': it declares http 8080, metrics 9100; did you mean 'http'?",
            ),
            ("9100", "'9100' is a name, and the number is written 9100"),
            (80, "Container app declares no port 80"),
            (ContainerPort(80, name="http"), "Container app declares no port http 80"),
        ],
    )
    def test_no_such_port(self, key: Any, words: str) -> None:
        """The error lists the declared ports, and says what was probably meant."""
        with pytest.raises(KeyError, match=re.escape(words)):
            APP.port(key)

    def test_wrong_types(self) -> None:
        """`True` is not a number."""
        with pytest.raises(TypeError, match="port must be a name, a number or a ContainerPort, not True"):
            APP.port(True)

    def test_ports_of_sidecars_count(self) -> None:
        """A pod has the ports of its sidecars, but not those of other init containers."""
        others = [
            Container("proxy", restart_policy="Always", ports=[METRICS]),
            Container("migrate", ports=[ContainerPort(1)]),
        ]
        pod = Pod("web-0", containers=[Container("app", ports=[HTTP])], init_containers=others)
        assert pod.port("metrics") == METRICS
        with pytest.raises(KeyError, match="Pod web-0 declares no port 1"):
            pod.port(1)

    def test_two_ports_of_one_name(self) -> None:
        """A name that two containers use for different ports is an error; copies of one port are one."""
        two = Pod("web-0", containers=[APP, Container("b", ports=[ContainerPort(8081, name="http"), METRICS])])
        assert two.port("metrics") == METRICS
        with pytest.raises(KeyError, match=r"Pod web-0 has several ports 'http': http 8080/TCP, http 8081/TCP"):
            two.port("http")
