"""The chain from the published PPO to independent learners."""

import numpy as np
import pytest
import torch

from coopetition import agents, envs
from coopetition.agents.ablations import chain
from coopetition.agents.ablations.chain import CHAIN, STEPWISE, chain_runs, settings
from coopetition.agents.registry import _learners, learner, unregister
from coopetition.agents.runs import Run, cell_runs
from coopetition.agents.training import train_runs

PLACE = {"reward_mode": "integrated", "seeds": [99], "steps": 8}


@pytest.fixture
def stepwise():
    """The learner between, known to the registry for the time of a test."""
    chain.register_stepwise()
    yield learner(STEPWISE)
    unregister(STEPWISE)
    _learners.cache_clear()


def study_runs(policy, protocol):
    return cell_runs(
        policy,
        "TrustDilemma",
        "v0",
        protocols=[protocol],
        reward_modes=["integrated"],
        seeds=[99],
        steps=8,
    )


def test_the_chain_starts_as_published_and_ends_corrected():
    """Its ends are runs of the study itself, to the hash of all settings."""
    runs = chain_runs("TrustDilemma", **PLACE)
    assert len(runs) == len(CHAIN)
    assert runs[0] == study_runs("Central_PPO", "as_published")
    assert runs[-2] == study_runs("Central_PPO", "corrected")
    assert runs[-1] == study_runs("IPPO", "corrected")
    assert len({run.run_id for (run,) in runs}) == len(CHAIN)


def test_the_last_step_of_the_library_has_the_corrected_settings():
    (last,) = (i for i, step in enumerate(CHAIN) if step.name == "entropy")
    ends = settings(last)
    assert ends.pop("scaled") == ["actions", "observations", "rewards", "centred"]
    assert ends == learner("Central_PPO").hyperparameters["corrected"]
    assert settings(last + 1) == ends


def test_every_step_changes_what_it_says_and_nothing_else():
    before = settings(0) | {"scaled": [], "bootstrap_at_horizon": True}
    for place, step in enumerate(CHAIN[1:], start=1):
        after = settings(place)
        if step.changed is None:
            break
        changed = {k for k in {*before, *after} if before.get(k) != after.get(k)}
        assert changed == {*step.changed} | step.removed, step.name
        alone = len(step.changed) == 1
        assert step.isolated == alone, step.name
        before = after


def test_no_study_lists_the_learner_between():
    assert STEPWISE not in agents.names()


def test_without_changes_it_is_the_published_learner_to_the_bit(stepwise):
    own = stepwise.hyperparameters["as_published"] | {"n_steps": 64, "n_epochs": 1}
    plain = {k: v for k, v in own.items() if k not in ("scaled", "bootstrap_at_horizon")}
    trained = [
        learner(policy)
        .load("as_published")
        .for_runs([Run(policy, "as_published", "TrustDilemma", "v0", "integrated", 7, 128, given)])
        .learn(128)
        .inference_weights(0)
        for policy, given in ((STEPWISE, own), ("Central_PPO", plain))
    ]
    assert trained[0].keys() == trained[1].keys()
    for name, weight in trained[0].items():
        assert torch.equal(weight, trained[1][name]), name


@pytest.mark.parametrize("place", range(1, len(CHAIN) - 2), ids=lambda i: CHAIN[i].name)
def test_wrappers_are_put_on_one_by_one(stepwise, place):
    (run,) = chain_runs("TrustDilemma", **PLACE)[place]
    model = stepwise.load("as_published").for_runs([run])
    scaled, env = run.hyperparameters["scaled"], model.env
    raw = envs.vec_env("TrustDilemma-v0", joint=True, normalize=False)
    in_units = env.action_space.low.min() == 0
    assert in_units == ("actions" not in scaled)
    assert (env.observation_space.shape == raw.observation_space.shape) == (
        "observations" not in scaled
    )
    env.reset()
    half = np.tile((env.action_space.low + env.action_space.high) / 2, (env.num_envs, 1))
    rewards, truncated, ended = [], False, False
    while not ended:
        _, reward, dones, infos = env.step(half.astype(np.float32))
        rewards.append(float(reward[0]))
        ended, truncated = bool(dones[0]), infos[0].get("TimeLimit.truncated", False)
    # Half of the endowment whatever the units: an episode of 100 steps and a return of 46,267.
    assert len(rewards) == 100
    total = sum(rewards) if "rewards" not in scaled else None
    assert total is None or total == pytest.approx(46_267, abs=1)
    if "rewards" in scaled:
        level = 1.0 if "centred" in scaled else 0.0
        assert np.mean(rewards) == pytest.approx(1.2 - level, abs=0.1)
    assert truncated == run.hyperparameters["bootstrap_at_horizon"]
    whole = "minibatches" in run.hyperparameters
    assert model.n_steps * env.num_envs == (400 if whole else 2048)
    assert model.batch_size == (50 if whole else 64)


def test_an_episode_is_played_in_the_units_that_it_was_trained_in(stepwise):
    """Untrained, half of the endowment in own units and nothing in raw ones."""
    shares = {}
    for place in (1, 2):
        (run,) = chain_runs("TrustDilemma", **PLACE)[place]
        model = stepwise.load("as_published").for_runs([run])
        episodes = agents.evaluate(model.controller([run]), "TrustDilemma-v0")
        shares[place] = episodes.cooperation[0]
    assert list(shares.values()) == pytest.approx([0.5, 0.5], abs=0.1)


def test_it_trains_as_all_learners_do_and_is_saved(stepwise):
    own = settings(10) | {"n_epochs": 1}
    run = Run(STEPWISE, "as_published", "TrustDilemma", "v0", "integrated", 7, 400, own)
    (result,) = train_runs([run], checkpoints=1)
    assert (result.row["status"], result.row["steps_done"]) == ("finished", 400)
    again = stepwise.load("as_published").inference(run, result.weights)
    assert agents.evaluate(again, "TrustDilemma-v0").welfare[0] == result.row["welfare"]


def test_another_selection_is_refused(stepwise):
    own = stepwise.hyperparameters["as_published"] | {"scaled": ["rewards"]}
    run = Run(STEPWISE, "as_published", "TrustDilemma", "v0", "integrated", 7, 8, own)
    with pytest.raises(ValueError, match=r"scaled=\('rewards',\): choose nothing; actions; "):
        stepwise.load("as_published").for_runs([run])
