"""Dataset card, datasheet, licence and citation of the corpora, filled from the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import yaml

from .catalogue import RUNS
from .facts import LICENCE_URL, Facts
from .package import present


def documents(inventory: pd.DataFrame, facts: Facts, citation: Mapping[str, Any]) -> dict[str, str]:
    """File name -> content."""
    return {
        "README.md": f"---\n{_front(inventory, facts)}---\n{facts.text('card.md')}",
        "DATASHEET.md": facts.text("datasheet.md"),
        "LICENSE": facts.text("licence.txt"),
        "CITATION.cff": yaml.safe_dump(_citation(facts, citation), sort_keys=False),
    }


def _front(inventory: pd.DataFrame, facts: Facts) -> str:
    """The head of the card: what Hugging Face reads, with one configuration per corpus."""
    configs = [
        {
            "config_name": corpus.name,
            "data_files": [{"split": "train", "path": corpus.file}],
            **({"default": True} if corpus.name == RUNS else {}),
        }
        for corpus in present(inventory)
    ]
    head = {
        "pretty_name": facts.pretty_name,
        "license": "cc-by-4.0",
        "language": ["en"],
        "annotations_creators": ["machine-generated"],
        "task_categories": ["reinforcement-learning", "tabular-regression"],
        "tags": ["multi-agent", "coopetition", "social-dilemma", "croissant"],
        "size_categories": [facts.size_category],
        "configs": configs,
    }
    return yaml.safe_dump(head, sort_keys=False, allow_unicode=True)


def _citation(facts: Facts, citation: Mapping[str, Any]) -> dict[str, Any]:
    """That of the software, as a data set."""
    return {
        **citation,
        "title": f"{facts.pretty_name} ({citation['title']})",
        "type": "dataset",
        "version": facts.version,
        "date-released": facts.date,
        "license": "CC-BY-4.0",
        "license-url": LICENCE_URL,
    }
