"""Writes of a live Service. The tests of recorded writes are in `tests/conformance`."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from manifest_objects import service_manifest
from portmap import Cluster, ManifestError, Service, ServicePort, ValidationError, to_manifest
from portmap.manifests import applied, stored, validate
from random_objects import EVERYWHERE, services
from violations import refusals

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
    """Return a manifest with these ports."""
    return service_manifest({"ports": [*ports]} | spec, {"namespace": "shop"})


WEB = service({"name": "http", "port": 80})


def refusal(new: Any, **options: Any) -> list[tuple[str, str]]:
    """Return the code and the field of each violation."""
    return refusals(applied, new, **{"live": stored(WEB), **options})


class TestWhatIsTaken:
    """The forms of the manifest, the live object, the last applied manifest and the managers."""

    def test_json_text_and_objects(self) -> None:
        """JSON text, a mapping and a typed object have the same result."""
        typed = Service("web", namespace="shop", selector={"app": "web"}, ports=[ServicePort(80, name="http")])
        expected = applied(WEB, live=stored(WEB), how="replace")
        for new in (json.dumps(WEB), to_manifest(typed)):
            assert applied(new, live=stored(WEB), how="replace") == expected

    @pytest.mark.parametrize("new", ["{", "[]", '{"kind": "Service", "kind": "Service"}'])
    def test_what_is_no_manifest_is_refused(self, new: str) -> None:
        """A text that is not a manifest is refused as by `validate`."""
        assert refusal(new, how="replace")

    def test_an_unknown_way_is_an_error(self) -> None:
        """An unknown write is an error."""
        how: Any = "apply"
        with pytest.raises(ValueError, match="client-apply, server-apply"):
            applied(WEB, live=stored(WEB), how=how)

    def test_the_last_applied_manifest_is_in_the_live_object(self) -> None:
        """The last applied manifest is an argument, as a mapping or text, or an annotation of the live object."""
        first = service({"name": "http", "port": 80}, {"name": "old", "port": 81})
        live = stored(first)
        marked = {**live, "metadata": {**live["metadata"], "annotations": {LAST_APPLIED: json.dumps(first)}}}
        for options in ({"last_applied": first}, {"last_applied": json.dumps(first)}, {}):
            before = live if options else marked
            after = applied(WEB, live=before, how="client-apply", **options)
            assert [port["port"] for port in after["spec"]["ports"]] == [80]
        assert len(applied(WEB, live=live, how="client-apply")["spec"]["ports"]) == 2

    def test_the_managers_are_in_the_live_object(self) -> None:
        """The managers are an argument, or those of the live object. An empty list means no managers."""
        managers = [{"manager": "other", "operation": "Apply", "fieldsV1": {"f:spec": {"f:type": {}}}}]
        live = stored(WEB)
        marked = {**live, "metadata": {**live["metadata"], "managedFields": managers}}
        new = {**WEB, "spec": {**WEB["spec"], "type": "NodePort"}}
        assert refusal(new, live=marked, how="server-apply") == [("field-manager-conflict", "spec.type")]
        assert refusal(new, live=live, managers=managers, how="server-apply")
        assert applied(new, live=marked, managers=[{"manager": "x"}], how="server-apply")["spec"]["type"] == "NodePort"
        assert refusal(new, live=marked, managers=[], how="server-apply") == [("field-manager-conflict", "spec.type")]

    @pytest.mark.parametrize("live", [None, [], {"spec": []}, {"spec": {"ports": [1]}}, {"spec": {"x": 1}}])
    def test_a_live_object_that_is_none(self, live: Any) -> None:
        """A live object or managers that no server returns are a `ManifestError`."""
        with pytest.raises(ManifestError, match="live is not from a server"):
            applied(WEB, live=live, how="replace")
        for entry in (None, 1, {"manager": "x", "fieldsV1": [1]}, {"fieldsV1": "x"}):
            managers: list[Any] = [entry]
            with pytest.raises(ManifestError, match="managers are not from a server"):
                applied(WEB, live=stored(WEB), how="server-apply", managers=managers)

    @pytest.mark.parametrize("last", ["{", "[]", '{"spec": []}'])
    def test_a_last_applied_manifest_that_is_none(self, last: str) -> None:
        """`kubectl apply` fails if it cannot read what it applied before."""
        for how in ("client-apply", "server-apply"):
            [(_, field)] = refusal(WEB, how=how, last_applied=last)
            assert field.startswith("metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]")

    def test_a_namespace_that_is_left_out_is_that_of_the_live_object(self) -> None:
        """The default namespace is that of the live object."""
        new = {**WEB, "metadata": {"name": "web"}}
        for how in WRITES:
            assert applied(new, live=stored(WEB), how=how)["metadata"]["namespace"] == "shop"

    def test_numbers_pass_a_yaml_reader(self) -> None:
        """An apply reads `80.0` as 80; a replace does not."""
        new = service({"name": "http", "port": 80.0})
        assert applied(new, live=stored(WEB), how="client-apply")["spec"]["ports"][0]["port"] == 80
        assert refusal(new, how="replace") == [("wrong-type", "spec.ports[0].port")]


class TestRefusals:
    """Refused writes."""

    @pytest.mark.parametrize("how", ["client-apply", "server-apply", "replace"])
    def test_unknown_fields(self, how: str) -> None:
        """A manifest with an unknown field is refused."""
        assert refusal({**WEB, "spec": {**WEB["spec"], "port": 80}}, how=how) == [("unknown-field", "spec.port")]

    @pytest.mark.parametrize("how", ["patch-strategic", "patch-merge"])
    def test_a_patch_drops_unknown_fields(self, how: Any) -> None:
        """`kubectl patch` requests no strict validation."""
        assert applied({"spec": {"port": 80}}, live=stored(WEB), how=how) == stored(WEB)
        assert applied({"spec": {"ports": [{"port": 80, "x": 1}]}}, live=stored(WEB), how=how)["spec"]["ports"]

    @pytest.mark.parametrize("how", WRITES)
    def test_what_no_update_may_change(self, how: str) -> None:
        """The requested object is validated as an update."""
        live = {**stored(WEB), "spec": {**stored(WEB)["spec"], "clusterIP": "10.0.0.9", "clusterIPs": ["10.0.0.9"]}}
        new = {**WEB, "spec": {**WEB["spec"], "clusterIP": "None"}}
        found = refusal(new, live=live, how=how, managers=[{"manager": "x", "operation": "Apply"}])
        assert found == [("cluster-ip-immutable", "spec.clusterIPs[0]")]

    @pytest.mark.parametrize("how", WRITES)
    def test_another_name(self, how: str) -> None:
        """A write cannot rename a Service."""
        assert refusal({**WEB, "metadata": {"name": "api", "namespace": "shop"}}, how=how)


@given(services(), st.sampled_from(WRITES))
def test_the_same_manifest_again_changes_nothing(given_service: Service, how: Any) -> None:
    """A second write of the same manifest changes nothing."""
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
    """The result depends on the version of the cluster."""
    live = stored({**WEB, "metadata": {"name": "web"}})
    new = {**WEB, "metadata": {"name": "web"}, "spec": {**WEB["spec"], "trafficDistribution": "PreferSameNode"}}
    assert applied(new, live=live, how="client-apply", cluster=Cluster("1.34"))
    with pytest.raises(ValidationError, match=r"1\.33"):
        applied(new, live=live, how="client-apply", cluster=Cluster("1.33"))
