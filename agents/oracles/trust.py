"""The oracle of trust (TR-2)."""

from __future__ import annotations

from coopetition.envs.engine import Array
from coopetition.envs.released import ReleasedGame

from .base import Card, StationaryOracle
from .best_response import best_response_profile

TRUST = 0.95
RHO = 0.2


class TrustAware(StationaryOracle):
    """Static equilibrium with a term that rewards answering a partner above its norm."""

    name = "Oracle_TrustAware"
    mechanism_class = "TR-2"
    card = Card(
        equation="a_i = argmax pi_i + sum_{j != i} [D_ij pi_j + 0.2 x 0.95 (a_j - b_j) a_i]",
        role="equilibrium with trust at its highest level",
        here=(
            "The added term is not in the environments. Its marginal value, up to 11 per unit, "
            "exceeds the marginal cost of 1, so all agents play 100 % in all five environments, as "
            "Constant_100 does. Returns, and those of the best constant: TrustDilemma 40,304 "
            "(46,830), RecoveryRace 50,669 (60,794), SLCD 42,996 (51,011), CooperativeNegotiation "
            "37,420 (44,921), ReputationMarket 139,953 (171,198)."
        ),
    )

    def profile(self, game: ReleasedGame) -> Array:
        """Best responses to each other."""
        return best_response_profile(game, _trust_term)


def _trust_term(game: ReleasedGame, agent: int, actions: Array) -> float:
    total = 0.0
    for j in range(game.n_agents):
        if j != agent:
            total += RHO * TRUST * (actions[j] - game.baselines[j]) * actions[agent]
    return total
