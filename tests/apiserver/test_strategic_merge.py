"""Strategic merge patches: lists that merge, and the directives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap._apiserver.merge_types import SERVICE_MERGE, WriteRefusedError
from portmap._apiserver.strategic_merge import apply_patch, in_order_of, merge_patches

LIVE: dict[str, Any] = {
    "metadata": {"name": "web", "labels": {"a": "1", "b": "2"}, "finalizers": ["x/a", "x/b"]},
    "spec": {
        "ports": [{"name": "http", "port": 80, "nodePort": 30080}, {"name": "admin", "port": 81}],
        "selector": {"app": "web", "tier": "front"},
        "externalIPs": ["192.0.2.1"],
    },
}


def ports(*patch: dict[str, Any], **directives: Any) -> list[dict[str, Any]]:
    """Return the ports of `LIVE` after a patch of them."""
    changed = apply_patch(LIVE, {"spec": {"ports": [*patch], **directives}}, SERVICE_MERGE)
    found: list[dict[str, Any]] = changed["spec"]["ports"]
    return found


def refusal(patch: dict[str, Any]) -> tuple[str, str]:
    """Return the field and the reason of the refusal of a patch of `LIVE`."""
    with pytest.raises(WriteRefusedError) as refused:
        apply_patch(LIVE, patch, SERVICE_MERGE)
    [violation] = refused.value.violations
    return violation.field, violation.reason


class TestFields:
    """Patches of fields that are not lists."""

    def test_maps_merge_key_by_key(self) -> None:
        """Labels and selector keep the keys that are not in the patch; `null` removes a key."""
        changed = apply_patch(LIVE, {"spec": {"selector": {"app": "api", "tier": None}}}, SERVICE_MERGE)
        assert changed["spec"]["selector"] == {"app": "api"}
        assert changed["metadata"] == LIVE["metadata"]

    def test_other_lists_are_replaced(self) -> None:
        """A list without a merge key is replaced."""
        changed = apply_patch(LIVE, {"spec": {"externalIPs": ["192.0.2.9"]}}, SERVICE_MERGE)
        assert changed["spec"]["externalIPs"] == ["192.0.2.9"]

    def test_a_directive_replaces_or_empties_an_object(self) -> None:
        """`$patch: replace` replaces the object with the patch, `$patch: delete` empties it."""
        for patch, left in (({"$patch": "replace", "x": "y"}, {"x": "y"}), ({"$patch": "delete"}, {})):
            assert apply_patch(LIVE, {"spec": {"selector": patch}}, SERVICE_MERGE)["spec"]["selector"] == left

    def test_retained_keys_alone_stay(self) -> None:
        """`$retainKeys` removes all other fields, and must name every field that the patch sets."""
        kept = {"$retainKeys": ["app", "x"], "x": "y"}
        changed = apply_patch(LIVE, {"spec": {"selector": kept}}, SERVICE_MERGE)
        assert changed["spec"]["selector"] == {"app": "web", "x": "y"}
        assert refusal({"spec": {"selector": {"$retainKeys": ["app"], "x": "y"}}})[0] == "spec.selector.$retainKeys"

    def test_a_new_field_comes_without_nulls_and_directives(self) -> None:
        """A field that is not live is copied from the patch, without nulls and directives."""
        patch = {"status": {"loadBalancer": None, "conditions": [{"$patch": "delete", "type": "A"}, {"type": "B"}]}}
        assert apply_patch(LIVE, patch, SERVICE_MERGE)["status"] == {"conditions": [{"type": "B"}]}

    def test_unknown_directives_are_refused(self) -> None:
        """An unknown directive is refused."""
        assert refusal({"spec": {"selector": {"$patch": "merge"}}})[0] == "spec.selector.$patch"
        assert refusal({"spec": {"ports": [{"$patch": "merge", "port": 80}]}})[0] == "spec.ports[0].$patch"


class TestPorts:
    """Ports merge by their number alone."""

    def test_a_port_of_that_number_is_merged(self) -> None:
        """The live port keeps the fields that are not in the patch, such as its node port."""
        assert ports({"port": 80, "name": "web"})[0] == {"name": "web", "port": 80, "nodePort": 30080}

    def test_another_number_is_another_port(self) -> None:
        """A new number is a new port, before the ports that are not in the patch."""
        assert [port["port"] for port in ports({"port": 90})] == [90, 80, 81]

    def test_a_port_is_deleted_by_number(self) -> None:
        """`$patch: delete` removes each port of that number."""
        assert [port["port"] for port in ports({"port": 80, "$patch": "delete"})] == [81]

    def test_the_list_is_replaced_by_a_directive(self) -> None:
        """An item `$patch: replace` makes the other items of the patch the whole list."""
        assert ports({"$patch": "replace"}, {"port": 90}) == [{"port": 90}]

    def test_the_order_can_be_set(self) -> None:
        """`$setElementOrder` sorts its ports; the others keep their places between them."""
        order = {"$setElementOrder/ports": [{"port": 81}, {"port": 80}]}
        assert [port["port"] for port in ports(**order)] == [81, 80]
        order = {"$setElementOrder/ports": [{"port": 90}, {"port": 81}]}
        assert [port["port"] for port in ports({"port": 90}, **order)] == [90, 80, 81]

    def test_the_order_names_what_is_patched(self) -> None:
        """A port of the patch that is not in the order is refused."""
        field, _ = refusal({"spec": {"$setElementOrder/ports": [{"port": 80}], "ports": [{"port": 90}]}})
        assert field == "spec.ports"

    def test_tcp_and_udp_of_one_number_are_taken_for_one(self) -> None:
        """Both items of the patch merge into the first live port with the number."""
        assert ports({"port": 80, "protocol": "TCP", "name": "tcp"}, {"port": 80, "protocol": "UDP"})[0] == {
            "name": "tcp",
            "port": 80,
            "protocol": "UDP",
            "nodePort": 30080,
        }

    @pytest.mark.parametrize("item", [{"name": "x"}, {"$patch": "delete"}])
    def test_a_port_without_number_is_refused(self, item: dict[str, Any]) -> None:
        """A port without its merge key is refused."""
        assert refusal({"spec": {"ports": [item]}}) == ("spec.ports[0].port", "FieldValueRequired")

    @pytest.mark.parametrize("item", [None, "80", 80])
    def test_a_port_that_is_no_object_is_refused(self, item: Any) -> None:
        """Items of a list with a merge key must be objects."""
        assert refusal({"spec": {"ports": [item]}}) == ("spec.ports[0]", "FieldValueInvalid")

    def test_an_order_that_is_no_list_is_refused(self) -> None:
        """A list or its order that is not a list is refused."""
        assert refusal({"spec": {"$setElementOrder/ports": {}, "ports": []}})[0] == "spec.ports"


class TestFinalizers:
    """Finalizers merge as a set."""

    def test_they_are_added_and_removed_by_name(self) -> None:
        """`$deleteFromPrimitiveList` removes items; items that are live are not repeated."""
        patch = {"finalizers": ["x/b", "x/c"], "$deleteFromPrimitiveList/finalizers": ["x/a"]}
        changed = apply_patch(LIVE, {"metadata": patch}, SERVICE_MERGE)
        assert sorted(changed["metadata"]["finalizers"]) == ["x/b", "x/c"]


def patches() -> st.SearchStrategy[dict[str, Any]]:
    """Return patches of the ports of a Service."""
    number = st.integers(80, 83)
    item = st.one_of(
        st.fixed_dictionaries({"port": number}, optional={"name": st.sampled_from("abc"), "nodePort": st.none()}),
        st.fixed_dictionaries({"port": number, "$patch": st.just("delete")}),
    )
    return st.fixed_dictionaries({"spec": st.fixed_dictionaries({"ports": st.lists(item, max_size=4)})})


@given(patches())
def test_nothing_given_is_changed(patch: dict[str, Any]) -> None:
    """The live object and the patch do not change, and the result has each number once."""
    live, before = repr(LIVE), repr(patch)
    numbers = [port["port"] for port in apply_patch(LIVE, patch, SERVICE_MERGE)["spec"]["ports"]]
    assert len(numbers) == len(set(numbers))
    assert (repr(LIVE), repr(patch)) == (live, before)


def test_two_patches_become_one() -> None:
    """The result has the directives and nulls of both; the second patch has precedence."""
    first = {"spec": {"ports": [{"port": 80, "$patch": "delete"}], "type": None}, "metadata": {"labels": None}}
    second = {"spec": {"ports": [{"port": 90}], "$setElementOrder/ports": [{"port": 90}]}, "metadata": {"labels": {}}}
    assert merge_patches(first, second, SERVICE_MERGE) == {
        "spec": {
            "ports": [{"port": 90}, {"port": 80, "$patch": "delete"}],
            "$setElementOrder/ports": [{"port": 90}],
            "type": None,
        },
        "metadata": {"labels": {}},
    }


def test_deletions_come_last() -> None:
    """Deletions are not part of the order."""
    items = [{"port": 80, "$patch": "delete"}, {"port": 81}, {"port": 82}]
    assert in_order_of(items, [{"port": 82}, {"port": 81}], lambda item: item["port"]) == [items[2], items[1], items[0]]
