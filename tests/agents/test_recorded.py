"""Policies that do not learn against returns recorded from the published code."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coopetition import agents, envs
from coopetition.agents.evaluation import play
from coopetition.agents.scores import LEVELS, surface

# The tables lie one level above the recorded trajectories.
DEFAULT = Path(__file__).parents[3] / "shared" / "reference" / "trajectories"
FOLDER = Path(os.environ.get("COOPETITION_RECORDINGS", DEFAULT)).parent
ENVIRONMENTS = envs.ids("v0")
RELATIVE = 1e-5


@cache
def table(name):
    path = FOLDER / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"no {path}; COOPETITION_RECORDINGS names the folder trajectories beside it")
    return pd.read_csv(path)


def numbers(text):
    return [float(number) for number in text.split(";")]


def close(expected):
    return pytest.approx(expected, rel=RELATIVE, abs=1e-9)


# ---- constants ----------------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_constants_return_what_was_recorded(env_id):
    """Every recorded level, basis and mode: sums, shares of agents, length, ending and trust."""
    recorded = table("constant_returns").query("environment == @env_id")
    game = envs.game(env_id)
    seed = np.random.SeedSequence(99)
    for basis, part in recorded.groupby("action_basis"):
        levels = sorted(part["level"].unique())
        policy = agents.make("Constant", levels=levels, action_basis=basis)
        episodes = play(policy, game, [(seed, seed)] * len(levels))
        for mode in envs.REWARD_MODES:
            rows = part[part["reward_mode"] == mode].sort_values("level")
            assert episodes.returns(mode) == close(rows["return_sum"].to_numpy())
            per_agent = np.array(rows["return_per_agent"].map(numbers).tolist())
            assert episodes.rewards[mode] == close(per_agent)
            assert per_agent.mean(axis=1) == close(rows["return_mean_per_agent"].to_numpy())
            assert episodes.length.tolist() == rows["episode_length"].tolist()
            assert episodes.terminated.tolist() == rows["terminated"].astype(bool).tolist()
            assert episodes.trust == close(rows["final_mean_trust"].to_numpy())


def test_every_recorded_environment_is_compared():
    assert set(table("constant_returns")["environment"]) == set(ENVIRONMENTS)
    assert set(table("oracle_returns")["environment"]) == set(ENVIRONMENTS)


# ---- oracles and heuristics ---------------------------------------------------------------------

STOCHASTIC = ["SynergySearch-v0"]


def name_of(policy):
    return "TitForTat_released" if policy == "TitForTat" else policy


def episode(policy, game):
    """One episode, and its mean action before clipping."""
    actions = []

    def act(observations):
        actions.append(np.array(type(policy).act(policy, observations), np.float32))
        return actions[-1]

    policy.act = act
    return agents.evaluate(policy, game), actions


@pytest.mark.parametrize("env_id", [i for i in ENVIRONMENTS if i not in STOCHASTIC])
def test_deterministic_rows_are_reproduced(env_id):
    """Means over 100 episodes of one object, its first and last episode, and its actions."""
    recorded = table("oracle_returns").query("environment == @env_id and policy != 'Random'")
    game = envs.game(env_id)
    oracles = {p for p in recorded["policy"] if p.startswith("Oracle_")}
    assert oracles == set(agents.names(env_id, kind="oracle"))
    for name, rows in recorded.groupby("policy"):
        policy = agents.make(name_of(name), env_id)
        (first, first_actions), (later, later_actions) = (episode(policy, game) for _ in range(2))

        def mean(one, other, count):
            return (one + (count - 1) * other) / count

        for row in rows.to_dict("records"):
            count, mode = row["n_episodes"], row["reward_mode"]
            ends = first.returns(mode)[0], later.returns(mode)[0]
            assert ends[0] == close(row["first_episode_return"])
            assert ends[1] == close(row["last_episode_return"])
            assert mean(*ends, count) == close(row["mean_return"])
            per_agent = mean(first.rewards[mode][0], later.rewards[mode][0], count)
            assert per_agent == close(np.array(numbers(row["return_per_agent"])))
            spread = abs(ends[0] - ends[1]) * (count - 1) ** 0.5 / count
            assert spread == pytest.approx(row["std_return"], rel=1e-4, abs=1e-6 * abs(ends[0]))
            for column, measure in (
                ("mean_final_trust", "trust"),
                ("mean_cooperation_fraction", "cooperation"),
                ("mean_episode_length", "length"),
            ):
                pair = (getattr(episodes, measure)[0] for episodes in (first, later))
                assert mean(*pair, count) == close(row[column])
            units = (np.mean(actions) for actions in (first_actions, later_actions))
            assert mean(*units, count) == close(row["mean_action_units"])
            recorded_action = numbers(row["first_action"])
            assert first_actions[0][0, : len(recorded_action)] == close(np.array(recorded_action))


def pooled(rows):
    """Mean and standard error of a recorded mean over the base seeds."""
    count = rows["n_episodes"].sum()
    mean = np.average(rows["mean_return"], weights=rows["n_episodes"])
    squares = rows["std_return"] ** 2 + (rows["mean_return"] - mean) ** 2
    return mean, (np.average(squares, weights=rows["n_episodes"]) / count) ** 0.5


def agrees(episodes, rows):
    """Both means within 3 standard errors of each other, in every mode."""
    for mode, part in rows.groupby("reward_mode"):
        returns = episodes.returns(mode)
        mean, error = pooled(part)
        error = np.hypot(error, returns.std() / len(returns) ** 0.5)
        assert abs(returns.mean() - mean) < 3 * error, (mode, returns.mean(), mean, error)


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_random_agrees_with_the_recorded_rule(env_id):
    """Uniform up to the largest endowment and clipped, as released."""
    rows = table("oracle_returns").query("environment == @env_id and policy == 'Random'")
    random = agents.make("Random", action_basis="max")
    episodes = agents.evaluate(random, env_id, episodes=100)
    agrees(episodes, rows)
    assert episodes.cooperation.mean() == pytest.approx(
        rows["mean_cooperation_fraction"].mean(), abs=0.03
    )


@pytest.mark.parametrize("env_id", STOCHASTIC)
@pytest.mark.parametrize("policy", ["Oracle_Equilibrium", "TitForTat"])
def test_rows_of_a_drawing_game_agree(env_id, policy):
    rows = table("oracle_returns").query("environment == @env_id and policy == @policy")
    episodes = agents.evaluate(name_of(policy), env_id, episodes=100)
    assert episodes.returns("integrated").std() > 100
    agrees(episodes, rows)


def test_the_surface_is_that_of_single_levels():
    game = envs.game("SynergySearch-v0")
    levels = surface(game, episodes=3, seed=5)
    assert len(levels.length) == 3 * len(LEVELS)
    alone = agents.evaluate("Constant_42", game, episodes=3, seed=5)
    np.testing.assert_array_equal(levels.payoffs[3 * 42 : 3 * 43], alone.payoffs)
