"""Pictures of any set: complete, well-formed, and the same whatever the order of the objects."""

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from sets_for_tests import Manifest, sets

from portmap import PortMap, draw
from portmap._draw.diagram import Diagram, diagram_of
from portmap._draw.layout import GAP, Placed, laid_out

SVG = "{http://www.w3.org/2000/svg}"


def pictured(objects: list[Manifest]) -> Diagram:
    return diagram_of(PortMap.of(objects))


@given(sets, st.randoms())
def test_the_order_of_the_objects_changes_nothing(objects: list[Manifest], random: Any) -> None:
    """The same set gives the same picture."""
    shuffled = list(objects)
    random.shuffle(shuffled)
    assert pictured(shuffled) == pictured(objects)


@given(sets)
def test_lines_join_rows_that_are_there(objects: list[Manifest]) -> None:
    """Every row has an id of its own, and every line leads from one to another."""
    diagram = pictured(objects)
    ids = [row.id for box in diagram.boxes for row in box.rows]
    assert len(set(ids)) == len(ids)
    assert {end for line in diagram.lines for end in (line.start, line.end)} <= set(ids)


@given(sets)
def test_all_of_the_map_is_in_the_picture(objects: list[Manifest]) -> None:
    """Each Service and each workload has a box, and each port of a Service leads somewhere or to a reason."""
    found = PortMap.of(objects)
    diagram = diagram_of(found)
    named = {(box.column, box.namespace, box.name) for box in diagram.boxes}
    assert {("services", each.namespace, each.name) for each in found.services} <= named
    assert {("pods", each.namespace, each.name) for each in found.workloads} <= named
    starts = {line.start for line in diagram.lines}
    for box in diagram.boxes:
        if box.column == "services" and box.state == "fine":
            assert all(row.id in starts or row.text == "no ports" or row.text.startswith("→") for row in box.rows)


@given(sets)
def test_boxes_do_not_overlap(objects: list[Manifest]) -> None:
    """In a column each box is below the one before it, and in its own lane."""
    layout = laid_out(pictured(objects))
    lanes = {lane.namespace: lane for lane in layout.lanes}
    columns: dict[int, list[Placed]] = {}
    for placed in layout.placed:
        lane = lanes[placed.box.namespace]
        assert lane.top <= placed.y
        assert placed.y + placed.height <= lane.top + lane.height
        columns.setdefault(placed.x, []).append(placed)
    for column in columns.values():
        for above, below in pairwise(sorted(column, key=lambda each: each.y)):
            assert above.y + above.height + GAP <= below.y + GAP
    for upper, lower in pairwise(layout.lanes):
        assert upper.top + upper.height <= lower.top
    assert layout.height >= max((lane.top + lane.height for lane in layout.lanes), default=0)


@given(sets)
def test_an_svg_is_well_formed_and_shows_every_row(objects: list[Manifest]) -> None:
    """It parses as XML, has a title and a description, and a group for each row."""
    diagram = pictured(objects)
    root = ET.fromstring(draw(objects))
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")
    shown = {each.get("id") for each in root.iter(f"{SVG}g") if (each.get("class") or "").startswith("row")}
    assert shown == {row.id for box in diagram.boxes for row in box.rows}
    assert len(list(root.iter(f"{SVG}path"))) == len(diagram.lines)


@given(sets)
def test_mermaid_names_only_nodes_that_it_defines(objects: list[Manifest]) -> None:
    """Each line of the flow chart joins two nodes that stand in a lane."""
    text = draw(objects, format="mermaid")
    defined = set(re.findall(r"^    (\w+)\[", text, re.MULTILINE))
    joined = re.findall(r"^  (\w+) -\S*-?>(?:\|\w+\|)? (\w+)$", text, re.MULTILINE)
    assert {end for pair in joined for end in pair} <= defined
    assert len(joined) == len(pictured(objects).lines)
