import pandas as pd
import pytest

from coopetition.agents.reference import reference_rows
from coopetition.reports import schema
from frames import IDS


@pytest.fixture(scope="session")
def reference() -> pd.DataFrame:
    """The real reference policies of two environments."""
    rows = [row for id in IDS for row in reference_rows(id, random_episodes=5)]
    return schema.table("reference", rows)
