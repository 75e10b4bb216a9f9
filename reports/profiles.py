"""Profiles of constant shares as certificates hold them: one share per role, or one per agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coopetition import envs


def roles(text: str) -> list[list[int]]:
    """Agents of every role: `0;1|2` is agent 0, and agents 1 and 2."""
    return [[int(agent) for agent in role.split("|")] for role in text.split(";")]


def profiles(text: str) -> list[list[float]]:
    """Profiles of shares: `0.2|0.3;0.7|0.6`."""
    return [[float(share) for share in row.split("|")] for row in text.split(";") if row]


def of_agents(profile: Sequence[float] | np.ndarray, parts: Sequence[Sequence[int]]) -> np.ndarray:
    """The share of every agent, [N]."""
    n_agents = sum(map(len, parts))
    if len(profile) == n_agents:  # also where every agent is a role of its own
        return np.asarray(profile, float)
    shares = np.empty(n_agents)
    for agents, share in zip(parts, profile, strict=True):
        shares[list(agents)] = share
    return shares


def mean_share(certificate: Mapping[str, Any], profile: Any) -> float:
    """Mean over agents of a profile of a certificate; NaN where there is none."""
    if not isinstance(profile, Sequence | np.ndarray):
        return float("nan")
    return float(of_agents(profile, roles(certificate["roles"])).mean())


def role_names(id: str, text: str) -> list[str]:
    """Names of the roles, for people."""
    parts = roles(text)
    if len(parts) == 1:
        return ["every agent"]
    names = envs.game(id).display_names
    return [
        names[agents[0]] if len(agents) == 1 else f"{names[agents[0]]} to {names[agents[-1]]}"
        for agents in parts
    ]


def shown(profile: Any) -> str:
    """A profile for people: `0.35, 0.27`; empty where there is none."""
    if isinstance(profile, str):
        return "; ".join(shown(row) for row in profiles(profile))
    if not isinstance(profile, Sequence | np.ndarray) or not len(profile):
        return ""
    return ", ".join(f"{share:.2f}" for share in profile)
