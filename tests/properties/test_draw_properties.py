"""Pictures of any set are complete, well-formed, and independent of the order of the objects."""

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from manifest_objects import Manifest
from portmap import PortMap, Service, ServicePort, draw
from portmap._draw.diagram import Diagram, diagram_of
from portmap._draw.layout import (
    Stretch,
    fitted,
    laid_out,
    tracks_of,
    width_of_bold,
    width_of_code,
    width_of_small,
    wrapped,
)
from random_sets import sets

SVG = "{http://www.w3.org/2000/svg}"


def pictured(objects: list[Manifest]) -> Diagram:
    return diagram_of(PortMap.of(objects))


@given(sets, st.randoms())
def test_the_order_of_the_objects_changes_nothing(objects: list[Manifest], random: Any) -> None:
    """The order of the objects does not change the picture."""
    shuffled = list(objects)
    random.shuffle(shuffled)
    assert pictured(shuffled) == pictured(objects)


@given(sets)
def test_lines_join_rows_that_are_there(objects: list[Manifest]) -> None:
    """Every row has its own id, and every line joins two rows."""
    diagram = pictured(objects)
    ids = [row.id for box in diagram.boxes for row in box.rows]
    assert len(set(ids)) == len(ids)
    assert {end for line in diagram.lines for end in (line.start, line.end)} <= set(ids)


@given(sets)
def test_all_of_the_map_is_in_the_picture(objects: list[Manifest]) -> None:
    """Each Service and workload has a box, and each port of a Service a line or a reason."""
    found = PortMap.of(objects)
    diagram = diagram_of(found)
    named = {(box.column, box.namespace, box.name) for box in diagram.boxes}
    assert {("services", each.namespace, each.name) for each in found.services} <= named
    bare = {(box.namespace, row.text) for box in diagram.boxes if box.kind == "without ports" for row in box.rows}
    for each in found.workloads:
        declares = ("pods", each.namespace, each.name) in named
        assert declares or (each.namespace, f"{each.kind} {each.name}") in bare
    starts = {line.start for line in diagram.lines}
    for box in diagram.boxes:
        if box.column == "services" and box.state == "fine":
            assert all(row.id in starts or row.text == "no ports" or row.text.startswith("→") for row in box.rows)


@given(sets)
def test_boxes_do_not_overlap(objects: list[Manifest]) -> None:
    """The boxes of a column are below each other in their lanes, and columns and lanes do not overlap."""
    layout = laid_out(pictured(objects))
    for lane in layout.lanes:
        columns = [[each for each in lane.placed if each.span == span] for span in layout.spans.values()]
        assert sum(map(len, columns)) == len(lane.placed)
        assert all(each.y >= 0 and each.y + each.height <= lane.height for each in lane.placed)
        assert all(above.y + above.height < below.y for column in columns for above, below in pairwise(column))
        services = [each for each in lane.placed if each.box.column == "services"]
        assert not any(each.y - 6 < gap < each.y + each.height + 6 for each in services for gap in lane.gaps)
    for left, right in pairwise(layout.spans.values()):
        assert left.right < right.left
    for upper, lower in pairwise(layout.lanes):
        assert upper.top + upper.height < lower.top
    assert layout.height == max((lane.top + lane.height for lane in layout.lanes), default=0)
    assert layout.width > max((span.right for span in layout.spans.values()), default=0)


@given(st.permutations(range(12)))
def test_lines_do_not_cross_where_they_need_not(order: list[int]) -> None:
    """Services are in the order of their pods, and the boxes before them in that of the Services."""
    objects: list[Any] = []
    for place, number in enumerate(order):
        template: Manifest = {"metadata": {"labels": {"app": f"pod-{place:02}"}}}
        template["spec"] = {"containers": [{"name": "app", "ports": [{"containerPort": 80}]}]}
        metadata = {"name": f"pod-{place:02}"}
        objects += [
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template}},
            Service.node_port(f"web-{number:02}", selector={"app": f"pod-{place:02}"}, ports=[ServicePort(80)]),
        ]
    [lane] = laid_out(pictured(objects)).lanes
    heights = {each.box.id: each.y for each in lane.placed}
    joined = {(line.start.partition(".")[0], line.end.partition(".")[0]) for line in pictured(objects).lines}
    to_pods = sorted((heights[start], heights[end]) for start, end in joined if end.startswith("w"))
    assert len(to_pods) == 12
    assert all(one[1] < other[1] for one, other in pairwise(to_pods))


@given(st.text(), st.integers(20, 500), st.sampled_from([width_of_bold, width_of_code, width_of_small]))
def test_what_is_cut_fits_and_keeps_both_ends(text: str, room: int, width_of: Any) -> None:
    """A text that fits is whole; a longer one keeps its beginning and end."""
    shown = fitted(text, room, width_of)
    assert width_of(shown) <= room
    if width_of(text) <= room:
        assert shown == text
    else:
        head, _, tail = shown.partition("…")
        assert text.startswith(head)
        assert text.endswith(tail)


@given(st.text(), st.integers(60, 500), st.integers(1, 6))
def test_what_is_wrapped_fits(text: str, room: int, most: int) -> None:
    """There are at most the allowed lines, each within the width."""
    lines = wrapped(text, room, most)
    assert 1 <= len(lines) <= most
    assert all(width_of_code(each) <= room for each in lines)


ENDS = st.integers(0, 9).map(str)
HEIGHTS = st.integers(0, 3000)


@given(st.lists(st.builds(Stretch, ENDS, ENDS, HEIGHTS, HEIGHTS), unique=True, max_size=30))
def test_lines_that_share_a_track_can_be_told_apart(stretches: list[Stretch]) -> None:
    """If there are enough tracks, lines on one track have a common row or different heights."""
    tracks = tracks_of(stretches)
    assert tracks.keys() == set(stretches)
    if len(set(tracks.values())) == 10:
        return
    for one in stretches:
        for other in stretches:
            if tracks[one] == tracks[other] and one.start != other.start and one.end != other.end:
                # Bundles: a line that shares an end with both may join them.
                low, high = sorted((one, other), key=lambda each: max(each.from_y, each.to_y))
                assert max(low.from_y, low.to_y) < min(high.from_y, high.to_y)


@given(sets)
def test_an_svg_is_well_formed_and_shows_every_row(objects: list[Manifest]) -> None:
    """An SVG parses as XML, and has a title, a description and a group for each row."""
    diagram = pictured(objects)
    root = ET.fromstring(draw(objects))
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")
    shown = {each.get("id") for each in root.iter(f"{SVG}g") if (each.get("class") or "").startswith("row")}
    # Rows of the legend have no id.
    assert shown - {None} == {row.id for box in diagram.boxes for row in box.rows}
    lines = [each for each in root.iter(f"{SVG}path") if "C" in (each.get("d") or "") or "Q" in (each.get("d") or "")]
    assert len(lines) == len(diagram.lines)


@given(sets)
def test_mermaid_names_only_nodes_that_it_defines(objects: list[Manifest]) -> None:
    """Each line of the flow chart joins two nodes of a lane."""
    text = draw(objects, format="mermaid")
    defined = set(re.findall(r"^    (\w+)\[", text, re.MULTILINE))
    joined = re.findall(r"^  (\w+) -\S*-?>(?:\|[^|]+\|)? (\w+)$", text, re.MULTILINE)
    assert {end for pair in joined for end in pair} <= defined
    assert len(joined) == len(pictured(objects).lines)
