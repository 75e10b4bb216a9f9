"""Where learners end beside equilibrium and optimum, on small tables by hand."""

import numpy as np
import pytest
from scipy import stats

from coopetition.reports import schema
from coopetition.reports.convergence import learner_certificates, learner_signatures
from frames import certificate, row


def ended(*shares, mode="private", status="finished", **changes):
    """Runs of one learner that ended with these shares per agent."""
    common = {"environment": "Alpha", "edition": "v1", "policy": "IPPO", "steps_done": 800}
    common |= {"reward_mode": mode, "status": status, **changes}
    return [
        row("training", **common, share_per_agent=one, seed=seed) for seed, one in enumerate(shares)
    ]


def found(runs, **changes):
    """Rows of the table, from runs and a certificate of Alpha with these changes."""
    certificates = [certificate("Alpha", edition="v1", **changes)]
    training = schema.table("training", runs)
    rows = learner_certificates(training, schema.table("certificates", certificates))
    return schema.table("learner_certificates", rows)


def test_roles_of_unequal_agents_have_a_row_each():
    shares = [[0.1, 0.4, 0.6], [0.3, 0.2, 0.4]]
    table = found(
        [*ended(*shares), *ended(*shares, mode="cooperative")],
        **{"roles": "0;1|2", "nash": "0.3|0.35", "optimum": [0.9, 0.5]},
    )
    assert table["role"].tolist() == ["0", "1|2"] * 2
    assert table["reward_mode"].tolist() == ["private"] * 2 + ["cooperative"] * 2
    assert table["target"].tolist() == ["equilibrium"] * 2 + ["optimum"] * 2
    assert table["target_share"].tolist() == pytest.approx([0.3, 0.35, 0.9, 0.5])
    assert table["share"].tolist() == pytest.approx([0.2, 0.4] * 2)
    assert table["gap"].tolist() == pytest.approx([-0.1, 0.05, -0.7, -0.1])
    assert table["within"].tolist() == [True, True, False, True]
    assert set(table["steps"]) == {800}


def test_the_interval_is_over_seeds_of_the_mean_over_a_role():
    shares = np.array([[0.1, 0.3], [0.2, 0.5], [0.4, 0.6]])
    only = found(ended(*shares.tolist())).iloc[0]
    seeds = shares.mean(axis=1)
    low, high = stats.t.interval(0.95, 2, seeds.mean(), seeds.std(ddof=1) / 3**0.5)
    assert [only["share_low"], only["share"], only["share_high"]] == pytest.approx(
        [low, seeds.mean(), high]
    )
    assert (only["runs"], only["finished"]) == (3, 3)
    one = found(ended([0.1, 0.3])).iloc[0]
    assert one["share"] == pytest.approx(0.2)
    assert np.isnan([one["share_low"], one["share_high"]]).all()


@pytest.mark.parametrize(
    ("shares", "nearest"),
    [([0.2, 0.2], [0.3, 0.1]), ([0.9, 0.3], [0.8, 0.2]), ([0.45, 0.8], [0.7, 0.9])],
)
def test_the_equilibrium_nearest_in_all_roles_together_is_chosen(shares, nearest):
    """Of the last shares, that of role 0 alone would be nearer to 0.3."""
    several = {"roles": "0;1", "nash": "0.3|0.1;0.8|0.2;0.7|0.9", "optimum": [1.0, 1.0]}
    assert found(ended(shares), **several)["target_share"].tolist() == pytest.approx(nearest)


def test_the_nearest_is_that_to_the_mean_of_the_runs():
    runs = ended([0.3, 0.3], [0.5, 0.5], [1.0, 1.0])
    assert found(runs, nash="0.2;0.65;0.9").iloc[0]["target_share"] == pytest.approx(0.65)


def test_an_equilibrium_in_which_agents_of_a_role_differ_counts_with_their_mean():
    only = found(ended([0.4, 0.2]), nash="0.25|0.4;0.4|0.25").iloc[0]
    assert only["role"] == "0|1"
    assert only["target_share"] == pytest.approx(0.325)
    assert only["gap"] == pytest.approx(-0.025)


def test_without_an_equilibrium_there_is_no_gap():
    runs = [*ended([0.2, 0.4]), *ended([0.8, 1.0], mode="cooperative")]
    private, cooperative = found(runs, nash="", nash_worst=None).to_dict("records")
    assert private["share"] == pytest.approx(0.3)
    assert np.isnan([private["target_share"], private["gap"]]).all()
    assert not private["within"]
    assert cooperative["target_share"] == pytest.approx(0.9)
    assert cooperative["within"]


def test_runs_that_did_not_finish_are_counted_and_nothing_else():
    lost = [float("nan")] * 2
    runs = [
        *ended([0.2, 0.2], [0.4, 0.4]),
        *ended(lost, status="diverged", steps_done=400),
        *ended(lost, lost, mode="cooperative", status="failed", steps_done=0),
    ]
    some, none = found(runs).to_dict("records")
    assert (some["runs"], some["finished"], some["steps"]) == (3, 2, 800)
    assert some["share"] == pytest.approx(0.3)
    assert some["share_low"] < 0.3 < some["share_high"]
    assert (none["runs"], none["finished"], none["steps"]) == (2, 0, 0)
    measures = ("target_share", "share", "share_low", "share_high", "gap")
    assert np.isnan([none[name] for name in measures]).all()
    assert not none["within"]


@pytest.mark.parametrize(
    ("share", "within"), [(0.6, True), (0.8, True), (0.599, False), (0.801, False), (0.7, True)]
)
def test_within_a_tenth_of_the_endowment(share, within):
    """0.8 - 0.7 is more than 0.1 in binary, 0.7 - 0.6 is less."""
    assert found(ended([share, share]), nash="0.7").iloc[0]["within"] == within


def test_learners_environments_and_editions_are_kept_apart():
    runs = [
        *ended([0.2, 0.2]),
        *ended([0.3, 0.3], policy="ISAC"),
        *ended([0.4, 0.4], environment="Beta"),
    ]
    certificates = [
        certificate(name, edition=edition, nash=nash)
        for name, edition, nash in (("Alpha", "v0", "0.9"), ("Alpha", "v1", "0.2"))
    ]
    certificates.append(certificate("Beta", edition="v1", nash="0.5"))
    training = schema.table("training", runs)
    rows = learner_certificates(training, schema.table("certificates", certificates))
    assert [(r["environment"], r["policy"], r["target_share"]) for r in rows] == [
        ("Alpha", "IPPO", pytest.approx(0.2)),
        ("Alpha", "ISAC", pytest.approx(0.2)),
        ("Beta", "IPPO", pytest.approx(0.5)),
    ]
    with pytest.raises(ValueError, match="no certificate for Beta-v1"):
        learner_certificates(training, schema.table("certificates", certificates[:2]))


def test_no_runs_make_an_empty_table():
    nothing = schema.table("training", [])
    assert learner_certificates(nothing, schema.table("certificates", [])) == []


# ---- signatures ---------------------------------------------------------------------------------


def signed(name, pairs, expected="lower"):
    return [
        row("signature_runs", signature=name, expected=expected, seed=i, value=a, compared_value=b)
        for i, (a, b) in enumerate(pairs)
    ]


def signatures(*groups):
    rows = [one for group in groups for one in group]
    found = learner_signatures(schema.table("signature_runs", rows))
    return schema.table("learner_signatures", found).set_index("signature")


def test_a_difference_is_found_where_its_interval_lies_on_one_side_of_zero():
    apart = [(1.0, 3.0), (1.1, 3.0), (0.9, 3.1)]
    found = signatures(
        signed("less", apart),
        signed("more", apart, "higher"),
        signed("noise", [(1.0, 3.0), (3.0, 1.0), (2.0, 2.1)]),
    )
    assert found["found"].to_dict() == {
        "less": "as expected",
        "more": "contrary",
        "noise": "open",
    }
    less = found.loc["less"]
    assert less["difference"] == pytest.approx(np.mean([-2.0, -1.9, -2.2]))
    assert less["low"] < less["difference"] < less["high"] < 0
    assert (less["value"], less["seeds"]) == (pytest.approx(1.0), 3)


def test_a_pair_counts_only_if_both_finished():
    pairs = [(1.0, 3.0), (float("nan"), 3.0), (1.2, 3.0)]
    found = signatures(signed("some", pairs), signed("none", [(float("nan"), 1.0)]))
    assert found["seeds"].to_dict() == {"some": 2, "none": 0}
    assert found.loc["some", "difference"] == pytest.approx(-1.9)
    assert found.loc["none", "found"] == "open"
