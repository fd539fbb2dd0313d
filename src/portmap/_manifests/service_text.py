"""Services as YAML, straight from the tables of their fields.

The text is that of their plain data (`emit(to_manifest(service))`). To make the data first would take
twice the time, and programs that generate manifests do little else.
"""

from collections.abc import Sequence
from typing import Any, Final

from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE_PORT_FIELDS, SPEC_FIELDS_BUT_PORTS
from portmap._kubernetes.wire import FieldTable
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._yaml.scalars import plain_ok
from portmap._yaml.writer import LONGEST_PLAIN, WriteError, emit, write_entry


def _starts(fields: FieldTable, depth: int) -> tuple[str, ...]:
    """Return what comes before the value of each field, with the mappings around it that no other field is in."""
    return tuple(
        "\n".join(f"{'  ' * (depth + level)}{name}:" for level, name in enumerate(field.path)) for field in fields
    )


_METADATA: Final = _starts(METADATA_FIELDS, 1)
_SPEC: Final = _starts(SPEC_FIELDS_BUT_PORTS, 1)
_PORT: Final = _starts(SERVICE_PORT_FIELDS, 2)


def service_text(service: Service) -> str:
    """Return a Service as YAML."""
    if service.unmodelled is not None or any(port.unmodelled is not None for port in service.ports):
        return emit(to_manifest(service))
    name, *metadata = METADATA_FIELDS.values(service)
    pieces = ["apiVersion: v1\nkind: Service\nmetadata:\n"]
    try:
        _write_fields(_METADATA, [name or None, *metadata], "  ", pieces)
        pieces.append("spec:\n")
        _write_fields(_SPEC, SPEC_FIELDS_BUT_PORTS.values(service), "  ", pieces)
        if service.ports:
            pieces.append("  ports:\n")
        for port in service.ports:
            begin = len(pieces)
            _write_fields(_PORT, SERVICE_PORT_FIELDS.values(port), "    ", pieces)
            pieces[begin] = f"  - {pieces[begin].lstrip()}"
    except WriteError:  # Half a surrogate pair in an annotation, for instance.
        return emit(to_manifest(service))
    return "".join(pieces)


def _write_fields(starts: Sequence[str], values: Sequence[Any], pad: str, pieces: list[str]) -> None:
    for start, value in zip(starts, values):  # noqa: B905 - the check takes time
        if value is None:  # As most are.
            continue
        kind = type(value)
        if kind is int or (kind is str and len(value) <= LONGEST_PLAIN and plain_ok(value)):
            pieces.append(f"{start} {value}\n")
        else:
            write_entry(start, value, pad, pieces.append, 1)
