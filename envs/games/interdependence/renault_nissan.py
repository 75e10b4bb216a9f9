"""RenaultNissan: the alliance of two car makers in one of four phases of its history.

Released edition: the phase sets interdependence, trust and damage at the start of the episode
and does not change in it. The norms (27, 30) lie next to the joint optimum (30.0, 30.0) of the
stage, at which the summed payoff exceeds that of the stage Nash equilibrium by 0.24 %.

Formal edition: the full history of four phases in 100 steps (15, 51, 5 and 29). The phase sets
complementarity and interdependence; the crisis destroys trust, which gates the concern for the
partner, so that what comes before it decides what follows.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...engine import State, choose
from ...formal import FormalGame, Phases, Shock, Synergy, Trust
from ...mechanisms.interdependence import matrix
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame

FIRMS = ("Nissan", "Renault")


@dataclass(frozen=True)
class Phase:
    """A phase of the alliance: who depends on whom, and what trust it starts with."""

    nissan_on_renault: float
    renault_on_nissan: float
    trust: float
    damage: float
    period: str


PHASES = {
    "formation": Phase(0.78, 0.66, trust=0.45, damage=0.05, period="1999-2002"),
    "mature": Phase(0.51, 0.66, trust=0.70, damage=0.02, period="2002-2018"),
    "crisis": Phase(0.35, 0.72, trust=0.30, damage=0.45, period="2018-2020"),
    "strained": Phase(0.28, 0.65, trust=0.40, damage=0.35, period="2020-2025"),
}


@register("RenaultNissan-v0", mechanism_class="TR-1")
def released(phase: str = "mature", max_steps: int = 100) -> ReleasedGame:
    """Alliance of two car makers, started in a phase of its history.

    `phase` is one of formation, mature, crisis and strained, in any case.
    """
    name = choose("phase", phase.lower(), tuple(PHASES))
    history = PHASES[name]
    return ReleasedGame(
        "RenaultNissan-v0",
        endowments=(90.0, 100.0),
        baselines=(27.0, 30.0),
        horizon=max_steps,
        dependence=matrix([[0.0, history.nissan_on_renault], [history.renault_on_nissan, 0.0]]),
        value=ValueParameters(theta=22.0, gamma=0.58),
        trust=TrustParameters(
            lambda_plus=0.08,
            lambda_minus=0.25,
            mu_R=0.55,
            delta_R=0.02,
            xi=0.50,
            kappa=1.0,
            initial_trust=history.trust,
            initial_reputation=history.damage,
        ),
        alpha=(0.48, 0.52),
        display_names=FIRMS,
        extra_info=partial(_phase, name=name),
    )


def _phase(state: State, copy: int, name: str) -> dict[str, Any]:
    return {"phase": name, "period": PHASES[name].period, "agent_names": list(FIRMS)}


# Per phase: first step, D_01, D_10, gamma, and trust and damage of an episode in it alone.
HISTORY = {
    "formation": (0, 0.78, 0.66, 0.68, 0.45, 0.05),
    "mature": (15, 0.51, 0.66, 0.78, 0.70, 0.02),
    "crisis": (66, 0.35, 0.72, 0.34, 0.30, 0.45),
    "strained": (71, 0.28, 0.65, 0.80, 0.40, 0.35),
}


@register("RenaultNissan-v1", mechanism_class="TR-1", changes=(1, 2, 3, 6, 22))
def formal(
    phase: str | None = None,
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Alliance through four phases of its history, with a crisis that destroys trust.

    Args:
        phase: one phase for the whole episode, from its own trust and damage; None for the
            history.
        max_steps: horizon.
        params: parameters to override, by name.
        without: mechanisms to neutralise: `shocks`.
        tremble: standard deviation of a noise on executed shares.
        t0_noise: half width of a noise on initial trust.
    """
    names = tuple(HISTORY)
    entry = HISTORY[names[0] if phase is None else choose("phase", phase, names)]
    starts, d_01, d_10, gammas, *_ = zip(*HISTORY.values(), strict=True)
    dependences = [matrix([[0.0, a], [b, 0.0]]) for a, b in zip(d_01, d_10, strict=True)]
    return FormalGame(
        "RenaultNissan-v1",
        endowments=(90.0, 100.0),
        norms=0.35,
        horizon=max_steps,
        alpha=(0.48, 0.52),
        dependence=dependences[0],
        gated=True,
        parts=(
            Synergy(theta=11.0),
            Trust(
                lambda_plus=0.08,
                lambda_minus=0.25,
                mu_R=0.55,
                delta_R=0.02,
                xi=0.50,
                kappa=5.0,
                initial_trust=entry[4],
                initial_damage=entry[5],
            ),
            Phases(
                names,
                starts,
                gammas=gammas,
                dependences=dependences,
                shocks={"crisis": Shock(trust_at_most=0.30, damage_at_least=0.45)},
                only=phase,
            ),
        ),
        switches={"shocks": {"shocks": {}}} if phase is None else {},
        display_names=("Nissan", "Renault"),
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
