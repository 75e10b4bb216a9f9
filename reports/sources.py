"""Tables that no run makes: figures of the study under examination, and recorded measurements.

See `published/README.md` and `recorded/README.md`.
"""

from pathlib import Path

import pandas as pd

from . import schema

FOLDER = Path(__file__).parent / "published"
RECORDED = Path(__file__).parent / "recorded"


def published(name: str) -> pd.DataFrame:
    """A table of published figures, with its source in each row."""
    return pd.read_csv(FOLDER / f"{name}.csv")


def recorded(name: str) -> pd.DataFrame:
    """A table of measurements of our own (schema of that name); empty if there are none."""
    path = RECORDED / f"{name}.csv"
    return schema.read(name, [path] if path.exists() else [])


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
