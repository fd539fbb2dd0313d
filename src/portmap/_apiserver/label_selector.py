"""Label selectors with expressions, as workloads and NetworkPolicies have them.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from portmap._apiserver.problems import Problem, invalid, label_problems
from portmap._apiserver.rule import RuleGroup
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import label_value_reasons, qualified_name_reasons
from portmap._kubernetes.schema import TEXT, TEXT_MAP, TEXTS, list_of, struct

_SOURCE: Final = "staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go, ValidateLabelSelector"
_WITH_VALUES: Final = ("In", "NotIn")
_WITHOUT_VALUES: Final = ("Exists", "DoesNotExist")

_Selector: TypeAlias = Mapping[str, Any]

LABEL_SELECTOR: Final = struct(
    {
        "matchLabels": TEXT_MAP,
        "matchExpressions": list_of(struct({"key": TEXT, "operator": TEXT, "values": TEXTS})),
    }
)
"""Reads a label selector."""

LABEL_SELECTOR_RULES: Final = RuleGroup[_Selector]("label selectors", source=_SOURCE, about="workload")


def _expressions(selector: _Selector) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for position, expression in enumerate(selector.get("matchExpressions", ())):
        yield FieldPath("matchExpressions", position), expression


@LABEL_SELECTOR_RULES.rule("selector-label-syntax", "*.matchLabels", "FieldValueInvalid")
def selector_label_syntax(selector: _Selector) -> list[Problem]:
    """Key or value in `matchLabels` is not a valid label."""
    return label_problems(selector.get("matchLabels", {}), FieldPath("matchLabels"))


@LABEL_SELECTOR_RULES.rule("selector-operator", "*.matchExpressions[*].operator", "FieldValueInvalid")
def selector_operator(selector: _Selector) -> Iterator[Problem]:
    """Operator of a selector is not In, NotIn, Exists or DoesNotExist.

    The value is case-sensitive.
    """
    choices = (*_WITH_VALUES, *_WITHOUT_VALUES)
    for path, expression in _expressions(selector):
        operator = expression.get("operator", "")
        if operator not in choices:
            guess = nearest(operator, choices)
            detail = f"must be one of {', '.join(choices)}"
            yield Problem(path.child("operator"), detail, operator, f"write {guess}" if guess else None)


@LABEL_SELECTOR_RULES.rule("selector-values-required", "*.matchExpressions[*].values", "FieldValueRequired")
def selector_values_required(selector: _Selector) -> Iterator[Problem]:
    """Selector with the operator In or NotIn has no values."""
    for path, expression in _expressions(selector):
        if expression.get("operator") in _WITH_VALUES and not expression.get("values"):
            yield Problem(path.child("values"), "must be given when the operator is In or NotIn")


@LABEL_SELECTOR_RULES.rule("selector-values-forbidden", "*.matchExpressions[*].values", "FieldValueForbidden")
def selector_values_forbidden(selector: _Selector) -> Iterator[Problem]:
    """Selector with the operator Exists or DoesNotExist has values."""
    for path, expression in _expressions(selector):
        if expression.get("operator") in _WITHOUT_VALUES and expression.get("values"):
            yield Problem(
                path.child("values"), "may not be given when the operator is Exists or DoesNotExist", hint="remove them"
            )


@LABEL_SELECTOR_RULES.rule("selector-expression-syntax", "*.matchExpressions[*].*", "FieldValueInvalid")
def selector_expression_syntax(selector: _Selector) -> Iterator[Problem]:
    """Key or value in `matchExpressions` is not a valid label key or value."""
    for path, expression in _expressions(selector):
        key = expression.get("key", "")
        yield from invalid(path.child("key"), qualified_name_reasons(key), key)
        for position, value in enumerate(expression.get("values", ())):
            yield from invalid(path.child("values").index(position), label_value_reasons(value), value)


def matches(selector: _Selector, labels: Mapping[str, str]) -> bool | None:
    """Return whether a selector matches these labels; `None` if the server cannot parse the selector."""
    met = [labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()]
    for _, expression in _expressions(selector):
        key, values = expression.get("key", ""), expression.get("values", ())
        result = _meets(labels.get(key), expression.get("operator", ""), values)
        if result is None or not _can_parse(key, values):
            return None
        met.append(result)
    parsed = all(_can_parse(key, (value,)) for key, value in selector.get("matchLabels", {}).items())
    return all(met) if parsed else None


def _can_parse(key: str, values: Sequence[str]) -> bool:
    return not qualified_name_reasons(key) and not any(map(label_value_reasons, values))


def _meets(value: str | None, operator: str, values: Sequence[str]) -> bool | None:
    """Return whether the value of a label meets an expression; `None` if the expression is not valid."""
    match operator:
        case "In" | "NotIn" if values:
            return (value in values) == (operator == "In")
        case "Exists" | "DoesNotExist" if not values:
            return (value is not None) == (operator == "Exists")
        case _:
            return None
