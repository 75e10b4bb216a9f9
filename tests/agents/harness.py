"""What every learner is put through: known solutions, disturbed neighbours, killed jobs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from toys import Rewards, Toy, assert_same, public_goods, quadratic, short_runs

from coopetition import envs
from coopetition.agents.progress import Progress
from coopetition.agents.registry import learner
from coopetition.agents.runs import Run
from coopetition.agents.slices.algorithm import SliceAlgorithm
from coopetition.agents.training import train_runs
from coopetition.agents.wrappers import FiniteHorizon
from coopetition.envs import REWARD_MODES
from coopetition.envs.engine import Array

COPIES, HIDDEN = 4, (16, 16)
# Copies, environment steps and settings with which a learner solves a task.
Task = tuple[int, int, dict[str, Any]]


def build(
    algorithm: type[SliceAlgorithm],
    env: VecEnv,
    *,
    network: dict[str, Any] | None = None,
    **settings: Any,
) -> SliceAlgorithm:
    """The learner with small networks; replicate r has seed r."""
    seeds = list(range(1 + max(env.get_attr("replicate"))))
    network = {"hidden": HIDDEN, **(network or {})}
    return algorithm("MlpPolicy", env, seed=seeds, policy_kwargs=network, device="cpu", **settings)


def falling(rate: float):
    """A learning rate that falls to zero, so that results are steady."""
    return lambda remaining: rate * remaining


def joint(seeds: Sequence[int], modes: Sequence[str]) -> tuple[VecEnv, list[VecEnv]]:
    """Replicates of a real game under one controller each, and every one of them alone."""

    def env(seed, mode):
        return envs.vec_env(
            "TrustDilemma-v1", COPIES, seed=seed, reward_mode=mode, joint=True, max_steps=12
        )

    return env(seeds, modes), [env(*one) for one in zip(seeds, modes, strict=True)]


def independent() -> tuple[VecEnv, list[VecEnv]]:
    """Two replicates of two agents, whose rewards do not depend on each other."""
    optima = np.array([[0.1, 0.4], [0.6, 0.9]])
    alone = [Toy(quadratic(one.reshape(1, 1)), 1, COPIES, 1, horizon=12) for one in optima.flat]
    return Toy(quadratic(optima), 2, COPIES, 2, horizon=12), alone


class Disturbed(VecEnvWrapper):
    """Other observations, and rewards a thousand times as large, in some rows."""

    def __init__(self, venv: VecEnv, rows: Array) -> None:
        super().__init__(venv)
        self.rows = rows

    def reset(self) -> Any:
        observations = self.venv.reset()
        observations[self.rows] /= 2
        return observations

    def step_wait(self) -> Any:
        observations, rewards, dones, infos = self.venv.step_wait()
        observations[self.rows] /= 2
        rewards[self.rows] *= 1000
        return observations, rewards, dones, infos


def assert_unnoticed(
    algorithm: type[SliceAlgorithm], others: Sequence[int], steps: int, **settings: Any
) -> None:
    """Slices of `independent` do not notice what happens to the others.

    Gradients and parameters are the same bits; clipping, for one, would carry over.
    """
    model = build(algorithm, independent()[0], **settings)
    slices = model.layout.slices
    rows = model.layout.by_slice(np.arange(model.layout.rows))[others].ravel()
    disturbed = build(algorithm, Disturbed(independent()[0], rows), **settings)
    with torch.no_grad():
        for p in disturbed.policy.parameters():
            p.view(slices, -1)[others] += 0.1
    for one in (model, disturbed):
        one.learn(steps)
    kept = [i for i in range(slices) if i not in others]
    pairs = list(zip(model.policy.parameters(), disturbed.policy.parameters(), strict=True))
    pairs += [(p.grad, q.grad) for p, q in pairs if p.grad is not None]
    if getattr(model, "ent_coef_optimizer", None) is not None:
        pairs.append((model.log_ent_coef, disturbed.log_ent_coef))
    for p, q in pairs:
        p, q = (part.view(slices, -1) for part in (p, q))
        assert torch.equal(p[kept], q[kept])
        assert not torch.equal(p[others], q[others])


def assert_alone_as_in_company(policy: str, env_id: str) -> None:
    """A run is the same bits alone and among twenty others."""
    runs = short_runs(policy, env_id, modes=REWARD_MODES, seeds=range(7))
    together = train_runs(runs, checkpoints=1)
    assert {result.row["status"] for result in together} == {"finished"}
    for index in (10, 20):
        (alone,) = train_runs([runs[index]], checkpoints=1)
        assert_same(alone, together[index])


def played(model: SliceAlgorithm, env: VecEnv) -> Array:
    """Shares [T, R, N] of the first copies in an episode without noise."""
    toy = env.unwrapped
    observations, shares = env.reset(), []
    for _ in range(toy.horizon):
        actions, _ = model.predict(observations, deterministic=True)
        observations, *_ = env.step(np.clip(actions, -1, 1))
        shares.append(toy.shares[:, 0])
    return np.stack(shares)


def trained(
    algorithm: type[SliceAlgorithm],
    task: Task,
    rewards: Rewards,
    replicates: int,
    agents: int,
    horizon: int,
) -> Array:
    """Shares of a trained model in an episode; see `played`."""
    copies, steps, settings = task
    env = FiniteHorizon(Toy(rewards, replicates, copies, agents, horizon))
    return played(build(algorithm, env, **settings).learn(steps), env)


def assert_finds_own_optimum(
    algorithm: type[SliceAlgorithm], task: Task, *, agents: int = 4
) -> None:
    """1 - (share - optimum)^2 is flat at its top: 3 % beside it cost 0.0009.

    The same four optima in games of two agents or of four.
    """
    optima = np.random.default_rng(0).uniform(0.2, 0.8, 4).reshape(-1, agents)
    shares = trained(algorithm, task, quadratic(optima), 4 // agents, agents, 20)
    assert np.abs(shares - optima).max() < 0.03


def assert_public_goods(algorithm: type[SliceAlgorithm], task: Task, *, team: bool = False) -> None:
    """Each unit costs its giver 0.6 and brings all four together 0.6.

    Agents that are paid the team's reward provide under either mode.
    """
    shares = trained(algorithm, task, public_goods(1.6, ["private", "cooperative"]), 2, 4, 10)
    assert shares[:, 1].min() > 0.95
    assert shares[:, 0].min() > 0.95 if team else shares[:, 0].max() < 0.05


def mixed_motives(factor: float) -> Rewards:
    """b sum_j x_j - x_i^2 / 2: the best reply of each is b, the best for all N b."""
    return lambda shares: factor * shares.sum(axis=2, keepdims=True) - shares**2 / 2


def assert_mixed_motives(
    algorithm: type[SliceAlgorithm], task: Task, agents: int, *, team: bool = False
) -> None:
    """Own reward leads to the equilibrium b, team reward to the optimum N b: 5 % of the range."""
    factor = {2: 0.3, 5: 0.15}[agents]
    shares = trained(algorithm, task, mixed_motives(factor), 1, agents, 20)
    expected = agents * factor if team else factor
    assert np.abs(shares - expected).max() < 0.05


def poison(policy, monkeypatch, replicates):
    """Before the second update, the last agent of these replicates loses a weight.

    Returns:
        Environment steps at the start of every update, filled while learners train.
    """
    algorithm = learner(policy).load("corrected")
    original, updates = algorithm.train, []

    def train(model, *args, **kwargs):
        updates.append(model.num_timesteps)
        if model._n_updates > 0 and not model.breakdowns:
            with torch.no_grad():
                for replicate in replicates:
                    agent = (replicate + 1) * model.layout.agents - 1
                    next(model.actor.parameters())[agent].flatten()[0] = float("nan")
        original(model, *args, **kwargs)

    monkeypatch.setattr(algorithm, "train", train)
    return updates


class Killed(BaseException):
    """The job ends."""


class KilledAt(Progress):
    """Counts work, and ends the job after so many steps."""

    def __init__(self, last):
        super().__init__(1, "steps", every=1e9)
        self.last = last

    def advance(self, units, message=""):
        super().advance(units, message)
        if self.done > self.last:
            raise Killed


def train_until_killed(runs: Sequence[Run], path: Path, device: str = "cpu") -> None:
    """Train until about two thirds of the budget; the batch is kept in a file after every rollout.

    Tests set `training.CHECKPOINT_SECONDS` to a negative number before.
    """
    with pytest.raises(Killed):
        progress = KilledAt(0.6 * runs[0].steps * len(runs))
        train_runs(runs, checkpoints=4, progress=progress, resume=path, device=device)
    assert path.exists()


def assert_goes_on(runs: Sequence[Run], path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A killed job goes on as if nothing had happened, whatever else the process has drawn."""
    caplog.set_level(logging.INFO, "coopetition")
    expected = train_runs(runs, checkpoints=4)
    train_until_killed(runs, path)
    torch.manual_seed(77)
    np.random.seed(77)
    resumed = train_runs(runs, checkpoints=4, resume=path)
    (message,) = (text for text in caplog.messages if "goes on at step" in text)
    assert 0.3 * runs[0].steps < int(message.split()[4].replace(",", "")) < runs[0].steps
    for found, one in zip(resumed, expected, strict=True):
        assert one.row["status"] == "finished"
        assert_same(found, one)
