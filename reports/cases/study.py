"""All tables of a case study that need no environment: see `columns.cases` for what they hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from .. import sources
from . import RUBRICS, TABLES, lint, model, nulls
from .casefile import STATUSES, load
from .outcome import Array, Outcome
from .rubric import Criterion, Rubric
from .rubric import load as load_rubric
from .scoring import Scores, kappa, score

SHIFTS = (0.8, 0.9, 1.1, 1.2)
QUANTILES = np.linspace(0, 1, 41)
BAND = (0.025, 0.975)

Rows = list[dict[str, Any]]


def tables(case: str, draws: int) -> dict[str, Rows]:
    """Rows of every table of a case.

    Args:
        case: one of `CASES`.
        draws: parameter sets per null model.
    """
    found: dict[str, Rows] = {name: [] for name in TABLES}
    for kind in RUBRICS:
        rubric = load_rubric(case, kind)
        for variant in rubric.variants:
            for name, rows in _scored(rubric, variant, draws).items():
                found[name] += rows
    found["case_fit"] = fit_rows(case, draws)
    found["case_series"] = series_rows(case, draws)
    found["case_targets"] = [{"case": case, **row} for row in model(case).targets()]
    found["case_parameters"] = parameter_rows(case)
    found["case_experiments"] = experiment_rows(case)
    return found


def calibrated(case: str, variant: str, settings: Mapping[str, Any]) -> Outcome:
    """The outcome of the calibrated model, a batch of one.

    Args:
        case: one of `CASES`.
        variant: specification of the model.
        settings: parameters that a rubric sets.
    """
    return model(case).simulate(variant, {**load(case).values(variant), **settings}, 1)


def _scored(rubric: Rubric, variant: str, draws: int) -> dict[str, Rows]:
    """What follows from one rubric and variant."""
    keys = {"case": rubric.case, "rubric": rubric.kind, "variant": variant}
    ours = score(rubric, calibrated(rubric.case, variant, rubric.model))
    total = float(ours.total[0])
    sampled = {
        entry["id"]: (entry, _points(rubric, variant, entry, draws))
        for entry in rubric.nulls
        if variant in entry.get("variants", rubric.variants)
    }
    null_rows = [
        {**keys, **_null_row(rubric, entry, points, total)} for entry, points in sampled.values()
    ]
    first = null_rows[0]
    of_first = sampled[first["null"]][1]
    changed = list(_ablations(rubric, variant, keys, total))
    inert = _inert(rubric, null_rows, changed)
    return {
        "case_scores": [{**keys, **_score_row(rubric, ours, first, inert)}],
        "case_nulls": null_rows,
        "case_items": [
            {**keys, **_item_row(c, ours.measured[0, i], ours.points[0, i], of_first[:, i])}
            for i, c in enumerate(rubric.criteria)
        ],
        "case_lint": lint.rows(rubric, variant, of_first),
        "case_ablations": changed,
        "case_sensitivity": list(_sensitivity(rubric, variant, keys, total)),
    }


def _points(rubric: Rubric, variant: str, entry: Mapping[str, Any], draws: int) -> Array:
    """Points of the draws of a null model, [B, items]; one row where nothing is drawn."""
    wanted = min(draws, entry.get("draws", draws)) if _is_drawn(entry) else 1
    parts = nulls.outcomes(rubric.case, variant, entry, rubric.model, wanted)
    return np.concatenate([score(rubric, part).points for part in parts])


def _is_drawn(entry: Mapping[str, Any]) -> bool:
    return any(kind in entry for kind in ("vary", "permute", "outcome"))


def _null_row(
    rubric: Rubric, entry: Mapping[str, Any], points: Array, total: float
) -> dict[str, Any]:
    totals = points.sum(axis=1)
    mean = float(totals.mean())
    return {
        "null": entry["id"],
        "label": entry.get("label", entry["id"]),
        "draws": len(totals),
        "mean": mean,
        "sd": float(totals.std()),
        "low": float(np.quantile(totals, BAND[0])),
        "high": float(np.quantile(totals, BAND[1])),
        "p_reached": float((totals >= total - 1e-9).mean()),
        "kappa": float(kappa(total, mean, rubric.ceiling)) if mean < rubric.ceiling else np.nan,
        "score": total,
        "least": float(totals.min()),
        "most": float(totals.max()),
        "quantiles": np.quantile(totals, QUANTILES).tolist(),
    }


def _inert(rubric: Rubric, drawn: Rows, changed: Rows) -> float:
    """Score of the entry `inert` among null models and ablations."""
    for rows, name, column in ((drawn, "null", "mean"), (changed, "ablation", "score")):
        for row in rows:
            if row[name] == "inert":
                return row[column]
    raise ValueError(f"{rubric.case} {rubric.kind}: no null model or ablation with the id inert")


def _score_row(
    rubric: Rubric, ours: Scores, first: Mapping[str, Any], inert: float
) -> dict[str, Any]:
    status = np.array([criterion.status for criterion in rubric.criteria])
    most = np.array([criterion.points for criterion in rubric.criteria])
    by_status = {}
    for name in STATUSES:
        by_status[name] = float(ours.points[0, status == name].sum())
        by_status[f"{name}_max"] = float(most[status == name].sum())
    return {
        "score": float(ours.total[0]),
        "max": float(rubric.max_points),
        "floor": rubric.floor,
        "ceiling": rubric.ceiling,
        "inert": inert,
        "null": first["null"],
        **{f"null_{name}": first[name] for name in ("mean", "sd", "low", "high")},
        "p_null": first["p_reached"],
        "kappa": first["kappa"],
        **by_status,
    }


def _item_row(
    criterion: Criterion, measured: float, points: float, null_points: Array
) -> dict[str, Any]:
    floor, ceiling = criterion.attainable
    rate = float((null_points >= ceiling - 1e-9).mean())
    kind = "constant" if criterion.is_constant else "cannot fail" if criterion.cannot_fail else ""
    return {
        "item": criterion.id,
        "category": criterion.category,
        "phase": criterion.phase,
        "quantity": _words(criterion.quantity),
        "condition": _words(criterion.band),
        "status": criterion.status,
        "source": criterion.source,
        "measured": measured,
        "points": points,
        "points_max": criterion.points,
        "floor": floor,
        "ceiling": ceiling,
        "null_mean": float(null_points.mean()),
        "null_pass_rate": rate,
        "information": -np.log2(rate) if rate > 0 else np.nan,
        "kind": kind or ("implied" if criterion.implied_by else "open"),
        "note": criterion.note or criterion.cannot_fail,
    }


def _words(entry: Mapping[str, Any]) -> str:
    return ", ".join(
        str(value) if key == "name" else f"{key} {json.dumps(value)}"
        for key, value in entry.items()
    ).replace('"', "")


def _ablations(
    rubric: Rubric, variant: str, keys: Mapping[str, str], total: float
) -> Iterable[dict[str, Any]]:
    module = model(rubric.case)
    measure, ours = _main_fit(module.fit(calibrated(rubric.case, variant, rubric.model)))
    for entry in rubric.ablations:
        if variant not in entry.get("variants", rubric.variants):
            continue
        [changed] = nulls.outcomes(rubric.case, variant, entry, rubric.model, 1)
        yield {
            **keys,
            "ablation": entry["id"],
            "label": entry.get("label", entry["id"]),
            "score": float(score(rubric, changed).total[0]),
            "calibrated": total,
            "ceiling": rubric.ceiling,
            "fit": _main_fit(module.fit(changed))[1],
            "calibrated_fit": ours,
            "fit_measure": measure,
        }


def _main_fit(measures: Mapping[str, Array]) -> tuple[str, float]:
    """The first measure of misfit of a batch of one; nothing where the case has none."""
    for name, values in measures.items():
        return name, float(values[0])
    return "", np.nan


def _sensitivity(
    rubric: Rubric, variant: str, keys: Mapping[str, str], total: float
) -> Iterable[dict[str, Any]]:
    """Scores with each number of the calibration changed, and with other noise."""
    module, values = model(rubric.case), {**load(rubric.case).values(variant), **rubric.model}
    shifted = {
        name: np.multiply.outer(SHIFTS, np.asarray(value, float))
        for name, value in values.items()
        if _is_number(value) and np.any(value) and name not in rubric.model
    }
    for name, tried in shifted.items():
        totals = score(rubric, module.simulate(variant, {**values, name: tried}, len(tried))).total
        yield {**keys, **_range(name, totals, total)}
    if hasattr(module, "NOISE_SEEDS"):
        outcome = module.with_noise(values, module.NOISE_SEEDS)
        yield {**keys, **_range("seed of the noise", score(rubric, outcome).total, total)}


def _range(name: str, totals: Array, total: float) -> dict[str, Any]:
    ends = {"lowest": float(totals.min()), "highest": float(totals.max())}
    return {"parameter": name, "values": len(totals), **ends, "score": total}


def _is_number(value: Any) -> bool:
    """Whether a parameter is made of numbers that may be scaled: counts and flags are not."""
    array = np.asarray(value)
    return array.dtype.kind == "f"


@cache
def _wide(case: str, variant: str, draws: int) -> tuple[Outcome, ...]:
    """Outcomes of the first null model of the strict rubric."""
    rubric = load_rubric(case, "strict")
    return tuple(nulls.outcomes(case, variant, rubric.nulls[0], rubric.model, draws))


def fit_rows(case: str, draws: int) -> Rows:
    """Rows of `case_fit`: the calibrated model beside trivial predictors."""
    module, rubric, found = model(case), load_rubric(case, "strict"), []
    for variant in rubric.variants:
        ours = module.fit(calibrated(case, variant, rubric.model))
        for measure, values in ours.items():
            wide = np.concatenate([module.fit(o)[measure] for o in _wide(case, variant, draws)])
            keys = {"case": case, "variant": variant, "measure": measure}
            found.append(
                {
                    **keys,
                    "predictor": "calibrated model",
                    "misfit": float(values[0]),
                    "null_median": float(np.median(wide)),
                    "null_better": float((wide < values[0]).mean()),
                }
            )
            found += [
                {**keys, "predictor": name, "misfit": misfits[measure]}
                for name, misfits in module.predictors().items()
                if measure in misfits
            ]
    return found


def series_rows(case: str, draws: int) -> Rows:
    """Rows of `case_series`: the calibrated model within noise and null model."""
    module, rubric, found = model(case), load_rubric(case, "strict"), []
    for variant in rubric.variants:
        outcome = calibrated(case, variant, rubric.model)
        ours = module.series(outcome)
        parts = [module.series(outcome) for outcome in _wide(case, variant, draws)]
        noisy: Mapping[str, Array] = {}
        if hasattr(module, "NOISE_SEEDS"):
            values = {**load(case).values(variant), **rubric.model}
            noisy = module.series(module.with_noise(values, module.NOISE_SEEDS))
        for name, values in ours.items():
            null = np.quantile(np.concatenate([part[name] for part in parts]), BAND, axis=0)
            band = np.quantile(noisy[name], BAND, axis=0) if noisy else np.full(null.shape, np.nan)
            for at, value in enumerate(values[0]):
                found.append(
                    {
                        **{"case": case, "variant": variant, "series": name, "at": at},
                        "phase": _phase_at(outcome, at, len(values[0])),
                        "value": float(value),
                        **{"low": band[0, at], "high": band[1, at]},
                        **{"null_low": null[0, at], "null_high": null[1, at]},
                    }
                )
    if hasattr(module, "profile"):
        found += [{"case": case, **row} for row in module.profile()]
    return found


def _phase_at(outcome: Outcome, at: int, states: int) -> str:
    """The phase of a state of a series; of a series with a value per phase, that phase."""
    if states == len(outcome.phases):
        return outcome.phases[at].name
    if not outcome.phases or states < outcome.phases[-1].end:
        return ""
    return [phase.name for phase in outcome.phases if phase.start <= at][-1]


def parameter_rows(case: str) -> Rows:
    """Rows of `case_parameters`: values here and in the environment."""
    return [
        {
            "case": case,
            "parameter": parameter.name,
            "value": json.dumps(parameter.value),
            "in_game": "" if parameter.in_game is None else json.dumps(parameter.in_game),
            "game": parameter.game,
            "equal": parameter.in_game is None or _equal(parameter.value, parameter.in_game),
            "status": parameter.status,
            "source": parameter.source,
        }
        for parameter in load(case).parameters.values()
    ]


def _equal(one: Any, other: Any) -> bool:
    # Games hold float32 values.
    return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, rtol=1e-6))


def experiment_rows(case: str) -> Rows:
    """Rows of `case_experiments`: what the suites report, and the same computed here."""
    ours = {(row["experiment"], row["quantity"]): row["text"] for row in model(case).experiments()}
    known = sources.published("case_experiments").fillna("").astype(str)
    known = known[known["suite"] == load(case).report]
    return [
        {
            "case": case,
            "experiment": row["experiment"],
            "quantity": row["quantity"],
            "published": row["published_readme_or_docs"],
            "shipped": row["shipped_file_or_abstract"],
            "released_code": row["reproduced"],
            "recomputed": (text := ours.get((row["experiment"], row["quantity"]), "")),
            "equal": text == row["reproduced"],
        }
        for row in known.to_dict("records")
    ]


def claim_rows(scores: pd.DataFrame) -> Rows:
    """Rows of `case_claims`: what documents say of the cases, beside our legacy scores."""
    legacy = scores[scores["rubric"] == "legacy"]
    names = {load(case).title: case for case in legacy["case"].unique()}
    found = []
    for row in sources.published("case_claims").fillna("").to_dict("records"):
        case = next((case for title, case in names.items() if row["case"] in title), "")
        ours = legacy[legacy["case"] == case]
        text = ", ".join(
            f"{part.score:g} of {part.max:g}" + (f" ({part.variant})" if len(ours) > 1 else "")
            for part in ours.itertuples()
        )
        is_score = any(mark in row["claim"] for mark in ("/60", "/55", "/51"))
        found.append(
            {
                "case": row["case"],
                "claim": row["claim"],
                "place": row["source_doc"],
                "verdict": row["verdict"],
                "explanation": row["explanation"],
                "recomputed": text if is_score else "",
            }
        )
    return found
