"""Environments of other people: any PettingZoo Parallel environment as a game.

An agent's action is one number: a share of the range of its box, or a level of its discrete
actions. Payoffs are the rewards of the environment, private reward is what it pays.

Such an environment keeps its state inside. A copy of the game is therefore the seed of an episode
and what was played in it; the living environment goes along with the last step, and an older state
is played again from its seed. So an environment must repeat itself from its seed, as PettingZoo
demands: this is tried when a game is built first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Sequence
from functools import partial, wraps
from typing import Any

import numpy as np
import pettingzoo
from gymnasium import spaces

from .engine import Array, Game, Mode, Outcome, Seed, State, choose, constant, row_sum, within
from .observations import PRESETS
from .outside_actions import WIDEST, Levels
from .registry import register
from .rewards import canonical_mode, mix_formal

# Parameters of a factory that say how long an episode is.
HORIZONS = ("max_cycles", "max_steps")
NORM = 0.35  # share of the range that rewards are scaled at
_SEEDS = 2**31  # some environments take seeds of 32 bits only
_tried: set[Hashable] = set()


def register_parallel(
    id: str,
    mechanism_class: str,
    *,
    horizon: int | None = None,
    dependence: Sequence[Sequence[float]] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator that registers a function which makes a PettingZoo Parallel environment.

    Its parameters, each with a type and a default, are those of the registered environment.

    Args:
        id: `Name-v1`, as for `register`.
        mechanism_class: `TR-1` to `TR-4`, under which tables list it.
        horizon: steps of an episode; by default the parameter `max_cycles` or `max_steps`.
        dependence: [N, N] how much of another's reward counts as one's own under integrated
            reward, zero diagonal; nothing by default, so that it equals private reward.

    Raises:
        ValueError: as of `register`; a parameter without type or default, or no horizon.
    """

    def decorate(factory: Callable[..., Any]) -> Callable[..., Any]:
        parameters = inspect.signature(factory).parameters
        for name, parameter in parameters.items():
            if parameter.annotation is parameter.empty or parameter.default is parameter.empty:
                raise ValueError(
                    f"{id}: parameter {name} of {factory.__name__} needs a type and a default, "
                    f"such as {name}: int = 3"
                )
        named = [name for name in HORIZONS if name in parameters]
        if horizon is None and not named:
            raise ValueError(
                f"{id}: how long is an episode? Write @envs.register_parallel({id!r}, "
                f"{mechanism_class!r}, horizon=25), or give {factory.__name__} a parameter "
                "max_cycles: int = 25"
            )

        @wraps(factory)
        def game(**params: Any) -> OutsideGame:
            steps = horizon or params.get(named[0], parameters[named[0]].default)
            make = partial(factory, **params)
            return OutsideGame(id, make, horizon=steps, dependence=dependence, parameters=params)

        register(id, mechanism_class)(game)
        return factory

    return decorate


class OutsideGame(Game):
    """A PettingZoo Parallel environment as a game.

    What an agent plays is an amount from 0 (the low end of its box, or its first action) to its
    endowment (the width of the box, or the number of its last action). An agent sees what the
    environment shows it, and the time.

    Args:
        id: registered name.
        make: builds a fresh environment.
        horizon: steps after which an episode is truncated.
        dependence: see `register_parallel`.
        parameters: what `make` was given.

    Raises:
        TypeError: not a Parallel environment.
        ValueError: fewer than two agents, spaces that cannot be mapped, or an episode that loses
            agents, is of another length or does not repeat itself.
    """

    action_dtype = np.float64

    def __init__(
        self,
        id: str,
        make: Callable[[], pettingzoo.ParallelEnv],
        *,
        horizon: int,
        dependence: Sequence[Sequence[float]] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.id, self._make, self.parameters = id, make, parameters
        self.horizon = int(within(f"{id}: horizon", horizon, 1))
        env = make()
        if not isinstance(env, pettingzoo.ParallelEnv):
            raise TypeError(
                f"{id}: {env} is no pettingzoo.ParallelEnv; an AEC environment becomes one with "
                "pettingzoo.utils.aec_to_parallel"
            )
        self._agents = list(env.possible_agents)
        if len(self._agents) < 2:
            raise ValueError(f"{id}: agents {self._agents}: a game has two agents or more")
        self.display_names = tuple(map(str, self._agents))
        self._levels = [Levels(id, a, env.action_space(a)) for a in self._agents]
        self._seen = [env.observation_space(agent) for agent in self._agents]
        self._low, self._high = self._bounds()
        self.endowments = constant([levels.endowment for levels in self._levels], np.float64)
        self.baselines = constant(NORM * self.endowments, np.float64)
        square = (self.n_agents, self.n_agents)
        self.dependence = constant(np.zeros(square) if dependence is None else dependence, float)
        if self.dependence.shape != square or self.dependence.diagonal().any():
            raise ValueError(f"{id}: dependence must have shape {square} and a zero diagonal")
        self._idle = [env]
        built = (getattr(make, "func", make), self.identity)
        if built not in _tried:
            self._try()
            _tried.add(built)

    def _bounds(self) -> tuple[Array, Array]:
        """Of the observations, [N, d] each; NaN where they have none, 0 to 0 where padded."""
        boxes = []
        for agent, space in zip(self._agents, self._seen, strict=True):
            try:
                box = spaces.flatten_space(space)
            except NotImplementedError:
                box = None
            if not isinstance(box, spaces.Box):
                raise ValueError(
                    f"{self.id}: {agent} observes {space}, which does not flatten to numbers: use "
                    "a Box, Discrete, MultiBinary, MultiDiscrete, or a Dict or Tuple of these"
                )
            boxes.append(box)
        low, high = np.zeros((2, len(boxes), max(box.shape[0] for box in boxes)))
        for row, box in enumerate(boxes):
            low[row, : box.shape[0]], high[row, : box.shape[0]] = box.low, box.high
        unbounded = ~(high - low <= WIDEST)
        low[unbounded] = high[unbounded] = np.nan
        return low, high

    def _try(self) -> None:
        """Play an episode twice from one seed."""
        generator = np.random.default_rng(0)
        actions = generator.random((self.horizon, self.n_agents)) * self.endowments
        played = []
        for _ in range(2):
            state = self.reset([1])
            seen = [state["observations"]]
            for t in range(self.horizon):
                state, outcome = self.step(state, actions[t : t + 1])
                seen += [state["observations"], outcome.payoffs]
                if outcome.terminated[0] or outcome.truncated[0]:
                    break
            if outcome.truncated[0] and (steps := state["t"][0]) < self.horizon:
                raise ValueError(
                    f"{self.id}: the environment truncates after {steps} steps, not "
                    f"{self.horizon}: register it with horizon={steps}, or pass max_cycles on to it"
                )
            played.append(seen)
        if len(played[0]) != len(played[1]) or not all(map(np.array_equal, *played)):
            raise ValueError(
                f"{self.id}: two episodes from one seed and the same actions differ; all that the "
                "environment draws must come from the seed that `reset` is given"
            )

    def reset(self, seeds: Sequence[Seed]) -> State:
        """Start one episode per seed."""
        batch = len(seeds)
        state: State = {
            "t": np.zeros(batch, np.int64),
            "actions": np.repeat(self.baselines[None], batch, axis=0),
            "ended": np.zeros(batch, bool),
            "observations": np.zeros((batch, *self._low.shape)),
            "episodes": np.empty(batch, object),
        }
        for row, seed in enumerate(seeds):
            drawn = int(np.random.default_rng(seed).integers(_SEEDS))
            state["episodes"][row] = episode = _Episode(drawn, [])
            state["observations"][row] = self._flat(self._revive(episode))
        return state

    def _revive(self, episode: _Episode) -> dict[str, Any]:
        """Bring an environment to where an episode stands; the observations there."""
        env = self._idle.pop() if self._idle else self._make()
        observations, _ = env.reset(seed=episode.seed)
        self._check_agents(observations, "observes nothing after reset")
        for actions in episode.played:
            observations = env.step(self._translated(actions[None])[0])[0]
        episode.env = env
        return observations

    def _at(self, episode: _Episode, t: int) -> _Episode:
        """The episode after t steps, with a living environment; another one if it went on."""
        if len(episode.played) != t:
            episode = _Episode(episode.seed, episode.played[:t])
        if episode.env is None:
            self._revive(episode)
        return episode

    def step(self, state: State, actions: Any) -> tuple[State, Outcome]:
        """Play the joint actions; see `Game.step`. An episode that has ended pays nothing more.

        Raises:
            ActionError: see `Game.step`.
            ValueError: agents left before the others, or a reward is no finite number.
        """
        raw = self.check_actions(actions, len(state["t"]))
        amounts = np.clip(raw, 0.0, self.endowments)
        for agent, levels in enumerate(self._levels):
            amounts[:, agent] = levels.executed(amounts[:, agent])
        own_actions = self._translated(amounts)
        after = {name: array.copy() for name, array in state.items()}
        payoffs = np.zeros(amounts.shape)
        terminated, truncated = state["ended"].copy(), state["ended"].copy()
        same: dict[Hashable, int] = {}
        for row in np.flatnonzero(~state["ended"]).tolist():
            t = int(state["t"][row])
            # Copies in which the same has happened are one episode, which is stepped once.
            twin = same.setdefault((state["episodes"][row], t, amounts[row].tobytes()), row)
            if twin != row:
                for array in (*after.values(), payoffs, terminated, truncated):
                    array[row] = array[twin]
                continue
            episode = self._at(state["episodes"][row], t)
            assert episode.env is not None
            observations, rewards, ends, cuts, *_ = episode.env.step(own_actions[row])
            episode.played.append(amounts[row])
            payoffs[row] = self._paid(rewards)
            terminated[row], truncated[row] = self._ended(ends, cuts, t + 1)
            after["episodes"][row] = episode
            after["observations"][row] = self._flat(observations)
            if terminated[row] or truncated[row]:
                after["ended"][row] = True
                self._idle.append(episode.env)
                episode.env = None
        after["t"] = np.where(state["ended"], state["t"], state["t"] + 1)
        after["actions"] = np.where(state["ended"][:, None], state["actions"], amounts)
        terms = {"base_payoffs": payoffs, "payoffs": payoffs}
        return after, Outcome(payoffs, terminated, truncated, terms)

    def _translated(self, amounts: Array) -> list[dict[str, Any]]:
        """The environment's own actions of every copy, for amounts [B, N]."""
        columns = [levels.actions(amounts[:, i]) for i, levels in enumerate(self._levels)]
        return [dict(zip(self._agents, row, strict=True)) for row in zip(*columns, strict=True)]

    def _check_agents(self, found: Any, problem: str) -> None:
        lost = [agent for agent in self._agents if agent not in found]
        if lost:
            raise ValueError(
                f"{self.id}: {lost[0]} {problem}; all agents must stay from reset to the end of "
                "the episode (`supersuit.black_death_v3` keeps them in)"
            )

    def _paid(self, rewards: dict[str, float]) -> Array:
        """Rewards of a step, [N]."""
        self._check_agents(rewards, "is paid nothing")
        paid = np.array([float(rewards[agent]) for agent in self._agents])
        if not np.isfinite(paid).all():
            agent = self._agents[int(np.flatnonzero(~np.isfinite(paid))[0])]
            raise ValueError(f"{self.id}: the reward of {agent} is {rewards[agent]}")
        return paid

    def _ended(
        self, terminations: dict[str, bool], truncations: dict[str, bool], t: int
    ) -> tuple[bool, bool]:
        """Whether the episode has terminated, and whether it is cut off, after t steps."""
        over = {a for a in self._agents if terminations[a] or truncations[a]}
        if over:
            self._check_agents(over, "plays on when others have ended")
        cut = t >= self.horizon or any(truncations[a] for a in self._agents)
        return all(terminations[a] for a in self._agents), cut

    def _flat(self, observations: dict[str, Any]) -> Array:
        """Observations as numbers, [N, d], padded with zeros."""
        self._check_agents(observations, "observes nothing")
        rows = np.zeros(self._low.shape)
        for row, (agent, space) in enumerate(zip(self._agents, self._seen, strict=True)):
            flat = np.asarray(spaces.flatten(space, observations[agent]))
            rows[row, : len(flat)] = flat
        return rows

    def plain(self, state: State) -> dict[str, Any]:
        """See `Game.plain`: episodes as their seeds and what was played."""
        pairs = zip(state["episodes"], state["t"].tolist(), strict=True)
        episodes = [[e.seed, np.array(e.played[:t]).reshape(-1, self.n_agents)] for e, t in pairs]
        return {**state, "episodes": episodes}

    def from_plain(self, content: dict[str, Any]) -> State:
        """See `Game.from_plain`; environments are brought back when they are needed."""
        episodes = np.empty(len(content["episodes"]), object)
        for row, (seed, played) in enumerate(content["episodes"]):
            episodes[row] = _Episode(seed, list(played))
        return {**content, "episodes": episodes}

    def reward_mode(self, mode: Mode) -> Mode:
        """See `rewards.canonical_mode`."""
        return canonical_mode(mode)

    def rewards(self, outcome: Outcome, mode: Mode) -> Array:
        """Rewards [B, N] of a mode or a mutuality, mixed as in the formal edition."""
        return mix_formal(canonical_mode(mode), outcome.payoffs, self.dependence)

    def mean_trust(self, state: State) -> Array:
        """NaN, [B]: the game has no trust."""
        return np.full(len(state["t"]), np.nan)

    def _views(self, state: State, normalize: bool) -> tuple[Array, Array, Array]:
        """Last actions [B, N], observations [B, N, d] and time [B, 1]; in [-1, 1] if normalised."""
        actions, seen = state["actions"], state["observations"]
        time = (state["t"] / self.horizon)[:, None]
        if not normalize:
            return actions, seen, time
        width = self._high - self._low
        scaled = (seen - self._low) / np.where(width > 0, width, 1.0)
        bounded = np.clip(2 * scaled - 1, -1.0, 1.0)
        seen = np.where(np.isnan(width), seen / (1 + np.abs(seen)), bounded)
        return 2 * actions / self.endowments - 1, seen, 2 * time - 1

    def joint_observation(self, state: State) -> Array:
        """Last actions, what every agent sees, and the time, [B, D] float32."""
        return self._joint(*self._views(state, False))

    def central_observation(self, state: State) -> Array:
        """The same in [-1, 1]; numbers x without bounds as x / (1 + |x|)."""
        return self._joint(*self._views(state, True))

    @staticmethod
    def _joint(actions: Array, seen: Array, time: Array) -> Array:
        pieces = [actions, seen.reshape(len(seen), -1), time]
        return np.concatenate(pieces, axis=1).astype(np.float32)

    def agent_observation(self, state: State, preset: str, normalize: bool) -> Array:
        """What each agent sees, [B, N, d] float32.

        `realistic`: what the environment shows it, and the time; `full`: last actions and what it
        shows to all, the observer first; `minimal`: own last action, mean of the others', time.
        """
        choose("observation", preset, PRESETS)
        actions, seen, time = self._views(state, normalize)
        n_agents = self.n_agents
        times = np.broadcast_to(time[:, None], (len(seen), n_agents, 1))
        if preset == "realistic":
            return np.concatenate([seen, times], axis=2).astype(np.float32)
        if preset == "minimal":
            others = (row_sum(actions)[:, None] - actions) / (n_agents - 1)
            return np.stack([actions, others, times[:, :, 0]], axis=2).astype(np.float32)
        order = [[i, *(j for j in range(n_agents) if j != i)] for i in range(n_agents)]
        of_all = seen[:, order].reshape(len(seen), n_agents, -1)
        return np.concatenate([actions[:, order], of_all, times], axis=2).astype(np.float32)

    def info(self, state: State, outcome: Outcome | None, copy: int = 0) -> dict[str, Any]:
        """Step, mean share, and after a step the executed actions and the welfare."""
        shares = state["actions"][copy] / self.endowments
        info: dict[str, Any] = {
            "step": int(state["t"][copy]),
            "mean_share": float(row_sum(shares[None])[0] / self.n_agents),
        }
        if outcome is not None:
            info["actions"] = state["actions"][copy].copy()
            info["welfare"] = float(row_sum(outcome.payoffs[copy : copy + 1])[0] / self.n_agents)
        return info


class _Episode:
    """One episode of an environment, which stands where the last action has brought it.

    Attributes:
        seed: of the environment.
        played: amounts [N] of every step.
        env: the living environment; None when it has ended or was read from a file.
    """

    def __init__(self, seed: int, played: list[Array]) -> None:
        self.seed, self.played = seed, played
        self.env: pettingzoo.ParallelEnv | None = None
