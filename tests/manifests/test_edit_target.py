"""The object of a file that an edit is about."""

import re
from pathlib import Path

import pytest

from manifest_texts import EDITED
from portmap import ManifestError
from portmap.manifests import set_fields


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Return a file with a Service and something else."""
    file = tmp_path / "web.yaml"
    file.write_bytes(EDITED.encode())
    return file


@pytest.mark.parametrize(
    ("namespaces", "given", "changed"),
    [(("a", "b"), "b", 1), (("a", ""), "a", 0), (("a", ""), "default", 1), (("", "a"), "a", 1), (("", "b"), "a", 0)],
)
def test_the_namespace_distinguishes_objects(
    tmp_path: Path, namespaces: tuple[str, ...], given: str, changed: int
) -> None:
    """An object with the namespace is preferred to one without, which may be applied to any namespace."""
    file = tmp_path / "web.yaml"
    parts = [
        EDITED.partition("---\n")[0].replace("name: web ", f"namespace: {each}\n  name: web ") for each in namespaces
    ]
    file.write_text("---\n".join(parts), encoding="utf-8")
    set_fields(file, "service/web", "ports.http.port=81", namespace=given)
    parts[changed] = parts[changed].replace("port: 80\n", "port: 81\n")
    assert file.read_text(encoding="utf-8") == "---\n".join(parts)


@pytest.mark.parametrize(
    ("target", "text", "words"),
    [
        ("service/a/b/web", EDITED, "write KIND/NAME"),
        ("service//web", EDITED, "write KIND/NAME"),
        ("service/", EDITED, "write KIND/NAME"),
        (
            "service/prod/web",
            "---\n".join(EDITED.replace("  name: web ", f"  namespace: {each}\n  name: web ") for each in ("b", "a")),
            "there is no service/prod/web; it is in a, b",
        ),
        ("deploy/web", EDITED, "there is no deploy/web; there is service/web"),
        ("service/wbe", EDITED, "did you mean 'web'?"),
        ("web", EDITED, "write KIND/NAME"),
        ("service/web", EDITED + "---\n" + EDITED, "(line 2, line 19): nothing distinguishes them"),
        (
            "service/web",
            EDITED + "---\n" + EDITED.replace("  name: web ", "  namespace: a\n  name: web "),
            "(line 2, line 19 in a): give its namespace",
        ),
    ],
)
def test_missing_and_ambiguous_objects(web: Path, target: str, text: str, words: str) -> None:
    """If the object is missing or there are several, the error lists the objects that exist."""
    web.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=re.escape(words)):
        set_fields(web, target, "ports.http.port=81")


def test_a_namespace_in_the_name(web: Path) -> None:
    """`KIND/NAMESPACE/NAME` is accepted, as in `portmap trace`, and must not contradict `namespace`."""
    parts = [EDITED.replace("  name: web ", f"  namespace: {each}\n  name: web ") for each in ("a", "b")]
    web.write_text("---\n".join(parts), encoding="utf-8")
    set_fields(web, "svc/b/web", "ports.http.port=81")
    set_fields(web, "service/b/web", "ports.http.port=81", namespace="b")
    assert web.read_text(encoding="utf-8") == "---\n".join([parts[0], parts[1].replace("port: 80\n", "port: 81\n")])
    with pytest.raises(ManifestError, match="'svc/b/web' is not in namespace 'a'"):
        set_fields(web, "svc/b/web", "ports.http.port=81", namespace="a")
    with pytest.raises(ManifestError, match="there is no svc/web in namespace c; it is in a, b"):
        set_fields(web, "svc/web", "ports.http.port=81", namespace="c")


@pytest.mark.parametrize("target", ["dc/web", "deploymentconfigs/web", "DeploymentConfig/web"])
def test_a_short_name_of_another_group(tmp_path: Path, target: str) -> None:
    """The words for kinds are those of all commands."""
    file = tmp_path / "web.yaml"
    file.write_text(
        "apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata: {name: web}\nspec: {replicas: 1}\n"
    )
    set_fields(file, target, "spec.replicas=2")
    assert "replicas: 2" in file.read_text(encoding="utf-8")


def test_a_knative_service_is_no_service(tmp_path: Path) -> None:
    """kubectl's name of its kind selects it, and the error for another one shows that name."""
    file = tmp_path / "web.yaml"
    file.write_text("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\nspec: {}\n")
    with pytest.raises(ManifestError, match=r"there is service\.serving\.knative\.dev/web"):
        set_fields(file, "service/web", "metadata.name=shop")
    set_fields(file, "ksvc/web", "metadata.name=shop")
    assert "name: shop" in file.read_text(encoding="utf-8")
