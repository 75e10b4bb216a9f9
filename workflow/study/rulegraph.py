"""The graph of the rules as a picture for the README, drawn from `snakemake --rulegraph`.

    snakemake --rulegraph | PYTHONPATH=workflow python -m study.rulegraph docs/rulegraph.svg

Rules stand in layers, each below all that it needs; what a rule needs by way of another is not
drawn. The order within a layer is that of the mean position of the neighbours.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from coopetition.agents.files import replacing

_NODE = re.compile(r'^\s*(\d+)\[label = "(\w+)"', re.MULTILINE)
_EDGE = re.compile(r"^\s*(\d+) -> (\d+)$", re.MULTILINE)
# In pixels: a character, a box, and the space between boxes and between layers.
CHARACTER, HEIGHT, GAP, LAYER, MARGIN = 7.0, 24, 18, 58, 8
SWEEPS = 24

Edge = tuple[str, str]
# A rule, or where an edge passes a layer: the edge and the layer.
Node = str | tuple[str, str, int]


def parse(dot: str) -> tuple[list[str], set[Edge]]:
    """Rules, and edges from a rule to one that needs it.

    Raises:
        ValueError: the text holds no graph of rules.
    """
    names = dict(_NODE.findall(dot))
    if not names:
        raise ValueError("no rules found: give it the output of `snakemake --rulegraph`")
    return list(names.values()), {(names[a], names[b]) for a, b in _EDGE.findall(dot)}


def reduced(edges: Iterable[Edge]) -> set[Edge]:
    """The edges without those that a longer way makes superfluous."""
    edges = set(edges)
    after: dict[str, set[str]] = {}
    for start, end in edges:
        after.setdefault(start, set()).add(end)

    def reached(start: str) -> set[str]:
        direct = after.get(start, set())
        return direct.union(*(reached(one) for one in direct))

    return {
        (start, end)
        for start, end in edges
        if not any(end in reached(other) for other in after[start] - {end})
    }


def layers(rules: Iterable[str], edges: Iterable[Edge]) -> dict[str, int]:
    """Layer of every rule: the length of the longest way to it."""
    before: dict[str, set[str]] = {rule: set() for rule in rules}
    for start, end in edges:
        before[end].add(start)

    def depth(rule: str) -> int:
        return 1 + max(map(depth, before[rule]), default=-1)

    return {rule: depth(rule) for rule in before}


def svg(dot: str) -> str:
    """The picture; the same text for the same graph."""
    rules, edges = parse(dot)
    edges = reduced(edges)
    depth = layers(rules, edges)
    rows: list[list[Node]] = [[] for _ in range(max(depth.values()) + 1)]
    for rule in sorted(rules):
        rows[depth[rule]].append(rule)
    ways: dict[Edge, list[Node]] = {}
    for start, end in sorted(edges):
        passed: list[Node] = [(start, end, k) for k in range(depth[start] + 1, depth[end])]
        ways[start, end] = [start, *passed, end]
        for node, k in zip(passed, range(depth[start] + 1, depth[end]), strict=True):
            rows[k].append(node)
    _order(rows, ways.values())
    centre, width = _places(rows)
    height = 2 * MARGIN + LAYER * (len(rows) - 1) + HEIGHT
    y = {node: MARGIN + LAYER * k + HEIGHT / 2 for k, row in enumerate(rows) for node in row}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="12">',
        "<title>Rules of the workflow, each below those that it needs</title>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>',
    ]
    for way in ways.values():
        points = [(centre[node], y[node]) for node in way]
        lines.append(f'<path d="{_curve(points)}" fill="none" stroke="#9AA5B1"/>')
    for rule in sorted(rules):
        box = _width(rule)
        x, middle = centre[rule], y[rule]
        lines += [
            f'<rect x="{x - box / 2:.1f}" y="{middle - HEIGHT / 2:.1f}" width="{box:.1f}" '
            f'height="{HEIGHT}" rx="5" fill="#EAF3FA" stroke="#0072B2"/>',
            f'<text x="{x:.1f}" y="{middle + 4:.1f}" text-anchor="middle" fill="#222222">'
            f"{rule.replace('_', ' ')}</text>",
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _width(node: Node) -> float:
    return CHARACTER * len(node) + 14 if isinstance(node, str) else 0.0


def _order(rows: list[list[Node]], ways: Iterable[list[Node]]) -> None:
    """Sort every layer by the mean place of the neighbours, down and up in turn."""
    near: dict[Node, dict[int, list[Node]]] = {node: {-1: [], 1: []} for r in rows for node in r}
    for way in ways:
        for one, other in pairwise(way):
            near[one][1].append(other)
            near[other][-1].append(one)
    for sweep in range(SWEEPS):
        side = -1 if sweep % 2 == 0 else 1
        for row in rows if side == -1 else reversed(rows):
            place = {node: k / len(r) for r in rows for k, node in enumerate(r)}
            row.sort(key=lambda node, place=place, side=side: _mean(near[node][side], place, node))


def _mean(nodes: list[Node], place: dict[Node, float], own: Node) -> float:
    return sum(place[node] for node in nodes) / len(nodes) if nodes else place[own]


def _places(rows: list[list[Node]]) -> tuple[dict[Node, float], float]:
    """Centre of every node, layers centred, and the width of the picture."""
    widths = [sum(map(_width, row)) + GAP * (len(row) - 1) for row in rows]
    whole = max(widths)
    centre: dict[Node, float] = {}
    for row, width in zip(rows, widths, strict=True):
        # Spread over the whole width, so that ways do not crowd in the middle.
        gap = GAP + (whole - width) / (len(row) + 1)
        x = MARGIN + (whole - width) / (len(row) + 1)
        for node in row:
            centre[node] = x + _width(node) / 2
            x += _width(node) + gap
    return centre, whole + 2 * MARGIN


def _curve(points: list[tuple[float, float]]) -> str:
    """A path from the bottom of the first box to the top of the last one."""
    (x, y), *rest = points
    y += HEIGHT / 2
    path = f"M{x:.1f} {y:.1f}"
    for k, (to_x, middle) in enumerate(rest):
        to_y = middle - HEIGHT / 2
        half = (y + to_y) / 2
        path += f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
        if k < len(rest) - 1:
            y += HEIGHT
            path += f"L{x:.1f} {y:.1f}"
    return path


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with replacing(Path(sys.argv[1])) as temporary:
        temporary.write_text(svg(sys.stdin.read()), encoding="utf-8")
