"""The YAML reader, compared with recorded answers of a real API server."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portmap._kubernetes.errors import ManifestError
from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.reader import read_yaml

RECORDS = Path(__file__).parents[3] / "shared" / "conformance" / "yaml.jsonl.gz"


class TestConformance:
    """Recorded answers of a real API server."""

    @staticmethod
    def records() -> Iterator[dict[str, Any]]:
        if not RECORDS.exists():
            pytest.skip(f"no recorded cases at {RECORDS}")
        with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)

    @staticmethod
    def first(text: str) -> ParsedDocument:
        return next(read_yaml(text))

    def test_accepted(self) -> None:
        """Text that the server accepted is read as by the server."""
        for record in self.records():
            if not record["accepted"]:
                continue
            document = self.first(record["yaml"])
            assert not document.duplicates, record["id"]
            if record["rule"] == "document":
                assert document.data["spec"]["selector"] == record["read"]["selector"], record["id"]
                continue
            found = document.data
            for step in record["path"]:
                found = found[step]
            read = record["read"]
            if found is None or found is False:
                # The server fills in a default, leaves the field out, or makes an empty text of it.
                assert read in (None, "", 80) or record["rule"] == "clusterIP", record["id"]
            elif record["rule"] == "port.targetPort" and found == 0:
                assert read == 80, record["id"]
            else:
                assert found == read, record["id"]
                assert type(found) is type(read), record["id"]

    def test_refused(self) -> None:
        """Text that the server's YAML reader refused is refused."""
        for record in self.records():
            if record["accepted"]:
                continue
            message = record.get("message", "")
            if ("yaml: " in message and "already set" not in message) or "unsupported" in message:
                with pytest.raises(ManifestError):
                    self.first(record["yaml"])
                continue
            documents = list(read_yaml(record["yaml"]))
            if "already set" in message:
                assert documents[0].duplicates or documents[0].overrides, record["id"]
            if "of type string" in message and "json: " in message and record["rule"] != "document":
                found = documents[0].data
                for step in record["path"]:
                    found = found[step]
                assert not isinstance(found, str), record["id"]

    def test_keys_in_messages(self) -> None:
        """Keys become the same text as in the server's messages."""
        for record in self.records():
            if record["rule"].startswith("key.") and record.get("causes"):
                (key,) = self.first(record["yaml"]).data["metadata"]["annotations"]
                assert f'"{key}"' in record["causes"][0]["message"], record["id"]
