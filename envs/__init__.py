"""Environments of strategic coopetition on one batched engine.

    from coopetition import envs
    env = envs.make("TrustDilemma-v0", reward_mode="private")           # Gymnasium
    env = envs.parallel_env("TrustDilemma-v0", reward_mode="private")   # PettingZoo

Importing this package registers every id with Gymnasium and PettingZoo and never imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .engine import ActionError, Game, Mode, Outcome
from .interfaces.aec import AECEnv
from .interfaces.joint import JointEnv
from .interfaces.parallel import ParallelEnv
from .outside import register_parallel
from .registry import (
    MECHANISM_CLASSES,
    ParameterError,
    Spec,
    game,
    ids,
    load_built_in_games,
    register,
    spec,
)
from .rewards import REWARD_MODES

if TYPE_CHECKING:
    import pettingzoo

    from .interfaces.supersuit import SuperSuitVecEnv
    from .interfaces.vec_env import GameVecEnv

__all__ = [
    "MECHANISM_CLASSES",
    "REWARD_MODES",
    "AECEnv",
    "ActionError",
    "Game",
    "JointEnv",
    "Outcome",
    "ParallelEnv",
    "ParameterError",
    "Spec",
    "aec_env",
    "game",
    "ids",
    "make",
    "parallel_env",
    "register",
    "register_parallel",
    "spec",
    "supersuit_vec_env",
    "vec_env",
]


def make(
    id: str,
    *,
    reward_mode: Mode = "integrated",
    normalize: bool = False,
    render_mode: str | None = None,
    **params: Any,
) -> JointEnv:
    """One copy of an environment as a Gymnasium environment; see `JointEnv`."""
    return JointEnv(
        id, reward_mode=reward_mode, normalize=normalize, render_mode=render_mode, **params
    )


def parallel_env(
    id: str | Game,
    *,
    reward_mode: Mode = "integrated",
    observation: str = "realistic",
    normalize: bool = False,
    render_mode: str | None = None,
    **params: Any,
) -> ParallelEnv:
    """One copy of an environment in PettingZoo's Parallel API; see `ParallelEnv`."""
    return ParallelEnv(
        id,
        reward_mode=reward_mode,
        observation=observation,
        normalize=normalize,
        render_mode=render_mode,
        **params,
    )


def aec_env(
    id: str | Game,
    *,
    reward_mode: Mode = "integrated",
    observation: str = "realistic",
    normalize: bool = False,
    render_mode: str | None = None,
    **params: Any,
) -> AECEnv:
    """One copy of an environment in PettingZoo's AEC API; see `AECEnv`."""
    return AECEnv(
        id,
        reward_mode=reward_mode,
        observation=observation,
        normalize=normalize,
        render_mode=render_mode,
        **params,
    )


def vec_env(
    id: str | Game,
    copies: int = 1,
    *,
    reward_mode: Mode | Sequence[Mode] = "integrated",
    seed: Any = None,
    joint: bool = False,
    normalize: bool = True,
    observation: str = "realistic",
    **params: Any,
) -> GameVecEnv:
    """Many copies as one stable-baselines3 `VecEnv`; see `GameVecEnv`."""
    from .interfaces.vec_env import GameVecEnv

    return GameVecEnv(
        id,
        copies,
        reward_mode=reward_mode,
        seed=seed,
        joint=joint,
        normalize=normalize,
        observation=observation,
        **params,
    )


def supersuit_vec_env(
    parallel_env: pettingzoo.ParallelEnv, copies: int = 1, *, seed: int | None = None
) -> SuperSuitVecEnv:
    """Any PettingZoo Parallel environment as a `VecEnv`; see `SuperSuitVecEnv`."""
    from .interfaces.supersuit import SuperSuitVecEnv

    return SuperSuitVecEnv(parallel_env, copies, seed=seed)


load_built_in_games()
