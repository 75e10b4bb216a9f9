"""Environments of strategic coopetition on one batched engine.

    from coopetition import envs
    env = envs.make("TrustDilemma-v0", reward_mode="private")

Importing this package registers every id with Gymnasium and never imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .engine import ActionError, Game, Outcome
from .interfaces.joint import JointEnv
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
    from .interfaces.vec_env import GameVecEnv

__all__ = [
    "MECHANISM_CLASSES",
    "REWARD_MODES",
    "ActionError",
    "Game",
    "JointEnv",
    "Outcome",
    "ParameterError",
    "Spec",
    "game",
    "ids",
    "make",
    "register",
    "spec",
    "vec_env",
]


def make(
    id: str,
    *,
    reward_mode: str = "integrated",
    normalize: bool = False,
    render_mode: str | None = None,
    **params: Any,
) -> JointEnv:
    """One copy of an environment as a Gymnasium environment; see `JointEnv`."""
    return JointEnv(
        id, reward_mode=reward_mode, normalize=normalize, render_mode=render_mode, **params
    )


def vec_env(
    id: str | Game,
    copies: int = 1,
    *,
    reward_mode: str | Sequence[str] = "integrated",
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


load_built_in_games()
