"""Changing fields of an object in a file, and nothing else of the file: what `portmap set` does.

No round-trip library is used: ruamel.yaml writes the whole file anew and does not keep its bytes.
The text is spliced instead, read again, and refused if it does not say exactly what was meant.
"""

import copy
import difflib
import io
import json
import os
import re
from collections.abc import Sequence
from typing import Any, Final, TypeAlias, final

import attrs

from portmap._cluster import Cluster, cluster_in_force
from portmap._errors import ManifestError, ValidationError
from portmap._paths import Path, describe
from portmap._suggestions import nearest
from portmap.manifests._assignments import APPEND, Assignment, located, parse_assignment
from portmap.manifests._composed import Composed
from portmap.manifests._documents import Document
from portmap.manifests._files import read_bytes, replace_bytes
from portmap.manifests._load import load
from portmap.manifests._splice import Splicer
from portmap.manifests._texts import PACKED

__all__ = ["Edit", "edit", "set_fields"]

_Data: TypeAlias = Any

_BOM: Final = "\ufeff"
_SHORT_NAMES: Final = {
    "svc": "service",
    "po": "pod",
    "deploy": "deployment",
    "ds": "daemonset",
    "sts": "statefulset",
    "rs": "replicaset",
    "rc": "replicationcontroller",
    "cm": "configmap",
    "ing": "ingress",
    "cj": "cronjob",
}


@final
@attrs.frozen
class Edit:
    """A change to a file.

    Attributes:
        path: The file.
        before: Its content as it was read.
        after: Its content with the change.

    Example:
        >>> from pathlib import Path
        >>> from portmap.manifests import edit
        >>> _ = Path("web.yaml").write_text(to_yaml(web))
        >>> change = edit("web.yaml", "service/web", "ports.http.port=8080")
    """

    path: str
    before: bytes = attrs.field(repr=False)
    after: bytes = attrs.field(repr=False)

    @property
    def changes(self) -> bool:
        """Whether anything is different at all.

        Example:
            >>> change.changes
            True
        """
        return self.before != self.after

    def diff(self) -> str:
        """What changes, as a unified diff; `""` where nothing does.

        Example:
            >>> for line in change.diff().splitlines()[-3:]:
            ...     print(line)
            ...
            -    port: 80
            +    port: 8080
                 targetPort: http
        """
        before, after = (re.findall(r"[^\n]*\n|[^\n]+", each.decode("utf-8")) for each in (self.before, self.after))
        found = difflib.unified_diff(before, after, self.path, self.path)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found)

    def write(self) -> None:
        """Put the change into the file: all of it at once, or nothing.

        Raises:
            ManifestError: It cannot be written, or has changed since it was read; it is as it was.

        Example:
            >>> change.write()
            >>> load("web.yaml").objects()[0].ports[0].port
            8080
        """
        if self.changes:
            replace_bytes(self.path, self.after, expected=self.before)


def edit(
    path: str | os.PathLike[str],
    target: str,
    *changes: str,
    namespace: str | None = None,
    string: bool = False,
    cluster: Cluster | None = None,
) -> Edit:
    """What `set_fields` would do, with nothing written: `edit(…).diff()` shows it, `edit(…).write()` does it.

    Args:
        path: As in `set_fields`, here and below.
        target: Which object.
        changes: What to change.
        namespace: The namespace of the object.
        string: Whether values are text, whatever they look like.
        cluster: By what the result is judged.

    Raises:
        ManifestError: As `set_fields`.
        ValidationError: As `set_fields`.

    Example:
        >>> from pathlib import Path
        >>> from portmap.manifests import edit
        >>> _ = Path("web.yaml").write_text(to_yaml(web))
        >>> change = edit("web.yaml", "service/web", "ports.http.port=8080")
        >>> for line in change.diff().splitlines()[-3:]:
        ...     print(line)
        ...
        -    port: 80
        +    port: 8080
             targetPort: http
    """
    cluster = cluster or cluster_in_force()
    name = os.fspath(path)
    assignments = [parse_assignment(change, string=string) for change in changes]
    if name.lower().endswith(PACKED):
        raise ManifestError("is packed by gzip: unpack it to change it", name)
    before = read_bytes(path)
    text = original = _read(before, name)
    for assignment in assignments:
        text = _changed(text, name, target, namespace, assignment, cluster)
    if text != original:
        document = _target(_documents(text, name, cluster), target, namespace, name)
        if document.violations:
            raise ValidationError(f"{document} with this change", document.violations, str(cluster))
    bom = _BOM.encode() if before.startswith(_BOM.encode()) else b""
    return Edit(name, before, bom + text.encode("utf-8"))


def set_fields(
    path: str | os.PathLike[str],
    target: str,
    *changes: str,
    namespace: str | None = None,
    string: bool = False,
    cluster: Cluster | None = None,
) -> Edit:
    """Change fields of one object in a YAML or JSON file, and leave every other byte as it is.

    Args:
        path: The file. A symbolic link stays one.
        target: Which object, as `service/web`; the kind in any case, plural or as kubectl shortens it.
        changes: Each `PATH=VALUE`, or `PATH-` to remove; see `docs/editing.md`. They are
            made in order, and judged together.
        namespace: The namespace of the object, where the file has several of its name.
        string: Whether values are text, whatever they look like.
        cluster: By what the result is judged; left out, the cluster in force.

    Returns:
        What was changed. If the fields had these values already, nothing was written.

    Raises:
        ManifestError: The file cannot be read or written, there is no such object or
            field, or the change cannot be made without another.
        ValidationError: An API server would refuse the object with this change.

    Example:
        >>> from pathlib import Path
        >>> from portmap.manifests import set_fields
        >>> _ = Path("web.yaml").write_text(to_yaml(web))
        >>> _ = set_fields("web.yaml", "service/web", "ports.http.port=8080")
        >>> load("web.yaml").objects()[0].ports[0].port
        8080
    """
    done = edit(path, target, *changes, namespace=namespace, string=string, cluster=cluster)
    done.write()
    return done


class _Named(io.BytesIO):
    """Bytes that are read under the name of their file."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def _documents(text: str, name: str, cluster: Cluster) -> Sequence[Document]:
    return load(_Named(text.encode("utf-8"), name), cluster=cluster)


def _read(data: bytes, name: str) -> str:
    """The text without its byte order mark."""
    try:
        return data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ManifestError(f"line {line} is not UTF-8: byte {data[error.start]:#04x}", name) from None


def _changed(text: str, name: str, target: str, namespace: str | None, assignment: Assignment, cluster: Cluster) -> str:
    """The text with one change, which was read again and found to say what was meant."""
    documents = _documents(text, name, cluster)
    document = _target(documents, target, namespace, name)
    composed, root = document.origin
    try:
        path = (*root, *located(assignment, document.raw))
    except ManifestError as error:
        raise ManifestError(error.problem, name, document.span()) from None
    place = composed.span(path)
    for twice, first, second in composed.duplicates:
        if twice == path[: len(twice)]:
            problem = f"{describe(twice)} is given twice, in lines {first.line} and {second.line}: remove one first"
            raise ManifestError(problem, name, second)
    wanted = copy.deepcopy(composed.data)
    node = composed.node
    if not _apply(wanted, path, assignment) or node is None:
        return text
    splicer = Splicer(text, node, name, is_json=_is_json(text, name))
    written = splicer.remove(path) if assignment.remove else splicer.set(path, assignment.value)
    try:
        after = _documents(written, name, cluster)
    except ManifestError as error:
        problem = f"{assignment.text!r} cannot be written here: the file could not be read any more ({error.problem})"
        raise ManifestError(problem, name, place) from None
    meant = [wanted if each is composed else each.data for each in _distinct(documents)]
    if _spelt(meant) != _spelt([each.data for each in _distinct(after)]):
        raise ManifestError(f"{assignment.text!r} would change more of the file than this field", name, place)
    return written


def _distinct(documents: Sequence[Document]) -> list[Composed]:
    """The documents of the text, each once however many objects it lists."""
    return list({id(document.origin[0]): document.origin[0] for document in documents}.values())


def _spelt(data: list[Any]) -> str:
    # Python takes 1, 1.0 and True for the same, which no server does; the order of keys says nothing.
    return json.dumps(data, sort_keys=True)


def _apply(data: _Data, path: Path, assignment: Assignment) -> bool:
    """Make the change to plain data; whether there was anything to change."""
    step: Any
    last: Any
    for position, step in enumerate(path[:-1]):
        following = None
        if isinstance(data, dict):
            following = data.get(step)
        elif step != APPEND:
            following = data[step]
        if following is None:
            if assignment.remove:
                return False
            following = [] if path[position + 1] == APPEND else {}
            _put(data, step, following)
        data = following
    last = path[-1]
    if assignment.remove:
        if isinstance(data, list) or last in data:
            del data[last]
            return True
        return False
    there = last != APPEND and (isinstance(data, list) or last in data)
    if there and _spelt([data[last]]) == _spelt([assignment.value]):
        return False
    _put(data, last, assignment.value)
    return True


def _put(data: _Data, step: str | int, value: _Data) -> None:
    if step == APPEND and isinstance(data, list):
        data.append(value)
    else:
        data[step] = value


def _is_json(text: str, name: str) -> bool:
    """Whether it is read as JSON, as `load` decides it."""
    if name.lower().endswith(".json"):
        return True
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _target(documents: Sequence[Document], target: str, namespace: str | None, name: str) -> Document:
    kind, slash, wanted = target.partition("/")
    if not (kind and slash and wanted):
        raise ManifestError(f"{target!r} names no object: write KIND/NAME, such as service/web")
    kind = _SHORT_NAMES.get(kind.lower(), kind.lower())
    named = [each for each in documents if each.kind.lower() in (kind, kind.removesuffix("s"), kind.removesuffix("es"))]
    found = [each for each in named if each.name == wanted]
    if namespace is not None:
        found = [each for each in found if _namespace(each) in (namespace, None)]
    if len(found) == 1:
        return found[0]
    if found:
        places = ", ".join(f"line {span.line}" for each in found if (span := each.span()) is not None)
        raise ManifestError(
            f"{target} is there {len(found)} times ({places}): give its namespace, if they differ", name
        )
    guess = nearest(wanted, [each.name for each in named])
    where = f" in namespace {namespace}" if namespace is not None else ""
    hint = f"; did you mean {guess!r}?" if guess and guess != wanted else ""
    raise ManifestError(f"there is no {target}{where}{hint}", name)


def _namespace(document: Document) -> str | None:
    metadata = document.raw.get("metadata")
    found = metadata.get("namespace") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) and found else None
