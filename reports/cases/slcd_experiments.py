"""Secondary experiments of the S-LCD suite (TR-1), and the profile over the complementarity.

E2 and E3 disturb a case by four factors per draw: one on the endowments, one on each alpha (then
made to add up to one) and one on each cell of D (cut to [0, 1]). The third is used twice, for
Sony's alpha and for D[Samsung, Sony]: the suite counts its factors so. E6 is said to vary
D[Sony, Samsung], and varies the other cell; the corrected one varies the cell it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
from scipy import stats

from .casefile import load
from .outcome import Array, batched
from .quantities import measure
from .rubric import load as load_rubric
from .scoring import score
from .slcd import FORMS, HALVINGS, LEAST_SLOPE, PROFILED, SERIES, TOLERANCE, pulls, simulate, valued

SEED = 42
TRIALS = 500
DRAWS = 20_000
START = 10.0  # of the suite's iteration
SWEEPS = 1000
GAMMAS = np.arange(1, 21) / 20
HISTORICAL = (15, 50)  # percent

Row = dict[str, Any]
ByForm = dict[str, Array]


def experiments() -> list[Row]:
    """Rows with experiment, quantity, value (of a pair of forms: what the first has more), text."""
    found = {
        **{("E1 case score", name): entry for name, entry in _case().items()},
        **{(MONTE_CARLO, name): entry for name, entry in _monte_carlo().items()},
        **{(STATISTICS, name): entry for name, entry in _statistics().items()},
        ("E4 convergence, 50 starts", "converged (%), both"): _starts(),
        **_other_cases(),
        **_sensitivity(),
        **{(RANDOM, name): entry for name, entry in _random().items()},
        **{(COMMON, name): entry for name, entry in _common_gamma().items()},
        **_noise(),
    }
    return [
        {"experiment": experiment, "quantity": name, "value": float(number), "text": text}
        for (experiment, name), (number, text) in found.items()
    ]


MONTE_CARLO = "E2 Monte Carlo, 500 trials, +/-15%"
STATISTICS = "E3 statistics, 500 trials, +/-5%"
RANDOM = "random null, 20,000 draws (in the documentation only, no code shipped)"
COMMON = "random null, one gamma for both forms"
NOISE = "effect size against noise level (extra)"

Entry = tuple[float, str]


def profile() -> list[Row]:
    """Both forms over gamma, everything else as in the case.

    Returns:
        Rows with gamma, variant, cooperation_increase and value_increase in percent, the scores
        `legacy` and `strict`, `winner` (the form with the higher legacy score, or `tie`) and
        whether the case uses this gamma with this form.
    """
    legacy, increase = _measured({"gamma": GAMMAS}, len(GAMMAS))
    strict, value = _measured({"gamma": GAMMAS}, len(GAMMAS), "strict", "value increase")
    winner = _winner(legacy)
    return [
        {
            "gamma": float(gamma),
            "variant": variant,
            "cooperation_increase": float(increase[variant][i]),
            "value_increase": float(value[variant][i]),
            "legacy": float(legacy[variant][i]),
            "strict": float(strict[variant][i]),
            "winner": str(winner[i]),
            "used": bool(np.isclose(gamma, load("slcd").values(variant)["gamma"])),
        }
        for variant in FORMS
        for i, gamma in enumerate(GAMMAS)
    ]


def profile_series() -> list[Row]:
    """Increase of cooperation and legacy score over gamma, as rows of `case_series`."""
    shown = {"cooperation_increase": PROFILED, "legacy": "legacy score over gamma"}
    nothing = dict.fromkeys(("low", "high", "null_low", "null_high"), np.nan)
    return [
        {"variant": row["variant"], "series": name, "at": row["gamma"], "phase": "", **nothing}
        | {"value": row[key]}
        for key, name in shown.items()
        for row in profile()
    ]


def _measured(
    changes: Mapping[str, Any],
    draws: int,
    kind: str = "legacy",
    of: str = "cooperation increase",
) -> tuple[ByForm, ByForm]:
    """Scores and one of `SERIES`, [B] per form, with some parameters of the case changed."""
    scores, found = {}, {}
    for variant in FORMS:
        parameters = {**load("slcd").values(variant), **changes}
        outcome = simulate(variant, parameters, draws)
        scores[variant] = score(load_rubric("slcd", kind), outcome).total
        found[variant] = measure(outcome, SERIES[of])
    return scores, found


def _winner(scores: ByForm) -> Array:
    ahead = np.sign(scores["logarithmic"] - scores["power"])
    return np.select([ahead > 0, ahead < 0], ["logarithmic", "power"], "tie")


def _case() -> dict[str, Entry]:
    scores, increase = _measured({}, 1)
    most = load_rubric("slcd", "legacy").max_points
    return {
        **{f"{v} score": (scores[v][0], f"{scores[v][0]:g}/{most:g}") for v in FORMS},
        **{
            f"cooperation increase, {v} (%)": (increase[v][0], f"{increase[v][0]:.2f}")
            for v in FORMS
        },
    }


@cache
def _disturbed(level: float) -> tuple[ByForm, ByForm]:
    """Scores and increases of the case disturbed by up to `level`; the suite's generator."""
    factors = 1 + np.random.RandomState(SEED).uniform(-level, level, (TRIALS, 4))
    case = load("slcd").values("logarithmic")
    samsung = case["alpha_Samsung"] * factors[:, 1]
    sony = (1 - case["alpha_Samsung"]) * factors[:, 2]
    changes = {
        "endowment": case["endowment"] * factors[:, 0],
        "alpha_Samsung": samsung / (samsung + sony),
        "D": _dependence(case["D"][0][1] * factors[:, 2], case["D"][1][0] * factors[:, 3]),
    }
    return _measured(changes, TRIALS)


def _dependence(samsung: Any, sony: Any) -> Array:
    """D of Samsung on Sony and of Sony on Samsung, [B, 2, 2], cut to [0, 1]."""
    samsung, sony = np.broadcast_arrays(samsung, sony)
    rows = np.zeros((len(samsung), 2, 2))
    rows[:, 0, 1], rows[:, 1, 0] = samsung, sony
    return rows.clip(0, 1)


def _monte_carlo() -> dict[str, Entry]:
    scores, increase = _disturbed(0.15)
    wins = 100 * (scores["logarithmic"] > scores["power"]).mean()
    found = {"logarithmic wins (%)": (wins, f"{wins:g}")}
    for v in FORMS:
        low, high = HISTORICAL
        inside = 100 * ((increase[v] >= low) & (increase[v] <= high)).mean()
        mean, sd = scores[v].mean(), scores[v].std()
        found[f"{v} mean (sd)"] = (mean, f"{mean:.2f} ({sd:.2f})")
        found[f"{v} share with increase in 15-50 (%)"] = (inside, f"{inside:.1f}")
    return found


def _differences(level: float) -> Array:
    scores, _ = _disturbed(level)
    return scores["logarithmic"] - scores["power"]


def _statistics() -> dict[str, Entry]:
    differences = _differences(0.05)
    mean, sd = differences.mean(), differences.std()
    t = stats.ttest_1samp(differences, 0).statistic
    p = stats.wilcoxon(differences).pvalue
    return {
        "Cohen d": (mean / sd, f"{mean / sd:.2f}"),
        "paired t": (t, f"{t:.2f}"),
        "Wilcoxon p": (p, f"{p:.2e}"),
        "mean difference (sd)": (mean, f"{mean:.3f} ({sd:.3f})"),
    }


def settle(variant: str, parameters: Mapping[str, Any], starts: Array) -> tuple[Array, Array]:
    """Best responses in turn, as in the suite.

    Args:
        variant: form of f.
        parameters: of the case.
        starts: actions to begin with, [B, 2].

    Returns:
        Actions [B, 2] after the first sweep of at most 1000 that changes none by 1e-6, and whether
        there was one [B].
    """
    actions, settled = starts.astype(float), np.zeros(len(starts), bool)
    pull = pulls(parameters, len(starts))
    for _ in range(SWEEPS):
        found = actions.copy()
        for i, j in ((0, 1), (1, 0)):
            found[:, i] = _best_response(variant, parameters, pull[:, i], found[:, j])
        still = settled | (np.abs(found - actions).max(axis=1) < TOLERANCE)
        actions = np.where(settled[:, None], actions, found)
        settled = still
        if settled.all():
            break
    return actions, settled


def _best_response(variant: str, parameters: Mapping[str, Any], pull: Array, other: Array) -> Array:
    """Where f'(a) = 1 - k sqrt(other / a): f' - 1 + k sqrt(other / a) falls in a; [B] each."""
    form = FORMS[variant]
    curve = batched(parameters[form.parameter], len(pull))
    below, above = batched(parameters["bounds"], len(pull), ndim=1).T
    for _ in range(HALVINGS):
        middle = (below + above) / 2
        slope = np.maximum(1 - pull * np.sqrt(other / middle), LEAST_SLOPE)
        more = form.at_slope(slope, curve) > middle
        below, above = np.where(more, middle, below), np.where(more, above, middle)
    return above


def _starts() -> Entry:
    """Share of starts, drawn evenly from 0.1 to 50, from which both forms settle."""
    starts = np.random.default_rng(SEED).uniform(0.1, 50, (50, 2))
    settled = [settle(v, load("slcd").values(v), starts)[1] for v in FORMS]
    share = 100 * np.logical_and(*settled).mean()
    return share, f"{share:g}"


OTHER_CASES = {  # alpha of the first, D of the first on the second, and of the second on the first
    "S-LCD Joint Venture": (0.55, 0.64, 0.86),
    "Symmetric High Interdependence": (0.5, 0.9, 0.9),
    "Symmetric Medium Interdependence": (0.5, 0.5, 0.5),
    "Strong Asymmetry": (0.6, 0.9, 0.2),
    "Platform-Developer Ecosystem": (0.833, 0.1, 0.84),
}


def _pairs(experiment: str, names: Iterable[str], scores: ByForm) -> dict[Any, Entry]:
    """Scores of both forms for each of some settings."""
    pairs = zip(names, *(scores[v] for v in FORMS), strict=True)
    return {
        (experiment, f"{name}: log / power"): (one - other, f"{one:g} / {other:g}")
        for name, one, other in pairs
    }


def _other_cases() -> dict[Any, Entry]:
    """Other settings, as the suite computes them and exactly.

    Equal partners have half of the payoffs each, which an item asks of the first: the suite's
    iteration stops just short of it, with the power form on the side that loses the item.
    """
    alpha, first, second = np.transpose([*OTHER_CASES.values()])
    changes = {"alpha_Samsung": alpha, "D": _dependence(first, second)}
    exact, _ = _measured(changes, len(alpha))
    stopped = {}
    for variant in FORMS:
        parameters = {**load("slcd").values(variant), **changes}
        actions, settled = settle(variant, parameters, np.full((len(alpha), 2), START))
        baseline = simulate(variant, parameters, len(alpha)).values["baseline_actions"]
        outcome = valued(variant, parameters, actions, baseline, settled)
        stopped[variant] = score(load_rubric("slcd", "legacy"), outcome).total
    return {
        **_pairs("E5 other cases", OTHER_CASES, stopped),
        **_pairs("E5 other cases, exact equilibrium", OTHER_CASES, exact),
    }


def _sensitivity() -> dict[Any, Entry]:
    cells, gammas = np.arange(3, 11) / 10, np.arange(1, 11) / 10
    released = "E6 sensitivity, labelled D[Sony,Samsung] (varies the other cell)"
    corrected = "E6 corrected: D[Sony,Samsung] really varied"
    tried = {
        released: (cells, {"D": _dependence(cells, 0.64)}),
        corrected: (cells, {"D": _dependence(0.64, cells)}),
        "E6 sensitivity, gamma": (gammas, {"gamma": gammas}),
    }
    return {
        key: entry
        for experiment, (settings, changes) in tried.items()
        for key, entry in _pairs(
            experiment, [f"{x:.1f}" for x in settings], _measured(changes, len(settings))[0]
        ).items()
    }


@cache
def _random_dependence() -> Mapping[str, Array]:
    """The draws behind the documented null model, by its generator."""
    rng = np.random.RandomState(SEED)
    cells = rng.uniform(0, 1, (DRAWS, 2))
    return {"D": _dependence(*cells.T), "alpha_Samsung": rng.uniform(0.3, 0.7, DRAWS)}


def _random() -> dict[str, Entry]:
    scores, _ = _measured(_random_dependence(), DRAWS)
    logarithmic, power = (scores[v] for v in FORMS)
    shares = {
        "logarithmic > power (%)": logarithmic > power,
        "logarithmic >= power (%)": logarithmic >= power,
        "random draws at or above 58, logarithmic (%)": logarithmic >= 58,
        "random draws at or above 46, power (%)": power >= 46,
    }
    return {
        **{f"{v} mean": (scores[v].mean(), f"{scores[v].mean():.2f}") for v in FORMS},
        **{name: (100 * held.mean(), f"{100 * held.mean():.1f}") for name, held in shares.items()},
    }


def _common_gamma() -> dict[str, Entry]:
    """Which form scores more if both have the same random gamma, theta and beta random too."""
    rng = np.random.default_rng(SEED)
    changes = {
        **_random_dependence(),
        "gamma": rng.uniform(0, 1, DRAWS),
        "theta": rng.uniform(5, 40, DRAWS),
        "beta": rng.uniform(0.3, 0.95, DRAWS),
    }
    winner = _winner(_measured(changes, DRAWS)[0])
    return {
        f"{name} (%)": (share := 100 * (winner == label).mean(), f"{share:.1f}")
        for name, label in (
            ("logarithmic > power", "logarithmic"),
            ("logarithmic < power", "power"),
            ("tie", "tie"),
        )
    }


def _noise() -> dict[Any, Entry]:
    """The effect size of E3 measures the noise that is chosen."""
    found: dict[Any, Entry] = {}
    for percent in (1, 5, 10, 15, 25, 50):
        scores, _ = _disturbed(percent / 100)
        differences = _differences(percent / 100)
        sd = differences.std()
        d = differences.mean() / sd if sd > 0 else np.inf
        words = f"{d:.2f}" if sd > 0 else "infinite (zero variance)"
        means = "; ".join(f"{scores[v].mean():.2f}" for v in FORMS)
        found[NOISE, f"+/-{percent}%: d; log mean; power mean"] = (d, f"{words}; {means}")
    return found
