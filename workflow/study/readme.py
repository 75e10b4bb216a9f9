"""Tables of the README that are made from recorded measurements and registries.

    PYTHONPATH=workflow python -m study.readme

Each stands between a line `<!-- NAME -->` and the next `<!-- end -->`.
"""

from __future__ import annotations

import re
import textwrap

from coopetition.agents.files import replacing
from coopetition.reports.learner_costs import corrected_costs
from coopetition.reports.pages.environments import overview
from coopetition.reports.sources import recorded

from .code_hash import ROOT
from .configuration import resolve
from .costs import RECORDED, Costs
from .plan import job_rows

README = ROOT / "README.md"
# Scales that no machine of ours has run; their row is the plan.
PLANNED = ("paper",)


def scales() -> str:
    """What each scale takes, as measured; of the largest, as planned, and what most of it is."""
    rows = [
        (
            f"`{row['scale']}`",
            *(f"{row[name]:,}" for name in ("jobs", "runs")),
            _hours(row["cpu_hours"]),
            _minutes(row["minutes"]),
            f"{row['memory_mb'] / 1024:.1f} GB",
            f"{row['disk_mb']:,.0f} MB",
        )
        for row in recorded("scales").sort_values("cpu_hours").to_dict("records")
    ]
    for scale in PLANNED:
        study = resolve({"scale": scale}, ROOT / "config")
        jobs = job_rows(study, Costs(ROOT / RECORDED))
        hours = sum(row["cpu_seconds"] for row in jobs) / 3600
        rows.append(
            (
                f"`{scale}`, planned",
                *(f"{sum(row[name] for row in jobs):,}" for name in ("jobs", "runs")),
                _hours(hours),
                "for a cluster",
                f"{max(row['memory_mb'] for row in jobs) / 1024:.0f} GB",
                "",
            )
        )
    head = ("scale", "jobs", "training runs", "CPU time", "on 2 cores", "memory per job", "disk")
    lines = [head, ("---",) * len(head), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table}\n\n{_corrected()}"


def _corrected() -> str:
    costs = corrected_costs(recorded("learner_costs"))
    text = (
        f"Of `paper`, the {len(costs)} learners of the published study, corrected, take "
        f"{_hours(costs['hours_v0'].sum())} of CPU time on the released environments and "
        f"{_hours(costs['hours_v1'].sum())} on the formal ones, as measured learner by learner "
        "([learner_costs.csv](reports/recorded/learner_costs.csv)). Most of the rest are joint "
        "learners as published and a campaign of wider networks, of up to 1,024 units."
    )
    return textwrap.fill(text, 100, break_on_hyphens=False)


def _hours(hours: float) -> str:
    return (
        f"{hours:,.0f} h"
        if hours >= 10
        else f"{hours:.1f} h"
        if hours >= 2
        else _minutes(60 * hours)
    )


def _minutes(minutes: float) -> str:
    return f"{minutes / 60:.1f} h" if minutes >= 120 else f"{minutes:.0f} min"


TABLES = {"scales": scales, "environments": overview}


def renewed(text: str) -> str:
    """The README with its tables made anew.

    Raises:
        ValueError: a table has no place in it.
    """
    for name, make in TABLES.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        if not place.search(text):
            raise ValueError(f"README.md has no line <!-- {name} --> with <!-- end --> after it")
        table = make()
        text = place.sub(lambda found, table=table: f"{found[1]}\n{table}\n{found[2]}", text)
    return text


if __name__ == "__main__":
    with replacing(README) as temporary:
        temporary.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
