"""What is remembered of earlier verdicts, and what must not be taken for it."""

from typing import Any

import pytest

from portmap import Cluster, Service, ServicePort, ValidationError
from portmap._kubernetes.memory import Remembered, likeness


def test_numbers_that_are_equal_are_not_alike() -> None:
    """`1`, `1.0` and `True` are equal to Python, and three different things in a manifest."""
    assert len({likeness((1,)), likeness((1.0,)), likeness((True,))}) == 3


def test_no_more_than_a_thousand_things_are_kept() -> None:
    """The memory is bounded: where it is full it starts anew."""
    memory = Remembered()
    for number in range(5000):
        memory.add(number)
        assert number in memory
    assert sum(number in memory for number in range(5000)) <= 1024


def test_what_cannot_be_hashed_is_not_remembered() -> None:
    """Lists are never in the memory."""
    memory = Remembered()
    memory.add(([],))
    assert ([],) not in memory


@pytest.mark.parametrize("bad", [{"port": True}, {"port": 1.0}, {"target_port": 1.0}, {"name": ["a"]}])
def test_a_bad_port_is_refused_after_a_good_one_that_is_equal(bad: dict[str, Any]) -> None:
    """A port is no better for looking like one that was accepted."""
    fields: dict[str, Any] = {"port": 1, "name": "a", "target_port": 1}
    for _ in range(2):
        ServicePort(**fields)
        with pytest.raises(ValidationError) as caught:
            ServicePort(**(fields | bad))
        # Nobody need hear of what the memory is made of.
        assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "bad",
    [
        {"health_check_node_port": 30000.0},
        {"publish_not_ready_addresses": 1},
        {"namespace": 5},
        {"name": "Web"},
        {"labels": {"a b": "c"}},
        {"selector": {"a": "b c"}},
        {"selector": {"a": 1}},
        {"selector": ["a"]},
        {"ports": ["http"]},
        {"annotations": {"a b": "c"}},
        {"unmodelled": {"spec": {"unknown": 1}}},
    ],
)
def test_a_bad_service_is_refused_after_a_good_one_of_its_shape(bad: dict[str, Any]) -> None:
    """A Service is no better for being of the shape of one that was accepted."""
    fields: dict[str, Any] = {
        "name": "web",
        "namespace": "shop",
        "type": "LoadBalancer",
        "external_traffic_policy": "Local",
        "health_check_node_port": 30000,
        "publish_not_ready_addresses": True,
        "labels": {"a": "b"},
        "selector": {"a": "b"},
        "ports": [ServicePort(80)],
    }
    for _ in range(2):
        Service(**fields)
        with pytest.raises(ValidationError):
            Service(**(fields | bad))


def test_a_cluster_that_accepts_less_is_asked_itself() -> None:
    """What one cluster accepted, another still refuses."""
    ports = [ServicePort(80, node_port=30080)]
    for _ in range(2):
        Service("web", type="NodePort", ports=ports)
        with Cluster(node_port_range=range(20000, 20100)), pytest.raises(ValidationError):
            Service("web", type="NodePort", ports=ports)
