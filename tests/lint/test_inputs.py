"""Which files of a folder are read as manifests, and which are skipped."""

import os
from pathlib import Path

import pytest

from portmap import ManifestError
from portmap.lint import Report, lint_paths

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"


def write_file(folder: Path, name: str, text: str | bytes) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


def rules(report: Report) -> list[str]:
    return [each.rule for each in report]


class TestFoldersWithOtherFiles:
    """A repository has files that are no manifests."""

    @pytest.mark.parametrize(
        ("name", "text", "reason"),
        [
            ("web.yaml", "kind: Service\nmetadata: {{ .name }}\n{{ end }}\n", "Helm template"),
            ("templates/_helpers.yaml", "kind: Service\n  a: [\n", "Helm template"),
            ("templates/deep/er/web.yaml", "kind: Service\n  a: [\n", "Helm template"),
            ("playbook.yaml", "- hosts: all\n  a: [\n", "not Kubernetes"),
            ("values.yaml", "port: 80\n", "not Kubernetes"),
            ("latin.yaml", "name: caf\xe9\n".encode("latin-1"), "not Kubernetes"),
            ("wide.yaml", "port: 80\n".encode("utf-16"), "not Kubernetes"),
            ("tasks.json", '{"tasks": [{"group": {"kind": "build"}}], // by the editor\n}', "not Kubernetes"),
            ("config.json", '{"kind": "service", "name": "web", "port": 80}', "not Kubernetes"),
            ("pod.yaml", "apiVersion: v1\nkind: Pod\nspec:\n__CONTAINERS__\n  a: 1\n", "template of another tool"),
            ("tf.yaml", "kind: Pod\nspec:\n  ${indent(2, spec)}\n  a: 1\n", "template of another tool"),
            ("pants.yaml", "kind: Pod\nspec:\n  {self.spec}\n  a: 1\n", "template of another tool"),
            ("jinja.yaml", "kind: Pod\n{% if tls %}\nspec: {}\n{% endif %}\n", "template of another tool"),
            ("chart.yaml", "kind: Pod\nspec:\n  HELMSUBST_SPEC\n  a: 1\n", "template of another tool"),
        ],
    )
    def test_other_files_are_skipped(self, tmp_path: Path, name: str, text: str | bytes, reason: str) -> None:
        """Templates and files of other programs are skipped, and counted with the reason."""
        write_file(tmp_path, "Chart.yaml", "name: chart\nversion: 1\nkind: x")
        write_file(tmp_path, name, text)
        report = lint_paths(tmp_path)
        assert rules(report) == []
        assert reason in report.skipped_by_reason
        assert str(tmp_path / name) in [each.source for each in report.skipped]

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("kind: Service\n  a: [\n", (2, 4)),
            ("{apiVersion: v1, kind: Service", (1, 1)),
            ('{"kind": "Service", "a": ]}', (1, 26)),
            (b"kind: Service\nname: \xff\n", (2, 7)),
            (b"kind: Service\nname: a\0b\n", (2, 8)),
            ("kind: Service\na: &a [*a]\n", (2, 8)),
            ("kind: Service\na: " + "[" * 10_000 + "\n", (2, 203)),
            ("apiVersion: v1\nkind: ServiceList\nitems:\n" + "- *a\n", (4, 3)),
        ],
    )
    def test_a_manifest_that_cannot_be_read_is_a_finding(
        self, tmp_path: Path, text: str | bytes, place: tuple[int, int]
    ) -> None:
        """A file that seems to be a manifest must be readable. The error has a location, and other files are linted."""
        write_file(tmp_path, "a.yaml", text)
        write_file(tmp_path, "b.yaml", SERVICE)
        report = lint_paths(tmp_path)
        [finding] = report
        assert (finding.rule, finding.severity, finding.source) == (
            "unreadable-file",
            "error",
            str(tmp_path / "a.yaml"),
        )
        assert finding.location is not None
        assert finding.location.span is not None
        assert (finding.location.span.line, finding.location.span.column) == place
        assert report.services == 1
        with pytest.raises(ManifestError):
            lint_paths(tmp_path / "a.yaml")

    def test_a_duplicate_key_is_a_finding_about_its_object(self, tmp_path: Path) -> None:
        """A strict server refuses a duplicate key. The rest of the file is linted."""
        write_file(tmp_path, "a.yaml", SERVICE.replace("spec:", "kind: Service\nspec:"))
        [finding] = lint_paths(tmp_path)
        assert (finding.rule, finding.location and finding.location.span and finding.location.span.line) == (
            "duplicate-field",
            4,
        )

    def test_links(self, tmp_path: Path) -> None:
        """Links to folders are not followed, a file with several links is read once, and a broken link is a finding."""
        write_file(tmp_path, "k8s/a.yaml", SERVICE)
        (tmp_path / "k8s" / "loop").symlink_to(tmp_path / "k8s")
        (tmp_path / "k8s" / "same.yaml").symlink_to(tmp_path / "k8s" / "a.yaml")
        (tmp_path / "k8s" / "self.yaml").symlink_to(tmp_path / "k8s" / "self.yaml")
        (tmp_path / "k8s" / "gone.yaml").symlink_to(tmp_path / "nowhere")
        report = lint_paths(tmp_path)
        assert report.services == 1
        assert sorted((each.rule, Path(each.source).name) for each in report) == [
            ("unreadable-file", "gone.yaml"),
            ("unreadable-file", "self.yaml"),
        ]

    def test_a_pipe_is_not_opened(self, tmp_path: Path) -> None:
        """A pipe in a folder is a finding: to read it would never end."""
        os.mkfifo(tmp_path / "pipe.yaml")
        write_file(tmp_path, "a.yaml", SERVICE)
        report = lint_paths(tmp_path)
        assert (rules(report), report.services) == (["unreadable-file"], 1)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_files_and_folders_without_permission(self, tmp_path: Path) -> None:
        """A file or folder without permission is a finding, and the rest is linted."""
        write_file(tmp_path, "a.yaml", SERVICE)
        write_file(tmp_path, "secret.yaml", SERVICE)
        write_file(tmp_path, "closed/b.yaml", SERVICE)
        (tmp_path / "secret.yaml").chmod(0)
        (tmp_path / "closed").chmod(0)
        report = lint_paths(tmp_path)
        (tmp_path / "closed").chmod(0o700)
        assert (rules(report), report.services) == (["unreadable-file"] * 2, 1)

    def test_a_file_named_twice_is_read_once(self, tmp_path: Path) -> None:
        """A file that is named in addition to its folder is read once."""
        write_file(tmp_path, "a.yaml", SERVICE)
        assert lint_paths(tmp_path, tmp_path / "a.yaml", tmp_path / "." / "a.yaml").services == 1

    def test_named_files_are_one_error(self, tmp_path: Path) -> None:
        """If several named files cannot be read, the error of the first has the others in its notes."""
        write_file(tmp_path, "a.yaml", "a: [")
        write_file(tmp_path, "b.yaml", "b: [")
        with pytest.raises(ManifestError) as caught:
            lint_paths(tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "none.yaml")
        assert len(caught.value.__notes__) == 2
