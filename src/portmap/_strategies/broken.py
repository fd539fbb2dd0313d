"""Services with one mistake, and what a server says of it."""

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
from portmap._strategies.arguments import check_cluster, shown_as_called
from portmap._strategies.mistakes import MISTAKES, WEB, MistakeCase, changed
from portmap._strategies.ports import agreeing_service_ports, service_ports
from portmap._strategies.words import annotations, dns_labels, label_maps, object_names, several

__all__ = ["BREAKABLE_CODES", "BrokenService", "broken_services"]


@final
@attrs.frozen
class BrokenService:
    """A Service's manifest that an API server would refuse, and why.

    Attributes:
        manifest: The manifest, as plain data.
        violation: The one violation that the server would report.
        about: The mistake, in words.
        cluster: By what it is judged.

    Example:
        >>> from hypothesis import find
        >>> from portmap.strategies import broken_services
        >>> broken = find(broken_services(codes=["port-name-required"]), lambda each: True)
        >>> broken.violation.code, broken.manifest["kind"]
        ('port-name-required', 'Service')
    """

    __module__ = "portmap.strategies"

    manifest: dict[str, Any] = attrs.field(hash=False)
    violation: Violation
    about: str
    cluster: Cluster

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ANN401, FBT001 - as Hypothesis and IPython ask
        """Print it in lines, with texts cut where nobody would read on: some mistakes take 256 KiB."""
        with printer.group(4, f"{type(self).__name__}(", ")"):
            for place, field in enumerate(attrs.fields(type(self))):
                if place:
                    printer.text(",")
                    printer.breakable()
                printer.text(f"{field.name}=")
                printer.pretty("…" if cycle else _cut(getattr(self, field.name)))


_LONGEST_SHOWN: Final = 300


def _cut(value: Any) -> Any:  # noqa: ANN401 - any JSON value, and the rest as it is
    if isinstance(value, dict):
        return {key: _cut(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_cut(each) for each in value]
    if isinstance(value, str) and len(value) > _LONGEST_SHOWN:
        return f"{value[:_LONGEST_SHOWN]}… ({len(value)} characters)"
    return value


_SINGLE: Final = tuple(each for each in MISTAKES if len(each.expected) == 1)
BREAKABLE_CODES: Final = tuple(dict.fromkeys(code for each in _SINGLE for code, _ in each.expected))
"""The codes of the rules that `broken_services` breaks."""


@shown_as_called
def broken_services(
    *, codes: Collection[str] | None = None, cluster: Cluster | None = None
) -> st.SearchStrategy[BrokenService]:
    """Generate manifests of Services with one mistake each, and the one violation that a create makes of it.

    Between them they break every rule that a create through the API can break.

    Args:
        codes: Which rules to break, by the codes of their violations; left out, any.
        cluster: Who judges; left out, one for each mistake that refuses it: some are
            mistakes only to an old version, or where the service CIDRs are known.

    Examples shrink to a Service of as few ports as the mistake needs.

    Raises:
        InvalidArgument: There is no rule of this code that a create can break, or not on this cluster.

    Example:
        >>> from hypothesis import find
        >>> from portmap.manifests import validate
        >>> from portmap.strategies import broken_services
        >>> broken = find(broken_services(), lambda each: True)
        >>> validate(broken.manifest) == (broken.violation,)
        True
    """
    check_cluster(cluster)
    wanted = _wanted(codes)
    rows = [each for each in _SINGLE if wanted is None or any(code in wanted for code, _ in each.expected)]
    if cluster is not None:
        rows = [each for each in rows if _says(each, WEB, cluster)]
    # Those that need fewer ports come first, as they make the smaller examples.
    rows.sort(key=attrgetter("least_ports"))
    if not rows:
        raise InvalidArgument(f"codes={codes!r} cannot be broken by a create on {cluster}")

    @st.composite
    def draw_broken(draw: st.DrawFn) -> BrokenService:
        row = draw(st.sampled_from(rows))
        return draw(_made(row, cluster or row.cluster))

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


def _says(row: MistakeCase, base: dict[str, Any], cluster: Cluster) -> Violation | None:
    """The violation of the row, if this cluster says it of this Service and nothing else."""
    found = validate(changed(base, row.mistake.changes), cluster=cluster)
    return found[0] if len(found) == 1 and (found[0].code, found[0].field) in row.expected else None


# What is left free of a good Service is what no mistake depends on. Its ports speak TCP, have names and different
# numbers, all below those that the mistakes give.
_PORT_NUMBERS: Final = range(1, 10000)
_PORTS: Final = service_ports(min_port=_PORT_NUMBERS[0], max_port=_PORT_NUMBERS[-1], named=True, protocols=["TCP"])
_METADATA: Final = st.fixed_dictionaries(
    {"name": object_names},
    optional={"namespace": dns_labels("shop"), "labels": label_maps(), "annotations": annotations},
)
_SELECTORS: Final = st.just({"app": "web"}) | label_maps(min_size=1)


@st.composite
def _made(draw: st.DrawFn, row: MistakeCase, cluster: Cluster) -> BrokenService:
    """This mistake in some Service."""
    ports = agreeing_service_ports(
        draw(several(_PORTS, row.least_ports, row.least_ports + 1)),
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
    violation = _says(row, base, cluster)
    if violation is None:
        raise AssertionError(
            f"{row.mistake.about}: {cluster} says something else of {changed(base, row.mistake.changes)}"
        )
    return BrokenService(changed(base, row.mistake.changes), violation, row.mistake.about, cluster)


def _explicit(port: ServicePort) -> dict[str, Any]:
    """The port with its target written out, so that a mistake in `port` is none in `targetPort` as well."""
    return to_manifest(attrs.evolve(port, target_port=port.effective_target_port))
