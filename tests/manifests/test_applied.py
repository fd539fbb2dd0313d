"""What a write makes of a live Service. The recorded writes are compared in `tests/conformance`."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portmap import Cluster, Service, ServicePort, ValidationError, to_manifest
from portmap.manifests import applied, stored, validate
from strategies_for_tests import EVERYWHERE, services

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
WRITES: tuple[Any, ...] = (
    "client-apply",
    "server-apply",
    "server-apply-force",
    "replace",
    "patch-strategic",
    "patch-merge",
)


def service(*ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A manifest with these ports."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"app": "web"}, "ports": [*ports], **spec},
    }


WEB = service({"name": "http", "port": 80})


def refusal(new: Any, **options: Any) -> list[tuple[str, str]]:
    """The code and the field of each violation."""
    with pytest.raises(ValidationError) as refused:
        applied(new, **{"live": stored(WEB), **options})
    return [(violation.code, violation.field) for violation in refused.value.violations]


class TestWhatIsTaken:
    """The manifest, the live object and what was applied before, in the forms in which people have them."""

    def test_json_text_and_objects(self) -> None:
        """Text, a mapping and a typed object are one."""
        typed = Service("web", namespace="shop", selector={"app": "web"}, ports=[ServicePort(80, name="http")])
        expected = applied(WEB, live=stored(WEB), how="replace")
        for new in (json.dumps(WEB), to_manifest(typed)):
            assert applied(new, live=stored(WEB), how="replace") == expected

    @pytest.mark.parametrize("new", ["{", "[]", '{"kind": "Service", "kind": "Service"}'])
    def test_what_is_no_manifest_is_refused(self, new: str) -> None:
        """As `validate` refuses it."""
        assert refusal(new, how="replace")

    def test_an_unknown_way_is_an_error(self) -> None:
        """Nothing is written in a way that nobody knows."""
        how: Any = "apply"
        with pytest.raises(ValueError, match="client-apply, server-apply"):
            applied(WEB, live=stored(WEB), how=how)

    def test_the_last_applied_manifest_is_in_the_live_object(self) -> None:
        """It is read from the annotation, or given as a mapping or as text."""
        first = service({"name": "http", "port": 80}, {"name": "old", "port": 81})
        live = stored(first)
        marked = {**live, "metadata": {**live["metadata"], "annotations": {LAST_APPLIED: json.dumps(first)}}}
        for options in ({"last_applied": first}, {"last_applied": json.dumps(first)}, {}):
            before = live if options else marked
            after = applied(WEB, live=before, how="client-apply", **options)
            assert [port["port"] for port in after["spec"]["ports"]] == [80]
        assert len(applied(WEB, live=live, how="client-apply")["spec"]["ports"]) == 2

    def test_the_managers_are_in_the_live_object(self) -> None:
        """They are given, or read from `metadata.managedFields`; an empty list is none."""
        managers = [{"manager": "other", "operation": "Apply", "fieldsV1": {"f:spec": {"f:type": {}}}}]
        live = stored(WEB)
        marked = {**live, "metadata": {**live["metadata"], "managedFields": managers}}
        new = {**WEB, "spec": {**WEB["spec"], "type": "NodePort"}}
        assert refusal(new, live=marked, how="server-apply") == [("field-manager-conflict", "spec.type")]
        assert refusal(new, live=live, managers=managers, how="server-apply")
        assert applied(new, live=marked, managers=[{"manager": "x"}], how="server-apply")["spec"]["type"] == "NodePort"
        assert refusal(new, live=marked, managers=[], how="server-apply") == [("field-manager-conflict", "spec.type")]

    def test_a_namespace_that_is_left_out_is_that_of_the_live_object(self) -> None:
        """As `kubectl` fills in that of its context."""
        new = {**WEB, "metadata": {"name": "web"}}
        for how in WRITES:
            assert applied(new, live=stored(WEB), how=how)["metadata"]["namespace"] == "shop"

    def test_numbers_pass_a_yaml_reader(self) -> None:
        """An apply reads `80.0` as 80; a request in JSON does not."""
        new = service({"name": "http", "port": 80.0})
        assert applied(new, live=stored(WEB), how="client-apply")["spec"]["ports"][0]["port"] == 80
        assert refusal(new, how="replace") == [("wrong-type", "spec.ports[0].port")]


class TestRefusals:
    """What the server or `kubectl` refuses."""

    @pytest.mark.parametrize("how", ["client-apply", "server-apply", "replace"])
    def test_unknown_fields(self, how: str) -> None:
        """A manifest with a field that no Service has is refused."""
        assert refusal({**WEB, "spec": {**WEB["spec"], "port": 80}}, how=how) == [("unknown-field", "spec.port")]

    @pytest.mark.parametrize("how", ["patch-strategic", "patch-merge"])
    def test_a_patch_drops_unknown_fields(self, how: Any) -> None:
        """`kubectl patch` asks for a warning only."""
        assert applied({"spec": {"port": 80}}, live=stored(WEB), how=how) == stored(WEB)
        assert applied({"spec": {"ports": [{"port": 80, "x": 1}]}}, live=stored(WEB), how=how)["spec"]["ports"]

    @pytest.mark.parametrize("how", WRITES)
    def test_what_no_update_may_change(self, how: str) -> None:
        """The merged object is validated as an update."""
        live = {**stored(WEB), "spec": {**stored(WEB)["spec"], "clusterIP": "10.0.0.9", "clusterIPs": ["10.0.0.9"]}}
        new = {**WEB, "spec": {**WEB["spec"], "clusterIP": "None"}}
        found = refusal(new, live=live, how=how, managers=[{"manager": "x", "operation": "Apply"}])
        assert found == [("cluster-ip-immutable", "spec.clusterIPs[0]")]

    @pytest.mark.parametrize("how", WRITES)
    def test_another_name(self, how: str) -> None:
        """A write is of one object."""
        assert refusal({**WEB, "metadata": {"name": "api", "namespace": "shop"}}, how=how)


@given(services(), st.sampled_from(WRITES))
def test_the_same_manifest_again_changes_nothing(given_service: Service, how: Any) -> None:
    """However it is written, the manifest of which a live Service was made leaves that as it is."""
    manifest = to_manifest(given_service)
    numbers = [port.port for port in given_service.ports]
    assume(given_service.name)  # One that the server completes cannot be written again.
    assume(len(set(numbers)) == len(numbers))  # One number twice is another matter.
    live = stored(manifest, cluster=EVERYWHERE)
    assume(not validate(manifest, old=live, cluster=EVERYWHERE))
    managers = [{"manager": "x", "operation": "Apply"}]
    after = applied(manifest, live=live, how=how, last_applied=manifest, managers=managers, cluster=EVERYWHERE)
    after["metadata"].get("annotations", {}).pop(LAST_APPLIED, None)
    if not after["metadata"].get("annotations", True):
        del after["metadata"]["annotations"]
    assert after == live


def test_the_cluster_counts() -> None:
    """A write is judged by the version and the flags of the cluster."""
    live = stored({**WEB, "metadata": {"name": "web"}})
    new = {**WEB, "metadata": {"name": "web"}, "spec": {**WEB["spec"], "trafficDistribution": "PreferSameNode"}}
    assert applied(new, live=live, how="client-apply", cluster=Cluster("1.34"))
    with pytest.raises(ValidationError, match=r"1\.33"):
        applied(new, live=live, how="client-apply", cluster=Cluster("1.33"))
