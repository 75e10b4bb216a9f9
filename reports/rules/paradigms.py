"""Rules on the two published classes of learners: who leads where, under which reward."""

from __future__ import annotations

import numpy as np

from ..columns import CLASSES, MODES
from ..evidence import Decision, Evidence
from ..sources import published
from ..statistics import best_constants
from .learning import SMALLEST_PUBLISHED_BUDGET
from .members import (
    as_published,
    best_gap,
    corrected,
    environments_of,
    everywhere,
    examined,
    interval,
    not_trained,
    percent,
    rebuilt,
    resampled,
    sign,
    steps_of,
)

CASE_GAPS = {
    "SLCD": dict(zip(MODES, (1, 1, -1), strict=True)),
    "RenaultNissan": dict(zip(MODES, (1, 1, -1), strict=True)),
    "ApacheProject": dict(zip(MODES, (1, 1, 1), strict=True)),
}
LEADERS = {"TR-1": -1, "TR-2": 1, "TR-3": 1, "TR-4": -1}
BOTH_CLASSES = "Learners of both classes"


def crossover_on_app_store(evidence: Evidence) -> Decision:
    """A01: the gap of the best members on AppleAppStore under each reward mode."""
    reason, estimate, _ = _case_gaps(
        evidence, {"AppleAppStore": dict(zip(MODES, (1, -1, -1), strict=True))}
    )
    aside = _published_below_constants(evidence)
    if not estimate:
        found = not_trained(BOTH_CLASSES, "AppleAppStore-v0")
        return Decision(found.verdict, found.reason + aside)
    return examined(reason + aside, estimate)


def crossover_on_case_studies(evidence: Evidence) -> Decision:
    """A02: the same on the other three case studies."""
    reason, estimate, seen = _case_gaps(evidence, CASE_GAPS)
    if not estimate:
        return not_trained(BOTH_CLASSES, "the case-study environments")
    return examined(f"{reason} Environments with a gap: {seen} of {len(CASE_GAPS)}.", estimate)


def _case_gaps(evidence: Evidence, wanted: dict[str, dict[str, int]]) -> tuple[str, str, int]:
    """Reason, estimate and number of environments that have a gap; both texts empty without."""
    said, signs, seen, steps = [], [], set(), ""
    for environment, modes in wanted.items():
        for mode, expected in modes.items():
            runs = corrected(evidence, mode)
            gap = best_gap(runs, (environment,), "training_return", evidence.repetitions)
            if gap is not None:
                said.append(f"{environment} {mode} {percent(gap)}")
                signs.append(sign(gap) == expected)
                seen.add(environment)
                steps = steps_of(runs)
    reason = (
        f"Among corrected learners {sum(signs)} of {len(signs)} gaps have the published sign with "
        f"an interval away from 0, at {steps}."
    )
    return (reason, "; ".join(said), len(seen)) if said else ("", "", 0)


def _published_below_constants(evidence: Evidence) -> str:
    """The modes in which a constant exceeds both published learners, in words."""
    best = best_constants(evidence.reference[evidence.reference["edition"] == "v0"])
    best = best[best["environment"] == "AppleAppStore-v0"].set_index("reward_mode")["return"]
    table = published("crossover").dropna(subset=["ctde_return", "ind_return"])
    table = table[table["reward_mode"].isin(best.index)]
    if table.empty:
        return ""
    highest = table[["ctde_return", "ind_return"]].max(axis=1).to_numpy()
    beaten = table["reward_mode"][best[table["reward_mode"]].to_numpy() > highest]
    return (
        " A constant returns more than both published learners under "
        f"{' and '.join(beaten) or 'no'} reward."
    )


def leaders_under_integrated(evidence: Evidence) -> Decision:
    """A03: the signs of four gaps of class means, integrated reward."""
    return _leaders(evidence, "integrated")


def leaders_under_cooperative(evidence: Evidence) -> Decision:
    """A04: the same under cooperative reward, whose sum over agents is the integrated one."""
    found = _leaders(evidence, "cooperative")
    rows = evidence.identity[evidence.identity["policy_set"] == "101 constants"]
    same = (
        f" For constants the two summed rewards are identical on {int(rows['identical'].sum())} of "
        f"{len(rows)} environments (N01), so agreement of the two modes says nothing of its own."
        if len(rows)
        else ""
    )
    return Decision(found.verdict, found.reason + same, found.estimate, found.decided_by)


def _leaders(evidence: Evidence, mode: str) -> Decision:
    runs, said, signs = corrected(evidence, mode), [], []
    for group, expected in LEADERS.items():
        names = environments_of(group)
        gap = best_gap(runs, names, "training_score", evidence.repetitions)
        raw = best_gap(runs, names, "training_return", evidence.repetitions)
        if gap is not None and raw is not None:
            signs.append(sign(gap) == expected)
            low, high = gap[1:]
            said.append(f"{group} {gap[0]:+.2f} [{low:.2f}, {high:.2f}] ({raw[0]:+.1f} %)")
    if not said:
        return not_trained(BOTH_CLASSES, f"all five environments of a class under {mode} reward")
    reason = (
        f"Of the gaps of normalised returns (raw ones in brackets) between the best corrected "
        f"learners of both classes {sum(signs)} of {len(signs)} have the published sign with an "
        f"interval away from 0, at {steps_of(runs)}."
    )
    return examined(reason, "; ".join(said))


def independent_leads_tr1_under_private(evidence: Evidence) -> Decision:
    """A05: the gap on TR-1 under private reward."""
    runs, names = corrected(evidence, "private"), environments_of("TR-1")
    gap = best_gap(runs, names, "training_score", evidence.repetitions)
    raw = best_gap(runs, names, "training_return", evidence.repetitions)
    if gap is None or raw is None:
        return not_trained(BOTH_CLASSES, "all five environments of TR-1 under private reward")
    leader = {1: "independent", -1: "CTDE", 0: "not decided"}[sign(gap)]
    reason = (
        f"Leading class among corrected learners by normalised returns: {leader}, at "
        f"{steps_of(runs)}. Raw gap {percent(raw)}."
    )
    return examined(reason, f"{gap[0]:+.2f} in normalised return", gap)


def mean_field_above_isac(evidence: Evidence) -> Decision:
    """A06: both on the TR-4 environments that both run on."""
    inventory = published("environment_inventory").set_index("environment")
    tier = [f"{name}-v0" for name in environments_of("TR-4")]
    both = tuple(n.removesuffix("-v0") for n in tier if inventory["mean_field_ac_run"][n] == "yes")
    best = best_constants(evidence.reference[evidence.reference["edition"] == "v0"])
    best = best[best["reward_mode"] == "private"].set_index("environment")["return"]
    aside = ""
    if set(tier) <= set(best.index):
        common = best[[f"{name}-v0" for name in both]].mean()
        aside = (
            f" The published means are over different environments: the best constants earn "
            f"{best[tier].mean():,.0f} on average over all five and {common:,.0f} over the "
            f"{len(both)} of MeanFieldAC, whose 74,063 is below that."
        )
    runs = corrected(evidence, "private")
    means = resampled(runs, both, "training_return", evidence.repetitions)
    if not {"MeanFieldAC", "ISAC"} <= set(means):
        found = not_trained("MeanFieldAC and ISAC", f"the {len(both)} common environments of TR-4")
        return Decision(found.verdict, found.reason + aside)
    gap = interval(100 * (means["MeanFieldAC"] / means["ISAC"] - 1))
    reason = f"Corrected, on the {len(both)} environments that both run on, at {steps_of(runs)}."
    return examined(reason + aside, f"MeanFieldAC over ISAC {gap[0]:+.1f} %", gap)


def isac_is_the_best_independent_learner(evidence: Evidence) -> Decision:
    """A07: the three controllers that the published independent learners are, by class and mode."""
    others = ("IPPO", "IA2C")
    first, cells, below, steps = 0, 0, [], []
    for mode in MODES:
        runs = as_published(evidence, "ISAC", *others, mode=mode)
        for group in CLASSES:
            names = environments_of(group)
            means = resampled(runs, names, "training_return", evidence.repetitions)
            if len(means) < 3:
                continue
            isac = means.pop(rebuilt()["ISAC"])
            gap = interval(isac - np.max(list(means.values()), axis=0))
            cells, first = cells + 1, first + (gap[0] > 0)
            below += [f"{group} {mode}"] if sign(gap) < 0 else []
            steps.append(runs["steps_planned"].min())
    if not cells:
        return not_trained("ISAC, IPPO and IA2C as published", "all environments of a class")
    estimate = f"first of the three rebuilt learners in {first} of {cells} cells"
    reason = (
        f"Of the seven independent learners three controllers are rebuilt as published (IPPO and "
        f"SelfPlay_PPO are one); ISAC has the highest class mean in {first} of {cells} pairs of "
        f"class and mode (the claim names 12), at {min(steps):,} steps per run. It is the only one "
        "whose library rescales actions to the box."
    )
    if below and min(steps) >= SMALLEST_PUBLISHED_BUDGET:
        reason += f" It is below another one on {', '.join(below)}."
        return Decision("refuted", reason, estimate, "as_published")
    return Decision("inconclusive", reason, estimate, "as_published")


def isac_and_coma_in_every_top_five(evidence: Evidence) -> Decision:
    """A08: top five of the corrected learners, by class."""
    runs = corrected(evidence, "integrated")
    always: set[str] | None = None
    said = []
    for group in CLASSES:
        names = environments_of(group)
        means = resampled(runs, names, "training_return", evidence.repetitions)
        if len(means) <= 5:
            continue
        values = np.array([*means.values()])
        ranks = (-values).argsort(axis=0).argsort(axis=0)
        share = dict(zip(means, (ranks[:, 1:] < 5).mean(axis=1), strict=True))
        sure = {name for name in means if share[name] > 0.95}
        always = sure if always is None else always & sure
        known = [f"{n} {share[n]:.2f}" for n in ("ISAC", "COMA") if n in share]
        said.append(f"{group} {', '.join(known) or 'neither trained'}")
    aside = _published_top_five()
    if not said:
        found = not_trained("More than five learners", "all five environments of a class")
        return Decision(found.verdict, f"{found.reason} {aside}")
    reason = (
        f"Probability of a place in the top five of the corrected learners: {'; '.join(said)}, at "
        f"{steps_of(runs)}. Above 0.95 wherever it is known: "
        f"{', '.join(sorted(always or ())) or 'none'}. {aside}"
    )
    return examined(reason, "; ".join(said))


def _published_top_five() -> str:
    """Who is in every top five of the published ranking, in words."""
    ranking = published("ranking_integrated_by_tier")
    tops = {}
    for label, rows in (
        ("as printed", ranking),
        ("without heuristics", ranking[ranking["published_class"] != "heuristic"]),
    ):
        best = rows.sort_values("rank").groupby("tier").head(5).groupby("tier")["algorithm"]
        tops[label] = ", ".join(sorted(set.intersection(*map(set, best.agg(list)))))
    figures = "; ".join(f"{label} {names}" for label, names in tops.items())
    return f"In every top five of the published ranking: {figures}."


def leader_changes_on_most_environments(evidence: Evidence) -> Decision:
    """A09: environments whose leading class differs between private and integrated reward."""
    found = {
        mode: {
            name: gap
            for name in everywhere()
            if (
                gap := best_gap(
                    corrected(evidence, mode), (name,), "training_return", evidence.repetitions
                )
            )
        }
        for mode in ("private", "integrated")
    }
    private, integrated = found["private"], found["integrated"]
    names = [name for name in private if name in integrated]
    if not names:
        return not_trained(BOTH_CLASSES, "an environment under private and integrated reward")
    changed = [n for n in names if private[n][0] * integrated[n][0] < 0]
    sure = [n for n in changed if sign(private[n]) * sign(integrated[n]) < 0]
    toward = [n for n in sure if private[n][0] > 0]
    reason = (
        f"Among corrected learners the sign changes on {len(changed)} of {len(names)} "
        f"environments, with both intervals away from 0 on {len(sure)}, of which {len(toward)} "
        f"from independent to CTDE, at {steps_of(corrected(evidence, 'integrated'))}. No table or "
        "figure of the published study shows the count."
    )
    return examined(reason, f"{len(sure)} sure changes on {len(names)} environments")


def three_learners_at_the_bottom(evidence: Evidence) -> Decision:
    """A10: the sentence against the published rankings."""
    ranking = published("ranking_integrated_by_tier").set_index(["tier", "algorithm"])["rank"]
    sizes, others = ranking.groupby("tier").max(), []
    for group in CLASSES:
        for name in ("IPPO", "SelfPlay_PPO", "IA2C"):
            rank, last = ranking[group, name], sizes[group]
            if rank <= last - 3:
                others.append(f"{name} is number {rank} of {last} on {group}")
    estimate = f"{12 - len(others)} of 12 ranks among the last three"
    if others:
        reason = f"The published rankings say otherwise: {'; '.join(others)}."
        return Decision("refuted", reason, estimate, "published")
    reason = "The published rankings agree with the sentence; this run does not rank them anew."
    return Decision("inconclusive", reason, estimate, "published")
