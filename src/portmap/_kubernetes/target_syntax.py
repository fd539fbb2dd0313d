"""Parse the target that a user writes: `service/web:http`, `deployment/web:app:http`, `shop.example/api`, `30080`.

The forms differ in shape alone, so a text has the same meaning for every set of objects.
docs/portmap.md has the table. All commands parse targets here and match names here.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, TypeAlias, final

import attrs

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.enums import PROTOCOLS
from portmap._kubernetes.kinds import SHORT_NAMES

_MOST_NAMES: Final = 500
"""The number of names that are compared with a name that does not exist."""

_NUMBER: Final = re.compile(r"([0-9]+)(?:/([A-Za-z]+))?")
_LAST_PORT: Final = 65535
_MOST_PARTS: Final = 3

# Words for kinds that have no ports but rules for hosts, which are the targets to write instead.
_RULES_FOR_HOSTS: Final = frozenset(
    word + ending for word in ("ingress", "httproute", "grpcroute", "tlsroute") for ending in ("", "s", "es")
) | {"ing"}

_SHORT: Final = {kind: short for short, kind in SHORT_NAMES.items()}


@final
@attrs.frozen
class NodePortTarget:
    """A port of nodes: a node port or a host port."""

    number: int
    protocol: str | None = None


@final
@attrs.frozen
class RequestTarget:
    """A request for a host and path, which an Ingress or route serves."""

    host: str
    path: str


@final
@attrs.frozen
class ObjectTarget:
    """An object, and optionally a port of it.

    Attributes:
        kind: The kind as written, `""` if left out.
        name: The name of the object.
        namespace: The namespace; `None` if left out.
        container: The container, if both a container and a port are written.
        port: The text after the last colon: the name or number of a port, or a container.
    """

    kind: str
    name: str
    namespace: str | None = None
    container: str | None = None
    port: str | None = None


TargetSyntax: TypeAlias = NodePortTarget | RequestTarget | ObjectTarget


@lru_cache(maxsize=256)
def kind_words(kind: str) -> frozenset[str]:
    """Return the words for a kind in lower case: the kind, its plural and kubectl's short name."""
    low, dot, group = kind.lower().partition(".")
    plural = f"{low[:-1]}ies" if low.endswith("y") else f"{low}es" if low.endswith(("s", "x", "ch")) else f"{low}s"
    return frozenset({*(word + dot + group for word in (low, plural, f"{low}s")), _SHORT.get(kind, kind.lower())})


def is_kind(word: str, kind: str) -> bool:
    """Return whether the word denotes the kind. The empty word denotes any."""
    return not word or word.lower() in kind_words(kind)


def parse_object(text: str, kinds: Iterable[str]) -> ObjectTarget:
    """Parse an object and optionally its port: `[KIND/[NAMESPACE/]]NAME[:[CONTAINER:]PORT]`.

    Args:
        text: The text.
        kinds: The kinds of objects that can be targets.

    Raises:
        ValueError: The text does not have this form, or names another kind.
    """
    path, *ports = text.split(":")
    *where, name = path.split("/")
    if len(where) >= _MOST_PARTS or len(ports) >= _MOST_PARTS or not all((name, *where, *ports)):
        raise ValueError(f"{text!r} is no object: write KIND/NAME, KIND/NAMESPACE/NAME or NAME, and :PORT after it")
    kind, namespace = (*where, None, None)[:2]
    if kind is not None and kind.lower() not in (words := _words(kinds)):
        raise ValueError(_unknown_kind(text, kind, words))
    container, port = ports if len(ports) == 2 else (None, *ports, None)[:2]
    return ObjectTarget(kind or "", name, namespace, container, port)


def parse_target(text: str, kinds: Iterable[str]) -> TargetSyntax:
    """Parse any target.

    Args:
        text: The text. Digits, with an optional protocol, are a port of nodes. A text with a
            kind before the first slash, or with neither slash nor dot, is an object. A text
            with `://`, or with a dot before the first slash, is a host and path.
        kinds: The kinds of objects that can be targets.

    Raises:
        ValueError: The text has none of these forms.
    """
    number = _NUMBER.fullmatch(text)
    if number:
        return _node_port(text, *number.groups())
    scheme, mark, url = text.partition("://")
    if mark:
        return _request(text, url if scheme else "")
    head, slash, _ = text.partition("/")
    kinds = tuple(kinds)
    is_kind_word = slash and head.lower() in _words(kinds)
    if not is_kind_word and ("." in head or head == "*"):
        return _request(text, text)
    return parse_object(text, kinds)


def _words(kinds: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*map(kind_words, kinds))


def _node_port(text: str, digits: str, protocol: str | None) -> NodePortTarget:
    # Python refuses to convert a text of very many digits, so its length is checked first.
    if len(digits) > len(str(_LAST_PORT)) or not 0 < int(digits) <= _LAST_PORT:
        raise ValueError(f"{text!r} is no port of a node: ports are 1 to {_LAST_PORT}")
    if protocol and protocol.upper() not in PROTOCOLS:
        raise ValueError(f"{text!r} is no port of a node: {protocol!r} is none of {', '.join(PROTOCOLS)}")
    return NodePortTarget(int(digits), protocol and protocol.upper())


def _request(text: str, url: str) -> RequestTarget:
    host, _, path = url.partition("/")
    if ":" in host:
        shorter = text.replace(host, host.partition(":")[0], 1)
        raise ValueError(f"{text!r} has a port, and rules for hosts have none: write {shorter!r}")
    if not host:
        raise ValueError(f"{text!r} names no host")
    return RequestTarget(host, "/" + re.split(r"[?#]", path, maxsplit=1)[0])


def _unknown_kind(text: str, head: str, words: Collection[str]) -> str:
    if head.lower() in _RULES_FOR_HOSTS:
        return f"{text!r}: {head!r} has no ports of its own: write a host of its rules, such as 'shop.example/api'"
    guess = nearest(head, sorted(words))
    # One slash, as in NAMESPACE/NAME. A text with a colon is not a host, because rules for hosts have no ports.
    hints = [f"for a Service, write 'service/{text}'"] if text.count("/") == 1 else []
    hints += [f"for a host, write 'http://{text}'"] if ":" not in text or not hints else []
    hint = f"did you mean {guess + text[len(head) :]!r}?" if guess else "; ".join(hints)
    return f"{text!r}: portmap knows no kind {head!r} with ports; {hint}"


@final
class NamedObjects:
    """Objects by the names that users write.

    Args:
        objects: The kind, namespace and name of each; the namespace is `None` if it is unknown.
    """

    def __init__(self, objects: Iterable[tuple[str, str | None, str]]) -> None:
        self._objects = tuple(objects)
        self._named: dict[str, list[int]] = defaultdict(list)
        for position, (_, _, name) in enumerate(self._objects):
            self._named[name].append(position)

    def find(self, target: ObjectTarget, namespace: str | None = None) -> Sequence[int]:
        """Return the positions of the objects that the target names, all in one namespace.

        An object without a namespace matches any namespace that no other object matches.

        Args:
            target: The target; its namespace takes precedence.
            namespace: The namespace, if the target does not name one.

        Raises:
            KeyError: No object has this name, another namespace has it, or several have it. The
                message says which, with the nearest name.
        """
        by_namespace: dict[str | None, list[int]] = defaultdict(list)
        for position in self._named.get(target.name, ()):
            kind, own, _ = self._objects[position]
            if is_kind(target.kind, kind):
                by_namespace[own].append(position)
        shown = f"{target.kind or 'object'} {target.name}"
        namespace = target.namespace or namespace
        if not by_namespace:
            raise KeyError(f"there is no {target.kind or 'object'} {target.name!r}{self._hint(target)}")
        if namespace in by_namespace:
            return by_namespace[namespace]
        if namespace is None and len(by_namespace) > 1:
            raise KeyError(f"which {shown}? It is in namespaces {_list(by_namespace)}")
        if namespace is None:
            return next(iter(by_namespace.values()))
        if None not in by_namespace:
            raise KeyError(f"there is no {shown} in namespace {namespace}; it is in {_list(by_namespace)}")
        return by_namespace[None]

    def _hint(self, target: ObjectTarget) -> str:
        names = sorted({name for kind, _, name in self._objects if is_kind(target.kind, kind)})
        guess = nearest(target.name, islice(names, _MOST_NAMES))
        if guess is not None:
            return f"; did you mean {guess!r}?"
        for position in self._named.get(target.name, ()):
            kind = self._objects[position][0]
            return f"; there is a {kind}: write '{kind.lower()}/{target.name}'"
        return ""


def _list(namespaces: Iterable[str | None]) -> str:
    return ", ".join(sorted(namespace or "(none)" for namespace in namespaces))
