"""One chain, traced both ways from each of its links, through the command; its JSON keeps to the documented schema."""

import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from command_line import WEB, portmap
from trace_inputs import AGENTS, INGRESS

SCHEMA: Final = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "schemas" / "trace-1.json").read_text(encoding="utf-8")
)
END: Final = ("Deployment", "web", "app", 8080)
SERVICE: Final = ("Service", "web", 80)


def traced(target: str, code: int = 0, text: str = WEB + INGRESS + AGENTS) -> dict[str, Any]:
    """The one trace of this target, as JSON that keeps to the schema."""
    run = portmap("trace", target, "-", "--format=json", stdin=text)
    data = json.loads(run.out)
    jsonschema.validate(data, SCHEMA)
    assert run.code == code
    [trace] = data["traces"]
    found: dict[str, Any] = trace
    return found


def before(trace: dict[str, Any]) -> list[tuple[str, list[tuple[str, str, int | None]]]]:
    """Who leads there: where each way begins, and the objects and ports that it leads through."""
    return [
        (way["entry"], [(hop["kind"], hop["name"], hop["port"]) for hop in way["hops"]]) for way in trace["approaches"]
    ]


def after(trace: dict[str, Any]) -> list[tuple[list[tuple[str, str, int]], tuple[str, str, str, int]]]:
    """Where it leads: the objects and ports that it leads through, and the port of the container."""
    return [
        (
            [(hop["kind"], hop["name"], hop["port"]) for hop in way["hops"]],
            (way["end"]["kind"], way["end"]["name"], way["end"]["container"], way["end"]["port"]),
        )
        for way in trace["onward"]
    ]


def test_from_a_port_of_a_service() -> None:
    """Outwards to whoever names it, inwards to the container."""
    trace = traced("service/web:http")
    assert trace["subject"]["is"] == "service-port"
    assert before(trace) == [
        ("cluster-ip", []),
        ("node-port", [("Service", "web", 30080)]),
        ("ingress", [("Ingress", "front", None)]),
    ]
    assert after(trace) == [([], END)]


@pytest.mark.parametrize("target", ["deployment/web:http", "deployment/web:8080", "deployment/web:app:http"])
def test_from_a_port_of_a_container(target: str) -> None:
    """It is the end, and every way to it goes through the Service."""
    trace = traced(target)
    assert (trace["subject"]["is"], trace["subject"]["container"]) == ("container-port", "app")
    assert before(trace) == [
        ("cluster-ip", [SERVICE]),
        ("node-port", [("Service", "web", 30080), SERVICE]),
        ("ingress", [("Ingress", "front", None), SERVICE]),
    ]
    assert after(trace) == []


@pytest.mark.parametrize("target", ["shop.example", "shop.example/cart", "https://shop.example/cart?q=1"])
def test_from_a_host_and_path(target: str) -> None:
    """It is outermost, and leads through the Service to the container."""
    trace = traced(target)
    assert (trace["subject"]["is"], trace["subject"]["address"]) == ("request", "shop.example/")
    assert before(trace) == []
    assert after(trace) == [([SERVICE], END)]


@pytest.mark.parametrize("target", ["30080", "30080/TCP"])
def test_from_a_node_port(target: str) -> None:
    """So is a port of every node."""
    trace = traced(target)
    assert (trace["subject"]["is"], trace["subject"]["port"]) == ("node-port", 30080)
    assert before(trace) == []
    assert after(trace) == [([SERVICE], END)]


@pytest.mark.parametrize("target", ["shop.example/api", "deployment/web:dns"])
def test_what_leads_nowhere_keeps_to_the_schema(target: str) -> None:
    """It says so, and the exit code is 1."""
    assert traced(target, code=1)["leadsNowhere"] is True


def test_a_host_port_keeps_to_the_schema() -> None:
    """Its address is that of the host, where it has one."""
    assert traced("53")["subject"]["address"] == "10.0.0.1"


def test_the_schema_is_one() -> None:
    """It is a schema, and says something: what lacks a field, or has another word, does not keep to it."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = json.loads(portmap("trace", "web:http", "-", "--format=json", stdin=WEB).out)
    for field in good:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: value for key, value in good.items() if key != field}, SCHEMA)
    good["traces"][0]["approaches"][0]["entry"] = "somewhere"
    with pytest.raises(jsonschema.ValidationError, match="somewhere"):
        jsonschema.validate(good, SCHEMA)
