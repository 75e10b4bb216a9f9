"""Reward modes: how the payoffs of all agents become the reward of one.

In the released edition cooperative reward is the mean of the integrated utilities, so before the
multipliers its sum over agents equals the sum under integrated reward. It still does after them
where they are equal across agents, as in a game without multipliers: a learner paid the sum
cannot tell the two modes apart there.
"""

from __future__ import annotations

import numbers

import numpy as np

from .engine import Array, Game, Mode, choose, row_sum
from .mechanisms.interdependence import integrated_utilities

REWARD_MODES = ("private", "integrated", "cooperative")
# A mean reward below this share of the mean size is no measure of rewards.
CANCELLED = 0.1


def mix_released(mode: Mode, utilities: Array) -> Array:
    """Base rewards of the two other-regarding modes, before multipliers (spec A.5).

    Args:
        mode: `integrated` or `cooperative`.
        utilities: integrated utilities U = pi + W pi, [B, N] float64.

    Returns:
        [B, N] float32.

    Raises:
        ValueError: the mode does not exist.
    """
    if choose("reward_mode", mode, REWARD_MODES) == "integrated":
        return utilities.astype(np.float32)
    n_agents = utilities.shape[-1]
    shared = (row_sum(utilities) / n_agents).astype(np.float32)
    return shared[:, None].repeat(n_agents, axis=1)


def canonical_mode(mode: Mode) -> Mode:
    """A reward mode by its name; a mutuality in [0, 2] that has no name stays a number.

    0 is `private`, 1 is `integrated`, 2 is `cooperative`, so that a run has one identity.

    Raises:
        ValueError: neither a name nor a number in [0, 2].
    """
    if isinstance(mode, numbers.Real) and not isinstance(mode, bool):
        if not 0 <= mode <= 2:
            raise ValueError(f"reward_mode={mode!r}: a mutuality lies between 0 and 2")
        return REWARD_MODES[int(mode)] if float(mode).is_integer() else float(mode)
    if mode not in REWARD_MODES:
        raise ValueError(
            f"reward_mode={mode!r}: choose one of {', '.join(REWARD_MODES)} "
            "or a mutuality between 0 and 2"
        )
    return str(mode)


def mix_formal(mode: Mode, payoffs: Array, concern: Array) -> Array:
    """Rewards of the formal edition, r = M(mode) pi (formal edition, section 4.2).

    From `private` (I) over `integrated` (I + W) to `cooperative` (all ones), linear in between.

    Args:
        mode: canonical mode.
        payoffs: [B, N] float64.
        concern: W, [N, N] or [B, N, N], zero diagonal.

    Returns:
        [B, N] float64.
    """
    mutuality = float(REWARD_MODES.index(mode)) if isinstance(mode, str) else mode
    if mutuality == 0:
        return payoffs
    if mutuality < 1:
        concern = mutuality * concern
    if mutuality < 2:
        weights = np.broadcast_to(concern, (len(payoffs), *concern.shape[-2:]))
        integrated = integrated_utilities(payoffs, weights)
    if mutuality <= 1:
        return integrated
    total = row_sum(payoffs)[:, None].repeat(payoffs.shape[1], axis=1)
    return total if mutuality == 2 else integrated + (mutuality - 1) * (total - integrated)


def reward_scale(game: Game, mode: Mode) -> float:
    """Mean reward per agent and step when every agent plays its baseline for one episode.

    The known constant that training rewards are divided by. Where rewards are losses, or nearly
    cancel, the mean of their sizes; where all are zero, 1.

    Raises:
        ValueError: the mode does not exist.
    """
    mean, size = _at_baseline(game, mode)
    return mean if mean > CANCELLED * size else size or 1.0


def reward_level(game: Game, mode: Mode) -> float:
    """Mean reward per agent and step of the same episode, in units of `reward_scale`.

    1, but where rewards are losses or nearly cancel; what training rewards are counted from.

    Raises:
        ValueError: the mode does not exist.
    """
    mean, _ = _at_baseline(game, mode)
    return mean / reward_scale(game, mode)


def _at_baseline(game: Game, mode: Mode) -> tuple[float, float]:
    """Mean reward, and mean size of a reward, per agent and step with everybody at the baseline.

    Numbers of an action beside cooperation are zero.
    """
    mode = game.reward_mode(mode)
    norm = np.zeros((game.n_agents, game.actions_per_agent), game.baselines.dtype)
    norm[:, 0] = game.baselines
    state = game.reset([0])
    total, size, steps, done = 0.0, 0.0, 0, False
    while not done:
        state, outcome = game.step(state, norm.reshape(1, -1))
        rewards = game.rewards(outcome, mode)
        total += float(rewards.mean())
        size += float(np.abs(rewards).mean())
        steps += 1
        done = bool(outcome.terminated[0] or outcome.truncated[0])
    return total / steps, size / steps
