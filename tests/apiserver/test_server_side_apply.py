"""Server-side apply: who owns what, and who may change it."""

from typing import Any

import pytest
from hypothesis import given

from portmap._apiserver.field_sets import fields_of
from portmap._apiserver.kubectl_apply import LAST_APPLIED
from portmap._apiserver.managed_fields import KUBECTL, Manager, Managers, migrated, read_managers
from portmap._apiserver.merge_types import SERVICE_MERGE, WriteRefusedError
from portmap._apiserver.server_side_apply import apply_manifest
from service_writes import manifests

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
    """That this manager wrote the manifest, and nobody anything else."""
    return {manager: fields_of(manifest, SERVICE_MERGE)}


def apply(
    new: dict[str, Any], managers: Managers, live: dict[str, Any] = LIVE, *, force: bool = False, last: Any = None
) -> tuple[dict[str, Any], Managers]:
    """The object and its owners after an apply."""
    return apply_manifest(live, new, managers, SERVICE_MERGE, force=force, last_applied=last)


def with_ports(*ports: dict[str, Any]) -> dict[str, Any]:
    """`LIVE` with other ports."""
    return {"metadata": {"name": "web"}, "spec": {"ports": [*ports], "type": "NodePort"}}


class TestRemoval:
    """What the manager wrote and leaves out goes, unless somebody else has it too."""

    def test_its_own_port_is_removed(self) -> None:
        """Nobody else owns it."""
        after, _ = apply(with_ports({"name": "a", "port": 80}), owning(KUBECTL))
        assert [port["port"] for port in after["spec"]["ports"]] == [80]

    def test_a_port_of_another_stays(self) -> None:
        """So after `kubectl create` nothing is ever removed."""
        after, managers = apply(with_ports({"name": "a", "port": 80}), owning(CREATE))
        assert [port["port"] for port in after["spec"]["ports"]] == [80, 81]
        assert managers[CREATE] == owning(CREATE)[CREATE]

    def test_a_port_that_both_own_stays(self) -> None:
        """It goes when the last owner leaves it out."""
        both = {**owning(KUBECTL), **owning(OTHER)}
        after, managers = apply(with_ports({"name": "a", "port": 80}), both)
        assert after == LIVE
        assert not any("81" in step for path in managers[KUBECTL] for step in path)

    def test_a_whole_list_can_go(self) -> None:
        """A manifest without ports removes those that it had."""
        after, _ = apply({"spec": {"type": "NodePort"}}, owning(KUBECTL))
        assert after["spec"] == {"type": "NodePort"}


class TestConflicts:
    """To change what another manager owns is refused, unless it is forced."""

    RENAMED = with_ports({"name": "x", "port": 80}, {"name": "b", "port": 81})

    def test_the_conflict_names_the_field(self) -> None:
        """Its path is that of the manifest; the message has the server's spelling and the other manager."""
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
        """A label is a key, a finalizer an item."""
        owned = {"metadata": {"labels": {"a/b": "1"}, "finalizers": ["x/a"]}}
        live = {"metadata": {"labels": {"a/b": "1"}}}
        with pytest.raises(WriteRefusedError) as refused:
            apply(field, owning(OTHER, owned), live)
        assert [violation.field for violation in refused.value.violations] == [place]

    def test_force_takes_the_field_over(self) -> None:
        """The other manager does not own it any more."""
        after, managers = apply(self.RENAMED, owning(CREATE), force=True)
        assert after["spec"]["ports"][0]["name"] == "x"
        assert owning(CREATE)[CREATE] - managers[CREATE] == {
            ("f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}', "f:name")
        }

    def test_the_same_value_is_shared(self) -> None:
        """Two managers may own one field."""
        after, managers = apply(LIVE, owning(OTHER))
        assert after == LIVE
        assert set(managers) == {OTHER, KUBECTL}

    def test_client_side_apply_gives_way(self) -> None:
        """What is as the last client-side apply wrote it may be changed, whoever the server thinks owns it."""
        after, _ = apply(self.RENAMED, owning(CLIENT), last=LIVE)
        assert after["spec"]["ports"][0]["name"] == "x"
        with pytest.raises(WriteRefusedError):
            apply(self.RENAMED, owning(CLIENT), last=with_ports({"port": 80}, {"name": "b", "port": 81}))

    def test_without_managers_everything_conflicts(self) -> None:
        """The server takes what it knows no owner of for that of `before-first-apply`."""
        with pytest.raises(WriteRefusedError, match="before-first-apply"):
            apply(self.RENAMED, read_managers((), LIVE, SERVICE_MERGE))
        assert apply(LIVE, read_managers((), LIVE, SERVICE_MERGE))[0] == LIVE


class TestOrder:
    """Ports come in the order of the manifest; those of others keep their neighbours."""

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
        """As the server has it."""
        before, config = (with_ports(*({"port": number} for number in numbers)) for numbers in (live, new))
        after, _ = apply(config, owning(OTHER, before), before)
        assert [port["port"] for port in after["spec"]["ports"]] == order


class TestRefusals:
    """What no object is made of."""

    def test_an_item_twice(self) -> None:
        """A protocol that is left out is TCP."""
        with pytest.raises(WriteRefusedError) as refused:
            apply(with_ports({"port": 80}, {"port": 80, "protocol": "TCP"}), {})
        assert [violation.field for violation in refused.value.violations] == ["spec.ports[1]"]

    def test_managed_fields(self) -> None:
        """They are the server's."""
        with pytest.raises(WriteRefusedError, match=r"metadata\.managedFields"):
            apply({"metadata": {"managedFields": [{}]}}, {})


class TestMigration:
    """`kubectl` takes over from client-side apply."""

    def test_its_fields_change_hands(self) -> None:
        """From then on, leaving one out removes it."""
        annotated = {**LIVE, "metadata": {"annotations": {LAST_APPLIED: "{}"}}}
        managers = migrated(owning(CLIENT, annotated))
        assert managers is not None
        assert CLIENT not in managers
        after, _ = apply(with_ports({"name": "a", "port": 80}), managers, {**LIVE, **annotated})
        assert [port["port"] for port in after["spec"]["ports"]] == [80]
        assert after["metadata"]["annotations"] == {LAST_APPLIED: "{}"}

    def test_there_is_nothing_to_take(self) -> None:
        """Nobody owns the annotation."""
        assert migrated(owning(CREATE)) is None


def test_managers_of_one_name_are_told_apart() -> None:
    """Applies and updates, and those of the status, have fields of their own; two entries of one are one."""
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
    """The value without nulls and what is empty, between which no server tells."""
    if isinstance(value, dict):
        return {key: below for key, item in value.items() if (below := filled(item)) not in (None, {}, [])}
    return value


@given(manifests(), manifests())
def test_the_same_again_changes_nothing(first: dict[str, Any], second: dict[str, Any]) -> None:
    """A second apply of a manifest leaves object and owners as the first one made them."""
    live, managers = apply(first, {}, {})
    after, owners = apply(second, managers, live)
    again, same_owners = apply(second, owners, after)
    assert (filled(again), same_owners) == (filled(after), owners)
    assert owners.get(KUBECTL, frozenset()) <= fields_of(second, SERVICE_MERGE)
