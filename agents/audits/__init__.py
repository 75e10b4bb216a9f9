"""Audits: what a policy or an environment stands up to, each a function that gives a tidy table."""

# Of policies, in the order in which `suite` makes them; table `audit_` and the name.
AUDITS = (
    *("cross_play", "mixture", "schelling", "robustness", "behaviour", "trajectories"),
    *("deviations", "exploitability"),
)
