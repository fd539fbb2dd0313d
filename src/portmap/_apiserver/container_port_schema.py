"""The fields of a container port."""

from typing import Final

from portmap._kubernetes.enums import DEFAULT_PROTOCOL, PROTOCOLS
from portmap._kubernetes.schema import INT32, TEXT
from portmap._kubernetes.wire import Field, FieldTable

CONTAINER_PORT_FIELDS: Final = FieldTable(
    Field("name", ("name",), TEXT, since="1.0"),
    Field(
        "host_port",
        ("hostPort",),
        INT32,
        filled_in="the number of `containerPort`, where a pod uses the host's network",
        since="1.0",
    ),
    Field("container_port", ("containerPort",), INT32, required=True, since="1.0"),
    Field("protocol", ("protocol",), TEXT, words=PROTOCOLS, default=DEFAULT_PROTOCOL, since="1.0"),
    Field("host_ip", ("hostIP",), TEXT, since="1.0"),
)

CONTAINER_PORT: Final = CONTAINER_PORT_FIELDS.schema()
"""Reads a container port."""
