"""Keeps the tables of a finished study with the code, for who has no hours to run it.

    python -m coopetition.reports.keep results/standard

They come to lie in `recorded/standard`, its reference scores where `reference_scores` reads them.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from coopetition.agents.files import replacing

from .reference_scores import PATH
from .sources import RECORDED

KEPT = ("claims.csv", "certificates.csv", "tables/*.csv", "report/provenance.json")
# Curves for figures, descriptions of files, and what takes a minute to compute again.
LEFT_OUT = ("performance_profiles.csv", "croissant_records.csv", "released_audit_records.csv")


def keep(results: Path, folder: Path = RECORDED, scores: Path = PATH) -> list[Path]:
    """Copy the tables of a study; those that it no longer has are removed.

    Args:
        results: folder of the study, named after its scale.
        folder: where to make a folder of that name.
        scores: where its reference scores go.

    Returns:
        The files made, the reference scores last.

    Raises:
        FileNotFoundError: the study has no report.
    """
    if not (results / "report" / "provenance.json").exists():
        raise FileNotFoundError(f"{results} holds no report: run the study first")
    kept = folder / results.name
    found = {kept / path.name: path for name in KEPT for path in sorted(results.glob(name))}
    wanted = {path: source for path, source in found.items() if path.name not in LEFT_OUT}
    wanted[scores] = wanted.pop(kept / scores.name)
    for old in kept.glob("*"):
        if old not in wanted:
            old.unlink()
    for path, source in wanted.items():
        with replacing(path) as temporary:
            shutil.copyfile(source, temporary)
    return list(wanted)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python -m coopetition.reports.keep results/standard")
    for made in keep(Path(sys.argv[1])):
        print(made)
