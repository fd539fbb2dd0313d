"""A kind of object as the API server handles it: how it is decoded, and the rules that apply to it.

The modules of the kinds define one `ObjectKind` each; `object_verdict` lists them and applies them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias, final

import attrs

from portmap._apiserver.metadata import METADATA_RULES
from portmap._apiserver.metadata_schema import METADATA, Metadata, NameGrammar
from portmap._apiserver.rule import RuleGroup
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.kinds import group_of
from portmap._kubernetes.schema import TEXT, Reader, struct
from portmap._kubernetes.violations import ServerWarning, Violation

_METADATA: Final = FieldPath("metadata")


@final
@attrs.frozen(eq=False)
class DecodedObject:
    """A decoded object, the subject of most rules: each value has the type of its field.

    Attributes:
        data: The object, without nulls.
        cluster: The cluster whose rules apply.
    """

    data: Mapping[str, Any]
    cluster: Cluster

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata, empty if there is none."""
        found: Mapping[str, Any] = self.data.get("metadata", {})
        return found

    @property
    def spec(self) -> Mapping[str, Any]:
        """The spec, empty if there is none."""
        found: Mapping[str, Any] = self.data.get("spec", {})
        return found


@final
@attrs.frozen(eq=False)
class ObjectKind:
    """What the API server does with the objects of one kind.

    Attributes:
        api_version: The API version that serves the kind.
        kind: Its name.
        schema: Its fields.
        violations: Return what the server rejects about a decoded object, in its last stage.
        warnings: Return what the server warns about when it accepts the object.
        violations_of_decoding: Return what keeps a server of this version from decoding it.
    """

    api_version: str
    kind: str
    schema: Reader
    violations: Callable[[DecodedObject], list[Violation]]
    warnings: Callable[[DecodedObject], list[ServerWarning]]
    violations_of_decoding: Callable[[DecodedObject], list[Violation]] = lambda _: []

    @property
    def group(self) -> str:
        """The API group."""
        return group_of(self.api_version)


def object_schema(fields: Mapping[str, Reader]) -> Reader:
    """Return the schema of a kind with these fields beside its identity and metadata."""
    return struct({"apiVersion": TEXT, "kind": TEXT, "metadata": METADATA, **fields})


Part: TypeAlias = tuple[RuleGroup[Any], FieldPath, Any]
"""A part of an object to which rules of its own apply: the rules, the path of the part, and their subject."""


def rules_of_object(
    names: NameGrammar,
    rules: RuleGroup[DecodedObject],
    parts: Callable[[DecodedObject], Iterable[Part]] = lambda _: (),
    *,
    has_generation: bool = False,
) -> Callable[[DecodedObject], list[Violation]]:
    """Return a function that applies the rules of metadata and of a kind to a decoded object.

    Args:
        names: The grammar of the object's name.
        rules: The rules of the kind.
        parts: Return the parts of an object that have rules of their own.
        has_generation: Whether the server checks a generation; of most kinds, it replaces the value.
    """

    def violations(subject: DecodedObject) -> list[Violation]:
        metadata = {
            field: value for field, value in subject.metadata.items() if field != "generation" or has_generation
        }
        found = METADATA_RULES.violations(Metadata(metadata, subject.cluster, names), _METADATA)
        found += rules.violations(subject)
        for group, path, part in parts(subject):
            found += group.violations(part, path)
        return found

    return violations
