"""Robustness: what a policy loses when it sees badly, slips, or meets the worst partner.

All agents play the policy under audit.

* observation: Gaussian noise on what it sees, in units of observations that range from -1 to 1 and
  are cut off there; a rule that reads raw observations sees noisy last actions, with half of the
  deviation in shares, which is the same. A policy that sees nothing, or is shown the state itself,
  is not disturbed.
* tremble: each action is replaced by a uniform one with some probability.
* action: Gaussian noise on the shares played, cut off at 0 and 1.
* worst partner: of a cross-play matrix, the partner with whom an agent of the policy earns least,
  met again in episodes that did not choose it.

The noise of an episode is the same for all policies, and stronger noise is the same noise,
stronger. The loss is the payoff per agent that plays the policy, undisturbed less disturbed, in
the same episodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from coopetition.envs.engine import Array, Game, State, fresh_sequence

from ..equilibria import firsts
from ..evaluation import Episodes, Streams, play, streams
from ..policy import Policy, observe
from ..solutions import solution
from .cross_play import Meetings, matrices, ranked
from .tables import Row, identity, interval, key_of, label

if TYPE_CHECKING:
    from .panel import Auditee

# What is disturbed, and by how much: standard deviations and probabilities.
DISTURBANCES = {
    "observation": (0.05, 0.1, 0.2),
    "tremble": (0.01, 0.05, 0.1),
    "action": (0.05, 0.1, 0.2),
}
_SETTINGS = [("none", 0.0), *((kind, s) for kind, sizes in DISTURBANCES.items() for s in sizes)]


class Disturbed(Policy):
    """A policy with noise on what it sees and on what it plays.

    Its own draws are those of the undisturbed policy. Noise is drawn once per episode, as long as
    the horizon, and scaled.

    Args:
        policy: what is disturbed; it is not touched.
        observation: [B] standard deviation in each copy; see the module.
        tremble: [B] probability of a uniform action.
        action: [B] standard deviation of the share.
    """

    def __init__(self, policy: Policy, observation: Array, tremble: Array, action: Array) -> None:
        self.policy, self.name, self.observation = copy(policy), policy.name, policy.observation
        self.sizes = {"observation": observation, "tremble": tremble, "action": action}

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Draw the noise of every episode once, however many copies play it."""
        self.policy.reset(self.game, seeds)
        keys = [(str(seed.entropy), seed.spawn_key) for seed in seeds]
        first = {key: row for row, key in reversed([*enumerate(keys)])}
        numbers = {key: number for number, key in enumerate(first)}
        noise = [self._noise(seeds[row]) for row in first.values()]
        self._drawn = {name: np.stack([one[name] for one in noise]) for name in noise[0]}
        episode = np.array([numbers[key] for key in keys])
        return {**self.sizes, "episode": episode, "t": np.zeros(len(seeds), np.int64)}

    def _noise(self, seed: np.random.SeedSequence) -> dict[str, Array]:
        """Of one episode, [T, ...] each."""
        [seen, *played] = map(np.random.default_rng, fresh_sequence(seed).spawn(4))
        steps = (self.game.horizon, self.game.n_agents)
        drawn = {
            "slips": played[0].random(steps),
            "uniform": played[1].random(steps),
            "shift": played[2].standard_normal(steps),
        }
        if self.observation == "published":
            return {**drawn, "seen": seen.standard_normal(steps)}
        if self.observation not in (None, "state"):
            shape = observe(self, self.game, self.game.reset([0])).shape[1:]
            noise = seen.standard_normal((self.game.horizon, *shape), np.float32)
            return {**drawn, "seen": noise}
        return drawn

    def keep(self, rows: Array) -> None:
        """See `Policy.keep`."""
        super().keep(rows)
        self.policy.keep(rows)

    def act(self, observations: Any) -> Array:
        """Joint actions [B, N] in payoff units."""
        memory, t = self.memory, self.memory["t"]
        now = {name: drawn[memory["episode"], t] for name, drawn in self._drawn.items()}
        self.memory["t"] = t + 1
        actions = self.policy.act(self._disturbed(observations, now.get("seen")))
        actions = np.array(actions, np.float64)
        high = self.game.endowments
        slips = now["slips"] < memory["tremble"][:, None]
        actions[slips] = (now["uniform"] * high)[slips]
        # Where there is no noise, what is played keeps its bits.
        noisy = memory["action"] > 0
        shift = (memory["action"][:, None] * now["shift"] * high)[noisy]
        actions[noisy] = np.clip(actions[noisy] + shift, 0.0, high)
        return actions

    def _disturbed(self, observations: Any, noise: Array | None) -> Any:
        size = self.memory["observation"]
        noisy = size > 0
        if noise is None or not noisy.any():
            return observations
        seen = np.array(observations)
        shift = (size.reshape(-1, *[1] * (seen.ndim - 1)) * noise)[noisy]
        if self.observation != "published":
            seen[noisy] = np.clip(seen[noisy] + shift, -1.0, 1.0)
            return seen
        # Raw observations begin with the last actions, in units of their own.
        n_agents, endowments = self.game.n_agents, self.game.endowments
        whole = endowments / self.game.seen_actions(np.ones((1, n_agents)))[0]
        seen[noisy, :n_agents] = np.clip(seen[noisy, :n_agents] + shift / 2 * whole, 0.0, whole)
        return seen


def robustness(
    auditees: Sequence[Auditee],
    game: Game,
    *,
    episodes: int,
    seed: int,
    met: Iterable[Mapping[str, Any]] = (),
) -> list[Row]:
    """Every auditee undisturbed and with every disturbance (schema `audit_robustness`).

    Args:
        auditees: policies.
        game: the game.
        episodes: per auditee and disturbance.
        seed: of the episodes.
        met: rows of `cross_play` of these auditees, for their worst partners; without them there
            are no such rows.
    """
    of_play, of_partners = fresh_sequence(seed).spawn(2)
    each = streams(of_play, episodes)
    rows = []
    for auditee in auditees:
        found = _disturbances(auditee.policy, game, each)
        usual = found["none", 0.0].payoffs.mean(axis=1)
        for (kind, size), played in found.items():
            own = played.payoffs.mean(axis=1)
            about = {"disturbance": kind, "size": size, "partner": ""}
            figures = _figures(own, usual, played.welfare, played.payoffs.min(axis=1))
            rows.append({**identity(auditee, game), **about, **figures})
    return rows + _among_worst(auditees, game, episodes, of_partners, met)


def _disturbances(
    policy: Policy, game: Game, each: Sequence[Streams]
) -> dict[tuple[str, float], Episodes]:
    """Episodes of every setting, side by side."""
    blind = policy.observation in (None, "state")
    settings = [one for one in _SETTINGS if not (blind and one[0] == "observation")]
    sizes = {
        kind: np.repeat([size if kind == own else 0.0 for own, size in settings], len(each))
        for kind in DISTURBANCES
    }
    played = play(Disturbed(policy, **sizes), game, [*each] * len(settings))
    rows = np.arange(len(settings) * len(each)).reshape(len(settings), -1)
    found = {one: played.take(own) for one, own in zip(settings, rows, strict=True)}
    return {one: found.get(one, found["none", 0.0]) for one in _SETTINGS}


def _among_worst(
    auditees: Sequence[Auditee],
    game: Game,
    episodes: int,
    seed: np.random.SeedSequence,
    met: Iterable[Mapping[str, Any]],
) -> list[Row]:
    """Rows of the worst partners."""
    name, _, edition = game.id.rpartition("-")
    matrix = matrices(met).get((name, edition), {})
    numbers = {key_of(auditee): number for number, auditee in enumerate(auditees)}
    worst = {
        a: numbers[partner]
        for key, a in numbers.items()
        for partner in ranked(matrix, key)[:1]
        if partner in numbers
    }
    if not worst:
        return []
    parts, meetings = solution(game).roles, Meetings(auditees, game, episodes, seed)
    seats, weights = firsts(parts), [len(agents) for agents in parts]
    pairs = [(a, b, seat) for a, partner in worst.items() for b in (partner, a) for seat in seats]
    played = meetings.play(pairs)

    def over_seats(a: int, b: int, value: Callable[[Episodes, int], Array]) -> Array:
        values = [value(played[a, b, seat], seat) for seat in seats]
        return np.average(values, axis=0, weights=weights)

    def payoff(found: Episodes, seat: int) -> Array:
        return found.payoffs[:, seat]

    return [
        {
            **identity(auditees[a], game),
            **{"disturbance": "worst partner", "size": None},
            "partner": label(key_of(auditees[b])),
            **_figures(
                over_seats(a, b, payoff),
                over_seats(a, a, payoff),
                over_seats(a, b, lambda found, seat: found.welfare),
                over_seats(a, b, lambda found, seat: found.payoffs.min(axis=1)),
            ),
        }
        for a, b in worst.items()
    ]


def _figures(payoff: Array, usual: Array, welfare: Array, worst_off: Array) -> Row:
    """Columns of values that are one per episode; a single one counts in all."""
    loss, before = usual - payoff, abs(float(usual.mean()))
    return {
        "episodes": len(loss),
        **interval("payoff", payoff),
        **interval("welfare", welfare),
        "worst_off": float(worst_off.mean()),
        **interval("loss", loss),
        "loss_share": float(loss.mean()) / before if before > 0 else None,
    }
