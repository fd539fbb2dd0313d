"""What people ask a map for: `service/web:http`, `deployment/web:app:http`, `shop.example/api`, `30080`.

The forms are told apart by their shape alone, so that one and the same text asks for the
same thing of every map; docs/portmap.md has the table.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final, TypeAlias, final

import attrs

from portmap._kubernetes.did_you_mean import nearest

__all__ = ["Asked", "AskedNumber", "AskedObject", "AskedRequest", "asked_for", "asked_object", "is_kind", "kind_words"]

_NUMBER: Final = re.compile(r"([0-9]+)(?:/([A-Za-z]+))?")
_PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
_LAST_PORT: Final = 65535
_MOST_PARTS: Final = 3

# Words for kinds whose objects have no ports of their own, but rules for hosts, which one can ask for.
_RULES_FOR_HOSTS: Final = frozenset(
    word + ending for word in ("ingress", "httproute", "grpcroute", "tlsroute") for ending in ("", "s", "es")
) | {"ing"}

# As kubectl has them.
_SHORT: Final = {
    "CronJob": "cj",
    "DaemonSet": "ds",
    "Deployment": "deploy",
    "DeploymentConfig": "dc",
    "Pod": "po",
    "ReplicaSet": "rs",
    "ReplicationController": "rc",
    "Service": "svc",
    "Service.serving.knative.dev": "ksvc",
    "StatefulSet": "sts",
}


@final
@attrs.frozen
class AskedNumber:
    """A port of nodes: a node port, or a host port."""

    number: int
    protocol: str | None = None


@final
@attrs.frozen
class AskedRequest:
    """A request for a host and path, as an Ingress or route gets it."""

    host: str
    path: str


@final
@attrs.frozen
class AskedObject:
    """An object by its name, and perhaps a port of it.

    Attributes:
        kind: As it was written, `""` where it was not.
        name: The name of the object.
        namespace: Its namespace; `None` where none was written.
        container: The container, where both a container and a port were written.
        port: What stands behind the last colon: a port, by name or number, or a container.
    """

    kind: str
    name: str
    namespace: str | None = None
    container: str | None = None
    port: str | None = None


Asked: TypeAlias = AskedNumber | AskedRequest | AskedObject


def kind_words(kind: str) -> frozenset[str]:
    """The words for a kind: itself, its plural and kubectl's short name, in lower case."""
    low = kind.lower()
    return frozenset({low, f"{low}s", _SHORT.get(kind, low)})


def is_kind(word: str, kind: str) -> bool:
    """Whether this word means the kind; no word at all means any."""
    return not word or word.lower() in kind_words(kind)


def asked_object(text: str) -> AskedObject:
    """An object and perhaps its port: `[KIND/[NAMESPACE/]]NAME[:[CONTAINER:]PORT]`.

    Raises:
        ValueError: It is none.
    """
    path, *ports = text.split(":")
    *where, name = path.split("/")
    if len(where) >= _MOST_PARTS or len(ports) >= _MOST_PARTS or not all((name, *where, *ports)):
        raise ValueError(f"{text!r} is no object: write KIND/NAME, KIND/NAMESPACE/NAME or NAME, and :PORT behind it")
    kind, namespace = (*where, None, None)[:2]
    container, port = ports if len(ports) == 2 else (None, *ports, None)[:2]
    return AskedObject(kind or "", name, namespace, container, port)


def asked_for(text: str, kinds: Iterable[str]) -> Asked:
    """What this text asks for.

    Args:
        text: What was written. Digits, and perhaps a protocol: a port of nodes. With a
            kind before the first slash, or with neither slash nor dot: an object. With `://`,
            or with a dot before the first slash: a host and path.
        kinds: The kinds of objects that one can ask for.

    Raises:
        ValueError: It is none of these.
    """
    number = _NUMBER.fullmatch(text)
    if number:
        return _number(text, *number.groups())
    scheme, mark, url = text.partition("://")
    if mark:
        return _request(text, url if scheme else "")
    head, slash, _ = text.partition("/")
    words = frozenset[str]().union(*map(kind_words, kinds))
    if slash and head.lower() in words:
        return asked_object(text)
    if "." in head or head == "*":
        return _request(text, text)
    if slash:
        raise ValueError(_no_kind(text, head, words))
    return asked_object(text)


def _number(text: str, digits: str, protocol: str | None) -> AskedNumber:
    # Python refuses to read very many digits at all.
    if len(digits) > len(str(_LAST_PORT)) or not 0 < int(digits) <= _LAST_PORT:
        raise ValueError(f"{text!r} is no port of a node: ports are 1 to {_LAST_PORT}")
    if protocol and protocol.upper() not in _PROTOCOLS:
        raise ValueError(f"{text!r} is no port of a node: {protocol!r} is none of {', '.join(_PROTOCOLS)}")
    return AskedNumber(int(digits), protocol and protocol.upper())


def _request(text: str, url: str) -> AskedRequest:
    host, _, path = url.partition("/")
    if ":" in host:
        shorter = text.replace(host, host.partition(":")[0], 1)
        raise ValueError(f"{text!r} has a port, and rules for hosts have none: write {shorter!r}")
    if not host:
        raise ValueError(f"{text!r} names no host")
    return AskedRequest(host, "/" + re.split(r"[?#]", path, maxsplit=1)[0])


def _no_kind(text: str, head: str, words: Collection[str]) -> str:
    if head.lower() in _RULES_FOR_HOSTS:
        return f"{text!r}: {head!r} has no ports of its own: write a host of its rules, such as 'shop.example/api'"
    guess = nearest(head, sorted(words))
    # One slash, as in NAMESPACE/NAME. What has a colon is no host: rules for hosts have no ports.
    hints = [f"for a Service, write 'service/{text}'"] if text.count("/") == 1 else []
    hints += [f"for a host, write 'http://{text}'"] if ":" not in text or not hints else []
    hint = f"did you mean {guess + text[len(head) :]!r}?" if guess else "; ".join(hints)
    return f"{text!r}: portmap knows no kind {head!r} with ports; {hint}"
