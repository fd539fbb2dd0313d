"""Reads streams of any length, one document at a time.

A line that begins with `---` or `...` always begins or ends a document: YAML allows it in no scalar. So the
text can be cut there without parsing it. JSON can have several objects in a row, as `kubectl` and `jq` write
them.
"""

import os
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Final, TypeAlias

from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ManifestError
from portmap._manifests.documents import Document
from portmap._manifests.load import documents_of
from portmap._manifests.text_files import decoded, is_json, not_utf8, opened, unreadable
from portmap._yaml.json_reader import is_json as is_json_text
from portmap._yaml.line_breaks import LINE_BREAK
from portmap._yaml.parsed_document import shifted
from portmap._yaml.read_documents import Language


def iter_documents(
    source: str | os.PathLike[str] | IO[str] | IO[bytes], *, cluster: Cluster | None = None
) -> Iterator[Document]:
    """Yield the documents of a file or stream, as `load` returns them. Each is read when it is reached.

    Only one document is in memory at a time. JSON is divided where an object begins on its own line.

    Args:
        source: The path of a YAML or JSON file, packed by gzip if its name ends in
            `.gz`, or a stream, which stays open.
        cluster: The cluster for which objects are validated; by default the cluster in force at the call.

    Raises:
        ManifestError: The source cannot be read, or a document is not YAML or JSON. The documents
            before it were yielded.

    Example:
        >>> from pathlib import Path
        >>> from portmap.manifests import iter_documents
        >>> _ = Path("web.yaml").write_text(to_yaml(web, pod))
        >>> [document.kind for document in iter_documents("web.yaml")]
        ['Service', 'Pod']
    """
    return _documents(source, cluster or cluster_in_force())


def _documents(source: str | os.PathLike[str] | IO[str] | IO[bytes], cluster: Cluster) -> Iterator[Document]:
    if not isinstance(source, str | os.PathLike):
        name = getattr(source, "name", None)
        yield from _of_lines(source, name if isinstance(name, str) else "<stream>", cluster)
        return
    path = Path(source)
    with opened(path) as file:
        yield from _of_lines(file, str(path), cluster)


def _of_lines(lines: Iterable[str] | Iterable[bytes], source: str, cluster: Cluster) -> Iterator[Document]:
    before = 0
    for part, language in _parts(_text_lines(lines, source), sure=is_json(source)):
        try:
            yield from documents_of(part, source, cluster, lines_before=before, language=language)
        except ManifestError as error:
            raise _shifted_error(error, before) from None
        before += part.count("\n") if language == "json" else len(LINE_BREAK.findall(part))


_BOUNDARY: Final = re.compile(r"(?:---|\.\.\.)(?:\s|\Z)")
_INNER_BREAK: Final = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
"""What ends a line in YAML, and none of a stream."""

_Part: TypeAlias = tuple[str, Language | None]


def _parts(lines: Iterator[str], *, sure: bool) -> Iterator[_Part]:
    """Yield parts of the text that have only whole documents, each with its language if that is known.

    Args:
        lines: The lines of the text.
        sure: Whether the text is known to be JSON.
    """
    head = list(_until_visible(lines))
    rest = chain(head, lines)
    return _json_parts(rest, sure=sure) if sure or "".join(head).lstrip().startswith("{") else _yaml_parts(rest)


def _until_visible(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if not line.isspace():
            return


def _json_parts(lines: Iterator[str], *, sure: bool) -> Iterator[_Part]:
    """Yield a text that begins like JSON in parts, cut between objects: inside of an array there would be a comma."""
    part: list[str] = []
    closed = False
    for line in lines:
        begins = closed and line[0] == "{"
        if not sure and (_BOUNDARY.match(line) or (begins and not is_json_text("".join(part)))):
            yield from _yaml_parts(chain(part, [line], lines))
            return
        if begins:
            yield "".join(part), "json"
            part, sure = [], True
        part.append(line)
        closed = line.rstrip().endswith("}") or (closed and line.isspace())
    if part:
        yield "".join(part), "json" if sure else None


def _yaml_parts(lines: Iterable[str]) -> Iterator[_Part]:
    """Yield YAML in parts, cut between documents; directives stay with the document after them."""
    part: list[str] = []
    has_content = has_end = may_have_directive = False
    for line in lines:
        boundary = line[0] in "-." and _BOUNDARY.match(line) is not None
        # Only the parser can tell what else after `...` is allowed, so it stays in the part.
        begins = boundary and line[0] == "-" and has_content and not may_have_directive
        if begins or (has_end and line[0] == "%"):
            yield "".join(part), "yaml"
            part, has_content, has_end = [], False, False
        part.append(line)
        # Without `...` before it, a line that begins with % is a directive or text: only the parser can tell. So the
        # document after it, whose directive it may be, is not cut off.
        is_several = _INNER_BREAK.search(line) is not None
        has_directive = "%" in line and (has_content if line[0] == "%" else is_several)
        may_have_directive = has_directive or (may_have_directive and not boundary)
        has_content = has_content or boundary or not (line[0] in "#%" or line.isspace())
        is_end = (boundary and line[0] == ".") or (has_end and (line[0] == "#" or line.isspace()))
        has_end = is_end and not is_several
    if part:
        yield "".join(part), "yaml"


def _text_lines(lines: Iterable[str] | Iterable[bytes], source: str) -> Iterator[str]:
    count = 0
    try:
        for line in lines:
            yield decoded(line, source) if isinstance(line, bytes) else str(line)
            count += 1
    except ManifestError as error:
        raise _shifted_error(error, count) from None
    except UnicodeDecodeError as error:
        raise not_utf8(error, source) from None
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise unreadable(error, source) from None


def _shifted_error(error: ManifestError, lines: int) -> ManifestError:
    return ManifestError(error.problem, error.source, error.span and shifted(error.span, lines))
