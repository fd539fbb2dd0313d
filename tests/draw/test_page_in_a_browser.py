"""The page in a browser: search, filter and chains, by mouse and by keyboard, without an error."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import Page, browser, opened
from pictures import SHOP, deployment
from portmap import Service, ServicePort, draw

pytestmark = pytest.mark.skipif(browser() is None, reason="needs a Chromium: installed, or named by PORTMAP_CHROMIUM")

OTHER: list[Any] = [
    deployment("other") | {"metadata": {"name": "other", "namespace": "bare"}},
    Service("front", namespace="edge", selector={"app": "web"}, ports=[ServicePort(80)]),
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [{"name": "a.b.c", "clientConfig": {"service": {"name": "web", "namespace": "shop", "port": 80}}}],
    },
]
FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.id"
FOUND = "document.getElementById('found').textContent"
CHAIN = "[...document.querySelectorAll('#links button')].map((each) => each.textContent)"
LANES = "[...document.querySelectorAll('.lane-group')].filter((each) => !each.hidden).map((each) => each.ariaLabel)"
FRONT = "Ingress front: shop.example/"
WEB = "Service web (NodePort): 80 → http"
POD = "Deployment web: 8080 http app"
SHOP_CHAIN = [
    f"{FRONT}, namespace shop",
    "Node port web: 30080, namespace shop",
    "ValidatingWebhookConfiguration guard: Service shop/web port 80",
    f"{WEB}, namespace shop",
    f"{POD}, namespace shop",
]


def row(label: str) -> str:
    """Return an expression for the row with this label."""
    return f"document.querySelector('.row[aria-label=\"{label}\"]')"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    page = tmp_path / "map.html"
    page.write_text(draw([*SHOP, *OTHER], format="html", title="The shop"), encoding="utf-8")
    return page


@pytest.fixture
def page(file: Path, tmp_path: Path) -> Iterator[Page]:
    """Yield the page, and assert that it logged no error and requested nothing."""
    with opened(file, tmp_path / "profile") as made:
        yield made
        assert made.errors == []


def test_search_finds_names_ports_and_hosts(page: Page) -> None:
    """The slash key begins a search; Enter goes to the next hit, with Shift to the previous one; Escape ends it."""
    page.press("/")
    assert page.of(FOCUSED) == "search"
    page.press(*"shop.example")
    assert page.of(FOUND) == "2 found"
    page.press("Enter")
    assert page.of(FOCUSED) == FRONT
    page.press("n")
    assert page.of(FOUND) == "2 of 2"
    assert page.of(FOCUSED) == "Ingress front: shop.example/old"
    page.press("N", shift=True)
    assert page.of(FOCUSED) == FRONT
    page.press("Escape")
    assert page.of("document.querySelectorAll('.hit').length") == 0
    page.press("/", *"30080 web")
    assert page.of(FOUND) == "1 found"
    page.press("/", *"absent from the map")
    page.of("document.getElementById('search').value = 'absent'")
    page.press("x")
    assert page.of(FOUND) == "nothing found"


def test_a_click_follows_one_chain_both_ways(page: Page) -> None:
    """A click shows the entry points of a port and its container; a click outside resets the map."""
    page.click(row(WEB))
    assert sorted(page.of(CHAIN)) == sorted(SHOP_CHAIN)
    assert page.of(FOUND) == "3 upstream, 1 downstream"
    assert page.of("document.querySelectorAll('.line.kept').length") == 4
    assert page.of("document.querySelectorAll('.row.kept').length") == 5
    assert page.of(f"{row(WEB)}.ariaPressed") == "true"
    page.click("document.querySelector('.lane-name')")
    assert page.of("document.querySelectorAll('.kept').length") == 0
    assert page.of("document.getElementById('chain').hidden") is True


def test_the_chain_is_the_same_from_each_of_its_ends(page: Page) -> None:
    """The chain can be followed from an entry point, a container port, or a placeholder."""
    page.click(row("Node port web: 30080"))
    assert page.of(CHAIN) == ["Node port web: 30080, namespace shop", *SHOP_CHAIN[3:]]
    page.click(row(POD))
    assert sorted(page.of(CHAIN)) == sorted(SHOP_CHAIN)
    page.press("Escape")
    page.click("document.querySelector('.services.fine .row.doubtful')")
    reason = "no pod has the labels app=web (Service shop/lost selects the pods of Deployment shop/web, so"
    port, end = page.of(CHAIN)
    assert port.startswith(f"Service front (ClusterIP): 80: {reason} ")
    assert end.startswith(f"in doubt: {reason} ")
    assert page.of("[...document.querySelectorAll('#links li')].map((each) => each.className)") == ["", "doubtful"]


def test_the_keyboard_is_enough(page: Page) -> None:
    """Tab reaches the map, arrow keys move between ports, Enter follows a chain, Escape resets the map."""
    for _ in range(9):
        if page.of("document.activeElement.classList.contains('row')"):
            break
        page.press("Tab")
    assert page.of("document.activeElement.classList.contains('row')") is True
    assert page.of("document.querySelectorAll('.row[tabindex=\"0\"]').length") == 1
    page.of(f"{row(FRONT)}.focus()")
    page.press("ArrowRight")
    assert page.of(FOCUSED) == WEB
    page.press("ArrowRight")
    assert page.of(FOCUSED) == POD
    page.press("ArrowDown")
    assert page.of(FOCUSED) == "Deployment web: 9000 admin app: nothing reaches this port"
    page.press("ArrowUp", "ArrowLeft", "Enter")
    assert page.of(FOCUSED) == WEB
    assert sorted(page.of(CHAIN)) == sorted(SHOP_CHAIN)
    page.press("Escape")
    assert page.of("document.querySelectorAll('.kept').length") == 0
    page.press("Home")
    assert page.of(FOCUSED).startswith("Service front (ClusterIP): 80")
    page.press("End")
    assert page.of("document.activeElement.closest('.services') !== null") is True


def test_the_focus_is_visible(page: Page) -> None:
    """The row with the focus is framed, and clear of the header and the chain."""
    page.press("/", *"9000", "Enter", "Enter")
    assert page.of("getComputedStyle(document.activeElement.querySelector('.ground')).strokeWidth") == "3px"
    top, bottom = page.of("(({top, bottom}) => [top, bottom])(document.activeElement.getBoundingClientRect())")
    assert page.of("document.querySelector('header').getBoundingClientRect().bottom") <= top
    assert bottom <= page.of("document.getElementById('chain').getBoundingClientRect().top")


def test_the_filter_by_namespace(page: Page) -> None:
    """The filter hides other namespaces; a chain can still lead to them."""
    assert page.of(LANES) == ["namespace bare", "namespace edge", "namespace shop", "no namespace"]
    page.of("document.getElementById('namespace').focus()")
    page.press("ArrowDown", "ArrowDown", "ArrowDown")
    assert page.of(LANES) == ["namespace shop"]
    assert page.of("document.activeElement.id") == "namespace"
    page.press("/", *"other")
    assert page.of(FOUND) == "nothing found"
    page.press("Escape")
    page.click(row(WEB))
    page.click("[...document.querySelectorAll('#links button')].find((each) => each.textContent.includes('guard'))")
    assert page.of(FOCUSED) == "ValidatingWebhookConfiguration guard: Service shop/web port 80"
    assert len(page.of(LANES)) == 4


def test_the_state_is_in_the_address(page: Page, file: Path, tmp_path: Path) -> None:
    """A reader who opens the address sees the same."""
    page.press("/", *"web")
    page.of("document.getElementById('namespace').value = 'shop'")
    page.of("document.getElementById('namespace').dispatchEvent(new Event('change'))")
    page.click(row(WEB))
    address = page.of("location.hash")
    with opened(file, tmp_path / "another", hash=address) as again:
        assert again.of(LANES) == ["namespace shop"]
        assert again.of("document.getElementById('search').value") == "web"
        assert sorted(again.of(CHAIN)) == sorted(SHOP_CHAIN)
        assert again.of(FOCUSED) == WEB
        again.of("location.hash = '#namespace=absent&follow=%3Cimg%3E&q=%00'")
        assert again.of("new Promise((done) => setTimeout(() => done(document.title)))") == "The shop"
        assert len(again.of(LANES)) == 4
        assert again.errors == []


HOSTILE = (
    "</script><script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 1'>",
    '"><svg onload="window.hurt = 1">',
    "javascript:window.hurt=1",
    "]]>&amp;&#0;\x00\x07\u202e\ud800\u2028'\"`",
    "\u05e9\u05dc\u05d5\u05dd",
    "\U0001f600" * 40,
    "n" * 5000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_names_are_text(text: str, tmp_path: Path) -> None:
    """No name runs as a script, requests anything, or causes an error."""
    hostile = deployment("web", http=8080)
    hostile["metadata"] = {"name": text, "namespace": text, "labels": {text: text}}
    hostile["spec"]["template"]["metadata"]["labels"] = {"app": text}
    hostile["spec"]["template"]["spec"]["containers"][0]["name"] = text
    rule = {"host": text, "http": {"paths": [{"path": text, "backend": {"service": {"name": text, "port": {}}}}]}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": text, "namespace": text},
        "spec": {"rules": [rule]},
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": text, "namespace": text},
        "spec": {"selector": {"app": text}, "ports": [{"name": text, "port": 80, "targetPort": text}]},
    }
    page = tmp_path / "map.html"
    page.write_bytes(draw([hostile, ingress, service], format="html", title=text).encode())
    with opened(page, tmp_path / "profile") as made:
        assert made.of("document.querySelectorAll('.row[id]').length") > 0
        made.of(
            "document.querySelectorAll('.row[id]').forEach((each) => each.dispatchEvent("
            "new MouseEvent('click', { bubbles: true })))"
        )
        assert made.of("typeof window.hurt") == "undefined"
        assert made.of("document.scripts.length") == 1
        assert made.of("document.images.length") == 0
        assert made.errors == []


def test_the_policy_of_the_page(page: Page) -> None:
    """A script that gets into the page does not run: the policy allows the page's own alone."""
    page.of("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hurt = 1\">')")
    page.of("document.body.append(Object.assign(document.createElement('script'), { text: 'window.hurt = 1' }))")
    assert page.of("new Promise((done) => setTimeout(() => done(typeof window.hurt), 100))") == "undefined"
    assert page.errors
    page.errors.clear()
