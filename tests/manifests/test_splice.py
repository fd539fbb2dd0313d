"""Changes to a text keep comments and layout."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap import ValidationError
from portmap.manifests import load, set_fields

LAID_OUT = """apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    text: |
      one
spec:
  # about ports
  ports: # here
  # about the first
  - name: http # first
    # about its port
    port: 80
  - # nothing
    name: dns
    port: 53
  externalIPs: [
    "10.0.0.1",  # one
    "10.0.0.2"   # two
  ]
  clusterIPs: [
    "10.0.0.1", # three
    "fd00::1", # four
  ]
  selector: # mine
    # about app
    app: web # a
"""


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        (
            "selector.app-",
            "selector: # mine\n    # about app\n    app: web # a\n",
            "selector: {} # mine\n    # about app\n",
        ),
        ("ports.http.name-", "  - name: http # first\n", "  -\n"),
        ("ports.http.port-", "    # about its port\n    port: 80\n", "    # about its port\n"),
        ("externalIPs[1]-", '"10.0.0.1",  # one\n    "10.0.0.2"   # two\n', '"10.0.0.1"  # one\n'),
        ("externalIPs[0]-", '    "10.0.0.1",  # one\n', ""),
        ("externalIPs[+]='::1'", '"10.0.0.2"   # two\n', '"10.0.0.2",   # two\n    "::1"\n'),
        ("clusterIPs[1]-", '    "fd00::1", # four\n', ""),
        ("clusterIPs[+]='::1'", '"fd00::1", # four\n', '"fd00::1", # four\n    "::1",\n'),
        ("metadata.annotations.text='two\n\nthree\n\n'", "|\n      one\n", "|\n      two\n      three\n"),
        ("selector.app='x\n\ny'", "app: web #", 'app: "x\\ny" #'),
        ("metadata.annotations.text-", ":\n    text: |\n      one\n", ": {}\n"),
    ],
)
def test_comments_stay_where_they_are(tmp_path: Path, change: str, old: str, new: str) -> None:
    """Added and removed items have lines of their own; only comments on these lines are removed."""
    file = tmp_path / "pod.yaml"
    text = LAID_OUT.replace("Service", "Settings")  # A kind of which nothing is judged.
    file.write_text(text, encoding="utf-8")
    assert text.count(old) == 1
    path = re.sub(r"^(?=ports|selector|externalIPs|clusterIPs)", "spec.", change)
    set_fields(file, "settings/web", path)
    assert file.read_text(encoding="utf-8") == text.replace(old, new)


def test_the_only_port_is_removed(tmp_path: Path) -> None:
    """A list whose dashes are below its key is left empty, with the comments that are not on lines of its item."""
    file = tmp_path / "web.yaml"
    file.write_text("kind: A\nmetadata:\n  name: a\nports: # x\n# y\n- b: 1\n  c: 2 # z\n# q\nd: 1", encoding="utf-8")
    set_fields(file, "a/a", "ports[0]-")
    assert file.read_text(encoding="utf-8") == "kind: A\nmetadata:\n  name: a\nports: [] # x\n# y\n# q\nd: 1"
    file.write_text("kind: A\nmetadata: {name: a}\nports: &p\n- b", encoding="utf-8")
    set_fields(file, "a/a", "ports[0]-", "metadata.labels={ a: b }", "metadata.labels.a-")
    assert file.read_text(encoding="utf-8") == "kind: A\nmetadata: {name: a, labels: {}}\nports: &p []"


COMMENTED = """\
# 0
apiVersion: v1 # 1
kind: Service # 2
metadata: # 3
  name: web # 4
  labels: {app: web, tier: front} # 5
spec: # 6
  # 7
  selector: # 8
    app: web # 9
  ports: # 10
  - name: http # 11
    port: 80 # 12
  - {name: https, port: 443} # 13
  # 14
"""

ports = st.fixed_dictionaries(
    {"name": st.sampled_from(["dns", "grpc", "metrics"]), "port": st.integers(1, 65535).filter(lambda n: n != 80)},
    optional={"protocol": st.sampled_from(["UDP", "SCTP"]), "targetPort": st.sampled_from([8080, "web"])},
)
additions = st.one_of(
    ports.map(lambda port: (f"ports[+]={json.dumps(port)}", f"ports.{port['name']}-")),
    st.sampled_from(["metadata.labels.team", "selector.team", "metadata.annotations['a.b/c']"]).map(
        lambda path: (f"{path}=blue", f"{path}-")
    ),
    st.sampled_from(["ports.http.targetPort", "ports.https.targetPort"]).flatmap(
        lambda path: st.integers(1, 65535).map(lambda number: (f"{path}={number}", f"{path}-"))
    ),
    st.just(("publishNotReadyAddresses=true", "publishNotReadyAddresses-")),
)


@given(st.lists(additions, min_size=1, max_size=4, unique_by=lambda pair: pair[1]), st.sampled_from(["\n", "\r\n"]))
def test_what_is_added_is_removed_again(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], newline: str
) -> None:
    """Additions keep every line in order; removing them again, last first, restores the data."""
    file = tmp_path_factory.mktemp("add") / "web.yaml"
    before = COMMENTED.replace("\n", newline)
    file.write_bytes(before.encode())
    try:
        set_fields(file, "service/web", *(added for added, _ in pairs))
    except ValidationError:  # Two ports of the same number.
        assert file.read_bytes() == before.encode()
        return
    after = file.read_bytes().decode()
    kept = [line for line in after.splitlines(keepends=True) if re.search(r"# [0-9]+", line)]
    assert [re.search(r"# [0-9]+", line)[0] for line in kept] == [f"# {number}" for number in range(15)]  # type: ignore[index]
    assert after.count(newline) == len(after.splitlines())
    set_fields(file, "service/web", *(removed for _, removed in reversed(pairs)))
    [document] = load(file)
    raw = dict(document.raw)
    raw["metadata"] = {key: value for key, value in raw["metadata"].items() if value != {}}
    file.write_bytes(before.encode())
    assert raw == load(file)[0].raw


@given(st.permutations(["ports.https", "metadata.labels.tier", "metadata.labels", "selector", "ports.http.name"]))
def test_what_is_removed_takes_only_its_own_lines(tmp_path_factory: pytest.TempPathFactory, paths: list[str]) -> None:
    """Removals keep the rest of the data; removing a missing field changes nothing."""
    file = tmp_path_factory.mktemp("remove") / "web.yaml"
    file.write_text(COMMENTED, encoding="utf-8")
    wanted: Any = load(file)[0].raw
    for path in paths:
        try:
            done = set_fields(file, "service/web", f"{path}-")
        except ValidationError:  # One of two ports without a name.
            assert path == "ports.http.name"
            continue
        before, after = (each.decode().splitlines() for each in (done.before, done.after))
        assert len(before) >= len(after)
        assert len(set(after) - set(before)) <= 2
        match path:
            case "ports.https":
                wanted["spec"]["ports"] = wanted["spec"]["ports"][:1]
            case "ports.http.name":
                del wanted["spec"]["ports"][0]["name"]
            case "selector":
                del wanted["spec"]["selector"]
            case "metadata.labels":
                del wanted["metadata"]["labels"]
            case _:
                wanted["metadata"].get("labels", {}).pop("tier", None)
        assert load(file)[0].raw == wanted
