"""Pictures of port maps."""

import re
import runpy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis.strategies import permutations, text

from pictures import SHOP, deployment, world
from portmap import Service, ServicePort, draw
from portmap._draw import FORMATS
from portmap._kubernetes.printable import printable

ROOT = Path(__file__).resolve().parent.parent.parent


TEXT = """\
namespace shop
  Service db (ExternalName)
    → db.example.com
  Service gone (ClusterIP)
    80
      ? no pod has the labels app=nobody (the pods may be created elsewhere:
          Service shop/lost selects those of Deployment shop/web)
  Service lost (ClusterIP)
    80 → htpp
      ✗ no container port named 'htpp' for TCP in Deployment/web: it declares
          http/TCP → 8080 in app, admin/TCP → 9000 in app
  Service web (NodePort)
    80 → http
      ← Node port web 30080
      ← Ingress front shop.example/
      → Deployment web app 8080 http
  Ingress front shop.example/old
    ✗ Service shop/web has no port 81: it has 80
  unreached
    Deployment web app 9000 admin
"""


def test_the_text() -> None:
    """Each Service has its ports, what leads to them and what they reach; then come other entry points."""
    assert draw(SHOP, format="text") == TEXT


def test_the_text_fits_a_terminal() -> None:
    """Lines have at most 80 columns, unless one name is longer: names are never broken."""
    long = deployment("w" * 63, http=8080)
    service = Service("lost", namespace="shop", selector={"app": "w" * 63}, ports=[ServicePort(80, target_port="htpp")])
    lines = draw([*SHOP, long, service], format="text").splitlines()
    assert any("w" * 63 in line for line in lines)
    for line in lines:
        assert len(line) <= 80 or len(line.split()) == 1


def test_entry_points() -> None:
    """Node ports that the cluster picks, load balancers, and external IPs of both families are shown."""
    ports = [ServicePort(80, name="http"), ServicePort(53, name="dns", protocol="UDP")]
    picked = Service.node_port("picked", ports=ports[:1])
    balanced = Service.load_balancer("balanced", ports=ports, external_ips=["198.51.100.7", "2001:db8::7"])
    text = draw([picked, balanced], format="text")
    assert "← Node port picked picked by the cluster" in text
    assert "← Load balancer balanced 53/UDP" in text
    assert "← External IP balanced 198.51.100.7:80" in text
    assert "← External IP balanced [2001:db8::7]:53/UDP" in text


def test_a_missing_service_is_drawn_once() -> None:
    """References to the same missing Service lead to one box, which names it."""
    routes = [
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"rules": [{"backendRefs": [{"name": "absent", "port": 80}]}]},
        }
        for name in ("one", "two")
    ]
    assert draw(routes).count(">Service shop/absent port 80</tspan>") == 1


def test_objects_of_one_name() -> None:
    """Each Service of a name has a box; workloads of a name share one."""
    two = [ServicePort(80, name="http", target_port="http"), ServicePort(90, name="more", target_port="more")]
    services = [
        Service("web", namespace="shop", selector={"app": "web"}, ports=two),
        Service.node_port("web", namespace="shop", selector={"app": "web"}, ports=two[:1]),
    ]
    text = draw([*services, deployment("web", http=8080), deployment("web", more=9000)], format="text")
    assert text.count("Service web (") == 2
    assert text.count("→ Deployment web app 8080 http") == 2
    assert text.count("→ Deployment web app 9000 more") == 1
    others = [
        Service("web", namespace="shop", selector={"app": "web"}, ports=[ServicePort(number, target_port=8080)])
        for number in (80, 90)
    ]
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front", "namespace": "shop"},
        "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 90}}}},
    }
    [(before, after)] = re.findall(
        r"(    [89]0 → 8080\n)      ← Ingress front .*\n(.*\n)", draw([*others, ingress], format="text")
    )
    assert before == "    90 → 8080\n"
    assert after.startswith("      ? no pod has the labels app=web")


@pytest.mark.parametrize(
    ("names", "lines", "counted"),
    [
        (("webb", "wweb"), (2, 0), "1 port is unresolved;"),
        (("absent", "gone"), (0, 2), "0 ports are unresolved, 1 in doubt;"),
        (("webb", "gone"), (1, 1), "1 port is unresolved;"),
    ],
)
def test_an_unresolved_rule_is_counted_once(names: tuple[str, str], lines: tuple[int, int], counted: str) -> None:
    """A route that splits its requests among several missing Services is one port, unresolved or in doubt."""
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "split", "namespace": "shop"},
        "spec": {"rules": [{"backendRefs": [{"name": name, "port": 80} for name in names]}]},
    }
    shop = [route, Service("web", namespace="shop", ports=[ServicePort(80)])]
    chart = draw(shop, format="mermaid")
    assert (chart.count("-.->|unresolved| "), chart.count("-.->|? in doubt| ")) == lines
    assert counted in draw(shop)


@given(text())
@example('"]:::x')
@example("%%{init: {}}%%")
@example("style n0 fill:#f00")
@example("#quot;&lt;`\\")
def test_a_name_is_a_label_in_mermaid(name: str) -> None:
    """Characters that Mermaid could interpret are written as numbers."""
    chart = draw(world(name), format="mermaid")
    labels = re.findall(r'^(?:  subgraph n\d+|    \w+)\["([^"\n]*)"\](?::::\w+)?$', chart, re.MULTILINE)
    assert len(labels) >= 2
    assert chart.count('"') == 2 * len(labels)
    assert chart.count("  subgraph ") == chart.count("\n    direction LR\n")
    for label in labels:
        plain = label.replace("<br>", "")
        assert not set(re.sub(r"#\d+;", "", plain)) & set('"#<>&\\`%:')
    shown = [re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label) for label in labels]
    assert shown[0] == (f"namespace {printable(name)}" if name else "no namespace")


def test_pods_without_ports() -> None:
    """Workloads without ports share a box, and are counted."""
    bare = [deployment(name) for name in ("one", "two")]
    picture = draw(bare)
    assert picture.count('class="box pods') == 1
    assert "Deployment one" in picture
    assert "2 workloads" in picture


def test_the_page_needs_no_network() -> None:
    """The page has no address, and its policy allows its own style and script alone."""
    page = draw(SHOP, format="html")
    assert re.findall(r"https?://", page) == []
    assert "default-src 'none'; style-src 'sha256-" in page
    assert "script-src 'sha256-" in page
    assert "unsafe" not in page


def test_the_image_refers_to_nothing_outside() -> None:
    """The image has no script, and refers to its own parts alone."""
    picture = draw(SHOP)
    assert set(re.findall(r"https?://[^\"' <]+", picture)) == {"http://www.w3.org/2000/svg"}
    assert set(re.findall(r"url\((.)", picture)) == {"#"}
    for word in ("<script", "<image", "<foreignObject", "@import", "@font-face", "href", "onload"):
        assert word not in picture


def test_the_image_is_accessible() -> None:
    """The image has a role, a title, and a description with the unresolved ports."""
    root = ET.fromstring(draw(SHOP, title="The shop"))
    assert root.get("role") == "img"
    parts = {each.get("id"): each.text for each in root}
    title, description = (parts[each] for each in (root.get("aria-labelledby") or "").split())
    assert title == "The shop"
    assert description
    assert "2 ports are unresolved, 1 in doubt; " in description
    assert "Service lost 80 → htpp is unresolved: no container port named 'htpp'" in description
    assert "Service gone 80 is in doubt: no pod has the labels app=nobody (the pods may be" in description


@given(text())
@example("</title><script>alert(1)</script>")
@example("]]>")
@example("\x00\x07\x1b[31m\ud800\ufffe")
@example("\u202eshop\u2066")
@example("n" * 10_000)
def test_any_name_makes_a_picture(name: str) -> None:
    """Every format can be written for any name, the image is well-formed, and the text is printable."""
    for format_ in FORMATS:
        made = draw(world(name), format=format_, title=name)
        made.encode()
        assert all(each == "\n" or each.isprintable() for each in made)
    root = ET.fromstring(draw(world(name), title=name))
    assert {each.tag.partition("}")[2] for each in root.iter()} <= KNOWN_TAGS
    page = draw(world(name), format="html", title=name)
    assert page.count("<script") == 1


KNOWN_TAGS = frozenset(["svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text", "tspan"])


@given(permutations(SHOP))
def test_the_order_of_objects_does_not_matter(objects: list[Any]) -> None:
    """The same objects give the same text in any order."""
    for format_ in FORMATS:
        assert draw(objects, format=format_) == draw(SHOP, format=format_)


def test_an_empty_picture() -> None:
    """A set without objects is no error."""
    assert draw([], format="text") == ""
    assert "0 Services" in draw([])
    assert "Nothing to draw" in draw([])
    assert "Nothing to draw" in draw([], format="html")
    assert draw([], format="mermaid").startswith("flowchart LR\n")


def test_an_unknown_format_is_refused() -> None:
    """The error lists the formats."""
    with pytest.raises(ValueError, match="svg, html, mermaid, text"):
        draw([], format="png")  # type: ignore[arg-type]


def test_the_pictures_of_the_documentation_are_fresh() -> None:
    """The pictures are up to date with the manifests on their pages."""
    drawn = runpy.run_path(str(ROOT / "docs" / "generate_pictures.py"))["drawn"]()
    assert {path: path.read_text(encoding="utf-8") for path in drawn} == drawn, "run nox -s pages"
