"""What every learner in slices shares: rows and slices, random streams, divergence, diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm, maybe_make_env
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from coopetition import envs
from coopetition.envs.engine import Array, Game

from ..devices import present
from ..runs import Run
from ..wrappers import corrected
from .controller import SliceController
from .layout import Layout, Streams, learner_seeds, state_length
from .networks import replicate_state
from .resuming import Resumable


@dataclass(frozen=True)
class Breakdown:
    """Why a replicate was stopped.

    Attributes:
        step: environment steps of the replicate when it was found out.
        cause: first quantity that was not finite, and of which agents.
    """

    step: int
    cause: str


class Diagnostics:
    """Means of quantities of the updates since they were last taken out.

    Args:
        layout: slices.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.totals: dict[str, torch.Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, **values: torch.Tensor) -> None:
        """Count quantities of one update, each [slices]; the same ones together every time."""
        key = " ".join(values)
        stacked = torch.stack([value.detach() for value in values.values()]).cpu().double()
        self.totals[key] = self.totals[key] + stacked if key in self.totals else stacked
        self.counts[key] = self.counts.get(key, 0) + 1

    def means(self) -> dict[str, Array]:
        """Name -> mean [replicates, agents]."""
        shape = (self.layout.replicates, self.layout.agents)
        return {
            name: (total / self.counts[key]).numpy().reshape(shape)
            for key, totals in self.totals.items()
            for name, total in zip(key.split(), totals, strict=True)
        }

    def take(self) -> dict[str, Array]:
        """The means, and start anew."""
        means, self.totals, self.counts = self.means(), {}, {}
        return means

    def finite(self) -> bool:
        """Is everything finite?"""
        return all(bool(torch.isfinite(total.sum())) for total in self.totals.values())

    def state_dict(self) -> dict[str, Any]:
        """Tensors and numbers."""
        return {"totals": dict(self.totals), "counts": dict(self.counts)}

    def load_state_dict(self, state: dict[str, Any], strict: bool = True) -> None:
        """Go on from a `state_dict`."""
        self.totals = {name: torch.as_tensor(total) for name, total in state["totals"].items()}
        self.counts = dict(state["counts"])


class SlicePolicy(BasePolicy):
    """Networks of all slices; subclasses set `layout` and `actor`."""

    layout: Layout
    actor: nn.Module

    def _predict(self, observation: torch.Tensor, deterministic: bool = False) -> torch.Tensor:
        """Actions [rows, A]; a sample draws from torch's global stream, as the library's do."""
        slices = self.layout.by_slice(observation.float())
        noise = None
        if not deterministic:
            size = (*slices.shape[:2], self.action_space.shape[0])
            noise = torch.randn(size, device=slices.device)
        return self.layout.by_row(self.actor.act(slices, noise))


class SliceAlgorithm(Resumable, BaseAlgorithm):
    """Mixin, left of a stable-baselines3 algorithm, that trains one slice per agent and replicate.

    Budgets and `num_timesteps` count environment steps of one replicate over all of its copies. A
    replicate whose losses, parameters or actions are not finite is stopped at once: it is listed in
    `breakdowns` and plays the middle action from then on, while the others go on as they would
    without it.

    Args:
        policy: "MlpPolicy".
        env: rows ordered (replicate, copy, agent), such as `envs.vec_env` makes; an environment
            that does not say what its rows are is one agent in many copies.
        seed: one per replicate, or a single one.
        others: those of the algorithm.

    Raises:
        ValueError: an option that slices cannot have, or seeds of another number.
    """

    _last_obs: Array
    _last_episode_starts: Array

    # One controller plays all agents of a copy, paid the sum of their rewards.
    joint = False
    # Critics see the state and, where they value actions, those of all agents.
    central_critic = False
    # Runs trained side by side; more gain nothing.
    BATCH = 64

    def __init__(
        self,
        policy: Any,
        env: VecEnv | None,
        *args: Any,
        seed: Any = None,
        policy_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("use_sde"):
            raise ValueError("use_sde=True: slices draw their noise from their own streams")
        self.breakdowns: dict[int, Breakdown] = {}
        if env is not None:
            env = self._wrap_env(maybe_make_env(env, 0))
            self.layout = Layout.of(env)
            weights = self._spawn(seed)
            shape = {"layout": self.layout, "seeds": weights}
            if self.central_critic:
                self._state_length = state_length(env, self.layout)
            shape |= self._critic_shape()
            policy_kwargs = {**(policy_kwargs or {}), **shape}
            kwargs |= self._options(kwargs)
        super().__init__(policy, env, *args, policy_kwargs=policy_kwargs, **kwargs)
        if env is not None and isinstance(seed, int) and self.layout.replicates == 1:
            self.env.seed(seed)

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        """Arguments of the algorithm that follow from the layout.

        Raises:
            ValueError: an option that slices cannot have.
        """
        return {}

    def _spawn(self, seed: Any) -> list[np.random.SeedSequence]:
        """Own streams of random numbers; returns the seeds of the initial weights."""
        weights, acting, updating = learner_seeds(seed, self.layout.replicates)
        self.acting, self.updating = Streams(acting), Streams(updating)
        self.diagnostics = Diagnostics(self.layout)
        return weights

    def _setup_model(self) -> None:
        if not hasattr(self, "acting"):  # loaded without an environment
            self._spawn(None)
        super()._setup_model()

    # Construction from runs of a study.

    @classmethod
    def for_runs(cls, runs: Sequence[Run], *, device: str = "cpu") -> SliceAlgorithm:
        """The untrained learner of runs that differ in seed and reward mode only.

        Args:
            runs: the runs.
            device: of its tensors.

        Raises:
            DeviceError: the machine does not have it.
        """
        settings = dict(runs[0].hyperparameters)
        game = envs.game(runs[0].env_id)
        env: VecEnv = envs.vec_env(
            game,
            settings.pop("copies"),
            reward_mode=[run.reward_mode for run in runs],
            seed=[run.seed for run in runs],
            joint=cls.joint,
        )
        env = corrected(
            env,
            bootstrap_at_horizon=settings.pop("bootstrap_at_horizon"),
            gamma=settings["gamma"],
        )
        cls._fit(settings, game, env)
        return cls(
            "MlpPolicy",
            env,
            seed=[run.seed for run in runs],
            device=present(device),
            policy_kwargs=cls._network(settings),
            **settings,
        )

    @classmethod
    def _fit(cls, settings: dict[str, Any], game: Game, env: VecEnv) -> None:
        """Turn settings that refer to the game into those of the constructor."""

    @classmethod
    def _network(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Take the settings of the networks out of those of the learner."""
        return {"hidden": tuple(settings.pop("hidden"))}

    @property
    def actor(self) -> nn.Module:
        """What acts: one network per slice, with a method `act`."""
        return self.policy.actor

    @actor.setter
    def actor(self, value: nn.Module) -> None:
        """Accept the alias that some algorithms of the library set."""

    def controller(self, runs: Sequence[Run]) -> SliceController:
        """The current policy of all replicates, sharing the learner's weights."""
        return SliceController(
            self.actor, runs, self.layout.agents, joint=self.joint, stopped=self.breakdowns
        )

    def take_diagnostics(self) -> dict[str, Array]:
        """Means over the updates since the last call, name -> [replicates, agents]."""
        return self.diagnostics.take()

    def inference_weights(self, replicate: int) -> dict[str, torch.Tensor]:
        """What a replicate needs to act, a copy; tensors have one row per agent, or one for all."""
        return replicate_state(self.actor, self.layout.replicates, replicate)

    @classmethod
    def inference(cls, run: Run, weights: dict[str, torch.Tensor]) -> SliceController:
        """The policy of a finished run from its `inference_weights`."""
        game = envs.game(run.env_id)
        observation, actions, agents = SliceController.shape(game, joint=cls.joint)
        settings = cls._network(dict(run.hyperparameters))
        policy = cls.policy_aliases["MlpPolicy"]
        actor = policy.make_actor(Layout(1, 1, agents), observation, actions, **settings)
        actor.load_state_dict(dict(weights))
        return SliceController(actor, [run], agents, joint=cls.joint)

    # Acting.

    def _slices(self, rows: Array) -> torch.Tensor:
        """[rows, ...] as a tensor [slices, copies, ...]."""
        return torch.as_tensor(self.layout.by_slice(rows), device=self.device)

    def _critic_shape(self) -> dict[str, Any]:
        """Arguments of policy and buffer that a centralised critic needs."""
        return {"state_length": self._state_length} if self.central_critic else {}

    def _states(self, rows: Array, *, last: bool = False) -> Array:
        """What a centralised critic sees of every copy, [replicates, copies, S].

        Args:
            rows: observations [rows, d], all that there is of an environment which says no more.
            last: where an episode ended in the last step, of its last state.
        """
        name = "last_critic_state" if last else "critic_state"
        own = getattr(self.env, name) if hasattr(self.env, name) else rows
        return own.reshape(self.layout.replicates, self.layout.copies, -1)

    def _noise(self) -> torch.Tensor:
        """Standard normal noise of one step, [slices, copies, A]."""
        width = self.action_space.shape[0]
        drawn = self.acting.normal(self.layout.copies, self.layout.agents, width)
        return torch.as_tensor(self.layout.to_slices(drawn), device=self.device)

    def _playable(self, actions: Array) -> Array:
        """Actions [rows, A], with the middle of the range for replicates that were stopped."""
        if not np.isfinite(actions).all():
            bad = ~np.isfinite(self.layout.by_slice(actions)).all(axis=(1, 2))
            self._stop("action", bad)
        if self.breakdowns:
            grid = actions.reshape(self.layout.replicates, -1)
            grid[list(self.breakdowns)] = 0.0
        return actions

    # Divergence.

    def _check(self, parameters: Iterable[nn.Parameter]) -> None:
        """After every update: stop replicates whose diagnostics or parameters are not finite."""
        if not self.diagnostics.finite():
            for name, means in self.diagnostics.means().items():
                self._stop(name, ~np.isfinite(means))
        values = [p.detach() for p in parameters]
        if torch.stack(torch._foreach_norm(values)).isfinite().all():
            return
        for value in values:
            bad = ~torch.isfinite(value.view(self.layout.replicates, -1)).all(1)
            self._stop("parameter", self.layout.spread(bad).cpu().numpy())

    def _log(self) -> None:
        """Means over all slices for the logger."""
        for name, means in self.diagnostics.means().items():
            self.logger.record(f"train/{name}", float(means.mean()))
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

    def _stop(self, cause: str, bad: Array) -> None:
        """Stop the replicates of slices [slices]."""
        grid = bad.reshape(self.layout.replicates, self.layout.agents)
        for replicate in np.flatnonzero(grid.any(axis=1)):
            if int(replicate) not in self.breakdowns:
                agents = ", ".join(map(str, np.flatnonzero(grid[replicate])))
                text = f"{cause} not finite, agent {agents}, update {self._n_updates}"
                self.breakdowns[int(replicate)] = Breakdown(self.num_timesteps, text)

    # Saving.

    def random_state(self) -> dict[str, Any]:
        """Own streams, what was measured since the last evaluation, and which runs have stopped."""
        return {
            "acting": self.acting.state_dict(),
            "updating": self.updating.state_dict(),
            "diagnostics": self.diagnostics.state_dict(),
            "breakdowns": [[r, b.step, b.cause] for r, b in self.breakdowns.items()],
        }

    def load_random_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.acting.load_state_dict(state["acting"])
        self.updating.load_state_dict(state["updating"])
        self.diagnostics.load_state_dict(state["diagnostics"])
        self.breakdowns = {r: Breakdown(step, cause) for r, step, cause in state["breakdowns"]}

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "acting", "updating", "diagnostics"]
