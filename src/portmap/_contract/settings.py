"""Fields of a Service that clients do not see, or do not rely on: addresses behind its name, the ways of traffic."""

from collections.abc import Iterator
from typing import Final

from portmap._contract.changes import Change, What, made
from portmap._contract.pairing import Pair, label
from portmap._model.services import Service

__all__ = ["settings_changed"]

_ADDRESSES: Final = ("cluster_ip", "load_balancer_ip")
_TRAFFIC: Final = (
    "session_affinity",
    "session_affinity_timeout_seconds",
    "external_traffic_policy",
    "internal_traffic_policy",
    "publish_not_ready_addresses",
    "traffic_distribution",
    "load_balancer_class",
    "health_check_node_port",
)
# What is the same as nothing: defaults, and in `cluster_ip` that it is headless, which is told elsewhere.
_NOTHING: Final = (None, "", "None", "Cluster", False, 0)


def settings_changed(pair: Pair) -> Iterator[Change]:
    """What of this is not as it was."""
    yield from _first_port(pair)
    for what, fields in ((What.ADDRESS, _ADDRESSES), (What.TRAFFIC, _TRAFFIC)):
        for field in fields:
            was, now = (_given(getattr(each, field)) for each in (pair.before, pair.after))
            if was != now and not (what is What.ADDRESS and None in {was, now}):
                row = next(each for each in Service.SPEC_WIRE if each.attribute == field)
                words = f"{'.'.join(map(str, row.path))} was {_told(was)} and is {_told(now)}"
                yield made(what, pair.name, words, before=was, after=now)


def _first_port(pair: Pair) -> Iterator[Change]:
    """Another port in the first place, of several that stay."""
    for was, now in pair.ports.both:
        if was is pair.before.ports[0] and now is not pair.after.ports[0]:
            first = label(pair.after.ports[0])
            yield made(
                What.FIRST_PORT,
                pair.name,
                f"{first} comes first now: some load balancers ask the first port whether the Service is healthy, and "
                "the variable that pods get, which ends in _SERVICE_PORT, has its number",
                port=label(was),
                before=label(was),
                after=first,
            )


def _given(value: str | int | None) -> str | int | None:
    return None if value in _NOTHING else value


def _told(value: str | int | None) -> str:
    return "not given" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
