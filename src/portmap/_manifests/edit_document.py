"""Changes to one document of a text, which leave every other byte as it is.

Only the text of that document is parsed again after each change: the other documents do not depend on it, as
long as it still ends where the next one begins.
"""

import copy
import json
import re
from typing import Any, Final, TypeAlias, final

import attrs

from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.field_path import FieldPath
from portmap._manifests.documents import objects_in
from portmap._manifests.edit_paths import Assignment, located
from portmap._manifests.known_fields import APPEND
from portmap._manifests.load import parsed_documents
from portmap._manifests.splice import Splicer
from portmap._yaml.parsed_document import ParsedDocument, shifted
from portmap._yaml.read_documents import Language

_Data: TypeAlias = Any

_ANCHOR: Final = re.compile(r"(?<!\S)&\S")
_ENDS: Final = ("\n", "\r", "\n...", "\r...")


@final
class DocumentText:
    """The text of one document, in which fields of one object change.

    Attributes:
        name: The name of the file, for errors.
        root: The path of the object in the document.
        parsed: The document as it is now. Its positions are those in its own text.
    """

    def __init__(self, text: str, parsed: ParsedDocument, root: FieldPath, name: str) -> None:
        """Store the parts of a text before, in and after a document, which has an object at `root`."""
        start, end = parsed.positions.extent
        self.name = name
        self.root = root
        self._before, self._text, self._after = text[:start], text[start:end], text[end:]
        # A text that is one YAML document can become JSON, and is then read as JSON.
        is_whole = not (self._before.strip() or self._after)
        self._language: Language | None = "json" if parsed.is_json else None if is_whole else "yaml"
        self._lines_before = parsed.source_text.span(start, start).line - 1
        self.parsed = self._parse(self._text)

    def whole_text(self) -> str:
        """Return the text with the document as it is now."""
        return self._before + self._text + self._after

    def raw(self) -> _Data:
        """Return the object as it is now.

        Raises:
            ManifestError: There is no object at its path any more.
        """
        for root, raw in objects_in(self.parsed.data):
            if root == self.root:
                return raw
        raise ManifestError("the changes before replace the object", self.name)

    def _parse(self, text: str) -> ParsedDocument:
        [parsed] = parsed_documents(text, self.name, self._language)
        return attrs.evolve(parsed, lines_before=self._lines_before)

    def change(self, assignment: Assignment) -> None:
        """Change a field.

        Raises:
            ManifestError: There is no such field, or the change would change other fields too.
        """
        parsed = self.parsed
        raw = self.raw()
        try:
            path = self.root + located(assignment, raw)
        except ManifestError as error:
            raise ManifestError(error.problem, self.name, parsed.span(self.root)) from None
        for twice, first, second in parsed.duplicates:
            if path.starts_with(twice):
                lines = f"lines {first.line + self._lines_before} and {second.line + self._lines_before}"
                problem = f"{twice} is given twice, in {lines}: remove one first"
                raise ManifestError(problem, self.name, shifted(second, self._lines_before))
        wanted = copy.deepcopy(parsed.data)
        if not _apply(wanted, path, assignment):
            return
        splicer = Splicer(self._text, parsed, self.name)
        written = splicer.remove(path) if assignment.remove else splicer.set(path, assignment.value)
        try:
            result = self._parse(written)
        except (ManifestError, ValueError) as error:
            reason = error.problem if isinstance(error, ManifestError) else "it would be several documents"
            problem = f"{assignment.text!r} cannot be written here: the file would be unreadable ({reason})"
            raise ManifestError(problem, self.name, parsed.span(path)) from None
        if _spelling(result.data) != _spelling(wanted) or not self._ends_before_next(written):
            problem = f"{assignment.text!r} would change more of the file than this field"
            if _ANCHOR.search(self._text) is not None:
                problem += ": an anchored value (&) is also used elsewhere"
            raise ManifestError(problem, self.name, parsed.span(path))
        self._text, self.parsed = written, result

    def _ends_before_next(self, written: str) -> bool:
        """Return whether the next document still begins where it did."""
        return not self._after or self._language == "json" or written.endswith(_ENDS)


def _spelling(data: _Data) -> str:
    # To Python 1, 1.0 and True are equal, to servers they are not. The order of keys has no meaning.
    return json.dumps(data, sort_keys=True)


def _apply(data: _Data, path: FieldPath, assignment: Assignment) -> bool:
    """Change plain data; return whether there was anything to change."""
    step: Any
    last: Any
    for position, step in enumerate(path[:-1]):
        below = None
        if isinstance(data, dict):
            below = data.get(step)
        elif step != APPEND:
            below = data[step]
        if below is None:
            if assignment.remove:
                return False
            below = [] if path[position + 1] == APPEND else {}
            _put(data, step, below)
        data = below
    last = path[-1]
    if assignment.remove:
        if isinstance(data, list) or last in data:
            del data[last]
            return True
        return False
    exists = last != APPEND and (isinstance(data, list) or last in data)
    if exists and _spelling(data[last]) == _spelling(assignment.value):
        return False
    _put(data, last, assignment.value)
    return True


def _put(data: _Data, step: str | int, value: _Data) -> None:
    if step == APPEND and isinstance(data, list):
        data.append(value)
    else:
        data[step] = value
