"""What every script needs: its log file, and the root of the checkout."""

import logging
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def start(snakemake) -> None:
    """Send log messages, warnings and errors of this job to its log file."""
    handle = Path(snakemake.log[0]).open("w", encoding="utf-8", buffering=1)  # noqa: SIM115
    sys.stdout = sys.stderr = handle
    logging.basicConfig(
        stream=handle, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    logging.captureWarnings(True)
