"""What the report shows of audits of policies, in tables and sentences; full tables are CSV."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .auditees import WHO, in_mode, in_order, names, over_seeds
from .audits import mean_behaviour, relative_gains
from .columns import DISTURBED, MODES
from .selection import CELL, named
from .statistics import reference_scales
from .theme import short

Row = dict[str, Any]
PLACE = ["edition", "environment"]

PARTNERS = ("MADDPG", "M3DDPG", "worst")
# Of the disturbances, what an environment's table shows.
STRONGEST = {"noise": ("observation", 0.2), "tremble": ("tremble", 0.1)}
# Runs that a sentence names.
NAMED = 3


# ---- exploitability -----------------------------------------------------------------------------


def exploitability_rows(
    audit_exploitability: pd.DataFrame, certificates: pd.DataFrame
) -> list[Row]:
    """One row per environment: who can be exploited least and most, and which learner least."""
    data = named(relative_gains(audit_exploitability, certificates)).sort_values(PLACE)
    rows = []
    for name, part in data.groupby("name", sort=False):
        here, learned = part.reset_index(drop=True), part[part["kind"] == "learner"]
        row: Row = {"environment": name, "policies": len(here), "worth": here["worth"].iloc[0]}
        ends = {"least": here["gain"].idxmin(), "most": here["gain"].idxmax()}
        for end, place in ends.items():
            row |= _gain(end, here.loc[place])
        row |= _gain("learner", learned.loc[learned["gain"].idxmin()] if len(learned) else None)
        rows.append(row)
    return rows


def _gain(end: str, found: pd.Series | None) -> Row:
    if found is None:
        return {end: "", f"{end}_gain": None, f"{end}_relative": None}
    [who] = names(found.to_frame().T)
    return {end: who, f"{end}_gain": found["gain"], f"{end}_relative": found["relative"]}


def exploitability_summary(audit_exploitability: pd.DataFrame, certificates: pd.DataFrame) -> str:
    """How many policies nobody gains from by leaving, in words."""
    if audit_exploitability.empty:
        return ""
    data = relative_gains(audit_exploitability, certificates).dropna(subset="relative")
    firm = data["relative"] < 0.01
    said = (
        f"Less than 1 % of what cooperation is worth was found to be gained from {int(firm.sum())} "
        f"of {len(data)} policies, counted per environment and reward mode"
    )
    by_kind = [
        f"{int((data.loc[firm, 'kind'] == kind).sum())} of {len(rows)} {label}"
        for kind, label in (("learner", "learners"), ("oracle", "oracles"))
        if len(rows := data[data["kind"] == kind])
    ]
    return f"{said}{': ' if by_kind else ''}{', '.join(by_kind)}."


# ---- cross-play ---------------------------------------------------------------------------------


def cross_play_rows(audit_cross_play_summary: pd.DataFrame) -> list[Row]:
    """One row per environment: who fares best among strangers and defectors, and who loses most."""
    values = ["self_play", "cross_play", "gap", "among_zero", "partners_payoff"]
    values += ["among_defectors", "runs_gap"]
    means = named(over_seeds(audit_cross_play_summary, values)).sort_values(PLACE)
    rows = []
    for name, part in means.groupby("name", sort=False):
        here = part.reset_index(drop=True)
        labels = names(here)
        row: Row = {"environment": name, "policies": len(here)}
        best = {
            "cross_play": "best",
            "gap": "lost",
            "runs_gap": "strange",
            "among_zero": "firm",
            "among_defectors": "wary",
            "partners_payoff": "generous",
        }
        for column, key in best.items():
            place = here[column].idxmax() if here[column].notna().any() else None
            row[key] = "" if place is None else labels[place]
            row[f"{key}_value"] = None if place is None else here[column][place]
        row["lost_self"] = here["self_play"][here["gap"].idxmax()] if row["lost"] else None
        rows.append(row)
    return rows


def cross_play_summary(audit_cross_play_summary: pd.DataFrame) -> str:
    """How many policies earn less with strangers, in words."""
    known = audit_cross_play_summary.dropna(subset="gap")
    if known.empty:
        return ""
    learned = known[known["kind"] == "learner"]
    said = [
        f"Of {len(known)} policies and runs {int((known['gap'] > 0).sum())} earn less among "
        "strangers than among their like"
    ]
    if len(learned):
        said.append(f"; of {len(learned)} runs of learners {int((learned['gap'] > 0).sum())}")
    return "".join(said) + "."


def worst_case_rows(audit_worst_case_training: pd.DataFrame) -> list[Row]:
    """M3DDPG beside MADDPG: environments in which it earns more or less, per mode and partner."""
    table = audit_worst_case_training
    rows = []
    for (edition, mode), part in table.groupby(["edition", "reward_mode"], sort=False):
        for partner in PARTNERS:
            found = part[part["partner"] == partner]
            if found.empty:
                continue
            above, below = found["difference_low"] > 0, found["difference_high"] < 0
            rows.append(
                {
                    **{"edition": edition, "reward_mode": mode, "partner": partner},
                    "environments": len(found),
                    "seeds": int(found["seeds"].min()),
                    "more": int(above.sum()),
                    "less": int(below.sum()),
                    "open": int((~above & ~below).sum()),
                    "difference": (found["difference"] / found["maddpg"].abs()).median(),
                }
            )
    return rows


# ---- robustness ---------------------------------------------------------------------------------


def robustness_rows(audit_robustness: pd.DataFrame, certificates: pd.DataFrame) -> list[Row]:
    """One row per disturbance: median and largest loss of learners and of other policies.

    Losses are per agent, as a share of what cooperation is worth to it.
    """
    data = named(_relative_losses(audit_robustness, certificates))
    rows = []
    for kind in DISTURBED[1:]:
        sizes = data[data["disturbance"] == kind].groupby("size", sort=True, dropna=False)
        for size, part in sizes:
            row: Row = {"disturbance": kind, "size": None if pd.isna(size) else size}
            for group, here in (
                ("learners", part[part["kind"] == "learner"]),
                ("others", part[part["kind"] != "learner"]),
            ):
                row |= _losses(group, here.dropna(subset="relative"))
            rows.append(row)
    return rows


def _losses(group: str, here: pd.DataFrame) -> Row:
    if here.empty:
        return {f"{group}_median": None, f"{group}_largest": None, f"{group}_who": ""}
    worst = here.loc[here["relative"].idxmax()]
    [who] = names(worst.to_frame().T)
    return {
        f"{group}_median": here["relative"].median(),
        f"{group}_largest": worst["relative"],
        f"{group}_who": f"{who}, {worst['name']}",
    }


def _relative_losses(audit_robustness: pd.DataFrame, certificates: pd.DataFrame) -> pd.DataFrame:
    scales = reference_scales(certificates).merge(certificates[[*CELL, "n_agents"]], on=CELL)
    worth = (scales["welfare_ceiling"] - scales["welfare_floor"]) / scales["n_agents"]
    data = audit_robustness.merge(scales[CELL].assign(worth=worth), on=CELL, how="left")
    return data.assign(relative=data["loss"] / data["worth"])


def robustness_summary(audit_robustness: pd.DataFrame, certificates: pd.DataFrame) -> str:
    """What the strongest disturbance and the worst partner cost, in words."""
    rows = [row for row in robustness_rows(audit_robustness, certificates) if _known(row)]
    if not rows:
        return ""
    partners = [row for row in rows if row["disturbance"] == DISTURBED[-1]]
    disturbed = [row for row in rows if row not in partners]
    said = []
    if disturbed:
        worst = max(disturbed, key=lambda row: row["others_median"])
        said.append(
            f"Of the disturbances {worst['disturbance']} of size {worst['size']:g} costs policies "
            f"that are not trained most, {_medians(worst)}."
        )
    said += [f"The worst partner costs {_medians(row)}." for row in partners]
    return " ".join(said)


def _known(row: Row) -> bool:
    return row["others_median"] is not None


def _medians(row: Row) -> str:
    """Median losses in words."""
    learned = row["learners_median"]
    learners = "" if learned is None else f", learners {short(100 * learned)} %"
    return f"{short(100 * row['others_median'])} % in the median{learners}"


# ---- behaviour ----------------------------------------------------------------------------------


# Columns of the table `audit_behaviour` that the report shows.
SHOWN = (
    "slope",
    "forgiveness",
    "end_game",
    "share",
    "jain",
    "gini",
    "efficiency",
    "sustainability",
)


def behaviour_rows(audit_behaviour: pd.DataFrame) -> list[Row]:
    """One row per policy that is not trained, and per reward mode of all learners; by edition."""
    means = mean_behaviour(audit_behaviour)
    rows = []
    for edition, part in means.groupby("edition", sort=True):
        learned, rest = part[part["kind"] == "learner"], part[part["kind"] != "learner"]
        for mode in [mode for mode in MODES if mode in set(learned["reward_mode"])]:
            here = learned[learned["reward_mode"] == mode]
            label = f"{len(here)} learners, {mode} reward" if len(here) > 1 else names(here).iloc[0]
            count = int(here["environments"].max())
            rows.append(_means(edition, label, count, here[[*SHOWN]].mean()))
        for row in rest.to_dict("records"):
            rows.append(_means(edition, row["policy"], row["environments"], row))
    return rows


def _means(edition: str, label: str, environments: int, values: Any) -> Row:
    about = {"edition": edition, "policy": label, "environments": environments}
    return about | {key: values[key] for key in SHOWN}


def behaviour_summary(audit_behaviour: pd.DataFrame) -> str:
    """How many follow their partners, and how many stop to contribute at the end, in words."""
    if audit_behaviour.empty:
        return ""
    ending = audit_behaviour.dropna(subset="end_game")
    falls = ending["end_game"] < -0.1
    follows = audit_behaviour["slope"] > 0.5
    learned = audit_behaviour["kind"] == "learner"
    return (
        f"A slope above one half have {int(follows.sum())} of {len(audit_behaviour)} policies and "
        f"runs (learners: {int((follows & learned).sum())} of {int(learned.sum())}); "
        f"{int(falls.sum())} contribute at the end at least 10 points of the endowment less than "
        "in the middle."
    )


# ---- reward hacking -----------------------------------------------------------------------------


def hacking_rows(audit_reward_hacking: pd.DataFrame) -> list[Row]:
    """One row per edition, protocol and reward mode: correlations and how many runs break."""
    rows = []
    for (edition, protocol, mode), part in in_modes(audit_reward_hacking):
        known = part["correlation"].dropna()
        rows.append(
            {
                **{"edition": edition, "protocol": protocol, "reward_mode": mode},
                "runs": len(part),
                "correlation": known.median() if len(known) else None,
                "negative": int((known < 0).sum()),
                "breaks": int(part["breaks"].sum()),
            }
        )
    return rows


def in_modes(runs: pd.DataFrame) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    """Runs by edition, protocol and reward mode, in their usual order."""
    groups = list(runs.groupby(["edition", "protocol", "reward_mode"]))
    return sorted(groups, key=lambda group: (*group[0][:2], MODES.index(group[0][2])))


def hacking_summary(audit_reward_hacking: pd.DataFrame) -> str:
    """Which runs break, in words."""
    if audit_reward_hacking.empty:
        return ""
    broken = named(audit_reward_hacking[audit_reward_hacking["breaks"]])
    said = f"{len(broken)} of {len(audit_reward_hacking)} finished runs break"
    if broken.empty:
        return f"{said}."
    worst = broken.assign(lost=broken["peak_welfare"] - broken["last_welfare"])
    worst = worst.assign(part=worst["lost"] / worst["peak_welfare"].abs())
    listed = [
        f"{row['policy']} on {row['name']} under {row['reward_mode']} reward, seed {row['seed']}, "
        f"after {row['break_step']:,} steps (welfare {short(row['peak_welfare'])} to "
        f"{short(row['last_welfare'])})"
        for row in worst.nlargest(NAMED, "part").to_dict("records")
    ]
    return f"{said}; those that lose most: {'; '.join(listed)}."


# ---- one environment ----------------------------------------------------------------------------


def sheet_rows(
    audit_exploitability: pd.DataFrame,
    audit_cross_play_summary: pd.DataFrame,
    audit_robustness: pd.DataFrame,
    audit_behaviour: pd.DataFrame,
    certificates: pd.DataFrame,
) -> dict[str, list[Row]]:
    """Name with edition -> the policies of the figure of this environment, a row each.

    Means over runs; gains are sums over agents, losses shares of what cooperation is worth.
    """
    gains = relative_gains(audit_exploitability, certificates)
    met = ["self_play", "cross_play", "among_zero", "worst_payoff"]
    does = ["slope", "forgiveness", "end_game", "share", "jain", "efficiency"]
    found = gains.merge(over_seeds(audit_cross_play_summary, met), on=[*CELL, *WHO], how="left")
    found = found.merge(over_seeds(audit_behaviour, does), on=[*CELL, *WHO], how="left")
    losses = _relative_losses(audit_robustness, certificates)
    for column, (kind, size) in STRONGEST.items():
        here = losses[(losses["disturbance"] == kind) & (losses["size"] == size)]
        lost = over_seeds(here, ["relative"]).rename(columns={"relative": f"{column}_loss"})
        found = found.merge(lost.drop(columns="runs"), on=[*CELL, *WHO], how="left")
    kept = ["gain", "relative", *met, *(f"{column}_loss" for column in STRONGEST), *does]
    return {
        name: [
            {"policy": label, "own": row["kind"] == "own", **{key: row[key] for key in kept}}
            for label, row in zip(names(rows, modes=False), rows.to_dict("records"), strict=True)
        ]
        for name, part in named(found).groupby("name", sort=False)
        if len(rows := in_order(in_mode(part)))
    }
