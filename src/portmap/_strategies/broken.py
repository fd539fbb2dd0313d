"""Strategies for manifests of Services that a server refuses for one mistake."""

from collections.abc import Collection
from operator import attrgetter
from typing import Any, Final, final

import attrs
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.violations import Violation
from portmap._manifests.validate import validate
from portmap._model.ports import ServicePort
from portmap._model.to_manifest import to_manifest
from portmap._strategies.arguments import check_cluster, represented_by_call
from portmap._strategies.mistakes import MISTAKES, WEB, MistakeCase, changed
from portmap._strategies.ports import consistent_service_ports, service_ports
from portmap._strategies.words import annotations, dns_labels, label_maps, lists_of, object_names


@final
@attrs.frozen
class BrokenService:
    """The manifest of a Service that an API server would refuse, and why.

    Attributes:
        manifest: The manifest, as plain data.
        violation: The violation that the server would report.
        about: A description of the mistake.
        cluster: The cluster of the server.

    Example:
        >>> from hypothesis import find
        >>> from portmap.strategies import broken_services
        >>> broken = find(broken_services(codes=["port-name-required"]), lambda broken: True)
        >>> broken.violation.code, broken.manifest["kind"]
        ('port-name-required', 'Service')
    """

    __module__ = "portmap.strategies"

    manifest: dict[str, Any] = attrs.field(hash=False)
    violation: Violation
    about: str
    cluster: Cluster

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ANN401, FBT001 - the signature that IPython calls
        """Print the fields in lines, with long texts cut: some mistakes take 256 KiB."""
        with printer.group(4, f"{type(self).__name__}(", ")"):
            for position, field in enumerate(attrs.fields(type(self))):
                if position:
                    printer.text(",")
                    printer.breakable()
                printer.text(f"{field.name}=")
                printer.pretty("…" if cycle else _cut(getattr(self, field.name)))


_LONGEST_SHOWN: Final = 300


def _cut(value: Any) -> Any:  # noqa: ANN401 - any JSON value, and others unchanged
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value]
    if isinstance(value, str) and len(value) > _LONGEST_SHOWN:
        return f"{value[:_LONGEST_SHOWN]}… ({len(value)} characters)"
    return value


_SINGLE: Final = tuple(case for case in MISTAKES if len(case.expected) == 1)
BREAKABLE_CODES: Final = tuple(dict.fromkeys(code for case in _SINGLE for code, _ in case.expected))
"""The codes of the rules that `broken_services` breaks."""


@represented_by_call
def broken_services(
    *, codes: Collection[str] | None = None, cluster: Cluster | None = None
) -> st.SearchStrategy[BrokenService]:
    """Generate manifests of Services with one mistake each, and the violation that a create reports.

    Together they break every rule that a create through the API can break.

    Args:
        codes: The codes of the violations. The default is any.
        cluster: The cluster of the server. The default is a cluster that refuses the mistake:
            some are mistakes for old versions only, or if the service CIDRs are known.

    Examples shrink to a Service with as few ports as the mistake needs.

    Raises:
        InvalidArgument: There is no rule of this code that a create can break, or not on this cluster.

    Example:
        >>> from hypothesis import find
        >>> from portmap.manifests import validate
        >>> from portmap.strategies import broken_services
        >>> broken = find(broken_services(), lambda broken: True)
        >>> validate(broken.manifest) == (broken.violation,)
        True
    """
    check_cluster(cluster)
    wanted = _wanted(codes)
    cases = [case for case in _SINGLE if wanted is None or any(code in wanted for code, _ in case.expected)]
    if cluster is not None:
        cases = [case for case in cases if _violation(case, WEB, cluster)]
    # Examples shrink to the first cases, so those with fewer ports come first.
    cases.sort(key=attrgetter("least_ports"))
    if not cases:
        raise InvalidArgument(f"codes={codes!r} cannot be broken by a create on {cluster}")

    @st.composite
    def draw_broken(draw: st.DrawFn) -> BrokenService:
        case = draw(st.sampled_from(cases))
        return draw(_broken_service(case, cluster or case.cluster))

    return draw_broken()


def _wanted(codes: Collection[str] | None) -> frozenset[str] | None:
    given: object = codes
    if given is None:
        return None
    if isinstance(given, str) or not isinstance(given, Collection) or not given:
        raise InvalidArgument(f"codes={given!r} must be a collection of codes, such as ('port-out-of-range',)")
    for code in given:
        if code not in BREAKABLE_CODES:
            guess = nearest(str(code), BREAKABLE_CODES)
            hint = f": did you mean {guess!r}?" if guess else ""
            raise InvalidArgument(f"codes={given!r}: a create breaks no rule of the code {code!r}{hint}")
    return frozenset(given)


def _violation(case: MistakeCase, base: dict[str, Any], cluster: Cluster) -> Violation | None:
    """Return the violation that this cluster reports of a Service with the mistake, if it is the expected one alone."""
    found = validate(changed(base, case.mistake.changes), cluster=cluster)
    return found[0] if len(found) == 1 and (found[0].code, found[0].field) in case.expected else None


# Only fields that no mistake depends on vary. The ports have the protocol TCP, names and different numbers, all
# below those that the mistakes set.
_PORT_NUMBERS: Final = range(1, 10000)
_PORTS: Final = service_ports(min_port=_PORT_NUMBERS[0], max_port=_PORT_NUMBERS[-1], named=True, protocols=["TCP"])
_METADATA: Final = st.fixed_dictionaries(
    {"name": object_names},
    optional={"namespace": dns_labels("shop"), "labels": label_maps(), "annotations": annotations},
)
_SELECTORS: Final = st.just({"app": "web"}) | label_maps(min_size=1)


@st.composite
def _broken_service(draw: st.DrawFn, case: MistakeCase, cluster: Cluster) -> BrokenService:
    """Draw a Service with this mistake."""
    ports = consistent_service_ports(
        draw(lists_of(_PORTS, case.least_ports, case.least_ports + 1)),
        numbers=_PORT_NUMBERS,
        protocols=["TCP"],
        node_ports=cluster.node_port_range,
    )
    base: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": draw(_METADATA),
        "spec": {"selector": draw(_SELECTORS), "ports": [_explicit(port) for port in ports]},
    }
    violation = _violation(case, base, cluster)
    if violation is None:
        raise AssertionError(
            f"{case.mistake.about}: {cluster} reports other violations of {changed(base, case.mistake.changes)}"
        )
    return BrokenService(changed(base, case.mistake.changes), violation, case.mistake.about, cluster)


def _explicit(port: ServicePort) -> dict[str, Any]:
    """Return the manifest of a port with its target port, so that a mistake in `port` is not one in `targetPort`."""
    return to_manifest(attrs.evolve(port, target_port=port.effective_target_port))
