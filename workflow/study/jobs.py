"""The jobs of a study and what each will cost: the plan counts them, the monitor weighs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from coopetition.agents.descent import MOST_POINTS
from coopetition.agents.runs import Run

from . import campaigns
from .costs import Costs, Estimate
from .study import PARTS, Study

# Part of the jobs whose runs are the most that there may be.
CALIBRATION = "supplements/calibrated"
# Rules with a job per environment of a campaign -> that campaign, and the editions that they do.
OF_CAMPAIGNS = {
    "dial_equilibria": ("mutuality", ("v1",)),
    "campaign_scales": ("population", ("v0", "v1")),
}


@dataclass(frozen=True)
class Job:
    """A job, or several that are alike.

    Attributes:
        part: of the plan.
        estimate: of all of them together.
        rule: of the workflow; empty where jobs are known from records alone.
        place: what tells it apart from others of the rule, such as `edition`, `env` and `policy`;
            at least the wildcards of the rule.
        runs: that it trains.
        steps: environment steps of all its runs together.
        name: of what it trains; empty if it trains nothing.
        jobs: how many they are.
    """

    part: str
    estimate: Estimate
    rule: str = ""
    place: Mapping[str, str] = field(default_factory=dict)
    runs: int = 0
    steps: int = 0
    name: str = ""
    jobs: int = 1


def jobs_of(study: Study, costs: Costs) -> Iterator[Job]:
    """Every job of a study, but for those that no record is of.

    Args:
        study: the study.
        costs: recorded costs.
    """
    for rule, part in PARTS.items():
        for place in study.places(part):
            yield Job(part, costs.job(part, *place), rule, _place(*place))
    for cell in study.training_cells:
        runs = study.cell(*cell)
        yield _training("train", "training", _place(*cell), runs, costs)
    for cell in study.certified_cells:
        runs = study.certified_cell(*cell)
        yield _training("learner_certificate", "learner_certificates", _place(*cell), runs, costs)
    for place in study.ablated_environments:
        runs = [*chain.from_iterable(study.ablation_runs(place[1]))]
        name = f"Chain of ablations on {place[1]}-{place[0]}"
        yield _training("ablation_chain", "ablations", _place(*place), runs, costs, name)
    for name in study.signatures:
        count, steps = study.signature_size
        estimate, own = costs.signature(name, count, steps), {"signature": name}
        words = f"Signature {name}"
        yield Job("learner_certificates", estimate, "signature", own, count, count * steps, words)
    for varied in campaigns.cells(study):
        campaign, variant, edition, env, policy = varied
        rule = "biaxial_training" if campaign == campaigns.BIAXIAL else "campaign_cell"
        own = {"campaign": campaign, "variant": variant, **_place(edition, env, policy)}
        name, runs = (
            f"{policy} on {env}-{edition}, {campaign} {variant}",
            campaigns.runs(study, varied),
        )
        yield _training(rule, f"supplements/{campaign}", own, runs, costs, name)
    for campaign, variant, edition, env, policy in campaigns.calibrations(study):
        cell = (campaign, variant, edition, env, policy)
        point = campaigns.calibration_runs(study, cell)
        most, steps = MOST_POINTS * len(point), MOST_POINTS * sum(run.steps for run in point)
        name, own = (
            f"{policy} on {env}-{edition}, {campaign} {variant}, at most",
            _place(edition, env, policy),
        )
        estimate = costs.training(point, MOST_POINTS)
        own |= {"campaign": campaign, "variant": variant}
        yield Job(CALIBRATION, estimate, "biaxial_calibration", own, most, steps, name)
    for rule, (campaign, editions) in OF_CAMPAIGNS.items():
        for place in campaigns.places(study, campaign):
            if place[0] in editions:
                yield Job(rule, costs.job(rule, *place), rule, _place(*place))
    for part, count, estimate in costs.others():
        yield Job(part, estimate, jobs=count)


def _place(edition: str, env: str, policy: str = "") -> dict[str, str]:
    return {"edition": edition, "env": env, **({"policy": policy} if policy else {})}


def _training(
    rule: str,
    part: str,
    place: Mapping[str, str],
    runs: Sequence[Run],
    costs: Costs,
    name: str = "",
) -> Job:
    name = name or f"{place['policy']} on {place['env']}-{place['edition']}"
    steps = sum(run.steps for run in runs)
    return Job(part, costs.training(runs), rule, place, len(runs), steps, name)
