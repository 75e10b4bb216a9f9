"""Released edition against episodes recorded from the published code: equal to the last bit."""

import os
import runpy
from pathlib import Path

import numpy as np
import pytest

from coopetition import envs

DEFAULT = Path(__file__).parents[3] / "shared" / "reference" / "trajectories"
RECORDED = Path(os.environ.get("COOPETITION_RECORDINGS", DEFAULT))


@pytest.fixture
def recorded(env_id):
    path = RECORDED / f"{env_id}.npz"
    if not path.exists():
        pytest.skip(f"no recorded trajectories in {RECORDED}; COOPETITION_RECORDINGS names them")
    with np.load(path) as data:
        return dict(data)


def test_the_folder_of_recordings_can_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("COOPETITION_RECORDINGS", str(tmp_path))
    assert runpy.run_path(__file__)["RECORDED"] == tmp_path
    monkeypatch.delenv("COOPETITION_RECORDINGS")
    assert runpy.run_path(__file__)["RECORDED"] == DEFAULT


def test_static_parameters(env_id, recorded):
    game = envs.game(env_id)
    for name in ("endowments", "baselines", "alpha"):
        np.testing.assert_array_equal(getattr(game, name), recorded[name])
    np.testing.assert_array_equal(game.dependence, recorded["interdependence"])


def test_observations_rewards_and_flags_of_every_mode_and_pattern(env_id, recorded):
    game = envs.game(env_id)
    actions = np.nan_to_num(recorded["actions"])
    patterns, horizon, _ = actions.shape
    assert horizon == game.horizon
    state = game.reset(range(patterns))
    np.testing.assert_array_equal(game.joint_observation(state), recorded["obs"][:, 0])
    lengths = recorded["length"]
    for t in range(horizon):
        state, outcome = game.step(state, actions[:, t])
        seen = game.joint_observation(state)
        for m, mode in enumerate(envs.REWARD_MODES):
            alive = t < lengths[m]
            rewards = game.rewards(outcome, mode)
            np.testing.assert_array_equal(rewards[alive], recorded["rewards"][m, alive, t])
            for flag in ("terminated", "truncated"):
                np.testing.assert_array_equal(
                    getattr(outcome, flag)[alive], recorded[flag][m, alive, t]
                )
            np.testing.assert_array_equal(seen[alive], recorded["obs"][alive, t + 1])
        ended = outcome.terminated | outcome.truncated
        np.testing.assert_array_equal(ended[t < lengths[0]], (t + 1 == lengths[0])[t < lengths[0]])


def test_info(env_id, recorded):
    """Every numeric entry of the released info, along one pattern with violations."""
    pattern = 4
    env = envs.make(env_id)
    _, info = env.reset(seed=0)
    keys = [k for k in recorded if k.startswith("info_") or k == "mean_trust"]
    assert len(keys) > 4
    for t in range(int(recorded["length"][0, pattern]) + 1):
        for key in keys:
            name = key.removeprefix("info_")
            if t == 0 and name not in info:
                continue
            expected = recorded[key][pattern, t]
            np.testing.assert_allclose(
                _numeric(name, info[name], expected), expected, rtol=1e-6, atol=1e-6, err_msg=name
            )
        if t < recorded["length"][0, pattern]:
            info = env.step(recorded["actions"][pattern, t])[4]


def _numeric(name, value, like):
    """Pairs `i->j` as a matrix, index lists as a mask: the form of the recording."""
    if isinstance(value, dict):
        matrix = np.zeros_like(like)
        for pair, number in value.items():
            matrix[tuple(map(int, pair.split("->")))] = number
        return matrix
    if name.endswith("_indices"):
        mask = np.zeros_like(like)
        mask[value] = 1
        return mask
    return value
