"""Changing fields of an object in a file, and nothing else of the file: what `portmap set` does.

No round-trip library is used: ruamel.yaml rewrites the whole file and does not keep its bytes. Instead, the
text is changed at the recorded positions and parsed again, and the change is refused unless exactly the
wanted data results.
"""

import difflib
import os
import re
from collections.abc import Callable
from typing import Final, final

import attrs

from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._kubernetes.printable import printable
from portmap._manifests.atomic_write import read_bytes, replace_bytes
from portmap._manifests.documents import document_at, name_of, objects_in
from portmap._manifests.edit_document import DocumentText
from portmap._manifests.edit_paths import parse_assignment
from portmap._manifests.edit_target import Candidate, find_target
from portmap._manifests.load import check_object, parsed_documents
from portmap._manifests.text_files import PACKED, decoded

_BOM: Final = "\ufeff"
_IDENTITY: Final = ("apiVersion", "kind")
_FIX_TOGETHER: Final = "it was invalid before, too: faults can be fixed together, by several changes in one call"


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
        name = printable(self.path)
        found = difflib.unified_diff(before, after, name, name)
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
    target_name: str,
    *changes: str,
    namespace: str | None = None,
    string: bool = False,
    cluster: Cluster | None = None,
) -> Edit:
    """Return the edit of content that `read` returns; it is called after the changes were found to be valid ones."""
    cluster = cluster or cluster_in_force()
    assignments = [parse_assignment(change, string=string) for change in changes]
    before = read()
    text = decoded(before, name).removeprefix(_BOM)
    candidates = [
        Candidate(document, root, raw)
        for document in parsed_documents(text, name)
        if document.data != {}
        for root, raw in objects_in(document.data)
    ]
    target = find_target(candidates, target_name, namespace, name)
    document = DocumentText(text, target.parsed, target.root, name)
    for assignment in assignments:
        document.change(assignment)
    after = document.whole_text()
    if after != text:
        _check_result(target, document, cluster)
    bom = _BOM.encode() if before.startswith(_BOM.encode()) else b""
    return Edit(name, before, bom + after.encode("utf-8"))


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


def _check_result(before: Candidate, document: DocumentText, cluster: Cluster) -> None:
    """Fail if the object lost its identity, or if a server would refuse it.

    Raises:
        ManifestError: It has no API version, kind or name any more.
        ValidationError: A server would refuse it.
    """
    raw = document.raw()
    for field, had, has in zip((*_IDENTITY, "metadata.name"), _identity(before.raw), _identity(raw), strict=True):
        if had and not has:
            raise ManifestError(f"the object would be left without {field}", document.name)
    check_object(document.parsed, document.root, raw, document.name)
    result = document_at(document.parsed, document.root, raw, document.name, cluster)
    if result.violations:
        error = ValidationError(f"{result} with this change", result.violations, str(cluster))
        if document_at(before.parsed, before.root, before.raw, document.name, cluster).violations:
            error.add_note(_FIX_TOGETHER)
        raise error


def _identity(raw: object) -> tuple[bool, ...]:
    """Return which of the fields an object has that identify every object."""
    given = raw if isinstance(raw, dict) else {}
    return (*(isinstance(given.get(field), str) and given[field] != "" for field in _IDENTITY), name_of(raw) != "")
