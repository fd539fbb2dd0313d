"""Writes of live Services, compared with recorded writes.

The recordings have the requests of `kubectl`, the responses, and the object and its managers before and after.
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
"""The number of recorded writes by kind, without JSON patches, which `applied` does not support."""


def writes(how: str) -> list[Record]:
    """Return the recorded writes of one kind."""
    return [record for record in records("apply") if record["how"] == how]


def predicted(record: Record) -> dict[str, Any]:
    """Return the result of a write according to portmap."""
    return manifests.applied(
        record["new"],
        live=record["live"],
        how=record["how"],
        last_applied=record["last_applied"],
        managers=record["managers"],
        cluster=cluster(NEWEST),
    )


def without_picks(manifest: Record, record: Record) -> Any:
    """Return the manifest without node ports and addresses that the write picked."""
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
    """Return the difference between portmap and the server, if there is one."""
    try:
        after = predicted(record)
    except ValidationError as error:
        return _difference_in_refusal(record, error)
    if not record["accepted"]:
        return f"portmap: accepted; server: {record['code']} {record['message']}"
    actual, expected = without_picks(after, record), without_picks(record["after"], record)
    return None if actual == expected else f"portmap: {json.dumps(actual)}; server: {json.dumps(expected)}"


def _difference_in_refusal(record: Record, error: ValidationError) -> str | None:
    if record["accepted"]:
        return f"portmap: {error}; server: accepted"
    fields = [cause["field"] for cause in record["causes"]]
    if record["code"] == 422 and fields != ["patch"]:
        actual = {(violation.reason, violation.field) for violation in error.violations}
        expected = {(cause["reason"], cause["field"]) for cause in record["causes"]}
        return None if actual == expected else f"portmap: {actual}; server: {expected}"
    if record["code"] == 409:
        owned = "\n".join(violation.message for violation in error.violations)
        missing = [field for field in fields if f" owns {field}, " not in owned]
        return f"portmap has no conflict in {missing}" if missing or len(fields) != owned.count("owns") else None
    return None


@pytest.mark.parametrize("how", WRITES)
def test_a_write_ends_as_it_did(how: str) -> None:
    """Acceptance, causes, conflicts and the object after the write are as recorded."""
    cases = writes(how)
    differences = {record["id"]: difference(record) for record in cases}
    wrong = [f"{name}: {text[:1500]}" for name, text in differences.items() if text]
    assert not wrong, f"{len(wrong)} differences, such as\n" + "\n".join(wrong[:_SHOWN])
    assert len(cases) == WRITES[how]


def test_a_client_side_apply_sends_what_kubectl_sent() -> None:
    """The patch is equal to that of `kubectl apply`, including the annotation."""
    for record in writes("client-apply"):
        if record["code"] == 0:
            continue  # kubectl failed before it sent anything.
        new = {**record["new"], "metadata": {"namespace": "default", **record["new"]["metadata"]}}
        live = {"status": {"loadBalancer": {}}, **record["live"]}  # An empty status was not recorded.
        patch = three_way_patch(record["last_applied"] or {}, with_last_applied(new), live, SERVICE_MERGE)
        [sent] = record["sent"] or [{"body": "{}"}]
        assert patch == json.loads(sent["body"]), record["id"]


def test_the_annotation_of_client_side_apply_is_kept_up_to_date() -> None:
    """After an apply, the annotation is equal to the recorded one."""
    compared = 0
    for how in ("client-apply", "server-apply", "server-apply-force"):
        for record in writes(how):
            if record["accepted"]:
                actual, expected = (
                    each["metadata"].get("annotations", {}).get(LAST_APPLIED)
                    for each in (predicted(record), record["after"])
                )
                assert actual == expected, record["id"]
                compared += actual is not None
    assert compared > 250


@pytest.mark.parametrize("how", ["create", "client-apply", "server-apply"])
def test_a_new_service_has_the_owners_that_it_had(how: Any) -> None:
    """The object and its managers after the first write are as recorded."""
    compared = 0
    for record in records("apply"):
        if record["created_by"] == how and not record["between"] and record["how"] != "patch-json":
            created = create(record["first"], how, cluster(NEWEST))
            assert created.managers == read_managers(record["managers"], {}, SERVICE_MERGE), record["id"]
            known = {**record, "new": record["first"], "live": created.object}
            expected = without_picks({**record["live"], "metadata": created.object["metadata"]}, known)
            assert without_picks(created.object, known) == expected, record["id"]
            compared += 1
    assert compared > 200


@pytest.mark.parametrize("how", ["server-apply", "server-apply-force"])
def test_fields_change_owners_as_they_did(how: str) -> None:
    """The managers after a server-side apply are as recorded."""
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
