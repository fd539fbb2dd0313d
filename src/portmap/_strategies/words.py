"""Strategies for names, labels and numbers. Every example is valid, and examples shrink to readable ones.

They generate a part of what the grammars of `_kubernetes.names` accept. The constructors of the
objects check every example.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from portmap._kubernetes.names import LONGEST_LABEL, LONGEST_PORT_NAME

Strategy = st.SearchStrategy

Element = TypeVar("Element")

_SHORT: Final = 8
_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
_ALPHANUMERIC: Final = _LOWER + _LOWER.upper() + _DIGITS


# One choice makes one word: text is drawn and then made to fit, and the empty text becomes a familiar word.
# So nothing is filtered, and a word that shrinks does not change the values that are drawn after it.


def _words(characters: str, longest: int, fit: Callable[[str], str], known: str) -> Strategy[str]:
    """Return words of these characters, made to fit. The simplest is the known word."""
    return st.text(characters, max_size=longest).map(lambda text: fit(text) if text else known)


def _as_label(text: str) -> str:
    """Return the text with a letter at its start and no hyphen at its end."""
    bare = text.strip("-")
    return bare if bare[:1].isalpha() else f"x{bare}"


def _as_port_name(text: str) -> str:
    """Return the text as a label without consecutive hyphens."""
    return _as_label("-".join(part for part in text.split("-") if part))


def _as_simple_name(text: str) -> str:
    return text.strip("-_.") or "x"


def dns_labels(known: str) -> Strategy[str]:
    """Return DNS labels that begin with a letter: every version accepts them as names."""
    return _words(_LOWER + _DIGITS + "-", LONGEST_LABEL - 1, _as_label, known)


object_names: Final = dns_labels("web")
namespaces: Final = st.none() | dns_labels("shop")
dns_names: Final = st.just("example.com") | st.lists(dns_labels("a"), min_size=1, max_size=3).map(".".join)


def _simple_names(known: str) -> Strategy[str]:
    return _words(_ALPHANUMERIC + "-_.", LONGEST_LABEL, _as_simple_name, known)


finalizers: Final = st.builds("{}/{}".format, dns_names, _simple_names("cleanup"))
qualified_names: Final = _simple_names("http") | st.sampled_from(["kubernetes.io/h2c", "https"]) | finalizers
"""The keys of labels and annotations, application protocols and the like."""

_label_keys: Final = _simple_names("app") | st.sampled_from(["tier", "app.kubernetes.io/name"]) | finalizers
_label_values: Final = _simple_names("web") | st.sampled_from(["", "1"])


def label_maps(*, min_size: int = 0, max_size: int = 3) -> Strategy[dict[str, str]]:
    """Return mappings of labels, which are selectors, too."""
    return st.dictionaries(_label_keys, _label_values, min_size=min_size, max_size=max_size)


texts: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
annotations: Final = st.dictionaries(qualified_names, texts, max_size=3)


port_names: Final = _words(_LOWER + _DIGITS + "-", LONGEST_PORT_NAME - 1, _as_port_name, "http") | st.sampled_from(
    ["https", "metrics", "grpc", "dns", "p-1", "8080-tcp"]
)
"""Names of container ports: IANA service names."""

service_port_names: Final = port_names | dns_labels("http") | st.sampled_from(["8080", "a--b", "x" * LONGEST_LABEL])
"""Names of Service ports: DNS labels, with some that a container port cannot have."""

_WELL_KNOWN: Final = (80, 8080, 443, 8443, 9090, 53, 5432)


def numbers_between(low: int, high: int) -> Strategy[int]:
    """Return port numbers; well-known ones are the simplest."""
    known = [number for number in _WELL_KNOWN if low <= number <= high]
    return st.sampled_from(known) | st.integers(low, high) if known else st.integers(low, high)


def distinct_name(name: str, taken: Iterable[str], longest: int) -> str:
    """Return the name, with a number appended if it is taken."""
    others = set(taken)
    number, distinct = 2, name
    while distinct in others:
        suffix = f"-{number}"
        distinct = name[: longest - len(suffix)].rstrip("-") + suffix
        number += 1
    return distinct


def lists_of(elements: Strategy[Element], least: int, most: int) -> Strategy[list[Element]]:
    """Return lists with this many elements.

    For short lists, the length is drawn first: with elements of many choices, this lets Hypothesis
    remove one from the middle. For long lists, the lists of Hypothesis shrink better.
    """
    if most - least > _SHORT:
        return st.lists(elements, min_size=least, max_size=most)

    @st.composite
    def draw_list(draw: st.DrawFn) -> list[Element]:
        return [draw(elements) for _ in range(draw(st.integers(least, most)))]

    return draw_list()


def any_fields(fields: Mapping[str, Strategy[Any]]) -> Strategy[dict[str, Any]]:
    """Return mappings with any of these fields."""
    return st.fixed_dictionaries({}, optional=dict(fields))
