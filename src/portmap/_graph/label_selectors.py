"""Label selectors with expressions, as in NetworkPolicies and monitors, and the namespaces that they search.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/apimachinery/pkg/labels/selector.go`.
"""

from collections.abc import Mapping
from typing import Any, Final, final

import attrs

from portmap._graph.object_name import items_at, text_at
from portmap._kubernetes.labels import Labels

_OPERATORS: Final = frozenset({"In", "NotIn", "Exists", "DoesNotExist"})


@final
@attrs.frozen
class Requirement:
    """One expression of a selector: a key, an operator (`In`, `NotIn`, `Exists`, `DoesNotExist`) and values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Return whether these labels satisfy the requirement. A missing label is in no list of values."""
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
    """A label selector: labels that must be equal, and expressions. Without either it matches everything."""

    labels: Labels = attrs.field(factory=Labels, converter=Labels)
    requirements: tuple[Requirement, ...] = ()

    @property
    def matches_all(self) -> bool:
        """Whether the selector is empty, which matches everything."""
        return not self.labels and not self.requirements

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether the selector matches an object with these labels."""
        return self.labels.items() <= labels.items() and self.requirements_hold(labels)

    def requirements_hold(self, labels: Mapping[str, str]) -> bool:
        """Return whether the expressions hold, apart from the labels that must be equal."""
        return all(requirement.holds(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        parts = [f"{key}={value}" for key, value in self.labels.items()]
        parts += [" ".join([each.key, each.operator, *each.values]) for each in self.requirements]
        return ", ".join(parts) or "everything"


@final
@attrs.frozen
class Scope:
    """The objects that a reference searches.

    Attributes:
        selector: The labels of the objects.
        namespaces: The namespaces; `None` is all of them, and an item `None` is an unknown namespace.
        namespace_selector: The labels of the namespaces.
    """

    selector: Selector
    namespaces: tuple[str | None, ...] | None = None
    namespace_selector: Selector | None = None


def read_selector(data: Any) -> Selector | None:  # noqa: ANN401 - any JSON value
    """Read a selector of a manifest; `None` matches everything.

    Returns:
        The selector, or `None` if it is malformed.
    """
    if data is None:
        return Selector()
    if not isinstance(data, Mapping):
        return None
    labels = data.get("matchLabels") or {}
    if not isinstance(labels, Mapping) or not all(isinstance(part, str) for pair in labels.items() for part in pair):
        return None
    requirements = []
    for expression in items_at(data, "matchExpressions"):
        requirement = _requirement(expression)
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
