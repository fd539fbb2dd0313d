"""The words and numbers that objects are made of: each is good by construction, and the readable ones come first.

What the alphabets and lengths say here is only a part of what `_grammar` accepts; that it is a
part is for the tests to say, and every object that is made of these words is judged by the rules.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from portmap._kubernetes.names import LONGEST_LABEL, LONGEST_PORT_NAME

__all__ = [
    "annotations",
    "dns_labels",
    "dns_names",
    "finalizers",
    "label_maps",
    "namespaces",
    "numbers_between",
    "object_names",
    "port_names",
    "qualified_names",
    "service_port_names",
    "several",
    "some_of",
    "texts",
    "told_apart",
]

Strategy = st.SearchStrategy

Element = TypeVar("Element")

_A_FEW: Final = 8
_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
_ALPHANUMERIC: Final = _LOWER + _LOWER.upper() + _DIGITS


# One choice makes one word: what is drawn is text that is made to fit, and no text at all is a word that readers know.
# So nothing is drawn again, and a word that shrinks leaves alone what is drawn after it.


def _words(characters: str, longest: int, fit: Callable[[str], str], known: str) -> Strategy[str]:
    """Text of these characters, made to fit; the simplest is the known word."""
    return st.text(characters, max_size=longest).map(lambda text: fit(text) if text else known)


def _as_label(text: str) -> str:
    """The text with a letter at its beginning and no hyphen at its end."""
    bare = text.strip("-")
    return bare if bare[:1].isalpha() else f"x{bare}"


def _as_port_name(text: str) -> str:
    """The same with single hyphens."""
    return _as_label("-".join(part for part in text.split("-") if part))


def _as_simple_name(text: str) -> str:
    return text.strip("-_.") or "x"


def dns_labels(known: str) -> Strategy[str]:
    """DNS labels that begin with a letter, which every version takes for every name."""
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
    """Labels, or a selector."""
    return st.dictionaries(_label_keys, _label_values, min_size=min_size, max_size=max_size)


texts: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
annotations: Final = st.dictionaries(qualified_names, texts, max_size=3)


port_names: Final = _words(_LOWER + _DIGITS + "-", LONGEST_PORT_NAME - 1, _as_port_name, "http") | st.sampled_from(
    ["https", "metrics", "grpc", "dns", "p-1", "8080-tcp"]
)
"""Names of container ports: IANA service names."""

service_port_names: Final = port_names | dns_labels("http") | st.sampled_from(["8080", "a--b", "x" * LONGEST_LABEL])
"""Names of Service ports: DNS labels, those included that no container port could have."""

_WELL_KNOWN: Final = (80, 8080, 443, 8443, 9090, 53, 5432)


def numbers_between(low: int, high: int) -> Strategy[int]:
    """Port numbers: those that readers know come first, then any."""
    known = [number for number in _WELL_KNOWN if low <= number <= high]
    return st.sampled_from(known) | st.integers(low, high) if known else st.integers(low, high)


def told_apart(name: str, taken: Iterable[str], longest: int) -> str:
    """The name, or if it is taken the same with a number behind it."""
    others = set(taken)
    number, apart = 2, name
    while apart in others:
        suffix = f"-{number}"
        apart = name[: longest - len(suffix)].rstrip("-") + suffix
        number += 1
    return apart


def several(elements: Strategy[Element], least: int, most: int) -> Strategy[list[Element]]:
    """So many of these.

    A few are drawn after their number: where each takes many choices, Hypothesis takes one out
    of their midst only so. The lists of Hypothesis shrink better where there may be many.
    """
    if most - least > _A_FEW:
        return st.lists(elements, min_size=least, max_size=most)

    @st.composite
    def draw_several(draw: st.DrawFn) -> list[Element]:
        return [draw(elements) for _ in range(draw(st.integers(least, most)))]

    return draw_several()


def some_of(fields: Mapping[str, Strategy[Any]]) -> Strategy[dict[str, Any]]:
    """Any of these fields, each given or left out."""
    return st.fixed_dictionaries({}, optional=dict(fields))
