"""Weights that come with the package."""

import numpy as np
import pytest

from coopetition import agents, envs
from coopetition.agents.keep import ENVIRONMENTS, LEARNERS, keep
from coopetition.agents.models import WEIGHTS, saved_runs, with_weights, write_models
from coopetition.agents.registry import learner
from coopetition.agents.runs import cell_runs

COMBINATIONS = [(name, id) for id in ENVIRONMENTS for name in LEARNERS]


def test_all_that_are_promised_are_there():
    assert sorted(with_weights()) == sorted(COMBINATIONS)
    assert sum(path.stat().st_size for path in WEIGHTS.glob("*/*.zip")) < 2e6


@pytest.mark.parametrize(("name", "id"), COMBINATIONS)
def test_a_policy_plays_at_once(name, id):
    policy = agents.load(name, id)
    assert np.isfinite(agents.evaluate(policy, id).score).all()
    observations = envs.vec_env(id, copies=3, observation="realistic", seed=0).reset()
    assert np.isfinite(policy.predict(observations)[0]).all()


def test_every_reward_mode_is_kept():
    modes = {run.reward_mode for run in saved_runs(WEIGHTS / "TrustDilemma-v1" / "IPPO.zip")}
    assert modes == set(envs.REWARD_MODES)
    agents.load("IPPO", "TrustDilemma-v1", reward_mode="private")


def test_what_is_not_kept_is_said():
    with pytest.raises(
        ValueError, match=r"no weights of VDN on SLCD-v0, .* IPPO on PartnerHoldUp-v1"
    ):
        agents.load("VDN", "SLCD-v0")


def test_of_several_seeds_the_lowest_is_kept(tmp_path):
    for name, id in COMBINATIONS:
        place, algorithm = envs.spec(id), learner(name).load("corrected")
        runs = cell_runs(
            *(name, place.name, place.edition),
            **{"protocols": ["corrected"], "reward_modes": ["private"]},
            **{"seeds": [7, 5], "steps": 64},
        )
        models = tmp_path / "models" / place.edition / place.name / f"{name}.zip"
        models.parent.mkdir(parents=True, exist_ok=True)
        fresh = [algorithm.for_runs([run]).inference_weights(0) for run in runs]
        write_models(models, zip(runs, fresh, strict=True))
    made = keep(tmp_path / "models", tmp_path / "kept")
    assert [run.seed for path in made for run in saved_runs(path)] == [5] * len(COMBINATIONS)
