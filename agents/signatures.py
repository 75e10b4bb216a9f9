"""What distinguishes a learner from the one that it improves on, over seeds.

Each signature is a claim of the paper that introduced a learner: a measure in which it should
differ from another learner that was trained alike. They are statistical, and so they belong to a
study and not to its tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from coopetition import envs
from coopetition.envs.engine import Array, choose

from .constants import Constant
from .deviations import SHARES
from .devices import present
from .evaluation import play, streams
from .policy import Policy
from .registry import SIGNATURES, learner, make
from .runs import Run
from .seats import Deviation, Seats
from .slices.algorithm import SliceAlgorithm

# Shares of the endowment, in percent, that partners hold whom nobody was trained with.
HELD_OUT = (0, 25, 50, 75, 100)
# Added to the seeds of a study for self-play partners that are strangers to all of its runs.
STRANGERS = 1_000_000

# Model of several runs -> one value per run.
Measure = Callable[[SliceAlgorithm, Sequence[Run]], Array]


@dataclass(frozen=True)
class Signature:
    """A difference to be expected.

    Attributes:
        expected: whether the measure should be `lower` or `higher` than that of the other.
        measure: what is measured, with unit.
        game: what is played, and for which reward.
        source: who says so.
        values: learner, seeds, environment steps, device -> measure of every run; NaN if it broke
            down.
        steps: environment steps, where those of the study do not fit the game.
    """

    expected: str
    measure: str
    game: str
    source: str
    values: Callable[[str, Sequence[int], int, str], Array]
    steps: int | None = None


def signature_rows(
    name: str, *, seeds: Sequence[int], steps: int, device: str = "cpu"
) -> list[dict[str, Any]]:
    """Train both learners of a signature and measure them.

    Args:
        name: of a signature.
        seeds: of the runs, the same for both learners.
        steps: environment steps per run, unless the signature has its own.
        device: where they compute.

    Returns:
        One row per seed with `value` of the learner and `compared_value`.

    Raises:
        ValueError: no such signature.
        DeviceError: the machine does not have the device.
    """
    one = _TESTS[choose("signature", name, tuple(SIGNATURES))]
    policy, other = SIGNATURES[name]
    torch.set_num_threads(1)
    steps = one.steps or steps
    found = [one.values(learned, seeds, steps, device) for learned in (policy, other)]
    about = {key: getattr(one, key) for key in ("expected", "measure", "game", "source")}
    about |= {"policy": policy, "compared_with": other, "steps": steps}
    return [
        {"signature": name, **about, "seed": seed, "value": float(a), "compared_value": float(b)}
        for seed, a, b in zip(seeds, *found, strict=True)
    ]


def _on_game(
    measure: Measure,
    env_id: str,
    mode: str,
    policy: str,
    seeds: Sequence[int],
    steps: int,
    device: str,
    **settings: Any,
) -> Array:
    """A measure of runs that are trained on a game of the study, with other settings than usual."""
    model, runs = _trained(policy, env_id, mode, seeds, steps, device, **settings)
    values = np.array(measure(model, runs), float)
    values[list(model.breakdowns)] = np.nan
    return values


def _trained(
    policy: str,
    env_id: str,
    mode: str,
    seeds: Sequence[int],
    steps: int,
    device: str,
    **settings: Any,
) -> tuple[SliceAlgorithm, list[Run]]:
    place, settings = envs.spec(env_id), learner(policy).hyperparameters["corrected"] | settings
    identity = (policy, "corrected", place.name, place.edition, mode)
    runs = [Run(*identity, seed, steps, settings) for seed in seeds]
    model = learner(policy).load("corrected").for_runs(runs, device=device)
    return model.learn(steps), runs


def worst_partner_loss(model: SliceAlgorithm, runs: Sequence[Run]) -> Array:
    """What an agent loses with partners who hold the share that is worst for it, [R].

    As a part of its reward with the partners that it was trained with; mean over seats.
    """
    game, controller = envs.game(runs[0].env_id), model.controller(runs)
    mode, episode = runs[0].reward_mode, streams(0, 1)
    usual = play(controller, game, episode * len(runs)).rewards[mode]
    share = np.tile(SHARES, len(runs))
    losses = []
    for seat in range(game.n_agents):
        others = [agent for agent in range(game.n_agents) if agent != seat]
        met = play(Deviation(controller, others, share), game, episode * len(share))
        worst = met.rewards[mode][:, seat].reshape(len(runs), -1).min(axis=1)
        losses.append((usual[:, seat] - worst) / np.abs(usual[:, seat]))
    return np.mean(losses, axis=0)


def overestimation(model: SliceAlgorithm, runs: Sequence[Run]) -> Array:
    """Value that the first critic gives what the policy plays, less the return that follows, [R].

    In units of the scaled reward; mean over the steps of an episode and over agents.
    """
    layout, env = model.layout, model.env
    observed, values, rewards = env.reset(), [], []
    for _ in range(envs.game(runs[0].env_id).horizon):
        states = torch.as_tensor(model._states(observed), device=model.device)
        actions, _ = model.predict(observed, deterministic=True)
        with torch.no_grad():
            joint = layout.joint(torch.as_tensor(layout.by_slice(actions), device=model.device))
            values.append(model.critic(layout.spread(states), joint)[0][:, 0].cpu().numpy())
        observed, reward, _, _ = env.step(actions)
        rewards.append(layout.by_slice(reward)[:, 0])
    following, errors = np.zeros(layout.slices), []
    for value, reward in zip(reversed(values), reversed(rewards), strict=True):
        following = reward + model.gamma * following
        errors.append(value - following)
    return np.mean(errors, axis=0).reshape(layout.replicates, layout.agents).mean(axis=1)


def held_out_reward(model: SliceAlgorithm, runs: Sequence[Run]) -> Array:
    """Reward per step of an agent among partners whom no run was trained with, [R].

    Partners are constants, tit for tat, and self-play policies of other seeds; mean over them and
    over seats.
    """
    run = runs[0]
    game, episode = envs.game(run.env_id), streams(0, 1)
    seeds = [one.seed + STRANGERS for one in runs]
    partners: list[list[Policy]] = [[Constant(level)] * len(runs) for level in HELD_OUT]
    partners.append([make("TitForTat")] * len(runs))
    place = (run.env_id, run.reward_mode, seeds, run.steps, str(model.device))
    partners.append(_alone(*_trained("SelfPlay_PPO", *place)))
    rewards = np.array(
        [
            [
                play(_seated(own, partner, seat, game.n_agents), game, episode).rewards[
                    run.reward_mode
                ][0, seat]
                for own, partner in zip(_alone(model, runs), met, strict=True)
            ]
            for met in partners
            for seat in range(game.n_agents)
        ]
    )
    return rewards.mean(axis=0) / game.horizon


def _alone(model: SliceAlgorithm, runs: Sequence[Run]) -> list[Policy]:
    """The policy of every run by itself."""
    return [type(model).inference(run, model.inference_weights(i)) for i, run in enumerate(runs)]


def _seated(own: Policy, partner: Policy, seat: int, agents: int) -> Seats:
    return Seats([own if agent == seat else partner for agent in range(agents)])


class PrisonersDilemma(VecEnv):
    """The iterated prisoner's dilemma, rows ordered (replicate, copy, agent).

    An action above zero cooperates. Payoffs are -1 for both who cooperate, -2 for both who defect,
    0 for a lone defector and -3 for a lone cooperator (Foerster et al. 2018). An agent observes the
    last actions, own first, one-hot; and whether the episode begins.

    Args:
        replicates, copies: of the rows; there are two agents.
        horizon: steps per episode, a truncation.
    """

    PAYOFFS = np.array([[-2.0, 0.0], [-3.0, -1.0]], np.float32)  # [own, other], 1 cooperates
    horizon = 50

    def __init__(self, replicates: int, copies: int) -> None:
        self.grid = (replicates, copies, 2)
        self.rows = np.indices(self.grid).reshape(3, -1)
        super().__init__(
            replicates * copies * 2,
            spaces.Box(0.0, 1.0, (5,), np.float32),
            spaces.Box(-1.0, 1.0, (1,), np.float32),
        )

    def reset(self) -> Array:
        """Begin an episode in all copies; observations [rows, 5]."""
        self.t = 0
        return np.tile(np.eye(5, dtype=np.float32)[4], (self.num_envs, 1))

    def step_async(self, actions: Array) -> None:
        """Take actions [rows, 1]."""
        self.own = (np.asarray(actions).reshape(self.grid) > 0).astype(int)

    def step_wait(self) -> tuple[Array, Array, Array, list[dict[str, Any]]]:
        """Play them."""
        other = self.own[:, :, ::-1]
        self.payoffs = self.PAYOFFS[self.own, other]
        observations = np.eye(5, dtype=np.float32)[(2 * self.own + other).reshape(-1)]
        self.t += 1
        done = self.t == self.horizon
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if done:
            infos = [
                {"terminal_observation": row, "TimeLimit.truncated": False} for row in observations
            ]
            observations = self.reset()
        return observations, self.payoffs.reshape(-1), np.full(self.num_envs, done), infos

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Replicate, copy or agent of the rows asked for.

        Raises:
            AttributeError: anything else.
        """
        names = {"replicate": 0, "copy": 1, "agent": 2}
        if attr_name == "render_mode":
            return [None for _ in self._get_indices(indices)]
        if attr_name not in names:
            raise AttributeError(attr_name)
        return [int(self.rows[names[attr_name], row]) for row in self._get_indices(indices)]

    def close(self) -> None:
        """Nothing to release."""

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not possible."""
        raise AttributeError(f"{attr_name!r} cannot be set")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> Any:
        """There are none."""
        raise AttributeError(method_name)

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """No row is wrapped."""
        return [False for _ in self._get_indices(indices)]


# Five logits per agent, as in the paper; a batch large enough for a cross derivative; and others'
# steps long enough for their effect to be seen (policies of the paper are logits, not networks).
_DILEMMA = {"n_steps": PrisonersDilemma.horizon, "gamma": 0.96, "learning_rate": 0.05}
_DILEMMA_COPIES, _DILEMMA_ETA = 64, 50.0


def dilemma_payoff(policy: str, seeds: Sequence[int], steps: int, device: str) -> Array:
    """Mean payoff per step in the iterated prisoner's dilemma, over the last rollout, [R].

    -2 is mutual defection, -1 mutual cooperation.
    """
    env = PrisonersDilemma(len(seeds), _DILEMMA_COPIES)
    settings = _DILEMMA | ({"eta": _DILEMMA_ETA} if policy == "LOLA" else {})
    model = learner(policy).load("corrected")(
        *("MlpPolicy", env),
        seed=list(seeds),
        device=present(device),
        policy_kwargs={"hidden": (), "log_std_init": 0.0},
        **settings,
    )
    model.learn(steps)
    rewards = model.rollout_buffer.rewards.reshape(-1, *env.grid)
    values = rewards.mean(axis=(0, 2, 3), dtype=float)
    values[list(model.breakdowns)] = np.nan
    return values


_TESTS = {
    "robustness": Signature(
        "lower",
        "loss with the worst constant partners, as a part of the reward with the own ones",
        "TrustDilemma-v1, integrated reward",
        "Li et al. 2019",
        partial(_on_game, worst_partner_loss, "TrustDilemma-v1", "integrated"),
    ),
    "overestimation": Signature(
        "lower",
        "value less return that follows (discount 0.9), in units of the scaled reward",
        "TrustDilemma-v1, integrated reward",
        "Ackermann et al. 2019",
        # Quick targets and a near future: values that lag behind are low, whatever the learner.
        partial(_on_game, overestimation, "TrustDilemma-v1", "integrated", gamma=0.9, tau=0.05),
    ),
    "held_out": Signature(
        "higher",
        "reward per step among partners whom nobody was trained with",
        "TrustDilemma-v1, integrated reward",
        "Strouse et al. 2021",
        partial(_on_game, held_out_reward, "TrustDilemma-v1", "integrated"),
    ),
    "reciprocity": Signature(
        "higher",
        "payoff per step; -2 is mutual defection, -1 mutual cooperation",
        "iterated prisoner's dilemma",
        "Foerster et al. 2018",
        dilemma_payoff,
        steps=100 * _DILEMMA_COPIES * PrisonersDilemma.horizon,
    ),
}
