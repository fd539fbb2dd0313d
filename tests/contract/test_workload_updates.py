"""`contract`: immutable fields of workloads, and plans for them."""

from typing import Any

import pytest

from contracts import actions, codes, deployment, service, the
from portmap import Container, ContainerPort, Pod, ServicePort, Workload, contract


def manifest(kind: str = "Deployment", name: str = "web", labels: Any = None, **spec: Any) -> dict[str, Any]:
    """Return a workload whose selector and pods have these labels."""
    labels = labels or {"app": "web"}
    ports = [{"name": "http", "containerPort": 8080}]
    return {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "app", "image": "example.com/app", "ports": ports}]},
            },
            **spec,
        },
    }


SHOP = {"app": "shop"}


class TestFields:
    """Which fields are immutable, by kind."""

    @pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job"])
    def test_a_selector(self, kind: str) -> None:
        """The selector of a workload is immutable."""
        found = contract([manifest(kind)], [manifest(kind, labels=SHOP)])
        change = next(each for each in found.of("refused") if "spec.selector" in each.message)
        assert (change.before, change.after, change.workloads) == ("app=web", "app=shop", (f"{kind} shop/web",))
        assert found.kept

    @pytest.mark.parametrize(
        ("before", "after", "fields"),
        [
            ({"serviceName": "a"}, {"serviceName": "b"}, ["serviceName"]),
            ({"serviceName": "a"}, {}, ["serviceName"]),
            ({"serviceName": ""}, {}, []),
            ({"podManagementPolicy": "OrderedReady"}, {}, []),
            ({}, {"podManagementPolicy": "Parallel"}, ["podManagementPolicy"]),
            ({}, {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}, ["volumeClaimTemplates"]),
            ({"replicas": 1}, {"replicas": 2}, []),
        ],
    )
    def test_a_stateful_set(self, before: Any, after: Any, fields: list[str]) -> None:
        """A StatefulSet has more immutable fields. An explicit default is no change."""
        found = contract([manifest("StatefulSet", **before)], [manifest("StatefulSet", **after)])
        assert [each.message.split(":")[0] for each in found.of("refused")] == [f"spec.{field}" for field in fields]

    def test_the_template_of_a_job(self) -> None:
        """The template of a Job is immutable."""
        changed = manifest("Job")
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/app:2"
        change = the(contract([manifest("Job")], [changed]), "workload-field-immutable")
        assert change.message == "spec.template: field is immutable"
        assert "under another name" in actions(contract([manifest("Job")], [changed]))[0]

    def test_fields_that_may_change(self) -> None:
        """Other kinds have no immutable fields, and a missing selector is unknown."""
        for kind in ("ReplicationController", "CronJob"):
            old, new = manifest(kind), manifest(kind)
            old["spec"], new["spec"] = {"selector": {"a": "b"}}, {"selector": {"a": "c"}}
            old["spec"]["template"] = new["spec"]["template"] = manifest()["spec"]["template"]
            for each in (old, new):
                each["apiVersion"] = "v1" if kind == "ReplicationController" else "batch/v1"
                each["spec"]["jobTemplate"] = {"spec": {"template": manifest()["spec"]["template"]}}
            assert contract([old], [new]).of("refused") == ()
        unknown = manifest()
        del unknown["spec"]["selector"]
        assert contract([unknown], [manifest()]).of("refused") == ()
        other = {**manifest(), "apiVersion": "example.com/v1"}
        changed = {**manifest(labels=SHOP), "apiVersion": "example.com/v1"}
        assert contract([other], [changed]).of("refused") == ()

    def test_typed_workloads(self) -> None:
        """Typed workloads with a selector are compared."""
        pod = Pod("web", namespace="shop", labels={"app": "web"}, containers=[Container("app")], template=True)
        old, new = (Workload("Deployment", "web", pod, selector=each) for each in ({"app": "web"}, {"x": "y"}))
        assert codes(contract([old], [new]), "refused") == {"workload-field-immutable"}
        assert contract([deployment()], [new]).of("refused") == ()

    def test_namespaces(self) -> None:
        """Workloads are paired as Services are."""
        other = manifest(labels=SHOP)
        other["metadata"]["namespace"] = "prod"
        assert contract([manifest()], [other]).of("refused") == ()
        assert contract([manifest()], [other], namespaces={"shop": "prod"}).of("refused")
        assert contract([manifest()], [other], ignore_namespaces=True).of("refused")


class TestPlans:
    """Plans for workloads that must be created again."""

    def test_a_selector_with_that_of_the_service(self) -> None:
        """The Service changes when the new workload is ready beside the old one."""
        for labels in (SHOP, {"app": "web", "tier": "front"}):
            found = contract([service(), manifest()], [service(selector=labels), manifest(labels=labels)])
            assert codes(found, "refused", "disturbing") == {"workload-field-immutable", "selector-moved"}
            create, switch, delete = actions(found)
            assert create.startswith("create the new Deployment/web beside the old one, under another name")
            assert "--cascade=orphan" in create
            assert switch.startswith("change the selector to ")
            assert delete == "delete the old Deployment/web, or the pods that it left"
            assert [step.write for step in found.plan] == [None, "client-apply", None]

    def test_a_selector_alone(self) -> None:
        """Without a change of the Service, the plan replaces the workload."""
        labels = {"app": "web", "version": "2"}
        found = contract([service(), manifest("DaemonSet")], [service(), manifest("DaemonSet", labels=labels)])
        assert codes(found) == {"workload-field-immutable"}
        assert [action.split()[0] for action in actions(found)] == ["create", "delete"]
        assert {step.service for step in found.plan} == {None}

    def test_one_of_two_workloads(self) -> None:
        """One workload is rolled out, the other one is replaced."""
        before = [service(), manifest(), deployment(name="other")]
        after = [service(selector=SHOP), manifest(labels=SHOP), deployment(name="other", app="shop")]
        found = contract(before, after)
        assert [action.split(";")[0].partition(" beside")[0] for action in actions(found)] == [
            "create the new Deployment/web",
            "roll out Deployment/other with the labels of both selectors (app=web and app=shop)",
            "change the selector to app=shop",
            "roll out Deployment/other",
            "delete the old Deployment/web, or the pods that it left",
        ]

    def test_a_number_changes_as_well(self) -> None:
        """The rollout of a plan becomes a replacement of the workload."""
        labels = {"app": "web", "version": "2"}
        moved = manifest(labels=labels)
        moved["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"name": "http", "containerPort": 9090}]
        before = [service(_to(8080)), manifest()]
        found = contract(before, [service(_to(9090)), moved])
        assert [action.split(":")[0] for action in actions(found)] == [
            "set targetPort",
            "replace Deployment/web",
            "set targetPort",
        ]

    def test_the_governing_service_of_a_stateful_set(self) -> None:
        """The new Service exists before the new StatefulSet, and the old one after it."""
        old, new = (
            [service(name=name, cluster_ip="None"), manifest("StatefulSet", name="db", serviceName=name)]
            for name in ("db", "db-headless")
        )
        found = contract(old, new)
        assert codes(found, "refused") == {"workload-field-immutable"}
        assert [(step.service, step.action.split(",")[0].split(":")[0]) for step in found.plan] == [
            ("shop/db-headless", "create the Service beside Service shop/db"),
            ("shop/db", "move its clients to another Service"),
            (None, "delete StatefulSet/db with --cascade=orphan"),
            ("shop/db", "delete the Service"),
        ]

    def test_another_kind(self) -> None:
        """A workload of another kind does not replace the old one, which must be deleted."""
        found = contract([service(), manifest()], [service(), manifest("StatefulSet")])
        assert codes(found) == {"backends-changed"}
        assert actions(found) == [
            "create StatefulSet/web beside Deployment/web, and wait until its pods are ready",
            "delete Deployment/web, which a write of StatefulSet/web does not remove",
        ]
        assert contract([manifest()], [manifest("StatefulSet")]).plan == ()


def _to(number: int) -> ServicePort:
    return ServicePort(80, name="http", target_port=number)


def test_ports_that_change_together() -> None:
    """All ports change in the same writes and the same rollout."""

    def side(offset: int) -> list[Any]:
        names = ("http", "metrics")
        ports = [ServicePort(80 + i, name=name, target_port=offset + i) for i, name in enumerate(names)]
        return [service(*ports), deployment(*(ContainerPort(offset + i, name=name) for i, name in enumerate(names)))]

    found = contract(side(8080), side(9080))
    assert actions(found) == [
        "set targetPort: http on port http 80/TCP; set targetPort: metrics on port metrics 81/TCP",
        "roll out Deployment/web; wait until the old pods are gone",
        "set targetPort: 9080 on port http 80/TCP; set targetPort: 9081 on port metrics 81/TCP",
    ]
    assert [step.write for step in found.plan] == ["client-apply", None, "client-apply"]


def test_tcp_and_udp_change_together() -> None:
    """The steps name other commands, because client-side apply merges the ports."""

    def side(number: int) -> list[Any]:
        protocols: Any = {"dns": "UDP", "dns-tcp": "TCP"}
        return [
            service(
                *(
                    ServicePort(53, name=name, protocol=protocol, target_port=number)
                    for name, protocol in protocols.items()
                )
            ),
            deployment(*(ContainerPort(number, name=name, protocol=protocol) for name, protocol in protocols.items())),
        ]

    found = contract(side(53), side(1053))
    assert [action.rpartition(", ")[2] for action in actions(found)] == [
        "with kubectl apply --server-side",
        "with kubectl replace --save-config; wait until the old pods are gone",
        "with kubectl apply --server-side",
    ]
    assert [step.write for step in found.plan] == ["server-apply", None, "server-apply"]
