"""Server-side apply: owners of fields, and conflicts."""

from typing import Any

import pytest
from hypothesis import given

from portmap._apiserver.field_sets import fields_of
from portmap._apiserver.kubectl_apply import LAST_APPLIED
from portmap._apiserver.managed_fields import KUBECTL, Manager, Managers, migrated, read_managers
from portmap._apiserver.merge_types import SERVICE_MERGE, WriteRefusedError
from portmap._apiserver.server_side_apply import apply_manifest
from random_objects import small_manifests as manifests

OTHER = Manager("other", "Apply")
CREATE = Manager("kubectl-create", "Update")
CLIENT = Manager("kubectl-client-side-apply", "Update")
LIVE: dict[str, Any] = {
    "metadata": {"name": "web"},
    "spec": {
        "ports": [{"name": "a", "port": 80, "protocol": "TCP"}, {"name": "b", "port": 81, "protocol": "TCP"}],
        "type": "NodePort",
    },
}


def owning(manager: Manager, manifest: dict[str, Any] = LIVE) -> Managers:
    """Return managers with a single one, which wrote the manifest."""
    return {manager: fields_of(manifest, SERVICE_MERGE)}


def apply(
    new: dict[str, Any], managers: Managers, live: dict[str, Any] = LIVE, *, force: bool = False, last: Any = None
) -> tuple[dict[str, Any], Managers]:
    """Return the object and its managers after an apply."""
    return apply_manifest(live, new, managers, SERVICE_MERGE, force=force, last_applied=last)


def with_ports(*ports: dict[str, Any]) -> dict[str, Any]:
    """Return `LIVE` with other ports."""
    return {"metadata": {"name": "web"}, "spec": {"ports": [*ports], "type": "NodePort"}}


class TestRemoval:
    """An apply removes fields that only its manager owned."""

    def test_its_own_port_is_removed(self) -> None:
        """A port without other owners is removed."""
        after, _ = apply(with_ports({"name": "a", "port": 80}), owning(KUBECTL))
        assert [port["port"] for port in after["spec"]["ports"]] == [80]

    def test_a_port_of_another_stays(self) -> None:
        """After `kubectl create`, an apply removes nothing."""
        after, managers = apply(with_ports({"name": "a", "port": 80}), owning(CREATE))
        assert [port["port"] for port in after["spec"]["ports"]] == [80, 81]
        assert managers[CREATE] == owning(CREATE)[CREATE]

    def test_a_port_that_both_own_stays(self) -> None:
        """A port stays as long as it has an owner."""
        both = {**owning(KUBECTL), **owning(OTHER)}
        after, managers = apply(with_ports({"name": "a", "port": 80}), both)
        assert after == LIVE
        assert not any("81" in step for path in managers[KUBECTL] for step in path)

    def test_a_whole_list_can_go(self) -> None:
        """A manifest without ports removes all ports of its manager."""
        after, _ = apply({"spec": {"type": "NodePort"}}, owning(KUBECTL))
        assert after["spec"] == {"type": "NodePort"}


class TestConflicts:
    """A change of a field of another manager is refused unless it is forced."""

    RENAMED = with_ports({"name": "x", "port": 80}, {"name": "b", "port": 81})

    def test_the_conflict_names_the_field(self) -> None:
        """The field is that of the manifest; the message has the path and the other manager."""
        with pytest.raises(WriteRefusedError) as refused:
            apply(self.RENAMED, owning(CREATE))
        [violation] = refused.value.violations
        assert (violation.field, violation.reason) == ("spec.ports[0].name", "FieldManagerConflict")
        assert '"kubectl-create" owns .spec.ports[port=80,protocol="TCP"].name' in violation.message

    @pytest.mark.parametrize(
        ("field", "place"),
        [
            ({"metadata": {"labels": {"a/b": "2"}}}, "metadata.labels[a/b]"),
            ({"metadata": {"finalizers": ["x/a"]}}, "metadata.finalizers[0]"),
        ],
    )
    def test_other_places(self, field: dict[str, Any], place: str) -> None:
        """The field of a label has its key, and the field of a finalizer its index."""
        owned = {"metadata": {"labels": {"a/b": "1"}, "finalizers": ["x/a"]}}
        live = {"metadata": {"labels": {"a/b": "1"}}}
        with pytest.raises(WriteRefusedError) as refused:
            apply(field, owning(OTHER, owned), live)
        assert [violation.field for violation in refused.value.violations] == [place]

    def test_force_takes_the_field_over(self) -> None:
        """The other manager no longer owns the field."""
        after, managers = apply(self.RENAMED, owning(CREATE), force=True)
        assert after["spec"]["ports"][0]["name"] == "x"
        assert owning(CREATE)[CREATE] - managers[CREATE] == {
            ("f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}', "f:name")
        }

    def test_the_same_value_is_shared(self) -> None:
        """Two managers can own one field with the same value."""
        after, managers = apply(LIVE, owning(OTHER))
        assert after == LIVE
        assert set(managers) == {OTHER, KUBECTL}

    def test_client_side_apply_gives_way(self) -> None:
        """A field with the value of the last client-side apply causes no conflict."""
        after, _ = apply(self.RENAMED, owning(CLIENT), last=LIVE)
        assert after["spec"]["ports"][0]["name"] == "x"
        with pytest.raises(WriteRefusedError):
            apply(self.RENAMED, owning(CLIENT), last=with_ports({"port": 80}, {"name": "b", "port": 81}))

    def test_without_managers_everything_conflicts(self) -> None:
        """Fields without an owner belong to the manager `before-first-apply`."""
        with pytest.raises(WriteRefusedError, match="before-first-apply"):
            apply(self.RENAMED, read_managers((), LIVE, SERVICE_MERGE))
        assert apply(LIVE, read_managers((), LIVE, SERVICE_MERGE))[0] == LIVE


class TestOrder:
    """Ports are in the order of the manifest; those of other managers keep their places."""

    @pytest.mark.parametrize(
        ("live", "new", "order"),
        [
            ([1, 2], [2, 1], [2, 1]),
            ([1, 2, 3], [3], [1, 2, 3]),
            ([9, 1, 2], [2, 1], [9, 2, 1]),
            ([1, 9, 2], [3, 2, 1], [9, 3, 2, 1]),
            ([1, 9], [1, 2], [1, 9, 2]),
            ([], [1], [1]),
        ],
    )
    def test_order(self, live: list[int], new: list[int], order: list[int]) -> None:
        """The order is that of the server."""
        before, config = (with_ports(*({"port": number} for number in numbers)) for numbers in (live, new))
        after, _ = apply(config, owning(OTHER, before), before)
        assert [port["port"] for port in after["spec"]["ports"]] == order


class TestRefusals:
    """Manifests that cannot be merged."""

    def test_an_item_twice(self) -> None:
        """A port without a protocol has the key of TCP."""
        with pytest.raises(WriteRefusedError) as refused:
            apply(with_ports({"port": 80}, {"port": 80, "protocol": "TCP"}), {})
        assert [violation.field for violation in refused.value.violations] == ["spec.ports[1]"]

    def test_managed_fields(self) -> None:
        """Only the server writes managed fields."""
        with pytest.raises(WriteRefusedError, match=r"metadata\.managedFields"):
            apply({"metadata": {"managedFields": [{}]}}, {})


class TestMigration:
    """The migration of `kubectl` from client-side apply."""

    def test_its_fields_change_hands(self) -> None:
        """After the migration, an apply removes ports."""
        annotated = {**LIVE, "metadata": {"annotations": {LAST_APPLIED: "{}"}}}
        managers = migrated(owning(CLIENT, annotated))
        assert managers is not None
        assert CLIENT not in managers
        after, _ = apply(with_ports({"name": "a", "port": 80}), managers, {**LIVE, **annotated})
        assert [port["port"] for port in after["spec"]["ports"]] == [80]
        assert after["metadata"]["annotations"] == {LAST_APPLIED: "{}"}

    def test_there_is_nothing_to_take(self) -> None:
        """Without an owner of the annotation there is no migration."""
        assert migrated(owning(CREATE)) is None


def test_managers_of_one_name_are_told_apart() -> None:
    """Managers differ by name, operation and subresource; entries of the same manager are merged."""
    entries: list[dict[str, Any]] = [
        {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:type": {}}}},
        {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:clusterIP": {}}}},
        {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {"f:type": {}}}},
        {"manager": "kubectl", "operation": "Update", "subresource": "status"},
    ]
    managers = read_managers(entries, {}, SERVICE_MERGE)
    assert {manager: len(fields) for manager, fields in managers.items()} == {
        KUBECTL: 2,
        Manager("kubectl", "Update"): 1,
        Manager("kubectl", "Update", "status"): 0,
    }


def filled(value: Any) -> Any:
    """Return the value without nulls and empty values, which are equal to a server."""
    if isinstance(value, dict):
        return {key: below for key, item in value.items() if (below := filled(item)) not in (None, {}, [])}
    return value


@given(manifests(), manifests())
def test_the_same_again_changes_nothing(first: dict[str, Any], second: dict[str, Any]) -> None:
    """A second apply of the same manifest changes neither the object nor its managers."""
    live, managers = apply(first, {}, {})
    after, owners = apply(second, managers, live)
    again, same_owners = apply(second, owners, after)
    assert (filled(again), same_owners) == (filled(after), owners)
    assert owners.get(KUBECTL, frozenset()) <= fields_of(second, SERVICE_MERGE)
