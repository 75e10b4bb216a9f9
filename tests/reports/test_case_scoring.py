"""The grammar of rubrics, the scorer, null models and the lint, on cases made for it."""

import numpy as np
import pytest

from coopetition.reports import schema
from coopetition.reports.cases import CASES, ENVIRONMENTS, RUBRICS, lint, nulls, quantities, rubric
from coopetition.reports.cases.casefile import load
from coopetition.reports.cases.outcome import Outcome, Phase, batched
from coopetition.reports.cases.scoring import kappa, score
from coopetition.reports.cases.study import tables

SOURCE = {"status": "coded", "ref": "made up"}


def item(name: str, band: dict, points: float = 2, **more) -> dict:
    quantity = {"name": "value", "of": name}
    return {
        "id": name,
        "quantity": quantity,
        "band": band,
        "points": points,
        "source": SOURCE,
    } | more


def parsed(*items: dict, **more) -> rubric.Rubric:
    content = {"case": "slcd", "rubric": "strict", "variants": ["power"], "criteria": list(items)}
    content |= {"max_points": sum(entry["points"] for entry in items)} | more
    return rubric.parse(content, "made_up.yaml")


def points(band: dict, x: list[float], most: float = 2) -> list[float]:
    criterion = parsed(item("x", band, most)).criteria[0]
    return criterion.score(np.array(x, float)).tolist()


class TestBands:
    def test_open_ends_exclude_and_closed_ends_include_them(self):
        assert points({"low": 1, "high": 2}, [1, 1.5, 2]) == [0, 2, 0]
        assert points({"low": 1, "high": 2, "closed": "both"}, [1, 1.5, 2]) == [2, 2, 2]
        assert points({"low": 1, "high": 2, "closed": "low"}, [1, 2]) == [2, 0]
        assert points({"low": 1, "high": 2, "closed": "high"}, [1, 2]) == [0, 2]

    def test_one_end_is_enough(self):
        assert points({"low": 1}, [0, 1, 9]) == [0, 0, 2]
        assert points({"high": 1}, [0, 1, 9]) == [2, 0, 0]

    def test_a_target_gives_half_further_away(self):
        band = {"target": 0.85, "full": 0.05, "half": 0.10}
        assert points(band, [0.85, 0.81, 0.76, 0.70, 0.94]) == [2, 2, 1, 0, 1]

    def test_tiers_give_the_points_of_the_first_condition_that_holds(self):
        band = {"tiers": [["x > 0.6", 4], ["0.3 < x <= 0.6", 3], ["x >= 0.2", 2]], "otherwise": 1}
        assert points(band, [0.7, 0.6, 0.3, 0.2, 0.1], 4) == [4, 3, 2, 2, 1]

    def test_a_constant_gives_its_points_whatever_happens(self):
        criterion = parsed(item("x", {"constant": 1})).criteria[0]
        assert criterion.score(np.array([np.nan, 7.0])).tolist() == [1, 1]
        assert criterion.attainable == (1, 1)

    @pytest.mark.parametrize(
        "band",
        [
            {"low": 0.0},
            {"high": 0.0},
            {"target": 1, "full": 1, "half": 2},
            {"tiers": [["x > 0", 2]], "otherwise": 1},
        ],
    )
    def test_what_is_not_finite_earns_the_least(self, band):
        least = parsed(item("x", band)).criteria[0].attainable[0]
        assert points(band, [np.nan, np.inf, -np.inf]) == [least] * 3


class TestGrammar:
    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            (item("x", {"low": 1, "target": 2}), "keys of one of"),
            (item("x", {}), "keys of one of"),
            (item("x", {"tiers": [["y > 1", 2]], "otherwise": 0}), "write for example"),
            (item("x", {"tiers": [["x > 1", 3]], "otherwise": 0}), "more than its 2 points"),
            (item("x", {"low": 1}, source={"status": "guessed", "ref": "x"}), "status"),
            (item("x", {"low": 1}, source={"status": "coded"}), "ref"),
            (item("x", {"low": 1}, quantity={}), "quantity with a name"),
            (item("x", {"low": 1}, implied_by=["z"]), "unknown 'z'"),
        ],
    )
    def test_a_broken_item_is_named(self, entry, said):
        with pytest.raises(ValueError, match=r"made_up\.yaml: .*" + said.replace("'", ".")):
            parsed(entry)

    def test_points_add_up_to_the_maximum(self):
        with pytest.raises(ValueError, match="add up to 2, not 3"):
            parsed(item("x", {"low": 1}), max_points=3)

    def test_ids_are_unique(self):
        with pytest.raises(ValueError, match="twice"):
            parsed(item("x", {"low": 1}), item("x", {"low": 2}))

    def test_an_unknown_quantity_is_named(self):
        outcome = Outcome((), values={"x": np.zeros(1)})
        with pytest.raises(KeyError, match="no quantity 'wealth'"):
            quantities.measure(outcome, {"name": "wealth"})

    def test_a_quantity_is_registered_once(self):
        with pytest.raises(ValueError, match="twice"):
            quantities.quantity(quantities.value)


class TestScores:
    def test_are_sums_over_items_of_every_outcome(self):
        outcome = Outcome((), values={"x": np.array([0.0, 2.0]), "y": np.array([5.0, 5.0])})
        found = score(parsed(item("x", {"low": 1}), item("y", {"low": 1}, 3)), outcome)
        assert found.points.tolist() == [[0, 3], [2, 3]]
        assert found.total.tolist() == [3, 5]

    def test_floor_and_ceiling_are_sums_of_attainable_points(self):
        made = parsed(
            item("x", {"low": 1}, 2, cannot_fail="always"),
            item("y", {"constant": 1}, 3),
            item("z", {"tiers": [["x > 1", 4]], "otherwise": 1}, 4),
        )
        assert (made.floor, made.ceiling) == (4, 7)

    def test_kappa_is_zero_at_chance_and_one_at_the_ceiling(self):
        assert kappa(10, 10, 20) == 0
        assert kappa(20, 10, 20) == 1
        assert kappa(5, 10, 20) == -0.5


class TestQuantities:
    OUTCOME = Outcome(
        ("a", "b"),
        (Phase("one", 0, 2),),
        {
            "actions": np.arange(12.0).reshape(2, 3, 2),
            "trust": np.tile([[1.0, 0.2], [0.4, 1.0]], (2, 3, 1, 1)),
            "damage": np.zeros((2, 3, 2, 2)),
        },
    )

    def test_trust_leaves_out_the_diagonal_only_where_it_says_so(self):
        measured = quantities.measure(self.OUTCOME, {"name": "trust_offdiag_mean"})
        assert measured == pytest.approx(np.full((2, 3), 0.3))
        measured = quantities.measure(self.OUTCOME, {"name": "trust_matrix_mean"})
        assert measured == pytest.approx(np.full((2, 3), 0.65))

    def test_a_change_goes_from_one_state_to_another(self):
        wanted = {"name": "change", "of": "mean_action", "start": 0, "end": 2}
        assert quantities.measure(self.OUTCOME, wanted).tolist() == [4, 4]

    def test_an_unknown_actor_or_phase_is_named(self):
        with pytest.raises(KeyError, match="no actor 'c'"):
            self.OUTCOME.actor("c")
        with pytest.raises(KeyError, match="no phase 'two'"):
            self.OUTCOME.phase("two")

    def test_tau_is_that_of_scipy(self):
        from scipy.stats import kendalltau

        rng = np.random.default_rng(3)
        found = rng.integers(0, 4, (40, 6)).astype(float)
        against = [1, 2, 2, 3, 5, 4]
        expected = [kendalltau(row, against).statistic for row in found]
        assert quantities.tau(found, against) == pytest.approx(np.nan_to_num(expected))


class TestNulls:
    def test_elements_of_a_parameter_are_drawn_on_their_own(self):
        entry = {"id": "wide", "seed": 1, "vary": {"lambda_plus": [0, 0.5]}}
        drawn = nulls.parameters("renault_nissan", "released", entry, {}, 500)["lambda_plus"]
        assert drawn.shape == (500,)
        assert 0 <= drawn.min() < 0.02 < 0.48 < drawn.max() <= 0.5

    def test_what_is_not_drawn_stays(self):
        entry = {"id": "wide", "seed": 1, "vary": {"lambda_plus": [0, 0.5]}, "override": {"xi": 0}}
        found = nulls.parameters("renault_nissan", "released", entry, {}, 5)
        assert found["xi"] == 0
        assert found["mu_R"] == load("renault_nissan").values("released")["mu_R"]

    def test_the_draws_of_one_parameter_do_not_depend_on_an_order_of_others(self):
        entry = {"id": "x", "seed": 1, "permute": ["actions"]}
        alone = nulls.parameters("renault_nissan", "released", entry, {}, 5)["actions"]
        both = nulls.parameters(
            "renault_nissan", "released", entry | {"vary": {"xi": [0, 1]}}, {}, 5
        )
        assert (alone == both["actions"]).all()

    def test_a_permutation_keeps_the_values(self):
        entry = {"id": "x", "seed": 1, "permute": ["actions"]}
        drawn = nulls.parameters("renault_nissan", "released", entry, {}, 200)["actions"]
        given = np.asarray(load("renault_nissan").values("released")["actions"], float)
        assert drawn.shape == (200, *given.shape)
        assert all((np.sort(row, axis=0) == np.sort(given, axis=0)).all() for row in drawn)
        assert len({row.tobytes() for row in drawn}) > 20

    def test_an_unknown_parameter_is_named(self):
        with pytest.raises(ValueError, match=r"vary of unknown \['lambda'\]"):
            nulls.parameters("renault_nissan", "released", {"vary": {"lambda": [0, 1]}}, {}, 5)

    def test_parts_are_one_sample(self, monkeypatch):
        entry = {"id": "wide", "seed": 1, "vary": {"lambda_plus": [0, 0.5]}}
        [whole] = nulls.outcomes("renault_nissan", "released", entry, {}, 50)
        monkeypatch.setattr(nulls, "CHUNK", 20)
        parts = nulls.outcomes("renault_nissan", "released", entry, {}, 50)
        assert [part.batch for part in parts] == [20, 20, 10]
        joined = np.concatenate([part.series["trust"] for part in parts])
        assert (joined == whole.series["trust"]).all()

    def test_a_parameter_has_its_axes_or_one_more(self):
        assert batched(0.5, 3).tolist() == [0.5] * 3
        assert batched([1, 2], 2, 1).shape == (2, 2)
        with pytest.raises(ValueError, match="cannot be"):
            batched([1.0, 2.0], 3)


class TestLint:
    def sample(self, *passed: list[bool]):
        made = parsed(*(item(f"i{k}", {"low": 1}) for k in range(len(passed))))
        return made, 2.0 * np.array(passed, float).T

    def test_items_that_vary_on_their_own_are_clean(self):
        rng = np.random.default_rng(0)
        assert lint.findings(*self.sample(*(rng.random((3, 400)) < 0.5))) == []

    def test_finds_what_nearly_all_or_nearly_none_pass(self):
        found = dict(lint.findings(*self.sample([True] * 900, [False] * 900)))
        assert "100.0%" in found["i0"]
        assert "0.0%" in found["i1"]

    def test_finds_what_is_implied(self):
        rng = np.random.default_rng(0)
        narrow = rng.random(900) < 0.3
        found = dict(lint.findings(*self.sample(narrow | (rng.random(900) < 0.3), narrow)))
        assert found == {"i0": "implied by i1, undeclared"}

    def test_finds_what_always_agrees(self):
        one = np.random.default_rng(0).random(400) < 0.5
        said = [text for _, text in lint.findings(*self.sample(one, one))]
        assert "its points follow from those of i0" in said

    def test_a_small_sample_proves_nothing(self):
        assert lint.findings(*self.sample([True] * 99 + [False])) == []
        assert lint.findings(*self.sample([False] * 99 + [True])) == []

    def test_stops_at_a_strict_rubric_only(self):
        made, sampled = self.sample([True] * 900)
        rows = lint.rows(made, "power", sampled)
        with pytest.raises(ValueError, match="slcd i0: 100"):
            lint.check(rows)
        lint.check([row | {"severity": "warning"} for row in rows])


@pytest.fixture(scope="module", params=CASES)
def found(request):
    return request.param, tables(request.param, 400)


class TestTables:
    def test_keep_their_schema(self, found):
        _, rows = found
        for name, part in rows.items():
            schema.table(name, part)

    def test_have_a_score_of_every_rubric_and_variant(self, found):
        case, rows = found
        expected = [(kind, v) for kind in RUBRICS for v in rubric.load(case, kind).variants]
        assert [(row["rubric"], row["variant"]) for row in rows["case_scores"]] == expected

    def test_items_add_up_to_the_score(self, found):
        _, rows = found
        for row in rows["case_scores"]:
            parts = [
                part["points"]
                for part in rows["case_items"]
                if (part["rubric"], part["variant"]) == (row["rubric"], row["variant"])
            ]
            assert sum(parts) == pytest.approx(row["score"])
            assert row["floor"] <= row["score"] <= row["ceiling"] <= row["max"]
            statuses = row["documented"] + row["coded"] + row["assumed"]
            assert statuses == pytest.approx(row["score"])

    def test_an_inert_model_earns_a_fifth_of_a_strict_rubric_at_most(self, found):
        _, rows = found
        strict = [row for row in rows["case_scores"] if row["rubric"] == "strict"]
        assert all(row["inert"] <= 0.2 * row["ceiling"] for row in strict)

    def test_every_published_experiment_is_computed(self, found):
        _, rows = found
        missing = [row["quantity"] for row in rows["case_experiments"] if not row["recomputed"]]
        assert missing == []

    def test_the_environment_of_a_case_is_in_both_editions(self):
        from coopetition import envs

        for name in ENVIRONMENTS.values():
            assert {envs.spec(f"{name}-{edition}").name for edition in ("v0", "v1")} == {name}
