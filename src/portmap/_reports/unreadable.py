"""A file that could not be read, as plain data: the same in the JSON of every command."""

from typing import Any

from portmap._kubernetes.errors import ManifestError, Span

__all__ = ["position", "unreadable_data"]


def unreadable_data(error: ManifestError) -> dict[str, Any]:
    """File, line and column, and what is wrong."""
    return {"source": error.source, "message": error.problem} | position(error.span)


def position(span: Span | None) -> dict[str, int | None]:
    """Line and column, or neither."""
    return {"line": span and span.line, "column": span and span.column}
