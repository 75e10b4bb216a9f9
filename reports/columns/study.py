"""Plan, costs, recorded results, and claims."""

from __future__ import annotations

from .fields import CELL, RUN, Column

VERDICTS = ("confirmed", "refuted", "inconclusive", "not testable")
GROUPS = ("published", "own")
DECIDERS: tuple[str, ...] = ("reference", "contract", "counts", "certificates", "audits")
DECIDERS += ("case_studies", "published", "as_published", "corrected", "both", "experiment")
DECIDERS += ("ablations", "")
# Tables that are recorded, and computed again to verify.
CHECKS: tuple[str, ...] = ("contract", "solutions", "certificates", "reference", "traces")
CHECKS += ("audit_surface", "audit_static", "audit_temporal", "audit_interior", "dial_equilibria")
CHECKS += ("case_scores", "case_nulls", "case_items", "case_lint", "case_ablations")
CHECKS += ("case_sensitivity", "case_fit", "case_series", "case_targets", "case_parameters")
CHECKS += ("case_experiments", "biaxial_outcomes", "biaxial_calibration", "biaxial_maps")

TABLES = {
    "plan": {**RUN, "hyperparameters": Column("text", "JSON")},
    "plan_jobs": {
        "part": Column("text", "folder of results that the job writes to"),
        "edition": Column("text", "of an environment; empty for jobs on none"),
        "environment": Column("text", "name without edition; the same"),
        "policy": Column("text", "learner; empty where none trains"),
        "jobs": Column("integer", "jobs that the row stands for"),
        "runs": Column("integer", "training runs"),
        "cpu_seconds": Column("number", "estimate from recorded costs, of all of them; s"),
        "memory_mb": Column("number", "the same, of the largest; MiB"),
    },
    "plan_counts": {
        "component": Column("text", "what is counted"),
        "planned": Column("integer", "in this study; empty for what it has no part in", (), True),
        "published": Column("integer", "in the published corpus", (), True),
        "note": Column("text", "how the two compare"),
    },
    "costs": {
        "part": Column("text", "folder of results, or table, that the job makes"),
        "job": Column("text", "which of it; empty if there is only one"),
        "edition": Column("text", "of an environment; empty for jobs on none"),
        "environment": Column("text", "name without edition; the same"),
        "policy": Column("text", "learner; empty where none trains"),
        "protocol": Column("text", "protocol trained in; the same"),
        "runs": Column("integer", "training runs"),
        "steps": Column("integer", "environment steps of each"),
        "cpu_seconds": Column("number", "CPU time; without start-up for training runs; s"),
        "seconds": Column("number", "wall time of the job, or the runs' share of it; s"),
        "memory_mb": Column("number", "largest resident memory of the job; MiB"),
    },
    "scales": {
        "scale": Column("text", "file in config/scales"),
        "jobs": Column("integer", "jobs with a benchmark"),
        "runs": Column("integer", "training runs, those for certificates of learners included"),
        "cpu_hours": Column("number", "CPU time of all jobs; h"),
        "minutes": Column("number", "wall time of all jobs, on two cores; min"),
        "memory_mb": Column("number", "largest resident memory of a job; MiB"),
        "disk_mb": Column("number", "size of the results; MB"),
    },
    "traces": {
        **{name: CELL[name] for name in ("environment", "edition")},
        "policy": Column("text", "learner or oracle"),
        "protocol": Column("text", "of a learner"),
        "reward_mode": Column("text", "mode that a learner was trained on"),
        "run_id": Column("text", "run of a learner"),
        "episode_seed": Column("integer", "seed of the episode"),
        "step": Column("integer", "step of the episode, from 0"),
        "actions": Column("numbers", "as the policy chose them, one per agent; payoff units"),
        "payoffs": Column("numbers", "of the step, one per agent; payoff units"),
        "trust": Column("number", "mean trust after the step, 0 to 1", (), True),
        "ended": Column("flag", "the episode was over with this step"),
    },
    "verification": {
        "check": Column("text", "recorded table", CHECKS),
        "subject": Column("text", "environment with edition, or case study"),
        "compared": Column("integer", "values compared"),
        "equal": Column("integer", "values equal to the last bit"),
        "difference": Column("number", "largest relative difference; inf where one is missing"),
        "identical": Column("flag", "every value is equal to the last bit"),
        "ok": Column("flag", "as equal as this kind of machine can make it"),
        "worst": Column("text", "the value that differs most; empty for none"),
    },
    "claims": {
        "claim_id": Column("text", "id; N for our own findings"),
        "group": Column("text", "whose claim", GROUPS),
        "statement": Column("text", "the claim"),
        "source": Column("text", "where it is published"),
        "published": Column("text", "published value", (), True),
        "verdict": Column("text", "what this study says", VERDICTS),
        "estimate": Column("text", "our value"),
        "low": Column("number", "lower end of the interval", (), True),
        "high": Column("number", "upper end", (), True),
        "decided_by": Column("text", "results that decide", DECIDERS),
        "reason": Column("text", "why this verdict"),
        "rule": Column("text", "when it counts as confirmed or refuted"),
        "threats": Column("text", "ids of the threats to validity that bear on it: V01; V05"),
        "figure": Column("text", "figure that shows it; empty for none"),
        "table": Column("text", "table of the report that shows it; empty for none"),
    },
}
