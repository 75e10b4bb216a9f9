"""Configuration: every error says what to write instead; the plan is the product of the factors."""

import dataclasses
import datetime
import json
import math
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from snakemake.cli import parse_config

from coopetition import envs
from coopetition.agents.runs import Run
from coopetition.envs import registry
from study import ConfigurationError, Study, resolve

FOLDER = Path(__file__).parents[2] / "config"
SCALES = sorted(path.stem for path in (FOLDER / "scales").glob("*.yaml"))
FACTORS = sorted(
    json.loads((FOLDER / "schemas" / "study.schema.json").read_text(encoding="utf-8"))["properties"]
)


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
                {"environments": ["SLCD", "TeamProduction"], "train_on": ["TrustDilemma", "SLCD"]},
                *("train_on", "'TrustDilemma'", "all, or any of environments: SLCD, TeamProd"),
                {"environments": ["SLCD", "TeamProduction"], "train_on": ["SLCD"]},
            ),
            (
                {"environments": ["SLCD"], "train_on": ["TrustDilemma"]},
                *("train_on", "'TrustDilemma'", "all, or any of environments: SLCD"),
                {"environments": ["SLCD"], "train_on": ["SLCD"]},
            ),
            (
                {"train_on": {"v0": ["SLCD"], "v9": ["SLCD"]}},
                *("train_on", "'v9'", "editions of the study: v0, v1"),
                {"train_on": {"v0": ["SLCD"]}},
            ),
            (
                {"editions": ["v0"], "train_on": {"v1": ["SLCD"]}},
                *("train_on", "'v1'", "editions of the study: v0", {"train_on": "all"}),
            ),
            (
                {"train_on": {"v1": ["TrustDilema"]}},
                *("train_on", "'TrustDilema'", "TeamProduction, TrustDilemma"),
                {"train_on": ["TrustDilemma"]},
            ),
            (
                {"environments": ["SLCD"], "train_on": {"v1": ["TrustDilemma"]}},
                *("train_on", "'TrustDilemma'", "all, or any of environments: SLCD"),
                {"environments": ["SLCD"], "train_on": ["SLCD"]},
            ),
            ({"train_on": {}}, "train_on", "{}", "one of both per edition", None),
            ({"train_on": {"v0": 3}}, "train_on", "{'v0': 3}", "one of both per edition", None),
            (
                {"editions": ["v1"], "train_on": "all", "protocols": ["as_published"]},
                *("protocols", "['as_published']", "has in edition v1: corrected"),
                {"protocols": ["corrected"]},
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
    def test_are_those_of_train_on_in_every_edition(self):
        two = study(environments=["SLCD", "TrustDilemma", "TeamProduction"], train_on=["SLCD"])
        names = ["SLCD", "TrustDilemma", "TeamProduction"]
        assert two.environments == [(edition, name) for edition in ("v0", "v1") for name in names]
        assert two.training_cells == [
            ("v0", "SLCD", "Central_PPO"),
            ("v1", "SLCD", "Central_PPO"),
        ]
        assert {run.environment for run in two.plan()} == {"SLCD"}

    def test_may_differ_between_editions(self):
        names = ["SLCD", "TrustDilemma"]
        both = study(environments=names, train_on={"v0": "all", "v1": ["SLCD"]})
        assert both.trained_environments == [
            *(("v0", "SLCD"), ("v0", "TrustDilemma"), ("v1", "SLCD")),
        ]
        one = study(environments=names, train_on={"v1": ["SLCD"]})
        assert one.trained_environments == [("v1", "SLCD")]

    def test_may_be_all_or_none(self):
        names = ["SLCD", "TrustDilemma"]
        every = study(environments=names, train_on="all")
        assert every.trained_environments == every.environments
        assert len(every.environments) == 4
        for nothing in ([], {"v0": []}, {"v0": [], "v1": []}):
            none = study(environments=names, train_on=nothing)
            assert none.training_cells == none.plan() == []

    @pytest.mark.parametrize(
        ("changes", "trained"),
        [
            (
                {"environments": "all"},
                {"v0": ["TrustDilemma", "TeamProduction"], "v1": ["TrustDilemma"]},
            ),
            ({"environments": ["TeamProduction", "SLCD"]}, {"v0": ["TeamProduction"], "v1": []}),
            ({"environments": ["SLCD", "PublicGoods"]}, ["SLCD", "PublicGoods"]),
            ({"editions": ["v1"]}, {"v1": ["TrustDilemma"]}),
            ({"editions": ["v1"], "environments": ["SLCD"]}, ["SLCD"]),
        ],
        ids=str,
    )
    def test_follow_editions_and_environments_where_nothing_else_is_said(self, changes, trained):
        found = study(**changes)
        assert found["train_on"] == trained
        wanted = trained if isinstance(trained, dict) else dict.fromkeys(found["editions"], trained)
        assert found.trained_environments == [
            (edition, name) for edition, name in found.environments if name in wanted[edition]
        ]

    def test_of_a_scale_are_some_of_its_environments(self):
        for scale in SCALES:
            resolved = resolve({"scale": scale}, FOLDER)
            assert set(resolved.trained_environments) < set(resolved.environments)

    def test_of_quick_are_five_of_forty(self):
        quick = resolve({"scale": "quick"}, FOLDER)
        assert len(quick.environments) == len(envs.ids()) == 40
        editions = [edition for edition, _ in quick.trained_environments]
        assert editions == ["v0"] * 4 + ["v1"]

    def test_the_command_line_takes_a_mapping(self):
        words = ["scale=smoke", 'train_on={"v0": [], "v1": ["TrustDilemma"]}', "study=formal"]
        found = resolve(parse_config(words), FOLDER)
        assert found.trained_environments == [("v1", "TrustDilemma")]


class TestProtocols:
    def test_of_the_published_study_are_planned_for_what_it_released(self):
        both = study(environments=["SLCD"], train_on="all")
        planned = {(run.edition, run.protocol) for run in both.plan()}
        assert planned == {("v0", "as_published"), ("v0", "corrected"), ("v1", "corrected")}

    def test_a_learner_without_one_in_an_edition_is_refused_and_told_how_to_leave_it_out(self):
        changes = {"study": "mine", "environments": ["SLCD"], "protocols": ["as_published"]}
        assert "one that Central_PPO has in edition v1" in error(**changes, train_on="all")
        released = resolve({**changes, "train_on": {"v0": "all"}}, FOLDER)
        assert {run.edition for run in released.plan()} == {"v0"}


class TestNarrowedRuns:
    @pytest.mark.parametrize(
        "changes",
        [
            {"seeds": [7, 8]},
            {"environments": "all"},
            {"train_on": []},
            {"environments": ["SLCD"], "train_on": "all"},
            {"environments": ["SLCD"], "steps": 4096, "reward_modes": ["private"]},
            {"description": 'It\'s "one" seed: $HOME, \\n & é'},
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
        ["all", "v0", "v1", "SLCD", "TrustDilemma", "Central_PPO", "corrected", "private"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["v0", "v1"]), inner)
    ),
    max_leaves=6,
)
keys = st.sampled_from([*FACTORS, "scale", "study"]) | st.text(max_size=8) | st.integers()


class TestAnyValue:
    """Whatever YAML can hold either resolves or raises a `ConfigurationError`."""

    @settings(max_examples=400, deadline=None)
    @given(st.sampled_from([*FACTORS, "scale", "study"]), yaml_values)
    def test_of_a_factor(self, factor, value):
        self._resolves_or_raises({"study": "mine", factor: value})

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
        wanted = resolved["train_on"]
        names = [*wanted.values()] if isinstance(wanted, dict) else [wanted]
        assert bool(runs) == any(names)
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
        runs = study(**factors, editions=["v0"], train_on="all").plan()
        combinations = {(r.environment, r.protocol, r.reward_mode, r.seed) for r in runs}
        assert len(runs) == len(combinations) == math.prod(map(len, factors.values()))
        assert len({run.run_id for run in runs}) == len(runs)

    def test_of_quick_has_the_size_that_its_factors_say(self):
        quick = resolve({"scale": "quick"}, FOLDER)
        crossed = math.prod(len(quick[factor]) for factor in ("policies", "reward_modes", "seeds"))
        # Two protocols on four released environments, one on one of the formal edition.
        assert len(quick.plan()) == (4 * 2 + 1 * 1) * crossed == 81

    def test_of_all_environments_names_each_of_both_editions(self):
        everything = study(environments="all", train_on="all")
        assert [f"{name}-{edition}" for edition, name in everything.environments] == envs.ids()
        assert {run.env_id for run in everything.plan()} == set(envs.ids())

    def test_does_not_depend_on_the_order_in_which_environments_are_named(self):
        names = ["TeamProduction", "SLCD", "TrustDilemma"]
        assert study(environments=names).plan() == study(environments=names[::-1]).plan()


class TestRunIdentity:
    RUN = Run(
        *("Central_PPO", "corrected", "SLCD", "v0", "private", 99, 2048),
        hyperparameters={"hidden": (64, 64), "gamma": 0.99},
    )

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
            "environments": ["SLCD"],
            "train_on": ["TrustDilemma"],
            "editions": ["v0"],
            "protocols": ["corrected"],
            "reward_modes": ["private"],
            "seeds": [1],
            "steps": 1,
            "checkpoints": 1,
            "random_episodes": 1,
            "bootstrap_repetitions": 1,
        }
        hashes = {study(**{key: value}).hash for key, value in changes.items()}
        assert len(hashes | {base.hash, study(study="other").hash}) == len(changes) + 2
        assert study().hash == base.hash


def test_dates_are_shown_as_yaml_reads_them():
    text = error(study="mine", **yaml.safe_load("seeds: [2026-01-02]"))
    assert repr(datetime.date(2026, 1, 2)) in text
