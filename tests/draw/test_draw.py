"""Pictures of port maps, as people see them."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from portmap import Service, ServicePort, draw
from portmap._draw.svg import style

ROOT = Path(__file__).resolve().parent.parent.parent


def deployment(name: str, **ports: int) -> dict[str, Any]:
    declared = [{"name": key, "containerPort": number} for key, number in ports.items()]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": name, "ports": declared}]},
            }
        },
    }


SHOP: list[Any] = [
    deployment("web", http=8080, admin=9000),
    Service.node_port(
        "web", namespace="shop", selector={"app": "web"}, ports=[ServicePort(80, target_port="http", node_port=30080)]
    ),
    Service("lost", namespace="shop", selector={"app": "web"}, ports=[ServicePort(80, target_port="htpp")]),
    Service("gone", namespace="shop", selector={"app": "nobody"}, ports=[ServicePort(80)]),
    Service.alias_of("db", "db.example.com", namespace="shop"),
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front", "namespace": "shop"},
        "spec": {
            "rules": [
                {
                    "host": "shop.example",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 80}}},
                            },
                            {
                                "path": "/old",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 81}}},
                            },
                        ]
                    },
                }
            ]
        },
    },
]

TEXT = """\
namespace shop
  Service db (ExternalName)
    → db.example.com
  Service gone (ClusterIP)
    80
      → nowhere: no pod has the labels app=nobody
  Service lost (ClusterIP)
    80 → htpp
      → nowhere: no container port named 'htpp' for TCP in Deployment/web: it declares http/TCP → 8080 in app, \
admin/TCP → 9000 in app
  Service web (NodePort)
    80 → http
      ← Node port web 30080
      ← Ingress front shop.example/
      → Deployment web app 8080 http
  Ingress front shop.example/old
    → nowhere: Service shop/web has no port 81: it has 80
  nothing reaches
    Deployment web app 9000 admin
"""


def test_the_text_answers_who_reaches_what() -> None:
    """Each Service with its ports, what leads to them and where they lead; then what is lost."""
    assert draw(SHOP, format="text") == TEXT


def test_the_page_needs_no_network() -> None:
    """There is no address in it but that of the SVG name space, and a policy forbids the rest."""
    page = draw(SHOP, format="html")
    assert set(re.findall(r"https?://[^\"' <]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page


def test_names_cannot_break_out_of_the_page() -> None:
    """What stands in manifests is text in every format."""
    hostile = deployment("web", http=8080)
    hostile["spec"]["template"]["spec"]["containers"][0]["name"] = '<script>alert("x")</script>'
    hostile["metadata"]["namespace"] = '"><script>'
    for format_ in ("svg", "html"):
        made = draw([hostile], format=format_, title="</title><script>")
        assert made.count("<script>") == (1 if format_ == "html" else 0)
    assert '"<script' not in draw([hostile], format="mermaid")


def test_nothing_makes_an_empty_picture() -> None:
    """A set without ports is no error."""
    assert draw([], format="text") == ""
    assert "0 Services" in draw([])


def test_an_unknown_format_is_refused() -> None:
    """The error lists the formats that there are."""
    with pytest.raises(ValueError, match="svg, html, mermaid, text"):
        draw([], format="png")  # type: ignore[arg-type]


def luminance(colour: str) -> float:
    """As WCAG 2.1 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        (".row text", ".box rect"),
        (".row text", ".pods rect"),
        (".row text", ".ways-in rect"),
        (".kind", ".ways-in rect"),
        (".row.unreached text", ".row.unreached .ground"),
        (".row.nowhere text, .nowhere .kind", ".box.nowhere > rect"),
        (".kind", ".box.elsewhere > rect"),
        (".lane-name", ".lane"),
    ],
)
def test_text_is_readable_on_its_ground(text: str, ground: str) -> None:
    """The contrast is at least 4.5 to 1."""
    fills = {
        rule.split("{")[0].strip(): found[1]
        for rule in style().strip().splitlines()
        if (found := re.search(r"fill: (#\w{6})", rule))
    }
    light, dark = sorted((luminance(fills[text]), luminance(fills[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_pictures_of_the_documentation_are_fresh() -> None:
    """They are what the manifests on their pages give today."""
    drawn = runpy.run_path(str(ROOT / "docs" / "generate_pictures.py"))["drawn"]()
    assert {path: path.read_text(encoding="utf-8") for path in drawn} == drawn, "draw them anew: nox -s pages"
