"""Speed of the environments, per CPU-second on one thread: run by `make benchmark`.

Engine: one `step` of B copies with the rewards of one mode, without observations and info.
Gymnasium: one copy through `gymnasium.make`, with observation and the full info. The figures are
the best of several repeats, since other work on a machine only ever slows a program down.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import time
import warnings
from collections.abc import Callable

import gymnasium
import numpy as np

from coopetition import envs

BATCHES = (1, 64, 1024)
REPEATS = 7
SECONDS = 0.25


def rate(work: Callable[[], None], units: int) -> float:
    """Units per CPU-second, best of the repeats."""
    best = 0.0
    for _ in range(REPEATS):
        calls, start = 0, time.process_time()
        while time.process_time() - start < SECONDS:
            for _ in range(20):
                work()
            calls += 20
        best = max(best, calls * units / (time.process_time() - start))
    return best


def engine_rate(env_id: str, batch: int) -> float:
    """Copy-steps per CPU-second of the engine."""
    game = envs.game(env_id)
    shares = np.random.default_rng(0).uniform(0.4, 1, (batch, game.n_agents))
    actions = (shares * game.endowments).astype(np.float32)
    state = game.reset(range(batch))

    def work() -> None:
        nonlocal state
        state, outcome = game.step(state, actions)
        game.rewards(outcome, "integrated")

    return rate(work, batch)


def gymnasium_rate(env_id: str) -> float:
    """Steps per CPU-second through the Gymnasium API, resets included."""
    with warnings.catch_warnings():
        # Gymnasium's advice to take the highest version: here `-v0` is another edition.
        warnings.filterwarnings("ignore", rf".*The environment {env_id} is out of date")
        env = gymnasium.make(env_id)
    action = 0.6 * env.action_space.high
    env.reset(seed=0)

    def work() -> None:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()

    return rate(work, 1)


def main() -> None:
    """Print the table."""
    columns = [f"engine B={batch}" for batch in BATCHES]
    print(f"{'environment':<24}{'N':>3}" + "".join(f"{c:>16}" for c in columns), end="")
    print(f"{'Gymnasium':>14}   steps per CPU-second")
    for env_id in envs.ids():
        row = [engine_rate(env_id, batch) for batch in BATCHES]
        n_agents = envs.game(env_id).n_agents
        print(f"{env_id:<24}{n_agents:>3}" + "".join(f"{r:>16,.0f}" for r in row), end="")
        print(f"{gymnasium_rate(env_id):>14,.0f}", flush=True)


if __name__ == "__main__":
    main()
