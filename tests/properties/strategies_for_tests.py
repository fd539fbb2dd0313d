"""Objects for the property tests: Services, valid by construction for `EVERYWHERE`."""

from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from portmap import Cluster, Service, ServicePort
from portmap._vocabulary import IPFamily, Protocol

__all__ = [
    "EVERYWHERE",
    "Strategy",
    "clusters",
    "different_names",
    "dns_labels",
    "either_family",
    "finalizers",
    "ipv4_in",
    "label_maps",
    "port_names",
    "port_numbers",
    "protocols",
    "service_fields",
    "service_port_names",
    "service_ports",
    "services",
    "some_of",
    "texts",
]

EVERYWHERE: Final = Cluster(service_cidrs=("10.0.0.0/16", "fd00:10::/108"))
"""A cluster with both IP families, so that every Service has its place."""

Strategy = st.SearchStrategy
_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"


# --- words -----------------------------------------------------------------------------------------------------


def _words(first: str, inside: str, last: str, longest: int) -> Strategy[str]:
    """Text with these characters at its ends and in between."""
    middle = st.text(alphabet=inside, max_size=longest - 2)
    long = st.builds("{}{}{}".format, st.sampled_from(first), middle, st.sampled_from(last))
    return st.sampled_from(sorted(set(first) & set(last))) | long


dns_labels: Final = _words(_LOWER, _LOWER + _DIGITS + "-", _LOWER + _DIGITS, 63)
"""DNS labels that begin with a letter, which every version takes."""

_ALPHANUMERIC: Final = _LOWER + _LOWER.upper() + _DIGITS
label_values: Final = st.just("") | _words(_ALPHANUMERIC, _ALPHANUMERIC + "-_.", _ALPHANUMERIC, 63)
subdomains: Final = st.lists(dns_labels, min_size=1, max_size=3).map(".".join)
_simple_names: Final = _words(_ALPHANUMERIC, _ALPHANUMERIC + "-_.", _ALPHANUMERIC, 63)
finalizers: Final = st.builds("{}/{}".format, subdomains, _simple_names)
qualified_names: Final = _simple_names | finalizers
texts: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def _port_name(parts: list[str]) -> str:
    return "-".join(parts)[:15].rstrip("-")


port_names: Final = st.sampled_from(["http", "https", "dns", "metrics", "grpc", "p-1", "8080-tcp"]) | st.lists(
    st.text(alphabet=_LOWER, min_size=1, max_size=5), min_size=1, max_size=4
).map(_port_name)
"""Names of container ports: IANA service names."""

service_port_names: Final = port_names | dns_labels | st.sampled_from(["8080", "a--b", "x" * 63])
port_numbers: Final = st.sampled_from([1, 53, 80, 443, 8080, 65535]) | st.integers(1, 65535)
protocols: Final[Strategy[Protocol]] = st.sampled_from(["TCP", "UDP", "SCTP"])


def label_maps(*, min_size: int = 0, max_size: int = 3) -> Strategy[dict[str, str]]:
    """Labels, or a selector."""
    return st.dictionaries(qualified_names, label_values, min_size=min_size, max_size=max_size)


def ipv4_in(low: str, size: int) -> Strategy[str]:
    first = [int(part) for part in low.split(".")]
    number = (first[0] << 24) + (first[1] << 16) + (first[2] << 8) + first[3]
    return st.integers(1, size - 2).map(
        lambda offset: ".".join(str((number + offset) >> shift & 255) for shift in (24, 16, 8, 0))
    )


cluster_ips_v4: Final = ipv4_in("10.0.0.0", 1 << 16)
cluster_ips_v6: Final = st.integers(1, (1 << 16) - 1).map("fd00:10::{:x}".format)
addresses_outside: Final = ipv4_in("192.0.2.0", 256) | st.integers(1, 65535).map("2001:db8::{:x}".format)
blocks: Final = st.sampled_from(["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", " 0.0.0.0/0 ", "198.51.100.7/32"])


# --- ports -----------------------------------------------------------------------------------------------------


def different_names(count: int) -> Strategy[list[str]]:
    """So many names of Service ports, no two alike: one that came before gets its place as a suffix."""

    def told_apart(names: list[str]) -> list[str]:
        return [
            name if name not in names[:place] else f"{name[:60].rstrip('-')}-{place}"
            for place, name in enumerate(names)
        ]

    return st.lists(service_port_names, min_size=count, max_size=count).map(told_apart).filter(_all_different)


def _all_different(names: list[str]) -> bool:
    return len(set(names)) == len(names)


@st.composite
def service_ports(
    draw: st.DrawFn, *, node_ports: bool, min_size: int = 1, max_size: int = 4
) -> tuple[ServicePort, ...]:
    """The ports of one Service: unique in number and protocol, in name, and in node port."""
    keys = draw(
        st.lists(
            st.tuples(port_numbers, protocols | st.none()),
            unique_by=_effective_key,
            min_size=min_size,
            max_size=max_size,
        )
    )
    several = len(keys) > 1
    names = draw(different_names(len(keys)))
    first = draw(st.integers(30000, 32768 - max_size))
    numbers = draw(st.permutations(range(first, first + len(keys))))
    ports = []
    for (port, protocol), name, number in zip(keys, names, numbers, strict=True):
        ports.append(
            ServicePort(
                port,
                name=name if several or draw(st.booleans()) else draw(st.sampled_from([None, ""])),
                protocol=protocol,
                app_protocol=draw(st.none() | qualified_names),
                target_port=draw(st.none() | port_names | port_numbers),
                node_port=number if node_ports and draw(st.booleans()) else None,
            )
        )
    return tuple(ports)


def _effective_key(key: tuple[int, Protocol | None]) -> tuple[int, str]:
    return key[0], key[1] or "TCP"


# --- Services --------------------------------------------------------------------------------------------------

either_family: Final[Strategy[tuple[IPFamily, ...] | None]] = st.sampled_from([None, ("IPv4",), ("IPv6", "IPv4")])
_FAMILIES: Final[Strategy[dict[str, Any]]] = st.one_of(
    st.just({}),
    st.sampled_from(["SingleStack", "PreferDualStack", "RequireDualStack"]).map(
        lambda policy: {"ip_family_policy": policy}
    ),
    st.sampled_from([("IPv4",), ("IPv6",)]).map(lambda families: {"ip_families": families}),
    st.builds(
        lambda families, policy: {"ip_families": families, "ip_family_policy": policy},
        st.sampled_from([("IPv4", "IPv6"), ("IPv6", "IPv4")]),
        st.sampled_from(["PreferDualStack", "RequireDualStack"]),
    ),
)
_ADDRESSES: Final[Strategy[dict[str, Any]]] = st.one_of(
    st.builds(lambda ip: {"cluster_ip": ip}, cluster_ips_v4 | cluster_ips_v6),
    st.builds(lambda ip: {"cluster_ip": ip, "cluster_ips": (ip,)}, cluster_ips_v4 | cluster_ips_v6),
    st.builds(lambda ip: {"cluster_ip": ip, "ip_families": ("IPv4",)}, cluster_ips_v4),
    st.builds(
        lambda ips, policy: {"cluster_ip": ips[0], "cluster_ips": tuple(ips), "ip_family_policy": policy},
        st.tuples(cluster_ips_v4, cluster_ips_v6).flatmap(st.permutations),
        st.sampled_from(["PreferDualStack", "RequireDualStack"]),
    ),
)


def some_of(fields: Mapping[str, Strategy[Any]]) -> Strategy[dict[str, Any]]:
    """Any of these fields, each given or left out."""
    return st.fixed_dictionaries({}, optional=dict(fields))


_METADATA: Final = some_of(
    {
        "namespace": dns_labels,
        "labels": label_maps(),
        "annotations": st.dictionaries(qualified_names, texts, max_size=3),
    }
)
_NAME: Final = st.one_of(
    dns_labels.map(lambda name: {"name": name}),
    dns_labels.map(lambda name: {"name": "", "generate_name": name[:50]}),
)
_POLICIES: Final = st.sampled_from(["Cluster", "Local"])
_OF_EVERY_TYPE: Final = {
    "selector": label_maps(),
    "publish_not_ready_addresses": st.booleans(),
    "load_balancer_ip": texts,
    "internal_traffic_policy": _POLICIES,
    "traffic_distribution": st.sampled_from(["PreferClose"]),
    "session_affinity": st.sampled_from(["None", ""]),
}
_STICKY: Final = st.integers(1, 86400).map(
    lambda seconds: {"session_affinity": "ClientIP", "session_affinity_timeout_seconds": seconds}
)
_FROM_OUTSIDE: Final = some_of(
    {"external_ips": st.lists(addresses_outside, max_size=2), "external_traffic_policy": st.just("Cluster")}
)


@st.composite
def service_fields(draw: st.DrawFn) -> dict[str, Any]:
    """The arguments of a Service of any type, with many or few of its fields."""
    kind = draw(st.sampled_from(["ClusterIP", "headless", "NodePort", "LoadBalancer", "ExternalName"]))
    fields = draw(_NAME) | draw(_METADATA) | draw(some_of(_OF_EVERY_TYPE))
    takes_node_ports = kind in {"NodePort", "LoadBalancer"}
    optional_ports = kind in {"headless", "ExternalName"}
    fields["ports"] = draw(service_ports(node_ports=takes_node_ports, min_size=0 if optional_ports else 1))
    if kind == "ExternalName":
        return fields | {"type": kind, "external_name": draw(subdomains) + draw(st.sampled_from(["", "."]))}
    fields |= draw(_STICKY | st.just({}))
    if kind == "headless":
        return fields | {"cluster_ip": "None"} | draw(_FAMILIES)
    fields |= draw(_ADDRESSES | _FAMILIES)
    if kind == "ClusterIP":
        outside = draw(
            st.just({}) | st.lists(addresses_outside, min_size=1, max_size=2).map(lambda ips: {"external_ips": ips})
        )
        return fields | outside | draw(st.sampled_from([{}, {"type": "ClusterIP"}, {"type": ""}]))
    fields |= {"type": kind} | draw(_FROM_OUTSIDE)
    if kind == "LoadBalancer":
        fields |= draw(
            some_of(
                {
                    "load_balancer_class": qualified_names,
                    "load_balancer_source_ranges": st.lists(blocks, max_size=2),
                    "allocate_load_balancer_node_ports": st.booleans(),
                }
            )
        )
        if draw(st.booleans()):
            fields["external_traffic_policy"] = "Local"
            taken = {port.node_port for port in fields["ports"]}
            fields["health_check_node_port"] = next(number for number in range(31000, 32768) if number not in taken)
    return fields


def _service(fields: Mapping[str, Any]) -> Service:
    with EVERYWHERE:
        return Service(**fields)


def services() -> Strategy[Service]:
    """A Service of any type."""
    return service_fields().map(_service)


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """A cluster of any version, with service CIDRs or without."""
    return Cluster(
        draw(st.sampled_from(["1.32", "1.33", "1.34", "1.35", "1.36", "1.37"])),
        node_port_range=draw(st.sampled_from([range(30000, 32768), range(30000, 31000), range(20000, 22768)])),
        service_cidrs=draw(
            st.sampled_from(
                [None, ("10.0.0.0/16", "fd00:10::/108"), ("fd00:10::/64",), ("172.30.0.0/16",), ("10.0.0.0/20",)]
            )
        ),
    )
