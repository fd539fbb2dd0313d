"""Manifests in folders of test data."""

from pathlib import Path

import pytest

from portmap.lint import lint_paths

BROKEN = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 80000}]}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, ports: [{port: 80, targetPort: 5432}]}
"""


def severities(folder: Path) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in lint_paths(folder)}


@pytest.mark.parametrize(
    "inside",
    [
        "test",
        "tests/k8s",
        "e2e",
        "shop/testdata/input",
        "fixtures",
        "api/golden",
        "chainsaw-tests/web",
        "vendor/roundtrip",
    ],
)
def test_errors_and_warnings_are_infos(tmp_path: Path, inside: str) -> None:
    """Errors and warnings about test data are infos, so that they fail no run, and say why."""
    folder = tmp_path / inside
    folder.mkdir(parents=True)
    (folder / "web.yaml").write_text(BROKEN)
    assert set(severities(tmp_path).values()) == {"info"}
    assert all(finding.because for finding in lint_paths(tmp_path))
    # Nothing is lowered where the folder itself is named.
    assert severities(folder)["target-port-out-of-range"] == "error"
    assert severities(folder)["headless-port-mapping"] == "warning"


@pytest.mark.parametrize("inside", ["overlays/test", "environments/test", "latest", "contest/web", "k8s", "https-e2e"])
def test_other_folders(tmp_path: Path, inside: str) -> None:
    """The environment that is called test, and words that contain it, are no test data."""
    folder = tmp_path / inside
    folder.mkdir(parents=True)
    (folder / "web.yaml").write_text(BROKEN)
    assert severities(tmp_path)["target-port-out-of-range"] == "error"
