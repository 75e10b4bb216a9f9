"""PPO_stepwise: the library's PPO for all agents, between the published form and the corrected one.

It is `Central_PPO` as published (see there for the equations), with a setting for each wrapper that
the corrected protocol puts on, so that they can be put on one by one:
- `scaled`: `actions` are in [-1, 1] of each agent's own endowment; then also `observations`, which
  one switch of the environment scales together with actions; then also `rewards`; then these are
  `centred` as well;
- `bootstrap_at_horizon`: as in all learners;
- `episodes_per_copy` and `minibatches` in the place of `n_steps` and `batch_size`.
With nothing scaled it is `Central_PPO` as published, to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from coopetition import envs
from coopetition.envs.engine import Array
from coopetition.envs.interfaces.spaces import joint_action_space, units_from_normalized

from ..library import LibraryController
from ..published import PublishedAlgorithm, PublishedController
from ..runs import Run
from ..wrappers import CentredReward, FiniteHorizon, ScaledReward

ENTRY = {
    "name": "PPO_stepwise",
    "class_name": {"as_published": "StepwisePPO"},
    "paradigm": "joint",
    "published_as": (),
    "hyperparameters": {
        "as_published": {
            "like": "Central_PPO",
            "scaled": [],
            "bootstrap_at_horizon": True,
        },
    },
}

CARD = {
    "paper": [
        "Schulman et al. 2017, Proximal Policy Optimization Algorithms, arXiv:1707.06347",
    ],
    "reward": "sum of all rewards",
    "actor": "observations of all agents",
    "critic": "observations of all agents",
    "sharing": "one controller for all agents",
    "head": "Gaussian with a free deviation, clipped",
    "published": {},
    "why": {},
}
# What `scaled` may hold.
SCALED: tuple[Sequence[str], ...] = (
    (),
    ("actions",),
    ("actions", "observations"),
    ("actions", "observations", "rewards"),
    ("actions", "observations", "rewards", "centred"),
)


class OwnUnits(VecEnvWrapper):
    """Joint actions in [-1, 1] of each agent's own endowment, for rows that take raw ones."""

    def __init__(self, venv: VecEnv) -> None:
        (self.game,) = venv.get_attr("game", 0)
        super().__init__(venv, action_space=joint_action_space(self.game, True))

    def reset(self) -> Array:
        """Pass through."""
        return self.venv.reset()

    def step_async(self, actions: Array) -> None:
        """Take the actions [rows, N]."""
        self.venv.step_async(units_from_normalized(self.game, actions))

    def step_wait(self) -> tuple[Array, Array, Array, list[dict[str, Any]]]:
        """Pass through."""
        return self.venv.step_wait()


class StepwiseController(PublishedController):
    """Plays all agents, with what its run scales."""

    def __init__(self, network: BasePolicy, run: Run, *, deterministic: bool = True) -> None:
        super().__init__(network, run, deterministic=deterministic)
        self.scaled = run.hyperparameters["scaled"]
        self.observation = "central" if "observations" in self.scaled else "published"

    def _units(self, actions: Array) -> Array:
        """Actions of the network in payoff units."""
        if "actions" in self.scaled:
            return LibraryController._units(self, actions)
        return super()._units(actions)


class StepwisePPO(PublishedAlgorithm, PPO):
    """`stable_baselines3.PPO` on the joint view, scaled as far as its settings say."""

    CONTROLLER = StepwiseController

    @classmethod
    def environment(cls, run: Run, settings: dict[str, Any]) -> VecEnv:
        """The joint view of the environment of a run, in its wrappers.

        Raises:
            ValueError: another selection than those of `SCALED`.
        """
        scaled = tuple(settings.pop("scaled"))
        if scaled not in SCALED:
            known = "; ".join(", ".join(one) or "nothing" for one in SCALED)
            raise ValueError(f"scaled={scaled}: choose {known}")
        env: VecEnv = envs.vec_env(
            run.env_id,
            settings.pop("copies"),
            reward_mode=run.reward_mode,
            seed=run.seed,
            joint=True,
            normalize="observations" in scaled,
        )
        if scaled == ("actions",):
            env = OwnUnits(env)
        if "rewards" in scaled:
            env = ScaledReward(env)
        if "centred" in scaled:
            env = CentredReward(env, gamma=settings["gamma"])
        return env if settings.pop("bootstrap_at_horizon") else FiniteHorizon(env)

    @classmethod
    def fit(cls, settings: dict[str, Any], env: VecEnv) -> None:
        """Whole episodes per rollout, and batches as a share of it, where the settings say so."""
        if "minibatches" in settings:
            (game,) = env.get_attr("game", 0)
            settings["n_steps"] = settings.pop("episodes_per_copy") * game.horizon
            samples = settings["n_steps"] * env.num_envs
            settings["batch_size"] = -(-samples // settings.pop("minibatches"))
