"""Services as YAML in one pass: the text of `emit(to_manifest(service))`, without the dicts in between.

Fields, their order and their names come from the same rows as those of `to_manifest`, and values
are written by the same functions as everybody's.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from portmap._labels import Labels
from portmap._manifest import to_manifest
from portmap._ports import ServicePort
from portmap._services import Service, has_plain_spec
from portmap._wire import Wire
from portmap.manifests._emit import WriteError, emit, entry, key, text

__all__ = ["service_text"]


def service_text(service: Service) -> str:
    """The YAML document of a Service.

    Raises:
        ManifestError: A text in it cannot be written; it names the path.
    """
    if service.unmodelled is None and service.name:
        pieces = ["apiVersion: v1\nkind: Service\nmetadata:\n"]
        try:
            _write(Service.METADATA_WIRE.values(service), _METADATA, pieces)
            pieces.append("spec:\n")
            if has_plain_spec(service):
                _write((service.selector,), _SELECTOR, pieces)
            else:
                _write(Service.SPEC_WIRE.values(service), _SPEC, pieces)
            if service.ports:
                pieces.append("  ports:\n")
            for port in service.ports:
                if port.unmodelled is not None:
                    break
                pieces.append(_port(ServicePort.WIRE.values(port)))
            else:
                return "".join(pieces)
        except WriteError:
            pass  # The general writer says where it is.
    return emit(to_manifest(service))


def _names(rows: Sequence[Wire], pad: str) -> tuple[str, ...]:
    """What stands before the value of each row: its name, below those of the mappings around it."""
    return tuple("\n".join(f"{pad}{'  ' * depth}{step}:" for depth, step in enumerate(row.path)) for row in rows)


_METADATA: Final = _names(Service.METADATA_WIRE, "  ")
_SPEC: Final = _names(Service.SPEC_WIRE, "  ")
_SELECTOR: Final = _names([row for row in Service.SPEC_WIRE if row.attribute == "selector"], "  ")
_PORT: Final = _names(ServicePort.WIRE, "    ")


def _write(values: tuple[Any, ...], names: tuple[str, ...], pieces: list[str]) -> None:
    for name, value in zip(names, values, strict=False):
        if value is None:  # As most are.
            continue
        if type(value) is str:
            pieces.append(f"{name} {text(value, '  ')}\n")
        elif type(value) is Labels and value:
            pieces.append(f"{name}\n")
            for label, item in value.items():
                pieces.append(f"    {key(label, '    ')}: {text(item, '    ')}\n")
        else:
            entry(name, value, "  ", pieces.append, 1)


@lru_cache(maxsize=1024)
def _port(values: tuple[Any, ...]) -> str:
    """One item of the list of ports. Programs make the same few over and over; the rules keep them short."""
    lines: list[str] = []
    for value, name in zip(values, _PORT, strict=True):
        if value is not None:
            entry(name, value, "    ", lines.append, 3)
    return "".join(lines).replace("    ", "  - ", 1)
