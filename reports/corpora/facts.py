"""What metadata and documents say of the corpora: everything that has a number is counted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd
import yaml

from ..columns import STATUSES

TEXTS = Path(__file__).parent / "texts"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
NAME = "coopetition-corpora"


@dataclass(frozen=True)
class Facts:
    """Facts of one build.

    Attributes:
        values: name -> text, for the placeholders of the texts.
    """

    values: Mapping[str, str]

    def __getattr__(self, name: str) -> str:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None

    def filled(self, text: str) -> str:
        """A text with its placeholders filled.

        Raises:
            KeyError: it asks for what nobody has counted.
        """
        return Template(text).substitute(self.values)

    def text(self, name: str) -> str:
        """A file of the folder `texts`, filled."""
        return self.filled((TEXTS / name).read_text(encoding="utf-8"))

    def responsible_ai(self) -> dict[str, Any]:
        """Name -> value of every field of RAI 1.0, and whether the data are synthetic."""
        fields = yaml.safe_load((TEXTS / "responsible_ai.yaml").read_text(encoding="utf-8"))
        filled = {
            name: [self.filled(part) for part in value]
            if isinstance(value, list)
            else self.filled(value)
            for name, value in fields.items()
        }
        return {**filled, "hasSyntheticData": True}


def gather(
    inventory: pd.DataFrame,
    runs: pd.DataFrame,
    checks: pd.DataFrame,
    citation: Mapping[str, Any],
    *,
    study: str,
    scale: str,
    configuration_hash: str,
    date: str,
    version: str,
) -> Facts:
    """Count.

    Args:
        inventory: table `corpora`.
        runs: corpus `training_runs`.
        checks: table `corpus_integrity`.
        citation: content of CITATION.cff.
        study: name of the study.
        scale: that it started from.
        configuration_hash: of its configuration.
        date: of the build, such as 2026-01-31.
        version: of the package.
    """
    there, absent = inventory[inventory["file"] != ""], inventory[inventory["file"] == ""]
    records, statuses = int(there["rows"].sum()), runs["status"].value_counts()
    counts = {status: int(statuses.get(status, 0)) for status in STATUSES}
    creator = " and ".join(author["name"] for author in citation["authors"])
    steps = runs["steps_planned"] if len(runs) else pd.Series([0])
    places = (runs["environment"] + "-" + runs["edition"]).nunique()
    left_out = [f"{row['corpus']}: {row['left_out']}" for row in absent.to_dict("records")]
    about = ", ".join(f"{name} {counts[name]:,}" for name in STATUSES)
    numbers = {
        **counts,
        "planned": len(runs),
        "unfinished": len(runs) - counts["finished"],
        "records": records,
        "files": len(there),
        "checks": len(checks),
        "checked": int(checks["checked"].sum()),
        "environments": places,
        "policies": runs["policy"].nunique(),
        "seeds": runs["seed"].nunique(),
        "least_steps": int(steps.min()),
        "most_steps": int(steps.max()),
    }
    words = {
        "name": NAME,
        "pretty_name": f"Coopetition corpora, study {study}",
        "study": study,
        "scale": scale,
        "configuration_hash": configuration_hash,
        "date": date,
        "year": date[:4],
        "version": version,
        "creator": creator,
        # Where the files are hosted is not known when they are made: their card lies beside them.
        "url": citation.get("url", "README.md"),
        "commits": _several(runs["commit"]),
        "versions": _several(runs["version"]),
        "editions": _several(runs["edition"]),
        "modes": _several(runs["reward_mode"]),
        "seed_list": ", ".join(map(str, sorted(set(runs["seed"])))) or "none",
        "cpu_hours": f"{runs['cpu_seconds'].sum() / 3600:.2f}",
        "megabytes": f"{there['bytes'].sum() / 1e6:.2f}",
        "size_category": _size_category(records),
        "left_out": f"Left out: {'; '.join(left_out)}." if left_out else "",
        "left_out_list": "\n".join(f"* Left out, {line}" for line in left_out) or "* Nothing.",
        "table": _table(there),
        "about_instances": "Every corpus has rows of its own kind:",
        "description": (
            f"Training runs, learning curves, evaluations, audits, certificates and response "
            f"surfaces of mixed-motive games from the study {study} (scale {scale}): "
            f"{records:,} records in {len(there)} corpora; of {len(runs):,} planned training runs "
            f"{about}. Machine-generated, reward mode in every key, per-agent payoffs, checksums."
        ),
        "bibtex": (
            "@misc{coopetition,\n"
            f"  title = {{{citation['title']}}},\n"
            f"  author = {{{creator}}},\n"
            f"  year = {{{date[:4]}}},\n"
            f"  version = {{{version}}}\n}}"
        ),
    }
    return Facts({**{name: f"{value:,}" for name, value in numbers.items()}, **words})


def _several(values: pd.Series) -> str:
    return ", ".join(sorted(set(values))) or "none"


def _table(there: pd.DataFrame) -> str:
    rows = [
        f"| `{row['corpus']}` | {row['about']} | {row['rows']:,} | {row['bytes'] / 1e3:,.0f} kB |"
        for row in there.to_dict("records")
    ]
    return "\n".join(["| corpus | a row is | records | size |", "|---|---|---|---|", *rows])


def _size_category(records: int) -> str:
    """As dataset cards name it."""
    for most, name in (
        (1_000, "n<1K"),
        (10_000, "1K<n<10K"),
        (100_000, "10K<n<100K"),
        (1_000_000, "100K<n<1M"),
        (10_000_000, "1M<n<10M"),
    ):
        if records < most:
            return name
    return "10M<n<100M"
