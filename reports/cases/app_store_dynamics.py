"""Reciprocity, trust and reputation among the actors of the App Store case, as in the TR-4 suite.

The rule of trust is the one of `envs.mechanisms.trust.update_trust` with two differences, for which
that function has no room: the ceiling is min(T_max, 1 - theta_R R), and the signal is the plain
deviation a - b. Here every parameter may differ from draw to draw. With T_max = theta_R = 1 and the
same signals both give the same trust and damage.

Arrays have the batch as their last axis: loops over three actors are short, over draws long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from .casefile import history
from .outcome import Array

RATES = (
    *("rho_0", "eta", "kappa", "lambda_R", "omega"),
    *("lambda_plus", "lambda_minus", "psi", "mu_R", "delta_R", "T_max", "theta_R"),
    *("alpha", "decay", "adaptation"),
)
TABLE_SEED, TABLE_SD = 42, 0.02  # of the noise in history/app_store_noise.csv


def dynamics(
    rates: Mapping[str, Array],
    dependence: Array,
    trust: Array,
    actions: Array,
    baselines: Array,
    steps: int,
    intervene: Callable[[int, Array], Array],
    noise: Array | None = None,
) -> tuple[Array, Array, Array]:
    """Actions, trust and damage from the first state to the last.

    Args:
        rates: each of `RATES`, numbers or [B].
        dependence: [N, N, B], on whom who depends; the diagonal is not read.
        trust: [N, N, B] in the first state.
        actions: [N, B], shares in the first state.
        baselines: [N, B], what actions are measured against, in the first state.
        steps: number of steps.
        intervene: actions [N, B] of a step as shocks leave them.
        noise: [steps, N, B], added to the next actions; None for none.

    Returns:
        Actions [B, steps + 1, N], trust and damage [B, steps + 1, N, N] with ones and zeros on the
        diagonal.
    """
    n, batch = actions.shape
    others = 1.0 - np.eye(n)[..., None]
    sensitivity = rates["rho_0"] * dependence ** rates["eta"]
    weights = rates["lambda_R"] * (1 + rates["omega"] * dependence) * sensitivity * others
    amplification = rates["lambda_minus"] * (1 + rates["psi"] * dependence)
    damage = np.zeros_like(trust)
    all_actions = np.empty((steps + 1, n, batch))
    all_trust, all_damage = np.empty((2, steps + 1, n, n, batch))
    for t in range(steps + 1):
        if t < steps:
            actions = intervene(t, actions)
        all_actions[t], all_trust[t], all_damage[t] = actions, trust, damage
        if t == steps:
            break
        signals = actions - baselines
        push = (weights * trust * np.tanh(rates["kappa"] * signals)[None]).sum(axis=1)
        following = actions + rates["alpha"] * push - rates["decay"] * signals
        if noise is not None:
            following = following + noise[t]
        trust, damage = update(rates, trust, damage, signals, amplification)
        baselines = baselines + rates["adaptation"] * signals
        actions = np.clip(following, 0.0, 1.0)
    diagonal = np.arange(n)
    all_trust[:, diagonal, diagonal], all_damage[:, diagonal, diagonal] = 1.0, 0.0
    return (
        np.moveaxis(all_actions, -1, 0),
        np.moveaxis(all_trust, -1, 0),
        np.moveaxis(all_damage, -1, 0),
    )


def update(
    rates: Mapping[str, Array], trust: Array, damage: Array, signals: Array, amplification: Array
) -> tuple[Array, Array]:
    """Trust and damage after a step, both from old values.

    Args:
        rates: each of `RATES`, numbers or [B].
        trust: [N, N, B].
        damage: [N, N, B].
        signals: [N, B], a - b of the actor that is seen.
        amplification: [N, N, B], lambda_minus (1 + psi D).
    """
    gain, loss = np.maximum(signals, 0.0)[None], np.minimum(signals, 0.0)[None]
    ceiling = np.maximum(0.0, np.minimum(rates["T_max"], 1.0 - rates["theta_R"] * damage))
    built = rates["lambda_plus"] * gain * np.maximum(0.0, ceiling - trust)
    eroded = amplification * loss * trust
    decayed = rates["delta_R"] * damage * (signals >= 0)[None]
    new_damage = damage - rates["mu_R"] * loss * (1.0 - damage) - decayed
    return np.clip(trust + built + eroded, 0.0, ceiling), np.clip(new_damage, 0.0, 1.0)


@cache
def _table() -> Array:
    """Noise of the published run, [steps, N], in standard deviations."""
    rows = history("app_store_noise")
    return rows.filter(like="e_").to_numpy() / TABLE_SD


def noise(seeds: Array, steps: int, n: int) -> Array:
    """Unit noise [steps, N, B]: of the published run, or of numpy's legacy generator.

    Args:
        seeds: [B], whole numbers, or numbers whose fraction is dropped.
        steps: outer loop of the draws, as released.
        n: inner loop.
    """
    if (seeds == TABLE_SEED).all():
        return np.broadcast_to(_table()[..., None], (steps, n, len(seeds)))
    # The published scores over seeds are those of the legacy generator.
    drawn = [np.random.RandomState(int(seed)).standard_normal((steps, n)) for seed in seeds]
    return np.stack(drawn, axis=-1)
