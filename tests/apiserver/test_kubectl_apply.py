"""The patch that `kubectl apply` sends."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap._apiserver.kubectl_apply import LAST_APPLIED, annotated, three_way_patch, with_last_applied
from portmap._apiserver.merge_types import SERVICE_MERGE, WriteRefusedError
from portmap._apiserver.strategic_merge import apply_patch


def spec_patch(last: dict[str, Any], new: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """Return the patch of a spec."""
    patch = three_way_patch({"spec": last}, {"spec": new}, {"spec": live}, SERVICE_MERGE)
    found: dict[str, Any] = patch.get("spec", {})
    return found


class TestThreeWays:
    """The comparison of the last applied manifest, the new one and the live object."""

    def test_what_is_new_or_differs_is_set(self) -> None:
        """The patch has no field whose value is live."""
        live = {"type": "ClusterIP", "sessionAffinity": "None", "externalIPs": ["192.0.2.1"]}
        new = {"type": "ClusterIP", "sessionAffinity": "ClientIP", "externalIPs": ["192.0.2.1"], "selector": {"a": "b"}}
        assert spec_patch({}, new, live) == {"sessionAffinity": "ClientIP", "selector": {"a": "b"}}

    def test_what_was_applied_and_is_left_out_is_removed(self) -> None:
        """Fields of other writers stay."""
        last, live = (
            {"type": "NodePort", "selector": {"a": "1", "b": "2"}},
            {"type": "LoadBalancer", "clusterIP": "::1"},
        )
        assert spec_patch(last, {"selector": {"a": "1"}}, {**live, "selector": {"a": "1", "b": "2", "c": "3"}}) == {
            "type": None,
            "selector": {"b": None},
        }

    def test_nothing_to_do_is_an_empty_patch(self) -> None:
        """`kubectl` sends no request for an empty patch."""
        manifest = {"spec": {"ports": [{"port": 80}, {"port": 53}]}}
        live = {"spec": {"ports": [{"port": 80, "protocol": "TCP"}, {"port": 53}], "type": "ClusterIP"}}
        assert three_way_patch(manifest, manifest, live, SERVICE_MERGE) == {}

    def test_ports_are_deleted_by_number(self) -> None:
        """The patch has the order of the new ports."""
        last = {"ports": [{"port": 80}, {"port": 81, "name": "b"}]}
        assert spec_patch(last, {"ports": [{"port": 81}]}, last) == {
            "$setElementOrder/ports": [{"port": 81}],
            "ports": [{"name": None, "port": 81}, {"port": 80, "$patch": "delete"}],
        }

    def test_an_order_alone_is_sent(self) -> None:
        """The same ports in another order make a patch with the order alone."""
        last = {"ports": [{"port": 80}, {"port": 81}]}
        reordered = {"ports": [{"port": 81}, {"port": 80}]}
        assert spec_patch(last, reordered, last) == {"$setElementOrder/ports": [{"port": 81}, {"port": 80}]}

    def test_a_live_list_without_items_takes_all(self) -> None:
        """Without live ports, the patch has all new ports."""
        assert spec_patch({}, {"ports": [{"port": 80}]}, {"ports": []}) == {"ports": [{"port": 80}]}
        assert spec_patch({}, {"ports": []}, {"ports": []}) == {}

    def test_finalizers_are_added_and_removed_one_by_one(self) -> None:
        """Finalizers merge as a set."""
        last, new, live = ({"metadata": {"finalizers": each}} for each in (["a", "b"], ["b", "c"], ["a", "b"]))
        assert three_way_patch(last, new, live, SERVICE_MERGE)["metadata"] == {
            "finalizers": ["c"],
            "$deleteFromPrimitiveList/finalizers": ["a"],
            "$setElementOrder/finalizers": ["b", "c"],
        }

    @pytest.mark.parametrize(("item", "field"), [(None, "spec.ports[1]"), ({"name": "x"}, "spec.ports[1].port")])
    def test_kubectl_itself_fails(self, item: Any, field: str) -> None:
        """`kubectl` cannot compare a port that is not an object or has no number."""
        with pytest.raises(WriteRefusedError) as refused:
            spec_patch({}, {"ports": [{"port": 80}, item]}, {"ports": [{"port": 80}]})
        assert [violation.field for violation in refused.value.violations] == [field]


class TestOneNumberTwice:
    """`kubectl` confuses TCP and UDP of one number."""

    def test_a_second_protocol_is_no_new_port(self) -> None:
        """The second protocol does not appear."""
        udp, tcp = {"port": 53, "protocol": "UDP", "name": "udp"}, {"port": 53, "protocol": "TCP", "name": "tcp"}
        after = self.applied([udp], [udp, tcp])
        assert after == [udp]

    def test_to_remove_one_removes_both(self) -> None:
        """The deletion of a number deletes both protocols."""
        udp, tcp = {"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}
        assert self.applied([udp, tcp], [udp]) == []

    def test_a_change_of_one_lands_on_the_other(self) -> None:
        """A change of the second port changes the first one."""
        udp, tcp = {"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}
        changed = self.applied([udp, tcp], [udp, {**tcp, "targetPort": 9}])
        assert changed == [{**udp, "targetPort": 9}, tcp]

    @staticmethod
    def applied(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the live ports after an apply."""
        last, live = {"spec": {"ports": old}}, {"spec": {"ports": old}}
        patch = three_way_patch(last, {"spec": {"ports": new}}, live, SERVICE_MERGE)
        after: list[dict[str, Any]] = apply_patch(live, patch, SERVICE_MERGE)["spec"]["ports"]
        return after


class TestAnnotation:
    """The annotation with the last applied manifest."""

    def test_it_is_one_line_of_json(self) -> None:
        """Keys are sorted, and characters with a meaning in HTML are escaped, as in Go."""
        manifest = {"metadata": {"name": "web", "annotations": {"note": "<é & …>"}}, "kind": "Service"}
        text = with_last_applied(manifest)["metadata"]["annotations"][LAST_APPLIED]
        assert text == (
            '{"kind":"Service","metadata":{"annotations":{"note":"\\u003cé \\u0026 …\\u003e"},"name":"web"}}\n'
        )

    def test_it_does_not_hold_itself(self) -> None:
        """The annotation of an exported manifest is not part of the new annotation."""
        manifest = {"metadata": {"name": "web"}}
        once = with_last_applied(manifest)
        assert with_last_applied(once) == once

    def test_it_is_set_on_an_object(self) -> None:
        """An object keeps its other annotations."""
        live = {"metadata": {"annotations": {"a": "b", LAST_APPLIED: "{}"}}}
        assert annotated(live, {})["metadata"]["annotations"] == {"a": "b", LAST_APPLIED: "{}\n"}


PORTS = st.lists(
    st.fixed_dictionaries(
        {"port": st.integers(1, 9)},
        optional={"name": st.sampled_from("abc"), "targetPort": st.sampled_from(["http", 80])},
    ),
    max_size=4,
    unique_by=lambda port: port["port"],
)
SPECS = st.fixed_dictionaries(
    {"ports": PORTS},
    optional={
        "type": st.sampled_from(["ClusterIP", "NodePort"]),
        "selector": st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy")),
        "externalIPs": st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2"]), max_size=2),
    },
)


@given(SPECS, SPECS)
def test_the_patch_leads_to_the_manifest(last: dict[str, Any], new: dict[str, Any]) -> None:
    """Without other writers and shared numbers, the result is the new manifest, in its order."""
    patch = three_way_patch({"spec": last}, {"spec": new}, {"spec": last}, SERVICE_MERGE)
    assert apply_patch({"spec": last}, patch, SERVICE_MERGE) == {"spec": new}


@given(SPECS, SPECS, SPECS)
def test_the_same_again_changes_nothing(last: dict[str, Any], new: dict[str, Any], live: dict[str, Any]) -> None:
    """A second apply of the same manifest changes nothing."""
    manifest = with_last_applied({"metadata": {"name": "web"}, "spec": new})
    after = apply_patch(
        {"spec": live}, three_way_patch({"spec": last}, manifest, {"spec": live}, SERVICE_MERGE), SERVICE_MERGE
    )
    remembered = json.loads(after["metadata"]["annotations"][LAST_APPLIED])
    again = three_way_patch(remembered, manifest, after, SERVICE_MERGE)
    assert apply_patch(after, again, SERVICE_MERGE) == after
