from pathlib import Path

import pandas as pd
import pytest
from biaxial_frames import played_runs

from coopetition.agents.certificates import certificate
from coopetition.agents.reference import reference_rows
from coopetition.agents.replies import best_replies
from coopetition.reports import biaxial, schema
from coopetition.reports.biaxial_comparison import comparison
from coopetition.reports.biaxial_training import trained
from frames import FORMAL_IDS, IDS

VERIFICATION = Path(schema.__file__).parent / "verification"


@pytest.fixture(scope="session")
def recorded() -> dict[str, pd.DataFrame]:
    """Recorded tables of all forty environments, by name."""
    names = ("reference", "contract", "certificates")
    return {name: schema.read(name, VERIFICATION / f"{name}.parquet") for name in names}


@pytest.fixture(scope="session")
def reference() -> pd.DataFrame:
    """The real reference policies of two environments."""
    rows = [row for id in IDS for row in reference_rows(id, random_episodes=5)]
    return schema.table("reference", rows)


@pytest.fixture(scope="session")
def both(reference) -> pd.DataFrame:
    """The same, and those of one environment of the formal edition, which has no trust."""
    rows = [row for id in FORMAL_IDS for row in reference_rows(id, random_episodes=5)]
    return pd.concat([reference, schema.table("reference", rows)], ignore_index=True)


@pytest.fixture(scope="session")
def certificates() -> pd.DataFrame:
    """The real certificates of the environments of `both`."""
    return schema.table("certificates", [certificate(id) for id in (*IDS, *FORMAL_IDS)])


@pytest.fixture(scope="session")
def replies() -> pd.DataFrame:
    """Their real curves of best replies."""
    rows = [row for id in (*IDS, *FORMAL_IDS) for row in best_replies(id)]
    return schema.table("best_replies", rows)


@pytest.fixture(scope="session")
def supplements() -> dict[str, pd.DataFrame]:
    """The real tables of the side studies, with coarse maps."""
    found = {
        "biaxial_outcomes": biaxial.outcomes(),
        "biaxial_maps": biaxial.maps(points=5),
        "biaxial_calibration": biaxial.calibration(),
    }
    tables = {name: schema.table(name, rows) for name, rows in found.items()}
    learned = schema.table("biaxial_trained", trained(played_runs(), repetitions=20))
    compared = comparison(
        tables["biaxial_outcomes"], tables["biaxial_calibration"], biaxial.reduction(), learned
    )
    return tables | {"biaxial": schema.table("biaxial", compared), "biaxial_trained": learned}
