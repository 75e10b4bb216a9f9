"""Learner cards: complete, true to the constructor, and every difference explained."""

import pytest
import yaml

from coopetition import agents
from coopetition.agents import cards
from coopetition.agents.registry import learner

PUBLISHED = (
    *("IPPO", "IA2C", "IndependentREINFORCE", "ISAC", "LOLA", "SelfPlay_PPO", "FCP", "MAPPO"),
    *("MADDPG", "MATD3", "MASAC", "M3DDPG", "QMIX", "VDN", "COMA", "MeanFieldAC"),
)


def test_all_learners_of_the_published_study_are_there():
    assert set(PUBLISHED) <= set(agents.learner_names())


@pytest.mark.parametrize("policy", agents.learner_names())
def test_every_learner_has_a_card(policy):
    card = cards.card(policy)
    assert yaml.safe_load(yaml.safe_dump(card)) == card
    assert card["summary"].startswith(policy)
    assert card["paper"] and all(any(c.isdigit() for c in paper) for paper in card["paper"])
    for protocol, content in card["protocols"].items():
        settings = learner(policy).hyperparameters[protocol]
        assert set(content["hyperparameters"]) == set(settings)
        assert content["parameters"] > 0
    if policy in PUBLISHED:
        assert card["differences"], "the published settings are no secret"


def test_a_card_says_what_the_constructor_does():
    ippo = cards.card("IPPO")["protocols"]["corrected"]
    # 4 episodes of 100 steps, 10 passes in 8 batches.
    assert (ippo["steps_between_updates"], ippo["updates_per_step"]) == (400, 80 / 400)
    assert ippo["samples_per_transition"] == 10
    assert (ippo["base"], ippo["data"]) == ("stable_baselines3.PPO", "on-policy")
    # 4 batches of 64 per 16 steps.
    isac = cards.card("ISAC")["protocols"]["corrected"]
    assert (isac["updates_per_step"], isac["samples_per_transition"]) == (4 / 16, 16)
    published = cards.card("Central_SAC")["protocols"]["as_published"]
    assert (published["updates_per_step"], published["samples_per_transition"]) == (1, 256)


def test_the_published_values_may_be_those_of_another_learner():
    assert (
        cards.published_settings("IPPO") == learner("Central_PPO").hyperparameters["as_published"]
    )
    (rate,) = [row for row in cards.differences("IPPO") if row["setting"] == "learning_rate"]
    assert (rate["published"], rate["ours"]) == (3e-4, 2e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"why": {}}, "no reason for .*'copies'"),
        ({"published": {"gamma": 0.99}}, "reasons without a difference: .*'learning_rate'"),
        ({"paper": None}, "missing"),
        ({"colour": "red"}, r"unknown \['colour'\]"),
    ],
)
def test_an_incomplete_card_is_an_error(change, message, monkeypatch):
    card = {**learner("IPPO").card, **change}
    card = {name: value for name, value in card.items() if value is not None}
    monkeypatch.setattr("coopetition.agents.cards.learner", _with("IPPO", card))
    with pytest.raises(ValueError, match=message):
        cards.card("IPPO")


def _with(policy, card):
    from dataclasses import replace

    entry = replace(learner(policy), card=card)
    return lambda name: entry if name == policy else learner(name)
