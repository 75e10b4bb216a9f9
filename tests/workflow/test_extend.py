"""Extensions in a study: what they add to it, what reruns with them, and one study with four."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from checkouts import ROOT, Checkout, checkout, read_table
from snakemake.cli import parse_config

from coopetition import agents
from coopetition.agents import extensions
from coopetition.agents.registry import learner
from coopetition.reports import columns, evidence
from study import ConfigurationError, Study, code_hash, resolve

CONFIG = ROOT / "config"
# Rules that an edit of a game runs again, besides training.
SOLVED = ("solution", "certificate", "reference")
EXAMPLES = ("extend_policy", "extend_learner", "extend_game", "extend_pettingzoo")
RULE, LEARNER, GAME, _ = (str(ROOT / "examples" / f"{name}.py") for name in EXAMPLES)
TABLES = ("contract", "certificates", "best_replies", "reference", "training", "curves")
TABLES += ("scores", "aggregates", "reference_scores", "learner_cards", "claims")


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    for extension in extensions.loaded():
        extensions.forget(extension)
    forget_code()


def forget_code() -> None:
    """As in a new process."""
    for cached in vars(sys.modules[code_hash.__module__]).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


def study(*files: str, scale: str = "smoke", **changes: Any) -> Study:
    return resolve({"scale": scale, "study": "mine", "extend": list(files), **changes}, CONFIG)


class TestConfiguration:
    def test_without_extensions_nothing_is_added(self):
        found = resolve({"scale": "smoke"}, CONFIG)
        assert found["extend"] == []
        assert found == resolve({"scale": "smoke", "extend": []}, CONFIG)

    def test_an_environment_joins_and_is_trained_on_in_its_edition(self):
        found, scale = study(GAME), resolve({"scale": "smoke"}, CONFIG)
        assert found["environments"] == [*scale["environments"], "Orchard"]
        assert set(found.environments) - set(scale.environments) == {("v1", "Orchard")}
        more = set(found.training_cells) - set(scale.training_cells)
        assert more == {("v1", "Orchard", policy) for policy in scale["policies"]}
        assert found.certified_cells == scale.certified_cells

    def test_where_each_policy_has_places_of_its_own_it_joins_them(self):
        found, scale = study(GAME, scale="quick"), resolve({"scale": "quick"}, CONFIG)
        assert ("v1", "Orchard") in found.environments  # environments: all
        for policy, places in scale["train_on"]["v1"].items():
            assert found["train_on"]["v1"][policy] == [*places, "Orchard"]
        assert found["train_on"]["v0"] == scale["train_on"]["v0"]

    def test_a_learner_trains_where_others_do(self):
        found, scale = study(LEARNER, scale="quick"), resolve({"scale": "quick"}, CONFIG)
        assert found["policies"] == [*scale["policies"], "HuberPPO"]
        trained = {cell[:2] for cell in scale.training_cells}
        assert {c[:2] for c in found.training_cells if c[2] == "HuberPPO"} == trained

    def test_a_rule_leaves_the_cells_as_they_are(self):
        found, scale = study(RULE), resolve({"scale": "smoke"}, CONFIG)
        assert found.training_cells == scale.training_cells
        assert found.environments == scale.environments

    def test_what_the_configuration_says_stays(self):
        found = study(GAME, LEARNER, policies=["IPPO"], environments=["TrustDilemma"])
        assert found["policies"] == ["IPPO"]
        assert found.environments == [("v0", "TrustDilemma"), ("v1", "TrustDilemma")]
        assert found.training_cells == [("v1", "TrustDilemma", "IPPO")]
        assert study(GAME, train_on=[]).training_cells == []

    def test_a_study_of_one_environment_has_its_edition_alone(self):
        found = study(GAME, environments=["Orchard"], policies=["IPPO"], train_on="all")
        assert found["editions"] == ["v1"]
        assert found.training_cells == [("v1", "Orchard", "IPPO")]

    def test_needs_a_name_of_its_own(self):
        with pytest.raises(ConfigurationError, match="name of its own") as caught:
            resolve({"scale": "smoke", "extend": [RULE]}, CONFIG)
        assert "study=my_smoke" in str(caught.value)
        assert "extend_policy.py" in str(caught.value)

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (RULE, "Allowed: a list of Python files"),
            ([3], "Allowed: a list of Python files"),
            (["absent.py"], r"extend = 'absent\.py' cannot be used.*no such file"),
            ([str(ROOT / "README.md")], "a Python file with a name like my_game.py"),
        ],
    )
    def test_what_cannot_be_used_is_named(self, value, message):
        with pytest.raises(ConfigurationError, match=message):
            resolve({"scale": "smoke", "study": "mine", "extend": value}, CONFIG)

    def test_the_hash_of_a_study_is_that_of_the_code(self, tmp_path):
        text = Path(RULE).read_text(encoding="utf-8")
        hashes = []
        for changed in (text, "# a comment\n" + text, text.replace("< 0.5", "< 0.6")):
            path = tmp_path / "rule.py"
            path.write_text(changed, encoding="utf-8")
            forget_code()
            hashes.append(study(str(path)).hash)
        assert hashes[0] == hashes[1] != hashes[2]


class TestHashes:
    def test_only_cells_of_an_extension_have_its_code(self, tmp_path):
        cells = {
            "built in": ("coopetition.agents.training", learner("IPPO").module),
            "game": ("coopetition.agents.training", extensions.PREFIX + "extend_game"),
            "learner": ("coopetition.agents.training", extensions.PREFIX + "extend_learner"),
        }
        found = []
        for old, new in (("", ""), ("gamma=0.75", "gamma=0.7"), ('"gamma": 1.0', '"gamma": 0.9')):
            for name in EXAMPLES[1:3]:
                text = (ROOT / "examples" / f"{name}.py").read_text(encoding="utf-8")
                (tmp_path / f"{name}.py").write_text(text.replace(old, new) if old else text)
                agents.extend(tmp_path / f"{name}.py")
            forget_code()
            found.append({cell: code_hash(*modules) for cell, modules in cells.items()})
        changed = [{c for c in cells if one[c] != found[0][c]} for one in found]
        assert changed == [set(), {"game"}, {"learner"}]

    def test_what_an_extension_imports_of_the_package_is_covered(self):
        agents.extend(LEARNER)
        module = learner("HuberPPO").module
        closure = code_hash(module)
        assert closure == code_hash(module, "coopetition.agents.slices.on_policy")
        assert closure != code_hash(module, learner("LOLA").module)


def test_claims_are_not_about_what_was_added():
    for path in (GAME, LEARNER, RULE):
        agents.extend(path)
    rows = [("SLCD", "IPPO"), ("Orchard", "IPPO"), ("SLCD", "HuberPPO"), ("SLCD", "Grim")]
    table = pd.DataFrame(rows, columns=["environment", "policy"])
    assert evidence.own(table).to_numpy().tolist() == [["SLCD", "IPPO"]]
    assert len(evidence.own(pd.DataFrame({"component": ["Orchard"]}))) == 1


@pytest.mark.study
class TestStudy:
    """One narrowed study with all four examples, and what would run again."""

    NARROW = (
        "scale=smoke",
        "environments=[TrustDilemma, Orchard, Fishery]",
        "editions=[v1]",
        "policies=[IPPO, HuberPPO]",
        "train_on={v1: {IPPO: [TrustDilemma], HuberPPO: [Orchard, Fishery]}}",
        "reward_modes=[integrated]",
        "steps=128",
        "learner_certificates={}",
        "bootstrap_repetitions=20",
        "random_episodes=2",
        "case_draws=100",
        "study=mine",
    )

    @pytest.fixture(scope="class")
    def done(self, tmp_path_factory) -> Checkout:
        copy = checkout(tmp_path_factory.mktemp("extended") / "checkout")
        code, printed = self.run(copy, "--cores", "2")
        assert code == 0, printed
        return copy

    def run(self, copy: Checkout, *arguments: str, extend=EXAMPLES) -> tuple[int, str]:
        files = ", ".join(f"examples/{name}.py" for name in extend)
        return copy.snakemake(*arguments, "--config", *self.NARROW, f"extend=[{files}]")

    def pending(self, copy: Checkout, **options: Any) -> set[str]:
        """Jobs on one environment that would run, such as `train Orchard HuberPPO`."""
        code, printed = self.run(copy, "--summary", **options)
        assert code == 0, printed
        found = set()
        for line in printed.splitlines():
            fields = line.split("\t")
            cell = re.search(r"/v1/(\w+?)(?:/(\w+?))?\.[a-z.]+$", fields[0])
            if len(fields) > 5 and fields[-1] != "no update" and cell:
                found.add(" ".join(filter(None, [fields[2], *cell.groups()])))
        return found

    def test_every_table_has_what_was_added(self, done):
        tables = {name: read_table(done.folder / "results/mine", name) for name in TABLES}
        for name, table in tables.items():
            assert list(table.columns) == list(columns.TABLES[name])
        everywhere = {"TrustDilemma", "Orchard", "Fishery"}
        for name in ("contract", "certificates", "reference", "reference_scores"):
            assert set(tables[name]["environment"]) == everywhere
        reference = tables["reference"]
        assert set(reference.loc[reference["policy"] == "Grim", "environment"]) == everywhere
        trained = tables["training"].groupby("environment")["policy"].agg(set).to_dict()
        huber = {"HuberPPO"}
        assert trained == {"TrustDilemma": {"IPPO"}, "Orchard": huber, "Fishery": huber}
        assert set(tables["training"]["status"]) == {"finished"}
        assert set(tables["learner_cards"]["policy"]) == {"IPPO", "HuberPPO"}
        dilemmas = tables["certificates"].set_index("environment")["is_dilemma"]
        assert dilemmas.all()

    def test_the_report_and_its_figures_show_it(self, done):
        results = done.folder / "results/mine"
        html = (results / "report/report.html").read_text(encoding="utf-8")
        for name in ("Orchard-v1", "Fishery-v1", "HuberPPO", "Grim"):
            assert name in html
        assert "snakemake --config extend" not in html
        assert "Grim" in (results / "figures/environments/Fishery-v1.csv").read_text("utf-8")
        assert "HuberPPO" in (results / "figures/learning_curves.csv").read_text("utf-8")

    def test_a_finished_study_stays_finished(self, done):
        assert self.pending(done) == set()

    @pytest.mark.parametrize(
        ("name", "old", "new", "jobs"),
        [
            ("game", "# nothing", "# but a comment", set()),
            (
                *("game", "gamma=0.75", "gamma=0.7"),
                {f"{rule} Orchard" for rule in SOLVED} | {"train Orchard HuberPPO"},
            ),
            (
                *("pettingzoo", "growth: float = 0.9", "growth: float = 0.8"),
                {f"{rule} Fishery" for rule in SOLVED} | {"train Fishery HuberPPO"},
            ),
            (
                *("learner", "smooth_l1_loss(values,", "2 * smooth_l1_loss(values,"),
                {"train Orchard HuberPPO", "train Fishery HuberPPO"},
            ),
            (
                *("policy", "< 0.5", "< 0.6"),
                {
                    "audit TrustDilemma",
                    "trajectories TrustDilemma",
                    *(f"reference {game}" for game in ("TrustDilemma", "Orchard", "Fishery")),
                },
            ),
        ],
    )
    def test_an_edit_reruns_the_cells_that_use_it(self, done, name, old, new, jobs):
        if old.startswith("#"):
            old, new = "", f"\n{new}\n"
        with done.edited(f"examples/extend_{name}.py", old, new):
            assert self.pending(done) == jobs

    def test_another_game_reruns_no_cell(self, done):
        text = (done.folder / "examples/extend_game.py").read_text(encoding="utf-8")
        (done.folder / "examples/second.py").write_text(text.replace("Orchard", "Vineyard"))
        assert self.pending(done, extend=(*EXAMPLES, "second")) == set()

    def test_a_name_that_is_taken_ends_before_anything_runs(self, done):
        text = (done.folder / "examples/extend_policy.py").read_text(encoding="utf-8")
        (done.folder / "examples/again.py").write_text(text, encoding="utf-8")
        code, printed = self.run(done, "--summary", extend=(*EXAMPLES, "again"))
        assert code == 1
        assert "extend = 'examples/again.py' cannot be used." in printed
        assert "there is a policy 'Grim' already: give yours another name" in printed


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_command_of_an_example_is_a_configuration(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    text = Path(f"examples/{name}.py").read_text(encoding="utf-8")
    command = re.search(r"    (snakemake --config (?:.*\\\n)*.*)", text)[1]
    words = shlex.split(command.replace("\\\n", ""))
    assert resolve(parse_config(words[2:]), CONFIG)["extend"] == [f"examples/{name}.py"]
