"""What portmap says that a write makes of a live Service, against recorded writes.

The recordings have the fields that `kubectl` sends, what a server said, the object before
and after, and the owners of its fields before and after.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from portmap import ValidationError, manifests
from portmap._apiserver.kubectl_apply import LAST_APPLIED, three_way_patch, with_last_applied
from portmap._apiserver.managed_fields import read_managers
from portmap._apiserver.merge_types import SERVICE_MERGE
from portmap._apiserver.server_side_apply import apply_manifest
from portmap._manifests.applied import create
from recordings import NEWEST, cluster, records

Record = Mapping[str, Any]
_SHOWN: Final = 10

WRITES: Final[Mapping[str, int]] = {
    "client-apply": 314,
    "patch-merge": 302,
    "patch-strategic": 332,
    "replace": 323,
    "server-apply": 563,
    "server-apply-force": 165,
}
"""How many writes of each kind were recorded. JSON patches were, too: `applied` does not make them."""


def writes(how: str) -> list[Record]:
    """The recorded writes of one kind."""
    return [record for record in records("apply") if record["how"] == how]


def foreseen(record: Record) -> dict[str, Any]:
    """What portmap says that is stored after this write."""
    return manifests.applied(
        record["new"],
        live=record["live"],
        how=record["how"],
        last_applied=record["last_applied"],
        managers=record["managers"],
        cluster=cluster(NEWEST),
    )


def without_drawn(manifest: Record, record: Record) -> Any:
    """The manifest without the numbers and addresses that neither the live object nor the manifest has."""
    spec = {**manifest["spec"]}
    known = list(_numbers_and_addresses(record["live"])) + list(_numbers_and_addresses(record["new"]))
    for field in ("clusterIP", "healthCheckNodePort"):
        if spec.get(field) not in known:
            spec.pop(field, None)
    spec["clusterIPs"] = [address for address in spec.get("clusterIPs", ()) if address in known]
    spec["ports"] = [
        {key: value for key, value in port.items() if key != "nodePort" or value in known}
        for port in spec.get("ports", ())
    ]
    return {**manifest, "spec": {key: value for key, value in spec.items() if value not in (None, [])}}


def _numbers_and_addresses(manifest: Record) -> Iterator[object]:
    spec = manifest.get("spec") or {}
    yield from (spec.get("clusterIP"), spec.get("healthCheckNodePort"), *(spec.get("clusterIPs") or ()))
    for port in spec.get("ports") or ():
        if isinstance(port, Mapping):
            yield port.get("nodePort")


def difference(record: Record) -> str | None:
    """Where portmap and the server disagree about a write."""
    try:
        after = foreseen(record)
    except ValidationError as error:
        return _difference_in_refusal(record, error)
    if not record["accepted"]:
        return f"portmap: accepted; server: {record['code']} {record['message']}"
    ours, theirs = without_drawn(after, record), without_drawn(record["after"], record)
    return None if ours == theirs else f"portmap: {json.dumps(ours)}; server: {json.dumps(theirs)}"


def _difference_in_refusal(record: Record, error: ValidationError) -> str | None:
    if record["accepted"]:
        return f"portmap: {error}; server: accepted"
    fields = [cause["field"] for cause in record["causes"]]
    if record["code"] == 422 and fields != ["patch"]:
        ours = {(violation.reason, violation.field) for violation in error.violations}
        theirs = {(cause["reason"], cause["field"]) for cause in record["causes"]}
        return None if ours == theirs else f"portmap: {ours}; server: {theirs}"
    if record["code"] == 409:
        owned = "\n".join(violation.message for violation in error.violations)
        missing = [field for field in fields if f" owns {field}, " not in owned]
        return f"portmap has no conflict in {missing}" if missing or len(fields) != owned.count("owns") else None
    return None


@pytest.mark.parametrize("how", WRITES)
def test_a_write_ends_as_it_did(how: str) -> None:
    """Acceptance, the causes of a refusal, the conflicts and the object afterwards: all as recorded."""
    cases = writes(how)
    found = {record["id"]: difference(record) for record in cases}
    wrong = [f"{name}: {text[:1500]}" for name, text in found.items() if text]
    assert not wrong, f"{len(wrong)} disagreements, among them\n" + "\n".join(wrong[:_SHOWN])
    assert len(cases) == WRITES[how]


def test_a_client_side_apply_sends_what_kubectl_sent() -> None:
    """The patch is that of `kubectl apply`, to the annotation; nothing is sent where there is nothing to do."""
    for record in writes("client-apply"):
        if record["code"] == 0:
            continue  # kubectl failed before it sent anything.
        new = {**record["new"], "metadata": {"namespace": "default", **record["new"]["metadata"]}}
        live = {"status": {"loadBalancer": {}}, **record["live"]}  # An empty status was not recorded.
        patch = three_way_patch(record["last_applied"] or {}, with_last_applied(new), live, SERVICE_MERGE)
        [sent] = record["sent"] or [{"body": "{}"}]
        assert patch == json.loads(sent["body"]), record["id"]


def test_the_annotation_of_client_side_apply_is_kept_up_to_date() -> None:
    """After an apply of either side, the last applied manifest is as recorded, to the byte."""
    compared = 0
    for how in ("client-apply", "server-apply", "server-apply-force"):
        for record in writes(how):
            if record["accepted"]:
                ours, theirs = (
                    each["metadata"].get("annotations", {}).get(LAST_APPLIED)
                    for each in (foreseen(record), record["after"])
                )
                assert ours == theirs, record["id"]
                compared += ours is not None
    assert compared > 250


@pytest.mark.parametrize("how", ["create", "client-apply", "server-apply"])
def test_a_new_service_has_the_owners_that_it_had(how: Any) -> None:
    """The first write of a Service leads to the recorded object, and its manager owns what it was recorded to own."""
    compared = 0
    for record in records("apply"):
        if record["created_by"] == how and not record["between"] and record["how"] != "patch-json":
            created = create(record["first"], how, cluster(NEWEST))
            assert created.managers == read_managers(record["managers"], {}, SERVICE_MERGE), record["id"]
            known = {**record, "new": record["first"], "live": created.object}
            theirs = without_drawn({**record["live"], "metadata": created.object["metadata"]}, known)
            assert without_drawn(created.object, known) == theirs, record["id"]
            compared += 1
    assert compared > 200


@pytest.mark.parametrize("how", ["server-apply", "server-apply-force"])
def test_fields_change_owners_as_they_did(how: str) -> None:
    """After a server-side apply, each manager owns what it was recorded to own."""
    compared = 0
    for record in writes(how):
        if record["accepted"] and record["created_by"] != "client-apply":
            live, before = record["live"], record["managers"]
            new = {**record["new"], "metadata": {"namespace": "default", **record["new"]["metadata"]}}
            _, managers = apply_manifest(
                live,
                new,
                read_managers(before, live, SERVICE_MERGE),
                SERVICE_MERGE,
                force=how == "server-apply-force",
                last_applied=record["last_applied"],
            )
            assert managers == read_managers(record["managers_after"], live, SERVICE_MERGE), record["id"]
            compared += 1
    assert compared > 130
