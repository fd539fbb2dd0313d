"""A long run over generated documents, by hand and not in CI: `python tests/properties/long_run.py 2000000`.

Each document is a recorded Service with up to four awkward changes anywhere in it. Only the documented errors
are raised, the document is not changed, a stored object is stored again unchanged, and reading refuses at least
what the server refuses.
"""

import argparse
import copy
import gzip
import json
import random
import sys
import time
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from portmap import Cluster, ManifestError, Service, ValidationError, to_manifest
from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE_PORT_FIELDS, SPEC_FIELDS
from portmap.manifests import read, stored, validate, warnings

RECORDED: Final = Path(__file__).parent.parent / "conformance" / "create.jsonl.gz"
CLUSTERS: Final = (
    Cluster("1.36", service_cidrs=("10.0.0.0/16", "fd00:10::/108")),
    Cluster("1.32", service_cidrs=("10.0.0.0/16",)),
    Cluster("1.37"),
)
AWKWARD: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    80,
    65535,
    65536,
    30000,
    30080,
    2**31,
    -(2**31),
    2**63,
    10**30,
    80.0,
    1e400,
    0.5,
    "",
    "80",
    "http",
    "Http",
    "a" * 15,
    "a" * 16,
    "a" * 64,
    "a--b",
    "-",
    "None",
    "none",
    "TCP",
    "udp",
    "SCTP",
    "Local",
    "ClusterIP",
    "NodePort",
    "LoadBalancer",
    "ExternalName",
    "IPv4",
    "IPv6",
    "10.0.0.9",
    "fd00:10::9",
    "::ffff:1.2.3.4",
    "010.0.0.1",
    "0.0.0.0/0",
    "10.0.0.1/8",
    "SingleStack",
    "PreferDualStack",
    "RequireDualStack",
    "\ud800",
    "é",
    "a\n",
    "2020-01-01T00:00:00Z",
    [],
    {},
    [None],
    {"a": None},
    ["IPv4", "IPv6"],
    [[]],
    {"": ""},
    [{}],
    {"a": {"b": 1}},
)
FIELDS: Final = (
    *("kind", "metadata", "spec", "status", "finalizers", "ownerReferences", "sessionAffinityConfig", "nonsense"),
    *(field.path[-1] for field in (*METADATA_FIELDS, *SPEC_FIELDS, *SERVICE_PORT_FIELDS)),
)


def recorded() -> list[dict[str, Any]]:
    with gzip.open(RECORDED, "rt") as lines:
        return [record["object"] for record in map(json.loads, lines) if "object" in record]


def places(data: Any) -> list[Any]:
    """Yield every mapping and list in the document."""
    found, left = [], [data]
    while left:
        each = left.pop()
        if isinstance(each, dict | list):
            found.append(each)
            left.extend(each.values() if isinstance(each, dict) else each)
    return found


def spoilt(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the document with up to four changes anywhere in it."""
    document = copy.deepcopy(document)
    for _ in range(chance.randrange(5)):
        place = chance.choice(places(document))
        value = copy.deepcopy(chance.choice(AWKWARD))
        if isinstance(place, list):
            action = chance.randrange(3) if place else 2
            if action == 0:
                place[chance.randrange(len(place))] = value
            elif action == 1:
                place.append(copy.deepcopy(chance.choice(place)))
            else:
                place.append(value)
        elif place and chance.random() < 0.7:
            key = chance.choice(list(place))
            if chance.random() < 0.2:
                del place[key]
            else:
                place[key] = value
        else:
            place[chance.choice(FIELDS)] = value
    return document


def judged(document: dict[str, Any], cluster: Cluster) -> bool:
    """Return whether the document is accepted; raise if a property does not hold."""
    before = repr(document)
    violations = validate(document, namespace="default", cluster=cluster)
    assert repr(document) == before, "validate changed its input"
    for violation in violations:
        assert str(violation)
    try:
        typed = read(document, cluster=cluster)
        readable = True
        # A null in a map is the empty text to the server, and a lone surrogate U+FFFD.
        if isinstance(typed, Service) and "None" not in before and "ud800" not in before:
            # The version is always written, even if a request may omit it.
            assert to_manifest(typed) == {**document, "apiVersion": "v1"}, "something was lost or invented"
    except ValidationError:
        readable = False
    if violations or document.get("kind") not in ("Service", None, ""):
        return False
    warnings(document, namespace="default", cluster=cluster)
    once = stored(document, namespace="default", cluster=cluster)
    assert repr(document) == before, "stored changed its input"
    assert stored(once, namespace="default", cluster=cluster) == once, "stored is not idempotent"
    assert readable or document.get("kind") != "Service", "accepted, but cannot be read"
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("documents", type=int, nargs="?", default=2_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    objects, counts, start = recorded(), {"documents": 0, "accepted": 0}, time.monotonic()

    @seed(options.seed)
    @settings(
        max_examples=options.documents,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**64 - 1))
    def every_document_is_judged(number: int) -> None:
        chance = random.Random(number)
        document = spoilt(chance.choice(objects), chance)
        try:
            counts["accepted"] += judged(document, chance.choice(CLUSTERS))
        except ManifestError as error:
            raise AssertionError(f"not a documented answer to a mapping: {error}") from error
        counts["documents"] += 1
        if counts["documents"] % 100_000 == 0 and sys.stderr.isatty():
            print(counts, round(time.monotonic() - start), "s", file=sys.stderr)

    every_document_is_judged()
    print(f"{counts['documents']} documents, {counts['accepted']} accepted, {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
