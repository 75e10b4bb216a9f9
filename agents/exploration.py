"""What learners see around a share: what their noise does to it, and what a single step changes.

Learners are paid for what they try, not for the mean that is evaluated. Where a game punishes too
small a share more than it rewards the best one, the best mean of a noisy action lies above the best
share, the further the more noise, and beyond the endowment once clipping is what takes the noise
away. A learner whose noise shrinks more slowly than its mean moves is carried past the best share.
What can bring it back is what single steps at a lower share gain, beside what those lose that are
too low.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from coopetition import envs
from coopetition.envs.engine import Array, Game, State

from .constants import Constant
from .evaluation import play, streams
from .policy import Policy, generators
from .scores import surface
from .seats import Deviation

# Shares of the own endowment that means are searched among; a sample is clipped, a mean is not.
MEANS = np.arange(50, 151, 2) / 100
# Standard deviations of an action in [-1, 1]; 0.6 is where PPO starts.
DEVIATIONS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6)
EPISODES = 50
# Shares of single steps, where all hold one that learners end at.
HELD, STEP_SHARES = 0.9, (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)


class NoisyConstant(Policy):
    """Every agent plays a share of its own endowment with Gaussian noise, clipped.

    Args:
        means: [B] share per copy; may lie outside of 0 to 1.
        deviation: of the noise, for actions in [-1, 1].
    """

    name = "NoisyConstant"

    def __init__(self, means: Array, deviation: float) -> None:
        self.means, self.deviation = np.asarray(means, float), deviation

    def attach(self, game: Game) -> None:
        """One number per agent.

        Raises:
            ValueError: an action has several numbers.
        """
        if game.actions_per_agent > 1:
            raise ValueError(f"{game.id}: {self.name} plays one share per agent")
        super().attach(game)

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """The noise of an episode comes from its own seed."""
        return {"generators": generators(seeds), "means": self.means}

    def act(self, observations: Array | None) -> Array:
        """[B, N] amounts."""
        noise = np.stack(
            [drawn.standard_normal(self.game.n_agents) for drawn in self.memory["generators"]]
        )
        # Half: shares lie in [0, 1].
        shares = self.memory["means"][:, None] + self.deviation / 2 * noise
        return (shares.clip(0, 1) * self.game.endowments).astype(np.float32)


def noise_response(
    env: str | Game,
    *,
    means: Sequence[float] | Array = MEANS,
    deviations: Sequence[float] = DEVIATIONS,
    episodes: int = EPISODES,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """The mean share that earns most under noise, when all agents hold it and all are noisy.

    Args:
        env: an id, or a game.
        means: [M] shares to choose among.
        deviations: of the noise, for actions in [-1, 1].
        episodes: per mean and deviation; the same ones for all.
        seed: of the episodes.

    Returns:
        One row per deviation with `environment`, `deviation`, `best_mean`, its cooperative return
        with the noise (`noisy_return`) and without (`training_return`, as a learner is evaluated),
        and `return_half`, `return_best` of constants.

    Raises:
        ValueError: an unknown id, or an action of several numbers.
    """
    game = envs.game(env)
    means = np.asarray(means, float)

    def returns(deviation: float, count: int) -> Array:
        """[M] mean cooperative return."""
        policy = NoisyConstant(np.repeat(means, count), deviation)
        played = play(policy, game, streams(seed, count) * len(means))
        return played.returns("cooperative").reshape(len(means), count).mean(axis=1)

    silent = returns(0.0, 1)
    constants = surface(game).returns("cooperative")
    rows = []
    for deviation in deviations:
        noisy = returns(deviation, episodes) if deviation else silent
        best = int(noisy.argmax())
        rows.append(
            {
                "environment": game.id,
                "deviation": float(deviation),
                "best_mean": float(means[best]),
                "noisy_return": float(noisy[best]),
                "training_return": float(silent[best]),
                "return_half": float(constants[50]),
                "return_best": float(constants.max()),
            }
        )
    return rows


def step_gains(
    env: str | Game, *, held: float = HELD, shares: Sequence[float] = STEP_SHARES
) -> list[dict[str, Any]]:
    """What one agent changes by playing another share at one step, while all else hold one.

    Args:
        env: an id, or a game.
        held: share of the own endowment that all hold.
        shares: [S] of that one step.

    Returns:
        One row per share with `environment`, `held`, `share` and `gain`: of the cooperative return
        of an episode, in mean steps of it, over all agents and steps.

    Raises:
        ValueError: an unknown id.
    """
    game = envs.game(env)
    places = (np.arange(game.n_agents), np.arange(game.horizon), np.asarray(shares, float))
    agents, steps, chosen = (axis.ravel() for axis in np.meshgrid(*places, indexing="ij"))
    stay, who = Constant(100 * held), agents[:, None]
    once = Deviation(Deviation(stay, who, chosen, steps), who, np.full(len(who), held), steps + 1)
    whole = float(play(stay, game, streams(0, 1)).returns("cooperative")[0])
    left = play(once, game, streams(0, 1) * len(who)).returns("cooperative")
    gains = ((left - whole) / (whole / game.horizon)).reshape(-1, len(shares)).mean(axis=0)
    return [
        {"environment": game.id, "held": held, "share": share, "gain": float(gain)}
        for share, gain in zip(shares, gains, strict=True)
    ]
