"""Figures of the study under examination, as published: see `published/README.md`."""

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent / "published"


def published(name: str) -> pd.DataFrame:
    """A table of published figures, with its source in each row."""
    return pd.read_csv(FOLDER / f"{name}.csv")


def published_learners() -> pd.DataFrame:
    """Returns of learners that are published per environment.

    Returns:
        Columns environment (with edition), reward_mode, policy (published name) and mode_return.
    """
    isac = published("oracle_exceedance_tr3").assign(policy="ISAC")
    crossover = published("crossover").dropna(subset=["ctde_return", "ind_return"])
    columns = ["environment", "reward_mode", "policy", "mode_return"]
    parts = [
        isac.rename(columns={"isac_return": "mode_return"})[columns],
        crossover.rename(columns={"best_ctde": "policy", "ctde_return": "mode_return"})[columns],
        crossover.rename(columns={"best_ind": "policy", "ind_return": "mode_return"})[columns],
    ]
    return pd.concat(parts, ignore_index=True)
