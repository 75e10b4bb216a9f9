"""Learners on another device than the CPU, and machines that do not have it."""

import re

import numpy as np
import pytest
import torch
from elsewhere import Elsewhere
from harness import train_until_killed
from toys import assert_same, short_runs

from coopetition import agents
from coopetition.agents import training
from coopetition.agents.devices import DeviceError, present
from coopetition.agents.registry import learner
from coopetition.agents.signatures import overestimation
from coopetition.agents.training import train_cell, train_runs

GAMES = {"as_published": "TrustDilemma-v0", "corrected": "TeamProduction-v1"}
# Corrected joint controllers are other learners on the joint view.
JOINT = ("Central_A2C", "Central_PPO", "Central_SAC")
# One of each way to keep what is needed to go on.
RESUMED = ("ISAC", "SelfPlay_PPO", "RecurrentPPO", "Central_ARS")
# All others.
TRAINED = [
    *((name, "corrected") for name in agents.learner_names() if name not in (*JOINT, *RESUMED)),
    *((name, "as_published") for name in ("Central_PPO", "Central_SAC")),
]


@pytest.fixture
def _no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)


class TestElsewhere:
    """On a device whose arithmetic is that of the CPU; see `elsewhere`."""

    @pytest.mark.filterwarnings("ignore:You are trying to run")
    @pytest.mark.parametrize(("policy", "protocol"), TRAINED)
    def test_a_learner_has_the_same_result(self, policy, protocol, monkeypatch):
        runs = short_runs(policy, GAMES[protocol], protocol)
        (expected,) = train_runs(runs, checkpoints=1)
        with Elsewhere(monkeypatch) as elsewhere:
            (found,) = train_runs(runs, checkpoints=1, device="cuda")
            kept = {tensor.device.type for tensor in found.weights.values()}
        assert kept <= {"cpu"}, "weights are read on machines without a GPU"
        assert elsewhere.used > 100
        assert found.row["status"] == "finished", found.row["reason"]
        assert_same(found, expected)

    @pytest.mark.parametrize("policy", RESUMED)
    def test_a_killed_job_goes_on(self, policy, tmp_path, monkeypatch):
        monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)
        runs, path = short_runs(policy), tmp_path / "batch.zip"
        (expected,) = train_runs(runs, checkpoints=4)
        with Elsewhere(monkeypatch):
            train_until_killed(runs, path, device="cuda")
            torch.manual_seed(77)
            (found,) = train_runs(runs, checkpoints=4, resume=path, device="cuda")
        assert found.row["status"] == "finished", found.row["reason"]
        assert_same(found, expected)

    def test_a_policy_is_asked_and_measured(self, monkeypatch):
        runs = short_runs("MATD3", "TrustDilemma-v1")
        model = learner("MATD3").load("corrected").for_runs(runs)
        observed = model.env.reset()
        torch.manual_seed(1)
        expected = [*model.predict(observed, deterministic=False), overestimation(model, runs)]
        with Elsewhere(monkeypatch):
            model = learner("MATD3").load("corrected").for_runs(runs, device="cuda")
            torch.manual_seed(1)
            found = [*model.predict(model.env.reset(), deterministic=False)]
            found.append(overestimation(model, runs))
        assert np.array_equal(found[0], expected[0])
        assert np.array_equal(found[2], expected[2])

    def test_tensors_of_two_places_do_not_mix(self, monkeypatch):
        """What the tests above rely on."""
        with Elsewhere(monkeypatch):
            here, there = torch.ones(2), torch.ones(2, device="cuda")
            assert (here.device.type, (there + 1).device.type) == ("cpu", "cuda")
            with pytest.raises(RuntimeError, match="add: expected all tensors"):
                here + there
            with pytest.raises(RuntimeError, match="__setitem__: expected"):
                there[torch.ones(2, dtype=bool, device="cuda")] = here
            with pytest.raises(TypeError, match="to numpy"):
                there.numpy()
            assert there.cpu().numpy().tolist() == [1, 1]


@pytest.mark.usefixtures("_no_gpu")
class TestAMachineWithoutAGPU:
    def test_is_told_how_to_go_on(self, monkeypatch):
        assert present("cpu") == "cpu"
        said = r"device = 'cuda:1' cannot be used: torch .* sees 0 GPUs here\. .*\(device=cpu\)"
        with pytest.raises(DeviceError, match=said):
            present("cuda:1")
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
        assert present("cuda") == "cuda"
        with pytest.raises(DeviceError, match="sees 1 GPUs here"):
            present("cuda:1")

    @pytest.mark.parametrize("policy", ["IPPO", "FCP", "Central_ARS"])
    def test_trains_nothing_and_counts_nothing_as_failed(self, policy, tmp_path):
        runs = short_runs(policy)
        with pytest.raises(DeviceError, match="cannot be used") as caught:
            train_cell(runs, checkpoints=1, work=tmp_path, provenance={}, device="cuda")
        assert caught.value.__notes__ == [
            "0 of 1 runs are finished and kept; the others go on from their last checkpoint"
        ]
        assert [*tmp_path.iterdir()] == []

    @pytest.mark.parametrize(
        ("error", "raised"),
        [
            (torch.OutOfMemoryError("CUDA out of memory."), MemoryError),
            (torch.AcceleratorError("CUDA error: unspecified launch failure"), RuntimeError),
        ],
    )
    def test_a_gpu_that_fails_is_no_failed_run(self, error, raised, monkeypatch):
        def broken(self):
            raise error

        monkeypatch.setattr(learner("IA2C").load("corrected"), "train", broken)
        with pytest.raises(raised, match=re.escape(str(error))):
            train_runs(short_runs("IA2C"), checkpoints=1)
