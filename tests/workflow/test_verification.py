"""Rule verify: what it prints, and how it ends."""

import pandas as pd
import pytest
from checkouts import checkout

from coopetition.reports import schema
from coopetition.reports.columns import CHECKS
from coopetition.reports.recomputed import subjects

TABLE = "results/smoke/verification.csv"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A checkout in which a single environment is recorded."""
    copy = checkout(tmp_path_factory.mktemp("verified") / "checkout")
    for name in CHECKS:
        path = copy.folder / "reports" / "verification" / f"{name}.parquet"
        rows = pd.read_parquet(path)
        rows[subjects(rows) == "TeamProduction-v1"].to_parquet(path, index=False)
    return copy


@pytest.mark.study
def test_verify_runs_whenever_it_is_asked_for_and_fails_where_something_differs(copy):
    for _ in range(2):
        printed = copy.smoke("verify", "--cores", "1")
        assert "All verified" in printed
        assert "reference              1 of 1 environments" in printed
        assert "dial of mutuality      1 of 1 environments" in printed
    table = schema.read("verification", copy.folder / TABLE)
    assert table["ok"].all()
    wanted = {"contract", "solutions", "certificates", "reference", "dial_equilibria"}
    assert wanted <= set(table["check"]) <= {*wanted, "traces"}
    game = "envs/games/collective_action/team_production.py"
    with copy.edited(game, "at_team_size(25.0, n_agents, 4)", "at_team_size(25.1, n_agents, 4)"):
        code, printed = copy.snakemake("verify", "--cores", "1", "--config", "scale=smoke")
        assert code != 0
        assert "DIFFERS certificates TeamProduction-v1: " in printed
    assert not schema.read("verification", copy.folder / TABLE)["ok"].all()
    (copy.folder / "reports/verification/traces.parquet").unlink()
    code, printed = copy.snakemake("verify", "--cores", "1", "--config", "scale=smoke")
    assert code != 0
    assert "lacks traces.parquet" in printed
    assert "Traceback" not in printed
