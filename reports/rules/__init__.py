"""The rules that decide the claims, by the name that the files of `claims` call them.

A verdict never outruns its data: what is missing makes a claim `not testable` or `inconclusive`.
"""

from __future__ import annotations

from collections.abc import Callable

from ..evidence import Decision, Evidence
from . import (
    audits,
    cases,
    conduct,
    contribution,
    corpus,
    editions,
    extensions,
    failures,
    learning,
    own,
    paradigms,
    reference,
    withdrawn,
)

RULES: dict[str, Callable[[Evidence], Decision]] = {
    rule.__name__: rule
    for rule in (
        paradigms.crossover_on_app_store,
        paradigms.crossover_on_case_studies,
        paradigms.leaders_under_integrated,
        paradigms.leaders_under_cooperative,
        paradigms.independent_leads_tr1_under_private,
        paradigms.mean_field_above_isac,
        paradigms.isac_is_the_best_independent_learner,
        paradigms.isac_and_coma_in_every_top_five,
        paradigms.leader_changes_on_most_environments,
        paradigms.three_learners_at_the_bottom,
        learning.published_ippo_below_random,
        conduct.self_play_equals_ippo,
        reference.isac_above_loyalty,
        reference.published_isac_above_constants,
        reference.nothing_above_bounded_reciprocity,
        reference.learners_above_equilibrium,
        reference.nash_below_loyalty,
        reference.constants_without_spread,
        contribution.tier_medians,
        contribution.only_tr2_is_negative,
        contribution.order_of_classes,
        contribution.low_at_zero_contribution,
        failures.ddpg_fails_on_apache,
        failures.masac_and_lola_finish_on_apache,
        failures.records_without_a_return,
        failures.sporadic_failures,
        failures.masac_jumps,
        failures.masac_overflows,
        extensions.no_critic_rate_study,
        audits.audit_is_the_same_for_all_labels,
        audits.late_defection_is_never_exploitative,
        audits.late_defection_cannot_pay,
        audits.ramp_exploits_six_environments,
        audits.team_environments_are_immune,
        audits.gains_far_below_losses,
        corpus.training_corpus_size,
        corpus.deduplicated_corpus_size,
        corpus.audit_corpus_size,
        conduct.cost_of_the_campaign,
        conduct.deterministic_given_the_seed,
        conduct.evaluated_on_a_hundred_episodes,
        conduct.seeds_change_returns,
        extensions.no_capacity_study,
        extensions.no_two_dimensional_study,
        cases.slcd_score,
        cases.renault_nissan_score,
        cases.apache_score,
        cases.app_store_score,
        cases.scores_within_chance,
        withdrawn.half_above_every_learner,
        withdrawn.half_beats_isac,
        withdrawn.trust_and_return_correlate,
        withdrawn.four_learners_are_alike,
        withdrawn.random_beats_ippo,
        reference.integrated_equals_cooperative,
        learning.protocol_effect,
        reference.constants_above_oracles,
        editions.only_formal_dilemmas,
        own.joint_control_effect,
        own.action_units_at_the_start,
        own.learners_against_best_constant,
        editions.equilibria_cost_only_in_the_formal_edition,
        own.reward_changes_welfare,
    )
}
