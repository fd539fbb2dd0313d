"""What an API server rejects about objects whose ports could be read, or that have none."""

from collections.abc import Mapping, Sequence
from posixpath import dirname, normpath
from typing import Final

import attrs

from portmap._apiserver.object_verdict import every_object_violation, object_kind
from portmap._graph.fragments import why_not_judged
from portmap._graph.items import Item
from portmap._graph.kustomize import added_labels, kustomizations_in
from portmap._graph.object_name import value_at
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.violations import in_order

# The server writes these fields itself, so objects that were read from a cluster have them.
_CODES_OF_CREATION: Final = frozenset({"ephemeral-containers-forbidden", "job-selector-generated"})
# A kustomization that adds labels to all objects adds selectors as well.
_CODES_OF_LABELS: Final = frozenset({"selector-template-mismatch", "workload-selector-required"})
# The server reports both, and the second is a consequence of the first.
_CONSEQUENCES: Final = {"workload-selector-required": "selector-template-mismatch"}


def with_verdicts(items: Sequence[Item], reasons: Sequence[str | None], cluster: Cluster) -> list[Item]:
    """Return the items with the violations that the server reports of their kinds.

    Patches, fragments and objects with placeholders get none: a tool completes them first.

    Args:
        items: The items, with the violations that were found in reading them.
        reasons: For each item, why it is skipped, as `fragments.skip_reasons` returns it.
        cluster: The cluster whose rules apply.
    """
    labels = added_labels(kustomizations_in(items).values())
    judged = [
        item if reason is not None else _with_verdict(item, labels, cluster)
        for item, reason in zip(items, reasons, strict=True)
    ]
    return [
        item if partial is not None else with_verdict
        for item, with_verdict, partial in zip(items, judged, why_not_judged(judged), strict=True)
    ]


def _with_verdict(item: Item, labels: Mapping[str, frozenset[str]], cluster: Cluster) -> Item:
    kind = object_kind(item.raw)
    # The raw data of a typed object has no spec.
    if kind is None or ("apiVersion" not in item.raw and not item.source and item.object is not None):
        return item
    found = every_object_violation(item.raw, kind, cluster)
    if not found:
        return item
    codes = {violation.code for violation in found}
    left_out = {consequence for code, consequence in _CONSEQUENCES.items() if code in codes}
    if value_at(item.raw, "metadata", "uid"):
        left_out |= _CODES_OF_CREATION
    if item.source and labels.get(dirname(normpath(item.source))):
        left_out |= _CODES_OF_LABELS
    kept = [violation for violation in found if violation.code not in left_out]
    return attrs.evolve(item, violations=in_order([*item.violations, *kept]))
