"""Pictures of the README and the documentation: made from code, and fresh."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from documents import ROOT
from PIL import Image
from test_examples import example

from study import rulegraph

DOT = """digraph {
    0[label = "all", color = "0.0 0.6 0.85"];
    1[label = "report", color = "0.1 0.6 0.85"];
    2[label = "train", color = "0.2 0.6 0.85"];
    3[label = "plan", color = "0.3 0.6 0.85"];
    1 -> 0
    2 -> 1
    2 -> 0
    3 -> 0
}
"""


class TestRuleGraph:
    def test_stands_in_the_repository_as_the_workflow_has_it(self):
        """After a change of the rules: `make pages`."""
        result = subprocess.run(
            [sys.executable, "-m", "snakemake", "--rulegraph"],
            cwd=ROOT,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        kept = (ROOT / "docs" / "rulegraph.svg").read_text(encoding="utf-8")
        assert kept == rulegraph.svg(result.stdout), "make pages"

    def test_a_way_round_makes_an_edge_superfluous(self):
        rules, edges = rulegraph.parse(DOT)
        assert sorted(rules) == ["all", "plan", "report", "train"]
        assert ("train", "all") in edges
        kept = {("train", "report"), ("report", "all"), ("plan", "all")}
        assert rulegraph.reduced(edges) == kept

    def test_a_rule_stands_below_all_that_it_needs(self):
        found = rulegraph.layers(*rulegraph.parse(DOT))
        assert found == {"train": 0, "plan": 0, "report": 1, "all": 2}

    def test_boxes_of_a_layer_do_not_overlap(self):
        text = (ROOT / "docs" / "rulegraph.svg").read_text(encoding="utf-8")
        pattern = r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"'
        boxes = sorted(tuple(map(float, box)) for box in re.findall(pattern, text))
        width = float(re.search(r'width="(\d+)"', text)[1])
        assert len(boxes) > 20
        for k, (x, y, wide) in enumerate(boxes):
            assert x >= 0 and x + wide <= width
            assert all(x + wide <= other[0] for other in boxes[k + 1 :] if other[1] == y)

    def test_no_graph_is_an_error(self):
        with pytest.raises(ValueError, match="--rulegraph"):
            rulegraph.svg("Building DAG of jobs...")


class TestEpisode:
    PATH = ROOT / "docs" / "episode.gif"

    def test_is_an_animation_below_a_megabyte(self):
        with Image.open(self.PATH) as picture:
            assert picture.n_frames == 31
            assert picture.size == (640, 360)
        assert self.PATH.stat().st_size < 1_000_000

    def test_shows_what_the_example_draws(self):
        """After a change of the game or of the pictures: `make pages`."""
        drawn = example("animate").frames("SLCD-v1", steps=4)
        assert len(drawn) == 3
        with Image.open(self.PATH) as picture:
            for k, one in enumerate(drawn):
                picture.seek(k)
                shown = np.asarray(picture.convert("RGB"), float)
                # 96 colours stand for all: a bar of another length would be far more.
                assert np.abs(shown - np.asarray(one)).mean() < 6

    def test_writes_an_animation(self, tmp_path):
        example("animate").main(tmp_path / "short.gif", "TrustDilemma-v1", 4)
        with Image.open(tmp_path / "short.gif") as picture:
            assert picture.n_frames == 3
