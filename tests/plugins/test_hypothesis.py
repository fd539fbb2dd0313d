"""How Hypothesis comes to know portmap's types, and what that costs those who do not use it."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portmap import Container, ContainerPort, Pod, Service, ServicePort, Workload

SOURCE: Final = Path(__file__).resolve().parent.parent.parent / "src"


@pytest.mark.parametrize("kind", [Container, ContainerPort, Pod, Service, ServicePort, Workload])
def test_types_are_known(kind: Any) -> None:
    """`from_type` makes objects of each type that has a strategy."""

    @settings(max_examples=5)
    @given(st.from_type(kind))
    def is_one(value: object) -> None:
        assert type(value) is kind

    is_one()


def run(program: str) -> str:
    """What a program prints that has portmap, as it is in this checkout."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(SOURCE)!r}); {program}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_hypothesis_loads_no_portmap() -> None:
    """The entry point, which Hypothesis calls in every process, imports portmap only if it is there already."""
    program = "import hypothesis, _portmap_hypothesis as plugin; plugin.register(); print('portmap' in sys.modules)"
    assert run(program) == "False"


@pytest.mark.parametrize(
    "imports",
    [
        "import hypothesis.strategies as st, portmap",
        "import portmap, hypothesis.strategies as st, _portmap_hypothesis; _portmap_hypothesis.register()",
    ],
)
def test_either_may_be_imported_first(imports: str) -> None:
    """Types are known whichever library comes first, and no strategy is made before one is asked for."""
    program = (
        f"{imports}; early = 'portmap.strategies' in sys.modules; "
        "made = st.from_type(portmap.ServicePort); print(early, repr(made))"
    )
    early, _, made = run(program).partition(" ")
    assert (early, made) == ("False", "service_ports()") or (early == "False" and "ServicePort" in made)


def test_without_hypothesis_it_is_said_what_to_install() -> None:
    """Where Hypothesis is missing, the error says how to get it."""
    program = (
        "sys.modules['hypothesis'] = None\n"
        "try:\n    import portmap.strategies\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    assert run(f"pass\n{program}") == "portmap.strategies needs Hypothesis: pip install 'portmap-k8s[hypothesis]'"
