"""Learner cards: what a learner is, read off the constructed algorithm wherever that says it.

By hand, in the literal `CARD` of a learner's file, are the papers, whose reward it is paid, what
its networks see and share, the settings of the published study, and why ours differ.
"""

from __future__ import annotations

import importlib
import math
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from coopetition import envs

from .registry import WRITTEN, derived, learner
from .runs import Run
from .slices.layout import Layout
from .specs import LearnerSpec

# Cards are read off learners of the first of these games that they are defined for.
GAMES = ("TrustDilemma-v0", "TeamProduction-v0")
_LIBRARIES = ("stable_baselines3", "sb3_contrib")


def card(policy: str) -> dict[str, Any]:
    """All that a reader needs to know of a learner, plain text, numbers and lists.

    Returns:
        Name, summary, paradigm, `paper` (list), reward, actor, critic, sharing, head;
        `protocols`, see `_protocol`; and `differences` between the published settings and those of
        the corrected protocol, a list of `setting`, `published`, `ours` and `why`.

    Raises:
        ValueError: no such learner, or a literal `CARD` that is not complete.
    """
    entry = learner(policy)
    _check(entry)
    written = {name: entry.card[name] for name in WRITTEN[:6]}
    return {
        "name": policy,
        "summary": _summary(entry),
        "paradigm": entry.paradigm,
        **written,
        "min_agents": entry.min_agents,
        "protocols": {name: _protocol(entry, name) for name in entry.hyperparameters},
        "differences": differences(policy),
    }


def published_settings(policy: str) -> dict[str, Any]:
    """Settings of the published study in our names, or in its own where we have none."""
    entry = learner(policy)
    if "as_published" in entry.hyperparameters:
        return dict(entry.hyperparameters["as_published"])
    return derived(entry.card["published"], published_settings)


def differences(policy: str) -> list[dict[str, Any]]:
    """Published settings that the corrected protocol does not have, and why.

    Raises:
        ValueError: a difference without a reason, or a reason without a difference.
    """
    entry = learner(policy)
    if entry.card.get("published") == {}:
        return []  # not part of the published study
    ours = entry.hyperparameters["corrected"]
    reasons, own = _reasons(policy), set(_written_reasons(entry))
    found = [
        {
            "setting": setting,
            "published": _plain(value),
            "ours": _plain(ours.get(setting)),
            "why": reasons.get(setting, ""),
        }
        for setting, value in published_settings(policy).items()
        if setting not in ours or ours[setting] != value
    ]
    unexplained = [row["setting"] for row in found if not row["why"]]
    idle = sorted(own - {row["setting"] for row in found})
    if unexplained or idle:
        raise ValueError(
            f"CARD of {policy}: no reason for {unexplained}; reasons without a difference: {idle}"
        )
    return found


def _reasons(policy: str) -> dict[str, str]:
    """Setting -> reason, with those of the learner that it is `like`."""
    entry = learner(policy)
    keys = {key: entry.card["why"][key] for key in ("like",) if key in entry.card["why"]}
    return derived(keys | _written_reasons(entry), _reasons)


def _written_reasons(entry: LearnerSpec) -> dict[str, str]:
    """Setting -> reason, its own ones."""
    rows = entry.card["why"].items()
    return {one: why for names, why in rows if names != "like" for one in names.split(", ")}


def _check(entry: LearnerSpec) -> None:
    missing = [name for name in WRITTEN if name != "published" and name not in entry.card]
    unknown = [name for name in entry.card if name not in WRITTEN]
    if missing or unknown:
        raise ValueError(f"CARD of {entry.name}: missing {missing}, unknown {unknown}")


def _protocol(entry: LearnerSpec, protocol: str) -> dict[str, Any]:
    """What a protocol does, as constructed on a game of two agents.

    Returns:
        base (class of the library), data (`on-policy` or `off-policy`), optimizer, parameters
        (trained numbers per run), environment steps between updates, gradient steps and samples
        per environment step, hyperparameters and their hash.
    """
    algorithm = entry.load(protocol)
    run = _probe(entry, protocol)
    model = algorithm.for_runs([run])
    base = next(c for c in algorithm.__mro__ if c.__module__.split(".")[0] in _LIBRARIES)
    steps, updates, samples = _rhythm(model, envs.game(run.env_id).horizon)
    return {
        "base": f"{base.__module__.split('.')[0]}.{base.__name__}",
        "data": "off-policy" if isinstance(model, OffPolicyAlgorithm) else "on-policy",
        "optimizer": _optimizer(model),
        "parameters": sum(p.numel() for p in model.policy.parameters() if p.requires_grad),
        "measured_on": run.env_id,
        "steps_between_updates": steps,
        "updates_per_step": updates / steps,
        "samples_per_transition": samples / steps,
        "hyperparameters": _plain(run.hyperparameters),
        "hyperparameter_hash": run.hyperparameter_hash,
    }


def _probe(entry: LearnerSpec, protocol: str) -> Run:
    fitting = next(name for name in GAMES if not entry.exclusion(envs.game(name)))
    environment, edition = fitting.split("-")
    settings = entry.hyperparameters[protocol]
    return Run(entry.name, protocol, environment, edition, "integrated", 0, 1, settings)


def _rhythm(model: BaseAlgorithm, horizon: int) -> tuple[int, int, int]:
    """Environment steps between updates, and steps of the policy and samples per agent in one."""
    if hasattr(model, "n_delta"):  # a search: an episode to either side of each direction
        steps = 2 * model.n_delta * horizon
        return steps, 1, steps
    copies = Layout.of(model.env).copies
    if isinstance(model, OffPolicyAlgorithm):
        steps = model.train_freq.frequency * copies
        updates = model.gradient_steps if model.gradient_steps > 0 else steps
        return steps, updates, updates * model.batch_size
    steps = model.n_steps * copies
    epochs, batch = getattr(model, "n_epochs", 1), getattr(model, "batch_size", None)
    return steps, epochs * math.ceil(steps / (batch or steps)), epochs * steps


def _optimizer(model: BaseAlgorithm) -> str:
    places = (model.policy, *model.policy.children())
    found = (getattr(place, "optimizer", None) for place in places)
    names = {type(one).__name__ for one in found if isinstance(one, torch.optim.Optimizer)}
    return ", ".join(sorted(names)) or "none"


def _summary(entry: LearnerSpec) -> str:
    return (importlib.import_module(entry.module).__doc__ or "").partition("\n")[0]


def _plain(value: Any) -> Any:
    """Without tuples, which YAML and JSON do not have."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return list(value) if isinstance(value, tuple) else value
