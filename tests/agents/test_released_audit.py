"""The published audit against values of the published code, and what it plays."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coopetition import envs
from coopetition.agents.audits import released
from coopetition.agents.audits.released import late_starts, static, surface, temporal
from coopetition.reports import schema
from coopetition.reports.sources import published

DATA = Path(__file__).parent / "data"
DRAWN = "SynergySearch-v0"
# Where the recorded values are rounded.
CLOSE = partial(np.testing.assert_allclose, rtol=0, atol=0.0006)
PERCENT = partial(np.testing.assert_allclose, rtol=0, atol=0.00006)
HUNDREDTH = partial(np.testing.assert_allclose, rtol=0, atol=0.006)


def recorded(name: str) -> pd.DataFrame:
    rows = pd.read_csv(DATA / f"released_audit_{name}.csv")
    return rows[rows["environment"] != DRAWN]


@pytest.fixture(scope="module")
def audit() -> dict[str, pd.DataFrame]:
    """All parts of the audit of all released environments, by environment with edition."""
    parts = ("surface", "static", "temporal", "interior")
    tables = {}
    for part in parts:
        rows = [row for id in envs.ids("v0") for row in getattr(released, part)(id)]
        table = schema.table(f"audit_{part}", rows)
        tables[part] = table.assign(environment=table["environment"] + "-" + table["edition"])
    return tables


def integrated(table: pd.DataFrame, seed: int | None = 99) -> pd.DataFrame:
    rows = table[table["unit"] == "integrated"]
    return rows if seed is None else rows[rows["seed"] == seed]


def test_settings_are_the_published_ones():
    stated = published("audit").set_index("quantity")["value"]

    def numbers(quantity):
        return tuple(float(value) for value in stated[quantity].split(";"))

    assert numbers("audit seeds") == released.SEEDS
    assert numbers("static cooperation levels") == (len(released.LEVELS),)
    assert released.LEVELS[:2] + released.LEVELS[-1:] == (0.0, 0.05, 1.0)
    assert numbers("static episodes per level") == (released.SURFACE_EPISODES,)
    assert numbers("static deviation test levels") == released.TEST_LEVELS
    assert numbers("static deviation size") == (released.HELD,)
    assert numbers("temporal episodes per strategy") == (released.TEMPORAL_EPISODES,)
    assert numbers("temporal baseline action") == (released.BASELINE,)
    assert numbers("late switchpoint fractions") == released.LATE
    assert numbers("late switchpoint offsets from the end") == released.FROM_END
    assert numbers("early defection durations") == released.EARLY
    assert numbers("ramp-down length") == (pytest.approx(1 - released.RAMP),)


def test_switch_points():
    assert late_starts(100) == [50, 60, 70, 80, 90, 95, 97, 99]
    assert late_starts(50) == [25, 30, 35, 40, 45, 47, 49]
    assert late_starts(66) == [33, 39, 46, 52, 59, 61, 62, 63, 65]
    counts = [len(late_starts(envs.game(id).horizon)) for id in envs.ids("v0")]
    assert sum(counts) == 164


def test_static_audit_equals_that_of_the_published_code(audit):
    rows = recorded("static")
    ours = integrated(audit["static"]).set_index(["environment", "level"])
    ours = ours.loc[[*zip(rows["environment"], rows["test_level"], strict=True)]]
    assert len(rows) == 19 * 4
    CLOSE(ours["gain"], rows["agent0_gain"])
    CLOSE(ours["others_change"], rows["others_mean_change"])
    assert ours["exploitative"].tolist() == rows["exploitative"].tolist()


def test_response_surface_has_the_optimum_of_the_published_code(audit):
    rows = recorded("static").drop_duplicates("environment").set_index("environment")
    surfaces = integrated(audit["surface"])
    assert (surfaces.groupby("environment").size() == 21).all()
    best = surfaces.loc[surfaces.groupby("environment")["mean_return"].idxmax()]
    best = best.set_index("environment").loc[rows.index]
    assert best["level"].tolist() == rows["optimal_level"].tolist()
    HUNDREDTH(best["mean_return"], rows["optimal_mean_return_per_agent"])
    means = surfaces["return_per_agent"].map(np.mean)
    np.testing.assert_allclose(means, surfaces["mean_return"], rtol=1e-12)


def test_temporal_audit_equals_that_of_the_published_code(audit):
    rows = recorded("temporal").set_index("environment")
    ours = integrated(audit["temporal"])
    ours = ours[ours["environment"] != DRAWN]
    parts = {name: part.groupby("environment") for name, part in ours.groupby("strategy")}
    one = {name: parts[name].first().loc[rows.index] for name in ("full", "ramp")}
    late = ours[ours["strategy"] == "late"]
    last = late[late["start"] == late["episode_length"] - 1].set_index("environment")

    assert one["full"]["episode_length"].tolist() == rows["episode_length"].tolist()
    HUNDREDTH(one["full"]["baseline_return"], rows["baseline_mean_return"])
    HUNDREDTH(one["full"]["gain"], rows["full_defection_gain"])
    CLOSE(last.loc[rows.index, "gain"], rows["last_step_defection_gain"])
    CLOSE(one["ramp"]["gain"], rows["ramp_gain_agent0"])
    percent = 100 * one["ramp"]["gain"] / one["ramp"]["baseline_return"]
    PERCENT(percent, rows["ramp_gain_pct_of_baseline_mean"])
    assert one["ramp"]["exploitative"].tolist() == rows["ramp_exploitative"].tolist()
    assert parts["late"].size().loc[rows.index].tolist() == rows["binary_tests"].tolist()
    for name, column in (("late", "binary_exploitative"), ("early", "early_exploitative_of_3")):
        counts = parts[name]["exploitative"].sum().loc[rows.index]
        assert counts.tolist() == rows[column].tolist()
    assert (parts["early"].size() == 3).all()


def test_partial_deviations_equal_those_of_the_published_code(audit):
    rows = recorded("interior")
    ours = audit["interior"].assign(fraction=audit["interior"]["start_fraction"].round(3))
    ours = ours.set_index(["environment", "unit", "fraction", "share"]).sort_index()
    units = rows["reward_mode"].replace("private", "payoffs")
    key = [rows["environment"], units, rows["switch_fraction"], rows["deviation_level"]]
    ours = ours.loc[[*zip(*key, strict=True)]]
    CLOSE(ours["gain"], rows["agent0_gain"])
    CLOSE(ours["others_change"], rows["others_mean_change"])
    PERCENT(ours["gain_percent"], rows["agent0_gain_pct"])
    assert ours["exploitative"].tolist() == rows["exploitative"].tolist()


def test_a_part_of_the_partial_deviations_exploits(audit):
    """154 and 238 of 380 on the four switch points that were recorded, and none to nothing."""
    rows = pd.read_csv(DATA / "released_audit_interior.csv")
    points = {(row.environment, row.switch_fraction) for row in rows.itertuples()}
    ours = audit["interior"]
    key = zip(ours["environment"], ours["start_fraction"].round(3), strict=True)
    ours = ours[[place in points for place in key]]
    shares = ours["share"].isin([0.1, 0.2, 0.25, 0.3, 0.4])
    found = ours[shares].groupby("unit")["exploitative"]
    assert found.size().to_dict() == {"integrated": 380, "payoffs": 380}
    assert found.sum().to_dict() == {"integrated": 154, "payoffs": 238}
    assert ours.loc[ours["share"] == 0, "exploitative"].sum() == 0


def test_deviations_to_nothing_are_the_same_in_both_parts_where_endowments_are_equal(audit):
    late = integrated(audit["temporal"]).query("strategy == 'late'")
    zero = integrated(audit["interior"], seed=None).query("share == 0 and start > 0")
    key = ["environment", "start"]
    both = late.merge(zero, on=key, suffixes=("", "_interior"), validate="one_to_one")
    assert len(both) == len(late) == 164
    same = both["gain"] == both["gain_interior"]
    equal = {id for id in envs.ids("v0") if len(set(envs.game(id).endowments.tolist())) == 1}
    assert set(both.loc[~same, "environment"]).isdisjoint(equal)
    assert len(equal) == 15


def test_rows_of_further_seeds_are_replicates_where_nothing_is_drawn(audit):
    for name in ("surface", "static", "temporal"):
        table = audit[name]
        marked = table.groupby(["environment", "seed"])["replicate"].all().unstack()
        drawn = marked.index == DRAWN
        assert not marked.loc[drawn].to_numpy().any()
        assert marked.loc[~drawn].to_numpy().tolist() == [[False, True, True]] * 19
        parts = [
            rows.drop(columns=["seed", "replicate"]).reset_index(drop=True)
            for _, rows in table[table["environment"] != DRAWN].groupby("seed")
        ]
        for part in parts[1:]:
            pd.testing.assert_frame_equal(part, parts[0])


@pytest.mark.parametrize("part", [surface, static, temporal])
def test_a_seed_gives_the_same_alone_and_in_company(part):
    for id, seed in ((DRAWN, 7), ("TrustDilemma-v0", 99)):
        together = pd.DataFrame(part(id, (99, 7))).query("seed == @seed").reset_index(drop=True)
        pd.testing.assert_frame_equal(pd.DataFrame(part(id, (seed,))), together)


def returns(id: str, seed: int, plan) -> np.ndarray:
    """Integrated returns [N] of one episode, stepped one by one through the Gymnasium view."""
    env = envs.make(id, reward_mode="integrated")
    env.reset(seed=seed)
    total, ended, step = np.zeros(env.unwrapped.game.n_agents), False, 0
    while not ended:
        *_, terminated, truncated, info = env.step(np.asarray(plan(step), np.float32))
        total += info["rewards"]
        ended, step = terminated or truncated, step + 1
    return total


@pytest.mark.parametrize(
    ("id", "strategy", "plan"),
    [
        (DRAWN, "full", lambda t: (0.0, 50.0)),
        (DRAWN, "ramp", lambda t: (50.0 * min(1.0, (100 - t) / 20), 50.0)),
        ("GiftExchange-v0", "ramp", lambda t: (50.0 * min(1.0, (100 - t) / 20), 50.0)),
        ("GiftExchange-v0", "early", lambda t: (0.0 if t < 10 else 50.0, 50.0)),
    ],
)
def test_strategies_are_played_with_the_seeds_of_the_published_audit(id, strategy, plan):
    row = next(
        r for r in temporal(id, (4,)) if (r["strategy"], r["unit"]) == (strategy, "integrated")
    )
    seeds = range(4000, 4010)
    stay = np.mean([returns(id, seed, lambda t: (50.0, 50.0)) for seed in seeds], axis=0)
    leave = np.mean([returns(id, seed, plan) for seed in seeds], axis=0)
    assert row["baseline_return"] == pytest.approx(stay.mean(), rel=1e-6)
    assert row["gain"] == pytest.approx(leave[0] - stay[0], abs=0.02)
    assert row["others_change"] == pytest.approx(leave[1] - stay[1], abs=0.02)


def test_the_surface_meets_the_seeds_of_the_published_audit():
    rows = [row for row in surface(DRAWN, (4,)) if row["unit"] == "integrated"]
    row = rows[7]
    assert row["level"] == 0.35
    played = [returns(DRAWN, 4000 + 350 + k, lambda t: (35.0, 35.0)) for k in range(5)]
    assert row["return_per_agent"] == pytest.approx(np.mean(played, axis=0), rel=1e-6)
    assert row["std_per_agent"] == pytest.approx(np.std(played, axis=0), rel=1e-3)
    assert row["std_per_agent"][0] > 10


def test_only_a_game_that_draws_leaves_something_to_chance(audit):
    table = audit["temporal"]
    assert set(table.loc[table["by_chance"].notna(), "environment"]) == {DRAWN}
    chance = integrated(table[table["environment"] == DRAWN]).groupby("strategy")["by_chance"]
    # The ramp changes agent 0's return by less than draws do, full defection by far more.
    assert 0.3 < chance.first()["ramp"] < 0.7
    assert chance.first()["full"] == 0


def test_an_audit_without_seeds_is_refused():
    with pytest.raises(ValueError, match="at least one seed"):
        static("TrustDilemma-v0", ())
