"""What the chain of ablations says of every change."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from coopetition.agents.ablations.chain import CHAIN
from coopetition.reports import schema
from coopetition.reports.ablations import ablation_chain, ablation_rows, chain_sentence, largest
from frames import chain, run


@pytest.fixture(autouse=True)
def close():
    """Matplotlib keeps every figure until it is told not to."""
    yield
    plt.close("all")


def parts(*scores, **changes):
    """Runs of every step: one score per seed, NaN for a run that did not finish."""
    return [
        schema.table(
            "scores",
            [
                run(seed=seed, score=0.0 if np.isnan(s) else s, status=status, **changes)
                for seed, s in enumerate(row)
                for status in (["diverged"] if np.isnan(s) else ["finished"])
            ],
        )
        for row in scores
    ]


@pytest.fixture
def rows():
    known = [[0.0, 0.1], [0.8, 0.7], *[[0.8, 0.7]] * (len(CHAIN) - 2)]
    return schema.table("ablations", ablation_rows(parts(*known)))


def test_an_effect_is_paired_by_seed(rows):
    first, second = rows.iloc[0], rows.iloc[1]
    assert pd.isna(first["effect"])
    assert first["score"] == pytest.approx(0.05)
    assert second["effect"] == pytest.approx(0.7)
    # Of 0.8 and 0.6: mean 0.7, standard error 0.1, t(1) = 12.706.
    assert second["effect_high"] - second["effect"] == pytest.approx(1.2706, abs=1e-3)
    assert (rows["effect"].iloc[2:] == 0).all()
    assert list(rows["place"]) == list(range(len(CHAIN)))
    assert largest(rows)["step"] == "actions"


def test_one_seed_has_no_interval():
    one = schema.table("ablations", ablation_rows(parts(*[[0.1]] * len(CHAIN))))
    assert one["effect_low"].isna().all()
    assert "[" not in chain_sentence(one)


def test_a_run_that_breaks_down_counts_as_zero():
    known = [[0.5, 0.5], [float("nan"), 0.5], *[[0.5, 0.5]] * (len(CHAIN) - 2)]
    broken = schema.table("ablations", ablation_rows(parts(*known)))
    assert (broken["finished"].iloc[1], broken["seeds"].iloc[1]) == (1, 2)
    assert broken["score"].iloc[1] == pytest.approx(0.25)


def test_an_environment_without_a_scale_has_no_scores():
    unscaled = [part.assign(score=np.nan) for part in parts(*[[0.1, 0.2]] * len(CHAIN))]
    table = schema.table("ablations", ablation_rows(unscaled))
    assert table["score"].isna().all()
    assert table["welfare"].notna().all()
    with pytest.raises(ValueError, match="no environment of the chain"):
        ablation_chain(table)


def test_another_number_of_steps_is_refused():
    with pytest.raises(ValueError, match="zip"):
        ablation_rows(parts([0.1, 0.2]))


def test_the_caption_names_the_largest_change():
    effects = {"TrustDilemma": 0.2, "TeamProduction": -0.1}
    plot = ablation_chain(chain(effects))
    ends = [effect * (len(CHAIN) - 1) for effect in effects.values()]
    assert f"TrustDilemma-v0: 0.00 as published, {ends[0]:.2f} at the end" in plot.caption
    assert f"TeamProduction-v0: 0.00 as published, −{-ends[1]:.2f} at the end" in plot.caption
    assert "'actions' with +0.20 [0.20, 0.20], to 0.20 from 0.10 before training" in plot.caption
    assert "3 seeds, 2,048 steps per run" in plot.caption
    assert len(plot.data) == 2 * len(CHAIN)
    titles = [ax.get_title(loc="left") for ax in plot.figure.axes]
    assert titles == ["TrustDilemma-v0", "TeamProduction-v0"]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_step_is_named_beside_the_left_panels(count):
    names = ["PartnerHoldUp", "TrustDilemma", "TeamProduction", "ReciprocalDilemma"][:count]
    panels = ablation_chain(chain(dict.fromkeys(names, 0.2))).figure.axes
    for place, ax in enumerate(panel for panel in panels if panel.get_visible()):
        shown = [label.get_text().removesuffix(" *") for label in ax.get_yticklabels()]
        assert shown == ([step.name for step in CHAIN] if place % 2 == 0 else [""] * len(CHAIN))
