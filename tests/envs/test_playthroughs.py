"""The readable episodes in tests/playthroughs are what the environments play today."""

import re
from pathlib import Path

import pytest

from coopetition import envs
from coopetition.envs.playthrough import playthrough

FOLDER = Path(__file__).parents[1] / "playthroughs"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def test_playthrough(env_id):
    spec = envs.spec(env_id)
    path = FOLDER / spec.edition / f"{spec.name}.txt"
    stored, played = path.read_text(encoding="utf-8").splitlines(), playthrough(env_id).splitlines()
    mend = "if the change is meant, `make playthroughs` and read the diff"
    assert len(stored) == len(played), mend
    for line, (before, now) in enumerate(zip(stored, played, strict=True), start=1):
        where = f"{path.name}, line {line}: {mend}"
        assert NUMBER.sub("#", before) == NUMBER.sub("#", now), where
        old, new = ([float(n) for n in NUMBER.findall(text)] for text in (before, now))
        # The last digit may differ between processors.
        assert new == pytest.approx(old, rel=2e-5, abs=2e-6), where


def test_no_file_is_left_over():
    stored = {f"{path.stem}-{path.parent.name}" for path in FOLDER.glob("*/*.txt")}
    assert stored == set(envs.ids())
