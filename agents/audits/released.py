"""The published audit of the environments, as released: no trained policy takes part in it.

All agents play a share of e0, the endowment of agent 0, which the game clips where an agent has
less; agent 0 alone deviates. A deviation is exploitative if it gains and the others lose on
average.

* `surface`: 21 levels that all agents hold, 5 episodes each.
* `static`: against four levels, agent 0 holds half of the level for the whole episode.
* `temporal`: against 50 % by all, agent 0 plays nothing throughout, late or early, or goes down in
  a ramp; 10 episodes each.
* `interior`: from the same late steps on, or throughout, agent 0 holds one of 20 other shares, here
  of the own endowment of each agent. The published audit tries no late share but 0.

The published study counts integrated rewards; payoffs are counted beside them. Where a game draws
nothing, one episode stands for all episodes and seeds, and rows of further seeds are marked as
replicates. All deviations of an environment are one batch. What is compared meets the same draws;
in the released code it does not, see `temporal`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coopetition import envs
from coopetition.envs.determinism import is_deterministic
from coopetition.envs.engine import Array, Game, State

from ..evaluation import Episodes, play
from ..policy import Policy

SEEDS = (99, 100, 101)
UNITS = ("integrated", "payoffs")
LEVELS = tuple(k / 20 for k in range(21))
SURFACE_EPISODES, TEMPORAL_EPISODES = 5, 10
# Static deviations: levels of all, and the part of a level that agent 0 holds instead.
TEST_LEVELS, HELD = (0.2, 0.4, 0.6, 0.8), 0.5
# Temporal deviations: share of all, and when agent 0 leaves it, in parts of the episode or steps.
BASELINE = 0.5
LATE, FROM_END = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95), (5, 3, 1)
EARLY, RAMP = (0.1, 0.2, 0.3), 0.8
# Replays of a comparison with draws that are not shared, and episodes that they are drawn from.
REPLAYS, POOL = 2000, 300

Row = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """Something to play.

    Attributes:
        own: [T] shares that agent 0 plays.
        others: share that all others play.
        label: columns that tell it from other trials.
        seeds: one per episode.
    """

    own: Array
    others: float
    label: Row = field(default_factory=dict)
    seeds: Sequence[int] = (0,)


@dataclass(frozen=True)
class Result:
    """What came of a trial.

    Attributes:
        label: of the trial.
        returns: unit -> [E, N] sums of episodes.
        length: mean number of steps.
    """

    label: Row
    returns: dict[str, Array]
    length: float

    def mean(self, unit: str) -> Array:
        """[N]: mean return of each agent."""
        return self.returns[unit].mean(axis=0)


class Schedules(Policy):
    """Agent 0 plays a share that depends on the step, the others one that does not.

    Args:
        own: [B, T] shares of agent 0.
        others: [B] share of the others.
        unit: [N] amounts that shares refer to, payoff units.
    """

    name = "Schedules"

    def __init__(self, own: Array, others: Array, unit: Array) -> None:
        self.own, self.others, self.unit = own, others, unit

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Shares of every episode, and the step that comes next."""
        step = np.zeros(len(seeds), np.int64)
        return {"own": self.own, "others": self.others, "step": step}

    def act(self, observations: Array | None) -> Array:
        """Joint actions [B, N] in payoff units, not clipped."""
        memory, rows = self.memory, np.arange(self.copies)
        shares = np.repeat(memory["others"][:, None], self.game.n_agents, axis=1)
        shares[:, 0] = memory["own"][rows, memory["step"]]
        memory["step"] += 1
        return shares * self.unit


class _Place:
    """An environment under audit.

    Args:
        id: of the environment.
        basis: whose endowment shares refer to: that of the `first` agent, or the `own`.
    """

    def __init__(self, id: str, basis: str = "first") -> None:
        spec = envs.spec(id)
        self.game: Game = envs.game(id)
        endowments = np.asarray(self.game.endowments, np.float64)
        self.unit = endowments if basis == "own" else np.full_like(endowments, endowments[0])
        self.draws = not is_deterministic(self.game)
        self.identity = {
            "environment": spec.name,
            "edition": spec.edition,
            "mechanism_class": spec.mechanism_class,
            "n_agents": self.game.n_agents,
        }

    def path(self, share: float, then: float = 0.0, start: int | None = None) -> Array:
        """A share, and another one from a step on, [T]."""
        path = np.full(self.game.horizon, share)
        path[len(path) if start is None else start :] = then
        return path

    def play(self, trials: Sequence[Trial]) -> list[Result]:
        """Play the trials as one batch; one episode each where the game draws nothing."""
        episodes = len(trials[0].seeds) if self.draws else 1
        own = np.repeat([trial.own for trial in trials], episodes, axis=0)
        others = np.repeat([trial.others for trial in trials], episodes)
        seeds = [np.random.SeedSequence(s) for trial in trials for s in trial.seeds[:episodes]]
        played = play(
            Schedules(own, others, self.unit), self.game, [(seed, seed) for seed in seeds]
        )
        return [
            _result(trial.label, played.take(slice(k * episodes, (k + 1) * episodes)))
            for k, trial in enumerate(trials)
        ]

    def experiments(
        self, seeds: Sequence[int], trials: Callable[[int], list[Trial]]
    ) -> list[tuple[Row, list[Result]]]:
        """What came of the trials of each seed, with the columns that name environment and seed.

        Raises:
            ValueError: no seed.
        """
        if not seeds:
            raise ValueError("an audit needs at least one seed")
        computed = seeds if self.draws else seeds[:1]
        results = self.play([trial for seed in computed for trial in trials(seed)])
        size = len(results) // len(computed)
        found = []
        for number, seed in enumerate(seeds):
            first = min(number, len(computed) - 1) * size
            row = {**self.identity, "seed": seed, "replicate": number >= len(computed)}
            found.append((row, results[first : first + size]))
        return found


def surface(id: str, seeds: Sequence[int] = SEEDS) -> list[Row]:
    """What all agents earn by holding a level; rows of the table `audit_surface`.

    Args:
        id: environment.
        seeds: of the audit; episode k at level q has the seed 1000 s + 1000 q + k.
    """
    place = _Place(id)

    def trials(seed: int) -> list[Trial]:
        return [
            Trial(
                place.path(level),
                level,
                {"level": level},
                [1000 * seed + 50 * number + k for k in range(SURFACE_EPISODES)],
            )
            for number, level in enumerate(LEVELS)
        ]

    return [
        {
            **row,
            "unit": unit,
            **result.label,
            "mean_return": float(result.mean(unit).mean()),
            "return_per_agent": result.mean(unit).tolist(),
            "std_per_agent": result.returns[unit].std(axis=0).tolist(),
        }
        for row, results in place.experiments(seeds, trials)
        for unit in UNITS
        for result in results
    ]


def static(id: str, seeds: Sequence[int] = SEEDS) -> list[Row]:
    """What agent 0 gains by holding half of a level; rows of the table `audit_static`.

    Args:
        id: environment.
        seeds: of the audit; all episodes of one have the seed 10000 s.
    """
    place = _Place(id)

    def trials(seed: int) -> list[Trial]:
        return [
            Trial(place.path(part * level), level, {"level": level}, [10_000 * seed])
            for level in TEST_LEVELS
            for part in (1.0, HELD)
        ]

    return [
        {**row, "unit": unit, **leave.label, **_deviation(stay, leave, unit)}
        for row, results in place.experiments(seeds, trials)
        for unit in UNITS
        for stay, leave in zip(results[::2], results[1::2], strict=True)
    ]


def temporal(id: str, seeds: Sequence[int] = SEEDS) -> list[Row]:
    """What agent 0 gains by leaving 50 % for a time; rows of the table `audit_temporal`.

    In the released code the one game that draws does so before it is seeded, so that a deviation
    and its baseline meet different draws; `by_chance` is the share of such comparisons that come
    out exploitative.

    Args:
        id: environment.
        seeds: of the audit; episode k has the seed 1000 s + k.
    """
    place = _Place(id)
    end = place.game.horizon
    steps = _steps(place)

    def trials(seed: int, episodes: int = TEMPORAL_EPISODES) -> list[Trial]:
        own = [Trial(place.path(BASELINE), BASELINE)]
        own.append(_defection("full", 0, place.path(0.0), steps))
        for start in late_starts(steps):
            own.append(_defection("late", start, place.path(BASELINE, 0.0, start), steps))
        for stop in (int(part * steps) for part in EARLY):
            own.append(_defection("early", stop, place.path(0.0, BASELINE, stop), steps))
        start = int(RAMP * steps)
        ramp = place.path(BASELINE)
        ramp[start:] *= 1 - np.arange(end - start) / max(1, steps - start)
        own.append(_defection("ramp", start, ramp.clip(0.0), steps))
        episode_seeds = [1000 * seed + k for k in range(episodes)]
        return [Trial(t.own, t.others, t.label, episode_seeds) for t in own]

    chance = _by_chance(place.play(trials(0, POOL))) if place.draws else {}
    return [
        {
            **row,
            "unit": unit,
            **leave.label,
            "episode_length": steps,
            "steps": leave.length,
            **_deviation(stay, leave, unit),
            "by_chance": chance.get((unit, number), float("nan")),
        }
        for row, (stay, *results) in place.experiments(seeds, trials)
        for unit in UNITS
        for number, leave in enumerate(results)
    ]


def interior(id: str, seed: int = SEEDS[0]) -> list[Row]:
    """What agent 0 gains by leaving 50 % for any of 20 shares; rows of `audit_interior`.

    Args:
        id: environment.
        seed: of the audit; episode k has the seed 1000 s + k.
    """
    place = _Place(id, "own")
    steps = _steps(place)
    seeds = [1000 * seed + k for k in range(TEMPORAL_EPISODES)]
    tried = [
        Trial(
            place.path(BASELINE, share, start),
            BASELINE,
            {"start": start, "start_fraction": start / steps, "share": share},
            seeds,
        )
        for start in (0, *late_starts(steps))
        for share in LEVELS
        if share != BASELINE
    ]
    stay, *results = place.play([Trial(place.path(BASELINE), BASELINE, {}, seeds), *tried])
    return [
        {**place.identity, "unit": unit, **leave.label, **_deviation(stay, leave, unit)}
        for unit in UNITS
        for leave in results
    ]


def late_starts(steps: int) -> list[int]:
    """Steps from which agent 0 plays nothing, in an episode of so many steps."""
    parts = {max(1, int(part * steps)) for part in LATE}
    return sorted(parts | {steps - left for left in FROM_END})


def _steps(place: _Place) -> int:
    """Length of an episode in which all agents play the baseline."""
    return int(place.play([Trial(place.path(BASELINE), BASELINE)])[0].length)


def _defection(strategy: str, start: int, own: Array, steps: int) -> Trial:
    label = {"strategy": strategy, "start": start, "start_fraction": start / steps}
    return Trial(own, BASELINE, label)


def _result(label: Row, played: Episodes) -> Result:
    returns = {"integrated": played.rewards["integrated"], "payoffs": played.payoffs}
    return Result(label, returns, float(played.length.mean()))


def _deviation(stay: Result, leave: Result, unit: str) -> Row:
    """Columns on what a deviation changes."""
    base, changed = stay.mean(unit), leave.mean(unit)
    gain, others = _changes(base, changed)
    return {
        "baseline_return": float(base.mean()),
        "gain": float(gain),
        "gain_percent": float(100 * gain / abs(base[0])),
        "others_change": float(others),
        "exploitative": bool(_exploits(gain, others)),
    }


def _changes(base: Array, changed: Array) -> tuple[Array, Array]:
    """What agent 0 gains, and the mean change of the others, of returns [..., N]."""
    change = changed - base
    return change[..., 0], change[..., 1:].mean(axis=-1)


def _exploits(gain: Array, others: Array) -> Array:
    return (gain > 0) & (others < 0)


def _by_chance(results: Sequence[Result]) -> dict[tuple[str, int], float]:
    """(Unit, number of the deviation) -> how often it seems exploitative if draws differ."""
    picked = np.random.default_rng(0).integers(POOL, size=(2, REPLAYS, TEMPORAL_EPISODES))
    found = {}
    for unit in UNITS:
        base = results[0].returns[unit][picked[0]].mean(axis=1)
        for number, leave in enumerate(results[1:]):
            changed = leave.returns[unit][picked[1]].mean(axis=1)
            found[unit, number] = float(_exploits(*_changes(base, changed)).mean())
    return found
