"""The examples run, and what they show is so."""

import importlib.util
import runpy
from types import ModuleType

import numpy as np
import pytest
from documents import ROOT
from matplotlib import style
from PIL import Image

from coopetition.agents.certificates import certificate


def example(name: str) -> ModuleType:
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_first_environment(capsys):
    totals = example("first_environment").main()
    assert {mode: rewards.shape for mode, rewards in totals.items()} == {
        "private": (2,),
        "integrated": (2,),
        "cooperative": (2,),
    }
    assert totals["cooperative"] == pytest.approx(totals["private"].sum())
    assert "mean trust 1.00" in capsys.readouterr().out


def test_train_and_audit(tmp_path):
    found = example("train_and_audit").main(steps=256, path=tmp_path / "IPPO.zip")
    assert list(found) == ["private", "cooperative"]
    for numbers in found.values():
        assert 0 < numbers["score"] < 1
        assert -1 < numbers["gain"] < 1
    assert (tmp_path / "IPPO.zip").is_file()


def test_mixed_motive_shows_the_certificate(tmp_path):
    with style.context("default"):  # other tests of this process may have drawn in the theme
        curves = example("mixed_motive").main("TrustDilemma-v1", tmp_path / "picture.png")
    found = certificate("TrustDilemma-v1")
    at = {name: round(100 * found[key][0]) for name, key in (("C", "optimum"), ("D", "nash_worst"))}
    assert curves["C"][at["C"]] == pytest.approx(found["R"])
    assert curves["D"][at["D"]] == pytest.approx(found["P"])
    assert curves["D"].argmax() == at["D"]  # an equilibrium
    assert curves["C"].max() - found["R"] == pytest.approx(found["greed"][0])
    # The picture in the documentation is this one; after a change: `make pages`.
    pictures = (tmp_path / "picture.png", ROOT / "docs" / "mixed_motive.png")
    made, kept = (np.asarray(Image.open(path).convert("L"), float) for path in pictures)
    assert np.abs(made - kept).mean() < 1


def test_the_tour(capsys):
    names = runpy.run_path(str(ROOT / "examples" / "tour.py"))
    assert names["scores"]["Oracle_SocialOptimum"] == pytest.approx(1, abs=0.01)
    assert names["scores"]["Oracle_Nash"] < 0.1
    # Of the formal edition, SLCD: without the trust payoff the optimum is 28 %.
    assert names["best"]["without the trust payoff"] == "Constant_30"
    assert np.isfinite(names["outcome"].payoffs).all()
    assert "40 environments" in capsys.readouterr().out
