"""Changes fields of an object in a file and leaves the rest of the file as it is: `portmap set`.

No round-trip library is used: ruamel.yaml rewrites the whole file and does not keep its bytes. Instead, the text is
changed at the recorded positions and parsed again, and the change is refused unless exactly the wanted data results.
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
from portmap._manifests.atomic_write import read_bytes, write_whole
from portmap._manifests.documents import document_at, name_of, objects_in
from portmap._manifests.edit_document import DocumentText
from portmap._manifests.edit_paths import parse_assignment
from portmap._manifests.edit_target import Candidate, find_target
from portmap._manifests.load import check_object, parsed_documents
from portmap._manifests.text_files import PACKED, decoded

_BOM: Final = "\ufeff"
_IDENTITY: Final = ("apiVersion", "kind")
_FIX_TOGETHER: Final = "it was invalid before, too: fix its faults together, by several changes in one call"


@final
@attrs.frozen
class Edit:
    """A change to a file.

    Attributes:
        path: The file.
        before: The content that was read.
        after: The content with the change.

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
        """Whether the content changes.

        Example:
            >>> change.changes
            True
        """
        return self.before != self.after

    def diff(self) -> str:
        """Return the change as a unified diff; `""` if nothing changes.

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
        """Write the change to the file atomically.

        Raises:
            ManifestError: The file cannot be written, or has changed since it was read. Nothing was written.

        Example:
            >>> change.write()
            >>> load("web.yaml").objects()[0].ports[0].port
            8080
        """
        if self.changes:
            write_whole(self.path, self.after, expected=self.before)


def edit(
    path: str | os.PathLike[str],
    target: str,
    *changes: str,
    namespace: str | None = None,
    string: bool = False,
    cluster: Cluster | None = None,
) -> Edit:
    """Return the change that `set_fields` would make, and write nothing.

    Arguments and errors are those of `set_fields`.

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
    """Return the edit of the content that `read` returns. `read` is called after the changes are parsed."""
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
        target: The object, as `service/web` or `service/NAMESPACE/web`. The kind can be in any case, plural,
            or a short name of kubectl.
        changes: Each `PATH=VALUE`, or `PATH-` to remove; see `docs/editing.md`. They are
            made in order, and the result is validated once.
        namespace: The namespace of the object, if `target` does not have it and several objects have this name.
        string: Whether values are always text.
        cluster: The cluster for which the result is validated; by default the cluster in force.

    Returns:
        The change. If the fields had these values already, nothing was written.

    Raises:
        ManifestError: The file cannot be read or written, there is no such object or
            field, or the change would change other fields too.
        ValidationError: An API server would refuse the object with this change. portmap validates Services,
            and the ports of pods and workloads.

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
    """Refuse an object without the identity that it had, or that a server would refuse.

    Raises:
        ManifestError: The object has no API version, kind or name any more.
        ValidationError: A server would refuse the object.
    """
    raw = document.raw()
    for field, had, has in zip((*_IDENTITY, "metadata.name"), _identity(before.raw), _identity(raw), strict=True):
        if had and not has:
            raise ManifestError(f"the object would have no {field}", document.name)
    check_object(document.parsed, document.root, raw, document.name)
    result = document_at(document.parsed, document.root, raw, document.name, cluster)
    if result.violations:
        error = ValidationError(f"{result} with this change", result.violations, str(cluster))
        if document_at(before.parsed, before.root, before.raw, document.name, cluster).violations:
            error.add_note(_FIX_TOGETHER)
        raise error


def _identity(raw: object) -> tuple[bool, ...]:
    """Return for each field that identifies objects whether the object has it."""
    given = raw if isinstance(raw, dict) else {}
    return (*(isinstance(given.get(field), str) and given[field] != "" for field in _IDENTITY), name_of(raw) != "")
