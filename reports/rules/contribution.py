"""Rules on the published contribution of interdependence; see `reports.contribution`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..columns import CLASSES
from ..contribution import pairs_of
from ..evidence import Decision, Evidence
from ..sources import published
from ..tiers import tiers
from .learning import CLASS_SIZE, SMALLEST_PUBLISHED_BUDGET
from .members import (
    as_published,
    corrected,
    examined,
    means,
    not_trained,
    rebuilt,
)

SURE = 0.95
FEW = 20.0  # %
BOTH_MODES = "Learners under private and integrated reward"


def tier_medians(evidence: Evidence) -> Decision:
    """C01: medians by class, of constants and of corrected learners."""
    constants = _of_constants(evidence)
    pairs = _pairs(corrected(evidence, "integrated"), corrected(evidence, "private"))
    if constants.empty and pairs.empty:
        return Decision("not testable", "No released environment is in this run.")
    stated = published("dij_contribution").set_index("tier")["median_pct"]
    said, reason = [], ""
    for level in (50, 0):
        medians = _medians(constants[constants["level"] == level])
        if len(medians):
            said.append(f"constant of {level} % {_listed(medians)}")
    if not constants.empty:
        reason = (
            "A constant, here as released of the largest endowment, does not react to its reward, "
            f"and still has a contribution: {'; '.join(said)}; published {_listed(stated)}. "
        )
    if pairs.empty:
        return Decision(
            "inconclusive",
            f"{reason}No learner trained under both rewards in this run.",
            said[0],
            "reference",
        )
    medians = _medians(pairs)
    close = sum(abs(medians[group] - stated[group]) <= 5 for group in medians.index)
    reason += (
        f"Corrected learners have {_listed(medians)}, within 5 points of the published median in "
        f"{close} of {len(medians)} classes, over {len(pairs)} pairs of learner and environment; "
        f"of it {_listed(_medians(pairs, 'accounting'))} are accounting and "
        f"{_listed(_medians(pairs, 'policy_effect'))} behaviour."
    )
    return examined(reason, f"corrected learners {_listed(medians)}")


def only_tr2_is_negative(evidence: Evidence) -> Decision:
    """C02: pairs of learner and environment with a negative ratio."""
    pairs = _pairs(corrected(evidence, "integrated"), corrected(evidence, "private"))
    if pairs.empty:
        return not_trained(BOTH_MODES, "a released environment")
    negative = pairs["contribution"] < 0
    counts = [
        f"{group} {int(negative[part.index].sum())} of {len(part)}"
        for group, part in pairs.groupby("tier")
    ]
    lowest = pairs.loc[pairs["contribution"].idxmin()]
    reason = (
        f"Corrected learners have negative pairs: {', '.join(counts)}; the lowest is "
        f"{lowest['contribution']:.0f} % ({lowest['policy']} on {lowest['environment']}-v0). The "
        "ratio has no lower bound where an integrated run ends early."
    )
    return examined(reason, ", ".join(counts))


def order_of_classes(evidence: Evidence) -> Decision:
    """C03: TR-3, TR-1, TR-4, TR-2, by bootstrap over seeds."""
    stated = published("dij_contribution").set_index("tier")["median_pct"]
    wanted = list(stated.sort_values(ascending=False).index)
    constants = _of_constants(evidence)
    medians = _medians(constants[constants["level"] == 50])
    reason = ""
    if len(medians) == len(CLASSES):
        order = " > ".join(medians.sort_values(ascending=False).index)
        reason = f"A constant of 50 %, which learns nothing, has the order {order}. "
    integrated, private = corrected(evidence, "integrated"), corrected(evidence, "private")
    pairs = _pairs(integrated, private)
    if pairs["tier"].nunique() < len(CLASSES):
        if not reason:
            return not_trained(BOTH_MODES, "environments of all classes")
        reason += "Learners under both rewards are missing for some classes."
        return Decision("inconclusive", reason, f"constant of 50 % {order}", "reference")
    share = _share_of_order(integrated, private, wanted, evidence.repetitions)
    found = " > ".join(_medians(pairs).sort_values(ascending=False).index)
    reason += (
        f"Corrected learners have the order {found}; the published one has a probability of "
        f"{share:.2f} over seeds (the rule asks for more than {SURE})."
    )
    return examined(reason, found)


def _share_of_order(
    integrated: pd.DataFrame, private: pd.DataFrame, wanted: list[str], repetitions: int
) -> float:
    """Share of resamples of seeds in which the classes have this order."""
    rng, keys = np.random.default_rng(0), ["policy", "environment"]
    parts = []
    for runs in (integrated, private):
        cells = runs[runs["status"] == "finished"].groupby(keys)["training_return"]
        parts.append({key: means(rng, c.to_numpy(float), repetitions) for key, c in cells})
    both = [key for key in parts[0] if key in parts[1]]
    ratios = np.array([1 - parts[1][key] / parts[0][key] for key in both])
    groups = np.array([tiers()[environment] for _, environment in both])
    medians = [np.median(ratios[groups == group, 1:], axis=0) for group in wanted]
    return float(np.all(np.diff(medians, axis=0) < 0, axis=0).mean())


def low_at_zero_contribution(evidence: Evidence) -> Decision:
    """C04: medians of the two controllers that IPPO, SelfPlay_PPO and IA2C are."""
    names = ("IPPO", "IA2C")
    runs = {m: as_published(evidence, *names, mode=m) for m in ("integrated", "private")}
    pairs = _pairs(runs["integrated"], runs["private"])
    if pairs.empty:
        return not_trained("IPPO and IA2C as published", "an environment under both rewards")
    medians = pairs.groupby("policy")["contribution"].median()
    labels = {rebuilt()["IPPO"]: "IPPO and SelfPlay_PPO", rebuilt()["IA2C"]: "IA2C"}
    said = [f"{labels[name]} {medians[name]:.1f} %" for name in labels if name in medians]
    whole = CLASS_SIZE * len(CLASSES)
    sizes = pairs.groupby("policy").size().reindex(list(labels), fill_value=0)
    steps = int(min(r["steps_planned"].min() for r in runs.values()))
    reason = (
        f"Medians of the controllers as published: {', '.join(said)}, over "
        f"{', '.join(f'{size} of {whole}' for size in sizes)} environments at {steps:,} steps per "
        f"run. A policy that contributes nothing has next to none."
    )
    if (sizes < whole).any() or steps < SMALLEST_PUBLISHED_BUDGET:
        return Decision("inconclusive", reason, ", ".join(said), "as_published")
    verdict = "confirmed" if (medians < FEW).all() else "refuted"
    return Decision(verdict, reason, ", ".join(said), "as_published")


def _pairs(integrated: pd.DataFrame, private: pd.DataFrame) -> pd.DataFrame:
    """Learners on environments under both rewards, with the class of the published tables."""
    runs = pd.concat([integrated, private])
    found = pairs_of(runs[runs["status"] == "finished"])
    return found.assign(tier=found["environment"].map(tiers()))


def _of_constants(evidence: Evidence) -> pd.DataFrame:
    """The same ratio of the released constants, by environment and level, one policy in both.

    Their shares are of the largest endowment, basis `max`, which has rows where that matters.
    """
    rows = evidence.reference
    rows = rows[(rows["edition"] == "v0") & rows["level"].notna()].sort_values("action_basis")
    rows = rows.drop_duplicates(["environment", "level", "reward_mode"])
    wide = rows.pivot(
        index=["environment", "level"], columns="reward_mode", values="mode_return"
    ).reset_index()
    if not {"integrated", "private"} <= set(wide):
        return pd.DataFrame(columns=["environment", "level", "tier", "contribution"])
    ratio = 100 * (wide["integrated"] - wide["private"]) / wide["integrated"]
    return wide[["environment", "level"]].assign(
        tier=wide["environment"].map(tiers()), contribution=ratio
    )


def _medians(pairs: pd.DataFrame, column: str = "contribution") -> pd.Series:
    return pairs.groupby("tier")[column].median()


def _listed(medians: pd.Series) -> str:
    return ", ".join(f"{group} {value:.1f} %" for group, value in medians.items())
