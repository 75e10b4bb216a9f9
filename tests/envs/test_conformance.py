"""Released edition against episodes recorded from the published code.

Equal to the last bit where NumPy has the vector instructions that it was recorded with, and else
within a rounding of elementary functions.
"""

import json
import os
import runpy
from pathlib import Path

import numpy as np
import pytest

from coopetition import envs
from coopetition.reports.machine import machine

DEFAULT = Path(__file__).parents[3] / "shared" / "reference" / "trajectories"
RECORDED = Path(os.environ.get("COOPETITION_RECORDINGS", DEFAULT))
# Early endings and low effort, alternation, random effort above the norms.
EXAMPLES = [("private", 0), ("integrated", 4), ("cooperative", 9)]
# Entries of `info` that views add to the released ones.
OURS = {"step", "actions", "payoffs", "rewards", "rewards_by_mode"}
LISTS_OF_AGENTS = {"free_rider_indices", "coalition_members", "excluded_agents"}
SCORES = ("reputation_scores", "public_reputations")
TIERS = ["premium", "standard", "probation", "excluded"]
# The only entry that depends on the order of a long float32 sum.
TOLERANCE = {"reward_variance": 1.5e-6}
# With AVX-512, as recorded, NumPy computes logarithms and powers by other code than without.
EXACT = "X86_V4" in machine()["vector_instructions"]
ELSEWHERE = 1e-6


def assert_as_recorded(found, recorded):
    """Numbers of an episode, compared with the size of the largest of them where not exact."""
    if EXACT:
        np.testing.assert_array_equal(found, recorded)
    else:
        size = np.max(np.abs(recorded), initial=1.0)
        np.testing.assert_allclose(found, recorded, rtol=ELSEWHERE, atol=ELSEWHERE * size)


@pytest.fixture(params=envs.ids("v0"))
def env_id(request):
    return request.param


@pytest.fixture
def recorded(env_id):
    path = RECORDED / f"{env_id}.npz"
    if not path.exists():
        pytest.skip(f"no recorded trajectories in {RECORDED}; COOPETITION_RECORDINGS names them")
    with np.load(path) as data:
        return dict(data)


@pytest.fixture
def entry(env_id, recorded):
    """What the manifest of the recordings says of an environment."""
    manifest = json.loads((RECORDED / "manifest.json").read_text(encoding="utf-8"))
    return next(e for e in manifest["environments"] if e["env_id"] == env_id)


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


def test_observations_rewards_and_flags_of_every_mode_and_pattern(env_id, recorded, entry):
    game = envs.game(env_id)
    actions = np.nan_to_num(recorded["actions"])
    horizon = actions.shape[1]
    assert horizon == game.horizon
    state = game.reset(entry["reset_seeds"])
    if "drawn_gamma" in recorded:
        np.testing.assert_array_equal(state["gamma"], recorded["drawn_gamma"])
    np.testing.assert_array_equal(game.joint_observation(state), recorded["obs"][:, 0])
    lengths = recorded["length"]
    for t in range(horizon):
        state, outcome = game.step(state, actions[:, t])
        seen = game.joint_observation(state)
        for m, mode in enumerate(envs.REWARD_MODES):
            alive = t < lengths[m]
            rewards = game.rewards(outcome, mode)
            assert_as_recorded(rewards[alive], recorded["rewards"][m, alive, t])
            for flag in ("terminated", "truncated"):
                np.testing.assert_array_equal(
                    getattr(outcome, flag)[alive], recorded[flag][m, alive, t]
                )
            assert_as_recorded(seen[alive], recorded["obs"][alive, t + 1])
        ended = outcome.terminated | outcome.truncated
        np.testing.assert_array_equal(ended[t < lengths[0]], (t + 1 == lengths[0])[t < lengths[0]])


@pytest.mark.parametrize(("mode", "pattern"), EXAMPLES)
def test_info(env_id, mode, pattern, recorded, entry):
    """Every entry of the released info, and no other, in the steps that have it."""
    m = envs.REWARD_MODES.index(mode)
    arrays = {key.removeprefix("info_"): value for key, value in recorded.items() if _is_info(key)}
    assert len(arrays) > 4
    # Entries that depend on rewards have an axis of modes in front.
    arrays = {k: v[m] if len(v) == len(envs.REWARD_MODES) else v for k, v in arrays.items()}
    texts = entry["constant_text_info"]
    env = envs.make(env_id, reward_mode=mode)
    _, info = env.reset(seed=entry["reset_seeds"][pattern])
    length = int(recorded["length"][m, pattern])
    for t in range(length + 1):
        for name, values in arrays.items():
            expected = values[pattern, t]
            value = _numeric(name, info.get(name), expected)
            if name == "reputation_ranking" and t > 0:
                # The published order of equal scores depends on the processor.
                scores = next(arrays[k][pattern, t] for k in SCORES if k in arrays)
                value, expected = scores[value], scores[expected.astype(int)]
            tolerance = TOLERANCE.get(name, 1e-6)
            np.testing.assert_allclose(
                value,
                expected,
                rtol=tolerance,
                atol=tolerance,
                err_msg=f"{name} at {t}",
            )
        assert all(str(info[name]) in texts[name] for name in texts if name in info)
        if t < length:
            info = env.step(recorded["actions"][pattern, t])[4]
    assert set(info) - OURS <= set(arrays) | set(texts)
    assert set(texts) <= set(info)


def _is_info(key):
    return key.startswith("info_") or key == "mean_trust"


def _numeric(name, value, like):
    """A value in the form of the recording, in which nothing is NaN."""
    if value is None:
        return np.full_like(like, np.nan)
    if isinstance(value, dict):  # pairs `i->j`
        matrix = np.zeros_like(like)
        for pair, number in value.items():
            matrix[tuple(map(int, pair.split("->")))] = number
        return matrix
    if name in LISTS_OF_AGENTS:
        mask = np.zeros_like(like)
        mask[value] = 1
        return mask
    if name == "agent_tiers":
        return [TIERS.index(tier) for tier in value]
    return value
