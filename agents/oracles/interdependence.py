"""The oracle of interdependence (TR-1)."""

from __future__ import annotations

from coopetition.envs.engine import Array
from coopetition.envs.released import ReleasedGame

from .base import Card, StationaryOracle
from .best_response import best_response_profile


class Equilibrium(StationaryOracle):
    """Static equilibrium of the integrated stage game, as if trust were complete."""

    name = "Oracle_Equilibrium"
    mechanism_class = "TR-1"
    card = Card(
        equation="a_i = argmax pi_i + sum_{j != i} D_ij pi_j",
        role="rational upper bound in the code, Nash lower bound in the documents",
        here=(
            "Trust is on in all five environments and weighs D; here it is taken to be 1. In each "
            "of them at least one agent lies below its norm, so trust erodes. PartnerHoldUp: "
            "(24.9, 26.3) returns 970 and ends after 3 steps, Random 3,240, the best constant "
            "46,871. PlatformEcosystem: 4,055 against 148,393; DynamicPartnerSelection: 41,912 "
            "against 112,781; RenaultNissan: 37,889 against 46,463. SynergySearch: about 29,100 "
            "against 44,800, solved for a complementarity of 0.5 in place of the drawn one."
        ),
    )

    def profile(self, game: ReleasedGame) -> Array:
        """Best responses to each other."""
        return best_response_profile(game)
