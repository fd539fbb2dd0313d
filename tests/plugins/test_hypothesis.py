"""The registration of strategies with Hypothesis, and its cost where Hypothesis is not used."""

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
    """`from_type` generates objects of each class that has a strategy."""

    @settings(max_examples=5)
    @given(st.from_type(kind))
    def check(value: object) -> None:
        assert type(value) is kind

    check()


def run(program: str) -> str:
    """Return the output of a program that imports portmap from this checkout."""
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
    """The entry point, which Hypothesis calls in every process, does not import portmap."""
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
    """Strategies are registered whichever library is imported first, and loaded when one is used."""
    program = (
        f"{imports}; early = 'portmap.strategies' in sys.modules; "
        "made = st.from_type(portmap.ServicePort); print(early, repr(made))"
    )
    early, _, made = run(program).partition(" ")
    assert (early, made) == ("False", "service_ports()") or (early == "False" and "ServicePort" in made)


def test_without_hypothesis_the_error_says_what_to_install() -> None:
    """Without Hypothesis, the error says how to install it."""
    program = (
        "sys.modules['hypothesis'] = None\n"
        "try:\n    import portmap.strategies\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    assert run(f"pass\n{program}") == "portmap.strategies needs Hypothesis: pip install 'portmap-k8s[hypothesis]'"
