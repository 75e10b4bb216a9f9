"""The mixed motive of an environment in one picture: what one firm earns by what it contributes.

    python examples/mixed_motive.py                            # TrustDilemma-v1
    python examples/mixed_motive.py SLCD-v1 slcd.svg

C is what is best for all, D the equilibrium of the lowest welfare. Greed: who leaves C alone gains.
Fear: who plays C alone loses. Both at once, with C worth more to all than D, is a dilemma.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from coopetition import envs
from coopetition.agents.certificates import certificate

LEVELS = np.linspace(0, 1, 101)


def earned(game: envs.Game, others: np.ndarray) -> np.ndarray:
    """Payoff per step of agent 0 at every constant share, [101], if others hold theirs, [N]."""
    shares = np.repeat(others[None], len(LEVELS), axis=0)
    shares[:, 0] = LEVELS
    state, total = game.reset([0] * len(LEVELS)), np.zeros(len(LEVELS))
    for _ in range(game.horizon):
        state, outcome = game.step(state, shares * game.endowments)
        total += outcome.payoffs[:, 0]
    return total / game.horizon


def main(id: str = "TrustDilemma-v1", path: Path = Path("results/examples/mixed_motive.png")):
    """Draw both curves, with the ends of greed and fear.

    Returns:
        Curves [101] of one firm whose partners play C and D.
    """
    game, found = envs.game(id), certificate(id)
    roles = [[int(agent) for agent in role.split("|")] for role in found["roles"].split(";")]
    curves = {}
    axes = (figure := Figure(figsize=(6, 4), layout="constrained")).subplots()
    for name, profile, colour in (
        ("C", found["optimum"], "#0072B2"),
        ("D", found["nash_worst"], "#D55E00"),
    ):
        others = np.empty(game.n_agents)
        for agents, share in zip(roles, profile, strict=len(profile) == len(roles)):
            others[agents] = share
        curves[name] = earned(game, others)
        axes.plot(LEVELS, curves[name], color=colour, label=f"the others play {name}")
        best = curves[name].argmax()
        axes.plot(LEVELS[best], curves[name][best], "v", color=colour)
        own = round(100 * others[0])
        axes.plot(LEVELS[own], curves[name][own], "o", color=colour)
    axes.set(
        title=f"{id}: price of anarchy {found['price_of_anarchy']:.2f}",
        xlabel="constant share of the endowment that one agent contributes",
        ylabel="its payoff per step",
    )
    title = "circle: it plays as they do; triangle: its best reply"
    figure.legend(title=title, loc="outside lower center", ncols=2, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"{path}: greed {found['greed'][0]:.2f}, fear {found['fear']:.2f} per step")
    return curves


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(Path, sys.argv[2:3]))
