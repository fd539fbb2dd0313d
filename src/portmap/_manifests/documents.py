"""The documents of files and streams, and sequences of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Final, final, overload

import attrs

from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError, Span, ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath, Step, as_path
from portmap._kubernetes.kinds import known_kinds
from portmap._kubernetes.printable import safe_repr
from portmap._kubernetes.violations import Violation, in_order
from portmap._manifests.read import Kind, is_readable, read_all
from portmap._model.pods import Pod
from portmap._model.services import Service
from portmap._model.workloads import Workload, several_templates
from portmap._yaml.parsed_document import ParsedDocument

# The server writes this path with a capital; the manifest does not.
_SERVERS_SPELLING: Final = {"LoadBalancerSourceRanges": "loadBalancerSourceRanges"}
# The server leaves `metadata` out of some paths of these fields.
_IN_METADATA: Final = frozenset({"annotations", "labels"})
_ABOVE_METADATA: Final = frozenset({"template", None})


def _path(field: FieldPath | str) -> FieldPath:
    """Return the path of a field in a manifest, which differs from the server's path for a few fields."""
    steps: list[Step] = []
    for step in as_path(field):
        if step in _IN_METADATA and (steps[-1] if steps else None) in _ABOVE_METADATA:
            steps.append("metadata")
        steps.append(_SERVERS_SPELLING.get(step, step) if isinstance(step, str) else step)
    return FieldPath(*steps)


@final
@attrs.frozen(eq=False)
class Document:
    """One object of a file, of any kind.

    Attributes:
        raw: The object as plain data.
        objects: The typed objects: one for a Service, a pod or a workload;
            several workloads for a ClusterServiceVersion; none if portmap does not
            model the kind, or an API server would refuse the object.
        violations: The violations that a server would report, keys given twice included.
        source: The name of the file or stream.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("web.yaml").write_text(to_yaml(web))
        >>> [document] = load("web.yaml")
        >>> print(document)
        Service web (web.yaml:1)
    """

    __module__ = "portmap.manifests"

    raw: Any
    objects: tuple[Service | Pod | Workload, ...]
    violations: tuple[Violation, ...]
    source: str
    _parsed: ParsedDocument = attrs.field(repr=False)
    _root: FieldPath = attrs.field(default=ROOT, repr=False)

    @property
    def object(self) -> Service | Pod | Workload | None:
        """The typed object; `None` if there is none, or if the kind can have several.

        Example:
            >>> document.object == web
            True
        """
        several = isinstance(self.raw, Mapping) and several_templates(self.raw) is not None
        return None if several or not self.objects else self.objects[0]

    @property
    def kind(self) -> str:
        """The object's kind; `""` if it has none.

        Example:
            >>> document.kind
            'Service'
        """
        return kind_of(self.raw)

    @property
    def name(self) -> str:
        """The object's name; `""` if it has none.

        Example:
            >>> document.name
            'web'
        """
        return name_of(self.raw)

    def span(self, field: FieldPath | str = "") -> Span | None:
        """Return where the value of a field is in the text; if there is none, where its nearest parent is.

        Args:
            field: The path of a violation or finding, or a text such as `spec.ports[0].targetPort`;
                `""` is the object itself.

        Example:
            >>> document.span("spec.ports[0].port")
            Span(line=10, column=11, end_line=10, end_column=13)
        """
        return self._parsed.span(self._root + _path(field))

    def key_span(self, field: FieldPath | str) -> Span | None:
        """Return where the key of a field is in the text, for fields that should not exist.

        Example:
            >>> document.key_span("spec.ports")
            Span(line=8, column=3, end_line=8, end_column=8)
        """
        return self._parsed.key_span(self._root + _path(field))

    def place(self, field: FieldPath | str = "") -> Span | None:
        """Return where a report points for a field: to its value, or to its key if the value has several lines.

        Args:
            field: A field path; `""` is the object itself.

        Example:
            >>> document.place("spec.ports[0].port")
            Span(line=10, column=11, end_line=10, end_column=13)
        """
        path = self._root + _path(field)
        span = self._parsed.span(path)
        return self._parsed.key_span(path) if span.end_line > span.line else span

    @property
    def text(self) -> str:
        """The whole text with the object and with other objects.

        For a stream that is read one document at a time, it is the part that was read with the object.

        Example:
            >>> document.text == to_yaml(web)
            True
        """
        return self._parsed.text

    def forget_places(self) -> None:
        """Free the memory of the positions in this text. `span` and the like find them again.

        Example:
            >>> document.forget_places()
        """
        self._parsed.positions.forget()

    @property
    def origin(self) -> tuple[ParsedDocument, FieldPath]:
        """The parsed document and the object's path in it; for the modules of portmap.

        Example:
            >>> document.origin[1]
            FieldPath()
        """
        return self._parsed, self._root

    def __str__(self) -> str:
        """Return `Service web (k8s/web.yaml:3)`."""
        span = self.span()
        place = f"{self.source}:{span.line}" if span else self.source
        return f"{self.kind or 'object'} {self.name or '(no name)'} ({place})"


@final
class Manifests(Sequence[Document]):
    """Documents in the order in which they were read.

    Attributes:
        unreadable: The files of a folder that could not be read, with the reason.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("web.yaml").write_text(to_yaml(web, pod))
        >>> found = load("web.yaml")
        >>> [document.kind for document in found]
        ['Service', 'Pod']
    """

    __module__ = "portmap.manifests"

    def __init__(self, found: Sequence[Document], unreadable: Sequence[ManifestError] = ()) -> None:
        self._found = tuple(found)
        self.unreadable: tuple[ManifestError, ...] = tuple(unreadable)

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> "Manifests": ...
    def __getitem__(self, index: int | slice) -> "Document | Manifests":
        if isinstance(index, slice):
            return Manifests(self._found[index], self.unreadable)
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return f"<Manifests: {len(self._found)} documents>"

    @overload
    def objects(self) -> tuple[Service | Pod | Workload, ...]: ...
    @overload
    def objects(self, kind: type[Kind]) -> tuple[Kind, ...]: ...
    def objects(self, kind: type[Kind] | None = None) -> tuple[Service | Pod | Workload, ...]:
        """Return the typed objects in order. Documents of kinds that portmap does not model are skipped.

        Args:
            kind: The class of objects to return, `Service`, `Pod` or `Workload`; by default all.

        Raises:
            ValidationError: A document is invalid. The error lists the violations
                of all documents, each field after the name of its document.
            TypeError: `kind` is not a class, but for instance the name of one.

        Example:
            >>> [str(each) for each in found.objects()]
            ['Service web', 'Pod web-0']
        """
        given: object = kind
        if not isinstance(given, type | UnionType | None):
            hint = _hint_for_name(given)
            raise TypeError(f"objects takes a class, Service, Pod or Workload, not {safe_repr(given)}{hint}")
        bad = [document for document in self._found if document.violations]
        if bad:
            violations = [
                attrs.evolve(violation, field=FieldPath(f"{document}: {violation.path}"))
                for document in bad
                for violation in document.violations
            ]
            subject = str(bad[0]) if len(bad) == 1 else f"{len(bad)} documents"
            raise ValidationError(subject, tuple(violations))
        return tuple(
            each for document in self._found for each in document.objects if kind is None or isinstance(each, kind)
        )


def _hint_for_name(kind: object) -> str:
    """Return a hint for the name of a kind in place of a class."""
    if not isinstance(kind, str):
        return ""
    if kind in {"Service", "Pod", "Workload"}:
        return f": write objects({kind})"
    among = "documents.objects(Workload)"
    known = any(kind.lower() == each.lower() for each in known_kinds())
    return f": write [each for each in {among} if each.kind == {kind!r}]" if known else ""


def kind_of(raw: object) -> str:
    """Return the kind of an object; `""` if it has none."""
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    return kind if isinstance(kind, str) else ""


def name_of(raw: object) -> str:
    """Return the name of an object; `""` if it has none."""
    metadata = raw.get("metadata") if isinstance(raw, Mapping) else None
    name = metadata.get("name") or metadata.get("generateName") if isinstance(metadata, Mapping) else None
    return name if isinstance(name, str) else ""


def judged(documents: Iterable[Document]) -> Iterator[Document]:
    """Return the documents that portmap validates: Services, pods and workloads."""
    return (each for each in documents if isinstance(each.raw, Mapping) and is_readable(each.raw))


def documents(parsed: ParsedDocument, source: str, cluster: Cluster) -> Iterator[Document]:
    """Yield the objects of one parsed document: itself, or the items of a List; none if it is empty."""
    if parsed.data != {}:
        duplicates = parsed.duplicate_violations()
        for root, raw in objects_in(parsed.data):
            yield _document(parsed, root, raw, source, cluster, duplicates)


def document_at(
    parsed: ParsedDocument,
    root: FieldPath,
    raw: Any,  # noqa: ANN401 - any JSON value
    source: str,
    cluster: Cluster,
) -> Document:
    """Return one of the objects of a parsed document, which `objects_in` found."""
    return _document(parsed, root, raw, source, cluster, parsed.duplicate_violations())


def _document(
    parsed: ParsedDocument,
    root: FieldPath,
    raw: Any,  # noqa: ANN401 - any JSON value
    source: str,
    cluster: Cluster,
    duplicates: Iterable[Violation],
) -> Document:
    found = [
        attrs.evolve(violation, field=violation.path[len(root) :])
        for violation in duplicates
        if violation.path.starts_with(root)
    ]
    typed: tuple[Service | Pod | Workload, ...] = ()
    if isinstance(raw, Mapping) and is_readable(raw):
        try:
            typed = read_all(raw, cluster=cluster)
        except ValidationError as error:
            found += error.violations
    return Document(raw, () if found else typed, in_order(found), source, parsed, root)


def objects_in(data: Any, root: FieldPath = ROOT) -> Iterator[tuple[FieldPath, Any]]:  # noqa: ANN401 - any JSON value
    """Yield the objects in this one: the items of a List, at any depth, or the object itself."""
    kind = data.get("kind") if isinstance(data, Mapping) else None
    items = data.get("items") if isinstance(kind, str) and kind.endswith("List") else None
    if isinstance(items, list):
        # The items of a ServiceList have no kind: it follows from that of the list.
        own = {"apiVersion": data.get("apiVersion"), "kind": str(kind).removesuffix("List")} if kind != "List" else {}
        for position, item in enumerate(items):
            yield from objects_in(
                {**own, **item} if isinstance(item, Mapping) else item, root.child("items").index(position)
            )
    else:
        yield root, data


def values_in(data: object, limit: int) -> int:
    """Return how many values there are in this one. Counting stops above the limit."""
    count, level = 1, [data]
    while level and count <= limit:
        inside = [
            list(each.values()) if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)
        ]
        count += sum(map(len, inside))
        level = [each for values in inside for each in values if isinstance(each, dict | list)]
    return count
