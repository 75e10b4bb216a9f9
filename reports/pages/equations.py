"""What every part of a game pays and moves, as equations; the rest of a card is read off the code.

A test sees to it that every part that pays has one here. x_i = a_i / e_i is the share that agent i
plays of its endowment e_i, N the number of agents, ' marks the value after the step, mean_{j≠i} the
mean over the partners of i.
"""

from __future__ import annotations

OWN = "own_i = e_i − a_i (1 + curvature · x_i / 2) + theta · ln(1 + a_i)"
LINKED = "linked agents are paid their synergy and their relational term, others are not"

# Class of a part of the formal edition -> lines.
FORMAL: dict[str, tuple[str, ...]] = {
    "Synergy": (
        OWN,
        "synergy_i = alpha_i · gamma · G,  G = scale · n (∏ a_j)^(1/n) over the n linked agents",
    ),
    "HiddenSynergy": (
        OWN,
        "synergy_i = alpha_i · y,  y = gamma · G + noise · z,  z ~ N(0, 1)",
        "G = scale · N (∏ a_j)^(1/N),  gamma ~ U(gamma_low, gamma_high) at reset",
    ),
    "Pairs": (
        OWN,
        "synergy_i = scale · gamma · mean_{j≠i} w_ij √(a_i a_j)",
        "w_ij = (sigma_i sigma_j / mean(sigma)²)^(mu/2),  sigma the public standing",
    ),
    "Transfer": (OWN, "synergy_i = Σ_j B_ij a_j,  B the benefits"),
    "ImageAllocation": (
        OWN,
        "synergy_i = m · Σ_{j≠i} a_j v_i / Σ_{k≠j} v_k,  v = image · sigma + v_0",
    ),
    "Commons": (
        OWN,
        "synergy_i = m · e_i · K",
        "K' = K + renewal · (mean(x) − K)",
    ),
    "Team": (
        "own_i = −c · a_i",
        "synergy_i = Q / N,  Q = omega · (Σ a_j over the members)^beta",
        "outside of the team: synergy_i = solo · omega · a_i^beta",
    ),
    "Linear": ("own_i = e_i − a_i", "synergy_i = m · Σ_j a_j / N"),
    "Trust": (
        "s_j = tanh(kappa · (x_j − b_j)),  s⁺ = max(s, 0),  s⁻ = max(−s, 0)",
        "R_ij' = (1 − delta_R) R_ij if s_j ≥ 0, else R_ij + mu_R · s_j⁻ (1 − R_ij)",
        "T_ij' = T_ij + lambda_plus · s_j⁺ max(1 − R_ij − T_ij, 0)",
        "        − lambda_minus · s_j⁻ T_ij (1 + xi · D_ij),  kept in [0, 1 − R_ij']",
    ),
    "TrustPayoff": (
        "relational_i = e_i x_i (2 − x_i) · mean_{j≠i} rho · √(T_ij T_ji) · s_j",
        "s_j = tanh(kappa · (x_j − b_j))",
    ),
    "ReciprocityPayoff": (
        "relational_i = e_i x_i (2 − x_i) · mean_{j≠i} Γ_ij · √(T_ij T_ji) · φ_j",
        "Γ_ij = lambda_R · (1 + omega_D · D_ij) · rho_0 · D_ij^eta",
        "φ_j = tanh(kappa_R · (m_j − b_j)),  m_j the mean share of the last `memory` steps;",
        "      with memory 0 the standing",
    ),
    "Standing": ("sigma_i' = sigma_i + eta_sigma · (x_i − sigma_i)",),
    "Tiers": (
        "synergy_i is multiplied by the factor of the tier of sigma_i: premium, standard,",
        "probation or excluded",
    ),
    "TeamLoyalty": (
        "loyalty_i = θ_i · (phi_B · mean p_j over the other members + phi_C · c · a_i)",
        "θ_i' = θ_i + rate · (target − θ_i),  rate = rise or fall",
        "target = cap · min(1, mean x_j over the other members / b_i)",
    ),
    "SpecificCapital": (
        "in G the effort of agent 1 is K · e_1,  K' = K + investment_rate · (x_1 − K)",
    ),
    "Contract": (
        "transfers_i = damages · (d_j e_j − d_i e_i),  d = max(level − x, 0) under a contract",
    ),
    "Sanctions": (
        "fine_i = fine · (1 + escalation · strikes_i) · max(b_i − x_i, 0) · e_i",
        "transfers_i = mean_{j≠i} fine_j − fine_i",
    ),
    "Exit": ("all links are cut once T_ij < exit_threshold for a holder i", LINKED),
    "Retention": (
        "developer i leaves at T_i0 < leave_below and is back from T_i0 ≥ return_from on",
        LINKED,
    ),
    "Membership": (
        "excluded at sigma_i < exclude_below, back from sigma_i ≥ readmit_from on after `cooldown`",
    ),
    "Phases": ("the phase of the step sets gamma, D or the cap of loyalty",),
}

RELEASED_VALUE = {
    "logarithmic": "f(a) = theta · ln(1 + a)",
    "power": "f(a) = max(a, epsilon)^beta",
}
RELEASED_PAYOFF = "π_i = (e_i − a_i) + f(a_i) + alpha_i · gamma · (∏ a_j)^(1/N)"
RELEASED_TRUST = (
    "s_j = tanh(kappa · (a_j − b_j)) in action units,  s⁺ = max(s, 0),  s⁻ = max(−s, 0)",
    "T_ij' = T_ij + lambda_plus · s_j⁺ max(1 − R_ij − T_ij, 0)",
    "        − lambda_minus · s_j⁻ T_ij (1 + xi · D_ij),  kept in [0, 1 − R_ij]",
    "R_ij' = (1 − delta_R) R_ij if s_j ≥ 0, else R_ij + mu_R · s_j⁻ (1 − R_ij)",
)
# Class of a mechanism of the released edition -> what it does to the rewards of every mode.
RELEASED: dict[str, tuple[str, ...]] = {
    "DrawnComplementarity": ("gamma ~ U(low, high) at reset",),
    "Agreement": (
        "in a step with a breach: reward_i − penalty · |a_i − agreed_i|",
        "agreed' = a if |a_0 − a_1| ≤ threshold;  a breach: |a_i − agreed_i| > threshold",
    ),
    "TierFactors": ("reward_i × the factor of the tier of agent i's public reputation",),
    "AveragedReputation": ("G_i' = 0.9 G_i + 0.1 x_i",),
    "AccumulatedReputation": ("rho_i' = rho_i + 0.1 (x_i − 0.5), kept in [0, 1]",),
    "Loyalty": (
        "θ_i' = θ_i + 0.02 x_i if x_i ≥ 0.5, else θ_i − 0.05 (0.5 − x_i);  kept in [0, cap]",
    ),
    "FreeRiderDiscount": ("reward_i × factor if x_i < threshold",),
    "ContributionBonus": (
        "reward_i × (1 + rate · m_i) if m_i ≥ threshold,  m_i the mean share of `memory` steps",
        "reward_i × coordination if all shares reach one half",
    ),
    "Coalition": (
        "reward_i × member_factor for members, × excluded_factor for others",
        "excluded at θ_i < exit_threshold, back from θ_i ≥ reentry_threshold on after `cooldown`",
    ),
    "Reciprocity": (
        "reward_i × max(0.01, 1 + Σ_j c_ij / mean_endowment)",
        "c_ij = lambda_R · T_ij (1 + omega · D_ij) · rho_0 · D_ij^eta · tanh(kappa · (a_j − m_j))",
        "m_j: mean action of `memory` steps, the current one included",
    ),
}
# They report and change nothing.
DIAGNOSTIC = ("RecoveryClock", "TeamDiagnostics", "RecoveryRecord", "CooperationCounts")
