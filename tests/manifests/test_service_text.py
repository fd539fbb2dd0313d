"""Services as YAML, compared with the YAML of their plain data."""

import attrs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adversarial_texts import ADVERSARIAL
from portmap import ManifestError, Service, ServicePort, to_manifest, to_yaml
from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE_PORT_FIELDS, SPEC_FIELDS_BUT_PORTS
from portmap._manifests.service_text import service_text
from portmap._yaml.reader import read_yaml
from portmap._yaml.writer import emit
from portmap.manifests import read
from portmap.strategies import services

annotations = st.dictionaries(
    st.sampled_from(["a", "yes", "example.com/a"]), st.sampled_from(ADVERSARIAL) | st.text(max_size=80), max_size=3
)


@given(services(), annotations)
def test_the_text_is_that_of_the_plain_data(service: Service, annotations: dict[str, str]) -> None:
    """Every Service is written as its plain data are, and PyYAML and kubectl read these data from the text."""
    service = attrs.evolve(service, annotations=annotations)
    text = service_text(service)
    data = to_manifest(service)
    assert text == emit(data)
    assert [document.data for document in read_yaml(text)] == [data] == [yaml.load(text, Loader=yaml.CSafeLoader)]


def test_what_has_no_attribute_is_written() -> None:
    """Fields that portmap does not model are among those that it does, in Services and ports."""
    data = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"generateName": "web-", "finalizers": ["example.com/a"]},
        "spec": {"ports": [{"port": 80}]},
        "status": {"loadBalancer": {}},
    }
    assert yaml.safe_load(to_yaml(read(data, Service))) == data


def test_no_two_fields_share_a_mapping() -> None:
    """The start of a field's line has the mappings around it, which another field must not repeat."""
    for table in (METADATA_FIELDS, SPEC_FIELDS_BUT_PORTS, SERVICE_PORT_FIELDS):
        firsts = [field.path[0] for field in table]
        assert len({*firsts}) == len(firsts)


def test_text_that_is_no_unicode_is_refused_with_its_path() -> None:
    """An annotation may hold anything, but a file cannot."""
    with pytest.raises(ManifestError, match=r"metadata\.annotations\.a: half a surrogate"):
        to_yaml(Service("web", annotations={"a": "\ud800"}, ports=[ServicePort(80)]))
