"""What operators and injectors do that manifests do not show, in one table.

The operator of a custom resource creates Services and pods; a Rollout or a RayCluster gives its pods labels that its
template lacks; an injector adds a container to pods. The rows are in `operators.toml`.

In the texts of a row, `{name}` is the name of the object and `{spec.queue.size}` the value of a field, where `*`
is any item of a list or mapping, and `**` any number of them. `{item.name}` is a field of the item that has the pod
template. All else is a regular expression.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias, final

import attrs

_PLACEHOLDER: Final = re.compile(r"\{([a-z][\w.*/-]*)\}")
_MOST_VALUES: Final = 100
"""How many values of a field one text of the table may give."""
_DEEPEST: Final = 6
"""How deep `**` looks."""


# --- rows ------------------------------------------------------------------------------------------------------


def _texts(value: object) -> tuple[str, ...]:
    texts = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(each, str) and each for each in texts):
        raise TypeError("must be a text, or a list of texts")
    return texts


def _labels(value: object) -> tuple[str, ...]:
    texts = _texts(value)
    if not all("=" in each for each in texts):
        raise TypeError("must be a list of texts such as 'app={name}'")
    return texts


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


@final
@attrs.frozen(kw_only=True)
class MadePods:
    """Pods that the operator of a custom resource creates.

    Attributes:
        template: The path to their pod template, if the resource has it: `spec.groups.*.template`.
        labels_at: Paths to labels that some of the pods have besides.
        labels: The labels that the operator adds, each with a pattern of its value: `shop.io/name={name}`;
            `shop.io/*=.+` are all others of a domain.
        ports: The ports that it declares in the pods, such as `http:8080` or `dns:53/UDP`.
        name: The name of the workload in reports.
        kind: The kind of the workload in reports; by default that of the resource.
    """

    template: str = attrs.field(default="", converter=_text)
    labels_at: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    labels: tuple[str, ...] = attrs.field(default=(), converter=_labels)
    ports: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    name: str = attrs.field(default="{name}", converter=_text)
    kind: str = attrs.field(default="", converter=_text)


def _made_pods(value: object) -> tuple[MadePods, ...]:
    rows = value if isinstance(value, list | tuple) else [value]
    return tuple(row if isinstance(row, MadePods) else read_row(MadePods, row) for row in rows)


@final
@attrs.frozen(kw_only=True)
class Operator:
    """A row of the table: what the operators of some kinds create.

    Attributes:
        kinds: The kinds, each with its API group: `Kafka.kafka.strimzi.io`.
        services: The Services, each a name and ports: `{name}-rw 5432`, `{name} http:80 grpc:9000`. `NAME@NAMESPACE`
            is a Service in another namespace than that of the resource.
        service_labels: Labels of those Services, with patterns of their values.
        pods: The pods, in groups.
        source: Where that can be looked up.
    """

    kinds: tuple[str, ...] = attrs.field(converter=_texts)
    services: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    service_labels: tuple[str, ...] = attrs.field(default=(), converter=_labels)
    pods: tuple[MadePods, ...] = attrs.field(default=(), converter=_made_pods)
    source: str = attrs.field(default="", converter=_text)


@final
@attrs.frozen(kw_only=True)
class Injector:
    """A row of the table: a container that an injector adds to pods.

    Attributes:
        container: The name of the container.
        ports: The ports that it declares.
        annotations: Annotations of a pod, any of which causes it, with patterns of their values.
        labels: Labels of a pod, likewise.
        namespace_annotations: Annotations of a namespace, likewise.
        namespace_labels: Labels of a namespace, likewise.
        unless: Labels and annotations of a pod that prevent it.
        services: The Services that it creates for a workload; `{dapr.io/app-id}` is an annotation of the pods.
        source: Where that can be looked up.
    """

    container: str = attrs.field(converter=_text)
    ports: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    annotations: tuple[str, ...] = attrs.field(default=(), converter=_labels)
    labels: tuple[str, ...] = attrs.field(default=(), converter=_labels)
    namespace_annotations: tuple[str, ...] = attrs.field(default=(), converter=_labels)
    namespace_labels: tuple[str, ...] = attrs.field(default=(), converter=_labels)
    unless: tuple[str, ...] = attrs.field(default=(), converter=_labels)
    services: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    source: str = attrs.field(default="", converter=_text)

    def applies_to(
        self,
        labels: Mapping[str, str],
        annotations: Mapping[str, str],
        namespace_labels: Mapping[str, str],
        namespace_annotations: Mapping[str, str],
    ) -> bool:
        """Return whether it adds its container to a pod with these labels and annotations, in such a namespace."""
        if _has_any(self.unless, labels) or _has_any(self.unless, annotations):
            return False
        return (
            _has_any(self.labels, labels)
            or _has_any(self.annotations, annotations)
            or _has_any(self.namespace_labels, namespace_labels)
            or _has_any(self.namespace_annotations, namespace_annotations)
        )


def _has_any(pairs: Iterable[str], labels: Mapping[str, str]) -> bool:
    for pair in pairs if labels else ():
        key, _, pattern = pair.partition("=")
        if key in labels and re.fullmatch(pattern, labels[key]):
            return True
    return False


def read_row(kind: type[Any], value: object) -> Any:  # noqa: ANN401 - an instance of the class
    """Return a row of the table from plain data, whose keys have hyphens.

    Raises:
        TypeError: The data is wrong.
    """
    if not isinstance(value, Mapping):
        raise TypeError("must be a table")
    fields = {field.name.replace("_", "-"): field for field in attrs.fields(kind)}
    for key in value:
        if key not in fields:
            raise TypeError(f"{key}: there is no such key: known are {', '.join(fields)}")
    found = {}
    for key, field in fields.items():
        if key in value:
            try:
                found[field.name] = field.converter(value[key])
            except TypeError as error:
                raise TypeError(f"{key}: {error}") from None
        elif field.default is attrs.NOTHING:
            raise TypeError(f"{key}: is missing")
    return kind(**found)


# --- the rows that portmap has ---------------------------------------------------------------------------------


@cache
def _known() -> tuple[Mapping[str, tuple[Operator, ...]], tuple[Injector, ...]]:
    import tomllib
    from importlib.resources import files

    data = tomllib.loads(files(__package__).joinpath("operators.toml").read_text(encoding="utf-8"))
    operators = by_kind(read_row(Operator, row) for row in data["operators"])
    return operators, tuple(read_row(Injector, row) for row in data["injectors"])


def by_kind(operators: Iterable[Operator]) -> dict[str, tuple[Operator, ...]]:
    """Return the operators of each kind."""
    found: dict[str, tuple[Operator, ...]] = {}
    for operator in operators:
        for kind in operator.kinds:
            found[kind] = (*found.get(kind, ()), operator)
    return found


def known_operators() -> Mapping[str, tuple[Operator, ...]]:
    """Return the operators of the table, by kind and API group: `Kafka.kafka.strimzi.io`."""
    return _known()[0]


def known_injectors() -> tuple[Injector, ...]:
    """Return the injectors of the table."""
    return _known()[1]


# --- what a row says about one object --------------------------------------------------------------------------

Steps: TypeAlias = tuple[str | int, ...]


@final
class Node(NamedTuple):
    """A value of an object: its path, itself, and the innermost item on the way that `*` matched."""

    path: Steps
    value: object
    item: object


def nodes_at(data: object, path: str) -> list[Node]:
    """Return the values at a path, some of them if there are very many.

    Example:
        >>> [node.path for node in nodes_at({"spec": {"groups": [{"n": 1}, {"n": 2}]}}, "spec.groups.*.n")]
        [('spec', 'groups', 0, 'n'), ('spec', 'groups', 1, 'n')]
    """
    found = [Node((), data, None)]
    for step in path.split("."):
        deeper: list[Node] = []
        for node in found:
            if step == "**":
                deeper += _below(node, _DEEPEST)
            elif "*" in step:
                deeper += (
                    Node(each.path, each.value, each.value) for each in _children(node) if _fits(step, each.path[-1])
                )
            elif isinstance(node.value, Mapping) and step in node.value:
                deeper.append(Node((*node.path, step), node.value[step], node.item))
        found = deeper[:_MOST_VALUES]
    return found


def _fits(step: str, key: str | int) -> bool:
    return step == "*" or (isinstance(key, str) and fnmatchcase(key, step))


def _children(node: Node) -> Iterator[Node]:
    value = node.value
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[Any, Any]] = value.items()
    else:
        pairs = enumerate(value) if isinstance(value, list | tuple) else ()
    return (Node((*node.path, key), each, node.item) for key, each in pairs if isinstance(key, str | int))


def _below(node: Node, depth: int) -> Iterator[Node]:
    yield node
    for child in _children(node) if depth else ():
        yield from _below(child, depth - 1)


def values_of(pattern: str, manifest: Mapping[str, Any], item: object = None) -> list[str]:
    r"""Return a text of the table with the values of an object, as regular expressions; none if a field is missing.

    Example:
        >>> values_of("{name}-rw", {"metadata": {"name": "shop.db"}})
        ['shop\\.db-rw']
    """
    found = [""]
    end = 0
    for match in _PLACEHOLDER.finditer(pattern):
        values = _field(match[1], manifest, item)
        before = pattern[end : match.start()]
        found = [f"{text}{before}{re.escape(value)}" for text in found for value in values][:_MOST_VALUES]
        end = match.end()
    return [text + pattern[end:] for text in found]


def _field(field: str, manifest: Mapping[str, Any], item: object) -> list[str]:
    data: object = manifest
    if field in {"name", "namespace"}:
        field = f"metadata.{field}"
    elif field.startswith("item."):
        field, data = field.removeprefix("item."), item
    return [node.value for node in nodes_at(data, field) if isinstance(node.value, str) and node.value]


@final
class MadeService(NamedTuple):
    """A Service that an operator creates: a pattern of its name, a namespace if it is another one, and ports."""

    name: str
    namespace: str | None
    ports: tuple[str, ...]


def made_services(texts: Iterable[str], manifest: Mapping[str, Any]) -> Iterator[MadeService]:
    """Yield the Services that texts of the table describe, such as `{name}-rw 5432`."""
    for text in texts:
        name, *ports = text.split()
        name, _, namespace = name.partition("@")
        for each in values_of(name, manifest):
            yield MadeService(each, namespace or None, tuple(ports))


def patterns_of(labels: Iterable[str], manifest: Mapping[str, Any], item: object = None) -> dict[str, str]:
    """Return labels of the table with patterns for one object; those whose fields it lacks are left out."""
    found: dict[str, str] = {}
    for label in labels:
        key, _, pattern = label.partition("=")
        values = values_of(pattern, manifest, item)
        if values:
            found[key] = "|".join(values)
    return found


def pattern_for(key: str, patterns: Mapping[str, str]) -> str | None:
    """Return the pattern of the values of a label; `None` if the labels lack it."""
    return patterns.get(key) or patterns.get(f"{key.partition('/')[0]}/*")


def may_match(selector: Mapping[str, str], patterns: Mapping[str, str]) -> bool:
    """Return whether a selector may match objects whose labels have these patterns."""
    return bool(selector) and all(
        (pattern := pattern_for(key, patterns)) is not None and re.fullmatch(pattern, value) is not None
        for key, value in selector.items()
    )


def label_patterns(pods: MadePods, manifest: Mapping[str, Any], item: object = None) -> dict[str, str]:
    """Return the labels of a group of pods besides those of the template, with patterns of their values."""
    found: dict[str, list[str]] = {}
    for path in pods.labels_at:
        for node in nodes_at(manifest, path):
            for key, value in node.value.items() if isinstance(node.value, Mapping) else ():
                if isinstance(key, str) and isinstance(value, str):
                    found.setdefault(key, []).append(re.escape(value))
    for key, pattern in patterns_of(pods.labels, manifest, item).items():
        found.setdefault(key, []).append(pattern)
    return {key: "|".join(dict.fromkeys(patterns)) for key, patterns in found.items()}


@final
@attrs.frozen
class Made:
    """What the operators of one object create.

    Attributes:
        services: The Services.
        service_labels: Their labels, with patterns of the values.
        pods: The labels of each group of pods, likewise.
    """

    services: tuple[MadeService, ...]
    service_labels: Mapping[str, str]
    pods: tuple[Mapping[str, str], ...]


def made_by(operators: Iterable[Operator], manifest: Mapping[str, Any]) -> Made:
    """Return what the operators of an object create."""
    services: list[MadeService] = []
    labels: dict[str, str] = {}
    pods: list[Mapping[str, str]] = []
    for operator in operators:
        services += made_services(operator.services, manifest)
        labels |= patterns_of(operator.service_labels, manifest)
        for group in operator.pods:
            nodes = nodes_at(manifest, group.template) if group.template else [Node((), None, None)]
            pods += [_with_labels_of(node.value, label_patterns(group, manifest, node.item)) for node in nodes]
    return Made(tuple(services), labels, tuple(pods))


def _with_labels_of(template: object, patterns: Mapping[str, str]) -> dict[str, str]:
    """Return patterns of labels together with the labels of a pod template."""
    found = dict(patterns)
    metadata = template.get("metadata") if isinstance(template, Mapping) else None
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    for key, value in labels.items() if isinstance(labels, Mapping) else ():
        if isinstance(key, str) and isinstance(value, str):
            found[key] = "|".join(filter(None, (re.escape(value), found.get(key))))
    return found
