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
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias, final

import attrs

from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.kinds import SHORT_NAMES
from portmap._manifests.atomic_write import read_bytes, replace_bytes
from portmap._manifests.documents import Document
from portmap._manifests.edit_paths import Assignment, located, parse_assignment
from portmap._manifests.known_fields import APPEND
from portmap._manifests.load import load
from portmap._manifests.splice import Splicer
from portmap._manifests.text_files import PACKED, decoded
from portmap._yaml.parsed_document import ParsedDocument

_Data: TypeAlias = Any

_BOM: Final = "\ufeff"
_ANCHOR: Final = re.compile(r"(?<!\S)&\S")
_IDENTITY: Final = ("apiVersion", "kind")
_MEND_TOGETHER: Final = "it was invalid before, too: faults can be mended together, by several changes in one call"


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

    __module__ = "portmap.manifests"

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
    name = os.fspath(path)
    if name.lower().endswith(PACKED):
        raise ManifestError("is packed by gzip: unpack it to change it", name)
    return edit_content(
        name, lambda: read_bytes(path), target, *changes, namespace=namespace, string=string, cluster=cluster
    )


def edit_content(
    name: str,
    read: Callable[[], bytes],
    target: str,
    *changes: str,
    namespace: str | None = None,
    string: bool = False,
    cluster: Cluster | None = None,
) -> Edit:
    """As `edit`, of content that is read from anywhere, once the changes are known to be some."""
    cluster = cluster or cluster_in_force()
    assignments = [parse_assignment(change, string=string) for change in changes]
    before = read()
    text = original = _read(before, name)
    documents = _documents(text, name, cluster)
    at = _target(documents, target, namespace, name)
    identified = _identity(documents[at])
    was_invalid = bool(documents[at].violations)
    for assignment in assignments:
        # By its place, as a change may give it another name.
        text = _changed(text, name, at, assignment, cluster)
    if text != original:
        documents = _documents(text, name, cluster)
        _check_identity(documents, at, identified, name)
        if documents[at].violations:
            error = ValidationError(f"{documents[at]} with this change", documents[at].violations, str(cluster))
            if was_invalid:
                error.add_note(_MEND_TOGETHER)
            raise error
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
        target: Which object, as `service/web` or `service/shop/web`, the second part being its namespace; the
            kind in any case, plural or as kubectl shortens it.
        changes: Each `PATH=VALUE`, or `PATH-` to remove; see `docs/editing.md`. They are
            made in order, and judged together.
        namespace: The namespace of the object, where the file has several of its name and `target` does not say it.
        string: Whether values are text, whatever they look like.
        cluster: By what the result is judged; left out, the cluster in force.

    Returns:
        What was changed. If the fields had these values already, nothing was written.

    Raises:
        ManifestError: The file cannot be read or written, there is no such object or
            field, or the change cannot be made without another.
        ValidationError: An API server would refuse the object with this change, as far as portmap knows: a
            Service as a whole, what makes pods as far as ports are concerned, and other kinds not at all.

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
    return decoded(data, name).removeprefix(_BOM)


def _identity(document: Document) -> tuple[bool, ...]:
    """Which of the fields it has by which every object is known."""
    raw = document.raw if isinstance(document.raw, dict) else {}
    return (*(isinstance(raw.get(field), str) and raw[field] != "" for field in _IDENTITY), document.name != "")


def _check_identity(documents: Sequence[Document], at: int, before: tuple[bool, ...], name: str) -> None:
    now = _identity(documents[at]) if at < len(documents) else ()
    for field, had, has in zip((*_IDENTITY, "metadata.name"), before, now or (False,) * len(before), strict=True):
        if had and not has:
            raise ManifestError(f"the object would be left without {field}", name)


def _changed(text: str, name: str, at: int, assignment: Assignment, cluster: Cluster) -> str:
    """The text with one change, which was read again and found to say what was meant."""
    documents = _documents(text, name, cluster)
    if at >= len(documents):
        raise ManifestError("the changes before make something else of the object", name)
    document = documents[at]
    parsed, root = document.origin
    try:
        path = root + located(assignment, document.raw)
    except ManifestError as error:
        raise ManifestError(error.problem, name, document.span()) from None
    place = parsed.span(path)
    for twice, first, second in parsed.duplicates:
        if twice == path[: len(twice)]:
            problem = f"{twice} is given twice, in lines {first.line} and {second.line}: remove one first"
            raise ManifestError(problem, name, second)
    wanted = copy.deepcopy(parsed.data)
    if not _apply(wanted, path, assignment) or parsed.positions is None:
        return text
    if parsed.is_json and len(_distinct(documents)) > 1:
        raise ManifestError("holds several JSON objects: change files of one object each", name, document.span())
    splicer = Splicer(text, parsed.positions, parsed.source_text, name)
    written = splicer.remove(path) if assignment.remove else splicer.set(path, assignment.value)
    try:
        after = _documents(written, name, cluster)
    except ManifestError as error:
        problem = f"{assignment.text!r} cannot be written here: the file could not be read any more ({error.problem})"
        raise ManifestError(problem, name, place) from None
    meant = [wanted if each is parsed else each.data for each in _distinct(documents)]
    if _spelt(meant) != _spelt([each.data for each in _distinct(after)]):
        problem = f"{assignment.text!r} would change more of the file than this field"
        if _ANCHOR.search(text) is not None:
            problem += ": what an anchor (&) marks is used elsewhere, too"
        raise ManifestError(problem, name, place)
    return written


def _distinct(documents: Sequence[Document]) -> list[ParsedDocument]:
    """The documents of the text, each once however many objects it lists."""
    return list({id(document.origin[0]): document.origin[0] for document in documents}.values())


def _spelt(data: list[Any]) -> str:
    # Python takes 1, 1.0 and True for the same, which no server does; the order of keys says nothing.
    return json.dumps(data, sort_keys=True)


def _apply(data: _Data, path: FieldPath, assignment: Assignment) -> bool:
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


def _target(documents: Sequence[Document], target: str, namespace: str | None, name: str) -> int:
    """The number of the object that is meant."""
    parts = target.split("/")
    if len(parts) not in {2, 3} or not all(parts):
        raise ManifestError(f"{target!r} names no object: write KIND/NAME, such as service/web, or KIND/NAMESPACE/NAME")
    kind, *within, wanted = parts
    if within and namespace not in {None, *within}:
        raise ManifestError(f"{target!r} is not in namespace {namespace!r}: give one of the two")
    where = f" in namespace {namespace}" if namespace is not None and not within else ""
    namespace = within[0] if within else namespace
    kind = SHORT_NAMES.get(kind.lower(), kind).lower()
    kinds = (kind, kind.removesuffix("s"), kind.removesuffix("es"))
    named = [at for at, each in enumerate(documents) if each.kind.lower() in kinds]
    found = called = [at for at in named if documents[at].name == wanted]
    if namespace is not None:
        # What says no namespace may be applied to any, if no other object says this one.
        exact = [at for at in found if _namespace(documents[at]) == namespace]
        found = exact or [at for at in found if _namespace(documents[at]) is None]
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous([documents[at] for at in found], target, name)
    problem = f"there is no {target}{where}"
    if called:
        elsewhere = sorted({str(_namespace(documents[at])) for at in called})
        raise ManifestError(f"{problem}; it is in {', '.join(elsewhere)}", name)
    guess = nearest(wanted, [documents[at].name for at in named])
    if guess and guess != wanted:
        raise ManifestError(f"{problem}; did you mean {guess!r}?", name)
    others = list(dict.fromkeys(f"{each.kind.lower()}/{each.name}" for each in documents if each.kind and each.name))
    told = f"; there is {', '.join(others[:5])}{' and more' if len(others) > 5 else ''}" if others else ""
    raise ManifestError(problem + told, name)


def _ambiguous(found: Sequence[Document], target: str, name: str) -> ManifestError:
    namespaces = [_namespace(each) for each in found]
    places = ", ".join(
        f"line {span.line}" + (f" in {namespace}" if namespace else "")
        for each, namespace in zip(found, namespaces, strict=True)
        if (span := each.span()) is not None
    )
    differ = len(set(namespaces)) == len(namespaces)
    advice = "give its namespace" if differ else "nothing tells them apart, so change the file by hand"
    return ManifestError(f"{target} is there {len(found)} times ({places}): {advice}", name)


def _namespace(document: Document) -> str | None:
    metadata = document.raw.get("metadata")
    found = metadata.get("namespace") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) and found else None
