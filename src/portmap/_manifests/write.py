"""Typed objects, documents and plain dicts as YAML or JSON text."""

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeGuard, final

from portmap._kubernetes.errors import ManifestError
from portmap._manifests.service_text import service_text
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._yaml.writer import emit

if TYPE_CHECKING:
    from portmap._manifests.documents import Document
    from portmap._model.foreign_protocols import Foreign
    from portmap._model.pods import Container, Pod
    from portmap._model.ports import ContainerPort, ServicePort

Writable: TypeAlias = "Service | ServicePort | Pod | Container | ContainerPort | Document | Mapping[str, Any] | Foreign"


def to_yaml(*subjects: Writable, explicit: bool = False) -> str:
    """Return these objects as YAML, one document each, in the order given.

    What is written reads back as the same value with `kubectl` and with every YAML
    1.1 and 1.2 reader: text that some reader would take for a number, a boolean or a
    date is quoted. Only what was authored is written, and the same input gives the
    same bytes.

    Args:
        subjects: Typed objects, documents as they were read, and plain dicts and
            objects of other libraries of any kind beside them.
        explicit: Write the defaults of Services out, as `stored` has them: the manifest
            then has all fields that the cluster shows, but for those that only the cluster
            can choose, and for a namespace that was left out. Other kinds are written as they are.

    Raises:
        ManifestError: A plain dict holds what YAML cannot carry.
        TypeError: A subject is not an object that can be written.
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
    originals = _Originals()
    texts: list[str] = []
    for subject in subjects:
        if type(subject) is Service and not explicit:
            text = service_text(subject)
        else:
            plain = _plain(subject)
            written = _with_defaults(plain) if explicit else plain
            original = originals.text(subject) if _is_document(subject) and written is plain else None
            if original is not None and (texts or originals.begins_with(original)):
                texts.append(original if not texts or re.match(_MARKED, original) else f"---\n{original}")
                continue
            # A document that followed another one in its text may begin with a mark.
            text = emit(written) if original is None else original.removeprefix("---\n")
        texts.append(f"---\n{text}" if texts else text)
    return "".join(texts)


def to_json(*subjects: Writable, explicit: bool = False) -> str:
    """Return these objects as JSON: one by itself, several as the items of a `List`.

    Arguments and errors are those of `to_yaml`.

    Example:
        >>> from portmap.manifests import to_json
        >>> print(to_json(http), end="")
        {
          "name": "http",
          "containerPort": 8080
        }
    """
    import json  # A script that only writes YAML does without it.

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
        # The namespace is the client's choice.
        del full["metadata"]["namespace"]
    return full


def _plain(subject: Writable) -> Mapping[str, Any]:
    given: Any = subject
    if isinstance(given, list | tuple):
        raise TypeError("to_yaml takes objects, not a list of them: write to_yaml(*objects)")
    if _is_document(given):
        raw: Mapping[str, Any] = given.raw
        return raw
    if type(given).__module__.partition(".")[0] != "portmap":
        from portmap._model.foreign import plain_manifest

        plain = plain_manifest(given)
        if not isinstance(plain, Mapping):
            raise TypeError(f"{type(given).__name__} is not an object that can be written")
        return plain
    try:
        return to_manifest(given)
    except TypeError:
        from portmap._model.workloads import Workload

        if isinstance(given, Workload):
            raise TypeError("to_yaml cannot write a Workload, which has only a part of its manifest") from None
        raise


# --- documents that were not changed ---------------------------------------------------------------------------


def _is_document(subject: object) -> "TypeGuard[Document]":
    # A script that only writes loads no reader, and has no documents.
    documents = sys.modules.get("portmap._manifests.documents")
    return documents is not None and isinstance(subject, documents.Document)


# These patterns are compiled when they are first needed: most programs write no documents.
_MARKED: Final = r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*---(?:\s|\Z)"
_LINE: Final = r"[^\n]*\n|[^\n]+"
_BOUNDARY: Final = r"---(?:\s|\Z)"
_EMPTY: Final = r"(?s)(?:---(?=\s|\Z))?\s*(?:#.*)?\Z"


@final
class _Originals:
    """The texts of documents as they were read: comments, quotes, order and all."""

    def __init__(self) -> None:
        self._whole: str | None = None
        self._pieces: list[str] = []

    def text(self, document: "Document") -> str | None:
        """Return the document as it was read, with the comments before it, down to the next document.

        `None` if it was not alone, as the items of a `List` are not, is in a JSON text, has directives,
        which kubectl does not read, or means something else than its `raw` does now.
        """
        from portmap._yaml.reader import read_yaml

        parsed, root = document.origin
        if root or parsed.is_json:
            return None
        # A text of many documents is cut once.
        if self._whole is not parsed.text:
            self._whole, self._pieces = parsed.text, _pieces(parsed.text)
        if parsed.number >= len(self._pieces):
            return None
        piece = self._pieces[parsed.number]
        try:
            found = [each.data for each in read_yaml(piece) if each.data != {}]
        except ManifestError:
            return None
        if len(found) != 1 or _spelling(found[0]) != _spelling(document.raw):
            return None
        return piece if piece.endswith("\n") else f"{piece}\n"

    def begins_with(self, text: str) -> bool:
        """Return whether the text of the last document begins with this one."""
        return self._whole is not None and self._whole.startswith(text)


def _spelling(data: Any) -> str | None:  # noqa: ANN401 - any JSON value, or what a user put into it
    import json

    try:
        return json.dumps(data)
    except (TypeError, ValueError):
        return None


def _pieces(text: str) -> list[str]:
    """Return the text of each document, by number; an empty one is part of the next, or else of the last one."""
    parts: list[list[str]] = [[]]
    for line in re.findall(_LINE, text):
        if line.startswith("%"):
            return []
        if re.match(_BOUNDARY, line) and any(map(_has_content, parts[-1])):
            parts.append([])
        parts[-1].append(line)
    pieces = ["".join(part) for part in parts]
    full = [not all(re.match(_EMPTY, line) for line in part) for part in parts]
    if True in full:
        last = len(full) - 1 - full[::-1].index(True)
        pieces[last] += "".join(pieces[last + 1 :])
        for number in range(last):
            if not full[number]:
                pieces[number + 1] = pieces[number] + pieces[number + 1]
    return pieces


def _has_content(line: str) -> bool:
    return re.match(_BOUNDARY, line) is not None or re.match(_EMPTY, line) is None
