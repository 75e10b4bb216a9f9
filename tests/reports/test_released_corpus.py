"""The layout of the published corpus: into our tables and back, and through the analysis."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest
from corpus_study import tables

from coopetition.reports import schema
from coopetition.reports.corpora import analysis, released
from frames import NAN, certificate, policies

ID = "TrustDilemma-v0"
PLACE = {"integrated": "baseline_integrated", "private": "ablation_private"}


def record(algorithm: str = "MAPPO", seed: int = 99, mean: float | None = 150.0, **changes) -> dict:
    """A record with every key of the layout."""
    metrics = {
        **{"mean_return": mean, "std_return": 0.0, "mean_final_trust": 0.8},
        **{"std_final_trust": 0.0, "mean_cooperation_rate": 25.0, "std_cooperation_rate": 0.0},
        **{"mean_episode_length": 100.0, "episodes_evaluated": 2},
        "per_episode": [{"seed": 99000, "return": mean, "steps": 100}],
        "tr_metrics": {"defection_rate_mean": 0.25},
        **{"training_returns": [1.0, 2.5], "training_timesteps": [100, 200]},
        "training_metrics": {"loss": [[100, 0.5]]},
    }
    return {
        **{"algorithm": algorithm, "environment": ID, "training_seed": seed, "status": "success"},
        **{"error_message": None, "training_time_seconds": 12.5, "evaluation_time_seconds": 0.5},
        **{"metrics": metrics, "timestamp": "2026-01-02T03:04:05", "gpu_id": 0, "tr_mode": "tr2"},
        **changes,
    }


def stored(folder: Path, mode: str, *records: dict, name: str = "") -> None:
    place = folder / PLACE.get(mode, mode)
    place.mkdir(parents=True, exist_ok=True)
    for content in records:
        stem = name or f"{content['algorithm']}_{ID}_{content['training_seed']}"
        (place / f"{stem}.json").write_text(json.dumps(content), encoding="utf-8")


def files(folder: Path) -> dict[str, dict]:
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.json")
    }


class TestRead:
    def test_a_record_becomes_a_run(self, tmp_path):
        stored(tmp_path, "integrated", record())
        corpus = released.read(tmp_path)
        [run] = corpus.runs.to_dict("records")
        assert (run["environment"], run["edition"], run["n_agents"]) == ("TrustDilemma", "v0", 2)
        assert (run["mechanism_class"], run["paradigm"]) == ("TR-2", "ctde")
        assert (run["protocol"], run["reward_mode"]) == ("as_published", "integrated")
        assert (run["status"], run["seed"], run["steps_done"]) == ("finished", 99, 200)
        assert (run["training_return"], run["wall_seconds"]) == (150.0, 12.5)
        # 25 of an endowment of 100; integrated reward is no payoff.
        assert run["cooperation"] == 0.25
        assert math.isnan(run["welfare"])
        assert corpus.curves[["step", "training_return"]].values.tolist() == [[100, 1], [200, 2.5]]
        assert (corpus.problems, corpus.retries) == ([], 0)

    def test_private_reward_is_welfare(self, tmp_path):
        stored(tmp_path, "private", record())
        assert released.read(tmp_path).runs["welfare"].tolist() == [150.0]

    def test_what_is_published_as_a_joint_controller_is_one(self, tmp_path):
        stored(tmp_path, "private", *map(record, ("IPPO", "MADDPG", "Constant_042")))
        runs = released.read(tmp_path).runs.set_index("policy")
        assert runs["paradigm"].to_dict() == {
            **{"IPPO": "joint", "MADDPG": "ctde", "Constant_042": "none"}
        }

    def test_modes_are_different_runs(self, tmp_path):
        for mode in PLACE:
            stored(tmp_path, mode, record())
        runs = released.read(tmp_path).runs
        assert sorted(runs["reward_mode"]) == ["integrated", "private"]
        assert runs["run_id"].nunique() == 2

    @pytest.mark.parametrize(
        ("content", "status", "reason"),
        [
            (record(mean=NAN), "diverged", "the mean return is not a number"),
            (record(mean=None), "diverged", "the mean return is not a number"),
            (record(status="failed", error_message="out of memory"), "failed", "out of memory"),
            (record(status="failed"), "failed", "status failed"),
        ],
    )
    def test_what_did_not_finish_is_a_status_and_no_number(self, tmp_path, content, status, reason):
        stored(tmp_path, "private", content)
        [run] = released.read(tmp_path).runs.to_dict("records")
        assert (run["status"], run["reason"]) == (status, reason)
        assert all(
            math.isnan(run[key])
            for key in ("training_return", "welfare", "trust", "cooperation", "episode_length")
        )

    def test_of_retries_the_last_that_finished_counts(self, tmp_path):
        first = record(mean=1.0, timestamp="2026-01-01")
        last = record(mean=2.0, timestamp="2026-01-03")
        broken = record(status="failed", timestamp="2026-01-09")
        for number, content in enumerate((broken, last, first)):
            stored(tmp_path, "private", content, name=f"try{number}")
        corpus = released.read(tmp_path)
        assert corpus.runs["training_return"].tolist() == [2.0]
        assert corpus.retries == 2

    def test_lines_of_a_shard_are_records(self, tmp_path):
        shard = tmp_path / "ablation_private" / "training.jsonl"
        shard.parent.mkdir()
        shard.write_text("\n".join(json.dumps(record(seed=s)) for s in (1, 2)), encoding="utf-8")
        assert released.read(tmp_path).runs["seed"].tolist() == [1, 2]

    def test_what_is_no_run_or_has_no_mode_is_named(self, tmp_path):
        stored(tmp_path, "training_runs", record(), name="a")
        stored(tmp_path, "private", record(environment="Nowhere-v0"), name="b")
        (tmp_path / "ablation_private" / "d.json").write_text("{", encoding="utf-8")
        (tmp_path / "ablation_private" / "e.json").write_text("{}", encoding="utf-8")
        corpus = released.read(tmp_path)
        assert len(corpus.runs) == 0
        found = "\n".join(corpus.problems)
        assert "training_runs/a.json: neither the record nor its folder says which" in found
        assert "ablation_private/b.json" in found and "Nowhere" in found
        assert "d.json, record 1: no JSON" in found
        assert "e.json, record 1: no run, it lacks algorithm, environment" in found

    def test_a_folder_without_records_says_what_to_name(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="--config corpus=FOLDER"):
            released.read(tmp_path)


class TestRoundTrip:
    def test_released_records_come_back_as_they_were(self, tmp_path):
        stored(tmp_path / "in", "integrated", record("QMIX"), record(seed=100))
        bad = record("COMA", mean=None)
        bad["metrics"] |= {"training_returns": [1.0, None], "training_timesteps": [100, 100]}
        stored(tmp_path / "in", "private", bad, record("VDN", status="failed", metrics={}))
        corpus = released.read(tmp_path / "in")
        written = released.write(tmp_path / "out", corpus.runs, corpus.curves, corpus.records)
        assert len(written) == 4
        assert files(tmp_path / "out") == files(tmp_path / "in")

    def test_runs_of_ours_come_back_with_all_their_columns(self, tmp_path):
        made = tables()
        place = {"environment": "SLCD", "mechanism_class": "TR-2", "edition": "v1"}
        runs = schema.table(
            "training_runs",
            made["training_runs"].assign(study="tiny", configuration_hash="c0ffee", **place),
        )
        released.write(tmp_path, runs, made["learning_curves"])
        corpus = released.read(tmp_path)
        order = ["reward_mode", "seed"]
        found = corpus.runs.sort_values(order, ignore_index=True)
        expected = runs.sort_values(order, ignore_index=True)
        exact = [name for name in runs if name != "cooperation"]
        pd.testing.assert_frame_equal(found[exact], expected[exact])
        pd.testing.assert_series_equal(found["cooperation"], expected["cooperation"])
        points = ["run_id", "step", "training_return"]
        pd.testing.assert_frame_equal(
            corpus.curves[points].sort_values(points, ignore_index=True),
            made["learning_curves"][points].sort_values(points, ignore_index=True),
        )


class TestAnalysis:
    @pytest.fixture
    def reference(self) -> pd.DataFrame:
        levels = {None: (100.0, 100.0), 0: (120.0, 100.0), 42: (200.0, 300.0)}
        return pd.concat(
            [
                policies("TrustDilemma", levels, mode=mode, edition="v0", action_basis="own")
                for mode in PLACE
            ],
            ignore_index=True,
        )

    @pytest.fixture
    def certificates(self) -> pd.DataFrame:
        return schema.table("certificates", [certificate("TrustDilemma", edition="v0")])

    @pytest.fixture
    def corpus(self, tmp_path):
        for mode in PLACE:
            for seed in (99, 100):
                stored(tmp_path, mode, record(seed=seed), record("VDN", seed, mean=NAN))
            stored(tmp_path, mode, record("Constant_042", mean=200.0), record("Constant_000"))
        stored(tmp_path, "private", record(seed=101))
        elsewhere = record("QMIX", environment="SLCD-v0")
        stored(tmp_path, "private", elsewhere, name="elsewhere")
        return released.read(tmp_path)

    def test_scores_are_those_of_a_study(self, corpus, reference, certificates):
        runs = analysis.scored(corpus, reference, certificates)
        assert set(runs["environment"]) == {"TrustDilemma"}
        mappo = runs[runs["policy"] == "MAPPO"]
        # 150 between Random (100) and the best constant (200) of the mode.
        assert mappo["training_score"].tolist() == [0.5] * 5
        # W is known under private reward: 150 between 100 and 300.
        assert mappo.groupby("reward_mode")["score"].agg(["mean", "count"]).to_dict() == {
            "mean": {"integrated": pytest.approx(NAN, nan_ok=True), "private": 0.25},
            "count": {"integrated": 0, "private": 3},
        }
        broken = runs[runs["policy"] == "VDN"]
        assert broken[["score", "training_score"]].values.tolist() == [[0.0, 0.0]] * 4

    def test_aggregates_hold_learners_with_the_seeds_of_all_cells(
        self, corpus, reference, certificates
    ):
        runs = analysis.scored(corpus, reference, certificates)
        rows = pd.DataFrame(analysis.aggregated(runs, 20))
        assert schema.table("aggregates", rows)["policy"].isin(["MAPPO", "VDN"]).all()
        mappo = rows[(rows["policy"] == "MAPPO") & (rows["reward_mode"] == "private")].iloc[0]
        assert (mappo["planned"], mappo["training_iqm"]) == (2, 0.5)
        broken = rows[(rows["policy"] == "VDN") & (rows["reward_mode"] == "integrated")].iloc[0]
        assert (broken["planned"], broken["finished"], broken["training_iqm"]) == (2, 0, 0.0)

    def test_the_summary_counts(self, corpus, reference, certificates):
        runs = analysis.scored(corpus, reference, certificates)
        rows = schema.table("released_summary", analysis.summary(corpus, runs, reference))
        found = dict(zip(rows["quantity"], rows["value"], strict=True))
        assert found["runs"] == len(corpus.runs) == 14
        assert (found["runs, finished"], found["runs, diverged"]) == (10, 4)
        assert found["runs on environments of this study"] == 13
        assert found["runs of seeds that some cell lacks"] == 1
        # Constants 0 and 42 in two modes; only 42 returns what ours does.
        assert found["returns of constants compared"] == 4
        assert found["returns of constants that are equal"] == 2
