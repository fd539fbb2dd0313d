"""What the tests of the readers share."""

from typing import Any

import pytest
from hypothesis import strategies as st

from portmap._kubernetes.errors import ManifestError
from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.reader import read_yaml


def one(text: str) -> ParsedDocument:
    (document,) = read_yaml(text, "web.yaml")
    return document


def refused(text: str) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        list(read_yaml(text, "web.yaml"))
    return caught.value


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
