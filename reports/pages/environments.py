"""A card for every environment, in PettingZoo's order, and the table of all of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from coopetition import envs
from coopetition.envs.engine import Game
from coopetition.envs.formal.changes import CHANGES
from coopetition.envs.interfaces.released_wrappers import DIFFERENCES
from coopetition.envs.registry import pettingzoo_name

from .. import schema
from ..cards import told
from ..profiles import role_names, shown
from ..verify import FOLDER
from . import arguments
from .markdown import fenced, number, parsed, table, value
from .mechanics import payoffs
from .observed import blocks

EDITIONS = {"v0": "Released edition", "v1": "Formal edition"}
REWARDS = {
    "v0": (
        "`private`: π_i. `integrated`: π_i + Σ_j D_ij · min(T_ij, 1 − R_ij) · π_j. `cooperative`: "
        "the mean of these over the agents. Multipliers act after the mode."
    ),
    "v1": (
        "`private` (mutuality 0): π_i. `integrated` (1): π_i + Σ_j D_ij {gate}· π_j. "
        "`cooperative` (2): Σ_j π_j. Any number between 0 and 2 lies linearly in between."
    ),
}
WELFARE = {
    "optimum": "optimum in constants C",
    "dynamic_optimum": "best plan over time",
    "nash_worst": "worst private equilibrium D",
    "myopic": "every step an equilibrium of its own",
    "tft": "tit for tat among its like",
    "random": "uniform random shares",
    "zero": "nobody contributes",
    "full": "all contribute everything",
}


def recorded(name: str) -> dict[str, dict[str, Any]]:
    """Rows of a recorded table by id of the environment."""
    rows = schema.read(name, FOLDER / f"{name}.parquet").to_dict("records")
    return {f"{row['environment']}-{row['edition']}": row for row in rows}


def built_in(edition: str | None = None) -> list[str]:
    """Ids of the environments of this package, without those that an extension added."""
    ids = envs.ids(edition)
    return [id for id in ids if envs.spec(id).module.startswith("coopetition.envs.games.")]


def pages() -> dict[str, str]:
    """Path -> text: a card per environment, and the table."""
    contracts, certificates = recorded("contract"), recorded("certificates")
    made = {"environments/index.md": index()}
    for id in built_in():
        made[f"environments/{id}.md"] = card(id, contracts.get(id), certificates.get(id))
    return made


def index() -> str:
    """The page of the table."""
    return "\n\n".join(
        [
            "# Environments",
            "Twenty games, each in two editions. Where these differ in size, the released one "
            "comes first.",
            overview(linked=True),
        ]
    )


def overview(linked: bool = False) -> str:
    """One row per game: what the module, the registry and both editions say of it.

    Args:
        linked: with a link to the card of each edition.
    """
    head = ("game", "class", "agents", "steps", "the game", "formal edition")
    return table(head, [_row(id, linked) for id in built_in("v0")])


def _row(id: str, linked: bool) -> list[str]:
    name = id.removesuffix("-v0")
    released, formal = (envs.spec(f"{name}-{edition}") for edition in EDITIONS)
    games = [released.create(), formal.create()]
    sizes = (
        ", ".join(dict.fromkeys(str(getattr(game, size)) for game in games))
        for size in ("n_agents", "horizon")
    )
    title = told(released.module)[0].partition(": ")[2]
    line = (formal.summary[0].lower() + formal.summary[1:]).removesuffix(".")
    links = " ".join(f"[{edition}]({name}-{edition}.md)" for edition in EDITIONS)
    shown_name = f"{name} {links}" if linked else name
    return [shown_name, released.mechanism_class, *sizes, title, line]


def card(id: str, contract: Mapping[str, Any] | None, certificate: Mapping[str, Any] | None) -> str:
    """The card of an environment.

    Args:
        id: registered id.
        contract: its recorded row, if there is one.
        certificate: its recorded row, if there is one.
    """
    spec, game = envs.spec(id), envs.game(id)
    title, story = told(spec.module)
    parts: list[str] = [
        f"# {id}",
        f"{title}. {EDITIONS[spec.edition]}: {spec.summary[0].lower()}{spec.summary[1:]}",
        _facts(id, game, contract),
        fenced(_use(id), "python"),
        "## Story",
        *_story(spec, title, story),
        "## Arguments",
        _arguments(id, game),
        "## Observations",
        *_observations(game),
        "## Actions",
        _actions(game),
        "## Payoffs",
        *payoffs(game),
        "## Rewards",
        REWARDS[spec.edition].format(gate="T_ij " if getattr(game, "gated", False) else ""),
        "## Termination",
        _termination(game, contract),
        "## Certificate",
        *(_certificate(id, certificate) if certificate else ["None is recorded."]),
        *_departures(id, story.get("v0", [])),
        "## References",
        *_references(id),
        "## Versions",
        _versions(id),
    ]
    return "\n\n".join(parts)


def _story(spec: envs.Spec, title: str, story: Mapping[str, list[str]]) -> list[str]:
    """What both editions share, and of the formal one what it adds."""
    own = story.get("v1", []) if spec.edition == "v1" else []
    return [*story.get("", []), *own] or [f"{title}."]


def _facts(id: str, game: Game, contract: Mapping[str, Any] | None) -> str:
    spec = envs.spec(id)
    other = f"{spec.name}-{'v1' if spec.edition == 'v0' else 'v0'}"
    random = {None: "not recorded", True: "none", False: "drawn at reset from the seed"}
    place = spec.module.removeprefix("coopetition.").replace(".", "/")
    mechanisms = envs.MECHANISM_CLASSES[spec.mechanism_class]
    rows = {
        "class": f"{spec.mechanism_class}, {mechanisms}",
        "other edition": f"[{other}]({other}.md)",
        "agents": f"{game.n_agents}: {_listed(game.display_names)}",
        "horizon": f"{game.horizon} steps",
        "actions": "one number per agent, from 0 to its endowment",
        "reward modes": "`private`, `integrated`, `cooperative`"
        + (", any mutuality from 0 to 2" if spec.edition == "v1" else ""),
        "chance": random[None if contract is None else bool(contract["deterministic"])],
        "PettingZoo": f"`from coopetition.envs.pettingzoo import {pettingzoo_name(id)}`",
        "source": f"`{place}.py`",
    }
    return table(("", ""), [(f"**{name}**", text) for name, text in rows.items()])


def _use(id: str) -> str:
    return (
        "from coopetition import envs\n\n"
        f'env = envs.make("{id}", reward_mode="private")  # Gymnasium: one joint action\n'
        f'parallel = envs.parallel_env("{id}")  # PettingZoo; envs.aec_env for turns'
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 8 else f"{names[0]} to {names[-1]}"


def _arguments(id: str, game: Game) -> str:
    spec = envs.spec(id)
    written = arguments.MEANINGS | parsed(spec.factory).entries("Args")
    rows = [
        (f"`{p.name}`", _type(p), f"`{p.default!r}`", written.get(p.name, ""))
        for p in spec.parameters.values()
    ]
    listed = table(("argument", "type", "default", "meaning"), rows)
    switches = getattr(game, "switches", {})
    if not switches:
        return listed
    listing = "; ".join(f"`{name}` ({value(params)})" for name, params in switches.items())
    return f"{listed}\n\n`without` may name: {listing}."


def _type(parameter: inspect.Parameter) -> str:
    annotation = parameter.annotation
    text = annotation.__name__ if inspect.isclass(annotation) else str(annotation)
    # A bar would end the cell of the table.
    return f"`{text.replace('collections.abc.', '').replace(' | ', ' or ')}`"


def _observations(game: Game) -> Iterator[str]:
    state = game.reset([0])
    joint = game.joint_observation(state).shape[1]
    own = {
        preset: game.agent_observation(state, preset, True).shape[2]
        for preset in ("full", "realistic", "minimal")
    }
    low, high = game.observation_range
    bounds = "unbounded" if low == float("-inf") else f"in [{number(low)}, {number(high)}]"
    yield (
        f"Joint observation: {joint} numbers, raw {bounds}. Per agent, scaled to [-1, 1]: "
        + ", ".join(f"{size} under `{preset}`" for preset, size in own.items())
        + ". `realistic` is the default."
    )
    yield table(("entries", "joint", "realistic, per agent", "what"), blocks(game))


def _actions(game: Game) -> str:
    same = len(set(game.endowments.tolist())) == len(set(game.baselines.tolist())) == 1
    agents = range(1 if same else game.n_agents)
    rows = [
        (
            "every agent" if same else f"`agent_{i}` ({game.display_names[i]})",
            f"[0, {number(game.endowments[i])}]",
            number(game.baselines[i]),
        )
        for i in agents
    ]
    return table(("agent", "range, payoff units", "norm b_i"), rows)


def _termination(game: Game, contract: Mapping[str, Any] | None) -> str:
    truncated = f"Truncated after {game.horizon} steps."
    if not game.termination_rule:
        return f"{truncated} Never ends early."
    shortest = ""
    if contract is not None:
        shortest = (
            f" The shortest episode among 101 constants: {contract['shortest_episode']} steps."
        )
    return f"{truncated} Ends early at {game.termination_rule}.{shortest}"


def _certificate(id: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Equilibria, welfare, incentives, and the numbers of the Schelling diagram."""
    roles = role_names(id, row["roles"])
    yield (
        f"{'A dilemma' if row['is_dilemma'] else 'No dilemma'} in constant actions. Shares of the "
        f"endowment, one per role ({', '.join(roles)}) or per agent; payoffs per agent and step."
    )
    yield table(
        ("", ""),
        [
            ("private equilibria", shown(row["nash"])),
            ("equilibria under integrated reward", shown(row["nash_integrated"])),
            ("equilibria under cooperative reward", shown(row["nash_cooperative"])),
            ("optimum C", shown(row["optimum"])),
            *((f"W, {about}", number(row[f"welfare_{name}"])) for name, about in WELFARE.items()),
            ("price of anarchy", number(row["price_of_anarchy"])),
            ("greed: best gain of one who leaves C", ", ".join(map(number, row["greed"]))),
            ("fear: P − S", number(row["fear"])),
            ("R, S, T, P", ", ".join(number(row[key]) for key in ("R", "S", "T_temptation", "P"))),
        ],
    )
    cooperators, defectors = row["schelling_cooperator"], row["schelling_defector"]
    if _there(cooperators) and _there(defectors):
        yield "Schelling diagram: payoff of one agent by the number k of others who play C, not D."
        pairs = zip(cooperators, defectors, strict=True)
        rows = [(k, number(c), number(d)) for k, (c, d) in enumerate(pairs)]
        yield table(("k", "who cooperates", "who defects"), _ends(rows))


def _there(numbers: Any) -> bool:
    return not isinstance(numbers, float | None) and numbers is not pd.NA and len(numbers) > 0


def _ends(rows: list[tuple], shown_rows: int = 12) -> list[tuple]:
    """Rows of a long table by a few evenly spaced ones, both ends included."""
    if len(rows) <= shown_rows:
        return rows
    step = (len(rows) - 1) / (shown_rows - 1)
    return [rows[round(k * step)] for k in range(shown_rows)]


def _departures(id: str, released_story: list[str]) -> Iterator[str]:
    """The defects that the released edition keeps, or where the formal one leaves the reports."""
    spec = envs.spec(id)
    yield "## Defects of the released edition"
    if spec.edition == "v1":
        name = f"{spec.name}-v0"
        yield f"See [{name}]({name}.md#defects-of-the-released-edition)."
        yield "## Departures from the reports"
        head = ("", "what", "reported", "here", "why")
        changes = [(number, CHANGES[number]) for number in spec.changes]
        rows = [(f"{n}{'*' * c.ours}", c.what, c.reported, c.here, c.why) for n, c in changes]
        yield table(head, rows) if rows else "None."
        if any(change.ours for _, change in changes):
            yield "\\* our own reading rather than a choice among the reports' values."
        return
    yield (
        "They are kept, so that published numbers can be recomputed. What this edition is like, "
        "defects included:"
    )
    yield from released_story
    yield DIFFERENCES.get(id, "The released wrappers play the same game as the joint environment.")


def _references(id: str) -> Iterator[str]:
    spec = envs.spec(id)
    yield (
        f"- Technical report {spec.mechanism_class} "
        f"({envs.MECHANISM_CLASSES[spec.mechanism_class]}) of the published study, "
        "*Coopetition-Gym v1*, [arXiv 2605.02063](https://arxiv.org/abs/2605.02063)\n"
        "- Certificate and measured sizes: `reports/verification`, compared by `snakemake verify`"
    )


def _versions(id: str) -> str:
    name = envs.spec(id).name
    rows = [
        ("v0", "the published dynamics in the published arithmetic, defects included"),
        ("v1", "the game as the theory defines it, payoffs before rewards, Markov observations"),
    ]
    rows = [row for row in rows if f"{name}-{row[0]}" in envs.ids()]
    return (
        table(("version", "what it is"), rows)
        + "\n\nThe number rises whenever learning could change."
    )
