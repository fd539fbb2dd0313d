"""Rules of the server and their groups."""

import re
from typing import Any, Final

import attrs
import pytest

from portmap import Cluster, Service, ServicePort
from portmap._apiserver.ip_families import FAMILY_RULES
from portmap._apiserver.problems import Problem
from portmap._apiserver.registry import RULE_GROUPS
from portmap._apiserver.rule import Rule, RuleGroup, Stage
from portmap._apiserver.updates import UPDATE_RULES
from portmap._kubernetes.field_path import FieldPath
from portmap._model.services import service_state
from portmap.manifests import validate

ALL: Final = list({rule.code: rule for group in RULE_GROUPS for rule in group}.values())


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.code)
class TestEveryRule:
    """The documentation of each rule."""

    def test_it_is_documented(self, each: Rule[object]) -> None:
        """It has a title and a source."""
        assert each.summary.endswith(".")
        assert each.documentation.startswith(each.summary)
        assert each.source

    def test_its_code_is_a_name(self, each: Rule[object]) -> None:
        """Codes are words in lower case, joined by hyphens."""
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", each.code)

    def test_its_reason_is_the_apis(self, each: Rule[object]) -> None:
        """A violation has a reason of the API, a warning has none."""
        assert (each.reason is None) == (each.stage is Stage.WARNINGS)
        assert each.reason is None or each.reason.startswith("FieldValue")


def test_a_code_is_never_reused() -> None:
    """One code is one rule, in whatever groups it is."""
    by_code: dict[str, Rule[Any]] = {}
    for group in RULE_GROUPS:
        for rule in group:
            assert by_code.setdefault(rule.code, rule) is rule


def test_groups_have_names_of_their_own() -> None:
    """The documentation names groups."""
    names = [group.name for group in RULE_GROUPS]
    assert len(names) == len(set(names))


def test_a_group_warns_or_refuses() -> None:
    """The rules of a group are all warnings or all violations."""
    for group in RULE_GROUPS:
        assert {rule.reason is None for rule in group} == {group.stage is Stage.WARNINGS}


@attrs.frozen
class Thing:
    """A subject for rules of the tests' own."""

    size: int = 0
    colour: str = ""


THINGS: Final = RuleGroup[Thing]("things")
WARNINGS: Final = RuleGroup[Thing]("warnings about things", stage=Stage.WARNINGS)
called: list[str] = []


@THINGS.rule("odd-colour", "colour", "FieldValueNotSupported", source="here", when="colour")
def odd_colour(thing: Thing) -> list[Problem]:
    """A thing is blue, if it has a colour.

    There is no reason for it.
    """
    called.append("odd-colour")
    return [Problem(FieldPath("colour"), "must be blue", thing.colour, "paint it")] if thing.colour != "blue" else []


@THINGS.rule("too-small", "size", "FieldValueInvalid", source="here")
def too_small(thing: Thing) -> list[Problem] | None:
    """A thing has a size."""
    called.append("too-small")
    return [Problem(FieldPath("size"), "must be more", thing.size)] if thing.size < 1 else None


@WARNINGS.warning("too-blue", "colour", source="here")
def too_blue(thing: Thing) -> list[Problem]:
    """A thing that is blue is too blue."""
    return [Problem(FieldPath("colour"), "is too blue", hint="wash it")] if thing.colour == "blue" else []


class TestGroups:
    """Groups of rules."""

    def test_order(self) -> None:
        """Violations come in the order of the rules, under the path of the subject."""
        found = THINGS.violations(Thing(colour="red"), FieldPath("things", 3))
        assert [(violation.field, violation.code) for violation in found] == [
            ("things[3].colour", "odd-colour"),
            ("things[3].size", "too-small"),
        ]
        assert found[0].hint == "paint it"
        assert found[0].message == 'Unsupported value: "red": must be blue'

    def test_a_rule_with_nothing_to_look_at_is_not_called(self) -> None:
        """A rule that looks at one attribute is not called where that is empty."""
        called.clear()
        assert THINGS.violations(Thing(size=1)) == []
        assert called == ["too-small"]

    def test_a_rule_can_be_in_several_groups(self) -> None:
        """A group can include a rule of another group; without rules, nothing is wrong."""
        others = RuleGroup[Thing]("other things")
        assert others.violations(Thing()) == []
        assert others.include(too_small) is too_small
        assert [violation.code for violation in others.violations(Thing())] == ["too-small"]

    def test_iteration(self) -> None:
        """A group has its rules in the order of their definition."""
        assert list(THINGS) == [odd_colour, too_small]
        assert repr(THINGS) == "<RuleGroup things: 2 rules>"

    def test_warnings(self) -> None:
        """A warning has no reason and is no violation."""
        [found] = WARNINGS.warnings(Thing(colour="blue"), FieldPath("things", 0))
        assert (found.field, found.code, found.hint) == ("things[0].colour", "too-blue", "wash it")
        assert found.as_dict() == {
            "field": "things[0].colour",
            "code": "too-blue",
            "message": "is too blue",
            "hint": "wash it",
        }
        assert str(found) == "things[0].colour: is too blue  [too-blue]\n    hint: wash it"
        assert str(attrs.evolve(found, hint=None)) == "things[0].colour: is too blue  [too-blue]"
        assert WARNINGS.warnings(Thing()) == []

    def test_documentation(self) -> None:
        """The first line of a docstring is the summary; the rest follows without indentation."""
        assert odd_colour.summary == "A thing is blue, if it has a colour."
        assert odd_colour.documentation == "A thing is blue, if it has a colour.\n\nThere is no reason for it."


def test_cluster_ip_without_cluster_ips() -> None:
    """`clusterIPs` is required beside `clusterIP`; no manifest can break that, as the server fills it in."""
    service = Service("web", cluster_ip="None")
    [found] = FAMILY_RULES.violations(service_state(service, Cluster()), FieldPath("spec"))
    assert (found.field, found.code) == ("spec.clusterIPs", "cluster-ips-required")


def test_a_primary_cluster_ip_that_is_gone() -> None:
    """The primary cluster IP cannot be unset; no update can do that, as the server keeps the old one."""
    cluster = Cluster()
    state = service_state(Service("web", ports=[ServicePort(80)]), cluster)
    state.old = service_state(Service("web", ports=[ServicePort(80)], cluster_ip="10.0.0.5"), cluster)
    state.old.cluster_ips = ["10.0.0.5"]
    [found] = UPDATE_RULES.violations(state)
    assert (found.field, found.code) == ("spec.clusterIPs[0]", "cluster-ip-immutable")


def test_an_owner_is_the_same_in_whatever_order_it_is_written() -> None:
    """A controller that is repeated with its fields in another order counts once."""
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
    """Return the codes and messages of an update of one spec to another."""
    made = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
        for spec in (old, new)
    ]
    metadata = {"name": "web", "namespace": "shop", "uid": "1", "resourceVersion": "1"}
    stored_before = {**made[0], "metadata": metadata}
    return {each.code: each.message for each in validate(made[1], old=stored_before)}


def test_a_changed_address_names_the_old_one() -> None:
    """The message has the old address."""
    dual = {
        "clusterIP": "10.0.0.7",
        "clusterIPs": ["10.0.0.7", "fd00:10::7"],
        "ipFamilies": ["IPv4", "IPv6"],
        "ipFamilyPolicy": "PreferDualStack",
        "ports": [{"port": 80}],
    }
    found = updated(dual, {**dual, "clusterIP": "10.0.0.8", "clusterIPs": ["10.0.0.8", "fd00:10::7"]})
    assert "from 10.0.0.7" in found["cluster-ip-immutable"]


@pytest.mark.parametrize(("before", "old_class"), [(None, "from none"), ("example.com/lb", "from example.com/lb")])
def test_a_changed_load_balancer_class_names_the_old_one(before: str | None, old_class: str) -> None:
    """The message has the old class, also if there was none."""
    spec: dict[str, Any] = {
        "type": "LoadBalancer",
        "clusterIP": "10.0.0.7",
        "clusterIPs": ["10.0.0.7"],
        "ports": [{"port": 80, "nodePort": 30080}],
    }
    old = spec if before is None else {**spec, "loadBalancerClass": before}
    assert (
        old_class in updated(old, {**spec, "loadBalancerClass": "example.com/other"})["load-balancer-class-immutable"]
    )
