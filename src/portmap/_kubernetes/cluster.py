"""The cluster that a manifest is for: its Kubernetes version and flags, and the cluster in force."""

import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self, cast, final

import attrs

from portmap._kubernetes.addresses import Network, network
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.features import FEATURES, GATES, NEWEST_RECORDED, SUPPORTED_VERSIONS, Feature
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import dns_subdomain_reasons
from portmap._kubernetes.printable import safe_repr
from portmap._kubernetes.violations import Reason, Violation

DEFAULT_NODE_PORT_RANGE: Final = range(30000, 32768)
"""The default of kube-apiserver's `--service-node-port-range`."""


_VERSION: Final = r"v?(\d+\.\d+)(?:\.\d+)?(?:[-+].*)?"
_MOST_CIDRS: Final = 2


def _minor(version: str) -> str:
    """Return `1.36` for `v1.36.2+build`, and anything else as it is."""
    given: Any = version
    if type(given) is str and given in SUPPORTED_VERSIONS:
        return version
    match = re.fullmatch(_VERSION, given) if isinstance(given, str) else None
    return match.group(1) if match else version


# Converters keep a value that they cannot convert: the checks report it.


def _tuple_or_none(value: Iterable[str] | str | None) -> tuple[str, ...] | None:
    """Return the blocks as a tuple, `None` if there are none; one block needs no list."""
    if isinstance(value, str):
        return (value,)
    given: Any = value
    return (tuple(given) or None) if isinstance(given, Iterable) else given


def _sorted_gates(gates: Mapping[str, bool] | Iterable[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    """Return the gates by name, in a form that can be hashed."""
    given: Any = gates
    if isinstance(given, Mapping):
        return tuple(sorted(given.items(), key=lambda pair: str(pair[0])))
    # `attrs.evolve` passes them in this form.
    return cast("tuple[tuple[str, bool], ...]", given)


@final
@attrs.frozen
class Cluster:
    """The cluster that a manifest is for: its version and the flags of its API server.

    Args:
        version: Its Kubernetes version, such as `"1.36"`; a patch level is ignored.
        node_port_range: The value of its `--service-node-port-range`, as a Python
            range: `range(30000, 32768)` is the default 30000-32767.
        service_cidrs: The value of its `--service-cluster-ip-range`: one block, or
            one of each family, the default family first. Without it, the rules that
            depend on it are skipped.
        feature_gates: Gates that differ from the defaults of the version, by name.
        cluster_domain: The domain of the names of Services in the cluster's DNS.

    Raises:
        ValidationError: No API server starts with these arguments.

    As a context manager it is the cluster in force within the block:

        with Cluster("1.33"):
            service = Service("web", …)

    The block does not affect other threads or processes. A generator that yields inside the block
    leaves the cluster in force for its caller.

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
    cluster_domain: str = attrs.field(default="cluster.local", kw_only=True, repr=False)
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
        # Derived values are set once, past `frozen`.
        object.__setattr__(self, "_enabled", enabled)
        object.__setattr__(self, "_networks", networks)
        object.__setattr__(self, "_families", families)
        # Hashes of numbers are the same in every process that a cluster is sent to.
        place = SUPPORTED_VERSIONS.index(self.version)
        object.__setattr__(self, "_hash", hash((place, self.node_port_range)))

    def enabled(self, feature: Feature | str) -> bool:
        """Return whether this cluster has the feature.

        Args:
            feature: The name of a feature gate, as in `feature_gates`.

        Raises:
            ValueError: portmap does not know a gate of this name.

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
        """The lower part of the node port range, from which the cluster picks last: use it for fixed numbers.

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
        """The upper part of the node port range, from which the cluster picks first.

        Example:
            >>> on_edge.dynamic_node_ports
            range(20086, 22768)
        """
        return self.node_port_range[len(self.static_node_ports) :]

    @property
    def provisional(self) -> bool:
        """Whether portmap has no recorded verdicts of a real server of this version.

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


def _cluster_violations(cluster: Cluster) -> Iterable[Violation]:
    version: object = cluster.version
    if not isinstance(version, str):
        # The number 1.30 is 1.3.
        hint = f'write "{version}", in quotes' if isinstance(version, float) else None
        yield _wrong_type(FieldPath("version"), "text", version, hint)
    elif version not in SUPPORTED_VERSIONS:
        detail = f"supported versions: {', '.join(SUPPORTED_VERSIONS)}"
        yield _wrong_value(FieldPath("version"), detail, version, reason="FieldValueNotSupported")
    ports: object = cluster.node_port_range
    if not isinstance(ports, range) or ports.step != 1 or not ports or ports[0] < 1 or ports[-1] > 65535:
        hint = "for 30000-32767 write range(30000, 32768): the end of a Python range is exclusive"
        detail = "must be a range of ports within 1 to 65535"
        yield _wrong_value(FieldPath("node_port_range"), detail, safe_repr(ports), hint)
    yield from _cidr_violations(() if cluster.service_cidrs is None else cluster.service_cidrs)
    yield from _gate_violations(cluster.feature_gates)
    domain: object = cluster.cluster_domain
    reasons = dns_subdomain_reasons(domain) if isinstance(domain, str) else ("must be text",)
    if reasons:
        yield _wrong_value(FieldPath("cluster_domain"), "; ".join(reasons), domain)


def _gate_violations(gates: object) -> Iterable[Violation]:
    pairs = gates if isinstance(gates, tuple) else (gates,)
    if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        yield _wrong_type(FieldPath("feature_gates"), "a mapping of gates to True or False", gates)
        return
    for gate, setting in pairs:
        field = FieldPath("feature_gates").key(str(gate))
        if not isinstance(gate, str) or not isinstance(setting, bool):
            yield _wrong_type(field, "True or False for a gate's name", setting if isinstance(gate, str) else gate)
        elif gate not in GATES:
            detail = f"gates that change an answer: {', '.join(sorted(GATES))}"
            yield _wrong_value(field, detail, gate, reason="FieldValueNotSupported")


def _wrong_type(field: FieldPath, expected: str, value: object, hint: str | None = None) -> Violation:
    return Violation.about(field, "wrong-type", "FieldValueTypeInvalid", f"must be {expected}", hint=hint, value=value)


def _wrong_value(
    field: FieldPath, detail: str, value: object, hint: str | None = None, *, reason: Reason = "FieldValueInvalid"
) -> Violation:
    return Violation.about(field, "cluster-configuration", reason, detail, hint=hint, value=value)


def _cidr_violations(cidrs: object) -> Iterable[Violation]:
    if not isinstance(cidrs, tuple):
        yield _wrong_type(FieldPath("service_cidrs"), "a list of CIDR blocks", cidrs)
        return
    versions = []
    for position, cidr in enumerate(cidrs):
        if not isinstance(cidr, str):
            yield _wrong_type(FieldPath("service_cidrs", position), "a CIDR block as text", cidr)
            continue
        try:
            versions.append(network(cidr).version)
        except ValueError:
            detail = "must be a CIDR block without bits beyond its prefix"
            yield _wrong_value(FieldPath("service_cidrs", position), detail, cidr)
    if len(cidrs) > _MOST_CIDRS or len(set(versions)) != len(versions):
        yield _wrong_value(FieldPath("service_cidrs"), "must be one block, or one of each IP family", list(cidrs))


_IN_FORCE: Final[ContextVar[tuple[Cluster, ...]]] = ContextVar("portmap_cluster", default=())
_default = Cluster()


def cluster_in_force() -> Cluster:
    """Return the cluster that constructors check against: that of the innermost `with`, else the default."""
    stack = _IN_FORCE.get()
    return stack[-1] if stack else _default


def set_default_cluster(cluster: Cluster) -> None:
    """Let constructors check against this cluster, in the whole process.

    Args:
        cluster: The cluster; `Cluster()` restores the default.

    Raises:
        TypeError: It is not a Cluster.

    Example:
        >>> set_default_cluster(Cluster("1.34", node_port_range=range(20000, 22768)))
        >>> Service.node_port("web", [ServicePort(80, node_port=20080)]).ports[0].node_port
        20080
    """
    given: object = cluster
    if not isinstance(given, Cluster):
        raise TypeError(f"the default cluster is a Cluster, not {safe_repr(given)}")
    global _default  # noqa: PLW0603 - a process-wide default is what this function is for
    _default = cluster
