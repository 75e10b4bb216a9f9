"""The factor `supplements`: campaigns that train with other settings, rewards or numbers of agents.

A campaign is a set of cells like those of the study, each in several variants; a job trains one
variant of one cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, cast

from coopetition import envs
from coopetition.agents.descent import MOST_POINTS
from coopetition.agents.registry import learner
from coopetition.agents.runs import Run, protocols_of
from coopetition.agents.variants import PROTOCOL, VariantRun, variant_runs
from coopetition.envs.rewards import canonical_mode

from .study import Study, of_environment
from .train_on import among

# Campaign, variant, edition, environment and learner of a job.
CampaignCell = tuple[str, str, str, str, str]
# Campaign -> the key of what it varies.
VARIED = {
    "capacity": "widths",
    "critic_rate": "rates",
    "mutuality": "mutualities",
    "population": "sizes",
    "biaxial": "points",
}
# What `biaxial` trains on: the two-dimensional case of SLCD-v0, of the published length.
BIAXIAL = "biaxial"
PLACE, BASE = ("v0", "SLCDAppropriation"), ("v0", "SLCD")
HORIZON, CENTRE = 40, [0.40, 0.60]
CALIBRATED = "calibrated-"  # and the objective: variant of a job that calibrates


def cells(study: Study) -> list[CampaignCell]:
    """Every job of the campaigns of a study."""
    return [
        (campaign, variant, edition, environment, policy)
        for campaign, wanted in study["supplements"].items()
        for edition, environment in _places(campaign, wanted)
        for policy in _learners(wanted)
        for variant in variants(campaign, wanted, edition)
        if _trains(wanted, policy, variant)
    ]


def _learners(wanted: Mapping[str, Any]) -> list[str]:
    """Learners of a campaign; those of `centre` train there alone."""
    return [*dict.fromkeys((*wanted["policies"], *wanted.get("centre", ())))]


def _trains(wanted: Mapping[str, Any], policy: str, variant: str) -> bool:
    if variant == point_name(*CENTRE) and policy in wanted.get("centre", ()):
        return True
    points = [point_name(*point) for point in wanted.get("points", ())]
    return policy in wanted["policies"] and (variant in points or not points)


def runs(study: Study, cell: CampaignCell) -> list[Run]:
    """The runs of one job."""
    campaign, variant, edition, environment, policy = cell
    wanted = study["supplements"][campaign]
    return variant_runs(
        policy,
        environment,
        edition,
        seeds=wanted["seeds"],
        steps=of_environment(wanted["steps"], environment),
        **variants(campaign, wanted, edition)[variant],
    )


def calibrations(study: Study) -> list[CampaignCell]:
    """Jobs of `biaxial` that calibrate it by training, one per learner and objective.

    Which points they train at is known once they have: they are none of `cells`.
    """
    wanted = _calibrated(study["supplements"].get(BIAXIAL, {}))
    names = product(wanted.get("policies", ()), wanted.get("objectives", ()))
    return [(BIAXIAL, f"{CALIBRATED}{objective}", *PLACE, policy) for policy, objective in names]


def calibration_runs(study: Study, cell: CampaignCell) -> list[VariantRun]:
    """The runs of such a job at one point, but for their kappa and xi."""
    wanted, (eta, beta) = _calibrated(study["supplements"][BIAXIAL]), CENTRE
    runs = variant_runs(
        cell[4],
        PLACE[1],
        PLACE[0],
        reward_modes=["integrated"],
        seeds=wanted["seeds"],
        steps=wanted["steps"],
        parameters={"max_steps": HORIZON, "eta": eta, "beta": beta},
    )
    return cast(list[VariantRun], runs)


def most_calibration_runs(study: Study) -> int:
    """The most runs that all calibrations together may have."""
    return sum(MOST_POINTS * len(calibration_runs(study, cell)) for cell in calibrations(study))


def _calibrated(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    return wanted.get("calibrated", {})


def places(study: Study, campaign: str) -> list[tuple[str, str]]:
    """(edition, environment) of a campaign; none if the study does not have it."""
    wanted = study["supplements"].get(campaign)
    return [] if wanted is None else [*_places(campaign, wanted)]


def _places(campaign: str, wanted: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if campaign == BIAXIAL:
        yield PLACE
        return
    for edition, environment in product(wanted["editions"], wanted["environments"]):
        if f"{environment}-{edition}" in envs.ids(edition):
            yield edition, environment


def variants(campaign: str, wanted: Mapping[str, Any], edition: str) -> dict[str, dict[str, Any]]:
    """Variant -> what its runs have of their own, as `variant_runs` takes it."""
    values = wanted[VARIED[campaign]]
    if campaign == "mutuality":
        modes = [canonical_mode(value) for value in values]
        found = {"named": {"reward_modes": [mode for mode in modes if isinstance(mode, str)]}}
        if edition == "v1":
            dials = [mode for mode in modes if not isinstance(mode, str)]
            found |= {f"mutuality-{dial:g}": {"reward_modes": [dial]} for dial in dials}
        return {name: given for name, given in found.items() if given["reward_modes"]}
    modes = {"reward_modes": wanted["reward_modes"]}
    if campaign == "capacity":
        return {f"hidden-{w}x{w}": {**modes, "settings": {"hidden": [w, w]}} for w in values}
    if campaign == "critic_rate":
        return {f"rate-{r:g}": {**modes, "settings": {"learning_rate": r}} for r in values}
    if campaign == BIAXIAL:
        if wanted.get("centre") and CENTRE not in values:
            values = [*values, CENTRE]
        return {
            point_name(eta, beta): {
                **modes,
                "parameters": {"max_steps": HORIZON, "eta": eta, "beta": beta},
            }
            for eta, beta in values
        }
    return {f"agents-{n}": {**modes, "parameters": {"n_agents": n}} for n in values}


def point_name(eta: float, beta: float) -> str:
    """Variant of `biaxial` at a point, such as `eta-0.4-beta-0.6`."""
    return f"eta-{eta:g}-beta-{beta:g}"


def narrowed(factors: Mapping[str, Any]) -> dict[str, Any]:
    """The campaigns of a scale with editions and environments of the study alone."""
    left = {}
    for campaign, wanted in factors["supplements"].items():
        if campaign == BIAXIAL:
            if BASE[0] in factors["editions"] and among(BASE[1], factors["environments"]):
                left[campaign] = wanted
            continue
        part = {
            **wanted,
            "editions": [e for e in wanted["editions"] if e in factors["editions"]],
            "environments": [
                name for name in wanted["environments"] if among(name, factors["environments"])
            ],
        }
        if [*_places(campaign, part)]:
            left[campaign] = part
    return left


def named(factors: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(factor, name) of every edition, environment, learner and reward mode that it names."""
    for wanted in factors["supplements"].values():
        for factor in ("editions", "environments", "policies", "reward_modes"):
            yield from ((factor, name) for name in wanted.get(factor, []))
        yield from (("policies", name) for name in wanted.get("centre", []))
        yield from (("policies", name) for name in _calibrated(wanted).get("policies", []))
        if isinstance(wanted["steps"], Mapping):
            yield from (("environments", name) for name in wanted["steps"] if name != "others")


def problem(factors: Mapping[str, Any]) -> tuple[Any, str] | None:
    """What cannot be trained, and what is allowed in its place; None if all can."""
    for campaign, wanted in factors["supplements"].items():
        if unused := _unused(campaign, wanted):
            return unused, f"keys that {campaign} reads"
        editions, environments = _named_places(campaign, wanted)
        for edition in editions:
            if edition not in factors["editions"]:
                return edition, f"editions of the study: {', '.join(factors['editions'])}"
        for name in environments:
            if not among(name, factors["environments"]):
                return name, f"environments of the study: {', '.join(factors['environments'])}"
        for policy in (*_learners(wanted), *_calibrated(wanted).get("policies", ())):
            if PROTOCOL not in protocols_of(policy, "v1"):
                return policy, f"learners with the protocol {PROTOCOL}"
            if campaign == BIAXIAL and not learner(policy).vector_actions:
                return policy, f"learners that play several numbers; {policy} plays one"
        if not [*_places(campaign, wanted)]:
            return environments, f"environments of edition {editions}"
        for edition, environment in _places(campaign, wanted):
            for variant, given in variants(campaign, wanted, edition).items():
                if found := _impossible(variant, given, f"{environment}-{edition}", wanted):
                    return found
    return None


def _named_places(campaign: str, wanted: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Editions and environments that a campaign names, or belongs to."""
    if campaign == BIAXIAL:
        return [BASE[0]], [BASE[1]]
    return wanted["editions"], wanted["environments"]


def _unused(campaign: str, wanted: Mapping[str, Any]) -> str:
    """A key that only other campaigns read; empty without one."""
    others = {key for name, key in VARIED.items() if name != campaign}
    others |= {"reward_modes"} if campaign == "mutuality" else set()
    return next((key for key in wanted if key in others), "")


def _impossible(
    variant: str, given: Mapping[str, Any], env_id: str, wanted: Mapping[str, Any]
) -> tuple[str, str] | None:
    for policy in wanted["policies"]:
        settings = learner(policy).hyperparameters[PROTOCOL]
        for name in given.get("settings", {}):
            if name not in settings:
                return policy, f"learners that have the setting {name}; {policy} has not"
    parameters = given.get("parameters", {})
    if lacking := sorted({*parameters} - {*envs.spec(env_id).parameters}):
        return env_id, f"environments with the parameter {', '.join(lacking)}"
    try:
        envs.game(env_id, **parameters)
    except ValueError as error:
        return f"{variant} on {env_id}", f"values that the environment takes ({error})"
    return None
