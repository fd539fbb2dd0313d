"""Finds the object to edit among the objects of a file."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.kinds import kind_of_workload
from portmap._kubernetes.target_syntax import is_kind
from portmap._manifests.documents import kind_of, name_of
from portmap._yaml.parsed_document import ParsedDocument

_MOST_LISTED = 5


class Candidate(NamedTuple):
    """An object of the file: the document with it, its path in that document, and the object as plain data."""

    parsed: ParsedDocument
    root: FieldPath
    raw: Any

    @property
    def kind(self) -> str:
        """The object's kind, with its group if Kubernetes has a kind of the same name."""
        version = self.raw.get("apiVersion") if isinstance(self.raw, dict) else None
        return kind_of_workload(version, kind_of(self.raw))

    @property
    def name(self) -> str:
        """The object's name."""
        return name_of(self.raw)

    @property
    def namespace(self) -> str | None:
        """The object's namespace, if it names one."""
        metadata = self.raw.get("metadata") if isinstance(self.raw, dict) else None
        namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
        return namespace if isinstance(namespace, str) and namespace else None


def find_target(candidates: Sequence[Candidate], target: str, namespace: str | None, source: str) -> Candidate:
    """Return the object with this name.

    Args:
        candidates: The objects of the file.
        target: `KIND/NAME` or `KIND/NAMESPACE/NAME`.
        namespace: The namespace, if `target` has none.
        source: The name of the file, for errors.

    Raises:
        ManifestError: There is no such object, or there are several.
    """
    parts = target.split("/")
    if len(parts) not in {2, 3} or not all(parts):
        raise ManifestError(
            f"{target!r} does not name an object: write KIND/NAME, such as service/web, or KIND/NAMESPACE/NAME"
        )
    kind, *within, name = parts
    if within and namespace not in {None, *within}:
        raise ManifestError(f"{target!r} is not in namespace {namespace!r}: give one of the two")
    where = f" in namespace {namespace}" if namespace is not None and not within else ""
    namespace = within[0] if within else namespace
    of_kind = [each for each in candidates if is_kind(kind, each.kind)]
    found = of_name = [each for each in of_kind if each.name == name]
    if namespace is not None:
        # An object without a namespace may be applied to any, unless another object names this one.
        exact = [each for each in found if each.namespace == namespace]
        found = exact or [each for each in found if each.namespace is None]
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(found, target, source)
    problem = f"there is no {target}{where}"
    if of_name:
        namespaces = sorted({str(each.namespace) for each in of_name})
        raise ManifestError(f"{problem}; it is in {', '.join(namespaces)}", source)
    guess = nearest(name, [each.name for each in of_kind])
    if guess and guess != name:
        raise ManifestError(f"{problem}; did you mean {guess!r}?", source)
    others = list(dict.fromkeys(f"{each.kind.lower()}/{each.name}" for each in candidates if each.kind and each.name))
    more = " and more" if len(others) > _MOST_LISTED else ""
    listed = f"; there is {', '.join(others[:_MOST_LISTED])}{more}" if others else ""
    raise ManifestError(problem + listed, source)


def _ambiguous(found: Sequence[Candidate], target: str, source: str) -> ManifestError:
    namespaces = [each.namespace for each in found]
    places = ", ".join(
        f"line {each.parsed.span(each.root).line}" + (f" in {each.namespace}" if each.namespace else "")
        for each in found
    )
    differ = len(set(namespaces)) == len(namespaces)
    advice = "give its namespace" if differ else "nothing distinguishes them, so change the file by hand"
    return ManifestError(f"{target} exists {len(found)} times ({places}): {advice}", source)
