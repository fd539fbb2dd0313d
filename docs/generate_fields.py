"""Writes docs/fields.md: the fields of Services and their ports, from the tables of the API server.

Run this file to write the page again: `python docs/generate_fields.py`.
"""
# ruff: noqa: INP001

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from portmap._apiserver.container_port_schema import CONTAINER_PORT_FIELDS
from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE_PORT_FIELDS, SPEC_FIELDS
from portmap._kubernetes.schema import BOOLEAN, INT32, TEXT, TEXTS, Reader
from portmap._kubernetes.wire import Field, FieldTable

PAGE: Final = Path(__file__).resolve().parent / "fields.md"

INTRODUCTION: Final = """\
# Fields and defaults

The fields of a Service and of its ports, with the values that an API server fills in where a field is left out.
`to_manifest` writes no defaults. `manifests.stored` returns a Service with its defaults, and the properties
`effective_type`, `effective_protocol` and `effective_target_port` return single ones.

The column *Types* names the Service types that may have a field; where it is empty, all may.
"""

TABLES: Final[tuple[tuple[str, str, FieldTable], ...]] = (
    ("Service: metadata", "metadata", METADATA_FIELDS),
    ("Service: spec", "spec", SPEC_FIELDS),
    ("Service port", "spec.ports[*]", SERVICE_PORT_FIELDS),
    ("Container port", "ports[*]", CONTAINER_PORT_FIELDS),
)

VALUES: Final[Mapping[Reader, str]] = {
    BOOLEAN: "true or false",
    INT32: "integer",
    TEXT: "text",
    TEXTS: "list of text",
    SPEC_FIELDS.field("selector").reader: "mapping of text",
    SPEC_FIELDS.field("ports").reader: "list of Service ports",
    SERVICE_PORT_FIELDS.field("target_port").reader: "integer or text",
    METADATA_FIELDS.field("labels").reader: "mapping of text",
}

CONDITIONS: Final[Mapping[str, str]] = {
    "externally_accessible": "where traffic may come from outside",
    "has_client_ip_affinity": "with session affinity ClientIP",
    "has_cluster_traffic": "except for ExternalName",
    "is_load_balancer": "for LoadBalancer",
}


def default_of(field: Field) -> str:
    """Return the text of the default of a field."""
    if field.default is None:
        return field.filled_in
    value = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
    return " ".join([f"`{value}`", *([CONDITIONS[field.default_if]] if field.default_if else [])])


def row(field: Field) -> str:
    """Return the row of a field."""
    values = ", ".join(f"`{word}`" for word in field.words) or VALUES[field.reader]
    if field.words and field.reader is TEXTS:
        values = f"list of {values}"
    since = f"{field.since}, deprecated in {field.deprecated}" if field.deprecated else field.since
    cells = (f"`{field.attribute}`", f"`{'.'.join(field.path)}`", values, default_of(field), ", ".join(field.types))
    return f"| {' | '.join((*cells, since))} |".replace("  ", " ")


def page() -> str:
    """Return the text of the page."""
    parts = [INTRODUCTION]
    for title, place, table in TABLES:
        head = f"## {title}\n\n| Attribute | Field of `{place}` | Value | Default | Types | Since |\n"
        parts.append(
            "".join([head, "| --- | --- | --- | --- | --- | --- |\n", *(f"{row(field)}\n" for field in table)])
        )
    return "\n".join(parts)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
