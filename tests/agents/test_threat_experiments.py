"""Small experiments on pieces of the released learners."""

import numpy as np
import pytest
import torch

from coopetition.agents.threats import critics, interruption, playing


@pytest.fixture(scope="module")
def of_format():
    return values(critics.half_precision())


@pytest.fixture(scope="module")
def started():
    return playing.untrained()


def values(rows):
    return {(row["setting"], row["quantity"]): row["value"] for row in rows}


def test_one_update_overflows_in_half_precision_at_integrated_rewards_alone(of_format):
    """Findings, V08: about 4,500 per step under private and 91,000 to 97,000 under integrated."""
    finite = {s: of_format[s, "weights finite"] for s, q in of_format if q == "weights finite"}
    assert finite == {
        "half, private": 1,
        "single, private": 1,
        "half, integrated": 0,
        "single, integrated": 1,
    }
    assert of_format["half, integrated", "gradient finite"] == 0
    assert of_format["half, private", "reward per step"] == pytest.approx(4652, abs=1)
    assert 91_000 < of_format["half, integrated", "reward per step"] < 98_000


def test_an_update_in_single_precision_is_that_of_the_network_itself():
    inputs = torch.randn(8, 5)
    one, other = critics.critic(5), critics.critic(5)
    norm = critics.update(one, torch.optim.SGD(one.parameters(), lr=0.1), inputs, 2.0, torch.float)
    loss = (other(inputs) - 2.0).square().mean()
    loss.backward()
    with torch.no_grad():
        total = torch.stack([p.grad.norm() for p in other.parameters()]).norm()
        for parameter in other.parameters():
            parameter -= 0.1 * parameter.grad
    assert norm == pytest.approx(float(total), rel=1e-5)
    for mine, expected in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, expected)


def test_inputs_are_raw_joint_observations_and_actions():
    inputs = critics.transitions("ApacheProject-v0")
    assert inputs.shape == (critics.BATCH, 4841 + 40)
    assert inputs.max() > 10


def test_a_critic_that_ends_in_tanh_saturates():
    """Findings, V07: values at 1 and no gradient left."""
    found = values(critics.saturation())
    assert found["tanh, ApacheProject-v0", "values at 1"] == 1
    assert found["tanh, ApacheProject-v0", "gradient left"] == 0
    assert found["tanh, TrustDilemma-v0", "values at 1"] > 0.8
    assert found["tanh, TrustDilemma-v0", "gradient left"] < 0.01
    assert found["linear, TrustDilemma-v0", "gradient left"] > 0.05


def test_published_controllers_start_at_nothing_but_sac(started):
    """Findings, V06: 0 of 100 for PPO and A2C, episode ends at step 3; SAC near mid-range.

    That is of the first seed; with others SAC starts lower, and the episode can end early too.
    """
    found = values(started)
    games = [("TrustDilemma-v0", 3), ("PartnerHoldUp-v0", 3), ("TeamProduction-v0", 100)]
    for game, length in [*games, ("ReciprocalDilemma-v0", 100)]:
        for policy in ("Central_PPO", "Central_A2C"):
            for seed in playing.SEEDS:
                setting = f"{policy}, as_published, {game}, {seed}"
                assert found[setting, "share"] < 0.001
                assert found[setting, "length"] == length
                assert 0.3 < found[setting, "clipped"] < 0.6
            share = found[f"{policy}, corrected, {game}, 99", "share"]
            assert share == pytest.approx(0.5, abs=0.05)
    shares = [found[f"Central_SAC, as_published, TrustDilemma-v0, {s}", "share"] for s in (99, 101)]
    assert shares[0] == pytest.approx(0.5, abs=0.15)
    assert 0.1 < shares[1] < 0.3
    assert found["Central_SAC, as_published, TrustDilemma-v0, 101", "length"] == 3


def test_the_released_tit_for_tat_remembers_its_first_episode():
    """Policies, 5: 45,320 in the first episode, 1,709 in all others."""
    first, second = (row["value"] for row in playing.state_leak())
    assert (round(first), round(second)) == (45_320, 1_709)


def test_values_go_on_beyond_the_horizon_as_published_alone():
    found = values(playing.horizon())
    assert found["as_published", "steps beyond the last"] == pytest.approx(99)
    assert found["corrected", "steps beyond the last"] == 0


def test_experiments_say_the_same_again(started, monkeypatch):
    monkeypatch.setattr(playing, "SEEDS", playing.SEEDS[-1:])
    other = playing.untrained()
    one = [row for row in started if row["setting"] in {again["setting"] for again in other}]
    assert [row["value"] for row in one] == [row["value"] for row in other]
    assert np.isfinite([row["value"] for row in one]).all()


@pytest.fixture(scope="module")
def resumed():
    return values(interruption.interruption())


@pytest.mark.parametrize("policy", interruption.LEARNERS)
def test_a_run_that_resumes_with_all_its_state_ends_as_if_uninterrupted(resumed, policy):
    assert resumed[f"{policy}, everything", "change"] == 0
    for kept in ("weights alone", "nothing"):
        assert resumed[f"{policy}, {kept}", "runs changed"] == len(interruption.SEEDS)
        assert resumed[f"{policy}, {kept}", "change"] > 0.001
