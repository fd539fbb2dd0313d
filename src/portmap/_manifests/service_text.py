"""Services as YAML in one pass: the text of `emit(to_manifest(service))`, without the dicts in between.

Fields, their order and their names are those of `to_manifest`, and values are written by the same
functions as everybody's.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from portmap._kubernetes.labels import Labels
from portmap._kubernetes.wire import Wire
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._yaml.writer import WriteError, emit, entry, key, text

__all__ = ["service_text"]


def service_text(service: Service) -> str:
    """The YAML document of a Service.

    Raises:
        ManifestError: A text in it cannot be written; it names the path.
    """
    if service.unmodelled is None and service.name:
        try:
            metadata = _metadata(service)
            spec = _fields(Service.SPEC_WIRE.values(service), _SPEC)
            ports = _ports(service.ports)
        except WriteError:
            pass  # The general writer says where it is.
        else:
            if ports is not None and (spec or ports):
                return f"apiVersion: v1\nkind: Service\nmetadata:\n{metadata}spec:\n{spec}{ports}"
    return emit(to_manifest(service))


def _names(rows: Sequence[Wire], pad: str) -> tuple[str, ...]:
    """What stands before the value of each row: its name, below those of the mappings around it."""
    return tuple("\n".join(f"{pad}{'  ' * depth}{step}:" for depth, step in enumerate(row.path)) for row in rows)


_SPEC: Final = _names(Service.SPEC_WIRE, "  ")
_PORT: Final = _names(ServicePort.WIRE, "    ")


def _metadata(service: Service) -> str:
    """The rows of the metadata written out, since every Service has some: a loop takes half as long again."""
    lines = f"  name: {_text(service.name)}\n"
    if service.generate_name is not None:
        lines += f"  generateName: {_text(service.generate_name)}\n"
    if service.namespace is not None:
        lines += f"  namespace: {_text(service.namespace)}\n"
    if service.labels is not None:
        lines += _mapping("  labels:", service.labels)
    if service.annotations is not None:
        lines += _mapping("  annotations:", service.annotations)
    return lines


def _text(value: str) -> str:
    # An enumeration's word shows itself otherwise than as the text that it is.
    return text(value if type(value) is str else str.__str__(value), "  ")


def _fields(values: tuple[Any, ...], names: tuple[str, ...]) -> str:
    lines: list[str] = []
    for name, value in zip(names, values):  # noqa: B905 - as many by their making, and the check takes time
        if value is None:  # As most are.
            continue
        if type(value) is str:
            lines.append(f"{name} {text(value, '  ')}\n")
        elif type(value) is Labels:
            lines.append(_mapping(name, value))
        else:
            entry(name, value, "  ", lines.append, 1)
    return "".join(lines)


def _mapping(name: str, labels: Mapping[str, str]) -> str:
    lines = [name]
    for label, item in labels.items():
        lines.append(f"    {key(label, '    ')}: {text(item, '    ')}")
    return "\n".join((*lines, "")) if labels else f"{name} {{}}\n"


def _ports(ports: tuple[ServicePort, ...]) -> str | None:
    """The list of ports with its name, or None where it holds what is not modelled."""
    if not ports:
        return ""
    lines = ["  ports:\n"]
    for port in ports:
        if port.unmodelled is not None:
            return None
        lines.append(_port(ServicePort.WIRE.values(port)))
    return "".join(lines)


def _port(values: tuple[Any, ...]) -> str:
    """Return one item of the list of ports."""
    lines: list[str] = []
    for value, name in zip(values, _PORT, strict=True):
        if value is not None:
            entry(name, value, "    ", lines.append, 3)
    return "".join(lines).replace("    ", "  - ", 1)
