"""Pictures of port maps, as people see them."""

import re
import runpy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis.strategies import permutations, text

from draw_objects import SHOP, deployment, world
from portmap import Service, ServicePort, draw
from portmap._draw import FORMATS
from portmap._reports.printable import printable

ROOT = Path(__file__).resolve().parent.parent.parent


TEXT = """\
namespace shop
  Service db (ExternalName)
    → db.example.com
  Service gone (ClusterIP)
    80
      → nowhere: no pod has the labels app=nobody
  Service lost (ClusterIP)
    80 → htpp
      → nowhere: no container port named 'htpp' for TCP in Deployment/web: it
          declares http/TCP → 8080 in app, admin/TCP → 9000 in app
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


def test_the_text_fits_a_terminal() -> None:
    """No line is longer than 80 characters, but for one word that is: names are never broken."""
    long = deployment("w" * 63, http=8080)
    service = Service("lost", namespace="shop", selector={"app": "w" * 63}, ports=[ServicePort(80, target_port="htpp")])
    lines = draw([*SHOP, long, service], format="text").splitlines()
    assert any("w" * 63 in line for line in lines)
    for line in lines:
        assert len(line) <= 80 or len(line.split()) == 1


def test_ways_in_are_all_there() -> None:
    """A node port that the cluster picks, an address of a load balancer, external addresses of both families."""
    ports = [ServicePort(80, name="http"), ServicePort(53, name="dns", protocol="UDP")]
    picked = Service.node_port("picked", ports=ports[:1])
    balanced = Service.load_balancer("balanced", ports=ports, external_ips=["198.51.100.7", "2001:db8::7"])
    text = draw([picked, balanced], format="text")
    assert "← Node port picked picked by the cluster" in text
    assert "← Load balancer balanced 53/UDP" in text
    assert "← External IP balanced 198.51.100.7:80" in text
    assert "← External IP balanced [2001:db8::7]:53/UDP" in text


def test_what_nobody_has_is_drawn_once() -> None:
    """References to the same Service that is not there lead to one box, which names it."""
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


def test_objects_of_one_name_are_all_drawn() -> None:
    """A base and its overlays may stand in one set: each Service has a box, and pods of one name share theirs."""
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
    assert "nowhere" in after


def test_a_port_that_leads_nowhere_twice_is_counted_once() -> None:
    """A route may split its requests among several Services that are not there."""
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "split", "namespace": "shop"},
        "spec": {"rules": [{"backendRefs": [{"name": name, "port": 80} for name in ("absent", "gone")]}]},
    }
    picture = draw([route, Service("web", namespace="shop", ports=[ServicePort(80)])])
    assert picture.count('class="line nowhere"') - picture.count("L34 ") == 2
    assert "1 port leads nowhere" in picture


@given(text())
@example('"]:::x')
@example("%%{init: {}}%%")
@example("style n0 fill:#f00")
@example("#quot;&lt;`\\")
def test_a_name_is_a_label_in_mermaid(name: str) -> None:
    """Nothing of it is read as Mermaid: what could be stands as the number of its character."""
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


def test_pods_without_ports_share_a_box() -> None:
    """They are named, and counted as what they are."""
    bare = [deployment(name) for name in ("one", "two")]
    picture = draw(bare)
    assert picture.count('class="box pods') == 1
    assert "Deployment one" in picture
    assert "2 workloads" in picture


def test_the_page_needs_no_network() -> None:
    """There is no address in it, and a policy forbids all but its own style and script."""
    page = draw(SHOP, format="html")
    assert re.findall(r"https?://", page) == []
    assert "default-src 'none'; style-src 'sha256-" in page
    assert "script-src 'sha256-" in page
    assert "unsafe" not in page


def test_the_image_refers_to_nothing_outside() -> None:
    """There is no address in it but that of the SVG name space, no script, and every reference is to a part of it."""
    picture = draw(SHOP)
    assert set(re.findall(r"https?://[^\"' <]+", picture)) == {"http://www.w3.org/2000/svg"}
    assert set(re.findall(r"url\((.)", picture)) == {"#"}
    for word in ("<script", "<image", "<foreignObject", "@import", "@font-face", "href", "onload"):
        assert word not in picture


def test_the_image_tells_those_who_cannot_see_it() -> None:
    """It has a role, a title and a description, which says what leads nowhere and why."""
    root = ET.fromstring(draw(SHOP, title="The shop"))
    assert root.get("role") == "img"
    parts = {each.get("id"): each.text for each in root}
    title, description = (parts[each] for each in (root.get("aria-labelledby") or "").split())
    assert title == "The shop"
    assert description
    assert "4 ways in" not in description
    assert "3 ports lead nowhere" in description
    assert "Service gone 80 leads nowhere: no pod has the labels app=nobody." in description


@given(text())
@example("</title><script>alert(1)</script>")
@example("]]>")
@example("\x00\x07\x1b[31m\ud800\ufffe")
@example("\u202eshop\u2066")
@example("n" * 10_000)
def test_any_name_makes_a_picture(name: str) -> None:
    """The image is well-formed XML, every format can be written, and nothing in it steers a terminal or turns text."""
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
    """The same objects give the same bytes."""
    for format_ in FORMATS:
        assert draw(objects, format=format_) == draw(SHOP, format=format_)


def test_nothing_makes_an_empty_picture() -> None:
    """A set without ports is no error."""
    assert draw([], format="text") == ""
    assert "0 Services" in draw([])
    assert "Nothing to draw" in draw([])
    assert "Nothing to draw" in draw([], format="html")
    assert draw([], format="mermaid").startswith("flowchart LR\n")


def test_an_unknown_format_is_refused() -> None:
    """The error lists the formats that there are."""
    with pytest.raises(ValueError, match="svg, html, mermaid, text"):
        draw([], format="png")  # type: ignore[arg-type]


def test_the_pictures_of_the_documentation_are_fresh() -> None:
    """They are what the manifests on their pages give today."""
    drawn = runpy.run_path(str(ROOT / "docs" / "generate_pictures.py"))["drawn"]()
    assert {path: path.read_text(encoding="utf-8") for path in drawn} == drawn, "draw them anew: nox -s pages"
