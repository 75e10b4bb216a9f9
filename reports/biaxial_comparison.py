"""What is published of the two-dimensional S-LCD study, beside what is found here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from coopetition import envs
from coopetition.agents.appropriation import HORIZON, ID, PLAYS
from coopetition.agents.descent import BOX

from .biaxial import CENTRE, COLLAPSE, grid, numbers_in
from .biaxial_training import trained_at
from .sources import published

# Quantity of the oracle -> claim, column of `biaxial_outcomes`, distance that counts as equal.
ORACLE = {
    "c* agent 0 / agent 1": ("G02", "cooperation", 1e-2),
    "p* agent 0 / agent 1": ("G02", "appropriation", 1e-3),
    "U* agent 0 / agent 1": ("G02", "utility", 1e-2),
    "best-response iterations": ("", "sweeps", 0.0),
    "oracle episode return (40 steps) agent 0 / agent 1": ("G04", "returns", 1e-2),
    "final mean trust under the oracle": ("G04", "trust_end", 1e-2),
}
REDUCTION = "reduction to the 1D environment at p=0, tolerance"
BETA_TEXT = "beta grid (croissant text)"
AGREEMENT = "dual-calibration agreement tolerance (kappa, xi)"
# Quantities that only trained runs can show -> claim, learner, its place and what is told of it.
UNIMODAL = (0.40, 0.90)
TRAINED = {
    "Hartigan dip test p at eta=0.40, beta=0.90": ("G05", "IPPO", UNIMODAL, "dip_p"),
    "seeds": ("", "IPPO", UNIMODAL, "finished"),
    "training steps": ("", "IPPO", UNIMODAL, "steps"),
    "IPPO outcome at eta=0.20, beta=0.60": ("G06", "IPPO", COLLAPSE, "final_appropriation"),
    "ISAC outcome at eta=0.20, beta=0.60": ("G06", "ISAC", COLLAPSE, "final_appropriation"),
}
# Rows on the point of claim G06 -> how the game is played.
AT_COLLAPSE = {
    "p of the joint plan": "team",
    "p of the equilibrium, weights D": "equilibrium",
    "p of the equilibrium on own payoffs": "selfish",
}


def comparison(
    outcomes: pd.DataFrame,
    calibration: pd.DataFrame,
    reduction: float,
    learned: pd.DataFrame,
) -> list[dict[str, Any]]:
    """Rows of the table `biaxial`: every published quantity, then what is added here.

    Args:
        outcomes: table `biaxial_outcomes`.
        calibration: table `biaxial_calibration`.
        reduction: largest difference in reward from SLCD-v0, see `biaxial.reduction`.
        learned: table `biaxial_trained`, possibly empty.
    """
    rows = []
    for said in published("slcd_2d_published").astype(str).to_dict("records"):
        source = f"{said['source_doc']}: {said['source_place']}".removesuffix(": nan")
        row = {"quantity": said["quantity"], "published": said["value"], "source": source}
        if said["quantity"] in TRAINED:
            rows.append(row | _learned(said["quantity"], learned))
        else:
            rows.append(row | _found(said["quantity"], said["value"], outcomes, reduction))
    return rows + _added(outcomes, calibration)


def _found(quantity: str, value: str, outcomes: pd.DataFrame, reduction: float) -> dict[str, Any]:
    if quantity in ORACLE:
        claim, column, tolerance = ORACLE[quantity]
        here = np.atleast_1d(at(outcomes, CENTRE, "equilibrium")[column]).astype(float)
        gap = float(np.abs(here - numbers_in(value)).max())
        return _row(claim, here.tolist(), gap, tolerance)
    if quantity == REDUCTION:
        note = "difference over three reward modes, equal, varying and corner trajectories"
        return _row("G03", [reduction], reduction, float(value), note=note)
    if quantity == BETA_TEXT:
        sweep = grid()[1]
        result = "match" if numbers_in(value) == sweep else "mismatch"
        return _row("", sweep, result=result, note="the grid of the sweep, which was run")
    defaults = {name: p.default for name, p in envs.spec(ID).parameters.items()}
    defaults["horizon"] = HORIZON
    if quantity in defaults:
        return _row("", [float(defaults[quantity])], result="setting")
    return _row("", [], result="setting", note=_NOTES.get(quantity, "taken over"))


def _learned(quantity: str, learned: pd.DataFrame) -> dict[str, Any]:
    claim, policy, place, column = TRAINED[quantity]
    row = trained_at(learned, place, policy)
    if row is None or np.isnan(row[column]):
        return _row(claim, [], result="not trained", note=f"needs more runs of {policy}")
    size = f"{policy}, {row['finished']} seeds of {row['steps']:,} steps"
    note = f"p of the last step; {size}" if column == "final_appropriation" else size
    return _row(claim, [float(row[column])], result="trained", note=note)


_NOTES = {
    "tests": "of the published folder; this repository has its own",
    "evaluation episodes": "one here: what is played is deterministic",
    AGREEMENT: "see below",
}


def _added(outcomes: pd.DataFrame, calibration: pd.DataFrame) -> list[dict[str, Any]]:
    """What decides claim G06, and how far the calibrations of one play lie apart."""
    place = f"at eta={COLLAPSE[0]:.2f}, beta={COLLAPSE[1]:.2f}"
    found = [
        ("G06", f"{name} {place}", at(outcomes, COLLAPSE, way)["appropriation"], "")
        for name, way in AT_COLLAPSE.items()
    ]
    last = ends(calibration)
    apart = last[last["play"].isin(PLAYS)].groupby("play")[list(BOX)].agg(np.ptp).max()
    name = "largest distance of the calibrations of one play (kappa, xi)"
    found.append(("", name, apart.tolist(), "endpoint and three schedules, three plays"))
    for policy, rows in last[~last["play"].isin(PLAYS)].groupby("play", sort=False):
        if len(rows) > 1:
            name = f"largest distance of the calibrations trained with {policy} (kappa, xi)"
            found.append(("", name, np.ptp(rows[list(BOX)], axis=0), ", ".join(rows["objective"])))
    return [
        {"quantity": quantity, "published": "", "source": ""}
        | _row(claim, list(map(float, values)), result="added", note=note)
        for claim, quantity, values, note in found
    ]


def _row(
    claim: str,
    recomputed: list[float],
    difference: float = np.nan,
    tolerance: float = np.nan,
    *,
    result: str = "",
    note: str = "",
) -> dict[str, Any]:
    compared = "match" if difference <= tolerance else "mismatch"
    return {
        **{"claim": claim, "recomputed": recomputed, "difference": difference},
        **{"tolerance": tolerance, "result": result or compared, "note": note},
    }


def at(outcomes: pd.DataFrame, place: Sequence[float], way: str) -> pd.Series:
    """The outcome at a pair of eta and beta under one play.

    Raises:
        ValueError: the pair is not on the grid.
    """
    eta, beta = place
    rows = outcomes[
        np.isclose(outcomes["eta"], eta)
        & np.isclose(outcomes["beta"], beta)
        & (outcomes["play"] == way)
    ]
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} outcomes at eta={eta}, beta={beta} under {way}: one needed")
    return rows.iloc[0]


def ends(calibration: pd.DataFrame) -> pd.DataFrame:
    """Where each calibration ends: the last point kept, a row per play and objective."""
    kept = calibration[calibration["kept"]]
    return kept.groupby(["play", "objective"], sort=False).tail(1).reset_index(drop=True)
