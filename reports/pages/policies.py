"""Cards of the policies: a page per learner, one of the oracles, and the list of all."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from coopetition import agents
from coopetition.agents.registry import learner, rule
from coopetition.agents.specs import LearnerSpec

from .markdown import fenced, parsed, table, value

HEURISTICS = ("Constant_42", "Random", "TitForTat", "TitForTat_released", "Planner")
WRITTEN = ("paradigm", "reward", "actor", "critic", "sharing", "head")
OF_PROTOCOL = (
    *("base", "data", "optimizer", "parameters", "measured_on", "steps_between_updates"),
    *("updates_per_step", "samples_per_transition"),
)


def pages() -> dict[str, str]:
    """Path -> text."""
    # Cards are read off constructed learners; nothing else in reports waits for torch.
    cards = importlib.import_module("coopetition.agents.cards")
    built_in = [name for name in agents.learner_names() if _built_in(learner(name).module)]
    made = {f"policies/{name}.md": _learner(learner(name), cards.card(name)) for name in built_in}
    return {"policies/index.md": _index(built_in), "policies/oracles.md": _oracles()} | made


def _built_in(module: str) -> bool:
    return module.startswith("coopetition.")


def _index(learners: list[str]) -> str:
    specs = [learner(name) for name in learners]
    rules = [(f"`{name}`", rule(name, "v1").summary) for name in HEURISTICS]
    return "\n\n".join(
        [
            "# Policies",
            "All are made, played, scored, saved and loaded alike, see "
            "[the reference](../reference/agents.md).",
            "## Rules",
            "The 101 constants `Constant_00` to `Constant_100` play that percentage of the own "
            "endowment; the seven published oracles are on [a page of their own](oracles.md).",
            table(("policy", "what it does"), rules),
            "## Learners",
            table(
                ("learner", "paradigm", "in the published study", "what it is"),
                [
                    (
                        f"[{spec.name}]({spec.name}.md)",
                        spec.paradigm,
                        _published(spec),
                        _title(spec),
                    )
                    for spec in specs
                ],
            ),
        ]
    )


def _published(spec: LearnerSpec) -> str:
    """What the published study says of the learner, and under which name."""
    if spec.published_as:
        return "reported as " + ", ".join(spec.published_as)
    if spec.card.get("published") == {}:
        return "not part of it"
    others = [name for name in agents.learner_names() if spec.name in learner(name).published_as]
    return f"the name of {', '.join(others)}" if others else "the learner of this name"


def _title(spec: LearnerSpec) -> str:
    return parsed(importlib.import_module(spec.module)).summary.partition(": ")[2]


def _oracles() -> str:
    """What the oracles of both editions solve."""
    parts = [
        "# Oracles",
        "An oracle plays what it solves from the parameters of a game. Under `-v0` it solves what "
        "the published code solves, under `-v1` the formal game. Returns are integrated, summed "
        "over agents and steps.",
    ]
    for name in agents.names(kind="oracle"):
        released, formal = (rule(name, edition) for edition in ("v0", "v1"))
        oracle: Any = released.load()
        rows = [
            ("**class**", released.mechanism_class),
            ("**published role**", oracle.card.role),
            ("**in the released environments**", oracle.card.here),
            ("**in the formal edition**", formal.summary),
        ]
        parts += [f"## {name}", fenced(oracle.card.equation), table(("", ""), rows)]
    return "\n\n".join(parts)


def _learner(spec: LearnerSpec, card: Mapping[str, Any]) -> str:
    documented = parsed(importlib.import_module(spec.module))
    facts = {name: card[name] for name in WRITTEN}
    facts["in the published study"] = _published(spec)
    facts["fewest agents"] = card["min_agents"]
    facts["source"] = f"`{spec.module.removeprefix('coopetition.').replace('.', '/')}.py`"
    parts = [
        f"# {spec.name}",
        card["summary"],
        table(("", ""), [(f"**{name}**", text) for name, text in facts.items()]),
        fenced(_use(spec), "python"),
        "## How it learns",
        # As in the file: equations and lists keep their lines.
        fenced("\n\n".join([*documented.body, *documented.after]))
        if documented.body
        else documented.summary,
        "## Protocols",
        _protocols(card["protocols"]),
        "## Settings that differ from the published ones",
        *_differences(card["differences"]),
        "## Papers",
        "\n".join(f"- {paper}" for paper in card["paper"]),
    ]
    return "\n\n".join(parts)


def _use(spec: LearnerSpec) -> str:
    game = "SLCD-v1" if spec.min_agents <= 2 else "TeamProduction-v1"
    return (
        "from coopetition import agents\n\n"
        f'policy = agents.untrained("{spec.name}", "{game}")  # before its first update\n'
        f'print(agents.evaluate(policy, "{game}").score)'
    )


def _protocols(protocols: Mapping[str, Mapping[str, Any]]) -> str:
    """A column per protocol: what is measured of it, and its settings."""
    settings = {name: content["hyperparameters"] for name, content in protocols.items()}
    keys = dict.fromkeys(key for content in settings.values() for key in content)
    rows = [
        (key.replace("_", " "), *(_said(content[key]) for content in protocols.values()))
        for key in OF_PROTOCOL
    ]
    rows += [
        (f"`{key}`", *(_said(content[key]) if key in content else "–" for content in columns))
        for columns in [list(settings.values())]
        for key in keys
    ]
    return table(("", *protocols), rows)


def _said(content: Any) -> str:
    if isinstance(content, dict):
        return f"`{json.dumps(content)}`"
    return f"{content:,}" if isinstance(content, int) and abs(content) > 9999 else value(content)


def _differences(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "None: either all are the published ones, or nothing was published of it."
        return
    head = ("setting", "published", "ours", "why")
    yield table(
        head,
        [
            (f"`{row['setting']}`", *(_said(row[key]) for key in ("published", "ours")), row["why"])
            for row in rows
        ],
    )
