"""Typed objects and plain dicts as YAML text."""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from portmap._manifests.service_text import service_text
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._yaml.writer import emit

if TYPE_CHECKING:
    from portmap._manifests.documents import Document
    from portmap._model.foreign import Foreign
    from portmap._model.pods import Container, Pod

__all__ = ["Writable", "to_json", "to_yaml"]

Writable: TypeAlias = "Service | ServicePort | Pod | Container | ContainerPort | Document | Mapping[str, Any] | Foreign"


def to_yaml(*subjects: Writable, explicit: bool = False) -> str:
    """These objects as YAML, one document each, in the order given.

    What is written reads back as the same value with `kubectl` and with every YAML
    1.1 and 1.2 reader: text that some reader would take for a number, a boolean or a
    date is quoted. Only what was authored is written, and the same input gives the
    same bytes.

    Args:
        subjects: Typed objects, documents as they were read, and plain dicts and
            objects of other libraries of any kind beside them.
        explicit: Write the defaults of Services out, as `stored` has them: what is applied
            then says all that the cluster shows, but for what only the cluster can pick,
            and for a namespace that was left out. Other kinds are written as they are.

    Raises:
        ManifestError: A plain dict holds what YAML cannot carry.
        TypeError: One of them is no object that can be written.
        ValidationError: A Service is to be written explicitly that the cluster in force would refuse.

    Example:
        >>> print(to_yaml(web), end="")
        apiVersion: v1
        kind: Service
        metadata:
          name: web
        spec:
          selector:
            app: web
          ports:
          - name: http
            port: 80
            targetPort: http
    """
    if _DOCUMENTS in sys.modules:
        return _with_documents(subjects, explicit=explicit)
    return "---\n".join(_text(subject, explicit=explicit) for subject in subjects)


def _text(subject: Writable, *, explicit: bool) -> str:
    if explicit:
        return emit(_with_defaults(_plain(subject)))
    return service_text(subject) if type(subject) is Service else emit(_plain(subject))


_DOCUMENTS: Final = "portmap._manifests.documents"
"""Where it is not loaded, there are no documents; whoever only writes does not load it."""

_MARKED: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*---(?:\s|\Z)")


def _with_documents(subjects: Sequence[Writable], *, explicit: bool) -> str:
    """The objects, some of which may be documents that stand as they were read, with `---` of their own."""
    from portmap._manifests.documents import Document
    from portmap._manifests.verbatim import AsRead
    from portmap._model.service_reading import is_core_service

    as_read = AsRead()
    texts: list[str] = []
    for subject in subjects:
        text = None
        if isinstance(subject, Document) and not (explicit and is_core_service(subject.raw)):
            text = as_read.text(subject)
            if text is not None and not texts and not subject.text.startswith(text):
                # Where it stood, it followed another.
                text = text.removeprefix("---\n")
        if text is None:
            text = _text(subject, explicit=explicit)
        texts.append(text if not texts or _MARKED.match(text) else f"---\n{text}")
    return "".join(texts)


def to_json(*subjects: Writable, explicit: bool = False) -> str:
    """These objects as JSON: one by itself, several as the items of a `List`.

    Args:
        subjects: As in `to_yaml`.
        explicit: As in `to_yaml`.

    Raises:
        ManifestError: As `to_yaml` does.
        TypeError: As `to_yaml` does.
        ValidationError: As `to_yaml` does.

    Example:
        >>> from portmap.manifests import to_json
        >>> print(to_json(http), end="")
        {
          "name": "http",
          "containerPort": 8080
        }
    """
    import json

    items = [_with_defaults(_plain(subject)) if explicit else _plain(subject) for subject in subjects]
    for item in items:
        emit(item)  # What YAML cannot carry, JSON should not.
    data = items[0] if len(items) == 1 else {"apiVersion": "v1", "kind": "List", "items": items}
    return json.dumps(data, indent=2, ensure_ascii=False, default=dict) + "\n"


def _with_defaults(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    from portmap._manifests.validate import stored
    from portmap._model.service_reading import is_core_service

    if not is_core_service(manifest):
        return manifest
    full = stored(manifest)
    authored = manifest.get("metadata") or {}
    if not authored.get("namespace"):
        # Where it will live is for the client to say.
        del full["metadata"]["namespace"]
    return full


def _plain(subject: Writable) -> Mapping[str, Any]:
    given: Any = subject
    if isinstance(given, list | tuple):
        raise TypeError("to_yaml takes objects, not a list of them: write to_yaml(*objects)")
    if type(given).__module__.partition(".")[0] != "portmap":
        from portmap._model.foreign import plain_manifest

        plain = plain_manifest(given)
        if not isinstance(plain, Mapping):
            raise TypeError(f"{type(given).__name__} is no object that can be written")
        return plain
    # Whoever writes Services need not load pods and readers.
    from portmap._manifests.documents import Document
    from portmap._model.workloads import Workload

    if isinstance(given, Workload):
        raise TypeError("to_yaml cannot write a Workload, which is only what portmap read of it: write its own dict")
    if isinstance(given, Document):
        raw: Mapping[str, Any] = given.raw
        return raw
    return to_manifest(given)
