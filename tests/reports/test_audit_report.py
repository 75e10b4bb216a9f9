"""Audits in the report: figures and captions say what tables hold, and a user's page."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from coopetition import agents
from coopetition.agents import extensions
from coopetition.agents.audits.cross_play import summary
from coopetition.agents.audits.exploitability import Budget
from coopetition.agents.audits.panel import references
from coopetition.agents.models import write_models
from coopetition.agents.runs import Run
from coopetition.reports import audit, audit_content, audit_results, schema
from coopetition.reports.audit import PageError, audit_page, main
from coopetition.reports.audit_panels import POINTS, among_cooperators, over_time
from coopetition.reports.audit_sheets import chosen, environment_audits, mean_matrix, total_gains
from coopetition.reports.auditees import in_order, names, with_interval
from coopetition.reports.audits import MOST, exploitability, relative_gains
from coopetition.reports.figures import FIGURES
from coopetition.reports.released_results import record_rows, released_audit_figure
from coopetition.reports.theme import short
from frames import AUDITEES, auditee, audits_of, certificate, released_of, row

pytestmark = pytest.mark.filterwarnings("error")
PLACES = (("Alpha", "v1"), ("Beta", "v1"))
SHEET = ("deviations", "exploitability", "cross_play", "behaviour", "schelling", "trajectories")
TOKEN = {"episodes": 1, "budget": Budget(iterations=1, population=4, restarts=1, episodes=1)}


@pytest.fixture(autouse=True)
def close():
    """Matplotlib keeps every figure until it is told not to."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def audits():
    return audits_of(PLACES)


@pytest.fixture(scope="module")
def certificates():
    """Cooperation is worth 400 in Alpha, and nothing is known of Beta."""
    rows = [certificate(name, 100.0, 500.0, edition="v1") for name, _ in PLACES]
    rows[1] |= {"welfare_dynamic_optimum": -100.0}
    return schema.table("certificates", rows)


def sheet(audits, name="Alpha-v1"):
    return dict(environment_audits(**{f"audit_{part}": audits[f"audit_{part}"] for part in SHEET}))[
        name
    ]


def of(audits, name, environment="Alpha"):
    table = audits[f"audit_{name}"]
    return table[table["environment"] == environment]


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


# ---- who is audited -----------------------------------------------------------------------------


def test_policies_stand_by_kind_with_a_users_own_first():
    rows = [*AUDITEES, auditee("mine", "own"), auditee("Planner", "planner")]
    rows += [auditee("IPPO", protocol="as_published"), auditee("QMIX", reward_mode="private")]
    table = pd.DataFrame([{"environment": "Alpha", "edition": "v1"} | one for one in rows])
    ordered = in_order(table.drop_duplicates(["policy", "protocol", "reward_mode"]))
    assert names(ordered).tolist() == [
        *("mine (yours)", "IPPO, as_published (integrated)", "IPPO (private)"),
        *("IPPO (integrated)", "QMIX (private)", "TitForTat", "Oracle_Nash", "Planner"),
        *("Constant_50", "Constant_100"),
    ]


def test_intervals_are_over_runs_where_there_are_several(audits):
    total = of(audits, "exploitability")
    found = with_interval(total[total["agents"] == "all"], "gain").set_index(
        ["policy", "reward_mode"]
    )
    two, one = found.loc[("IPPO", "integrated")], found.loc[("TitForTat", "")]
    # Runs of 20 and 40; with two of them Student's t is 12.706.
    assert two["gain"] == 30 and two["runs"] == 2
    assert two["gain_high"] - 30 == pytest.approx(12.7062 * 10, rel=1e-4)
    assert (one["gain_low"], one["gain"], one["gain_high"]) == (79, 80, 81)


# ---- the figure of an environment ---------------------------------------------------------------


def test_a_sheet_draws_the_best_learner_or_half_of_the_endowment(audits):
    deviations, behaviour = of(audits, "deviations"), of(audits, "behaviour")
    best = chosen(deviations, behaviour)
    # The numbers of the runs are their welfare: IPPO on private reward is the last of three.
    assert best[["policy", "reward_mode", "seed"]].drop_duplicates().to_numpy().tolist() == [
        ["IPPO", "private", 1]
    ]
    rules = behaviour[behaviour["kind"] != "learner"]
    assert set(chosen(deviations, rules)["policy"]) == {"Constant_50"}
    other = rules[rules["policy"] != "Constant_50"]
    assert set(chosen(deviations, other)["policy"]) == {"TitForTat"}


def test_a_users_own_policy_is_drawn_and_stands_out():
    audits = audits_of(PLACES, [auditee("mine", "own"), *AUDITEES])
    plot = sheet(audits)
    drawn = plot.data[plot.data["part"] == "deviation"]
    assert set(drawn["policy"]) == {"mine"}
    bars = plot.figure.subfigs[1].axes[0]
    assert labels(bars)[0] == "mine (yours)"
    weights = [label.get_weight() for label in bars.get_yticklabels()]
    assert weights[0] == "bold" and set(weights[1:]) == {"normal"}


def test_the_caption_of_a_sheet_tells_the_numbers_of_the_tables(audits):
    plot = sheet(audits)
    assert (
        "An agent that alone leaves IPPO (private) gains at most 2.00 in payoffs, 4.0 % of its "
        "payoff, by playing a share of 0.5 throughout, while others lose 3.00 each; in integrated "
        "reward at most 4.00." in plot.caption
    )
    total = of(audits, "exploitability")
    total = total[(total["agents"] == "all") & (total["reward_mode"] != "private")]
    high = total.loc[total["gain"].idxmax()]
    assert "those to IPPO least (30.0)" in plot.caption, "the mean of two runs"
    assert f"replies found to {high['policy']} gain most ({high['gain']:.0f}" in plot.caption
    assert "trained on integrated reward, means over 2 runs" in plot.caption
    assert plot.title == "Audits of policies on Alpha-v1"


def test_a_sheet_of_a_policy_that_nobody_leaves(audits):
    deviations = audits["audit_deviations"].assign(gain=-1.0, gain_integrated=-1.0)
    plot = sheet(audits | {"audit_deviations": deviations}, "Alpha-v1")
    assert "No agent gains by leaving IPPO (private) alone" in plot.caption


def test_the_matrix_is_the_mean_over_runs_and_keeps_runs_on_its_diagonal(audits):
    shown = total_gains(of(audits, "exploitability"))
    assert names(shown).tolist()[0] == "IPPO (integrated)"
    matrix = mean_matrix(of(audits, "cross_play"), shown)
    # Runs 0 and 1 against themselves: 10 and 111; against policy 3: 3 and 103.
    assert matrix[0, 0] == 60.5
    assert matrix[0, 1] == 53
    assert matrix[1, 0] == 300.5
    assert not np.isnan(matrix).any()
    drawn = sheet(audits).data
    cells = drawn[(drawn["part"] == "cross-play") & (drawn["policy"] == "TitForTat")]
    assert cells.set_index("partner")["payoff"]["IPPO"] == 300.5


def test_bars_and_matrix_show_learners_of_one_mode(audits):
    plot = sheet(audits)
    bars = plot.figure.subfigs[1].axes[0]
    assert labels(bars) == ["IPPO", "TitForTat", "Oracle_Nash", "Constant_50", "Constant_100"]
    assert [patch.get_width() for patch in bars.patches] == [30, 80, 100, 120, 140]


def test_the_policy_stands_between_a_cooperator_and_a_defector(audits):
    plot = sheet(audits)
    ax = plot.figure.subfigs[2].subfigs[0].axes[0]
    lines = {line.get_label(): [*line.get_ydata()] for line in ax.get_lines()}
    # IPPO on private reward is the third policy.
    assert lines == {"plays C": [0, 10], "plays D": [5, 15], "IPPO": [2, 12]}
    assert "it plays 0.20 of the way from a defector's share (0)" in plot.caption
    nowhere = audits["audit_schelling"].assign(position=np.nan)
    assert "of the way" not in sheet(audits | {"audit_schelling": nowhere}).caption


def test_only_the_role_of_the_agent_that_leaves_is_drawn(audits):
    table = of(audits, "schelling")
    two = pd.concat([table, table.assign(role="2", payoff=-1.0)])
    run = table[table["policy"] == "TitForTat"].iloc[0]
    assert among_cooperators(two, run, 1)["payoff"].tolist() == [3, 13]
    assert among_cooperators(two, run, 2)["payoff"].tolist() == [-1, -1]


def test_welfare_and_trust_are_drawn_for_the_policy_and_few_others(audits):
    plot = sheet(audits)
    welfare, trust = plot.figure.subfigs[2].subfigs[1].axes
    lines = {line.get_label(): [*line.get_ydata()] for line in welfare.get_lines()}
    assert lines == {"IPPO": [20, 21, 22], "TitForTat": [30, 31, 32]}
    assert [line.get_ydata()[0] for line in trust.get_lines()] == [0.2, 0.3]
    steps = plot.data[plot.data["part"] == "over time"]
    assert steps["step"].tolist() == [0, 1, 2, 0, 1, 2]
    blind = sheet(
        audits | {"audit_trajectories": audits["audit_trajectories"].assign(trust=np.nan)}
    )
    told = blind.figure.subfigs[2].subfigs[1].axes[1].texts
    assert [text.get_text() for text in told] == ["this environment has no trust"]


def test_a_long_episode_is_thinned_with_both_ends():
    run = auditee("TitForTat", "heuristic")
    rows = [row("audit_trajectories", **run, step=step) for step in range(100)]
    table = schema.table("audit_trajectories", rows)
    steps = over_time(table, table.iloc[0])["step"].tolist()
    assert len(steps) == POINTS
    assert (steps[0], steps[-1]) == (0, 99)


# ---- over environments --------------------------------------------------------------------------


def test_gains_are_shares_of_what_cooperation_is_worth(audits, certificates):
    found = relative_gains(audits["audit_exploitability"], certificates)
    nash = found[found["policy"] == "Oracle_Nash"].set_index("environment")
    assert nash["gain"]["Alpha"] == 100
    assert nash["relative"]["Alpha"] == pytest.approx(100 / 400)
    assert np.isnan(nash["relative"]["Beta"])
    plot = exploitability(audits["audit_exploitability"], certificates)
    assert "most from Constant_100 (35.0 % of what cooperation is worth)" in plot.caption
    assert "least from IPPO (integrated) (7.50 %)" in plot.caption
    assert "on 1 environment." in plot.caption
    assert plot.caption.endswith("Left out, without a scale: Beta-v1.")


def test_what_lies_beyond_the_axis_is_counted(audits, certificates):
    table = audits["audit_exploitability"]
    far = table.assign(gain=table["gain"].where(table["policy"] != "Random", 1e6))
    far.loc[far["policy"] == "Constant_100", "gain"] = 1e6
    plot = exploitability(far, certificates)
    [ax] = plot.figure.axes
    assert ax.get_xlim()[1] < 1.1 * MOST
    assert [text.get_text() for text in ax.texts] == ["1 beyond ▸"]


def test_behaviour_tells_extremes_and_counts_learners(audits):
    plot = FIGURES["behaviour"](audits["audit_behaviour"])
    assert "Constant_100 follows the others most closely (slope 0.60)" in plot.caption
    assert "Of 2 learners and modes 0 follow" in plot.caption
    assert "least equal under Constant_100 (Jain's index 0.940)" in plot.caption


def test_the_published_audit_is_drawn_with_its_numbers():
    table = released_of({"Alpha": "TR-1", "Beta": "TR-2", "Gamma": "TR-3"})
    plot = released_audit_figure(table)
    assert labels(plot.figure.axes[0]) == ["Alpha-v0", "Beta-v0", "Gamma-v0"]
    assert "exploitative in 0 of 72 tests" in plot.caption
    assert "in 60 of 120 in integrated reward (up to 3.00 %, Gamma-v0)" in plot.caption
    assert "in 60 in payoffs (up to 4.50 %, Gamma-v0)" in plot.caption
    assert "on 3 of 3 environments" in plot.caption
    low = table.assign(ramp_gain=-5.0, partial_gain=float("nan"))
    _, ramp, partial = released_audit_figure(low).figure.axes
    assert {text.get_text() for text in ramp.texts} == {"◂ −5.0"}
    assert len(ramp.texts) == len(partial.texts) == 6


def test_records_add_up_to_the_published_number():
    audit = {"audit": "static", "environment": "Alpha"}
    rows = [
        row("released_audit_records", **audit, policy=policy, seed=seed, replicate=replicate)
        for policy, seed, replicate in (("A", 1, False), ("A", 2, True), ("B", 1, True))
    ]
    unknown = {"environment": "", "origin": "stated number", "replicate": True, "policy": "B"}
    rows.append(row("released_audit_records", **audit | unknown))
    rows.append(row("released_audit_records", audit="temporal", policy="", replicate=False))
    found = record_rows(schema.table("released_audit_records", rows))
    assert [(one["audit"], one["origin"], one["records"]) for one in found] == [
        *(("static", "released code", 3), ("temporal", "released code", 1)),
        *(("static", "stated number", 1), ("all", "", 5)),
    ]
    assert [one["experiments"] for one in found] == [1, 1, 0, 2]
    assert [one["environments"] for one in found] == [1, 1, 0, 2]


# ---- tables -------------------------------------------------------------------------------------


def test_exploitability_names_both_ends_and_the_best_learner(audits, certificates):
    [alpha, beta] = audit_results.exploitability_rows(audits["audit_exploitability"], certificates)
    assert (alpha["least"], alpha["least_gain"]) == ("IPPO (integrated)", 30)
    assert (alpha["most"], alpha["most_relative"]) == ("Constant_100", 140 / 400)
    assert (alpha["learner"], alpha["learner_gain"]) == ("IPPO (integrated)", 30)
    assert alpha["policies"] == 6 and np.isnan(beta["worth"])
    said = audit_results.exploitability_summary(audits["audit_exploitability"], certificates)
    assert said.endswith(
        "0 of 6 policies, counted per environment and reward mode: 0 of 2 learners, 0 of 1 oracles."
    )


def test_losses_are_per_agent_and_the_strongest_is_told(audits, certificates):
    [found] = audit_results.robustness_rows(audits["audit_robustness"], certificates)
    # 400 for two agents; policy number n loses 2 n.
    assert (found["disturbance"], found["size"]) == ("observation", 0.2)
    assert (found["others_largest"], found["others_who"]) == (12 / 200, "Constant_100, Alpha-v1")
    assert found["learners_median"] == 2 / 200
    said = audit_results.robustness_summary(audits["audit_robustness"], certificates)
    assert "observation of size 0.2 costs policies that are not trained most, 4.50 %" in said


def test_behaviour_pools_learners_by_mode(audits):
    rows = audit_results.behaviour_rows(audits["audit_behaviour"])
    assert [one["policy"] for one in rows][:3] == [
        "IPPO (private)",
        "IPPO (integrated)",
        "TitForTat",
    ]
    assert rows[1]["slope"] == pytest.approx(0.05)
    assert rows[2]["forgiveness"] != rows[2]["forgiveness"]
    assert (rows[1]["gini"], rows[1]["sustainability"]) == pytest.approx((0.3, 0.3))


def test_who_fares_best_among_defectors_and_loses_most_to_other_runs_of_itself():
    about = {"environment": "Alpha", "edition": "v1"}
    values = {"TitForTat": (3.0, None), "IPPO": (5.0, 0.5), "ISAC": (4.0, 2.5)}
    rows = [
        row("audit_cross_play_summary", **about, **who, among_defectors=paid, runs_gap=gap)
        for name, (paid, gap) in values.items()
        for who in [auditee(name, "heuristic" if gap is None else "learner")]
    ]
    table = schema.table("audit_cross_play_summary", rows)
    [found] = audit_results.cross_play_rows(table)
    assert (found["wary"], found["wary_value"]) == ("IPPO (integrated)", 5.0)
    assert (found["strange"], found["strange_value"]) == ("ISAC (integrated)", 2.5)
    [none] = audit_results.cross_play_rows(table[table["policy"] == "TitForTat"])
    assert (none["strange"], none["strange_value"]) == ("", None)


def test_worst_case_training_counts_environments_by_their_interval():
    about = {"edition": "v1", "reward_mode": "private", "partner": "worst", "maddpg": -10.0}
    rows = [
        row(
            "audit_worst_case_training",
            **about,
            difference=d,
            difference_low=low,
            difference_high=high,
        )
        for d, low, high in ((5.0, 1.0, 9.0), (1.0, -1.0, 3.0), (2.0, None, None))
    ]
    [found] = audit_results.worst_case_rows(schema.table("audit_worst_case_training", rows))
    assert (found["more"], found["less"], found["open"]) == (1, 0, 2)
    assert found["difference"] == 0.2, "relative to the size of what MADDPG earns"


def test_runs_that_break_are_named():
    runs = [
        row(
            "audit_reward_hacking",
            policy=f"P{k}",
            environment="Alpha",
            edition="v1",
            protocol="corrected",
            reward_mode="integrated",
            correlation=0.5 - k,
            breaks=k > 0,
            break_step=4000 if k else None,
            peak_welfare=100.0,
            last_welfare=100.0 - 10 * k,
        )
        for k in range(3)
    ]
    table = schema.table("audit_reward_hacking", runs)
    [found] = audit_results.hacking_rows(table)
    assert (found["runs"], found["breaks"], found["negative"]) == (3, 2, 2)
    assert found["correlation"] == -0.5
    said = audit_results.hacking_summary(table)
    assert said.startswith("2 of 3 finished runs break")
    assert said.index("P2 on Alpha-v1") < said.index("P1 on Alpha-v1")
    assert "after 4,000 steps (welfare 100 to 80.0)" in said


def test_rows_of_a_sheet_are_those_of_its_figure(audits, certificates):
    met = summary(audits["audit_cross_play"].to_dict("records"))
    tables = audits | {"audit_cross_play_summary": schema.table("audit_cross_play_summary", met)}
    rows = audit_content.audited(tables, certificates)["Alpha-v1"]
    bars = sheet(audits).figure.subfigs[1].axes[0]
    assert [one["policy"] for one in rows] == labels(bars)
    nash = next(one for one in rows if one["policy"] == "Oracle_Nash")
    assert (nash["gain"], nash["relative"], nash["self_play"]) == (100, 0.25, 414)
    assert nash["noise_loss"] == 8 / 200
    assert np.isnan(nash["tremble_loss"]), "was not tried"


# ---- nothing audited ----------------------------------------------------------------------------


def test_a_study_without_audits_says_so(certificates):
    nothing = {name: schema.table(name, []) for name in audit_content.TABLES}
    data = audit_content.audit_data(nothing, certificates)
    assert set(data.pop("audits").values()) == {""}
    assert all(rows == [] for rows in data.values())
    assert audit_content.audited(nothing, certificates) == {}
    empty = {part: schema.table(f"audit_{part}", []) for part in SHEET}
    assert [*environment_audits(**{f"audit_{part}": empty[part] for part in SHEET})] == []
    plots = [
        FIGURES["exploitability"](nothing["audit_exploitability"], certificates),
        FIGURES["behaviour"](nothing["audit_behaviour"]),
        FIGURES["released_audit"](nothing["released_audit"]),
    ]
    for plot in plots:
        assert re.match("No (policy|released environment) was audited in this run.", plot.caption)
        plot.figure.draw_without_rendering()


# ---- a user's own policy ------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch):
    """Three reference policies instead of all."""
    monkeypatch.setattr(audit, "references", lambda game: references(game)[3:6])


def page_text(path: Path) -> str:
    page = re.sub(r'src="data:[^"]*"|<style.*?</style>', "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_a_constant_has_its_page(few, tmp_path):
    found = audit_page("TrustDilemma-v1", "Constant_75", tmp_path / "page.html", **TOKEN)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.csv", "page.html"]
    text = page_text(found)
    assert "Audits of Constant_75 on TrustDilemma-v1" in text
    assert not re.search(r"(?i:\bnan\b)|\bNone\b", text)
    data = pd.read_csv(tmp_path / "page.csv")
    gain = data.loc[(data["part"] == "exploitability") & (data["kind"] == "own"), "gain"].item()
    assert re.search(rf"gain {short(gain)} over all agents, [\d.]+ % of what", text)
    bars = data[data["part"] == "exploitability"]
    place = int((bars["gain"] < gain).sum()) + 1
    assert f"place {place} of {len(bars)}" in text
    assert (bars["policy"] == "Constant_75").sum() == 1
    assert "Constant_75 (yours)" in text


def test_a_rule_and_a_saved_policy_are_audited_alike(few, tmp_path):
    rule = tmp_path / "half_rule.py"
    rule.write_text(
        "from coopetition import agents\n"
        "from coopetition.agents.policy import Policy\n\n"
        "@agents.register\n"
        "class HalfForAudit(Policy):\n"
        '    """Half of every endowment."""\n\n'
        '    name = "HalfForAudit"\n'
        "    observation = None\n\n"
        "    def act(self, observations):\n"
        "        return 0.5 * self.game.endowments * __import__('numpy').ones((self.copies, 1))\n"
    )
    agents.make("Constant_50", "TrustDilemma-v1").save(tmp_path / "half.json")
    try:
        audit_page("TrustDilemma-v1", str(rule), tmp_path / "a.html", **TOKEN)
    finally:
        for extension in extensions.loaded():
            extensions.forget(extension)
    audit_page("TrustDilemma-v1", str(tmp_path / "half.json"), tmp_path / "b.pdf", **TOKEN)
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")
    own = [
        table[table["kind"] == "own"].drop(columns="policy").reset_index(drop=True)
        for table in (pd.read_csv(tmp_path / f"{name}.csv") for name in ("a", "b"))
    ]
    for table in own:
        table["partner"] = table["partner"].replace(
            {"HalfForAudit (yours)": "own", "half (yours)": "own"}
        )
    pd.testing.assert_frame_equal(*own)


def test_a_run_is_chosen_from_a_file_and_meets_the_learners_of_a_study(few, tmp_path):
    file = tmp_path / "study" / "models" / "v1" / "TrustDilemma" / "IPPO.zip"
    entry = agents.spec("IPPO")
    settings, learner = entry.hyperparameters["corrected"], entry.load("corrected")
    runs = [
        Run("IPPO", "corrected", "TrustDilemma", "v1", mode, seed, 0, settings)
        for mode in ("private", "integrated")
        for seed in (1, 2)
    ]
    algorithm = learner.for_runs(runs)
    write_models(file, [(run, algorithm.inference_weights(k)) for k, run in enumerate(runs)])
    page = tmp_path / "page.html"
    with pytest.raises(PageError, match=r"4 runs fit.*\n.*\n.*\n.*\n.*\nname one of them"):
        audit_page("TrustDilemma-v1", str(file), page, **TOKEN)
    chosen = {"reward_mode": "private", "seed": 2}
    study = tmp_path / "study"
    audit_page("TrustDilemma-v1", str(file), page, factors=chosen, study=study, **TOKEN)
    data = pd.read_csv(tmp_path / "page.csv")
    trained = data[(data["part"] == "exploitability") & (data["policy"] == "IPPO")]
    assert trained[["kind", "reward_mode"]].fillna("").to_numpy().tolist() == [
        ["own", ""],
        ["learner", "integrated"],
    ]
    assert trained["runs"].tolist() == [1, 1]
    assert "1 of " in page_text(page)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["TrustDilemma-v9", "Random"], "unknown environment 'TrustDilemma-v9'"),
        (["TrustDilemma-v1", "Rondom"], "unknown policy 'Rondom'"),
        (["TrustDilemma-v1", "gone.zip"], "gone.zip: no such file"),
        (["TrustDilemma-v1", "gone.py"], "gone.py: no such file"),
        (["TrustDilemma-v1", "Random", "--out", "page.txt"], "let its name end in .html or .pdf"),
        (["TrustDilemma-v1", "Random", "--study", "no/study"], "no/study has no learners"),
        (["TrustDilemma-v1", "examples/extend_learner.py"], "must be trained first"),
        (["TrustDilemma-v1", "examples/extend_game.py"], "registers no rule"),
        (["TrustDilemma-v1", "README.md"], "is not a file that Policy.save has written"),
        (["TrustDilemma-v0", "Oracle_Nash"], "Oracle_Nash"),
    ],
)
def test_what_cannot_be_audited_is_told_before_anything_is_played(arguments, message, tmp_path):
    root = Path(__file__).resolve().parents[2]
    known = [str(root / a) if (root / a).is_file() and "." in a else a for a in arguments]
    options = dict(zip(known[2::2], known[3::2], strict=True))
    out = options.get("--out", str(tmp_path / "page.html"))
    try:
        with pytest.raises(PageError, match=re.escape(message)):
            audit_page(*known[:2], out, study=options.get("--study"), **TOKEN)
    finally:
        for extension in extensions.loaded():
            extensions.forget(extension)
    assert list(tmp_path.iterdir()) == []


def test_the_command_explains_itself_and_its_errors(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert "FILE_OR_NAME" in said and "--study" in said and "my_rule.py" in said
    with pytest.raises(SystemExit, match="unknown policy"):
        main(["TrustDilemma-v1", "Rondom"])
    with pytest.raises(SystemExit):
        main(["TrustDilemma-v1", "Random", "seed"])
    assert "seed is not of the form seed=99" in capsys.readouterr().err
