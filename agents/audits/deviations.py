"""What one agent gains, and the others lose, when it alone leaves a policy for a share.

All shares of a grid, held from a switch to the end, at switches from the first step to the last.
A gain of one that costs the others is an exploit. Sums over an episode are compared, also where a
deviation makes the game end early.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coopetition.envs.determinism import is_deterministic
from coopetition.envs.engine import Array, Game

from ..deviations import leave
from ..evaluation import Episodes, Streams, play, streams
from ..policy import Policy
from ..solutions import solution
from .lineup import draws
from .panel import Auditee
from .tables import Row, identity, interval, role_text

SHARES = np.arange(11) / 10
# Parts of the episode after which a deviation starts; the last step is one more.
SWITCHES = (0.0, 0.25, 0.5, 0.75, 0.9)
# Deviators that stand for a role whose agents a policy does not play alike, such as a learner.
DEVIATORS = 4
# Bytes of one array of pairs of agents, over all copies that are played at a time.
LARGEST = 1 << 25


def deviations(
    auditees: Sequence[Auditee],
    game: Game,
    *,
    episodes: int,
    seed: int,
    deviators: int = DEVIATORS,
) -> list[Row]:
    """Every deviation to a constant from every auditee (schema `audit_deviations`).

    Args:
        auditees: policies, each audited by itself.
        game: the game.
        episodes: per deviation, where game or policy draws; the same ones for all.
        seed: of the episodes.
        deviators: most agents of a role that deviate, see `stand_ins`.
    """
    always, rows = not is_deterministic(game), []
    for auditee in auditees:
        drawn = always or draws(auditee.policy, game)
        each = streams(seed, episodes if drawn else 1)
        stay = play(auditee.policy, game, each)
        starts = first_steps(stay)
        groups = stand_ins(stay, deviators)
        agents = [group[0] for group in groups]
        found = leave_each(auditee.policy, game, agents, SHARES, starts, each)
        for group, left in zip(groups, found, strict=True):
            rows += _rows(identity(auditee, game), group, stay, left, starts)
    return rows


def first_steps(stay: Episodes) -> list[int]:
    """Steps at which deviations start, those of the shortest episode; duplicates vanish."""
    length = int(stay.length.min())
    return sorted({*(int(part * length) for part in SWITCHES), length - 1})


def stand_ins(stay: Episodes, most: int) -> list[tuple[int, ...]]:
    """Groups of agents of which the first deviates for all.

    Agents of one role that do and get the same are a group. If a role has more groups than `most`,
    those that get nearly the same are put together, and the middle one deviates for the rest.

    Args:
        stay: episodes without deviation.
        most: groups per role.
    """
    does = np.stack([stay.payoffs.mean(axis=0), stay.shares.mean(axis=0)])
    found = []
    for role in solution(stay.game).roles:
        groups: list[list[int]] = []
        for agent in sorted(role, key=lambda agent: (does[0, agent], agent)):
            if groups and np.isclose(does[:, groups[-1][0]], does[:, agent]).all():
                groups[-1].append(agent)
            else:
                groups.append([agent])
        for bunch in np.array_split(np.arange(len(groups)), min(most, len(groups))):
            first = groups[bunch[len(bunch) // 2]][0]
            rest = [agent for place in bunch for agent in groups[place] if agent != first]
            found.append((first, *sorted(rest)))
    return found


def leave_each(
    policy: Policy,
    game: Game,
    agents: Sequence[int],
    shares: Array,
    starts: Sequence[int],
    episodes: Sequence[Streams],
) -> list[Episodes]:
    """Per deviator its episodes as `leave` orders them; as many deviators at once as fit."""
    copies = len(shares) * len(starts) * len(episodes)
    at_once = max(1, LARGEST // (8 * game.n_agents**2 * copies))
    found = []
    for first in range(0, len(agents), at_once):
        some = agents[first : first + at_once]
        left = leave(policy, game, some, shares, starts, episodes)
        found += [left.take(slice(k * copies, (k + 1) * copies)) for k in range(len(some))]
    return found


def _rows(
    who: Row, group: tuple[int, ...], stay: Episodes, left: Episodes, starts: Sequence[int]
) -> list[Row]:
    agent, n_agents, length = group[0], left.game.n_agents, stay.length.min()
    others = np.arange(n_agents) != agent
    shape = (len(SHARES), len(starts), len(stay.length))

    def change(mode: str) -> Array:
        return (left.rewards[mode].reshape(*shape, n_agents) - stay.rewards[mode]).astype(float)

    paid = left.payoffs.reshape(*shape, n_agents) - stay.payoffs
    integrated = change("integrated")[..., agent].mean(axis=-1)
    rows = []
    for s, share in enumerate(SHARES):
        for k, start in enumerate(starts):
            gain, lost = paid[s, k, :, agent], float(paid[s, k][:, others].mean())
            rows.append(
                {
                    **who,
                    "agent": agent,
                    "agents": role_text(sorted(group)),
                    "share": float(share),
                    "start": start,
                    "start_fraction": float(start / length),
                    "episodes": len(gain),
                    "payoff": float(stay.payoffs[:, agent].mean()),
                    **interval("gain", gain),
                    "gain_integrated": float(integrated[s, k]),
                    "others_change": lost,
                    "exploitative": bool(gain.mean() > 0 and lost < 0),
                }
            )
    return rows
