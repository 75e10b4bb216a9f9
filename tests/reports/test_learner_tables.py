"""Tables and sentences about learners: who they are, what they share, where they end."""

import json

import pandas as pd
import pytest

from coopetition.agents.registry import learner
from coopetition.agents.runs import cell_runs
from coopetition.reports import schema, sources
from coopetition.reports.learners import (
    certificate_rows,
    certificate_summary,
    change_rows,
    learner_rows,
    setting_rows,
    size_rows,
    size_summary,
)
from coopetition.reports.selection import learners, policy_order
from frames import NAN, ended, row


@pytest.fixture(scope="module")
def plan():
    """A study in which one learner trains on both editions and the others on one."""
    cells = [("TrustDilemma", "v0", "Central_PPO"), ("SLCD", "v0", "Central_PPO")]
    cells += [("SLCD", "v1", p) for p in ("IPPO", "Central_PPO", "Central_SAC")]
    cells += [("TrustDilemma", "v1", p) for p in ("IPPO", "IA2C", "Central_PPO", "Central_SAC")]
    factors = {"protocols": ["as_published", "corrected"], "reward_modes": ["private"]}
    rows = [
        row(
            "plan",
            **{"environment": name, "edition": edition, "policy": policy, "seed": run.seed},
            **{"run_id": run.run_id, "protocol": run.protocol, "paradigm": spec.paradigm},
            hyperparameters=json.dumps(run.hyperparameters),
        )
        for name, edition, policy in cells
        for spec in [learner(policy)]
        for run in cell_runs(policy, name, edition, **factors, seeds=[1, 2], steps=10)
    ]
    return schema.table("plan", rows)


def test_policies_keep_the_order_of_the_study_wherever_they_train(plan):
    assert policy_order(plan) == ["IPPO", "IA2C", "Central_PPO", "Central_SAC"]
    backwards = ["Central_SAC", "Central_PPO", "IA2C", "IPPO"]
    other = plan.sort_values("policy", key=lambda names: names.map(backwards.index), kind="stable")
    assert policy_order(other) == backwards
    found = [(policy, protocol) for policy, protocol, _ in learners(plan)]
    assert found[2:4] == [("Central_PPO", "as_published"), ("Central_PPO", "corrected")]
    assert list(learners(plan.iloc[:0])) == []


def test_every_learner_has_a_row_with_its_environments(plan):
    rows = {r["policy"]: r for r in learner_rows(plan)}
    assert list(rows) == ["IPPO", "IA2C", "Central_PPO", "Central_SAC"]
    assert rows["IPPO"] == {
        **{"policy": "IPPO", "kind": "independent", "published_as": ""},
        **{"as_published": "", "corrected": "2 of v1"},
    }
    assert rows["Central_PPO"] == {
        **{"policy": "Central_PPO", "kind": "joint", "published_as": "IPPO, SelfPlay_PPO"},
        **{"as_published": "2 of v0", "corrected": "2 of v0, 2 of v1"},
    }


def test_settings_stand_once_with_the_learners_that_share_them(plan):
    rows = setting_rows(plan)
    told = [
        (row["protocol"], policy, setting)
        for row in rows
        for policy in row["policies"].split(", ")
        for setting in row["settings"].split("; ")
    ]
    planned = [
        (protocol, policy, f"{setting} = " + json.dumps(value).strip('"'))
        for policy in policy_order(plan)
        for protocol, settings in learner(policy).hyperparameters.items()
        for setting, value in settings.items()
        if (protocol, policy) != ("as_published", "Central_SAC")
    ]
    assert sorted(told) == sorted(planned)
    assert [row["protocol"] for row in rows] == ["as_published"] + ["corrected"] * (len(rows) - 1)
    assert rows[1]["policies"] == "IPPO, IA2C, Central_PPO, Central_SAC", "what all share is first"
    assert len({(row["protocol"], row["policies"]) for row in rows}) == len(rows)


def test_changes_stand_once_with_the_learners_that_share_them():
    width = {"setting": "hidden", "published": "128", "ours": "64", "why": "cheaper"}
    steps = {"setting": "n_steps", "published": "5", "ours": None, "why": "episodes"}
    copies = {"setting": "copies", "published": "1", "ours": "4", "why": "episodes"}
    table = [{"policy": p, **row} for p in ("L1", "L2") for row in (width, steps, copies)]
    table.append({"policy": "L3", **width})
    assert change_rows(pd.DataFrame(table)) == [
        {"policies": "L1, L2, L3", "changes": "hidden 128 → 64", "why": "cheaper"},
        {"policies": "L1, L2", "changes": "n_steps 5 → –; copies 1 → 4", "why": "episodes"},
    ]


# ---- where learners end -------------------------------------------------------------------------


def test_ends_are_sorted_and_named():
    table = schema.table(
        "learner_certificates",
        [
            ended(environment="SLCD"),
            *(
                ended(environment="PartnerHoldUp", policy=p, role=role)
                for p in ("ISAC", "IPPO")
                for role in ("0", "1")
            ),
        ],
    )
    rows = certificate_rows(table)
    assert list(rows[["environment", "role", "policy"]].itertuples(index=False, name=None)) == [
        *(("PartnerHoldUp-v1", "Strong", p) for p in ("ISAC", "IPPO")),
        *(("PartnerHoldUp-v1", "Weak", p) for p in ("ISAC", "IPPO")),
        ("SLCD-v1", "every agent", "IPPO"),
    ]
    assert certificate_rows(schema.table("learner_certificates", [])).empty


def test_the_summary_counts_roles_and_names_the_farthest():
    modes = ("private", "private", "private", "cooperative", "cooperative", "cooperative")
    shares = (0.5, 0.3, 0.9, 0.95, 0.1, 0.54)
    table = [
        ended(share, 0.45, environment="SLCD", reward_mode=mode, policy=f"L{i}")
        for i, (mode, share) in enumerate(zip(modes, shares, strict=True))
    ]
    unknown = dict.fromkeys(("share", "share_low", "share_high", "gap"), NAN)
    table.append(ended(environment="SLCD", policy="Lost") | unknown | {"within": False})
    text = certificate_summary(certificate_rows(schema.table("learner_certificates", table)))
    assert text == (
        "After 800 steps, under private reward 1 of 3 roles end within 0.10 of the equilibrium and "
        "under cooperative reward 1 of 3 roles end within 0.10 of the optimum. Not reached with "
        "this budget, farthest first: L3 on SLCD-v1, every agent, cooperative reward (0.95 instead "
        "of 0.45); L2 on SLCD-v1, every agent, private reward (0.90 instead of 0.45); L4 on "
        "SLCD-v1, every agent, cooperative reward (0.10 instead of 0.45); and 1 more."
    )
    reached = schema.table("learner_certificates", table[:1])
    assert "Not reached" not in certificate_summary(certificate_rows(reached))
    other = schema.table("learner_certificates", [table[0], ended(policy="L9", steps=900)])
    assert certificate_summary(certificate_rows(other)).startswith("After 800 to 900 steps, ")
    lost = schema.table("learner_certificates", table[-1:])
    assert certificate_summary(certificate_rows(lost)) == ""


# ---- smaller networks ---------------------------------------------------------------------------


def size(setting, low, high):
    gain = {"advantage": (low + high) / 2, "advantage_low": low, "advantage_high": high}
    return row("learner_settings", policy="IPPO", setting=setting, **gain)


def test_losses_of_the_defaults_are_counted():
    table = schema.table(
        "learner_settings",
        [
            size("default", 0.0, 0.0),
            size("128x128", -0.2, -0.1),
            size("128x128", -0.2, 0.1),
            size("128x128", 0.1, 0.2),
        ],
    )
    assert size_summary(table).startswith("In 1 of 3 rows the interval of the advantage")
    assert size_summary(table).endswith("in 1 it lies above zero.")
    gains = pd.DataFrame(size_rows(table))["advantage"]
    assert gains.isna().tolist() == [True, False, False, False]
    assert size_summary(table.iloc[:1]) == size_summary(table.iloc[:0]) == ""


def test_recorded_measurements_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "RECORDED", tmp_path)
    assert sources.recorded("learner_settings").empty
    table = schema.table("learner_settings", [size("128x128", -0.2, -0.1)])
    schema.write("learner_settings", table, tmp_path / "learner_settings.csv")
    pd.testing.assert_frame_equal(sources.recorded("learner_settings"), table)
