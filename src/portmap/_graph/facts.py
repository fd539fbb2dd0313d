"""Facts: what the rules of one group of objects may ask about all other groups.

The first pass over the input collects them, group by group, wherever the files are read. They are small and can
be pickled, so the second pass can run the rules of a group in another process and still know the whole input.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, final

import attrs

from portmap._graph.custom_resources import is_custom_resource
from portmap._graph.fragments import UNDECIDED
from portmap._graph.items import Item
from portmap._graph.kustomize import patch_files
from portmap._graph.object_name import ObjectName, items_at, label_of, text_at
from portmap._kubernetes.kinds import group_of
from portmap._kubernetes.operators import Made, known_operators, made_by
from portmap._model.services import Service
from portmap._model.workloads import Workload


@final
class ObjectFacts(NamedTuple):
    """What other groups may ask about one object.

    Attributes:
        position: The object's position in its part of the input.
        source: The file that the object was read from.
        name: The object's name.
        object: The Service or workload; `None` for another kind, and for a Service that a server would refuse.
        is_custom: Whether the object is a custom resource whose controller may create other objects.
        granted_kinds: The kinds that a ReferenceGrant permits to refer to Services.
        is_undecided: Whether the object is skipped if another Service of the input has its name.
        made: What operators create for the object, by the table of operators.
    """

    position: int
    source: str
    name: ObjectName
    object: Service | Workload | None
    is_custom: bool
    granted_kinds: tuple[str, ...]
    is_undecided: bool
    made: Made | None = None


@final
@attrs.frozen(eq=False)
class Facts:
    """The facts of one part of the input.

    Attributes:
        objects: The facts of the objects about which there is something to ask.
        patches: The files that kustomizations of the part list as patches.
        service_names: The names of the part's Services, repeated names included.
    """

    objects: tuple[ObjectFacts, ...]
    patches: frozenset[str]
    service_names: tuple[ObjectName, ...]


def facts_of(items: Sequence[Item], reasons: Iterable[str | None]) -> Facts:
    """Return the facts of the items of a part.

    Args:
        items: The items.
        reasons: For each item, why it is skipped, as `fragments.skip_reasons` returns it.
    """
    return Facts(
        tuple(
            facts
            for item, reason in zip(items, reasons, strict=True)
            if reason in {None, UNDECIDED}
            for facts in _object_facts(item, is_undecided=reason is not None)
        ),
        frozenset(patch_files(items)[0]),
        tuple(label_of(item.name) for item in items if item.name.kind == "Service"),
    )


def _object_facts(item: Item, *, is_undecided: bool) -> Iterator[ObjectFacts]:
    is_custom = is_custom_resource(item)
    granted = tuple(_granted_kinds(item)) if item.name.kind == "ReferenceGrant" else ()
    typed: Sequence[Service | Workload | None] = item.workloads if item.service is None else (item.service,)
    made = _made_by(item)
    if not typed and not is_custom and not granted and item.name.kind != "Service" and made is None:
        return
    for subject in typed or (None,):
        name = item.name if subject is None else item.name_of(subject)
        yield ObjectFacts(item.position, item.source, label_of(name), subject, is_custom, granted, is_undecided, made)


def _made_by(item: Item) -> Made | None:
    """Return what operators create for a custom resource; `None` for objects of Kubernetes' own kinds."""
    group = group_of(item.raw.get("apiVersion"))
    if "." not in group:
        return None
    operators = known_operators().get(f"{item.raw.get('kind')}.{group}")
    return made_by(operators, item.raw) if operators else None


def _granted_kinds(grant: Item) -> Iterable[str]:
    return (kind for origin in items_at(grant.raw, "spec", "from") if (kind := text_at(origin, "kind")))
