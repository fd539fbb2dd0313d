"""Every reader reads back the text that portmap wrote."""

import io
import json
import shutil
import subprocess
from typing import Any, Final

import pytest
import yaml
from ruamel.yaml import YAML

from adversarial_texts import ADVERSARIAL
from portmap.manifests import parse, to_yaml
from quoting import READERS, as_data, hard_texts, plain_scalars

COUNT: Final = 2000


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Return texts that are hard to write."""
    return hard_texts(COUNT, 6, ADVERSARIAL)


def read_by_ruamel(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


def test_every_reader_reads_back_what_was_written(texts: list[str]) -> None:
    """portmap, PyYAML (YAML 1.1) and ruamel.yaml (YAML 1.2) read back each key, value and item."""
    data = as_data(texts)
    written = to_yaml(data)
    assert parse(written) == [data]
    assert yaml.load(written, Loader=yaml.CSafeLoader) == data
    assert yaml.load(written, Loader=yaml.SafeLoader) == data
    assert read_by_ruamel(written) == data


@pytest.mark.parametrize("reader", READERS)
def test_what_stands_unquoted_is_text_by_the_rules_of_each_reader(reader: str, texts: list[str]) -> None:
    """No reader reads an unquoted text as a number, a boolean, a null or a time."""
    plain = list(plain_scalars(to_yaml(as_data(texts))))
    assert plain
    assert [text for text in plain if not READERS[reader](text)] == []


@pytest.mark.parametrize("reader", READERS)
def test_the_rules_of_the_readers_know_what_is_no_text(reader: str) -> None:
    """The rules used by these tests distinguish numbers, nulls and booleans from texts."""
    takes_for_text = READERS[reader]
    assert not any(
        takes_for_text(text) for text in ("", "~", "null", "true", "12", "0x1f", "1.5", "-.5", ".inf", "077")
    )
    assert all(map(takes_for_text, ("http", "v1.20", "12345e", "a: b", "e3")))


@pytest.mark.parametrize("text", ["1e3", "12345e7", "08", "0o17", "y", "No", "1_000", "12:30", "2026-01-31", "<<", "="])
def test_what_some_reader_misreads_is_quoted(text: str) -> None:
    """Texts that some reader would read as another type are quoted."""
    assert not all(takes_for_text(text) for takes_for_text in READERS.values())
    assert to_yaml({text: text}) == f'"{text}": "{text}"\n'


def test_kubectl_reads_back_what_was_written(texts: list[str]) -> None:
    """kubectl itself, if it is installed, reads back each key and value."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    data = {text: text for text in texts}
    written = to_yaml({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts"}, "data": data})
    command = [kubectl, "label", "--local", "-f", "-", "read=back", "-o", "json"]
    done = subprocess.run(command, input=written.encode(), capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["data"] == data
