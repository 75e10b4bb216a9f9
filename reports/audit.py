"""Audits of your own policy, on one page beside the policies of the study.

    python -m coopetition.reports.audit SLCD-v1 my_policy.zip --out audit.html
    python -m coopetition.reports.audit SLCD-v1 my_model.zip seed=99 reward_mode=private
    python -m coopetition.reports.audit SLCD-v1 my_rule.py --study results/quick --out audit.pdf

The policy is a file that `agents.load` reads (of several trained runs, FACTOR=VALUE chooses), a
Python file that registers rules (see `agents.extend`), or a name such as `Constant_42`. It is
audited as those of a study are, with the policies that need no training, and the learners of a
study that trained on the environment, as partners. The data of the figure lie beside the page.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from coopetition import agents, envs
from coopetition.agents.audits.cross_play import summary
from coopetition.agents.audits.exploitability import Budget
from coopetition.agents.audits.panel import Auditee, learners, references
from coopetition.agents.audits.suite import audit
from coopetition.agents.certificates import ends
from coopetition.agents.evaluation import play, streams
from coopetition.agents.files import replacing
from coopetition.envs.engine import Game

from . import schema, theme
from .audit_results import sheet_rows
from .audit_sheets import environment_audits
from .auditees import YOURS
from .provenance import version
from .report import Format, compile_page, plain
from .theme import short

# Those of the scale `quick`.
EPISODES = 4
BUDGET = Budget(iterations=6, population=24, restarts=2, episodes=2)
FORMATS: dict[str, Format] = {".html": "html", ".pdf": "pdf"}
# Learners of a study that are partners: the first run of each that was trained on this.
PARTNER_MODE = "integrated"
FIGURE = "audit"

Tables = Mapping[str, pd.DataFrame]


class PageError(ValueError):
    """The page cannot be made; the text says why, and how to mend it."""


def audit_page(
    env_id: str,
    policy: str,
    out: str | Path = "audit.html",
    *,
    factors: Mapping[str, Any] | None = None,
    study: str | Path | None = None,
    episodes: int = EPISODES,
    budget: Budget = BUDGET,
) -> Path:
    """Audit a policy and write its page, HTML or PDF, with the data of its figure beside it.

    Args:
        env_id: registered id, or one that the policy's file registers.
        policy: a file or a name, see the module.
        out: the page; it ends in .html or .pdf.
        factors: fields of `Run` that choose one among several trained runs.
        study: folder of a study whose learners on the environment are partners.
        episodes: of everything, where game or policy draws.
        budget: of the search for best replies.

    Returns:
        The page.

    Raises:
        PageError: no such environment, policy or study, or another ending; nothing is written.
    """
    path = Path(out)
    if path.suffix not in FORMATS:
        raise PageError(f"{out}: the page is HTML or PDF: let its name end in .html or .pdf")
    # A file may register the environment together with a rule.
    rules = _registered(policy)
    try:
        game = envs.game(env_id)
    except ValueError as error:
        raise PageError(str(error)) from error
    own = [*_own(policy, rules, game, dict(factors or {}))]
    partners = [*_partners(game, own), *_learners(study, env_id)]
    found = audit([*own, *partners], game, episodes=episodes, budget=budget)
    tables = {f"audit_{name}": schema.table(f"audit_{name}", rows) for name, rows in found.items()}
    _write(path, game, policy, tables, _settings(partners, study, episodes, budget))
    return path


# ---- who is audited -----------------------------------------------------------------------------


def _registered(policy: str) -> tuple[str, ...]:
    """Rules of a Python file; none of anything else."""
    if Path(policy).suffix != ".py":
        return ()
    try:
        extension = agents.extend(policy)
    except ValueError as error:
        raise PageError(str(error)) from error
    if extension.learner:
        raise PageError(
            f"{policy} describes the learner {extension.learner}, which must be trained first: "
            "pass the file of its models instead"
        )
    if not extension.rules:
        raise PageError(f"{policy} registers no rule: decorate one with @agents.register")
    return extension.rules


def _own(
    policy: str, rules: Sequence[str], game: Game, factors: dict[str, Any]
) -> Iterator[Auditee]:
    """What is to be audited, having played an episode."""
    try:
        if rules:
            found = {name: agents.make(name, game) for name in rules}
        elif Path(policy).is_file():
            found = {Path(policy).stem: _loaded(policy, factors)}
        elif Path(policy).suffix:
            raise PageError(f"{policy}: no such file")
        else:
            found = {policy: agents.make(policy, game)}
    except ValueError as error:
        raise PageError(str(error)) from error
    for name, made in found.items():
        try:
            play(made, game, streams(0, 1))
        except ValueError as error:
            raise PageError(f"{name} cannot play {game.id}: {error}") from error
        yield Auditee(made, name, "own")


def _loaded(path: str, factors: dict[str, Any]) -> agents.Policy:
    try:
        return agents.load(path, **factors)
    except ValueError as error:
        hint = "\nname one of them, for example: reward_mode=private seed=99"
        raise PageError(f"{error}{hint if zipfile.is_zipfile(path) else ''}") from error


def _partners(game: Game, own: Sequence[Auditee]) -> list[Auditee]:
    """Reference policies; one that is audited as the user's own is not among them twice."""
    names = {auditee.name for auditee in own}
    return [auditee for auditee in references(game) if auditee.name not in names]


def _learners(study: str | Path | None, env_id: str) -> list[Auditee]:
    """Learners of a study on the environment."""
    if study is None:
        return []
    place = envs.spec(env_id)
    folder = Path(study) / "models" / place.edition / place.name
    files = sorted(folder.glob("*.zip"))
    if not files:
        raise PageError(
            f"{study} has no learners on {env_id}: looked for {folder}/*.zip. Name a study that "
            "trains on it, or leave out --study"
        )
    found = [one for file in files for one in learners(file, 1, [PARTNER_MODE])]
    return found or [one for file in files for one in learners(file, 1)]


# ---- what is said -------------------------------------------------------------------------------


def _settings(
    partners: Sequence[Auditee], study: str | Path | None, episodes: int, budget: Budget
) -> dict[str, str]:
    trained = [one for one in partners if one.kind == "learner"]
    return {
        "policies": f"{len(partners) - len(trained)} that need no training",
        "learners": f"{len(trained)} of {study}" if trained else "none",
        "search": (
            f"{budget.iterations} iterations of {budget.population} candidates, {budget.restarts} "
            f"restarts; {episodes} episodes where anything is drawn"
        ),
    }


def _write(path: Path, game: Game, policy: str, tables: Tables, settings: dict[str, str]) -> None:
    met = summary(tables["audit_cross_play"].to_dict("records"))
    tables = {**tables, "audit_cross_play_summary": schema.table("audit_cross_play_summary", met)}
    rows = sheet_rows(**{name: tables[name] for name in SHEET}, certificates=_worth(game))[game.id]
    [(_, plot)] = environment_audits(**{name: tables[name] for name in DRAWN})
    data = {
        "title": f"Audits of {Path(policy).stem if Path(policy).suffix else policy} on {game.id}",
        "summary": (
            "What one agent gains by leaving this policy, how the policy fares among others, what "
            "it stands up to and how it behaves, beside policies of the study."
        ),
        "id": game.id,
        "environment": f"{game.id}, {game.n_agents} agents, {game.horizon} steps",
        "version": version(),
        **settings,
        "own": [
            {"policy": row["policy"], "findings": _findings(row, rows, tables)}
            for row in rows
            if row["own"]
        ],
        "rows": rows,
        "figure": {
            **{"id": FIGURE, "title": plot.title, "caption": plot.caption, "alt": plot.alt},
            **{"sheets": plot.sheets, "provenance": "coopetition.reports.audit"},
            "data": path.with_suffix(".csv").name,
        },
    }
    with tempfile.TemporaryDirectory() as name:
        svg, csv, text = (Path(name) / f"{FIGURE}.{suffix}" for suffix in ("svg", "csv", "json"))
        theme.save(plot, svg, csv, text, version())
        plt.close(plot.figure)
        compile_page("page.typ", plain(data), {FIGURE: svg}, {FORMATS[path.suffix]: path})
        with replacing(path.with_suffix(".csv")) as temporary:
            shutil.copy(csv, temporary)


# Tables of the table of the page, and of its figure.
SHEET = ("audit_exploitability", "audit_cross_play_summary", "audit_robustness", "audit_behaviour")
DRAWN: tuple[str, ...] = ("audit_deviations", "audit_exploitability", "audit_cross_play")
DRAWN += ("audit_behaviour", "audit_schelling", "audit_trajectories")


def _worth(game: Game) -> pd.DataFrame:
    """The columns of a certificate that say what cooperation is worth."""
    place = envs.spec(game.id)
    about = {"environment": place.name, "edition": place.edition}
    return pd.DataFrame([about | {"mechanism_class": place.mechanism_class} | ends(game)])


def _findings(
    row: dict[str, Any], rows: Sequence[dict[str, Any]], tables: Tables
) -> list[dict[str, str]]:
    """What was found of a policy, with its place among all on the page."""
    replies, met, disturbed = (_of(row, tables[name]) for name in SHEET[:3])
    total, found = replies[replies["agents"] == "all"].iloc[0], met.iloc[0]
    part = row["relative"]
    worth = "" if pd.isna(part) else f", {_percent(part)} of what cooperation is worth"
    several = total["family"] == "several"
    kind = "replies of several kinds" if several else f"a reply of the kind {total['family']}"
    slips = disturbed[disturbed["size"] > 0]
    worst = slips.loc[slips["loss"].idxmax()]
    forgives = row["forgiveness"]
    said = {
        "Best replies": (
            f"gain {short(row['gain'])} over all agents{worth}, by {kind}; "
            f"{_place(row, rows, 'gain', lowest=True)}"
            if row["gain"] > 0
            else "none was found that gains"
        ),
        "Strangers": (
            f"an agent earns {short(row['self_play'])} among its like and "
            f"{short(row['cross_play'])} among other policies, "
            f"{_place(row, rows, 'cross_play', lowest=False)}; least, "
            f"{short(found['worst_payoff'])}, among {found['worst_partner']}, most, "
            f"{short(found['best_payoff'])}, among {found['best_partner']}"
        ),
        "Disturbed": (
            f"it loses {short(worst['loss'])} per agent by {worst['disturbance']} of size "
            f"{worst['size']:g}, which costs it most"
            if worst["loss"] > 0
            else "it loses nothing"
        ),
        "Behaviour": (
            f"slope {short(row['slope'])}, "
            f"{'it does not mind a slip' if pd.isna(forgives) else f'forgives {short(forgives)}'}; "
            f"mean share {short(row['share'])}, Jain's index of payoffs {row['jain']:.3f}"
            if pd.notna(row["slope"])
            else f"mean share {short(row['share'])}, Jain's index of payoffs {row['jain']:.3f}"
        ),
    }
    return [{"term": term, "text": text} for term, text in said.items()]


def _of(row: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table about a user's own policy."""
    name = row["policy"].removesuffix(YOURS)
    return table[(table["kind"] == "own") & (table["policy"] == name)]


def _place(row: dict[str, Any], rows: Sequence[dict[str, Any]], value: str, *, lowest: bool) -> str:
    sign = 1 if lowest else -1
    better = sum(sign * other[value] < sign * row[value] for other in rows)
    return f"place {better + 1} of {len(rows)}"


def _percent(value: float) -> str:
    return f"{short(100 * value)} %"


# ---- command line -------------------------------------------------------------------------------


def _factor(text: str) -> tuple[str, Any]:
    """A field of a run and its value, such as `seed=99`."""
    name, given, value = text.partition("=")
    if not given:
        raise argparse.ArgumentTypeError(f"{text} is not of the form seed=99")
    return name, int(value) if value.isdigit() else value


def main(arguments: Sequence[str]) -> None:
    """Write the page that was asked for."""
    shown = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m coopetition.reports.audit",
        description=shown[0],
        epilog=shown[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("environment", metavar="ENV", help="such as SLCD-v1")
    parser.add_argument("policy", metavar="FILE_OR_NAME")
    parser.add_argument("factors", metavar="FACTOR=VALUE", nargs="*", type=_factor)
    parser.add_argument("--study", metavar="FOLDER", help="such as results/quick")
    parser.add_argument("--out", metavar="PAGE", default="audit.html", help=".html or .pdf")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        page = audit_page(
            asked.environment,
            asked.policy,
            asked.out,
            factors=dict(asked.factors),
            study=asked.study,
        )
    except PageError as error:
        sys.exit(str(error))
    print(f"{page} and {page.with_suffix('.csv').name}")


if __name__ == "__main__":
    main(sys.argv[1:])
