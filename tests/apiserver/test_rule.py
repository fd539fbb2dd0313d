"""Rules as data: each documented, and lists of them that keep their order."""

import re
from collections.abc import Mapping
from typing import Any, Final

import attrs
import pytest

from portmap import Cluster, Service, ServicePort
from portmap._apiserver.allocation import ADDRESS_RULES, HEALTH_CHECK_RULES, NAMELESS_RULES, NODE_PORT_RULES
from portmap._apiserver.ip_families import CONFIGURED_RULES, FAMILY_RULES, STACK_RULES
from portmap._apiserver.metadata import METADATA_RULES, METADATA_UPDATE_RULES
from portmap._apiserver.pod_manifest import CONTAINER_MANIFEST_RULES, NEWER_FIELD_RULES, POD_MANIFEST_RULES
from portmap._apiserver.pod_rules import CONTAINER_RULES, POD_RULES
from portmap._apiserver.pod_warnings import POD_WARNINGS
from portmap._apiserver.port_rules import CONTAINER_PORT_RULES, SERVICE_PORT_RULES
from portmap._apiserver.probe_rules import HANDLER_RULES
from portmap._apiserver.rule import Problem, Rule, Rules, Stage, rule, warning
from portmap._apiserver.service_rules import SERVICE_RULES
from portmap._apiserver.service_warnings import SERVICE_WARNINGS
from portmap._apiserver.updates import UPDATE_RULES
from portmap._kubernetes.field_path import FieldPath
from portmap._model.check_set import SET_RULES
from portmap._model.services import service_state
from portmap.manifests import validate

STAGES: Final[Mapping[Stage, tuple[Rules[Any], ...]]] = {
    Stage.DECODE: (NEWER_FIELD_RULES,),
    Stage.FAMILIES: (FAMILY_RULES,),
    Stage.STACK: (STACK_RULES,),
    Stage.CONFIGURED: (CONFIGURED_RULES,),
    Stage.ADDRESSES: (NAMELESS_RULES, ADDRESS_RULES),
    Stage.NODE_PORTS: (NODE_PORT_RULES,),
    Stage.HEALTH_CHECK: (HEALTH_CHECK_RULES,),
    Stage.FIELDS: (
        *(METADATA_RULES, METADATA_UPDATE_RULES, UPDATE_RULES, SERVICE_RULES, SERVICE_PORT_RULES),
        *(CONTAINER_PORT_RULES, CONTAINER_RULES, POD_RULES, HANDLER_RULES),
        *(CONTAINER_MANIFEST_RULES, POD_MANIFEST_RULES),
    ),
    Stage.WARNINGS: (SERVICE_WARNINGS, POD_WARNINGS),
}
ALL: Final = [each for tables in STAGES.values() for table in tables for each in table] + list(SET_RULES)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.code)
class TestEveryRule:
    """What each rule says about itself."""

    def test_it_is_documented(self, each: Rule[object]) -> None:
        """Its summary is a sentence, and it names the place in Kubernetes from which it comes."""
        assert each.summary.endswith(".")
        assert each.documentation.startswith(each.summary)
        assert each.source

    def test_its_code_is_a_name(self, each: Rule[object]) -> None:
        """Codes are words in lower case with hyphens between them."""
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", each.code)

    def test_its_reason_is_the_apis(self, each: Rule[object]) -> None:
        """A violation has one of the API's reasons, a warning none."""
        assert (each.reason is None) == (each.stage is Stage.WARNINGS)
        assert each.reason is None or each.reason.startswith("FieldValue")


def test_rules_stand_where_the_server_applies_them() -> None:
    """Each list holds the rules of its stage and of no other."""
    for stage, tables in STAGES.items():
        assert {each.stage for table in tables for each in table} == {stage}


def test_a_code_is_never_reused() -> None:
    """One code is one rule, in whatever lists it stands."""
    by_code: dict[str, Rule[object]] = {}
    for each in ALL:
        assert by_code.setdefault(each.code, each) is each


@attrs.frozen
class Thing:
    """A subject for rules of the tests' own."""

    size: int = 0
    colour: str = ""


called: list[str] = []


@rule("too-small", "size", "FieldValueInvalid", source="here")
def too_small(thing: Thing) -> list[Problem] | None:
    """A thing has a size."""
    called.append("too-small")
    return [Problem(FieldPath("size"), "must be more", thing.size)] if thing.size < 1 else None


@rule("odd-colour", "colour", "FieldValueNotSupported", source="here", when="colour")
def odd_colour(thing: Thing) -> list[Problem]:
    """A thing is blue, if it has a colour.

    Why, nobody knows.
    """
    called.append("odd-colour")
    return [Problem(FieldPath("colour"), "must be blue", thing.colour, "paint it")] if thing.colour != "blue" else []


@warning("too-blue", "colour", source="here")
def too_blue(thing: Thing) -> list[Problem]:
    """A thing that is blue is too blue."""
    return [Problem(FieldPath("colour"), "is too blue", hint="wash it")] if thing.colour == "blue" else []


class TestLists:
    """Rules in order."""

    def test_order(self) -> None:
        """Violations come in the order of the rules, under the path of the subject."""
        found = Rules(odd_colour, too_small, odd_colour).broken_by(Thing(colour="red"), FieldPath("things", 3))
        assert [(each.field, each.code) for each in found] == [
            ("things[3].colour", "odd-colour"),
            ("things[3].size", "too-small"),
            ("things[3].colour", "odd-colour"),
        ]
        assert found[0].hint == "paint it"
        assert found[0].message == 'Unsupported value: "red": must be blue'

    def test_what_has_nothing_to_look_at_is_not_asked(self) -> None:
        """A rule that looks at one attribute is not called where that is empty."""
        called.clear()
        assert Rules(odd_colour, odd_colour, too_small).broken_by(Thing(size=1)) == []
        assert called == ["too-small"]

    def test_it_is_a_sequence(self) -> None:
        """The rules can be counted, listed and picked."""
        rules = Rules(too_small, odd_colour)
        assert len(rules) == 2
        assert list(rules) == [too_small, odd_colour]
        assert rules[0] is too_small
        assert list(rules[1:]) == [odd_colour]

    def test_warnings(self) -> None:
        """What is only warned about has no reason and is no violation."""
        [found] = Rules(too_blue).warned_about(Thing(colour="blue"), FieldPath("things", 0))
        assert (found.field, found.code, found.hint) == ("things[0].colour", "too-blue", "wash it")
        assert found.as_dict() == {
            "field": "things[0].colour",
            "code": "too-blue",
            "message": "is too blue",
            "hint": "wash it",
        }
        assert str(found) == "things[0].colour: is too blue  [too-blue]\n    hint: wash it"
        assert str(attrs.evolve(found, hint=None)) == "things[0].colour: is too blue  [too-blue]"
        assert Rules(too_blue).warned_about(Thing()) == []

    def test_documentation_is_that_of_the_function(self) -> None:
        """The first line is the summary; the rest follows without indentation."""
        assert odd_colour.summary == "A thing is blue, if it has a colour."
        assert odd_colour.documentation == "A thing is blue, if it has a colour.\n\nWhy, nobody knows."


def test_cluster_ip_without_cluster_ips() -> None:
    """No manifest gets that far, but were `clusterIPs` missing beside `clusterIP`, it would be required."""
    service = Service("web", cluster_ip="None")
    [found] = FAMILY_RULES.broken_by(service_state(service, Cluster()), FieldPath("spec"))
    assert (found.field, found.code) == ("spec.clusterIPs", "cluster-ips-required")


def test_a_primary_cluster_ip_that_is_gone() -> None:
    """Nor does any update without an address, as the old one is carried over; were it missing, it would be refused."""
    cluster = Cluster()
    state = service_state(Service("web", ports=[ServicePort(80)]), cluster)
    state.old = service_state(Service("web", ports=[ServicePort(80)], cluster_ip="10.0.0.5"), cluster)
    state.old.cluster_ips = ["10.0.0.5"]
    [found] = UPDATE_RULES.broken_by(state)
    assert (found.field, found.code) == ("spec.clusterIPs[0]", "cluster-ip-immutable")


def test_an_owner_is_the_same_in_whatever_order_it_is_written() -> None:
    """A controlling owner that is named twice, with its fields in another order, is one controller."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": True}
    manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "ownerReferences": [owner, dict(reversed(owner.items()))]},
        "spec": {"ports": [{"port": 80}]},
    }
    assert validate(manifest) == ()
    manifest["metadata"] = {"name": "web", "ownerReferences": [owner, owner | {"uid": "2"}]}
    assert {each.code for each in validate(manifest)} == {"several-controllers"}


def updated(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    """The codes and messages of an update of one spec to another."""
    made = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
        for spec in (old, new)
    ]
    metadata = {"name": "web", "namespace": "shop", "uid": "1", "resourceVersion": "1"}
    stored_before = {**made[0], "metadata": metadata}
    return {each.code: each.message for each in validate(made[1], old=stored_before)}


def test_a_changed_address_names_the_old_one() -> None:
    """What may not change is told as it was."""
    dual = {
        "clusterIP": "10.0.0.7",
        "clusterIPs": ["10.0.0.7", "fd00:10::7"],
        "ipFamilies": ["IPv4", "IPv6"],
        "ipFamilyPolicy": "PreferDualStack",
        "ports": [{"port": 80}],
    }
    found = updated(dual, {**dual, "clusterIP": "10.0.0.8", "clusterIPs": ["10.0.0.8", "fd00:10::7"]})
    assert "from 10.0.0.7" in found["cluster-ip-immutable"]


@pytest.mark.parametrize(("before", "told"), [(None, "from none"), ("example.com/lb", "from example.com/lb")])
def test_a_changed_load_balancer_class_names_the_old_one(before: str | None, told: str) -> None:
    """Also where there was none."""
    spec: dict[str, Any] = {
        "type": "LoadBalancer",
        "clusterIP": "10.0.0.7",
        "clusterIPs": ["10.0.0.7"],
        "ports": [{"port": 80, "nodePort": 30080}],
    }
    old = spec if before is None else {**spec, "loadBalancerClass": before}
    assert told in updated(old, {**spec, "loadBalancerClass": "example.com/other"})["load-balancer-class-immutable"]
