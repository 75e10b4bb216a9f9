"""The figures of the report: each function turns tables into a `Plot`."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import pandas as pd

from . import campaign_figures
from .ablations import ablation_chain
from .audits import behaviour, exploitability
from .biaxial_figures import biaxial_calibration, biaxial_phases, biaxial_trained
from .case_figures import case_scores
from .comparison_figures import budgets, class_gaps
from .crossovers import crossovers
from .curves import formal_response_curves, response_curves
from .incentives import editions
from .learning import learner_certificates, learning_curves, score_intervals
from .performance_figures import improvement, performance_profiles, ranks
from .released_results import released_audit_figure
from .selection import named, own_basis
from .statistics import IDENTITY_TOLERANCE, relative_gap
from .theme import CLASS_COLOURS, GREY, WIDTH, Plot, apply


def identity(reference: pd.DataFrame) -> Plot:
    """Relative difference of integrated and cooperative summed return, a row per environment."""
    apply()
    released = reference[reference["edition"] == "v0"]
    constants = named(own_basis(released[released["level"].notna()]))
    wide = _by_mode(constants).reset_index()
    gap = wide["relative_difference"] = relative_gap(wide)
    names = list(dict.fromkeys(constants["name"]))
    fig, ax = plt.subplots(figsize=(WIDTH, 0.9 + 0.19 * len(names)))
    for (name, group), part in wide.groupby(["name", "mechanism_class"]):
        values = part["relative_difference"].unique()
        style = {"color": CLASS_COLOURS[group], "ms": 3.5, "alpha": 0.5, "mew": 0}
        ax.plot(values, [names.index(name)] * len(values), "o", **style)
    ax.axvline(IDENTITY_TOLERANCE, color=GREY, ls="--", lw=1)
    ax.set_xscale("symlog", linthresh=1e-10)
    ax.set_xticks([0, 1e-9, 1e-7, 1e-5], ["0", "1e-9", "1e-7", "1e-5\ntolerance"])
    ax.minorticks_off()
    ax.set_xlim(-3e-11, max(1e-4, 3 * gap.max()))
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlabel="relative difference of summed returns")
    return Plot(
        fig,
        wide.rename(columns={"name": "environment"}),
        "Integrated against cooperative return",
        _identity_caption(wide),
        "Dot plot with a row per environment of the relative difference between summed cooperative "
        f"and integrated return for 101 constant levels: at most {gap.max():.1e}, where "
        f"{IDENTITY_TOLERANCE:.0e} is tolerated.",
    )


def _identity_caption(wide: pd.DataFrame) -> str:
    gap = wide["relative_difference"]
    if (gap == 0).all():
        return f"The summed returns are equal for all {len(gap)} constants."
    worst = wide.loc[gap.idxmax()]
    size = (
        "the rounding of single precision"
        if gap.max() < IDENTITY_TOLERANCE
        else f"more than the tolerance of {IDENTITY_TOLERANCE:.0e}"
    )
    return (
        f"The summed returns differ by at most {gap.max():.1e} of their size "
        f"({worst['name']}, level {int(worst['level'])} %), {size}; they are equal for "
        f"{int((gap == 0).sum())} of {len(gap)} constants. The axis is linear below 1e-10."
    )


FIGURES: dict[str, Callable[..., Plot]] = {
    "editions": editions,
    "response_curves": response_curves,
    "formal_response_curves": formal_response_curves,
    "identity": identity,
    "learning_curves": learning_curves,
    "scores": score_intervals,
    "learner_certificates": learner_certificates,
    "performance_profiles": performance_profiles,
    "improvement": improvement,
    "ranks": ranks,
    "class_gaps": class_gaps,
    "crossovers": crossovers,
    "budgets": budgets,
    "released_audit": released_audit_figure,
    "ablation_chain": ablation_chain,
    "exploitability": exploitability,
    "behaviour": behaviour,
    "case_scores": case_scores,
    "biaxial_phases": biaxial_phases,
    "biaxial_trained": biaxial_trained,
    "biaxial_calibration": biaxial_calibration,
    "capacity": campaign_figures.capacity,
    "critic_rates": campaign_figures.critic_rates,
    "mutuality": campaign_figures.mutuality,
    "population": campaign_figures.population,
}


def _by_mode(constants: pd.DataFrame) -> pd.DataFrame:
    """Returns of constants, one column per reward mode."""
    keys = ["name", "mechanism_class", "level"]
    return constants.pivot(index=keys, columns="reward_mode", values="mode_return")
