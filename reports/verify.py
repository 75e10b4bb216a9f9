"""Verification: environments computed without training, and compared with what is recorded.

Per environment: its contract, what it is solved for, its certificate, the reference policies, and
actions of trained policies, with which it is played again. Equilibria, optima and plans are taken
as recorded and examined (what would another constant gain?), except in `SEARCHED`, where they are
found again; a search in all environments takes longer than everything else. The released audit,
case studies and more are parts of their own, see `recomputed`.

On the kind of machine that recorded, every value must be equal to the last bit. On others a value
may differ by 1e-6, relative to its size. What is a difference of payoffs is compared with the size
of these payoffs, and what is a share or made of shares with 1.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coopetition import agents, envs
from coopetition.agents.certificates import certificate
from coopetition.agents.recall import recalled, solution_rows
from coopetition.agents.reference import reference_rows
from coopetition.agents.traces import Trace, replay
from coopetition.envs.contract import measure

from . import schema
from .columns import CHECKS, TABLES
from .differences import Difference, Size, difference
from .machine import describe, machine
from .recomputed import DRAWS, PARTS, Part, Rows, one, subjects
from .selection import CELL

FOLDER = Path(__file__).with_name("verification")
TOLERANCE = 1e-6
# As in the studies, so that what is recorded is what their tables hold.
RANDOM_EPISODES = 100
# Solved again: the formal game of every class in which that takes least.
SEARCHED = (
    "DynamicPartnerSelection-v1",
    "TrustDilemma-v1",
    "TeamProduction-v1",
    "ReciprocalDilemma-v1",
)
# Whose certificates take longest even with a known solution; the solution itself is compared.
LONG = ("ApacheProject-v0", "CoalitionFormation-v0", "GraduatedSanction-v0", "GraduatedSanction-v1")
_OF_STEPS = ("actions", "payoffs", "trust", "ended")
RULES = ("heuristic", "oracle", "planner")
# Released oracles that end a numerical search in single precision, where the last bits move its end
# by 1e-4: on other kinds of machine only their recorded actions are played.
UNSTABLE = ("Oracle_Equilibrium", "Oracle_ReciprocityEquilibrium")
# What is recorded of every environment, and what tells rows of one apart.
EPISODE = ["policy", "protocol", "reward_mode", "run_id", "episode_seed"]
_KEYS: dict[str, Sequence[str]] = {
    "contract": (),
    "solutions": ("solution", "number"),
    "certificates": (),
    "reference": ("policy", "action_basis", "reward_mode"),
    "traces": (*EPISODE, "step"),
}


def _welfare(rows: pd.DataFrame) -> pd.Series:
    return rows["welfare_optimum"]


def _welfare_of_episode(rows: pd.DataFrame) -> pd.Series:
    return rows["welfare_optimum"] * rows["horizon"]


def _payoffs(rows: pd.DataFrame) -> float:
    return max((np.abs(payoffs).max() for payoffs in rows["payoffs"]), default=0.0)


# Of a certificate; all other numbers in it are payoffs or differences of payoffs.
_SHARES: tuple[str, ...] = ("nash_worst", "nash_regret", "optimum", "best_uniform_constant")
_SHARES += ("best_reply_to_C", "best_reply_to_TFT", "price_of_anarchy", "price_of_stability")
_SHARES += ("relational_share_of_payoff",)
_SIZES: dict[str, dict[str, Size]] = {
    "contract": {"constant_spread": one},
    "solutions": {"payoffs": _payoffs, "gain": one},
    "certificates": {
        **dict.fromkeys(TABLES["certificates"], _welfare),
        **dict.fromkeys(_SHARES, one),
        "one_step_gain_vs_constants": _welfare_of_episode,
        "one_step_gain_vs_tft": _welfare_of_episode,
    },
    "reference": {
        "mode_return_std": lambda rows: rows["mode_return"],
        "welfare_std": lambda rows: rows["welfare"],
        **dict.fromkeys(("trust", "cooperation", "terminated_share"), one),
    },
    "traces": {"payoffs": _payoffs, "trust": one},
}


@dataclass(frozen=True)
class Recorded:
    """What is recorded.

    Attributes:
        tables: by the names of their schemas, `columns.CHECKS`.
        machine: what it was recorded on, see `machine`.
    """

    tables: Mapping[str, pd.DataFrame]
    machine: Mapping[str, Any]

    @property
    def ids(self) -> list[str]:
        """Recorded environments."""
        return subjects(self.tables["contract"]).tolist()

    def of_part(self, part: Part) -> list[str]:
        """Recorded subjects of a part."""
        return [*dict.fromkeys(s for table in part.keys for s in subjects(self.tables[table]))]

    @property
    def binding(self) -> bool:
        """Is this machine of the kind that recorded, so that every bit must be equal?"""
        return dict(self.machine) == machine()

    def of(self, table: str, subject: str) -> pd.DataFrame:
        """Rows of an environment, or another subject."""
        rows = self.tables[table]
        return rows[subjects(rows) == subject].reset_index(drop=True)

    def unplayed(self, id: str) -> list[str]:
        """Reference policies of an environment that are not compared here as such."""
        there = {name for kind in RULES for name in agents.names(id, kind=kind)}
        compared = {*self.of("reference", id)["policy"]}
        return sorted(there - (compared if self.binding else compared - unstable(id)))


def unstable(id: str) -> set[str]:
    """Oracles of an environment whose last bits decide more than the last bits; see `UNSTABLE`."""
    return {*UNSTABLE} & {*agents.names(id)} if envs.spec(id).edition == "v0" else set()


def load(folder: Path = FOLDER) -> Recorded:
    """What is recorded in a folder.

    Raises:
        FileNotFoundError: a file is missing; the text says how to make it.
    """
    files = {name: folder / f"{name}.parquet" for name in CHECKS}
    about = folder / "machine.json"
    if missing := [path.name for path in (*files.values(), about) if not path.is_file()]:
        raise FileNotFoundError(
            f"nothing to verify with: {folder} lacks {', '.join(missing)}. Restore the folder from "
            "the repository, or record anew from a finished study: make record SCALE=standard"
        )
    tables = {name: schema.read(name, path) for name, path in files.items()}
    return Recorded(tables, json.loads(about.read_text(encoding="utf-8")))


def verify(recorded: Recorded, wanted: Sequence[str] | None = None) -> pd.DataFrame:
    """Compute again what is recorded.

    Args:
        recorded: see `load`.
        wanted: environments and other subjects; by default all that are recorded.

    Returns:
        Table `verification`: one row per subject and recorded table. What cannot be computed is a
        row that is not ok.
    """
    checked = [
        (id, check, found)
        for id in (recorded.ids if wanted is None else wanted)
        if id in recorded.ids
        for check, found in _environment(recorded, id)
    ]
    checked += [
        (subject, check, found)
        for part in PARTS
        for subject in recorded.of_part(part)
        if wanted is None or subject in wanted
        for check, found in _part(recorded, part, subject)
    ]
    exact = recorded.binding
    return schema.table("verification", [_row(*row, exact) for row in checked])


def _environment(recorded: Recorded, id: str) -> list[tuple[str, Difference]]:
    """The recorded tables of an environment, and how what is computed differs from them."""
    tables = {check: recorded.of(check, id) for check in _KEYS}
    if not len(tables["traces"]):  # no study has trained there
        del tables["traces"]
    if id in LONG:
        del tables["certificates"]
    unplayed: list[str] = []
    compute: dict[str, Callable[[], Rows]] = {
        "contract": lambda: [measure(id)],
        "solutions": lambda: solution_rows(id),
        "certificates": lambda: [certificate(id)],
        "reference": lambda: reference(id, without=unplayed),
        "traces": lambda: replayed(id, tables["traces"]),
    }
    known = None if id in SEARCHED else tables["solutions"].to_dict("records")
    with ExitStack() as stack:
        try:
            stack.enter_context(recalled(id, known))
            unplayed += recorded.unplayed(id)
        except Exception as error:  # the environment is gone, or does not take what is recorded
            return [(check, _failed(rows, error)) for check, rows in tables.items()]
        played = ~tables["reference"]["policy"].isin(unplayed)
        tables["reference"] = tables["reference"][played]
        return [
            (check, _compared(check, rows, compute[check], _KEYS[check], _SIZES[check]))
            for check, rows in tables.items()
        ]


def _part(recorded: Recorded, part: Part, subject: str) -> list[tuple[str, Difference]]:
    """The same of the tables of a part."""
    rows = cache(part.rows)  # of all tables at once
    return [
        (
            check,
            _compared(
                check,
                recorded.of(check, subject),
                lambda check=check: rows(subject)[check],  # type: ignore[misc]
                keys,
                part.sizes[check],
            ),
        )
        for check, keys in part.keys.items()
    ]


def _compared(
    check: str,
    rows: pd.DataFrame,
    compute: Callable[[], Rows],
    keys: Sequence[str],
    sizes: Mapping[str, Size],
) -> Difference:
    try:
        found = schema.table(check, compute())
    except Exception as error:  # whatever a changed game raises, it is not what is recorded
        return _failed(rows, error)
    return difference(check, rows, found, keys=keys, sizes=sizes)


def _failed(rows: pd.DataFrame, error: Exception) -> Difference:
    return Difference(max(len(rows), 1), 0, np.inf, f"{type(error).__name__}: {error}")


def _row(subject: str, check: str, found: Difference, exact: bool) -> dict[str, Any]:
    identical = found.equal == found.compared
    return {
        "check": check,
        "subject": subject,
        "compared": found.compared,
        "equal": found.equal,
        "difference": float(found.largest),
        "identical": identical,
        "ok": identical if exact else found.largest <= TOLERANCE,
        "worst": found.worst,
    }


def reference(id: str, *, without: Sequence[str]) -> list[dict[str, Any]]:
    """Reference policies as they are recorded: without what an agent gains by leaving Random."""
    return reference_rows(id, random_episodes=RANDOM_EPISODES, deviations=False, without=without)


def replayed(id: str, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `traces` of an environment, with what their actions yield now."""
    groups = [group.sort_values("step") for _, group in rows.groupby(EPISODE, sort=False)]
    given = [
        Trace(
            seed=int(group["episode_seed"].iloc[0]),
            **{name: np.array([*map(np.asarray, group[name])]) for name in _OF_STEPS},
        )
        for group in groups
    ]
    played = replay(envs.game(id), given)
    return [
        row
        for group, trace in zip(groups, played, strict=True)
        for row in trace_rows(group.iloc[0][[*CELL, *EPISODE]].to_dict(), trace)
    ]


def trace_rows(identity: Mapping[str, Any], trace: Trace) -> list[dict[str, Any]]:
    """Rows of the table `traces` of one episode."""
    steps = zip(*(getattr(trace, name).tolist() for name in _OF_STEPS), strict=True)
    return [
        {**identity, "episode_seed": trace.seed, "step": step}
        | dict(zip(_OF_STEPS, values, strict=True))
        for step, values in enumerate(steps)
    ]


def summary(recorded: Recorded, table: pd.DataFrame) -> str:
    """What the table `verification` says, as text: sums, what differs, and what is left out."""
    lines = [f"Recorded on {describe(recorded.machine)}"]
    if recorded.binding:
        lines.append("This machine is of that kind: every bit must be equal")
    else:
        lines.append(f"This machine is {describe(machine())}: within {TOLERANCE:g}")
    named = [(check, [check], "environments") for check in _KEYS]
    named += [(part.name, [*part.keys], part.unit) for part in PARTS]
    for name, checks, unit in named:
        rows = table[table["check"].isin(checks)]
        if len(rows):
            lines.append(f"  {name:<23}{_counts(rows, unit)}")
    failed = table[~table["ok"]]
    lines += [
        f"  DIFFERS {row.check} {row.subject}: {row.worst} "
        f"({row.compared - row.equal:,} of {row.compared:,} values)"
        for row in failed.itertuples()
    ]
    lines += ["Left out", *(f"  {line}" for line in _left_out(recorded, table))]
    lines.append(f"{len(failed)} of {len(table)} checks differ" if len(failed) else "All verified")
    return "\n".join(lines)


def _counts(rows: pd.DataFrame, unit: str) -> str:
    right = rows.groupby("subject")["ok"].all()
    found = f"{right.sum()} of {len(right)} {unit}, {rows['compared'].sum():,} values"
    if rows["identical"].all():
        return f"{found}, equal to the last bit"
    return (
        f"{found}, {rows['equal'].sum():,} equal to the last bit, "
        f"largest difference {rows['difference'].max():.1g}"
    )


def _left_out(recorded: Recorded, table: pd.DataFrame) -> list[str]:
    """What is not computed, or not recorded."""
    ids = table.loc[table["check"].isin(_KEYS), "subject"].drop_duplicates().tolist()
    known = [id for id in ids if id in envs.ids()]
    lines = [
        "training, experiments on threats to validity, and all that is made of them",
        "cross-play, exploitability and other audits of policies",
        f"case studies in environments, and beside more than {DRAWS} parameter sets by chance",
    ]
    if recalled_only := [id for id in known if id not in SEARCHED]:
        lines.append(
            f"search for equilibria, optimum and plan in {len(recalled_only)} of {len(ids)} "
            "environments: recorded ones are played and examined"
        )
    if long := [id for id in known if id in LONG]:
        lines.append(f"certificates of {', '.join(long)}: their solutions are examined")
    lines.append("what an agent gains by leaving Random; curves of best replies")
    for id in known:
        replayed_only = {*recorded.of("traces", id)["policy"]}
        for name in recorded.unplayed(id):
            instead = ": one recorded episode is played again" if name in replayed_only else ""
            lines.append(f"{name} on {id}{instead}")
    untraced = len({*ids} - {*_traced(recorded)})
    if untraced:
        lines.append(f"actions of trained policies in {untraced} environments: none recorded")
    there = {*recorded.ids, *(subject for part in PARTS for subject in recorded.of_part(part))}
    wanted = {*envs.ids(), *(subject for part in PARTS for subject in part.subjects())}
    return lines + [f"{subject}: not recorded" for subject in sorted(wanted - there)]


def _traced(recorded: Recorded) -> list[str]:
    """Environments with traces of trained policies."""
    traces = recorded.tables["traces"]
    return subjects(traces[traces["run_id"] != ""]).drop_duplicates().tolist()
