"""Names and values of a stranger: no report steers a terminal or the log of a workflow."""

import json
import os
import re
from pathlib import Path
from typing import Final

import pytest

from command_line import commands, portmap

HOSTILE: Final = (
    "::error title=x::\x1b]0;y\x07\x9b31m\x7f\u202ecod.exe ##[add-mask]web",
    "a\r\n  ::stop-commands::b\u2028",
)
"""What a terminal obeys, what deceives a reader, and what the logs of GitHub and Azure obey."""

MANIFESTS: Final = """
- {apiVersion: v1, kind: Service, metadata: {name: NAME, namespace: NAME, labels: {NAME: NAME}},
   spec: {selector: {NAME: NAME}, type: NodePort, ports: [{name: NAME, port: 80, targetPort: NAME, nodePort: 30080}]}}
- {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, annotations: {portmap.ignore/NAME: NAME}},
   spec: {selector: {app: web}, type: NodePort, NAME: 1, ports: [{name: http, port: 80, targetPort: NAME}]}}
- {apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop, annotations: {"portmap.ignore/NAME": NAME}},
   spec: {selector: {app: api}, type: NodePort, ports: [{name: http, port: 80, targetPort: 80}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: api-0, namespace: shop, labels: {app: api}},
   spec: {containers: [{name: NAME, ports: [{name: NAME, containerPort: 80, hostPort: 80}]}]}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: NAME, namespace: shop},
   spec: {template: {metadata: {labels: {app: api}}, spec: {containers: [{name: NAME, ports: [{containerPort: 80}]}]}}}}
- {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: NAME, namespace: shop},
   spec: {rules: [{host: NAME, http: {paths: [{path: NAME, pathType: Exact,
   backend: {service: {name: NAME, port: {name: NAME}}}}]}},
   {host: shop.example, http: {paths: [{path: /, pathType: Exact,
   backend: {service: {name: api, port: {name: http}}}}]}}]}}
- {apiVersion: NAME, kind: NAME, metadata: {name: NAME}}
"""

RUNS: Final = {
    "lint": [["--format", each] for each in ("text", "json", "sarif", "github", "junit")] + [["--no-suppressions"]],
    "resolve": [["--format=text"], ["--format=json"], ["service/api"]],
    "trace": [["service/shop/api:http"], ["shop.example/"], ["shop.example/", "--format=json"], ["service/NAME:80"]],
    "ports": [["--format=text"], ["--format=json"]],
    "draw": [["--format", each, "--title=NAME"] for each in ("text", "svg", "html", "mermaid")],
    "contract": [["--format=text"], ["--format=json"], ["--ignore-namespaces"]],
    "set": [["service/shop/api", "spec.ports[0].port=81", "--diff"], ["service/NAME", "spec=", "--diff"]],
    "rules": [["--format=NAME"]],
    "explain": [["NAME"]],
}


def runs(folder: Path, name: str) -> list[list[str]]:
    """Return the runs of every command over two files with hostile names and content."""
    text = MANIFESTS.replace("NAME", json.dumps(name))
    [file] = [folder / f"{name}.yaml".replace("/", "\\")]
    file.write_text(text)
    other = folder / "after.yaml"
    other.write_text(text.replace("port: 80", "port: 8080"))
    (folder / f"{name}-broken.yaml".replace("/", "\\")).write_text("kind: Service\nmetadata: [\n")
    found = []
    for command, several in RUNS.items():
        for arguments in several:
            given = [each.replace("NAME", name) for each in arguments]
            paths = {"contract": [file.name, other.name], "set": [file.name], "rules": [], "explain": []}
            own = paths.get(command, ["."])
            found.append([command, *given, *own] if command != "set" else [command, *own, *given])
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_no_report_steers_a_terminal_or_a_log(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No output has control characters, nor a line that a log obeys, whatever files and objects are called."""
    assert set(RUNS) == set(commands())
    monkeypatch.chdir(tmp_path)
    for arguments in runs(tmp_path, name):
        run = portmap(*arguments)
        for text in (run.out, run.err):
            assert {each for each in text if not each.isprintable()} <= {"\n"}, arguments
            if "--format" not in arguments or "github" not in arguments:
                assert not re.search(r"^\s*::.*::|##\[", text, re.MULTILINE), arguments
        if {"json", "sarif", "--format=json"} & set(arguments) and run.out:
            json.loads(run.out)


def test_colours_are_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With colours, nothing is written but them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORCE_COLOR", "1")
    for arguments in runs(tmp_path, HOSTILE[0]):
        if arguments[0] not in {"lint", "resolve", "trace", "contract"} or "--format" in arguments:
            continue
        run = portmap(*arguments)
        left = re.sub(r"\x1b\[[0-9;]*m", "", run.out + run.err)
        assert {each for each in left if not each.isprintable()} <= {"\n"}, arguments


@pytest.mark.skipif(os.name == "nt", reason="names are text on Windows")
def test_a_file_name_that_is_not_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of bytes that are not UTF-8 is a URI in SARIF, and is found again by a baseline."""
    monkeypatch.chdir(tmp_path)
    Path(os.fsdecode(b"w\xff.yaml")).write_text("{apiVersion: v1, kind: Service, metadata: {name: W}, spec: {}}")
    sarif = json.loads(portmap("lint", ".", "--format=sarif").out)
    [place, *_] = sarif["runs"][0]["results"][0]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "w%FF.yaml"
    assert portmap("lint", ".", "--baseline=known.json", "--write-baseline").code == 0
    assert portmap("lint", ".", "--baseline=known.json").code == 0
    for form in ("text", "json", "github", "junit"):
        assert portmap("lint", ".", f"--output={form}=report").code == 1
        assert Path("report").read_text(encoding="utf-8")
