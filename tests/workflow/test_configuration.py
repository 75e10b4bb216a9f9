"""Configuration: every error says what to write instead; the plan is the product of the factors."""

import dataclasses
import datetime
import itertools
import json
import math
import shlex
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from snakemake.cli import parse_config

from coopetition import agents, envs
from coopetition.agents.runs import Run
from coopetition.agents.variants import VariantRun
from coopetition.envs import registry
from study import ConfigurationError, Study, resolve

FOLDER = Path(__file__).parents[2] / "config"
SCALES = sorted(path.stem for path in (FOLDER / "scales").glob("*.yaml"))
FACTORS = sorted(
    json.loads((FOLDER / "schemas" / "study.schema.json").read_text(encoding="utf-8"))["properties"]
)


CERTIFIED = {"policies": ["IPPO"], "environments": ["TeamProduction"], "steps": 16000}
CERTIFIED |= {"seeds": [99, 100, 101]}
# As Snakemake hands it over.
AS_TEXT = {**CERTIFIED, "steps": "16000", "seeds": ["99", "100", "101"]}


def study(scale: str = "smoke", **changes: Any) -> Study:
    return resolve({"scale": scale, "study": "mine", **changes}, FOLDER)


def error(**config: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        resolve(config, FOLDER)
    return str(caught.value)


def line(text: str) -> dict[str, Any]:
    """The configuration that the line of a message gives, as a shell and Snakemake read it."""
    lines = [part.strip() for part in text.splitlines() if "snakemake --config" in part]
    assert len(lines) == 1, text
    words = shlex.split(lines[0])
    assert words[:2] == ["snakemake", "--config"]
    return parse_config(words[2:])


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_resolves(scale):
    resolved = resolve({"scale": scale}, FOLDER)
    assert (resolved.name, resolved.scale) == (scale, scale)
    assert sorted(resolved.factors) == FACTORS
    assert resolved.plan()


def test_the_default_study_is_quick():
    config = yaml.safe_load((FOLDER / "study.yaml").read_text(encoding="utf-8"))
    assert resolve(config, FOLDER) == resolve({}, FOLDER) == resolve({"scale": "quick"}, FOLDER)


class TestErrors:
    @pytest.mark.parametrize(
        ("config", "key", "value", "allowed", "mended"),
        [
            ({"scale": "smok"}, "scale", "'smok'", "quick, smoke", {"scale": "quick"}),
            ({"scale": None}, "scale", "None", "quick, smoke", {"scale": "quick"}),
            ({"scale": ["quick"]}, "scale", "['quick']", "quick, smoke", {"scale": "quick"}),
            ({"sedes": [7]}, "sedes", "[7]", "study, ", {"seeds": ["99", "100", "101"]}),
            ({"sclae": "smoke"}, "sclae", "'smoke'", "scale, study", {"scale": "quick"}),
            ({3: 4}, "3", "4", "scale, study", {"seeds": ["99", "100", "101"]}),
            ({"seeds": 3}, "seeds", "3", "a list of", {"seeds": ["99", "100", "101"]}),
            ({"seeds": [7, 7]}, "seeds", "[7, 7]", "different", {"seeds": ["99", "100", "101"]}),
            ({"seeds": [2**32]}, "seeds", "[4294967296]", "to 4294967295", None),
            ({"seeds": [1.0]}, "seeds", "[1.0]", "whole numbers", None),
            ({"seeds": [True]}, "seeds", "[True]", "whole numbers", None),
            ({"seeds": []}, "seeds", "[]", "a list of", None),
            ({"steps": 0}, "steps", "0", "a whole number from 1", {"steps": 20480}),
            ({"steps": 1e5}, "steps", "100000.0", "a whole number from 1", {"steps": 20480}),
            ({"checkpoints": True}, "checkpoints", "True", "from 1", {"checkpoints": 10}),
            ({"description": ""}, "description", "''", "one sentence", None),
            ({"policies": "all"}, "policies", "'all'", "a list", {"policies": ["Central_PPO"]}),
            (
                {"environments": ["SLCD", "TrustDilema"]},
                *("environments", "'TrustDilema'", "TeamProduction, TrustDilemma"),
                {"environments": ["TrustDilemma"]},
            ),
            (
                {"environments": ["TrustDilemma-v0"]},
                *("environments", "'TrustDilemma-v0'", "TrustDilemma"),
                {"environments": ["TrustDilemma"]},
            ),
            ({"environments": ["?"]}, "environments", "'?'", "SLCD", None),
            (
                {"train_on": ["TrustDilema"]},
                *("train_on", "'TrustDilema'", "TeamProduction, TrustDilemma"),
                {"train_on": ["TrustDilemma"]},
            ),
            ({"train_on": "SLCD"}, "train_on", "'SLCD'", "all, or a list of", None),
            ({"train_on": ["SLCD", "SLCD"]}, "train_on", "['SLCD', 'SLCD']", "a list of", None),
            (
                {"train_on": {"v1": ["TrustDilema", "TrustDilemma"]}},
                *("train_on", "'TrustDilema'", "TeamProduction, TrustDilemma"),
                {"train_on": {"v1": ["TrustDilemma"]}},
            ),
            (
                {"train_on": {"v0": "all", "v9": ["SLCD"]}},
                *("train_on", "'v9'", "any of v0, v1"),
                {"train_on": {"v0": "all", "v1": ["SLCD"]}},
            ),
            (
                {"train_on": {"v0": ["SLCD"], "v1": {"IPO": ["SLCD"], "ISAC": "all"}}},
                *("train_on", "'IPO'", "any of Central_A2C, Central_ARS, Central_PPO"),
                {"train_on": {"v0": ["SLCD"], "v1": {"IPPO": ["SLCD"], "ISAC": "all"}}},
            ),
            (
                {"environments": ["SLCD", "TeamProduction"], "train_on": ["TrustDilemma", "SLCD"]},
                *("train_on", "'TrustDilemma'", "environments of the study: SLCD, TeamProduction"),
                {
                    "environments": ["SLCD", "TeamProduction", "TrustDilemma"],
                    "train_on": ["TrustDilemma", "SLCD"],
                },
            ),
            (
                {
                    "environments": ["SLCD"],
                    "train_on": {"v1": {"IPPO": ["RecoveryRace"], "ISAC": ["TrustDilemma"]}},
                },
                *("train_on", "'RecoveryRace'", "environments of the study: SLCD"),
                {
                    "environments": ["SLCD", "RecoveryRace", "TrustDilemma"],
                    "train_on": {"v1": {"IPPO": ["RecoveryRace"], "ISAC": ["TrustDilemma"]}},
                },
            ),
            (
                {"editions": ["v0"], "train_on": {"v1": ["SLCD"]}},
                *("train_on", "'v1'", "editions of the study: v0"),
                {"editions": ["v0", "v1"], "train_on": {"v1": ["SLCD"]}},
            ),
            (
                {"policies": ["IPPO"], "train_on": {"v0": ["SLCD"], "v1": {"ISAC": ["SLCD"]}}},
                *("train_on", "'ISAC'", "policies of the study: IPPO"),
                {
                    "policies": ["IPPO", "ISAC"],
                    "train_on": {"v0": ["SLCD"], "v1": {"ISAC": ["SLCD"]}},
                },
            ),
            (
                {"policies": ["IPPO"], "train_on": {"v1": {"ISAC": ["SLCD"]}}},
                *("train_on", "'ISAC'", "policies of the study: IPPO"),
                {"policies": ["ISAC"], "train_on": {"v1": {"ISAC": ["SLCD"]}}},
            ),
            (
                {"policies": ["ISAC", "IPPO"], "train_on": {"v1": {"ISAC": "all", "IPPO": []}}},
                *("policies", "'IPPO'", "train_on: ISAC; IPPO would train nowhere"),
                {"policies": ["ISAC"], "train_on": {"v1": {"ISAC": "all"}}},
            ),
            (
                {"policies": ["IPPO", "IA2C"], "environments": ["TeamProduction"]},
                *("policies", "'IA2C'", "train_on: IPPO; IA2C would train nowhere"),
                {"policies": ["IPPO"], "train_on": {"v1": {"IPPO": ["TeamProduction"]}}},
            ),
            ({"train_on": {"v0": 3}}, "train_on", "{'v0': 3}", "one of both per edition", None),
            (
                {"train_on": {"v1": {"IPPO": {"SLCD": []}}}},
                *("train_on", "{'v1': {'IPPO': {'SLCD': []}}}", "or per edition and policy", None),
            ),
            (
                {"train_on": {"v1": ["SLCD"]}, "protocols": ["as_published"]},
                *("protocols", "['as_published']", "IPPO has in edition v1: corrected; or a"),
                {"protocols": ["corrected"]},
            ),
            (
                {"train_on": {"v0": {"IPPO": "all"}}, "protocols": ["as_published"]},
                *("protocols", "['as_published']", "IPPO has in edition v0: corrected; or a"),
                {"protocols": ["corrected"]},
            ),
            (
                {"learner_certificates": {"policies": ["IPPO"]}},
                *("learner_certificates", "{'policies': ['IPPO']}", "environments, seeds and"),
                {"learner_certificates": AS_TEXT},
            ),
            (
                {"learner_certificates": {**CERTIFIED, "environments": []}},
                *("learner_certificates", str({**CERTIFIED, "environments": []}), "a mapping"),
                {"learner_certificates": AS_TEXT},
            ),
            (
                {"learner_certificates": {**CERTIFIED, "environments": ["TeamProd", "SLCD"]}},
                *("learner_certificates", "'TeamProd'", "TeamProduction, TrustDilemma"),
                {"learner_certificates": {**AS_TEXT, "environments": ["TeamProduction", "SLCD"]}},
            ),
            (
                {"learner_certificates": {**CERTIFIED, "policies": ["ISAC", "IPO"]}},
                *("learner_certificates", "'IPO'", "any of Central_A2C, Central_ARS, Central_PPO"),
                {"learner_certificates": {**AS_TEXT, "policies": ["ISAC", "IPPO"]}},
            ),
            (
                {"learner_certificates": {**CERTIFIED, "policies": ["ISAC", "Central_PPO"]}},
                *("learner_certificates", "'Central_PPO'", "a learner per agent in protocol"),
                {"learner_certificates": {**AS_TEXT, "policies": ["ISAC"]}},
            ),
            (
                {
                    "environments": ["SLCD", "TeamProduction"],
                    "learner_certificates": {**CERTIFIED, "environments": ["SLCD", "PublicGoods"]},
                },
                *("learner_certificates", "'PublicGoods'", "edition v1: SLCD, TeamProduction"),
                {"learner_certificates": {**AS_TEXT, "environments": ["SLCD"]}},
            ),
            (
                {"editions": ["v0"], "learner_certificates": CERTIFIED},
                *("learner_certificates", "'TeamProduction'", "edition v1: none"),
                {"learner_certificates": {}},
            ),
            ({"editions": ["v9"]}, "editions", "'v9'", "v0", None),
            (
                {"reward_modes": ["intergrated"]},
                *("reward_modes", "'intergrated'", "private, integrated, cooperative"),
                {"reward_modes": ["integrated"]},
            ),
            (
                {"policies": ["Central_PP0"]},
                *("policies", "'Central_PP0'", "Central_PPO"),
                {"policies": ["Central_PPO"]},
            ),
            (
                {"protocols": ["corected"]},
                *("protocols", "'corected'", "as_published, corrected"),
                {"protocols": ["corrected"]},
            ),
            *(
                ({"device": name}, "device", repr(name), "cuda:1", {"device": "cuda"})
                for name in ("gpu", "cuda1", "cuda:", "CPU", 0, None)
            ),
            *(
                ({"study": name}, "study", repr(name), "a folder name", {"study": "mine"})
                for name in ("../x", "a/b", "", ".hidden", "two words", "x\n", None, ["a"], 1.5)
            ),
        ],
        ids=str,
    )
    def test_names_key_value_allowed_and_the_line_to_write(
        self, config, key, value, allowed, mended
    ):
        with pytest.raises(ConfigurationError) as caught:
            resolve(config, FOLDER)
        text = str(caught.value)
        assert text.startswith(f"{key} = {value} cannot be used. Allowed: ")
        assert allowed in text
        suggestion = line(text)
        assert mended is None or suggestion == mended
        given_name = {"study": "mine", **suggestion}
        assert isinstance(resolve(given_name, FOLDER), Study)

    def test_a_scale_must_be_complete_and_readable(self, tmp_path):
        (tmp_path / "schemas").symlink_to(FOLDER / "schemas")
        scales = tmp_path / "scales"
        scales.mkdir()
        whole = yaml.safe_load((FOLDER / "scales" / "smoke.yaml").read_text(encoding="utf-8"))
        del whole["seeds"]
        for text, told in (
            (yaml.safe_dump(whole), r"lacks 'seeds': a list of.*\n\n    seeds: \[99, 100, 101\]"),
            ("seeds: [1", "mine.yaml is not valid YAML"),
            ("- seeds", "mine.yaml must hold keys"),
        ):
            (scales / "mine.yaml").write_text(text, encoding="utf-8")
            with pytest.raises(ConfigurationError, match=told):
                resolve({"scale": "mine"}, tmp_path)

    def test_names_an_edition_in_which_nothing_can_be_trained(self, later_game):
        text = error(study="mine", editions=["v9"], train_on=["SLCD"])
        assert text.startswith("train_on = ['SLCD'] cannot be used. Allowed: names that exist in")
        assert "edition v9" in text
        assert resolve({"study": "mine", **line(text)}, FOLDER).training_cells


@pytest.fixture
def later_game(monkeypatch):
    """A game that exists in a later edition only."""
    monkeypatch.setattr(registry, "_specs", dict(registry._specs))
    known = envs.spec("SLCD-v0")
    registry._specs["OnlyLater-v9"] = dataclasses.replace(known, id="OnlyLater-v9")


class TestTrainedEnvironments:
    ALL = ("IPPO", "IA2C", "ISAC", "QMIX", "MeanFieldAC", "FCP", "RecurrentPPO")
    ALL += ("Central_PPO", "Central_A2C", "Central_SAC")

    def test_are_those_of_train_on_in_every_edition_for_every_policy(self):
        names = ["SLCD", "TrustDilemma", "TeamProduction"]
        found = study(environments=names, train_on=["SLCD"])
        assert found.environments == [(edition, name) for edition in ("v0", "v1") for name in names]
        cells = [(edition, "SLCD", policy) for edition in ("v0", "v1") for policy in self.ALL]
        assert found.training_cells == cells
        assert {(run.edition, run.environment, run.policy) for run in found.plan()} == {*cells}

    def test_may_differ_between_editions(self):
        names = ["SLCD", "TrustDilemma"]
        both = study(environments=names, train_on={"v0": "all", "v1": ["SLCD"]})
        assert both.trained_environments == [
            *(("v0", "SLCD"), ("v0", "TrustDilemma"), ("v1", "SLCD")),
        ]
        one = study(environments=names, train_on={"v1": ["SLCD"]})
        assert one.trained_environments == [("v1", "SLCD")]

    def test_may_differ_between_policies(self):
        found = study(
            environments=["SLCD", "TrustDilemma"],
            train_on={
                "v0": {"Central_PPO": ["SLCD"]},
                "v1": {"Central_PPO": "all", "IPPO": ["SLCD"], "ISAC": []},
            },
        )
        assert found.training_cells == [
            ("v0", "SLCD", "Central_PPO"),
            ("v1", "SLCD", "IPPO"),
            ("v1", "SLCD", "Central_PPO"),
            ("v1", "TrustDilemma", "Central_PPO"),
        ]

    def test_forms_that_mean_the_same_plan_the_same(self):
        names = ["SLCD", "TrustDilemma"]
        forms = (
            names,
            "all",
            dict.fromkeys(("v0", "v1"), names),
            {"v1": dict.fromkeys(self.ALL, "all"), "v0": dict.fromkeys(self.ALL[::-1], names)},
        )
        plans = [study(environments=names, train_on=form).plan() for form in forms]
        assert all(plan == plans[0] for plan in plans[1:])
        # All learners have one protocol, and three joint ones two in the released edition.
        assert len(plans[0]) == (10 + 3 + 10) * len(names) * 2 * 2

    def test_may_be_all_or_none(self):
        names = ["SLCD", "TrustDilemma"]
        every = study(environments=names, train_on="all")
        assert every.trained_environments == every.environments
        assert len(every.environments) == 4
        for nothing in ([], {}, {"v0": []}, {"v0": {}}, {"v0": [], "v1": {"IPPO": []}}):
            none = study(environments=names, train_on=nothing, policies=["IPPO", "ISAC"])
            assert none.training_cells == none.plan() == []

    # The smoke scale trains Central_PPO on two released games, and all on one formal game.
    @pytest.mark.parametrize(
        ("changes", "cells"),
        [
            (
                {"environments": "all"},
                {
                    ("v0", "TrustDilemma"): ["Central_PPO"],
                    ("v0", "TeamProduction"): ["Central_PPO"],
                    ("v1", "TrustDilemma"): ALL,
                },
            ),
            (
                {"environments": ["TeamProduction", "SLCD"]},
                {("v0", "TeamProduction"): ["Central_PPO"]},
            ),
            (
                {"environments": ["SLCD"]},
                {("v0", "SLCD"): ["Central_PPO"], ("v1", "SLCD"): ALL},
            ),
            ({"editions": ["v1"]}, {("v1", "TrustDilemma"): ALL}),
            ({"editions": ["v0"], "environments": ["SLCD"]}, {("v0", "SLCD"): ["Central_PPO"]}),
            ({"policies": ["ISAC", "IPPO"]}, {("v1", "TrustDilemma"): ["ISAC", "IPPO"]}),
            (
                {"policies": ["ISAC"], "editions": ["v0"], "environments": ["SLCD"]},
                {("v0", "SLCD"): ["ISAC"]},
            ),
        ],
        ids=str,
    )
    def test_follow_the_other_factors_where_nothing_else_is_said(self, changes, cells):
        found = study(**changes)
        assert found.training_cells == [(*pair, p) for pair in cells for p in cells[pair]]
        again = study(**{**found.factors, "description": "As it was resolved."})
        assert again.training_cells == found.training_cells

    def test_policies_follow_them_where_nothing_else_is_said(self):
        assert study()["policies"] == [*self.ALL]
        assert study(train_on=[])["policies"] == [*self.ALL]
        assert study(editions=["v0"])["policies"] == ["Central_PPO"]
        formal = study(train_on={"v1": {"ISAC": ["TrustDilemma"], "IPPO": "all"}})
        assert formal["policies"] == ["IPPO", "ISAC"]

    def test_a_scale_without_training_stays_so(self, tmp_path):
        (tmp_path / "schemas").symlink_to(FOLDER / "schemas")
        (tmp_path / "scales").mkdir()
        whole = yaml.safe_load((FOLDER / "scales" / "smoke.yaml").read_text(encoding="utf-8"))
        for nothing in ([], {"v1": []}, {"v1": {"IPPO": []}}):
            text = yaml.safe_dump({**whole, "train_on": nothing})
            (tmp_path / "scales" / "mine.yaml").write_text(text, encoding="utf-8")
            narrow = {"editions": ["v0"], "environments": ["SLCD"]}
            assert resolve({"scale": "mine", "study": "other", **narrow}, tmp_path).plan() == []

    @pytest.mark.parametrize("scale", SCALES)
    def test_of_a_scale_are_some_of_its_environments(self, scale):
        resolved = resolve({"scale": scale}, FOLDER)
        assert set(resolved.trained_environments) <= set(resolved.environments)

    @pytest.mark.parametrize("scale", SCALES)
    def test_and_policies_of_a_scale_are_all_that_it_names(self, scale):
        """Nothing is left out as it would be in a narrowed study."""
        named = yaml.safe_load((FOLDER / "scales" / f"{scale}.yaml").read_text(encoding="utf-8"))
        resolved = resolve({"scale": scale}, FOLDER)
        assert resolved["policies"] == named["policies"]
        assert resolved["train_on"] == named["train_on"]

    def test_of_quick_are_one_per_class_and_edition(self):
        quick = resolve({"scale": "quick"}, FOLDER)
        assert len(quick.environments) == len(envs.ids()) == 40
        assert quick.trained_environments == [
            (edition, name)
            for edition in ("v0", "v1")
            for name in ("PartnerHoldUp", "TrustDilemma", "TeamProduction", "ReciprocalDilemma")
        ]
        often = ("IPPO", "ISAC", "MAPPO", "MADDPG", "QMIX", "Central_PPO")
        places = {}
        for edition, _, policy in quick.training_cells:
            places[edition, policy] = places.get((edition, policy), 0) + 1
        assert places == {
            ("v0", "Central_PPO"): 4,
            **{("v1", policy): 4 if policy in often else 1 for policy in agents.learner_names()},
        }

    @pytest.mark.parametrize(
        ("value", "cells"),
        [
            ('{"v0": [], "v1": ["TrustDilemma"]}', [("v1", "TrustDilemma", p) for p in ALL]),
            (
                '{"v1": {"ISAC": ["TrustDilemma"], "IPPO": "all"}, "v0": []}',
                [
                    ("v1", "PartnerHoldUp", "IPPO"),
                    ("v1", "TrustDilemma", "IPPO"),
                    ("v1", "TrustDilemma", "ISAC"),
                    ("v1", "TeamProduction", "IPPO"),
                    ("v1", "AppleAppStore", "IPPO"),
                ],
            ),
        ],
    )
    def test_the_command_line_takes_a_mapping(self, value, cells):
        found = resolve(parse_config(["scale=smoke", f"train_on={value}", "study=formal"]), FOLDER)
        assert found.training_cells == cells


class TestLearnerCertificates:
    def test_train_every_policy_everywhere_in_both_modes(self):
        wanted = {"policies": ["ISAC", "IPPO"], "environments": ["TeamProduction", "SLCD"]}
        found = study(
            environments=["SLCD", "TeamProduction"],
            learner_certificates={**wanted, "seeds": [1, 2, 3], "steps": 500},
        )
        assert found.certified_cells == [
            ("v1", environment, policy)
            for environment in wanted["environments"]
            for policy in wanted["policies"]
        ]
        runs = [run for cell in found.certified_cells for run in found.certified_cell(*cell)]
        assert {(run.edition, run.protocol, run.steps) for run in runs} == {
            ("v1", "corrected", 500)
        }
        factors = [(r.environment, r.policy, r.reward_mode, r.seed) for r in runs]
        modes = ("private", "cooperative")
        assert {*factors} == {*itertools.product(*reversed(wanted.values()), modes, (1, 2, 3))}
        assert len(factors) == len({*factors}) == 2 * 2 * 2 * 3

    def test_of_quick_are_of_one_learner_in_three_environments(self):
        quick = resolve({"scale": "quick"}, FOLDER)
        runs = [run for cell in quick.certified_cells for run in quick.certified_cell(*cell)]
        assert len(runs) == 3 * 2 * 5
        assert not {run.run_id for run in runs} & {run.run_id for run in quick.plan()}

    @pytest.mark.parametrize(
        ("changes", "environments"),
        [
            ({}, ["PartnerHoldUp", "TeamProduction", "PublicGoods"]),
            ({"editions": ["v1"]}, ["PartnerHoldUp", "TeamProduction", "PublicGoods"]),
            ({"environments": ["SLCD", "PublicGoods"]}, ["PublicGoods"]),
            (
                {"train_on": [], "policies": ["IA2C"]},
                ["PartnerHoldUp", "TeamProduction", "PublicGoods"],
            ),
            ({"environments": ["SLCD"]}, []),
            ({"editions": ["v0"]}, []),
            ({"learner_certificates": {}}, []),
        ],
        ids=str,
    )
    def test_follow_editions_and_environments_where_nothing_else_is_said(
        self, changes, environments
    ):
        found = study("quick", **changes)
        assert found.certified_cells == [
            ("v1", environment, "IPPO") for environment in environments
        ]
        assert bool(found["learner_certificates"]) == bool(environments)
        again = study("quick", **{**found.factors, "description": "As it was resolved."})
        assert again.certified_cells == found.certified_cells

    def test_are_refused_for_a_learner_without_the_protocol(self, monkeypatch):
        monkeypatch.setattr(
            "study.checks.protocols_of",
            lambda policy, edition: [] if policy == "IPPO" else ["corrected"],
        )
        text = error(study="mine", learner_certificates=CERTIFIED)
        assert text.startswith("learner_certificates = 'IPPO' cannot be used.")
        assert "in protocol corrected: COMA, FCP, IA2C, " in text
        assert "IPPO," not in text.partition("corrected: ")[2].partition(".")[0].split(" ")
        assert line(text) == {"learner_certificates": {}}

    def test_are_refused_where_the_environment_has_no_formal_edition(self, monkeypatch):
        monkeypatch.setattr(
            registry, "_specs", {k: v for k, v in registry._specs.items() if k != "SLCD-v1"}
        )
        changes = {"study": "mine", "environments": ["SLCD", "TeamProduction"]}
        wanted = {**CERTIFIED, "environments": ["TeamProduction", "SLCD"]}
        text = error(**changes, learner_certificates=wanted)
        assert "edition v1: TeamProduction." in text
        mended = resolve({**changes, **line(text)}, FOLDER)
        assert mended.certified_cells == [("v1", "TeamProduction", "IPPO")]


class TestAudits:
    AUDITED = study("quick")["audits"]

    def test_seeds_may_name_environments(self):
        resolved = study("quick", audits={**self.AUDITED, "seeds": {"SLCD": 3, "others": 2}})
        assert resolved.audit_settings("SLCD")["seeds"] == 3
        assert resolved.audit_settings("TrustDilemma")["seeds"] == 2
        assert study("quick").audit_settings("SLCD")["seeds"] == 1
        assert "environments" not in resolved.audit_settings("SLCD")

    def test_an_environment_that_is_not_there_is_named(self):
        wanted = {**self.AUDITED, "seeds": {"SLCDD": 3, "others": 1}}
        text = error(scale="quick", study="mine", audits=wanted)
        assert "'SLCDD' cannot be used" in text
        assert line(text)["audits"]["seeds"].keys() == {"SLCD", "others"}


ABLATED = {"environments": ["TrustDilemma", "TeamProduction"], "reward_mode": "private"}
ABLATED |= {"seeds": [99, 100], "steps": {"TeamProduction": 4096, "others": 2048}}


class TestAblations:
    def test_are_a_chain_of_runs_on_released_environments(self):
        resolved = study(ablations=ABLATED)
        assert resolved.ablated_environments == [("v0", "TrustDilemma"), ("v0", "TeamProduction")]
        for _, environment in resolved.ablated_environments:
            chain = resolved.ablation_runs(environment)
            assert [run.seed for run in chain[0]] == [99, 100]
            runs = [run for step in chain for run in step]
            assert {run.steps for run in runs} == {4096 if "Team" in environment else 2048}
            assert {(run.edition, run.reward_mode) for run in runs} == {("v0", "private")}

    def test_none_are_none(self):
        assert study(ablations={}).ablated_environments == []
        assert study("smoke").ablated_environments == []
        assert study("quick", editions=["v1"]).ablated_environments == []

    def test_follow_the_environments_where_nothing_else_is_said(self):
        assert study("quick", environments=["SLCD"])["ablations"] == {}
        kept = study("quick", environments=["SLCD", "TrustDilemma"])
        assert kept.ablated_environments == [("v0", "TrustDilemma")]

    @pytest.mark.parametrize("environments", [["TrustDilema"], ["SLCD"]])
    def test_are_refused_where_the_study_has_no_such_environment(self, environments):
        wanted = {**ABLATED, "environments": environments}
        text = error(scale="smoke", study="mine", ablations=wanted)
        assert text.startswith(f"ablations = '{environments[0]}' cannot be used")
        mended = line(text)["ablations"]
        assert mended == {} or mended["environments"] == ["TrustDilemma"]

    def test_a_quick_chain_takes_about_a_minute(self):
        """A step of the published PPO takes about a millisecond."""
        (place,) = study("quick").ablated_environments
        runs = [run for step in study("quick").ablation_runs(place[1]) for run in step]
        alone = [run for run in runs if run.protocol == "as_published"]
        assert sum(run.steps for run in alone) <= 50_000


class TestProtocols:
    def test_of_the_published_study_are_planned_for_joint_learners_on_what_it_released(self):
        both = study(environments=["SLCD"], train_on="all", policies=["IPPO", "Central_PPO"])
        assert {(run.policy, run.edition, run.protocol) for run in both.plan()} == {
            ("IPPO", "v0", "corrected"),
            ("IPPO", "v1", "corrected"),
            ("Central_PPO", "v0", "as_published"),
            ("Central_PPO", "v0", "corrected"),
            ("Central_PPO", "v1", "corrected"),
        }

    def test_a_learner_without_one_in_an_edition_is_refused_and_told_how_to_leave_it_out(self):
        changes = {"study": "mine", "environments": ["SLCD"], "protocols": ["as_published"]}
        text = error(**changes, train_on={"v0": {"Central_PPO": "all"}, "v1": ["SLCD"]})
        assert "or a train_on in which IPPO has nothing in v1" in text
        released = resolve({**changes, "train_on": {"v0": {"Central_PPO": "all"}}}, FOLDER)
        assert {run.edition for run in released.plan()} == {"v0"}

    def test_only_learners_that_train_in_an_edition_need_one_in_it(self):
        """IPPO, which is a policy of the study, has none of the published study in v0."""
        found = study(
            environments=["SLCD"],
            train_on={"v0": {"Central_PPO": "all", "IPPO": []}, "v1": {"IPPO": []}},
            protocols=["as_published"],
        )
        assert found.training_cells == [("v0", "SLCD", "Central_PPO")]


class TestNarrowedRuns:
    @pytest.mark.parametrize(
        "changes",
        [
            {"seeds": [7, 8]},
            {"environments": "all"},
            {"train_on": []},
            {"environments": ["SLCD"], "train_on": "all"},
            {"train_on": {"v0": "all", "v1": {"IPPO": ["TrustDilemma"]}}},
            {"policies": ["IA2C", "IPPO"]},
            {"environments": ["SLCD"], "steps": 4096, "reward_modes": ["private"]},
            {"learner_certificates": CERTIFIED},
            {"learner_certificates": {}},
            {"description": 'It\'s "one" seed: $HOME, \\n & é'},
            {"device": "cuda:1"},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("name", [{}, {"study": "smoke"}, {"study": "quick"}], ids=str)
    def test_need_a_name_and_are_told_the_line(self, changes, name):
        text = error(scale="smoke", **changes, **name)
        assert all(key in text for key in changes)
        resolved = resolve(line(text), FOLDER)
        assert resolved.name == "my_smoke"
        assert dict(resolved.factors) == dict(study(**changes).factors)

    def test_a_scale_does_not_overwrite_another_scale(self):
        text = error(scale="smoke", study="quick")
        assert line(text) == {"scale": "smoke", "study": "my_smoke"}

    @pytest.mark.parametrize("scale", SCALES)
    def test_a_value_that_the_scale_has_already_is_no_change(self, scale):
        plain = resolve({"scale": scale}, FOLDER)
        for factor, value in plain.factors.items():
            assert resolve({"scale": scale, factor: value}, FOLDER) == plain

    def test_numbers_of_the_command_line_are_numbers(self):
        """Snakemake hands `--config seeds='[7, 8]'` over as text."""
        config = parse_config(["scale=smoke", "seeds=[7, 8]", "steps=4096", "study=two_seeds"])
        resolved = resolve(config, FOLDER)
        assert (resolved["seeds"], resolved["steps"]) == ([7, 8], 4096)
        same = parse_config(["scale=smoke", "seeds=[99, 100]"])
        assert resolve(same, FOLDER) == resolve({"scale": "smoke"}, FOLDER)


yaml_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.binary(max_size=5)
    | st.sampled_from(
        ["all", "v0", "v1", "SLCD", "TrustDilemma", "Central_PPO", "IPPO", "corrected", "private"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["v0", "v1", "IPPO", "ISAC"]), inner
        )
    ),
    max_leaves=6,
)
NAMES = ["SLCD", "TrustDilemma", "TeamProduction"]
POLICIES = ["IPPO", "ISAC", "Central_PPO"]
trained = st.just("all") | st.lists(st.sampled_from(NAMES), unique=True)
keys = st.sampled_from([*FACTORS, "scale", "study"]) | st.text(max_size=8) | st.integers()


def wanted(train_on: Any) -> bool:
    """Does it name an environment for some policy in some edition?"""
    parts = train_on.values() if isinstance(train_on, dict) else ()
    return any(map(wanted, parts)) if parts else bool(train_on)


class TestAnyValue:
    """Whatever YAML can hold either resolves or raises a `ConfigurationError`."""

    @settings(max_examples=400, deadline=None)
    @given(st.sampled_from([*FACTORS, "scale", "study"]), yaml_values)
    def test_of_a_factor(self, factor, value):
        self._resolves_or_raises({"study": "mine", factor: value})

    @settings(max_examples=300, deadline=None)
    @given(
        editions=st.lists(st.sampled_from(["v0", "v1"]), min_size=1, unique=True),
        policies=st.none() | st.lists(st.sampled_from(POLICIES), min_size=1, unique=True),
        environments=st.just("all") | st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
        train_on=st.none()
        | trained
        | st.dictionaries(
            st.sampled_from(["v0", "v1"]),
            trained | st.dictionaries(st.sampled_from(POLICIES), trained, min_size=1),
            min_size=1,
        ),
    )
    def test_of_what_trains_where(self, **factors):
        given = {factor: value for factor, value in factors.items() if value is not None}
        self._resolves_or_raises({"study": "mine", **given})

    @settings(max_examples=150, deadline=None)
    @given(st.dictionaries(keys, yaml_values, max_size=3))
    def test_of_any_key(self, config):
        self._resolves_or_raises(config)

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.integers(0, 9) | st.booleans() | st.floats(0, 3), min_size=1, max_size=4))
    def test_of_seeds(self, seeds):
        self._resolves_or_raises({"study": "mine", "seeds": seeds})

    def _resolves_or_raises(self, config: dict[Any, Any]) -> None:
        try:
            resolved = resolve(config, FOLDER)
        except ConfigurationError as caught:
            assert "snakemake --config" in str(caught)
            return
        runs = resolved.plan()
        assert len({run.run_id for run in runs}) == len(runs)
        assert bool(runs) == wanted(resolved["train_on"])
        planned = {run.policy for run in runs}
        assert not runs or planned == set(resolved["policies"])
        assert all(type(run.seed) is int and type(run.steps) is int for run in runs)
        assert resolved.hash


class TestPlan:
    @settings(max_examples=50, deadline=None)
    @given(
        environments=st.lists(
            st.sampled_from([envs.spec(i).name for i in envs.ids("v0")]), min_size=1, unique=True
        ),
        protocols=st.lists(st.sampled_from(["as_published", "corrected"]), min_size=1, unique=True),
        reward_modes=st.lists(st.sampled_from(envs.REWARD_MODES), min_size=1, unique=True),
        seeds=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5, unique=True),
    )
    def test_has_one_run_per_combination(self, **factors):
        runs = study(**factors, editions=["v0"], policies=["Central_PPO"], train_on="all").plan()
        combinations = {(r.environment, r.protocol, r.reward_mode, r.seed) for r in runs}
        assert len(runs) == len(combinations) == math.prod(map(len, factors.values()))
        assert len({run.run_id for run in runs}) == len(runs)

    def test_of_quick_has_the_size_that_its_factors_say(self):
        quick = resolve({"scale": "quick"}, FOLDER)
        crossed = math.prod(len(quick[factor]) for factor in ("reward_modes", "seeds"))
        # One learner in two protocols on four released environments; on those of the formal edition
        # six in one, and sixteen more on one of them.
        assert len(quick.plan()) == (4 * 2 + 4 * 6 + 16) * crossed == 432

    def test_of_all_environments_names_each_of_both_editions(self):
        everything = study(environments="all", train_on="all")
        assert [f"{name}-{edition}" for edition, name in everything.environments] == envs.ids()
        assert {run.env_id for run in everything.plan()} == set(envs.ids())

    def test_does_not_depend_on_the_order_in_which_environments_are_named(self):
        names = ["TeamProduction", "SLCD", "TrustDilemma"]
        assert study(environments=names).plan() == study(environments=names[::-1]).plan()


class TestDevice:
    def test_is_the_cpu_where_nothing_else_is_said(self):
        assert study()["device"] == "cpu"
        assert study(device="cpu") == study()

    def test_is_no_part_of_the_identity_of_a_run(self):
        elsewhere = resolve({"scale": "smoke", "device": "cuda", "study": "gpu"}, FOLDER)
        assert elsewhere.plan() == study().plan()
        assert [r.run_id for r in elsewhere.plan()] == [r.run_id for r in study().plan()]


class TestRunIdentity:
    RUN = Run(
        *("Central_PPO", "corrected", "SLCD", "v0", "private", 99, 2048),
        hyperparameters={"hidden": (64, 64), "gamma": 0.99},
    )

    def test_has_the_id_that_it_always_had(self):
        """Results and weights that are kept elsewhere are found by it."""
        assert self.RUN.run_id == "b8f79b11ce5a935f"

    def test_is_printed_in_a_line_that_tells_every_run_apart(self):
        """Snakemake compares what is printed to know which jobs have changed."""
        line = "<Central_PPO corrected SLCD-v0 private seed 99, 2048 steps, b8f79b11ce5a935f>"
        assert repr(self.RUN) == line
        variant = VariantRun(**dataclasses.asdict(self.RUN), parameters={"agents": 8})
        assert repr(variant) == line.replace(self.RUN.run_id, variant.run_id) != line

    def test_equal_identity_gives_an_equal_id(self):
        again = Run(**dataclasses.asdict(self.RUN))
        assert again.run_id == self.RUN.run_id

    def test_tuples_and_lists_and_the_order_of_settings_give_the_same_id(self):
        stored = json.loads(json.dumps(dataclasses.asdict(self.RUN)))
        assert stored["hyperparameters"]["hidden"] == [64, 64]
        stored["hyperparameters"] = dict(reversed(stored["hyperparameters"].items()))
        read = Run(**stored)
        assert read.run_id == self.RUN.run_id
        assert read.hyperparameter_hash == self.RUN.hyperparameter_hash

    @pytest.mark.parametrize(
        "change",
        [
            {"policy": "Other"},
            {"protocol": "as_published"},
            {"environment": "TrustDilemma"},
            {"edition": "v1"},
            {"reward_mode": "integrated"},
            {"seed": 100},
            {"steps": 2049},
            {"hyperparameters": {"hidden": (64, 65), "gamma": 0.99}},
            {"hyperparameters": {"hidden": (64, 64), "gamma": 0.99, "more": None}},
        ],
        ids=str,
    )
    def test_any_change_gives_another_id(self, change):
        assert dataclasses.replace(self.RUN, **change).run_id != self.RUN.run_id

    def test_every_field_is_part_of_it(self):
        """A field added later needs a case above."""
        assert [field.name for field in dataclasses.fields(Run)] == [
            *("policy", "protocol", "environment", "edition"),
            *("reward_mode", "seed", "steps", "hyperparameters"),
        ]


class TestStudyHash:
    def test_any_changed_factor_changes_it(self):
        base = study()
        changes = {
            "description": "Other.",
            "device": "cuda",
            "environments": ["SLCD"],
            "train_on": ["TrustDilemma"],
            "editions": ["v0"],
            "protocols": ["corrected"],
            "reward_modes": ["private"],
            "seeds": [1],
            "steps": 1,
            "checkpoints": 1,
            "learner_certificates": {},
            "trajectories": {},
            "random_episodes": 1,
            "case_draws": 1,
            "bootstrap_repetitions": 1,
        }
        hashes = {study(**{key: value}).hash for key, value in changes.items()}
        assert len(hashes | {base.hash, study(study="other").hash}) == len(changes) + 2
        assert study().hash == base.hash


def test_dates_are_shown_as_yaml_reads_them():
    text = error(study="mine", **yaml.safe_load("seeds: [2026-01-02]"))
    assert repr(datetime.date(2026, 1, 2)) in text


class TestTrajectories:
    WANTED: ClassVar = {
        "environments": ["SLCD"],
        "reward_modes": ["private"],
        "seeds": 1,
        "episodes": 2,
    }

    def test_are_recorded_in_every_edition_of_the_study(self):
        assert study().trajectory_environments == [("v0", "TrustDilemma"), ("v1", "TrustDilemma")]
        wanted = study(environments="all", trajectories=self.WANTED, editions=["v1"])
        assert wanted.trajectory_environments == [("v1", "SLCD")]
        assert study(trajectories={}).trajectory_environments == []

    def test_follow_the_environments(self):
        assert study(environments=["SLCD"])["trajectories"] == {}

    def test_elsewhere_are_an_error_with_the_line_to_write(self):
        text = error(scale="smoke", study="mine", trajectories=self.WANTED)
        assert text.startswith("trajectories = 'SLCD' cannot be used. Allowed: environments of the")
        assert line(text) == {"trajectories": {}}
        text = error(scale="smoke", study="mine", trajectories={"environments": ["SLCD"]})
        assert "a mapping with environments (all, or a list), reward_modes, seeds" in text


def test_a_released_corpus_is_no_factor():
    assert resolve({"scale": "smoke", "corpus": "anywhere"}, FOLDER) == resolve(
        {"scale": "smoke"}, FOLDER
    )
