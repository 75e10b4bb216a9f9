"""Mechanism classes as the published tables have them.

Four documents of the published study sort the environments in four ways. Its tables follow none of
them; the map that reproduces their rows to the unit is in the inventory of environments.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from .columns import CLASSES
from .sources import published


@cache
def tiers() -> dict[str, str]:
    """Published environment, without its edition -> class under which the tables count it."""
    inventory = published("environment_inventory")
    games = inventory["environment"].str.rpartition("-")[0]
    return dict(zip(games, inventory["tier_of_published_tables_reconstructed"], strict=True))


def with_tiers(runs: pd.DataFrame) -> pd.DataFrame:
    """The frame with a column `tier`; an environment that is not published keeps its own class."""
    own = runs["mechanism_class"]
    return runs.assign(tier=runs["environment"].map(tiers()).fillna(own).astype(object))


def in_order(tiers: pd.Series) -> list[str]:
    """Those of a column, in the order of the technical reports."""
    return [tier for tier in CLASSES if tier in set(tiers)]
