"""The published audit, as released; see `agents.audits.released`."""

from __future__ import annotations

from .fields import CELL, CLASSES, COUNT_RESULTS, Column

AUDIT_UNITS = ("integrated", "payoffs")
DEFECTIONS = ("full", "late", "early", "ramp")
RECORD_ORIGINS = ("released code", "three agents or more", "stated number")

# The published audit, as released; see `agents.audits.released`.
_RELEASED = {
    **CELL,
    "seed": Column("integer", "seed of the audit"),
    "replicate": Column("flag", "not played: the rows of an earlier seed, as nothing is drawn"),
}
_UNIT = {"unit": Column("text", "integrated rewards, as published, or payoffs", AUDIT_UNITS)}
_CHANGE = {
    "baseline_return": Column("number", "of an episode without deviation, mean over agents; unit"),
    "gain": Column("number", "change of agent 0's return; unit"),
    "gain_percent": Column("number", "the same, % of agent 0's return without deviation"),
    "others_change": Column("number", "mean change of the others; unit"),
    "exploitative": Column("flag", "agent 0 gains and the others lose"),
}
_START = {
    "start": Column("integer", "step of the change, from 0: the first of late ones, else the last"),
    "start_fraction": Column("number", "the same, part of the episode"),
}
_RELEASED_SUMMARY = {
    "static_tests": Column("integer", "static deviations over all seeds"),
    "static_exploitative": Column("integer", "exploitative ones"),
    "late_tests": Column("integer", "late deviations to nothing, over all seeds"),
    "late_exploitative": Column("integer", "exploitative ones"),
    "early_exploitative": Column("integer", "exploitative of three early ones per seed"),
    "full_exploitative": Column("integer", "seeds in which playing nothing throughout is"),
    "ramp_exploitative": Column("integer", "seeds in which the ramp is"),
    "ramp_gain_low": Column(
        "number",
        "smallest gain of agent 0 by an exploitative ramp, % of the mean return without deviation",
        (),
        True,
    ),
    "ramp_gain_high": Column("number", "largest", (), True),
    "last_step_cost": Column(
        "number", "loss of agent 0 by a defection in the last step, mean; unit"
    ),
    "static_ratio_low": Column(
        "number", "smallest gain over mean loss of the others, exploitative tests", (), True
    ),
    "static_ratio_high": Column("number", "largest", (), True),
    "temporal_ratio_low": Column("number", "the same of the temporal tests", (), True),
    "temporal_ratio_high": Column("number", "largest", (), True),
    "partial_tests": Column("integer", "late deviations to 10, 20, 25, 30 or 40 %"),
    "partial_exploitative": Column("integer", "exploitative ones"),
    "partial_gain": Column("number", "largest gain of an exploitative one; %", (), True),
}

TABLES = {
    "audit_surface": {
        **_RELEASED,
        **_UNIT,
        "level": Column("number", "share of agent 0's endowment that all agents hold"),
        "mean_return": Column("number", "of an episode, mean over agents; unit"),
        "return_per_agent": Column("numbers", "of an episode, one per agent; unit"),
        "std_per_agent": Column("numbers", "standard deviation over episodes; unit"),
    },
    "audit_static": {
        **_RELEASED,
        **_UNIT,
        "level": Column("number", "the same; agent 0 deviates to half of it"),
        **_CHANGE,
    },
    "audit_temporal": {
        **_RELEASED,
        **_UNIT,
        "strategy": Column("text", "how agent 0 leaves 50 %", DEFECTIONS),
        **_START,
        "episode_length": Column("integer", "steps if nobody deviates"),
        "steps": Column("number", "steps with the deviation, mean over episodes"),
        **_CHANGE,
        "by_chance": Column(
            "number",
            "how often it seems exploitative if it meets other draws than the baseline; empty "
            "where nothing is drawn",
            (),
            True,
        ),
    },
    "audit_interior": {
        **CELL,
        **_UNIT,
        **_START,
        "share": Column("number", "share of its own endowment that agent 0 deviates to from 0.5"),
        **_CHANGE,
    },
    "released_audit": {
        **CELL,
        **_UNIT,
        "seeds": Column("integer", "seeds of the audit"),
        "played": Column("integer", "of these, seeds that are not replicates"),
        "episode_length": Column("integer", "steps if nobody deviates"),
        "optimal_level": Column("number", "level with the highest mean return; median over seeds"),
        "static_varies": Column("flag", "the number of exploitative levels depends on the seed"),
        **_RELEASED_SUMMARY,
        "onset": Column("number", "first exploitative late start, part of the episode", (), True),
        "vulnerability": Column("text", "class of the late deviations; several if seeds differ"),
        "ramp_gain": Column("number", "gain by the ramp, % of the mean return; mean over seeds"),
        "ramp_by_chance": Column(
            "number", "how often the ramp seems exploitative if draws are not shared", (), True
        ),
        "best_gain": Column("number", "largest gain of `audit_interior`, % of agent 0's return"),
        "best_share": Column("number", "share of it"),
        "best_start": Column("number", "its first step, part of the episode"),
    },
    "released_audit_classes": {
        "mechanism_class": Column("text", "technical report, or all", (*CLASSES, "all")),
        **_UNIT,
        "environments": Column("integer", "environments"),
        **_RELEASED_SUMMARY,
        "static_rate": Column("number", "exploitative share of static deviations"),
        "last_step_cost_low": Column("number", "smallest of an environment; unit"),
        "last_step_cost_high": Column("number", "largest"),
        "ramp_environments": Column("integer", "environments with an exploitative ramp"),
    },
    "released_audit_figures": {
        "quantity": Column("text", "what is published"),
        "published": Column("text", "its value"),
        "recomputed": Column("text", "ours; empty while environments are missing"),
        "result": Column("text", "what the comparison says", COUNT_RESULTS),
        "note": Column("text", "explanation"),
        "source": Column("text", "document and place"),
    },
    "released_audit_records": {
        "audit": Column("text", "part of the audit", ("static", "temporal")),
        "policy": Column("text", "label, which no computation uses; empty for none"),
        "environment": Column("text", "name without edition; empty where it is not known"),
        "seed": Column("integer", "seed of the audit"),
        "origin": Column("text", "why there is such a record", RECORD_ORIGINS),
        "replicate": Column("flag", "the same experiment as an earlier record"),
        "optimal_level": Column("number", "level with the highest mean return", (), True),
        "exploitative": Column("integer", "exploitative tests of its own", (), True),
        "vulnerability": Column("text", "class of the late deviations"),
    },
}
