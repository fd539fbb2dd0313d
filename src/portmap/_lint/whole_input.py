"""All of the input, of which rules ask what a bundle does not have itself.

Where only a part of the input is here, an answer is a guess: that there is nothing more to it elsewhere.
So a part notes what was asked and what it answered, and when everything is known, the same questions are
put again. Where the answers are the same, what rules found by them stands.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar, final

from portmap._graph.label_selectors import Selector
from portmap._graph.node_ports import node_ports_of
from portmap._graph.object_name import ObjectName, items_at, text_at
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.kinds import known_kinds
from portmap._kubernetes.labels import Labels
from portmap._lint.item import Item
from portmap._model.check_set import Conflict
from portmap._model.pods import Pod
from portmap._model.services import Service
from portmap._model.workloads import Workload, reduced
from portmap._resolution.selection import Candidates

__all__ = [
    "MOST_LOOKED_AT",
    "At",
    "Heard",
    "Told",
    "Whole",
    "asks_for_node_ports",
    "has_port",
    "item_of",
    "makers_of_pods",
    "makers_of_services",
    "told_of",
]

_Answer = TypeVar("_Answer")


@final
class At(NamedTuple):
    """The place of an object in the input, or in the part of it that is here."""

    place: int | None


Question: TypeAlias = tuple[Any, ...]
"""The name of a method of `Whole`, and its arguments."""

Sign: TypeAlias = tuple[Any, ...]
"""What tells one answer from another, alike in every process: where an object stands, and what else there is to it."""

Heard: TypeAlias = Mapping[Question, Sequence[Sign | None]]
"""Questions, each with as much of the answer as was listened to; `None` is the end of a series."""

MOST_LOOKED_AT: Final = 100
"""How many objects of one answer a rule should look at: where so many are alike, more tell nothing new."""

_GRANT: Final = "ReferenceGrant"


@final
class Whole:
    """All of the input, or a part of it that is taken for all.

    Args:
        items: Everything that is judged.
        cluster: By what it is judged.
        noting: Whether to note what is asked and answered, for `heard`.
    """

    def __init__(self, items: Iterable[Item], cluster: Cluster, *, noting: bool = False) -> None:
        self.cluster = cluster
        self._items = items if isinstance(items, Sequence) else tuple(items)
        self._heard: dict[Question, list[Sign | None]] | None = {} if noting else None

    # --- what rules ask ---

    def selected_by(self, selector: Mapping[str, str]) -> Iterator[Workload]:
        """The workloads whose pods have these labels, in any namespace."""
        if not all(type(key) is str and type(value) is str for key, value in selector.items()):
            return iter(())
        found = self._candidates.selected_by(selector, None)
        workloads = (each for each in found if isinstance(each, Workload))
        return self._noted(("selected_by", Labels(selector)), workloads)

    def services_named(self, name: str, namespace: str | None) -> Iterator[Service]:
        """The Services of this name that may be in this namespace, those that name it first; `None` may be any."""
        if namespace is None:
            found = iter(self._services.get(name, ()))
        else:
            found = (each for space in (namespace, None) for each in self._services_in.get((name, space), ()))
        return self._noted(("services_named", name, namespace), found)

    def lacks_port(self, name: str, namespace: str | None, port: int | str | None) -> bool:
        """Whether there is only one Service of this name, which may be in this namespace, and it has no such port."""
        named = self._services.get(name, ())
        [only] = named if len(named) == 1 else [None]
        lacks = only is not None and namespace in {None, only.namespace or namespace} and not has_port(only, port)
        return self._said(("lacks_port", name, namespace, port), lacks)

    def services_labelled(self, selector: Selector) -> Iterator[Service]:
        """The Services that themselves have these labels, in any namespace."""
        rarest = min((self._labelled.get(pair, ()) for pair in selector.labels.items()), key=len, default=())
        found = (each for each in rarest if selector.matches(each.labels or {}))
        return self._noted(("services_labelled", selector), found)

    def node_port_collisions(self, at: At) -> Iterator[Conflict]:
        """What the Service that stands there cannot have in one cluster with an earlier one."""
        found = iter(self._collisions.get(at.place, ()))
        return self._noted(("node_port_collisions", at), found)

    def grants_to(self, kind: str) -> bool:
        """Whether some ReferenceGrant lets objects of this kind refer to Services."""
        return self._said(("grants_to", kind), kind in self._granting_kinds)

    def has_unread_service(self, name: str) -> bool:
        """Whether a Service of this name is one that a server would refuse."""
        return self._said(("has_unread_service", name), name in self._unread_services)

    def has_label(self, key: str) -> bool:
        """Whether any pods have a label of this key."""
        return self._said(("has_label", key), key in self._label_keys)

    def maker_of_pods(self, name: str) -> ObjectName | None:
        """The object of this name whose controller may make pods: its kind is not Kubernetes' own."""
        return self._said(("maker_of_pods", name), self._makers_of_pods.get(name))

    def maker_of_services(self, name: str) -> ObjectName | None:
        """The same of one whose controller may make Services."""
        return self._said(("maker_of_services", name), self._makers_of_services.get(name))

    def place_of(self, subject: Service | Workload) -> int | None:
        """The place in the input of a Service or workload of these answers; `None` for others, be they equal."""
        return self._places.get(id(subject))

    # --- what was asked ---

    def heard(self) -> Heard:
        """What was asked and answered since the last time that this was called."""
        if not self._heard:
            return {}
        found, self._heard = self._heard, {}
        return found

    def agrees(self, heard: Heard, start: int) -> bool:
        """Whether these answers are still right, of a part whose first object is at this place of the input."""
        return all(
            self._signs(_moved(question, start), len(signs))
            == [None if sign is None else _moved(sign, start) for sign in signs]
            for question, signs in heard.items()
        )

    def _signs(self, question: Question, most: int) -> list[Sign | None]:
        method, *arguments = question
        answer = getattr(self, method)(*arguments)
        if not isinstance(answer, Iterator):
            return [(answer,)]
        signs: list[Sign | None] = [self._sign(each) for each in islice(answer, most)]
        return signs if len(signs) == most else [*signs, None]

    def _sign(self, each: Service | Workload | Conflict) -> Sign:
        if isinstance(each, Conflict):
            return At(self.place_of(each.other)), each.violation.field
        return (At(self.place_of(each)),)

    def _said(self, question: Question, answer: _Answer) -> _Answer:
        if self._heard is not None:
            self._heard[question] = [(answer,)]
        return answer

    def _noted(self, question: Question, answer: Iterator[_Answer]) -> Iterator[_Answer]:
        """The answer, of which as much is noted as is asked for, if anything is."""
        return answer if self._heard is None else self._noting(self._heard, question, answer)

    def _noting(
        self, heard: dict[Question, list[Sign | None]], question: Question, answer: Iterator[_Answer]
    ) -> Iterator[_Answer]:
        signs = heard.setdefault(question, [])
        number = 0
        for number, each in enumerate(answer, 1):
            if number > len(signs):
                signs.append(self._sign(each))  # type: ignore[arg-type]
            yield each
        if number == len(signs):
            signs.append(None)

    # --- what is known ---

    @cached_property
    def _workloads(self) -> Sequence[tuple[int, Workload]]:
        return [
            (item.position, reduced(item.object)) for item in self._items if isinstance(item.object, Pod | Workload)
        ]

    @cached_property
    def _candidates(self) -> Candidates:
        return Candidates([each for _, each in self._workloads], indexed=True)

    @cached_property
    def _places(self) -> Mapping[int, int]:
        places = {id(each.object): each.position for each in self._items if isinstance(each.object, Service)}
        return places | {id(workload): position for position, workload in self._workloads}

    @cached_property
    def _services(self) -> Mapping[str, Sequence[Service]]:
        found: dict[str, list[Service]] = defaultdict(list)
        for each in self._items:
            if isinstance(each.object, Service):
                found[each.object.name].append(each.object)
        return found

    @cached_property
    def _services_in(self) -> Mapping[tuple[str, str | None], Sequence[Service]]:
        found: dict[tuple[str, str | None], list[Service]] = defaultdict(list)
        for services in self._services.values():
            for service in services:
                found[service.name, service.namespace].append(service)
        return found

    @cached_property
    def _labelled(self) -> Mapping[tuple[str, str], Sequence[Service]]:
        found: dict[tuple[str, str], list[Service]] = defaultdict(list)
        for services in self._services.values():
            for service in services:
                for pair in (service.labels or {}).items():
                    found[pair].append(service)
        return found

    @cached_property
    def _collisions(self) -> Mapping[int | None, Sequence[Conflict]]:
        found: dict[int | None, list[Conflict]] = defaultdict(list)
        services = [each for same in self._services.values() for each in same if asks_for_node_ports(each)]
        for conflict in node_ports_of(services, self.cluster).collisions:
            found[self.place_of(conflict.service)].append(conflict)
        return found

    @cached_property
    def _granting_kinds(self) -> frozenset[str]:
        return frozenset(
            kind
            for each in self._items
            if each.name.kind == _GRANT
            for origin in items_at(each.raw, "spec", "from")
            if (kind := text_at(origin, "kind"))
        )

    @cached_property
    def _unread_services(self) -> frozenset[str]:
        return frozenset(each.name.name for each in self._items if each.name.kind == "Service" and each.object is None)

    @cached_property
    def _label_keys(self) -> frozenset[str]:
        return frozenset(key for _, each in self._workloads for key in each.pod.labels)

    @cached_property
    def _custom(self) -> Sequence[Item]:
        return [each for each in self._items if each.raw and _is_custom(each)]

    @cached_property
    def _makers_of_pods(self) -> Mapping[str, ObjectName]:
        return makers_of_pods(self._custom)

    @cached_property
    def _makers_of_services(self) -> Mapping[str, ObjectName]:
        return makers_of_services(self._custom)


def _moved(sign: tuple[Any, ...], start: int) -> tuple[Any, ...]:
    """The same with the places of the whole input, for those of a part that starts here."""
    return tuple(At(each.place + start) if isinstance(each, At) and each.place is not None else each for each in sign)


Told: TypeAlias = tuple[int, str, str, str | None, Mapping[str, Any] | None, Service | Workload | None]
"""What a part tells of an object: place, kind, name and namespace, plain data where that matters, the typed object."""


def told_of(item: Item) -> Told | None:
    """As much of an item as any question here is about, if one may be: what comes from far should be little."""
    typed = reduced(item.object) if isinstance(item.object, Pod | Workload) else item.object
    raw = None
    if item.name.kind == _GRANT or _is_custom(item):
        fields = ("apiVersion", "kind", *(("spec",) if item.name.kind == _GRANT else ()))
        raw = {field: item.raw.get(field) for field in fields}
    elif typed is None and item.name.kind != "Service":
        return None
    return item.position, item.name.kind, item.name.name, item.name.namespace, raw, typed


def item_of(told: Told, start: int) -> Item:
    """The item again, of a part whose first object is at this place of the input."""
    position, kind, name, namespace, raw, typed = told
    return Item(position + start, ObjectName(kind, name, namespace), raw or {}, typed, (), "")


def has_port(service: Service, port: int | str | None) -> bool:
    """Whether a Service has a port of this number or name; one that only stands for a DNS name has any."""
    if port is None or service.effective_type == "ExternalName":
        return True
    return any(port == (each.port if isinstance(port, int) else each.name) for each in service.ports)


def asks_for_node_ports(service: Service) -> bool:
    """Whether a Service sets node ports itself; only such can collide."""
    return bool(service.health_check_node_port or any(port.node_port for port in service.ports))


def makers_of_pods(items: Iterable[Item]) -> Mapping[str, ObjectName]:
    """The objects whose controllers may make pods, by name; those whose pods portmap reads make no others."""
    read = frozenset(known_kinds())
    return {each.name: each for each in _custom_names(items) if each.kind not in read}


def makers_of_services(items: Iterable[Item]) -> Mapping[str, ObjectName]:
    """The objects whose controllers may make Services, by name."""
    return {each.name: each for each in _custom_names(items) if each.kind not in _MAKE_NO_SERVICES}


def _custom_names(items: Iterable[Item]) -> Iterator[ObjectName]:
    """The objects of kinds that are not Kubernetes' own and may make others."""
    return (each.name for each in items if _is_custom(each))


# Groups and kinds of which no controller makes pods or Services: they say how requests go, or who may do what.
_MAKE_NOTHING: Final = frozenset(
    {"networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io", "cert-manager.io"}
    | {"acme.cert-manager.io", "traefik.io", "traefik.containo.us", "split.smi-spec.io", "specs.smi-spec.io"}
    | {"access.smi-spec.io", "policy.linkerd.io", "linkerd.io", "external-secrets.io", "k8s.nginx.org"}
    | {"configuration.konghq.com", "projectcalico.org", "crd.projectcalico.org", "cilium.io", "kyverno.io"}
    | {"metallb.io", "networking.gke.io", "cloud.google.com", "elbv2.k8s.aws", "apisix.apache.org"}
    | {"networking.x-k8s.io", "security.openshift.io", "route.openshift.io", "image.openshift.io", "user.openshift.io"}
)
_KINDS_THAT_MAKE_NOTHING: Final = frozenset(
    {"AnalysisTemplate", "AppProject", "HTTPProxy", "Kustomization", "PodMonitor", "PodMonitoring", "Probe"}
    | {"PrometheusRule", "ScaledObject", "ScrapeConfig", "SealedSecret", "ServiceMonitor", "TriggerAuthentication"}
)
# Kinds that often have the name of an application, and whose controllers make no Services.
_MAKE_NO_SERVICES: Final = frozenset(
    {"Application", "Certificate", "ClusterIssuer", "DestinationRule", "Issuer", "PodMonitor", "PrometheusRule"}
    | {"Rollout", "ScaledObject", "ServiceMonitor", "SealedSecret", "VirtualService"}
)


def _is_custom(item: Item) -> bool:
    if not item.name.name:
        return False
    group, _, version = (text_at(item.raw, "apiVersion") or "").rpartition("/")
    # Kubernetes' own groups have no dot, or end in k8s.io.
    own = not version or "." not in group or group.endswith(".k8s.io")
    return not own and group not in _MAKE_NOTHING and item.raw.get("kind") not in _KINDS_THAT_MAKE_NOTHING
