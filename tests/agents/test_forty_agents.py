"""Every learner on the largest environment: forty developers, in every reward mode."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import short_runs

from coopetition import agents, envs
from coopetition.agents.registry import learner

ENV = "ApacheProject-v0"
# Every copy ends an episode of 60 steps; learners with replay update a few times after it.
STEPS, LEARNING_STARTS = 240, 220
CASES = [
    (policy, protocol)
    for policy in agents.learner_names()
    for protocol in ("corrected", "as_published")
    if protocol in learner(policy).hyperparameters
]
# What a policy observes -> the view that shows it.
VIEWS = {
    "realistic": {},
    "central": {"joint": True},
    "published": {"joint": True, "normalize": False},
}


def batches(policy, protocol):
    """Runs in all reward modes that train side by side, or one by one as published."""
    runs = short_runs(policy, ENV, protocol, modes=envs.REWARD_MODES)
    settings = runs[0].hyperparameters
    if "learning_starts" in settings:
        settings = {**settings, "learning_starts": LEARNING_STARTS}
    runs = [replace(run, steps=STEPS, hyperparameters=settings) for run in runs]
    together = learner(policy).load(protocol).BATCH > 1
    return [runs] if together else [[run] for run in runs]


@pytest.mark.parametrize(("policy", "protocol"), CASES)
def test_a_learner_trains_plays_and_comes_back_from_its_file(policy, protocol, tmp_path):
    algorithm = learner(policy).load(protocol)
    for batch in batches(policy, protocol):
        model = algorithm.for_runs(batch)
        model.learn(STEPS)
        assert not model.breakdowns
        assert model._n_updates > 0
        assert all(torch.isfinite(p).all() for p in model.policy.parameters())
        model.controller(batch).save(tmp_path / "models.zip")
        for replicate, run in enumerate(batch):
            loaded = agents.load(tmp_path / "models.zip", reward_mode=run.reward_mode)
            view = envs.vec_env(ENV, 2, seed=0, **VIEWS[loaded.observation])
            seen = view.reset()
            played, _ = loaded.predict(seen)
            assert played.shape == (view.num_envs, *view.action_space.shape)
            assert (played >= view.action_space.low).all()
            assert (played <= view.action_space.high).all()
            trained = algorithm.inference(run, model.inference_weights(replicate))
            trained.bind(ENV)
            np.testing.assert_array_equal(trained.predict(seen)[0], played)
            assert np.isfinite(agents.evaluate(loaded, ENV).payoffs).all()
