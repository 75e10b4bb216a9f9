"""What learners are paid for and what they see: threats V01, V02, V03 and V22."""

from __future__ import annotations

from ..columns import CLASSES
from ..sources import published
from ..statistics import IDENTITY_TOLERANCE
from .tables import Finding, Tables, classes_of_tables, over

# A pair of learners that differ in who is paid what, not in the algorithm.
JOINT, INDEPENDENT = "Central_PPO", "IPPO"


def same_objective(tables: Tables) -> list[Finding]:
    """V01: integrated and cooperative reward, summed over agents."""
    rows = tables.identity[tables.identity["policy_set"] == "101 constants"]
    inventory = published("algorithm_inventory")
    summed = int(inventory["training_signal"].str.startswith("sum").sum())
    found = [
        Finding(
            "learners paid the sum of rewards",
            summed,
            "learners",
            f"{summed} of {len(inventory)} published learners are paid the sum over agents alone, "
            "which does not tell the two modes apart.",
            "published",
        )
    ]
    if len(rows):
        gap, same = rows["max_relative_difference"].max(), int(rows["identical"].sum())
        text = (
            f"On {same} of {len(rows)} released environments of this run the summed returns of 101 "
            f"constants under the two modes agree within {IDENTITY_TOLERANCE:.0e}; the largest "
            f"relative difference is {gap:.1e}."
        )
        found.insert(0, Finding("difference of the two modes", gap, "share", text, "identity"))
    return found + _replicates(tables)


def _replicates(tables: Tables) -> list[Finding]:
    """Published controllers on the two modes with the same seed."""
    runs = tables.runs(protocol="as_published")
    keys = ["environment", "policy", "seed"]
    wide = runs.pivot_table(index=keys, columns="reward_mode", values="welfare")
    if not {"integrated", "cooperative"} <= set(wide):
        return []
    gaps = (wide["cooperative"] / wide["integrated"] - 1).abs().dropna()
    if gaps.empty:
        return []
    text = (
        f"Published controllers that are trained on one mode or the other with the same seed end "
        f"within {100 * gaps.median():.1g} % of each other's welfare in the median of {len(gaps)} "
        f"pairs, and within {100 * gaps.max():.1g} % at most."
    )
    return [Finding("difference of paired runs", float(gaps.median()), "share", text, "runs")]


def joint_controllers(tables: Tables) -> list[Finding]:
    """V02: learners called independent, and what independence is worth."""
    inventory = published("algorithm_inventory")
    independent = inventory[inventory["published_class"].str.startswith("independent")]
    summed = int(independent["training_signal"].str.startswith("sum").sum())
    text = (
        f"{summed} of the {len(independent)} learners published as independent are paid the sum of "
        "all rewards."
    )
    found = [
        Finding("independent learners paid the sum", summed, "learners", text, "published"),
    ]
    runs = tables.runs(protocol="corrected", reward_mode="private")
    keys = ["environment", "edition", "seed"]
    pair = runs[runs["policy"].isin([JOINT, INDEPENDENT])]
    wide = pair.pivot_table(index=keys, columns="policy", values="score").dropna()
    if {JOINT, INDEPENDENT} <= set(wide) and len(wide):
        gap = float((wide[JOINT] - wide[INDEPENDENT]).mean())
        text = (
            f"Trained on private reward, one controller paid everyone's payoffs scores {gap:+.2f} "
            f"on average against a learner per agent of the same algorithm ({len(wide)} pairs of "
            "runs that share environment, edition and seed)."
        )
        found.append(Finding("joint less independent", gap, "score", text, "runs"))
    return found


def arithmetic_contribution(tables: Tables) -> list[Finding]:
    """V03: the published contribution of a policy that reacts to no reward."""
    returns = tables.returns
    if not {"integrated", "private"} <= set(returns):
        return []
    parts = 100 * (1 - returns["private"] / returns["integrated"])
    maps = classes_of_tables()
    found = []
    for name in CLASSES:
        own = parts.loc[[env for env in parts.index if maps.get(env) == name]]
        if own.empty:
            continue
        half, none = own["Constant_50"], own["Constant_00"]
        text = (
            f"{name}: (integrated - private)/integrated of Constant_50, half of every agent's own "
            f"endowment, which reacts to no reward, is {over(half)}; of Constant_00 it is "
            f"{over(none)}."
        )
        quantity = f"contribution of Constant_50, {name}"
        found.append(Finding(quantity, float(half.median()), "%", text, "reference"))
    return found


def full_observation(tables: Tables) -> list[Finding]:
    """V22: how much an agent sees in the published view and in ours."""
    rows = tables.contracts()
    if rows.empty:
        return []
    ratio = rows["observation_joint"] / rows["observation_realistic"]
    widest = rows["observation_joint"].idxmax()
    text = (
        f"The published observation shows {ratio.median():.1f} times as many numbers as an agent's "
        f"own view in the median of the released environments of this run, on {widest} "
        f"{rows.loc[widest, 'observation_joint']:,} against "
        f"{rows.loc[widest, 'observation_realistic']}; the step is counted in raw units up to "
        f"{rows['horizon'].max()}."
    )
    return [Finding("published over own view", float(ratio.median()), "ratio", text, "contract")]
