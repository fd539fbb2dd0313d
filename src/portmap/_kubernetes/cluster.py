"""What a cluster accepts: its Kubernetes version, its flags, and what follows.

Whatever differs between versions is a row of a table here, by feature; no rule
compares versions. A gate that the API server itself knows carries its upstream
name, so that `Cluster(…, feature_gates={…})` can set it as the server's flag does.
"""

import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self, cast, final

import attrs

from portmap._kubernetes.addresses import Network, network
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.violations import Violation

__all__ = ["SUPPORTED_VERSIONS", "Cluster", "Feature", "cluster_in_force", "set_default_cluster"]

SUPPORTED_VERSIONS: Final = ("1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
"""The Kubernetes versions that portmap knows, oldest first."""

NEWEST_RECORDED: Final = "1.36"
"""The newest version whose verdicts were recorded from a real server: the default."""

DEFAULT_NODE_PORT_RANGE: Final = range(30000, 32768)
"""The default of kube-apiserver's `--service-node-port-range`."""


@final
@attrs.frozen
class Feature:
    """A behaviour that not every version has.

    Attributes:
        name: The feature gate's name where the server has one, else our own in lower case.
        since: The first version in which it is on by default.
        summary: What it changes.
        source: Where Kubernetes says so.
        until: The first version in which it is gone again, if it is.
    """

    name: str
    since: str
    summary: str
    source: str
    until: str | None = None

    def in_version(self, version: str) -> bool:
        """Whether it is on by default in this version."""
        place = SUPPORTED_VERSIONS.index(version)
        started = self.since not in SUPPORTED_VERSIONS or place >= SUPPORTED_VERSIONS.index(self.since)
        return started and (self.until is None or place < SUPPORTED_VERSIONS.index(self.until))


_GATES: Final = "pkg/features/kube_features.go"

RELAXED_SERVICE_NAMES: Final = Feature(
    "RelaxedServiceNameValidation",
    "1.36",
    "A Service's name may begin with a digit.",
    f"{_GATES}, KEP-5311",
)
STRICT_IP_CIDR: Final = Feature(
    "StrictIPCIDRValidation",
    "1.36",
    "Leading zeros, IPv4-mapped IPv6 addresses and bits beyond a prefix are refused.",
    f"{_GATES}, KEP-4858",
)
PREFER_SAME_TRAFFIC_DISTRIBUTION: Final = Feature(
    "PreferSameTrafficDistribution",
    "1.34",
    "trafficDistribution may be PreferSameZone or PreferSameNode.",
    f"{_GATES}, KEP-3015",
)
KUBELET_PORT_FORBIDDEN: Final = Feature(
    "kubelet-port-forbidden",
    "1.0",
    "A LoadBalancer Service may not expose port 10250.",
    "pkg/apis/core/validation/validation.go at 1.32",
    until="1.33",
)
SIDECAR_PORTS: Final = Feature(
    "sidecar-ports",
    "1.33",
    "The EndpointSlice controller looks for named ports in sidecars too.",
    "staging/src/k8s.io/endpointslice/utils.go, FindPort",
)
ADDRESS_OBJECTS: Final = Feature(
    "address-objects",
    "1.33",
    "Cluster IPs are IPAddress objects, which a Service without a usable name cannot have.",
    "pkg/registry/core/service/ipallocator/ipallocator.go",
)
LARGE_IPV6_RANGES: Final = Feature(
    "large-ipv6-ranges",
    "1.34",
    "Any address of an IPv6 service CIDR may be asked for, not only its first 65536.",
    "pkg/registry/core/service/ipallocator/bitmap.go (in use for IPv6 until 1.34)",
)
INIT_RESTART_POLICY_CHECKED: Final = Feature(
    "ContainerRestartRules",
    "1.35",
    "An init container's restartPolicy may be Never or OnFailure too.",
    f"{_GATES}, KEP-5307",
)
INIT_RESTART_POLICY_DROPPED: Final = Feature(
    "init-restart-policy-dropped",
    "1.34",
    "An unknown restartPolicy of an init container is dropped without a word.",
    "recorded from kube-apiserver 1.34",
    until="1.35",
)
HEADLESS_WARNINGS: Final = Feature(
    "headless-warnings",
    "1.34",
    "A warning about fields that a headless Service ignores.",
    "pkg/api/service/warnings.go",
)
GENERATE_NAME_KEPT: Final = Feature(
    "generate-name-kept",
    "1.34",
    "An update no longer checks generateName by the grammar of names.",
    "staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go",
)
PREFER_CLOSE_DEPRECATED: Final = Feature(
    "prefer-close-deprecated",
    "1.35",
    "A warning that trafficDistribution PreferClose is deprecated.",
    "pkg/api/service/warnings.go",
)
EXTERNAL_IPS_DEPRECATED: Final = Feature(
    "external-ips-deprecated",
    "1.36",
    "A warning that externalIPs is deprecated.",
    "pkg/api/service/warnings.go",
)
SHARED_PORT_NAME_WARNING: Final = Feature(
    "shared-port-name-warning",
    "1.33",
    "A warning that two containers of a pod use one port name.",
    "pkg/api/pod/warnings.go",
)

UNREADABLE_ADDRESS_WARNING: Final = Feature(
    "unreadable-address-warning",
    "1.0",
    "A warning about load balancer addresses and source ranges that cannot be read.",
    "pkg/api/service/warnings.go at 1.32",
    until="1.33",
)

OWNER_REFERENCES_INDEXED: Final = Feature(
    "owner-references-indexed",
    "1.37",
    "What is wrong with an owner reference is said with its index, and what is missing is Required.",
    "staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go at 1.37",
)
PROBE_PROTOCOL_FIELDS: Final = Feature(
    "probe-protocol-fields",
    "1.37",
    "Probes have httpGet.protocol and grpc.mode.",
    "k8s.io/api at v0.37.0",
)
STOP_SIGNAL_FIELD: Final = Feature(
    "stop-signal-field",
    "1.33",
    "A container's lifecycle has stopSignal.",
    "k8s.io/api at v0.33.0, KEP-4960",
)

FEATURES: Final = (
    RELAXED_SERVICE_NAMES,
    STRICT_IP_CIDR,
    PREFER_SAME_TRAFFIC_DISTRIBUTION,
    KUBELET_PORT_FORBIDDEN,
    SIDECAR_PORTS,
    ADDRESS_OBJECTS,
    LARGE_IPV6_RANGES,
    INIT_RESTART_POLICY_CHECKED,
    INIT_RESTART_POLICY_DROPPED,
    HEADLESS_WARNINGS,
    GENERATE_NAME_KEPT,
    PREFER_CLOSE_DEPRECATED,
    EXTERNAL_IPS_DEPRECATED,
    SHARED_PORT_NAME_WARNING,
    UNREADABLE_ADDRESS_WARNING,
    OWNER_REFERENCES_INDEXED,
    PROBE_PROTOCOL_FIELDS,
    STOP_SIGNAL_FIELD,
)
GATES: Final = frozenset(feature.name for feature in FEATURES if feature.name[0].isupper())

_VERSION: Final = r"v?(\d+\.\d+)(?:\.\d+)?(?:[-+].*)?"
_MOST_CIDRS: Final = 2


def _minor(version: str) -> str:
    """`1.36` for `v1.36.2+build`; anything else as it is."""
    given: Any = version
    if type(given) is str and given in SUPPORTED_VERSIONS:
        return version
    match = re.fullmatch(_VERSION, given) if isinstance(given, str) else None
    return match.group(1) if match else version


# Converters keep what they cannot convert, for the checks to complain about.


def _tuple_or_none(value: Iterable[str] | str | None) -> tuple[str, ...] | None:
    """None for nothing; one block may stand without a list around it."""
    if isinstance(value, str):
        return (value,)
    given: Any = value
    return (tuple(given) or None) if isinstance(given, Iterable) else given


def _sorted_gates(gates: Mapping[str, bool] | Iterable[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    """The gates by name, in a form that can be hashed."""
    given: Any = gates
    if isinstance(given, Mapping):
        return tuple(sorted(given.items(), key=lambda pair: str(pair[0])))
    # What `attrs.evolve` hands over is in this form already.
    return cast("tuple[tuple[str, bool], ...]", given)


@final
@attrs.frozen
class Cluster:
    """What the cluster that is aimed at accepts.

    Args:
        version: Its Kubernetes version, such as `"1.36"`; a patch level is ignored.
        node_port_range: The value of its `--service-node-port-range`, as a Python
            range: `range(30000, 32768)` is the default 30000-32767.
        service_cidrs: The value of its `--service-cluster-ip-range`: one block, or
            one of each family, the default family first. Without it, rules that
            depend on it stay silent.
        feature_gates: Gates that the cluster sets other than its version does, by name.

    Raises:
        ValidationError: An argument is not what a server could be started with.

    As a context manager it is the cluster in force within the block:

        with Cluster("1.33"):
            service = Service("web", …)

    The block reaches neither other threads nor other processes, and a generator
    that yields inside it leaves it in force for its caller.

    Example:
        >>> on_edge = Cluster("1.33", node_port_range=range(20000, 22768), service_cidrs="10.96.0.0/16")
        >>> port = ServicePort(80, node_port=20080)
        >>> with on_edge:
        ...     public = Service.node_port("web", [port])
        ...
        >>> [violation.code for violation in check(public, cluster=Cluster())]
        ['node-port-out-of-range']
    """

    __module__ = "portmap"

    version: str = attrs.field(default=NEWEST_RECORDED, converter=_minor)
    node_port_range: range = attrs.field(default=DEFAULT_NODE_PORT_RANGE, kw_only=True)
    service_cidrs: tuple[str, ...] | None = attrs.field(default=None, kw_only=True, converter=_tuple_or_none)
    feature_gates: tuple[tuple[str, bool], ...] = attrs.field(
        default=(), kw_only=True, converter=_sorted_gates, repr=False
    )
    _enabled: frozenset[str] = attrs.field(init=False, eq=False, repr=False, default=frozenset())
    # Any, since the module of networks is loaded on first use and type hints must resolve.
    _networks: tuple[Any, ...] | None = attrs.field(init=False, eq=False, repr=False, default=None)
    _families: tuple[str, ...] | None = attrs.field(init=False, eq=False, repr=False, default=None)
    _hash: int = attrs.field(init=False, eq=False, repr=False, default=0)

    def __attrs_post_init__(self) -> None:
        violations = tuple(_cluster_violations(self))
        if violations:
            subject = "Cluster"
            raise ValidationError(subject, violations)
        gates = dict(self.feature_gates)
        enabled = frozenset(
            feature.name for feature in FEATURES if gates.get(feature.name, feature.in_version(self.version))
        )
        networks = None if self.service_cidrs is None else tuple(network(cidr) for cidr in self.service_cidrs)
        families = None if networks is None else tuple(f"IPv{block.version}" for block in networks)
        # attrs' own way past `frozen`, for values that are derived once.
        object.__setattr__(self, "_enabled", enabled)
        object.__setattr__(self, "_networks", networks)
        object.__setattr__(self, "_families", families)
        # Of numbers alone, whose hashes are the same in every process that a cluster is sent to.
        place = SUPPORTED_VERSIONS.index(self.version)
        object.__setattr__(self, "_hash", hash((place, self.node_port_range)))

    def enabled(self, feature: Feature | str) -> bool:
        """Whether this cluster behaves as the feature says.

        Args:
            feature: The name of a feature gate, as in `feature_gates`.

        Raises:
            ValueError: portmap knows no gate of this name.

        Example:
            >>> on_edge.enabled("RelaxedServiceNameValidation"), Cluster("1.36").enabled("RelaxedServiceNameValidation")
            (False, True)
        """
        if isinstance(feature, Feature):
            return feature.name in self._enabled
        if feature not in GATES:
            raise ValueError(f"there is no feature gate {feature!r} that matters here: {', '.join(sorted(GATES))}")
        return feature in self._enabled

    @property
    def ip_families(self) -> tuple[str, ...] | None:
        """The families of its service CIDRs, the default first; `None` if unknown.

        Example:
            >>> on_edge.ip_families
            ('IPv4',)
        """
        return self._families

    @property
    def service_networks(self) -> tuple[Network, ...] | None:
        """Its service CIDRs, parsed; `None` if unknown.

        Example:
            >>> on_edge.service_networks
            (IPv4Network('10.96.0.0/16'),)
        """
        return self._networks

    @property
    def static_node_ports(self) -> range:
        """The lower part of the node port range, from which the cluster picks last: best for numbers one sets.

        Empty for a range of up to 16 ports (KEP-3668, `portallocator/allocator.go`).

        Example:
            >>> on_edge.static_node_ports
            range(20000, 20086)
        """
        ports = self.node_port_range
        size = len(ports)
        band = 0 if size <= 16 else min(max(16, size // 32), 128)
        return ports[:band]

    @property
    def dynamic_node_ports(self) -> range:
        """The rest of the node port range, from which the cluster picks first.

        Example:
            >>> on_edge.dynamic_node_ports
            range(20086, 22768)
        """
        return self.node_port_range[len(self.static_node_ports) :]

    @property
    def provisional(self) -> bool:
        """Whether no verdicts of a real server of this version were recorded.

        Example:
            >>> on_edge.provisional, Cluster("1.37").provisional
            (False, True)
        """
        return SUPPORTED_VERSIONS.index(self.version) > SUPPORTED_VERSIONS.index(NEWEST_RECORDED)

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return f"Kubernetes {self.version}{' (provisional)' if self.provisional else ''}"

    def __enter__(self) -> Self:
        _IN_FORCE.set((*_IN_FORCE.get(), self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _IN_FORCE.set(_IN_FORCE.get()[:-1])


def _wrong_version(version: object) -> Violation:
    """The violation of a version that is no text: 1.30 would be 1.3."""
    hint = f'write "{version}", in quotes' if isinstance(version, float) else None
    return Violation.about("version", "wrong-type", "FieldValueTypeInvalid", "must be text", hint=hint, value=version)


def _cluster_violations(cluster: Cluster) -> Iterable[Violation]:
    code = "cluster-configuration"
    version: object = cluster.version
    if not isinstance(version, str):
        yield _wrong_version(version)
    elif version not in SUPPORTED_VERSIONS:
        yield Violation.about(
            "version",
            code,
            "FieldValueNotSupported",
            f"supported versions: {', '.join(SUPPORTED_VERSIONS)}",
            value=cluster.version,
        )
    ports: object = cluster.node_port_range
    if not isinstance(ports, range) or ports.step != 1 or not ports or ports[0] < 1 or ports[-1] > 65535:
        yield Violation.about(
            "node_port_range",
            code,
            "FieldValueInvalid",
            "must be a range of ports within 1 to 65535",
            hint="for 30000-32767 write range(30000, 32768): the end of a Python range is exclusive",
            value=repr(ports),
        )
    yield from _cidr_violations(() if cluster.service_cidrs is None else cluster.service_cidrs)
    yield from _gate_violations(cluster.feature_gates)


def _gate_violations(gates: object) -> Iterable[Violation]:
    pairs = gates if isinstance(gates, tuple) else (gates,)
    if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        yield _wrong_type("feature_gates", "a mapping of gates to True or False", gates)
        return
    for gate, setting in pairs:
        field = f"feature_gates[{gate}]"
        if not isinstance(gate, str) or not isinstance(setting, bool):
            yield _wrong_type(field, "True or False for a gate's name", setting if isinstance(gate, str) else gate)
        elif gate not in GATES:
            detail = f"gates that change an answer: {', '.join(sorted(GATES))}"
            yield Violation.about(field, "cluster-configuration", "FieldValueNotSupported", detail, value=gate)


def _wrong_type(field: str, expected: str, value: object) -> Violation:
    return Violation.about(field, "wrong-type", "FieldValueTypeInvalid", f"must be {expected}", value=value)


def _cidr_violations(cidrs: object) -> Iterable[Violation]:
    if not isinstance(cidrs, tuple):
        yield _wrong_type("service_cidrs", "a list of CIDR blocks", cidrs)
        return
    versions = []
    for position, cidr in enumerate(cidrs):
        if not isinstance(cidr, str):
            yield _wrong_type(f"service_cidrs[{position}]", "a CIDR block as text", cidr)
            continue
        try:
            versions.append(network(cidr).version)
        except ValueError:
            yield Violation.about(
                f"service_cidrs[{position}]",
                "cluster-configuration",
                "FieldValueInvalid",
                "must be a CIDR block without bits beyond its prefix",
                value=cidr,
            )
    if len(cidrs) > _MOST_CIDRS or len(set(versions)) != len(versions):
        yield Violation.about(
            "service_cidrs",
            "cluster-configuration",
            "FieldValueInvalid",
            "must be one block, or one of each IP family",
            value=list(cidrs),
        )


_IN_FORCE: Final[ContextVar[tuple[Cluster, ...]]] = ContextVar("portmap_cluster", default=())
_default = Cluster()


def cluster_in_force() -> Cluster:
    """The cluster by which constructors judge: of the innermost `with`, else the default."""
    stack = _IN_FORCE.get()
    return stack[-1] if stack else _default


def set_default_cluster(cluster: Cluster) -> None:
    """Make this the cluster by which constructors judge, for the whole process.

    Args:
        cluster: What the target accepts; `Cluster()` is the default again.

    Raises:
        TypeError: It is no Cluster.

    Example:
        >>> set_default_cluster(Cluster("1.34", node_port_range=range(20000, 22768)))
        >>> Service.node_port("web", [ServicePort(80, node_port=20080)]).ports[0].node_port
        20080
    """
    given: object = cluster
    if not isinstance(given, Cluster):
        raise TypeError(f"the default cluster is a Cluster, not {given!r}")
    global _default  # noqa: PLW0603 - a process-wide default is what this function is for
    _default = cluster
