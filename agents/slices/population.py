"""One policy per replicate that learns in one seat of the game; frozen ones play the others.

Every episode of every copy draws anew which seat is the learner's, and which member of a pool of
frozen actors plays all the other seats. One member plays them all, so that partners who learned
together meet the learner together.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.type_aliases import GymEnv
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from torch import nn

from coopetition import envs
from coopetition.envs.engine import Array

from ..runs import Run
from .controller import SliceController
from .layout import Layout, Streams
from .networks import SharedActor, replicate_state
from .on_policy import SliceOnPolicyAlgorithm


class Pool:
    """Frozen actors of every replicate, in the order in which they were frozen.

    Args:
        latest: probability of the newest member, the others being equally likely; None if all are.

    Attributes:
        weights: name of a parameter -> [replicates, members, ...]; empty if there are no members.
    """

    def __init__(self, latest: float | None = None) -> None:
        self.latest = latest
        self.weights: dict[str, torch.Tensor] = {}

    def __len__(self) -> int:
        """Members per replicate."""
        return next(iter(self.weights.values())).shape[1] if self.weights else 0

    def add(self, actor: nn.Module, keep: int) -> None:
        """Freeze an actor as it is now; of more members than `keep`, the oldest go."""
        for name, parameter in actor.named_parameters():
            new = parameter.detach().clone().unsqueeze(1)
            older = self.weights.get(name, new[:, :0])
            self.weights[name] = torch.cat([older, new], dim=1)[:, -keep:]

    def draw(self, streams: Streams, copies: int) -> Array:
        """A member for each copy, [replicates, copies]."""
        drawn = streams.uniform(copies, 2).astype(float)
        if self.latest is None:
            return (drawn[:, :, 0] * len(self)).astype(int)
        newest = len(self) - 1
        older = (drawn[:, :, 0] * newest).astype(int)
        return np.where(drawn[:, :, 1] < self.latest, newest, older)

    def state_dict(self) -> dict[str, Any]:
        """Tensors."""
        return {"weights": self.weights}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Take over the members of a `state_dict`, on the device of the learner."""
        self.weights = {
            name: torch.as_tensor(part, device=device) for name, part in state["weights"].items()
        }


class PopulationVecEnv(VecEnvWrapper):
    """The learner's seat in every copy of an agent view; rows are ordered (replicate, copy).

    A row observes what the agent in the seat observes, followed by the one-hot number of the seat,
    and is paid what that agent is paid. Partners sample their actions, as they did when they
    learned; those of a replicate that broke down play the middle of the range.

    Args:
        venv: rows ordered (replicate, copy, agent).

    Attributes:
        seats: agents N per copy.
        seat: the learner's seat in each copy, [rows].
        member: of the pool, plays the other seats of each copy, [rows]; drawn with the first step
            of an episode, so that it may have been frozen just before.
    """

    def __init__(self, venv: VecEnv) -> None:
        self.layout = Layout.of(venv)
        self.seats = self.layout.agents
        self._roles = np.eye(self.seats, dtype=np.float32)
        seen = venv.observation_space
        low, high = np.zeros_like(self._roles[0]), np.ones_like(self._roles[0])
        super().__init__(
            venv, spaces.Box(np.append(seen.low, low), np.append(seen.high, high), dtype=np.float32)
        )
        self.num_envs = self.layout.replicates * self.layout.copies
        self.seat = np.zeros(self.num_envs, int)
        self.member = np.zeros(self.num_envs, int)
        self._fresh = np.ones(self.num_envs, bool)

    def attach(self, actor: nn.Module, pool: Pool, streams: Streams) -> None:
        """Take in what plays the other seats; to be called before `reset`.

        Args:
            actor: network of the learner, one slice per replicate, with a method `act`.
            pool: frozen weights for it; members may come and go.
            streams: where each replicate draws seats, members and their noise from.
        """
        self.pool, self.streams = pool, streams
        partners = deepcopy(actor).requires_grad_(False)
        for parameter in partners.parameters():
            parameter.data = parameter.data.repeat_interleave(self.layout.copies, dim=0)
        self._partners = SharedActor(self.seats, partners)

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Attribute of the copies that the rows stand for; `agent` is None, for it changes."""
        of_copies = self.venv.get_attr(attr_name)[:: self.seats]
        if attr_name == "agent":
            of_copies = [None] * len(of_copies)
        return of_copies if indices is None else [of_copies[i] for i in self._get_indices(indices)]

    @property
    def _rows(self) -> Array:
        """Rows of the learner in the agent view."""
        return np.arange(self.num_envs) * self.seats + self.seat

    def _own(self, seen: Array) -> Array:
        return np.concatenate([seen[self._rows], self._roles[self.seat]], axis=1)

    def _begin(self, fresh: Array) -> None:
        """Draw the learner's seat where an episode begins.

        Numbers are drawn for all copies at every step: none depends on other replicates' episodes.
        """
        drawn = self.streams.uniform(self.layout.copies).astype(float).reshape(-1)
        self.seat = np.where(fresh, (drawn * self.seats).astype(int), self.seat)
        self._fresh = fresh

    def _cast(self) -> None:
        """Draw the partners where an episode begins."""
        drawn = self.pool.draw(self.streams, self.layout.copies).reshape(-1)
        (copies,) = np.nonzero(self._fresh)
        if len(copies):
            self.member[copies] = drawn[copies]
            replicates = copies // self.layout.copies
            for name, parameter in self._partners.actor.named_parameters():
                parameter[copies] = self.pool.weights[name][replicates, drawn[copies]]

    def reset(self) -> Array:
        """Start an episode in every copy; observations [rows, d + N]."""
        self._begin(np.ones(self.num_envs, bool))
        self._seen = self.venv.reset()
        return self._own(self._seen)

    def step_async(self, actions: Array) -> None:
        """Take the learner's actions [rows, A]; partners add theirs."""
        self._cast()
        width = self.action_space.shape[0]
        noise = self.streams.normal(self.layout.copies, self.seats, width)
        device = next(self._partners.parameters()).device
        seen, noise = (
            torch.as_tensor(part, device=device).view(len(self._seen), 1, -1)
            for part in (self._seen, noise)
        )
        played = self._partners.act(seen, noise).squeeze(1)
        joint = played.nan_to_num(0.0).clamp(-1, 1).cpu().numpy()
        joint[self._rows] = actions
        self.venv.step_async(joint)

    def step_wait(self) -> tuple[Array, Array, Array, list[dict[str, Any]]]:
        """What the step brought the learner."""
        seen, rewards, dones, infos = self.venv.step_wait()
        rows = self._rows
        rewards, dones, infos = rewards[rows], dones[rows], [infos[row] for row in rows]
        for copy in np.flatnonzero(dones):
            last = infos[copy]["terminal_observation"]
            infos[copy]["terminal_observation"] = np.append(last, self._roles[self.seat[copy]])
        self._begin(dones)
        self._seen = seen
        return self._own(seen), rewards, dones, infos

    def state_dict(self) -> dict[str, Any] | None:
        """The running episodes, without pool and streams; None if those below cannot be told."""
        below = getattr(self.venv, "state_dict", None)
        if below is None:
            return None
        return {
            "below": below(),
            "seat": self.seat,
            "member": self.member,
            "fresh": self._fresh,
            "seen": self._seen,
            "partners": dict(self._partners.state_dict()),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.venv.load_state_dict(state["below"])
        self.seat, self.member, self._fresh = state["seat"], state["member"], state["fresh"]
        self._seen = state["seen"]
        partners = {name: torch.as_tensor(part) for name, part in state["partners"].items()}
        self._partners.load_state_dict(partners)


class PopulationAlgorithm(SliceOnPolicyAlgorithm):
    """Mixin, left of a `SliceOnPolicyAlgorithm`, that trains one policy in one seat per copy.

    Built on an agent view with rows ordered (replicate, copy, agent), which it wraps itself. The
    policy plays every seat: it observes which one it is in.
    """

    # Probability of the newest member of the pool; see `Pool`.
    latest: float | None = None

    @staticmethod
    def _wrap_env(env: GymEnv, verbose: int = 0, monitor_wrapper: bool = True) -> VecEnv:
        if isinstance(env, PopulationVecEnv):
            return env
        return PopulationVecEnv(BaseAlgorithm._wrap_env(env, verbose, monitor_wrapper))

    def _setup_model(self) -> None:
        super()._setup_model()
        self.pool = Pool(self.latest)
        if self.env is not None:
            self._attach()

    def set_env(self, env: GymEnv, force_reset: bool = True) -> None:
        """See the library."""
        super().set_env(env, force_reset)
        self._attach()

    def _attach(self) -> None:
        self.seats = self.env.seats
        self.env.attach(self.actor, self.pool, self.acting)

    @property
    def players(self) -> SharedActor:
        """All agents of every replicate, sharing the weights of the learner."""
        return SharedActor(self.seats, self.actor)

    def predict(
        self,
        observation: Array,
        state: Any = None,
        episode_start: Array | None = None,
        deterministic: bool = False,
    ) -> tuple[Array, Any]:
        """See the library; the policy plays every row of the agent view."""
        roles = np.tile(np.eye(self.seats, dtype=np.float32), (len(observation) // self.seats, 1))
        numbered = np.concatenate([observation, roles], axis=1)
        return super().predict(numbered, state, episode_start, deterministic)

    def controller(self, runs: Sequence[Run]) -> SliceController:
        """The current policy in all seats of all replicates, sharing the learner's weights."""
        return SliceController(self.players, runs, self.seats, joint=False, stopped=self.breakdowns)

    def inference_weights(self, replicate: int) -> dict[str, torch.Tensor]:
        """What a replicate needs to act, a copy; tensors have one row for all agents."""
        return replicate_state(self.players, self.layout.replicates, replicate)

    @classmethod
    def inference(cls, run: Run, weights: dict[str, torch.Tensor]) -> SliceController:
        """The policy of a finished run, in all seats, from its `inference_weights`."""
        observation, actions, seats = SliceController.shape(envs.game(run.env_id), joint=False)
        settings = cls._network(dict(run.hyperparameters))
        policy = cls.policy_aliases["MlpPolicy"]
        actor = policy.make_actor(Layout(1, 1, 1), observation + seats, actions, **settings)
        players = SharedActor(seats, actor)
        players.load_state_dict(dict(weights))
        return SliceController(players, [run], seats, joint=False)

    def random_state(self) -> dict[str, Any]:
        """See `SliceAlgorithm`; and the pool."""
        return {**super().random_state(), "pool": self.pool.state_dict()}

    def load_random_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        super().load_random_state(state)
        self.pool.load_state_dict(state["pool"], self.device)

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "pool"]
