"""One chain, traced both ways from each of its hops; the JSON is valid by the documented schema."""

import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from command_line import portmap
from manifest_texts import AGENTS, INGRESS, WEB

SCHEMA: Final = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "schemas" / "trace-1.json").read_text(encoding="utf-8")
)
END: Final = ("Deployment", "web", "app", 8080)
SERVICE: Final = ("Service", "web", 80)


def trace_of(target: str, code: int = 0, text: str = WEB + INGRESS + AGENTS) -> dict[str, Any]:
    """Return the trace of a target, which must be valid by the schema."""
    run = portmap("trace", target, "-", "--format=json", stdin=text)
    data = json.loads(run.out)
    jsonschema.validate(data, SCHEMA)
    assert run.code == code
    [trace] = data["traces"]
    traced: dict[str, Any] = trace
    return traced


def approaches(trace: dict[str, Any]) -> list[tuple[str, list[tuple[str, str, int | None]]]]:
    """Return the entry of each approach, with its objects and ports."""
    return [
        (each["entry"], [(hop["kind"], hop["name"], hop["port"]) for hop in each["hops"]])
        for each in trace["approaches"]
    ]


def onward(trace: dict[str, Any]) -> list[tuple[list[tuple[str, str, int]], tuple[str, str, str, int]]]:
    """Return the objects and ports of each chain onward, and the container port at its end."""
    return [
        (
            [(hop["kind"], hop["name"], hop["port"]) for hop in each["hops"]],
            (each["end"]["kind"], each["end"]["name"], each["end"]["container"], each["end"]["port"]),
        )
        for each in trace["onward"]
    ]


def test_a_service_port() -> None:
    """Everything that refers to it leads to it, and it leads to the container."""
    trace = trace_of("service/web:http")
    assert trace["subject"]["is"] == "service-port"
    assert approaches(trace) == [
        ("cluster-ip", []),
        ("node-port", [("Service", "web", 30080)]),
        ("ingress", [("Ingress", "front", None)]),
    ]
    assert onward(trace) == [([], END)]


@pytest.mark.parametrize("target", ["deployment/web:http", "deployment/web:8080", "deployment/web:app:http"])
def test_a_container_port(target: str) -> None:
    """It is the end; every approach goes through the Service."""
    trace = trace_of(target)
    assert (trace["subject"]["is"], trace["subject"]["container"]) == ("container-port", "app")
    assert approaches(trace) == [
        ("cluster-ip", [SERVICE]),
        ("node-port", [("Service", "web", 30080), SERVICE]),
        ("ingress", [("Ingress", "front", None), SERVICE]),
    ]
    assert onward(trace) == []


@pytest.mark.parametrize("target", ["shop.example", "shop.example/cart", "https://shop.example/cart?q=1"])
def test_a_host_and_path(target: str) -> None:
    """It has no approaches, and leads through the Service to the container."""
    trace = trace_of(target)
    assert (trace["subject"]["is"], trace["subject"]["address"]) == ("request", "shop.example/")
    assert approaches(trace) == []
    assert onward(trace) == [([SERVICE], END)]


@pytest.mark.parametrize("target", ["30080", "30080/TCP"])
def test_a_node_port(target: str) -> None:
    """It has no approaches, and leads through the Service to the container."""
    trace = trace_of(target)
    assert (trace["subject"]["is"], trace["subject"]["port"]) == ("node-port", 30080)
    assert approaches(trace) == []
    assert onward(trace) == [([SERVICE], END)]


@pytest.mark.parametrize("target", ["shop.example/api", "deployment/web:dns"])
def test_a_target_without_endpoints(target: str) -> None:
    """`leadsNowhere` is true, and the exit code is 1."""
    wrong_port = INGRESS.replace("name: wep, port: {name: http}", "name: web, port: {name: htpp}")
    assert trace_of(target, code=1, text=WEB + wrong_port)["leadsNowhere"] is True


def test_a_target_in_doubt() -> None:
    """`leadsNowhere` is false, and the path says why it may be right."""
    trace = trace_of("shop.example/api")
    assert trace["leadsNowhere"] is False
    assert [path["doubt"] for path in trace["onward"]] == ["the input may be incomplete, and the Service elsewhere"]


def test_a_host_port() -> None:
    """Its address is the host IP."""
    assert trace_of("53")["subject"]["address"] == "10.0.0.1"


def test_the_schema_is_strict() -> None:
    """The schema is valid itself, and rejects missing fields and unknown entries."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = json.loads(portmap("trace", "web:http", "-", "--format=json", stdin=WEB).out)
    for field in good:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: value for key, value in good.items() if key != field}, SCHEMA)
    good["traces"][0]["approaches"][0]["entry"] = "somewhere"
    with pytest.raises(jsonschema.ValidationError, match="somewhere"):
        jsonschema.validate(good, SCHEMA)
