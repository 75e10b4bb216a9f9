"""From the tables of a study, with runs that broke, to the report."""

import itertools
import re

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from campaign_frames import NOTHING, campaign_tables
from compared import comparisons, of_report, rivals

from coopetition import envs
from coopetition.agents.audits.cross_play import summary, worst_case_training
from coopetition.agents.threats import experiments
from coopetition.envs.contract import measure
from coopetition.reports import (
    audit_content,
    case_content,
    claim_content,
    columns,
    schema,
    statistics,
    supplement_content,
    theme,
    threat_content,
)
from coopetition.reports.audit_sheets import environment_audits
from coopetition.reports.case_figures import case_sheets
from coopetition.reports.cases.study import claim_rows
from coopetition.reports.cases.study import tables as case_tables
from coopetition.reports.comparison import contract_comparison, page_results
from coopetition.reports.content import report_data
from coopetition.reports.corpus_content import TABLES as CORPUS_TABLES
from coopetition.reports.counts import counts
from coopetition.reports.curves import environment_curves
from coopetition.reports.evidence import Evidence
from coopetition.reports.figures import FIGURES
from coopetition.reports.incentives import environment_incentives
from coopetition.reports.learners import card_rows, difference_rows
from coopetition.reports.report import build_report, check
from coopetition.reports.verdicts import decide, load_claims
from frames import FORMAL_IDS, IDS, audits_of, chain, ended, learning, released_of, row, trained

STUDY = {
    "name": "small",
    "scale": "smoke",
    "description": "Three environments, two broken runs.",
    "date": "2026-01-02",
    "configuration_hash": "f00d",
}
PROVENANCE = {
    "version": "0.1.0",
    "commit": "0123456789abcdef",
    "dirty": False,
    "python": "3.11.7",
    "platform": "Linux x86_64",
    "hardware": "Processor, 2 cores",
    "packages": {"numpy": "2"},
}
BROKEN = {0: "failed", 20: "diverged"}
CORPORA = {
    name: schema.table(name, [row(name, corpus="runs"), row(name, corpus=f"no {name}")])
    for name in CORPUS_TABLES
}
NO_SUPPLEMENT = {name: schema.table(name, []) for name in supplement_content.TABLES}
NO_CASES = {name: schema.table(name, []) for name in case_content.TABLES}
TABLES = ("plan", "contract", "certificates", "contract_comparison", "counts", "page_results")
TABLES += ("reference", "scores", "aggregates", "identity", "claims")
TABLES += ("learner_cards", "setting_differences", "learner_certificates", "learner_signatures")
CARD = {
    **{"name": "IPPO", "reward": "own", "actor": "own observation", "critic": "state"},
    **{"sharing": "none", "head": "Gaussian"},
    "protocols": {
        "corrected": {
            **{"base": "stable_baselines3.PPO", "data": "on-policy", "parameters": 100},
            **{"steps_between_updates": 400, "updates_per_step": 0.2},
            **{"samples_per_transition": 10.0, "hyperparameter_hash": "0123"},
        }
    },
    "differences": [
        {"setting": "hidden", "published": [128, 128], "ours": [64, 64], "why": "cheaper"},
        {"setting": "n_steps", "published": 2048, "ours": None, "why": "whole episodes"},
    ],
}
ALL_IDS = (*IDS, *FORMAL_IDS)


@pytest.fixture(scope="module")
def study(both, certificates, tmp_path_factory):
    """Every table of a study, read from the files in which the workflow keeps them."""
    folder = tmp_path_factory.mktemp("study")
    reference = both
    scores = trained(reference, broken=BROKEN, certificates=certificates)
    plan = scores[[c for c in columns.TABLES["plan"] if c in scores]].assign(hyperparameters="{}")
    curves = learning(scores)
    contract = schema.table("contract", [measure(id) for id in ALL_IDS])
    rows = {
        "plan": plan,
        "contract": contract,
        "certificates": certificates,
        "contract_comparison": contract_comparison(contract),
        "counts": counts(reference),
        "page_results": page_results(reference),
        "reference": reference,
        "scores": scores,
        "curves": curves,
        "aggregates": statistics.aggregates(scores, repetitions=50),
        "identity": statistics.identity(reference),
        "learner_cards": card_rows([CARD]),
        "setting_differences": difference_rows([CARD]),
        "learner_certificates": [ended(environment="TeamProduction", role="0|1|2|3")],
        "learner_signatures": [row("learner_signatures", signature="reciprocity")],
        "threats": [row("threats", threat="V01", text="They differ by 0.")],
        "threat_experiments": experiments(),
        "ablations": chain({"TrustDilemma": 0.2}),
    }
    text = (
        "certificates",
        "contract_comparison",
        "counts",
        "page_results",
        "aggregates",
        "identity",
        "learner_cards",
        "setting_differences",
        "learner_certificates",
        "learner_signatures",
        "claims",
        "threats",
        "threat_experiments",
        "ablations",
    )

    def kept(name, rows):
        path = folder / f"{name}.{'csv' if name in text else 'parquet'}"
        schema.write(name, rows, path)
        return schema.read(name, path)

    tables = {name: kept(name, rows) for name, rows in rows.items()}
    seen = ("reference", "contract", "certificates", "counts", "identity", "scores")
    seen += ("threat_experiments", "ablations")
    nothing = ("released_audit", "released_audit_records")
    known = {name: tables[name] for name in seen} | {n: schema.table(n, []) for n in nothing}
    evidence = Evidence(**known, repetitions=50)
    tables["claims"] = kept("claims", decide(evidence))
    return tables


@pytest.fixture(scope="module")
def audits():
    """Tables of audits, of policies on two environments."""
    found = audits_of([("TrustDilemma", "v0"), ("TeamProduction", "v1")])
    met = found["audit_cross_play"].to_dict("records")
    hacked = {"policy": "IPPO", "correlation": 0.5, "breaks": False, "break_step": None}
    more = {
        "audit_cross_play_summary": summary(met),
        "audit_worst_case_training": worst_case_training(met),
        "audit_reward_hacking": [row("audit_reward_hacking", **hacked)],
        "released_audit": released_of({"TrustDilemma": "TR-2", "TeamProduction": "TR-3"}),
        "released_audit_figures": [row("released_audit_figures")],
        "released_audit_records": [row("released_audit_records", replicate=False)],
    }
    return found | {name: schema.table(name, rows) for name, rows in more.items()}


@pytest.fixture(scope="module")
def cases():
    """Tables of one case study, and of its environment played by hand."""
    found = case_tables("renault_nissan", 200)
    told = {"case": "renault_nissan", "environment": "RenaultNissan-v0", "points_max": 2.0}
    told |= {"item": "order", "seed": None, "status": "coded"}
    play = {"history": ("script", 0.0), "Random": ("heuristic", 2.0), "IPPO": ("learner", 0.0)}
    found["case_rollouts"] = [
        row("case_rollouts", **told, policy=name, kind=kind, points=points)
        for name, (kind, points) in play.items()
    ]
    kept = {name: schema.table(name, rows) for name, rows in found.items()}
    claims = claim_rows(kept["case_scores"])
    return NO_CASES | kept | {"case_claims": schema.table("case_claims", claims)}


@pytest.fixture(scope="module")
def several(study):
    """How several learners compare."""
    return comparisons(rivals(study["scores"]), study["reference"])


@pytest.fixture(scope="module")
def nothing_audited():
    return {name: schema.table(name, []) for name in audit_content.TABLES}


@pytest.fixture(scope="module")
def drawn(study, several, audits, cases, supplements, replies, tmp_path_factory):
    """Figure id -> SVG file, texts and data beside it; those of environments with their folder."""
    folder = tmp_path_factory.mktemp("figures")
    needed = {
        "editions": ("certificates",),
        "response_curves": ("reference", "scores"),
        "formal_response_curves": ("reference", "scores"),
        "identity": ("reference",),
        "learning_curves": ("scores", "curves"),
        "scores": ("aggregates",),
        "learner_certificates": ("learner_certificates",),
        "performance_profiles": ("performance_profiles", "performance", "pools"),
        "improvement": ("improvement", "performance", "pools"),
        "ranks": ("ranks", "performance", "pools"),
        "class_gaps": ("class_gaps",),
        "crossovers": ("class_gaps",),
        "budgets": ("budgets", "pools"),
        "released_audit": ("released_audit",),
        "exploitability": ("audit_exploitability", "certificates"),
        "behaviour": ("audit_behaviour",),
        "ablation_chain": ("ablations",),
        "case_scores": ("case_scores",),
        "capacity": ("capacity", "capacity_agreement"),
        "critic_rates": ("critic_rates",),
        "mutuality": ("mutuality", "mutuality_jumps"),
        "population": ("population",),
        "biaxial_phases": ("biaxial_maps", "biaxial_outcomes"),
        "biaxial_trained": ("biaxial_maps", "biaxial_trained"),
        "biaxial_calibration": ("biaxial_maps", "biaxial_calibration"),
    }
    known = study | several | audits | cases | supplements | campaign_tables()
    shown = ("deviations", "exploitability", "cross_play", "behaviour", "schelling")
    shown += ("trajectories",)
    of_cases = ("scores", "nulls", "items", "ablations", "series", "targets")
    of_audits = {f"audit_{name}": audits[f"audit_{name}"] for name in shown}
    trained = [study[name] for name in ("reference", "scores", "curves")]
    plots = itertools.chain(
        (
            (name, figure(**{table: known[table] for table in needed[name]}))
            for name, figure in FIGURES.items()
        ),
        _in("environments", environment_curves(*trained)),
        _in("incentives", environment_incentives(study["certificates"], replies)),
        _in("audits", environment_audits(**of_audits)),
        _in("cases", case_sheets(**{f"case_{n}": cases[f"case_{n}"] for n in of_cases})),
    )
    names = []
    for name, plot in plots:
        paths = (folder / f"{name}.{suffix}" for suffix in ("svg", "csv", "json"))
        theme.save(plot, *paths, "c0ffee1234+")
        plt.close(plot.figure)
        names.append(name)
    return {name: folder / f"{name}.svg" for name in names}


def _in(folder, plots):
    """Plots of environments, named with their folder."""
    return ((f"{folder}/{name}", plot) for name, plot in plots)


def threat_tables(study):
    return {name: study[name] for name in threat_content.TABLES}


@pytest.fixture(scope="module")
def data(study, several, audits, cases, supplements, drawn):
    texts = {name: path.with_suffix(".json") for name, path in drawn.items()}
    return report_data(
        study=STUDY,
        provenance=PROVENANCE,
        learning_curves=study["curves"],
        figures={name: path for name, path in texts.items() if name in FIGURES},
        curves={p.stem: p for name, p in texts.items() if name.startswith("environments/")},
        incentives={p.stem: p for name, p in texts.items() if name.startswith("incentives/")},
        audit_figures={p.stem: p for name, p in texts.items() if name.startswith("audits/")},
        case_figures={p.stem: p for name, p in texts.items() if name.startswith("cases/")},
        statistics=of_report(several),
        threats=threat_tables(study),
        audits=audits,
        cases=cases,
        supplements=supplements,
        campaigns=campaign_tables(),
        corpora=CORPORA,
        **{name: study[name] for name in TABLES},
    )


def test_the_data_of_a_study_are_those_of_a_report(data, drawn):
    check(data, drawn)


def test_case_studies_are_told_beside_chance(data):
    [case] = data["cases"]
    assert (case["case"], case["environment"]) == ("renault_nissan", "RenaultNissan")
    assert [figure["id"] for figure in case["figures"]] == ["cases/renault_nissan"]
    scores = {score["rubric"]: (score["score"], score["max"]) for score in data["case_scores"]}
    assert scores == {"legacy": (49, 60), "strict": (18, 30)}
    assert "Renault-Nissan 49 of 60, chance 4" in data["case_summary"]["text"]
    assert "11 items" in case["text"]
    [told] = data["case_rollouts"]
    assert (told["script_met"], told["reference"], told["reference_met"]) == (0, "Random", 1)
    assert (told["learner"], told["learner_all"]) == ("", 1)
    said = {row["claim"]: row["recomputed"] for row in data["case_claims"]}
    assert said["81.7% (49/60)"] == "49 of 60"


def test_corpora_come_with_what_was_loaded_of_them(data):
    assert [(c["corpus"], c["loaded"]) for c in data["corpora"]] == [("runs", 3), ("no corpora", 0)]
    assert len(data["corpus_checks"]) == 2


def test_threats_are_all_there_with_what_this_run_found_of_them(data):
    threats = {threat["id"]: threat for threat in data["threats"]}
    assert [*threats] == [f"V{number:02d}" for number in range(1, 27)]
    assert [e["text"] for e in threats["V01"]["evidence"]] == ["They differ by 0."]
    assert threats["V04"]["evidence"] == []
    assert threats["V04"]["without"].startswith("This run lacks what it needs: environments of")
    assert sum(group["threats"] for group in data["threat_groups"]) == 26
    assert sum(group["recomputed"] for group in data["threat_groups"]) == 1
    steps = [row["step"] for row in data["ablations"]]
    assert (steps[0], steps[-1]) == ("as published", "independent")
    starts = [row for row in data["untrained"] if row["policy"] == "Central_PPO"]
    assert [row["protocol"] for row in starts] == 4 * ["as_published", "corrected"]
    assert all(row["share_max"] < 0.001 for row in starts[::2])
    assert all(0.4 < row["share_min"] <= row["share_max"] < 0.6 for row in starts[1::2])
    finite = {(r["number_format"], r["reward_mode"]): r["weights"] for r in data["half_precision"]}
    assert [key for key, weights in finite.items() if not weights] == [("half", "integrated")]


def test_counts(data):
    assert data["counts"] == {
        "planned": 45,
        "finished": 43,
        "diverged": 1,
        "failed": 1,
        "excluded": 0,
        "cpu_seconds": 450.0,
        "environments": 3,
        "policies": 101 + 3 + 7 + 1 + 1,
        "seeds": 3,
    }


def test_learners_are_described_and_their_settings_explained(data):
    (described,) = data["learner_cards"]
    assert (described["policy"], described["samples_per_transition"]) == ("IPPO", 10.0)
    hidden, steps = data["setting_differences"]
    assert hidden["changes"] == "hidden [128, 128] → [64, 64]"
    assert (steps["changes"], steps["why"]) == ("n_steps 2048 → –", "whole episodes")


def test_every_run_that_broke_is_listed_with_its_reason(data, study):
    broken = study["scores"].iloc[list(BROKEN)]
    assert [
        (f["run_id"], f["environment"], f["status"], f["reason"]) for f in data["failures"]
    ] == [
        (r.run_id, f"{r.environment}-v0", status, f"it {status}")
        for r, status in zip(broken.itertuples(), BROKEN.values(), strict=True)
    ]


def test_games_that_a_learner_is_not_defined_for_are_listed_once(study, several, nothing_audited):
    here = study["scores"]["environment"] == "TrustDilemma"
    scores = study["scores"].assign(status=study["scores"]["status"].mask(here, "excluded"))
    found = report_data(
        study=STUDY,
        provenance=PROVENANCE,
        learning_curves=study["curves"],
        figures={},
        curves={},
        incentives={},
        audit_figures={},
        case_figures={},
        statistics=of_report(several),
        threats=threat_tables(study),
        audits=nothing_audited,
        cases=NO_CASES,
        supplements=NO_SUPPLEMENT,
        campaigns=NOTHING,
        corpora=CORPORA,
        **{name: study[name] for name in TABLES} | {"scores": scores},
    )
    (row,) = found["excluded"]
    assert (row["policy"], row["runs"]) == ("Central_PPO", int(here.sum()))
    assert row["environments"].startswith("TrustDilemma-v")
    assert len(found["failures"]) == 2 - here.iloc[list(BROKEN)].sum()


def test_cells_hold_all_modes_and_seeds_of_a_learner(data):
    assert len(data["cells"]) == 5
    formal = [cell["protocol"] for cell in data["cells"] if cell["environment"].endswith("-v1")]
    assert formal == ["corrected"]
    for cell in data["cells"]:
        assert cell["planned"] == 9
        assert cell["finished"] + cell["failed"] + cell["diverged"] == 9
        assert cell["cpu_seconds"] == 90.0
    broken = {
        (c["environment"], c["protocol"]): (c["failed"], c["diverged"]) for c in data["cells"]
    }
    # Runs go by protocol, then by environment in order of name.
    assert broken[("TeamProduction-v0", "as_published")] == (1, 0)
    assert broken[("TeamProduction-v0", "corrected")] == (0, 1)
    assert broken[("TrustDilemma-v0", "as_published")] == (0, 0)


def test_cells_of_runs_that_left_no_row_are_planned(study, several, nothing_audited):
    lost = report_data(
        study=STUDY,
        provenance=PROVENANCE,
        learning_curves=study["curves"],
        figures={},
        curves={},
        incentives={},
        audit_figures={},
        case_figures={},
        statistics=of_report(several),
        threats=threat_tables(study),
        audits=nothing_audited,
        cases=NO_CASES,
        supplements=NO_SUPPLEMENT,
        campaigns=NOTHING,
        corpora=CORPORA,
        **{name: study[name] for name in TABLES} | {"scores": study["scores"].iloc[:0]},
    )
    assert (lost["counts"]["planned"], lost["counts"]["finished"]) == (45, 0)
    assert [(c["planned"], c["finished"]) for c in lost["cells"]] == [(9, 0)] * 5
    assert lost["failures"] == []


def test_scores_are_the_aggregates(data, study):
    keys = ["environment", "protocol", "policy", "reward_mode"]
    rows = {tuple(row[k] for k in keys): row for row in study["aggregates"].to_dict("records")}
    assert {tuple(shown[k] for k in keys) for shown in data["scores"]} == set(rows)
    assert len(data["scores"]) == len(rows)
    for shown in data["scores"]:
        row = rows[tuple(shown[k] for k in keys)]
        assert (shown["runs"], shown["finished"]) == (row["planned"], row["finished"])
        assert shown["iqm"] == row["iqm"]
        assert shown["action_share"] == pytest.approx(row["cooperation"])
        # Payoffs of different games do not add up to anything.
        assert (shown["welfare"] is None) == row["environment"].startswith("all ")
    orders = {"protocol": columns.PROTOCOLS, "reward_mode": (*columns.MODES, "all")}
    order = [
        (
            *(shown["environment"].startswith("all "), shown["environment"]),
            *(known.index(shown[key]) for key, known in orders.items()),
        )
        for shown in data["scores"]
    ]
    assert order == sorted(order)
    assert {shown["environments"] for shown in data["scores"]} == {1, 2}


def test_claims_and_highlights(data, study):
    verdicts = study["claims"].set_index("claim_id")["verdict"]
    assert [claim["id"] for claim in data["claims"]] == [claim["id"] for claim in load_claims()]
    for claim in data["claims"]:
        assert claim["verdict"] == verdicts[claim["id"]]
        assert "nan" not in claim["interval"]
    intervals = {claim["id"]: claim["interval"] for claim in data["claims"]}
    assert intervals["N01"] == ""
    assert re.fullmatch(r"\[-?\d+\.\d\d, -?\d+\.\d\d\]", intervals["N02"])
    threats = {claim["id"]: claim["threats"] for claim in load_claims()}
    assert {claim["id"]: claim["threats"] for claim in data["claims"]} == threats


def test_the_first_headlines_are_shown_in_their_order(data, study):
    rows = study["claims"].set_index("claim_id")
    reached = {
        claim["id"]: claim["headlines"][rows["verdict"][claim["id"]]]
        for claim in load_claims()
        if rows["verdict"][claim["id"]] in claim["headlines"]
    }
    first = sorted(reached, key=lambda name: reached[name]["priority"])[: claim_content.HIGHLIGHTS]
    assert [h["claim"] for h in data["highlights"]] == first
    assert len(first) > 1
    for shown in data["highlights"]:
        assert shown["title"] == reached[shown["claim"]]["title"]
        assert rows["estimate"][shown["claim"]] in shown["text"]
        assert "{" not in shown["text"]


def test_no_more_than_five_headlines_are_shown():
    rows = pd.DataFrame(
        {
            "claim_id": claim["id"],
            "verdict": next(iter(claim["headlines"]), "inconclusive"),
            **{"estimate": "2.5 %", "low": 1.0, "high": 2.0},
        }
        for claim in load_claims()
    )
    shown = claim_content.highlights(rows)
    assert [h["claim"] for h in shown] == ["N04", "N01", "B02", "N02", "N09"]
    assert "2.5 % [1.00, 2.00]" in shown[3]["text"]


def test_environments_are_described_by_what_was_measured(data):
    shown = {c["environment"]: c for c in data["contract"]}
    game = envs.game("TrustDilemma-v0")
    found = shown["TrustDilemma-v0"]
    assert found["horizon"] == game.horizon
    assert found["endowments"] == ", ".join(f"{e:g}" for e in game.endowments)


def test_published_statements_are_beside_what_is_measured(data):
    shown = {row["environment"]: row for row in data["comparison"]}
    assert list(shown) == list(IDS)
    team = shown["TeamProduction-v0"]
    assert team["measured"]["agents"] == team["stated"]["agents_config"] == "4"
    assert team["stated"]["agents_docs"] == "3"
    assert shown["TrustDilemma-v0"]["stated"]["class_analyse"] == "TR-1"
    # Two environments with 2 numbers each in the code; 16 other statements and one on their size.
    assert data["agreement"] == {
        **{"code": 4, "code_equal": 4},
        **{"documents": 17, "documents_equal": 13},
    }
    assert [row["published"] for row in data["documents"]] == ["17"]
    assert {row["policy"] for row in data["page_results"]} == {
        *("Random", "Constant_35", "Constant_50", "Constant_75", "TitForTat"),
    }


def test_the_two_modes_are_compared_for_each_set_of_policies(data, study):
    assert [row["environment"] for row in data["identity"]] == list(IDS)
    for compared in data["identity"]:
        found = study["identity"][study["identity"]["environment"] == compared["environment"]]
        assert compared["differences"] == dict(
            zip(found["policy_set"], found["max_relative_difference"], strict=True)
        )


def test_every_environment_has_a_part_of_a_card_with_its_figures(data, drawn):
    parts = {
        card["environment"]: [part["id"] for part in card["editions"]] for card in data["cards"]
    }
    assert parts == {
        "TrustDilemma": ["TrustDilemma-v0"],
        "TeamProduction": ["TeamProduction-v0", "TeamProduction-v1"],
    }
    makers = {"environments": "reports/curves.py", "incentives": "reports/incentives.py"}
    makers["audits"] = "reports/audit_sheets.py"
    for card in data["cards"]:
        for part in card["editions"]:
            ids = [figure["id"] for figure in part["figures"]]
            audited = part["id"] != "TeamProduction-v0"
            assert ids == [f"{folder}/{part['id']}" for folder in [*makers][: 2 + audited]]
            assert bool(part["audits"]) == audited
            for figure, maker in zip(part["figures"], makers.values(), strict=False):
                assert figure["id"] in drawn
                assert figure["provenance"].endswith(f"{maker}, commit c0ffee1+")
                assert figure["data"] == f"figures/{figure['id']}.csv"


def test_editions_are_compared_and_policies_told_apart(data):
    assert [row["environment"] for row in data["editions"]] == list(ALL_IDS)
    assert [row["environment"] for row in data["policies"]] == list(IDS)
    assert [row["environment"] for row in data["policies_formal"]] == list(FORMAL_IDS)
    text = data["editions_summary"]["text"]
    assert "Of 2 released environments, 0 are dilemmas" in text
    assert "Of 1 formal environments, 1 are dilemmas" in text
    assert data["without_scale"] == []
    assert {row["environment"] for row in data["identity"]} == set(IDS)


def test_the_report_is_built_and_shows_no_gaps_as_nan(data, drawn, tmp_path):
    html, pdf = tmp_path / "report.html", tmp_path / "report.pdf"
    build_report(data, drawn, html, pdf)
    assert pdf.read_bytes().startswith(b"%PDF")
    page = re.sub(r'src="data:[^"]*"|<style.*?</style>', "", html.read_text(), flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", page).replace("params = None", "")
    # Some published claims are about NaN.
    for claim in data["claims"]:
        text = text.replace(claim["statement"], "")
    assert not re.search(r"(?i:\bnan\b|<NA>|&lt;NA&gt;|\binf\b)|\bNone\b", text)
    assert "45 planned: 43 finished, 1 diverged, 1 failed, 0 excluded" in re.sub(r"\s+", " ", text)
    for status in BROKEN.values():
        assert f"it {status}" in text
    for claim in data["claims"]:
        assert f"claim-{claim['id']}" in page
