"""Threats to the validity of the published study: what bears on them, and the chain of changes."""

from __future__ import annotations

from .fields import CELL, MODES, PROTOCOLS, Column

# What a piece of evidence is computed from.
EVIDENCE: tuple[str, ...] = ("reference", "contract", "documents", "identity", "audits", "runs")
EVIDENCE += ("cards", "experiment", "ablations", "case_studies", "published")

TABLES = {
    "threats": {
        "threat": Column("text", "id of the threat"),
        "quantity": Column("text", "what was computed"),
        "value": Column("number", "its value"),
        "unit": Column("text", "its unit"),
        "text": Column("text", "one sentence with the number"),
        "decided_by": Column("text", "results that it is computed from", EVIDENCE),
    },
    "threat_experiments": {
        "experiment": Column("text", "function of `agents.threats`"),
        "setting": Column("text", "what is tried"),
        "quantity": Column("text", "what is measured"),
        "value": Column("number", "its value; flags are 0 or 1"),
        "unit": Column("text", "its unit"),
    },
    "ablations": {
        **CELL,
        "place": Column("integer", "in the chain, from 0"),
        "step": Column("text", "name of the step"),
        "change": Column("text", "what is other than in the step before"),
        "isolated": Column("flag", "nothing else changes"),
        "policy": Column("text", "learner"),
        "protocol": Column("text", "of the learner", PROTOCOLS),
        "reward_mode": Column("text", "mode trained on", MODES),
        "steps": Column("integer", "environment steps planned"),
        "seeds": Column("integer", "runs, one per seed"),
        "finished": Column("integer", "runs that finished"),
        "welfare": Column("number", "mean W of finished runs; payoff units", (), True),
        "cooperation": Column("number", "their mean share of own endowment", (), True),
        "episode_length": Column("number", "their mean; steps", (), True),
        "score": Column("number", "mean score; 0 for a run that did not finish", (), True),
        "score_low": Column("number", "95 % interval over seeds, Student's t", (), True),
        "score_high": Column("number", "the same, upper end", (), True),
        "effect": Column("number", "mean score less that of the step before", (), True),
        "effect_low": Column("number", "95 % interval, paired by seed, Student's t", (), True),
        "effect_high": Column("number", "the same, upper end", (), True),
        "untrained": Column("number", "mean score before training", (), True),
    },
}
