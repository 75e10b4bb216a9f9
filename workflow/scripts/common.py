"""What every script needs: its log file, and the root of the checkout."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def start(snakemake) -> None:
    """Send log messages, warnings and errors of this job to its log file.

    What earlier attempts have written is kept: it may say why there is another one.
    """
    mode = "w" if snakemake.resources.get("attempt", 1) == 1 else "a"
    handle = Path(snakemake.log[0]).open(mode, encoding="utf-8", buffering=1)  # noqa: SIM115
    sys.stdout = sys.stderr = handle
    sys.excepthook = _told
    logging.basicConfig(
        stream=handle, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    logging.captureWarnings(True)
    extend(snakemake)


def extend(snakemake) -> None:
    """Add what the extensions of the study register, in this process too."""
    for path in snakemake.config.get("extend", []):
        from coopetition import agents

        agents.extend(path)


@contextmanager
def solved(snakemake, env: str = "") -> Iterator[str]:
    """Id of the environment of a job, which meanwhile is solved as rule `solution` found.

    `env` names an environment that is no wildcard of the job.
    """
    from coopetition.agents.recall import recalled
    from coopetition.reports import schema

    id = f"{env or snakemake.wildcards.env}-{snakemake.wildcards.edition}"
    rows = schema.read("solutions", snakemake.input.solution)
    with recalled(id, rows.to_dict("records")):
        yield id


def tell(snakemake, text: str) -> None:
    """Print a page for whoever asked for it, and leave it in the log as well."""
    Path(snakemake.log[0]).write_text(text + "\n", encoding="utf-8")
    print(f"\n{text}\n", flush=True)


def _told(kind, error, trace) -> None:
    """Show errors of the disk on the terminal as well: the log may be what cannot be written."""
    if isinstance(error, OSError):
        print(error, *getattr(error, "__notes__", []), sep="\n", file=sys.__stderr__)
    sys.__excepthook__(kind, error, trace)
