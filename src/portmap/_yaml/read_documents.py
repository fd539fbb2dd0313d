"""The documents of a text in YAML or JSON: the one way in for all that read manifests."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Literal, TypeAlias

from portmap._kubernetes.errors import ManifestError
from portmap._yaml.json_reader import read_json_values
from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.reader import read_yaml

Language: TypeAlias = Literal["yaml", "json"]


def read_documents(text: str, source: str = "", language: Language | None = None) -> Iterable[ParsedDocument]:
    """Return the documents of a text; those of YAML are parsed when they are reached.

    Args:
        text: One or more documents.
        source: The name of the text, for errors.
        language: What the text is. If it is not known, a text that begins with `{` is read as JSON if it is JSON,
            and everything else as YAML.

    Raises:
        ManifestError: The text cannot be read.
    """
    if language == "json":
        return read_json_values(text, source)
    if language is None and text.lstrip().startswith("{"):
        # As kubectl does. JSON has escapes that YAML does not have.
        with suppress(ManifestError):
            return read_json_values(text, source)
    return read_yaml(text, source)
