"""The rules that decide the claims, by the name that `claims.yaml` calls them.

A verdict never outruns its data: what is missing makes a claim `not testable` or `inconclusive`.
"""

from __future__ import annotations

from collections.abc import Callable

from ..evidence import Decision, Evidence
from .audits import (
    audit_is_the_same_for_all_labels,
    gains_far_below_losses,
    late_defection_cannot_pay,
    late_defection_is_never_exploitative,
    ramp_exploits_six_environments,
    team_environments_are_immune,
)
from .corpus import audit_corpus_size, deduplicated_corpus_size, training_corpus_size
from .editions import only_formal_dilemmas
from .learning import protocol_effect, published_ippo_below_random
from .reference import (
    constants_above_oracles,
    constants_without_spread,
    integrated_equals_cooperative,
    learners_above_equilibrium,
    nash_below_loyalty,
    published_isac_above_constants,
)

RULES: dict[str, Callable[[Evidence], Decision]] = {
    rule.__name__: rule
    for rule in (
        published_ippo_below_random,
        published_isac_above_constants,
        learners_above_equilibrium,
        nash_below_loyalty,
        constants_without_spread,
        audit_is_the_same_for_all_labels,
        late_defection_is_never_exploitative,
        late_defection_cannot_pay,
        ramp_exploits_six_environments,
        team_environments_are_immune,
        gains_far_below_losses,
        training_corpus_size,
        deduplicated_corpus_size,
        audit_corpus_size,
        integrated_equals_cooperative,
        constants_above_oracles,
        protocol_effect,
        only_formal_dilemmas,
    )
}
