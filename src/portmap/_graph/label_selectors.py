"""Label selectors with expressions, as NetworkPolicies and monitors have them, and where they look.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/apimachinery/pkg/labels/selector.go`.
"""

from collections.abc import Mapping
from typing import Any, Final, final

import attrs

from portmap._graph.object_name import items_at, text_at
from portmap._kubernetes.labels import Labels

__all__ = ["Requirement", "Scope", "Selector", "read_selector"]

_OPERATORS: Final = frozenset({"In", "NotIn", "Exists", "DoesNotExist"})


@final
@attrs.frozen
class Requirement:
    """One expression of a selector: a key, an operator (`In`, `NotIn`, `Exists`, `DoesNotExist`) and values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels fulfil it. A label that is missing is not in any list of values."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
            case _:
                return value is None


@final
@attrs.frozen
class Selector:
    """A label selector: labels that must be equal, and expressions; one without either picks everything."""

    labels: Labels = attrs.field(factory=Labels, converter=Labels)
    requirements: tuple[Requirement, ...] = ()

    @property
    def picks_all(self) -> bool:
        """Whether it asks for nothing."""
        return not self.labels and not self.requirements

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether it picks an object with these labels."""
        return self.labels.items() <= labels.items() and self.requirements_hold(labels)

    def requirements_hold(self, labels: Mapping[str, str]) -> bool:
        """Whether its expressions hold, whatever the labels that must be equal."""
        return all(each.holds(labels) for each in self.requirements)

    def __str__(self) -> str:
        parts = [f"{key}={value}" for key, value in self.labels.items()]
        parts += [" ".join([each.key, each.operator, *each.values]) for each in self.requirements]
        return ", ".join(parts) or "everything"


@final
@attrs.frozen
class Scope:
    """Among which objects a reference looks.

    Attributes:
        selector: By their labels.
        namespaces: In these namespaces; `None` stands for all of them, and a namespace
            that is `None` for one that is not known.
        namespace_selector: In namespaces with these labels.
    """

    selector: Selector
    namespaces: tuple[str | None, ...] | None = None
    namespace_selector: Selector | None = None


def read_selector(data: Any) -> Selector | None:  # noqa: ANN401 - any JSON value
    """A selector as it stands in a manifest; nothing given picks everything.

    Returns:
        The selector, or `None` where it cannot be read.
    """
    if data is None:
        return Selector()
    if not isinstance(data, Mapping):
        return None
    labels = data.get("matchLabels") or {}
    if not isinstance(labels, Mapping) or not all(isinstance(part, str) for pair in labels.items() for part in pair):
        return None
    requirements = []
    for each in items_at(data, "matchExpressions"):
        requirement = _requirement(each)
        if requirement is None:
            return None
        requirements.append(requirement)
    return Selector(labels, tuple(requirements))


def _requirement(data: Any) -> Requirement | None:  # noqa: ANN401 - any JSON value
    if not isinstance(data, Mapping):
        return None
    key, operator, values = text_at(data, "key"), text_at(data, "operator"), items_at(data, "values")
    if key is None or operator not in _OPERATORS or not all(isinstance(value, str) for value in values):
        return None
    return Requirement(key, operator, tuple(values))
