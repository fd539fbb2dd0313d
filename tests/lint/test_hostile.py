"""Input that is made to hurt: a place or a finding, exit code 1 or 2, in bounded time and memory."""

import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":  # pragma: no cover
    pytest.skip("Windows has no resource limits", allow_module_level=True)

import resource

SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {{name: web{0}}}\nspec: {{selector: {{app: web{0}}}, ports: [{1}]}}\n"
)
SIZE = 5_000_000
LIMIT = 1 << 30
SECONDS = 25
"""How much processor time each may take: what is quadratic in the objects and the text of a file takes more."""


def repeated(part: str, size: int = SIZE) -> str:
    return part * (size // len(part))


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 30)]
    return "kind: Service\n" + "\n".join(lines)


CASES = {
    "alias bomb": (bomb(), 2),
    "flow collections": ("kind: [" + repeated("[],") + "]", 2),
    "flow collections and an error": ("kind: [" + repeated("{},", 2_000_000) + "]]", 2),
    "one sequence": (repeated("- a\n"), 2),
    "one sequence and an error": ("kind:\n" + repeated("- a\n", 2_000_000) + "*", 2),
    "nested flow": ("kind: " + "[" * 10_000, 2),
    "nested maps": ("".join(" " * level + "kind:\n" for level in range(3_000)), 2),
    "nested JSON": ('{"kind": ' + "[" * 10_000 + "]" * 10_000 + "}", 2),
    "one key many times": (SERVICE.format(0, "{port: 80}") + repeated("a: 1\n", 500_000), 1),
    "one line": (SERVICE.format("x" * SIZE, "{port: 80}"), 1),
    "empty documents": (repeated("---\n", 2_000_000), 2),
    "too many documents": (repeated("kind: x\n---\n"), 2),
    "one Service with many ports": (
        SERVICE.format(0, ", ".join(f"{{name: p{number}, port: {number}}}" for number in range(45_000))), 1,
    ),
    "a Service with too many ports": (
        SERVICE.format(0, ", ".join(f"{{name: p{number}, port: {number}}}" for number in range(150_000))), 2,
    ),
    "many Services": ("---\n".join(SERVICE.format(number, "{port: 80, targetPort: x}") for number in range(5_000)), 0),
    "many Services and a long text": (
        "---\n".join(SERVICE.format(number, "{port: 80}") for number in range(4_000))
        + "# " + repeated("portmap ", 20_000_000), 0,
    ),
    "NUL": ("kind: Service\nmetadata: {name: \0}\n", 2),
    "cyclic anchor": ("kind: Service\nmetadata: &a {name: *a}\n", 2),
    "a long number": (SERVICE.format(0, "{port: " + "9" * SIZE + "}"), 1),
    "JSON with a long number": ('{"kind": "Service", "spec": ' + "9" * SIZE + "}", 2),
    "JSON collections": ('{"kind": [' + repeated("[],") + "[]]}", 2),
}  # fmt: skip


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


@pytest.mark.parametrize("case", CASES)
def test_it_ends_well(case: str, tmp_path: Path) -> None:
    """With a gigabyte of memory, there is a report or an error of one line, and no traceback."""
    text, code = CASES[case]
    name = "web.json" if text.startswith("{") else "web.yaml"
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "portmap", "lint", name],
        cwd=tmp_path, capture_output=True, check=False, timeout=300, preexec_fn=limited,
    )  # fmt: skip
    said = done.stderr.decode()
    assert "Traceback" not in said
    assert done.returncode == code, said[-500:]
    assert len(said) < 1000
    if code == 2:
        assert said.startswith(f"{name}:") or "no Kubernetes objects" in said


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "cp037"])
def test_other_encodings(encoding: str, tmp_path: Path) -> None:
    """A file that is not UTF-8 is an error that says where."""
    (tmp_path / "web.yaml").write_bytes(SERVICE.format("é", "").encode(encoding))
    done = subprocess.run(
        [sys.executable, "-m", "portmap", "lint", "web.yaml"],
        cwd=tmp_path, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.decode().startswith("web.yaml:")
