"""The words and numbers that objects are made of: each is good by construction, and the readable ones come first.

What the alphabets and lengths say here is only a part of what `_grammar` accepts; that it is a
part is for the tests to say, and every object that is made of these words is judged by the rules.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hypothesis import strategies as st

from portmap._grammar import LONGEST_LABEL, LONGEST_PORT_NAME

__all__ = [
    "annotations",
    "dns_names",
    "finalizers",
    "label_maps",
    "namespaces",
    "numbers_between",
    "object_names",
    "port_names",
    "qualified_names",
    "service_port_names",
    "some_of",
    "texts",
    "told_apart",
]

Strategy = st.SearchStrategy

_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
_ALPHANUMERIC: Final = _LOWER + _LOWER.upper() + _DIGITS


# One choice for one word: what is drawn is text that is made to fit, so that nothing is drawn again, and a word that
# shrinks to one of those that readers know leaves what is drawn after it alone.


def _as_label(text: str) -> str:
    """The text with a letter at its beginning and no hyphen at its end."""
    bare = text.strip("-")
    return bare if bare[:1].isalpha() else f"x{bare}"


dns_labels: Final = st.text(_LOWER + _DIGITS + "-", min_size=1, max_size=LONGEST_LABEL - 1).map(_as_label)
"""DNS labels that begin with a letter, which every version takes for every name."""

object_names: Final = st.sampled_from(["web", "api", "db"]) | dns_labels
namespaces: Final = st.sampled_from([None, "shop", "default"]) | dns_labels
dns_names: Final = st.just("example.com") | st.lists(dns_labels, min_size=1, max_size=3).map(".".join)

_simple_names: Final = st.text(_ALPHANUMERIC + "-_.", min_size=1, max_size=LONGEST_LABEL).map(
    lambda text: text.strip("-_.") or "x"
)
finalizers: Final = st.builds("{}/{}".format, dns_names, _simple_names)
qualified_names: Final = st.sampled_from(["http", "kubernetes.io/h2c"]) | _simple_names | finalizers
"""The keys of labels and annotations, application protocols and the like."""

_label_keys: Final = st.sampled_from(["app", "tier", "app.kubernetes.io/name"]) | _simple_names | finalizers
_label_values: Final = st.sampled_from(["web", "api", ""]) | _simple_names


def label_maps(*, min_size: int = 0, max_size: int = 3) -> Strategy[dict[str, str]]:
    """Labels, or a selector."""
    return st.dictionaries(_label_keys, _label_values, min_size=min_size, max_size=max_size)


texts: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
annotations: Final = st.dictionaries(qualified_names, texts, max_size=3)


def _as_port_name(text: str) -> str:
    """The text with a letter at its beginning, single hyphens and none at its end."""
    return _as_label("-".join(part for part in text.split("-") if part))


port_names: Final = st.sampled_from(["http", "https", "metrics", "grpc", "dns", "p-1", "8080-tcp"]) | st.text(
    _LOWER + _DIGITS + "-", min_size=1, max_size=LONGEST_PORT_NAME - 1
).map(_as_port_name)
"""Names of container ports: IANA service names."""

service_port_names: Final = port_names | dns_labels | st.sampled_from(["8080", "a--b", "x" * LONGEST_LABEL])
"""Names of Service ports: DNS labels, those included that no container port could have."""

_WELL_KNOWN: Final = (80, 8080, 443, 8443, 9090, 53, 5432)


def numbers_between(low: int, high: int) -> Strategy[int]:
    """Port numbers: those that readers know come first, then any."""
    known = [number for number in _WELL_KNOWN if low <= number <= high]
    ends = sorted({low, high} - set(known))
    return st.sampled_from([*known, *ends]) | st.integers(low, high)


def told_apart(name: str, taken: Iterable[str], longest: int) -> str:
    """The name, or if it is taken the same with a number behind it."""
    others = set(taken)
    number, apart = 2, name
    while apart in others:
        suffix = f"-{number}"
        apart = name[: longest - len(suffix)].rstrip("-") + suffix
        number += 1
    return apart


def some_of(fields: Mapping[str, Strategy[Any]]) -> Strategy[dict[str, Any]]:
    """Any of these fields, each given or left out."""
    return st.fixed_dictionaries({}, optional=dict(fields))
