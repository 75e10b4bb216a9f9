"""Learners against oracles and constants: the published comparison, with more to compare with.

The published gap is that to the oracle of the class, in % of its return. Beside it stand the gaps
to the best constant, to the oracle of the private equilibrium and to the planner.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from coopetition.envs.engine import Array

from .columns import MODES
from .published_means import published_name
from .resampling import ends, resampled_means
from .selection import named, own_basis
from .sources import published
from .statistics import best_constants
from .theme import signed
from .tiers import in_order, with_tiers

# Of every class of mechanisms the oracle that the published analysis compares with.
REFERENCE_ORACLES = {
    "TR-1": "Oracle_Equilibrium",
    "TR-2": "Oracle_TrustAware",
    "TR-3": "Oracle_Loyalty",
    "TR-4": "Oracle_BoundedReciprocity",
}
# What is compared with -> the policy; the oracle and the best constant depend on the environment.
RIVALS = ("oracle", "constant", "nash", "planner")
NAMED = {"nash": "Oracle_Nash", "planner": "Planner"}
# Learners of an edition, protocol and class that the report shows.
SHOWN = 5
NAN = float("nan")


def gap_rows(
    scores: pd.DataFrame, reference: pd.DataFrame, *, repetitions: int
) -> list[dict[str, Any]]:
    """Rows of the table `oracle_gaps`: every environment, and the mean over those of a class.

    Args:
        scores: see `schema`; runs that finished, by the return of the mode trained on.
        reference: see `schema`.
        repetitions: resamples of the seeds.
    """
    runs = named(with_tiers(scores[scores["status"] == "finished"]))
    rivals = rivals_of(reference).set_index(["name", "reward_mode"]).to_dict("index")
    keys = ["edition", "tier", "reward_mode", "policy", "protocol"]
    generator = np.random.default_rng(np.random.SeedSequence(0))
    rows = []
    for factors, part in runs.groupby(keys, sort=False):
        about = dict(zip(("edition", "mechanism_class", *keys[2:]), factors, strict=True))
        found: list[tuple[dict[str, Any], dict[str, Array]]] = []
        for name, own in part.groupby("name"):
            against = rivals.get((name, about["reward_mode"]))
            if against is None:
                continue
            returns = own["training_return"].to_numpy(float)
            drawn = resampled_means([returns], repetitions, generator)[:, 0]
            gaps = {
                rival: _relative(np.array([returns.mean(), *drawn]), against[f"{rival}_return"])
                for rival in RIVALS
            }
            measured = {"environment": name, "environments": 1, "runs": len(own)}
            measured |= {"mean_return": float(returns.mean())}
            measured |= {key: against[key] for key in ("oracle", "oracle_return", "constant")}
            found.append((measured, gaps))
        if found:
            rows += [about | measured | _ends(gaps) for measured, gaps in found]
            rows.append(about | _mean(found))
    order = {tier: place for place, tier in enumerate(in_order(runs["tier"]))}
    places = {mode: place for place, mode in enumerate(MODES)}
    return sorted(
        rows,
        key=lambda r: (
            *(r["edition"], order[r["mechanism_class"]], r["environment"]),
            *(places[r["reward_mode"]], -np.nan_to_num(r["oracle_gap"], nan=-np.inf)),
        ),
    )


def rivals_of(reference: pd.DataFrame) -> pd.DataFrame:
    """What learners are compared with: a row per environment and reward mode.

    Args:
        reference: see `schema`.

    Returns:
        Columns name (environment with edition), reward_mode, oracle and constant (which they are),
        and the return of every one of `RIVALS`, NaN where it does not play.
    """
    levels = best_constants(reference).set_index(["environment", "reward_mode"])["level"]
    rows = []
    for (name, mode), part in named(own_basis(reference)).groupby(["name", "reward_mode"]):
        returns = part.set_index("policy")["mode_return"]
        level = levels.get((name, mode))
        rivals = {
            "oracle": REFERENCE_ORACLES[part["mechanism_class"].iloc[0]],
            "constant": "" if level is None else f"Constant_{level:02d}",
            **NAMED,
        }
        rows.append(
            {
                **{"name": name, "reward_mode": mode},
                **{key: rivals[key] for key in ("oracle", "constant")},
                **{f"{rival}_return": returns.get(rivals[rival], NAN) for rival in RIVALS},
            }
        )
    columns = ["name", "reward_mode", "oracle", "constant", *(f"{r}_return" for r in RIVALS)]
    return pd.DataFrame(rows, columns=columns)


def _relative(returns: Any, rival: float) -> Any:
    """Gap in % of the rival's size, as published; of no size where that is zero."""
    return 100 * (returns - rival) / (abs(rival) if rival else NAN)


def _ends(gaps: Mapping[str, Array]) -> dict[str, float]:
    """Gap and interval against every rival; the first of the values is the estimate."""
    found: dict[str, float] = {}
    for rival, (gap, *drawn) in gaps.items():
        low, high = ends(np.array(drawn))
        found |= {f"{rival}_gap": float(gap), f"{rival}_low": low, f"{rival}_high": high}
    return found


def _mean(found: list[tuple[dict[str, Any], dict[str, Array]]]) -> dict[str, Any]:
    """The mean gap over the environments of a class, where the rival plays on all of them."""
    gaps = {rival: np.mean([own[rival] for _, own in found], axis=0) for rival in RIVALS}
    return {
        **{"environment": "", "environments": len(found)},
        "runs": sum(measured["runs"] for measured, _ in found),
        **{"mean_return": NAN, "oracle_return": NAN, "constant": ""},
        "oracle": ", ".join(dict.fromkeys(measured["oracle"] for measured, _ in found)),
        **_ends(gaps),
    }


def exceedance_rows(gaps: pd.DataFrame, reference: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `exceedances`: the published exceedance of an oracle, recomputed.

    Args:
        gaps: the table `oracle_gaps`.
        reference: see `schema`.
    """
    rivals = rivals_of(reference).set_index(["name", "reward_mode"])
    names = zip(gaps["policy"], gaps["protocol"], strict=True)
    ours = gaps[np.array(["ISAC" in published_name(*name) for name in names], bool)]
    rows = []
    for stated in published("oracle_exceedance_tr3").to_dict("records"):
        place = (stated["environment"], stated["reward_mode"])
        known = rivals.loc[place] if place in rivals.index else {}
        own = ours[(ours["environment"] == place[0]) & (ours["reward_mode"] == place[1])]
        run: Mapping[str, Any] = own.iloc[0] if len(own) else {}
        value = float(stated["isac_return"])
        rows.append(
            {
                **dict(zip(("environment", "reward_mode"), place, strict=True)),
                "published_return": value,
                "published_oracle_return": float(stated["oracle_loyalty_return"]),
                "published_gap": float(stated["gap_pct_published"]),
                "oracle_return": float(known.get("oracle_return", NAN)),
                "oracle_gap": float(_relative(value, known.get("oracle_return", NAN))),
                "constant": known.get("constant", ""),
                "constant_gap": float(_relative(value, known.get("constant_return", NAN))),
                "policy": run.get("policy", ""),
                "runs": int(run.get("runs", 0)),
                **{
                    f"learner_{end}": float(run.get(f"oracle_{end}", NAN))
                    for end in ("gap", "low", "high")
                },
            }
        )
    return rows


def shown_gaps(gaps: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean gaps by class under integrated reward: the learners nearest above every oracle."""
    means = gaps[(gaps["environment"] == "") & (gaps["reward_mode"] == "integrated")]
    keys = ["edition", "protocol", "mechanism_class"]
    first = means.groupby(keys, sort=False).head(SHOWN)
    return first.sort_values(keys, kind="stable").to_dict("records")


def gap_summary(gaps: pd.DataFrame) -> str:
    """How many learners lie above the oracle, and above the best constant."""
    rows = gaps[(gaps["environment"] != "") & (gaps["reward_mode"] == "integrated")]
    said = []
    for (edition, protocol), part in rows.groupby(["edition", "protocol"]):
        known = part.dropna(subset=["oracle_gap", "constant_gap"])
        above = int((known["oracle_low"] > 0).sum())
        beyond = int((known["constant_low"] > 0).sum())
        said.append(
            f"{above} of {len(known)} pairs of learner and environment above the oracle and "
            f"{beyond} above the best constant ({edition}, {protocol})"
        )
    if not said:
        return ""
    return f"With the whole interval lie under integrated reward {'; '.join(said)}."


def exceedance_summary(exceedances: pd.DataFrame) -> str:
    """What the published mean gap becomes beside the best constant."""
    known = exceedances.dropna(subset=["oracle_gap", "constant_gap"])
    if known.empty:
        return ""
    below = int((known["constant_gap"] < 0).sum())
    return (
        f"The published mean gap over {len(exceedances)} environments is "
        f"{exceedances['published_gap'].mean():+.2f} %; against the recomputed oracle it is "
        f"{known['oracle_gap'].mean():+.2f} %. The same returns lie below the best constant on "
        f"{below} of {len(known)} environments, with a mean gap of "
        f"{signed(known['constant_gap'].mean())} %."
    )
