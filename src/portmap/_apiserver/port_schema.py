"""How ports of Services and of containers stand on the wire."""

from typing import Final

from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.schema import INT32, INT_OR_TEXT, INVALID, TEXT, Reader, struct, wrong_type
from portmap._kubernetes.violations import Violation
from portmap._kubernetes.wire import Rows, Wire

__all__ = ["CONTAINER_PORT", "CONTAINER_PORT_ROWS", "SERVICE_PORT", "SERVICE_PORT_ROWS"]


def _read_target_port(value: object, path: FieldPath, found: list[Violation]) -> object:
    if hasattr(value, "container_port"):
        hint = "write ServicePort.targeting(…, port=…) for one that leads to this container port"
        found.append(wrong_type(path, "an integer or text", value, hint))
        return INVALID
    return INT_OR_TEXT.read(value, path, found)


CONTAINER_PORT_ROWS: Final = Rows(
    Wire("name", ("name",), TEXT),
    Wire("host_port", ("hostPort",), INT32),
    Wire("container_port", ("containerPort",), INT32, required=True),
    Wire("protocol", ("protocol",), TEXT),
    Wire("host_ip", ("hostIP",), TEXT),
)
SERVICE_PORT_ROWS: Final = Rows(
    Wire("name", ("name",), TEXT),
    Wire("protocol", ("protocol",), TEXT),
    Wire("app_protocol", ("appProtocol",), TEXT),
    Wire("port", ("port",), INT32, required=True),
    Wire("target_port", ("targetPort",), Reader(_read_target_port, 0, fields={})),
    Wire("node_port", ("nodePort",), INT32),
)


def _schema(wire: Rows) -> Reader:
    return struct({row.path[0]: row.reader for row in wire})


CONTAINER_PORT: Final = _schema(CONTAINER_PORT_ROWS)
SERVICE_PORT: Final = _schema(SERVICE_PORT_ROWS)
