"""Do the environments reproduce the history, and not only the models beside them?

Episodes of the environments of a case become outcomes, scored as the models are, by the rubric
`rubrics/<case>_rollout.yaml`: what trust and contributions should do if the environment told the
history. Its `script` replays the actions of the history where they are coded, so that only the
environment's own dynamics are judged; every other policy chooses its actions itself.

An episode of the formal edition passes through all phases. In the released edition a phase is a
parameter: episodes of the phases, in order, stand for the history, each with the trust that its
phase starts with. States are fractions of the history, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import yaml

from coopetition import agents, envs
from coopetition.agents.audits.behaviour import Steps
from coopetition.agents.audits.lineup import Script
from coopetition.agents.audits.panel import Auditee, references
from coopetition.agents.evaluation import play, streams
from coopetition.agents.policy import Policy
from coopetition.envs.engine import Array, Game

from . import ENVIRONMENTS
from .casefile import load
from .outcome import Outcome, Phase
from .quantities import over_time, quantity, tau
from .rubric import HERE as RUBRICS
from .rubric import Rubric, parse
from .scoring import score

# What plays a game, given also the place of its episode in the history.
Chooser = Callable[[Game, int], Policy]
KIND = "rollout"
SEED = 2011


@dataclass(frozen=True)
class History:
    """How an edition tells the history of a case.

    Attributes:
        phases: names of its phases, in order; empty without phases.
        lasts: environment steps of each phase; empty where each is an episode of its own.
    """

    phases: tuple[str, ...] = ()
    lasts: tuple[int, ...] = ()


def rollout_rubric(case: str) -> tuple[Rubric, Mapping[str, Any]]:
    """The criteria of a history in an environment, and the rest of their file."""
    path = RUBRICS / f"{case}_{KIND}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return parse({"rubric": KIND, "variants": ["environment"], **content}, path.name), content


def rows(case: str, edition: str, learners: Sequence[Auditee] = ()) -> list[dict[str, Any]]:
    """Rows of the table `case_rollouts`.

    Args:
        case: one of `CASES`.
        edition: `v0` or `v1`.
        learners: trained policies; they play where one episode tells the whole history.
    """
    rubric, content = rollout_rubric(case)
    told = _history(content, edition)
    id = f"{ENVIRONMENTS[case]}-{edition}"
    games, found = _games(id, told), []
    for labels, choose in _players(content, games, told, learners):
        scored = score(rubric, _outcome(case, games, told, choose))
        for number, criterion in enumerate(rubric.criteria):
            if labels["kind"] == "script" and criterion.category == "contributions":
                continue  # it is given
            found.append(
                {
                    **{"case": case, "environment": id, **labels},
                    "item": criterion.id,
                    "expected": criterion.note,
                    "status": criterion.status,
                    "measured": float(scored.measured[0, number]),
                    "points": float(scored.points[0, number]),
                    "points_max": criterion.points,
                }
            )
    return found


def _history(content: Mapping[str, Any], edition: str) -> History:
    told = content["histories"][edition]
    return History(tuple(told.get("phases", ())), tuple(told.get("lasts", ())))


def _games(id: str, told: History) -> list[Game]:
    """The games that tell the history: one, or one per phase."""
    if told.phases and not told.lasts:
        return [envs.game(id, phase=phase) for phase in told.phases]
    return [envs.game(id)]


def _players(
    content: Mapping[str, Any], games: Sequence[Game], told: History, learners: Sequence[Auditee]
) -> Iterable[tuple[dict[str, Any], Chooser]]:
    """Labels of the rows of each policy, and what gives it for a game and the place of its episode.

    Where every phase is an episode of its own, each would have to be solved for the Planner, and
    learners know one of them only: neither plays.
    """
    whole = len(games) == 1
    if "script" in content:
        labels = {"policy": "history", "kind": "script", "protocol": "", "reward_mode": ""}
        yield (
            {**labels, "seed": np.nan},
            lambda game, place: replay(content["script"], game, place, told),
        )
    for auditee in [*references(games[0]), *learners]:
        if not whole and auditee.kind in ("planner", "learner"):
            continue
        labels = {name: getattr(auditee, name) for name in ("kind", "protocol", "reward_mode")}
        seed = np.nan if auditee.seed is None else auditee.seed
        yield (
            {"policy": auditee.name, **labels, "seed": seed},
            _chooser(auditee, whole),
        )


def _chooser(auditee: Auditee, whole: bool) -> Chooser:
    """The policy under audit, or one of its name for each of the games."""
    return lambda game, place: auditee.policy if whole else agents.make(auditee.name, game)


def replay(
    script: Mapping[str | float, Sequence[float]], game: Game, place: int, told: History
) -> Script:
    """The policy that repeats a history.

    Args:
        script: phase, or the fraction of the history from which on, -> shares of the endowments;
            agents of a team of another size play the mean of the shares.
        game: what is played.
        place: which of the episodes that tell the history, from 0.
        told: how the edition tells it.
    """
    names: Sequence[str | float]
    if told.lasts:
        names = np.repeat(told.phases, told.lasts).tolist()
    elif told.phases:
        names = [told.phases[place]] * game.horizon
    else:
        starts = list(script)
        at = (np.arange(game.horizon) + 0.5) / game.horizon
        names = [starts[k] for k in np.searchsorted(starts, at, side="right") - 1]
    shares = [np.asarray(script[name], float) for name in names]
    full = [s if len(s) == game.n_agents else np.full(game.n_agents, s.mean()) for s in shares]
    return Script(np.stack(full)[None])


def _outcome(case: str, games: Sequence[Game], told: History, choose: Chooser) -> Outcome:
    """The episodes of a policy as an outcome."""
    parts = [_episode(choose(game, place), game) for place, game in enumerate(games)]
    ends = np.cumsum([0, *(told.lasts or [game.horizon for game in games])]).tolist()
    names = told.phases or ("all",)
    phases = tuple(Phase(n, a, b) for n, (a, b) in zip(names, pairwise(ends), strict=True))
    series = {name: np.concatenate([part[name] for part in parts])[None] for name in parts[0]}
    end = {"end": np.array([parts[-1]["running"].mean()])}
    return Outcome(load(case).actors, phases, series, end)


def _episode(policy: Policy, game: Game) -> dict[str, Array]:
    """Shares, mean trust and whether the episode runs, [horizon, ...]; the last trust stays."""
    steps = Steps(game, 1)
    play(policy, game, streams(SEED, 1), watch=steps)
    shares, [trust] = steps.shares[0], steps.trust
    trust[steps.t :] = trust[steps.t - 1]
    found = {"mean_share": shares.mean(axis=1), "mean_trust": trust}
    found["running"] = steps.running[0].astype(float)
    return {**found, **{f"share_{i}": shares[:, i] for i in range(game.n_agents)}}


@quantity
def state(outcome: Outcome, of: str) -> Array:
    """A series, per state."""
    return outcome.series[of]


@quantity
def at_fractions_tau(outcome: Outcome, of: Any, at: list[float], against: list[float]) -> Array:
    """Kendall's tau-b of a quantity at fractions of the history with an expected order."""
    series = over_time(outcome, of)
    states = [round(fraction * (series.shape[1] - 1)) for fraction in at]
    return tau(series[:, states], against)


@quantity
def fractions_ratio(outcome: Outcome, of: Any, at: list[float]) -> Array:
    """A quantity at the second of two fractions over that at the first; 0 where that is 0."""
    series = over_time(outcome, of)
    return _ratio(*(series[:, round(fraction * (series.shape[1] - 1))] for fraction in at))


@quantity
def in_phases_tau(
    outcome: Outcome, of: Any, phases: list[str], against: list[float], last: bool = False
) -> Array:
    """The same of its mean in phases, or of its last value there."""
    return tau(_in_phases(outcome, of, phases, last), against)


@quantity
def in_phases_ratio(outcome: Outcome, of: Any, phases: list[str], last: bool = False) -> Array:
    """A quantity in the second of two phases over that in the first; 0 where that is 0."""
    return _ratio(*_in_phases(outcome, of, phases, last).T)


def _ratio(first: Array, second: Array) -> Array:
    return np.divide(second, first, out=np.zeros_like(second), where=first != 0)


@quantity
def in_phases_rmse(outcome: Outcome, of: list[Any], targets: list[list[float]]) -> Array:
    """Root mean square of phase means less targets, [series][phase]."""
    names = [phase.name for phase in outcome.phases]
    found = np.stack([_in_phases(outcome, one, names, False) for one in of], axis=1)
    return np.sqrt(((found - np.asarray(targets, float)) ** 2).mean(axis=(1, 2)))


def _in_phases(outcome: Outcome, of: Any, phases: Sequence[str], last: bool) -> Array:
    series = over_time(outcome, of)
    spans = [outcome.phase(name) for name in phases]
    parts = [series[:, span.start : span.end] for span in spans]
    return np.stack([p[:, -1] if last else p.mean(axis=1) for p in parts], axis=1)
