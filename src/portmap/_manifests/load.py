"""Reads files, folders and streams as documents."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import attrs

from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.printable import safe_repr
from portmap._manifests.documents import Document, Manifests, documents, objects_in, values_in
from portmap._manifests.text_files import PACKED, is_json, read_file, read_stream
from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.read_documents import Language, read_documents

SUFFIXES: Final = (".json", ".yaml", ".yml")
"""The suffixes of the manifests in a folder; each may be followed by that of gzip."""

_ENDINGS: Final = (*SUFFIXES, *(suffix + PACKED for suffix in SUFFIXES))

_HERE: Final = os.curdir + os.sep
_LARGEST_OBJECT: Final = 3 * 1024 * 1024  # The largest body of a request (`MaxRequestBodyBytes`).
_MOST_VALUES: Final = 200_000


def parse(text: str) -> list[Any]:
    """Return the documents of a YAML or JSON text as plain data, read as by an API server that validates strictly.

    Args:
        text: One or more documents. An empty document is `{}`.

    Raises:
        ManifestError: The text cannot be read, or gives a key twice. The message names both lines.

    Example:
        >>> from portmap.manifests import parse
        >>> parse("{port: 0o17, name: 'on', enabled: y}")
        [{'port': 15, 'name': 'on', 'enabled': True}]
    """
    found = []
    for document in read_documents(text):
        for path, first, second in (*document.duplicates, *document.overrides):
            problem = f"key {str(path[-1])!r} is given twice, in lines {first.line} and {second.line}"
            raise ManifestError(problem, "", second)
        found.append(document.data)
    return found


def load(source: str | os.PathLike[str] | IO[str] | IO[bytes], *, cluster: Cluster | None = None) -> Manifests:
    """Return the objects of a file, of a folder's files, or of a stream, with their positions.

    An invalid object does not raise: its document has its violations. In a folder, an
    unreadable file does not raise: it is in `unreadable`.

    Args:
        source: The path of a YAML or JSON file, packed by gzip if its name ends in `.gz`; the path of a folder, whose
            `.yaml`, `.yml` and `.json` files are read, packed or not, in the order of their names; or a stream. Empty
            documents are skipped, and lists (`kind: List`) are opened.
        cluster: The cluster for which objects are validated; by default the cluster in force.

    Raises:
        ManifestError: The file, folder or stream cannot be read, or its text is not
            YAML or JSON. The error names the file, and line and column if they are known.
        TypeError: The source is not one path or stream. The message shows how to read several.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("web.yaml").write_text(to_yaml(web, pod))
        >>> service, found = load("web.yaml").objects()
        >>> service == web
        True
    """
    cluster = cluster or cluster_in_force()
    if not isinstance(source, str | os.PathLike):
        if not hasattr(source, "read"):
            raise TypeError(_no_source(source))
        name = getattr(source, "name", None)
        return Manifests(
            list(documents_of(read_stream(source), name if isinstance(name, str) else "<stream>", cluster))
        )
    path = Path(source)
    if not is_folder(path):
        return Manifests(list(documents_of(read_file(path), str(path), cluster)))
    found: list[Document] = []
    unreadable: list[ManifestError] = []
    for each in manifest_files(path, unreadable):
        try:
            if not os.path.isfile(each):  # noqa: PTH113 - a device or pipe might never end
                problem = "cannot be read: it is not a regular file, or a broken link"
                raise ManifestError(problem, each)  # noqa: TRY301 - reported like the others
            found.extend(documents_of(read_file(Path(each)), each, cluster))
        except ManifestError as error:
            unreadable.append(error)
    return Manifests(found, unreadable)


def _no_source(source: object) -> str:
    """Return the message for a source that is not a path or a stream."""
    what = "load takes the path of a file or folder, or a stream"
    if isinstance(source, bytes):
        return f"{what}, not bytes: write load(io.BytesIO(…)) for a text, or os.fsdecode(…) for a path"
    if isinstance(source, Iterable) and not isinstance(source, Mapping):
        several = "[document for path in paths for document in load(path)]"
        return f"{what}, not a {type(source).__name__}: for several, name their folder, or write {several}"
    return f"{what}, not {safe_repr(source)}"


def is_folder(path: Path) -> bool:
    """Return whether this is a folder. An invalid path is not."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        # A name that is too long or has a NUL: reading it as a file reports that.
        return False


def manifest_files(folder: Path, unreadable: list[ManifestError]) -> Iterator[str]:
    """Yield the manifests of a folder by name. Links to folders are not followed, so there are no loops."""

    def note(error: OSError) -> None:
        unreadable.append(
            ManifestError(f"cannot be read: {error.strerror or error}", str(error.filename).removeprefix(_HERE))
        )

    for root, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        # As pathlib joins them, which is slow for many files.
        home = "" if root == os.curdir else root.removeprefix(_HERE)
        manifests = (name for name in sorted(names) if name.lower().endswith(_ENDINGS))
        yield from (os.path.join(home, name) for name in manifests)  # noqa: PTH118 - see above


def documents_of(
    text: str, source: str, cluster: Cluster, *, lines_before: int = 0, language: Language | None = None
) -> Iterator[Document]:
    """Yield the documents of a text.

    Args:
        text: The text of a file or stream, or a part of it that begins and ends between documents.
        source: Its name, which determines whether it is JSON.
        cluster: The cluster for which objects are validated.
        lines_before: How many lines come before this part.
        language: The language, if it does not depend on the name and the beginning of the text.

    Raises:
        ManifestError: The text is not YAML or JSON.
    """
    is_large = len(text) > _LARGEST_OBJECT
    for parsed in parsed_documents(text, source, language):
        found = attrs.evolve(parsed, lines_before=lines_before) if lines_before else parsed
        if is_large:
            for root, raw in objects_in(found.data):
                check_object(found, root, raw, source)
        yield from documents(found, source, cluster)


def parsed_documents(text: str, source: str, language: Language | None = None) -> Iterable[ParsedDocument]:
    """Return the documents of a text as `documents_of` reads it, not yet validated.

    Args:
        text: As in `documents_of`.
        source: As in `documents_of`.
        language: As in `documents_of`.

    Raises:
        ManifestError: The text is not YAML or JSON.
    """
    if language is None and is_json(source):
        language = "json"
    if language != "json" and not text.endswith("\n"):
        text += "\n"  # As kubectl does: it reads by lines, and ends each of them.
    return read_documents(text, source, language)


def check_object(parsed: ParsedDocument, root: FieldPath, raw: Any, source: str) -> None:  # noqa: ANN401 - JSON value
    """Refuse an object that no server would read because of its size: reporting all its faults would take long.

    Raises:
        ManifestError: The object is too large.
    """
    if values_in(raw, _MOST_VALUES) > _MOST_VALUES:
        problem = f"this object has more than {_MOST_VALUES} values, and API servers take none larger than 3 MiB"
        raise ManifestError(problem, source, parsed.span(root))
