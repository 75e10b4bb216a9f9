"""Claims on side studies that a run may lack."""

from __future__ import annotations

from ..evidence import Decision, Evidence


def no_capacity_study(evidence: Evidence) -> Decision:
    """G01: learners of several widths."""
    reason = (
        "This run has no study of network widths, and no outcome of the published one is in its "
        "repository. QMIX and VDN ignore the width there: their networks are fixed."
    )
    return Decision("not testable", reason)


def no_critic_rate_study(evidence: Evidence) -> Decision:
    """D07: critic learning rates of the DDPG family."""
    reason = (
        "This run has no study of critic learning rates, and no outcome of the published one is "
        "in its repository."
    )
    return Decision("not testable", reason)
