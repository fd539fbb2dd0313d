"""The errors for references that Kubernetes would not resolve, and for wrong arguments of references."""

from collections.abc import Sequence

from portmap._kubernetes.cluster import cluster_in_force
from portmap._kubernetes.enums import DEFAULT_PROTOCOL
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.schema import Reader
from portmap._kubernetes.violations import Reason, Violation, in_order


def raise_any(subject: str, found: list[Violation]) -> None:
    """Raise a `ValidationError` about a reference if there are violations."""
    if found:
        raise ValidationError(subject, in_order(found), str(cluster_in_force()))


def unresolvable(
    field: FieldPath | str, reason: Reason, detail: str, *, hint: str | None = None, value: object = None
) -> Violation:
    """Return the violation of a reference that Kubernetes would not resolve."""
    return Violation.about(field, "unresolvable-reference", reason, detail, hint=hint, value=value)


def protocol_violations(
    protocol: str, wanted: Sequence[str], purpose: str, path: FieldPath | str = "protocol"
) -> list[Violation]:
    """Return the violation of a port whose protocol its clients do not speak."""
    if protocol in wanted:
        return []
    hint = f"make it a {wanted[0]} port, or refer to another port"
    return [
        unresolvable(path, "FieldValueNotSupported", f"{purpose} uses {' or '.join(wanted)}", hint=hint, value=protocol)
    ]


def http_violations(protocol: str, purpose: str, path: FieldPath | str = "protocol") -> list[Violation]:
    """Return the violation of a port that cannot serve HTTP or gRPC: one that is not TCP."""
    return protocol_violations(protocol, (DEFAULT_PROTOCOL,), purpose, path)


def argument_violations(name: str, value: object, reasons: Sequence[str], hint: str | None = None) -> list[Violation]:
    """Return the violation of an argument for these reasons."""
    if not reasons:
        return []
    detail = "; ".join(reasons)
    return [Violation.about(FieldPath(name), "reference-argument", "FieldValueInvalid", detail, hint=hint, value=value)]


def checked(name: str, value: object, reader: Reader) -> list[Violation]:
    """Return the violations of an argument that has not the type of this reader; `None` means that it is left out."""
    found: list[Violation] = []
    if value is not None:
        reader.read(value, FieldPath(name), found)
    return found
