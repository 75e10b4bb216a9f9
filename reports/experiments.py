"""The small experiments on threats to validity, with a column per quantity."""

from __future__ import annotations

import pandas as pd


def untrained(experiments: pd.DataFrame) -> pd.DataFrame:
    """Starts of the joint controllers, before any training.

    Args:
        experiments: table `threat_experiments`.

    Returns:
        A row per start: policy, protocol, environment (with edition), seed, share of the
        endowment, length in steps, return, and clipped: the share of sampled actions that is cut
        off. No columns where the experiment is missing, as below.
    """
    return _wide(experiments, "untrained", ["policy", "protocol", "environment", "seed"])


def half_precision(experiments: pd.DataFrame) -> pd.DataFrame:
    """One update of the released critic, by number format and reward mode.

    Args:
        experiments: table `threat_experiments`.

    Returns:
        A row per update: number_format, reward_mode, reward per step, gradient finite and weights
        finite.
    """
    return _wide(experiments, "half_precision", ["number_format", "reward_mode"])


def _wide(experiments: pd.DataFrame, name: str, parts: list[str]) -> pd.DataFrame:
    """A row per setting, in their order: the parts of its name, and its quantities."""
    rows = experiments[experiments["experiment"] == name]
    return pd.DataFrame(
        dict(zip(parts, str(setting).split(", "), strict=True))
        | dict(zip(own["quantity"], own["value"], strict=True))
        for setting, own in rows.groupby("setting", sort=False)
    )
