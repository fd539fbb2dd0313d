"""Files and streams as documents to lint. What is no manifest is skipped, with the reason."""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from posixpath import basename
from typing import IO, Final, TypeAlias, final

import attrs

from portmap._graph.items import with_namespace
from portmap._graph.kustomize import KUSTOMIZATIONS
from portmap._graph.object_name import ObjectName
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.kinds import is_cluster_scoped
from portmap._lint.findings import MAX_FINDINGS, Finding, Location, Skipped
from portmap._manifests.documents import Document
from portmap._manifests.load import SUFFIXES, documents_of, is_folder, manifest_files
from portmap._manifests.text_files import PACKED, is_json, read_file, read_stream

UNREADABLE: Final = "unreadable-file"
"""The rule of findings about files of folders that cannot be read."""

MAX_OBJECTS: Final = 50_000
"""How many objects a file may have, to bound memory likewise."""

HELM: Final = "Helm template"
_TEMPLATE: Final = "template of another tool"
_FOREIGN: Final = "not Kubernetes"

_KIND_OR_VERSION: Final = re.compile(r"""(?:^|[{,])[ \t-]*["']?(apiVersion|kind)["']?\s*:""", re.MULTILINE)
_OF_A_TEMPLATE: Final = re.compile(
    r"^[ \t-]*(?:__\w+__|@@?[\w.-]+@@?|%\w+%|\$\{[^}\n]*\}|\$\([^)\n]*\)|\{[\w.]+\}|<[A-Z][\w -]*>|\[\[.*\]\])"
    r"[ \t]*\r?$|\$\{[^}\n]{0,200}\w\(|%\{-?\s{0,9}(?:if|else|endif|for|endfor)\b|\{%|<%|HELMSUBST",
    re.MULTILINE,
)
"""What other tools than Helm replace: a placeholder alone on its line, a function or a statement."""

Source: TypeAlias = str | os.PathLike[str] | IO[str] | IO[bytes]
"""The path of a file or folder, or a stream."""


@final
@attrs.frozen
class Input:
    """One file or stream.

    Attributes:
        source: The path of the file, or the name of the stream.
        named: Whether the user named it, rather than its folder, so that it must be readable.
        size: How many bytes it has, as far as that is known.
        text: The text of a stream.
        inside: The path of a file in the folder that the user named, with `/` between folders.
    """

    source: str
    named: bool
    size: int = 0
    text: str | None = None
    inside: str = ""


@final
@attrs.frozen
class Read:
    """What was read from some inputs.

    Attributes:
        documents: The documents, in order.
        findings: Findings about files of folders that cannot be read.
        skipped: Files that are no manifests.
        failed: The errors of inputs that the user named and that cannot be read.
    """

    documents: tuple[Document, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    failed: tuple[ManifestError, ...]


# --- finding files -------------------------------------------------------------------------------------


def inputs_of(sources: Iterable[Source]) -> tuple[list[Input], list[ManifestError]]:
    """Return the files and streams, each once, and the errors of folders that cannot be read.

    Raises:
        ManifestError: A stream cannot be read, or a folder has no manifests; its notes name further errors.
    """
    found: dict[object, Input] = {}
    unreadable: list[ManifestError] = []
    failed: list[ManifestError] = []
    identity = _Identities().of
    for source in sources:
        if not isinstance(source, str | os.PathLike):
            name = str(getattr(source, "name", "<stream>"))
            try:
                text = read_stream(source)
                found[name] = Input(name, named=True, size=len(text), text=text)
            except ManifestError as error:
                failed.append(error)
            continue
        path = Path(source)
        if not is_folder(path):
            size, link = _size(str(path))
            found.setdefault(identity(str(path), link=link), Input(str(path), named=True, size=size or 0))
            continue
        problems: list[ManifestError] = []
        before = len(found)
        above = "" if str(path) == os.curdir else f"{path}{os.sep}"
        for each in manifest_files(path, problems):
            size, link = _size(each)
            if size is None:
                problems.append(ManifestError("cannot be read: it is not a regular file, or a broken link", each))
            else:
                inside = slashed(each.removeprefix(above))
                found.setdefault(identity(each, link=link), Input(each, named=False, size=size, inside=inside))
        failed += (each for each in problems if each.source == str(path))
        unreadable += (each for each in problems if each.source != str(path))
        if len(found) == before and not problems and not found:
            failed.append(ManifestError(f"there are no manifests ({', '.join(SUFFIXES)}) in this folder", str(path)))
    raise_for(failed)
    return list(found.values()), unreadable


def raise_for(failed: Sequence[ManifestError]) -> None:
    """Raise the first of the errors, if there is one, with the others as notes."""
    if failed:
        for other in failed[1:]:
            failed[0].add_note(str(other))
        raise failed[0]


@final
class _Identities:
    """Identifies files, whatever their paths; each folder is looked up once."""

    def __init__(self) -> None:
        self._folders: dict[str, tuple[int, int]] = {}

    def of(self, path: str, *, link: bool) -> tuple[int, int, str]:
        """Return the folder and name of a file, or of the target of a link."""
        folder, name = os.path.split(os.path.realpath(path) if link else path)
        if folder not in self._folders:
            try:
                found = os.stat(folder or os.curdir)  # noqa: PTH116 - pathlib is slow, and the files are many thousands
                self._folders[folder] = found.st_dev, found.st_ino
            except (OSError, ValueError):
                return 0, 0, path
        return *self._folders[folder], name


def _size(path: str) -> tuple[int | None, bool]:
    """Return the size of a file, and whether it is a link; `None` for a device or pipe, which may never end."""
    link = False
    try:
        found = os.lstat(path)
        link = stat.S_ISLNK(found.st_mode)
        if link:
            found = os.stat(path)  # noqa: PTH116 - as above
    except (OSError, ValueError):
        return None, link
    return found.st_size if stat.S_ISREG(found.st_mode) else None, link


# --- reading files -------------------------------------------------------------------------------------------


def read_inputs(
    inputs: Iterable[Input], cluster: Cluster, *, namespace: str | None = None, step: Callable[[], None] | None = None
) -> Read:
    """Return the documents of files and streams.

    Args:
        inputs: The files and streams.
        cluster: The cluster whose rules apply.
        namespace: The namespace of the objects that name none; `None`: they may be in any.
        step: A function to call after each input.
    """
    documents: list[Document] = []
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    failed: list[ManifestError] = []
    for each in inputs:
        text = each.text
        try:
            if text is None:
                text = read_file(Path(each.source))
            found = _bounded(documents_of(text, each.source, cluster), each.source)
        except ManifestError as error:
            reason = _why_foreign(each.source, text)
            if each.named:
                failed.append(error)
            elif reason is not None:
                skipped.append(Skipped(reason, None, slashed(each.source)))
            else:
                findings.append(finding_of(error, text))
        else:
            if found and not any(map(_may_be_manifest, found)) and not _is_kustomization(each.source):
                skipped.append(Skipped(_FOREIGN, None, slashed(each.source)))
            else:
                documents += found if namespace is None else (_in_namespace(document, namespace) for document in found)
        if step is not None:
            step()
    return Read(tuple(documents), tuple(findings), tuple(skipped), tuple(failed))


def _bounded(documents: Iterator[Document], source: str) -> list[Document]:
    found: list[Document] = []
    faults = 0
    for document in documents:
        faults += len(document.violations)
        if len(found) == MAX_OBJECTS:
            raise ManifestError(f"has more than {MAX_OBJECTS} objects: split it", source)
        if faults > MAX_FINDINGS:
            raise ManifestError(f"has more than {MAX_FINDINGS} faults: split it", source, document.span())
        found.append(document)
    return found


def finding_of(error: ManifestError, text: str | None = None) -> Finding:
    """Return the finding about a file that cannot be read."""
    source = slashed(error.source)
    line = ""
    if error.span is not None and text is not None:
        lines = text[:1_000_000].split("\n", error.span.line)
        line = lines[error.span.line - 1][:200].rstrip("\r") if len(lines) >= error.span.line else ""
    location = Location(source, error.span, line)
    return Finding(UNREADABLE, "error", ObjectName("file", source), "", error.problem, source=source, location=location)


def slashed(source: str) -> str:
    """Return a path with `/` between folders."""
    return source.replace("\\", "/") if os.sep == "\\" else source


def _may_be_manifest(document: Document) -> bool:
    """Return whether a document has two of kind, version and metadata: much other JSON has something of a kind.

    Without a kind it needs a name, too. kubectl refuses it, and so does the rule `unknown-kind`.
    """
    if document.kind:
        return "apiVersion" in document.raw or "metadata" in document.raw
    return bool(document.name) and isinstance(document.raw.get("apiVersion"), str)


def _is_kustomization(source: str) -> bool:
    return basename(slashed(source)) in KUSTOMIZATIONS


def _why_foreign(source: str, text: str | None) -> str | None:
    """Return why a file that cannot be read is skipped; `None` if it should be readable."""
    if text is None and source.lower().endswith(PACKED):
        return None
    if _in_chart(Path(source)) or (text is not None and "{{" in text):
        return HELM
    if text is None:
        text = _rough_text(Path(source))
    if text is None:
        return None
    fields = {match[1] for match in _KIND_OR_VERSION.finditer(text)}
    if not fields or (len(fields) < 2 and is_json(source)):
        return _FOREIGN
    return _TEMPLATE if _OF_A_TEMPLATE.search(text) else None


def _in_chart(path: Path) -> bool:
    for folder in path.parents:
        if folder.name == "templates" and any((folder.parent / name).is_file() for name in ("Chart.yaml", "Chart.yml")):
            return True
    return False


def _rough_text(path: Path) -> str | None:
    """Return the ASCII characters of a file of unknown encoding; `None` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(100_000).replace(b"\0", b"").decode("latin-1")
    except (OSError, ValueError):
        return None


def _in_namespace(document: Document, namespace: str) -> Document:
    """Return the document in this namespace, if it names none itself and its kind has one."""
    raw = document.raw
    metadata = raw.get("metadata") if isinstance(raw, dict) else None
    if not isinstance(metadata, dict) or metadata.get("namespace") or is_cluster_scoped(document.kind):
        return document
    objects = tuple(with_namespace(each, namespace) for each in document.objects)
    return attrs.evolve(document, raw={**raw, "metadata": {**metadata, "namespace": namespace}}, objects=objects)
