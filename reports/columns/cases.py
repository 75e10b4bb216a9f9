"""Case studies: scores beside null models, items, experiments and the history behind them."""

from __future__ import annotations

from .fields import Column

RUBRICS = ("legacy", "strict")
STATUSES = ("documented", "coded", "assumed")

_CASE = {"case": Column("text", "case study")}
_SCORED = {
    **_CASE,
    "rubric": Column("text", "as published, or ours", RUBRICS),
    "variant": Column("text", "specification of the model"),
}
_DRAWN = {
    "draws": Column("integer", "parameter sets"),
    "mean": Column("number", "mean score; points"),
    "sd": Column("number", "standard deviation; points"),
    "low": Column("number", "2.5 % quantile; points"),
    "high": Column("number", "97.5 % quantile; points"),
    "p_reached": Column("number", "share of draws that score at least as much as the calibration"),
    "kappa": Column(
        "number", "(score - mean) / (ceiling - mean): 0 is chance, 1 the ceiling", (), True
    ),
}

TABLES = {
    "case_scores": {
        **_SCORED,
        "score": Column("number", "of the calibrated model; points"),
        "max": Column("number", "nominal points of the rubric"),
        "floor": Column("number", "least attainable points, item by item"),
        "ceiling": Column("number", "most attainable points, item by item"),
        "inert": Column("number", "score of a model in which nothing happens; points"),
        "null": Column("text", "null model that the next columns are of"),
        **{f"null_{name}": column for name, column in _DRAWN.items() if name in ("mean", "sd")},
        "null_low": _DRAWN["low"],
        "null_high": _DRAWN["high"],
        "p_null": _DRAWN["p_reached"],
        "kappa": _DRAWN["kappa"],
        "documented": Column("number", "points earned by items with a citable source"),
        "documented_max": Column("number", "points of these items"),
        "coded": Column("number", "points earned by items that are judgements"),
        "coded_max": Column("number", "points of these items"),
        "assumed": Column("number", "points earned by items without a source"),
        "assumed_max": Column("number", "points of these items"),
    },
    "case_nulls": {
        **_SCORED,
        "null": Column("text", "id of the null model"),
        "label": Column("text", "what is drawn, from what"),
        **_DRAWN,
        "score": Column("number", "of the calibrated model; points"),
        "least": Column("number", "smallest score; points"),
        "most": Column("number", "largest score; points"),
        "quantiles": Column("numbers", "scores at 0, 2.5, 5 ... 100 % of the draws; points"),
    },
    "case_items": {
        **_SCORED,
        "item": Column("text", "id"),
        "category": Column("text", "group of items"),
        "phase": Column("text", "phase, or all"),
        "quantity": Column("text", "what is measured"),
        "condition": Column("text", "when it earns its points"),
        "status": Column("text", "where the target comes from", STATUSES),
        "source": Column("text", "source of the target"),
        "measured": Column("number", "by the calibrated model", (), True),
        "points": Column("number", "earned"),
        "points_max": Column("number", "nominal"),
        "floor": Column("number", "least attainable"),
        "ceiling": Column("number", "most attainable"),
        "null_mean": Column("number", "mean points under the first null model"),
        "null_pass_rate": Column("number", "share of its draws with full attainable points"),
        "information": Column(
            "number", "-log2 of that share; bits; empty if none passes", (), True
        ),
        "kind": Column(
            "text", "how it can turn out", ("open", "constant", "cannot fail", "implied")
        ),
        "note": Column("text", "what a reader should know"),
    },
    "case_lint": {
        **_SCORED,
        "item": Column("text", "id"),
        "finding": Column("text", "what is wrong with it"),
        "severity": Column("text", "warning in legacy rubrics", ("warning", "error")),
    },
    "case_ablations": {
        **_SCORED,
        "ablation": Column("text", "id"),
        "label": Column("text", "what is changed"),
        "score": Column("number", "points after the change"),
        "calibrated": Column("number", "points before it"),
        "ceiling": Column("number", "most attainable points"),
        "fit": Column("number", "continuous misfit after the change; its unit", (), True),
        "calibrated_fit": Column("number", "before it", (), True),
        "fit_measure": Column("text", "what the misfit is; empty for none"),
    },
    "case_sensitivity": {
        **_SCORED,
        "parameter": Column("text", "what is changed by up to 20 %, or the seed of the noise"),
        "values": Column("integer", "values tried"),
        "lowest": Column("number", "smallest score; points"),
        "highest": Column("number", "largest score; points"),
        "score": Column("number", "of the calibrated model; points"),
    },
    "case_fit": {
        **_CASE,
        "variant": Column("text", "specification of the model"),
        "measure": Column("text", "misfit, with unit"),
        "predictor": Column("text", "calibrated model, or a trivial predictor"),
        "misfit": Column("number", "its value: 0 is perfect", (), True),
        "null_median": Column("number", "median under the first null model of strict", (), True),
        "null_better": Column("number", "share of its draws that fit better", (), True),
    },
    "case_series": {
        **_CASE,
        "variant": Column("text", "specification of the model"),
        "series": Column("text", "what is drawn"),
        "at": Column("number", "state, phase or parameter value"),
        "phase": Column("text", "phase of the state; empty without phases"),
        "value": Column("number", "of the calibrated model", (), True),
        "low": Column("number", "2.5 % quantile over seeds of the noise", (), True),
        "high": Column("number", "97.5 % quantile", (), True),
        "null_low": Column("number", "2.5 % quantile under the null model", (), True),
        "null_high": Column("number", "97.5 % quantile", (), True),
    },
    "case_targets": {
        **_CASE,
        "series": Column("text", "what it is a target of"),
        "at": Column("number", "state or phase", (), True),
        "value": Column("number", "target", (), True),
        "low": Column("number", "lower end of its band", (), True),
        "high": Column("number", "upper end", (), True),
        "status": Column("text", "where it comes from", STATUSES),
        "source": Column("text", "source"),
    },
    "case_parameters": {
        **_CASE,
        "parameter": Column("text", "name"),
        "value": Column("text", "in the case study"),
        "in_game": Column("text", "in the environment; empty if it has none"),
        "game": Column("text", "which environment; empty for none"),
        "equal": Column("flag", "the two are equal; true where there is only one"),
        "status": Column("text", "where it comes from", STATUSES),
        "source": Column("text", "source"),
    },
    "case_experiments": {
        **_CASE,
        "experiment": Column("text", "secondary experiment of the suite"),
        "quantity": Column("text", "what it reports"),
        "published": Column("text", "in documents; empty for none"),
        "shipped": Column("text", "in the file of results that was released; empty for none"),
        "released_code": Column("text", "what the released code computes"),
        "recomputed": Column("text", "here"),
        "equal": Column("flag", "recomputed is what the released code computes"),
    },
    "case_claims": {
        **_CASE,
        "claim": Column("text", "what is said"),
        "place": Column("text", "where"),
        "verdict": Column("text", "what the released code says"),
        "explanation": Column("text", "how the figure comes about"),
        "recomputed": Column("text", "our score, for claims of a score"),
    },
    "case_rollouts": {
        **_CASE,
        "environment": Column("text", "name with edition"),
        "policy": Column("text", "who plays; `history` replays coded actions"),
        "kind": Column("text", "script, learner, constant, heuristic, oracle or planner"),
        "protocol": Column("text", "of a learner; empty for others"),
        "reward_mode": Column("text", "of a learner; empty for others"),
        "seed": Column("integer", "of a learner's run; empty for others", (), True),
        "item": Column("text", "id of the expectation"),
        "expected": Column("text", "what the history says"),
        "status": Column("text", "where the expectation comes from", STATUSES),
        "measured": Column("number", "what the environment does", (), True),
        "points": Column("number", "earned"),
        "points_max": Column("number", "points of the expectation"),
    },
}
