"""What corpora there are: one table each, with its key, its references and what its values may be.

A corpus is one Parquet file and one record set of the same name. What a study has no results for is
left out, with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..columns import TABLES, Column

RUNS, CURVES, EVALUATIONS = "training_runs", "learning_curves", "evaluation_episodes"
SURFACES, CERTIFICATES = "response_surfaces", "certificates"
SETS, TRAJECTORIES = "trajectory_sets", "trajectories"

_AUDITED = ("environment", "edition", "policy", "protocol", "reward_mode", "seed")
_PARTNER = ("partner", "partner_protocol", "partner_reward_mode", "partner_seed")
_REFERENCE = ("environment", "edition", "policy", "action_basis", "reward_mode")
_RELEASED = ("environment", "edition", "seed", "unit")


@dataclass(frozen=True)
class Corpus:
    """One corpus.

    Attributes:
        name: of the corpus, its file and its record set.
        table: its schema in `reports.columns`.
        about: what a row is.
        key: columns that tell every row from all others; none where rows may be alike, as records
            that only a stated number implies.
        refers: column whose values are values of the same column of another corpus, and that one.
    """

    name: str
    table: str
    about: str
    key: tuple[str, ...]
    refers: tuple[str, str] | None = None

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.name}.parquet"

    @property
    def columns(self) -> dict[str, Column]:
        """Its columns."""
        return TABLES[self.table]


_RUN = ("run_id", RUNS)
_ALL = (
    Corpus(
        RUNS,
        "training_runs",
        "A training run: factors, how it ended, what the final policy earns, and where it is from.",
        (
            *("environment", "edition", "policy", "protocol", "reward_mode", "seed"),
            *("steps_planned", "hyperparameter_hash"),
        ),
    ),
    Corpus(
        CURVES,
        "curves",
        "A point of the learning curve of a run: an evaluation of its policy while it trains.",
        ("run_id", "step"),
        _RUN,
    ),
    Corpus(
        EVALUATIONS,
        "evaluations",
        "An evaluation of the final policy of a run, in one of three ways; means over episodes.",
        ("run_id", "kind"),
        _RUN,
    ),
    Corpus(
        "audit_records",
        "released_audit_records",
        "A record of the published audit, as its stated numbers and the released code make it.",
        (),
    ),
    Corpus(
        "audit_surface",
        "audit_surface",
        "Returns of one level that all agents hold, in the published audit computed anew.",
        (*_RELEASED, "level"),
    ),
    Corpus(
        "audit_static",
        "audit_static",
        "A static deviation of the published audit, computed anew.",
        (*_RELEASED, "level"),
    ),
    Corpus(
        "audit_temporal",
        "audit_temporal",
        "A deviation in time of the published audit, computed anew.",
        (*_RELEASED, "strategy", "start"),
    ),
    Corpus(
        "audit_deviations",
        "audit_deviations",
        "A policy audited: one agent leaves it for a constant share from some step on.",
        (*_AUDITED, "agents", "share", "start"),
    ),
    Corpus(
        "audit_exploitability",
        "audit_exploitability",
        "A policy audited: the best reply to it that was found for an agent, or the sum of all.",
        (*_AUDITED, "agents"),
    ),
    Corpus(
        "audit_robustness",
        "audit_robustness",
        "A policy audited: what noise, slips or a bad partner cost it.",
        (*_AUDITED, "disturbance", "size"),
    ),
    Corpus(
        "audit_behaviour",
        "audit_behaviour",
        "A policy audited: how it answers to others, and how payoffs are shared.",
        _AUDITED,
    ),
    Corpus(
        "cross_play",
        "audit_cross_play",
        "A policy in one seat among agents that play another one.",
        (*_AUDITED, "seat", *_PARTNER),
    ),
    Corpus(
        "case_scores",
        "case_scores",
        "A case study scored by one rubric, beside chance.",
        ("case", "rubric", "variant"),
    ),
    Corpus(
        "case_items",
        "case_items",
        "An item of a rubric of a case study.",
        ("case", "rubric", "variant", "item"),
    ),
    Corpus(
        CERTIFICATES,
        "certificates",
        "What equilibria and optimum say of an environment.",
        ("environment", "edition"),
    ),
    Corpus(
        SURFACES,
        "reference",
        "What a constant policy earns: one of 101 levels that all agents hold for an episode.",
        _REFERENCE,
    ),
    Corpus(
        "reference_policies",
        "reference",
        "What a policy that does not learn earns: heuristics, oracles and the Planner.",
        _REFERENCE,
    ),
    Corpus(
        SETS,
        "transition_sets",
        "A data set of trajectories of one policy, with its quality and its coverage.",
        ("set_id",),
    ),
    Corpus(
        TRAJECTORIES,
        "transitions",
        "A transition of a data set of trajectories: one step of all agents.",
        ("set_id", "episode", "step"),
        ("set_id", SETS),
    ),
)
CORPORA: dict[str, Corpus] = {corpus.name: corpus for corpus in _ALL}

# Text of which nearly every row has its own; all other text repeats few values.
FREE_TEXT = ("run_id", "set_id", "reason", "content", "condition", "note", "source")

# Of the numbers that have bounds, whatever the corpus; all others are finite or empty.
_UNIT = (
    *("trust", "cooperation", "share", "others_share", "reply_share", "terminated_share"),
    *("start_fraction", "p_null", "by_chance"),
)
BOUNDS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(_UNIT, (0.0, 1.0)),
    **dict.fromkeys(("wall_seconds", "cpu_seconds"), (0.0, float("inf"))),
    **dict.fromkeys(("episode_length", "mode_return_std", "welfare_std"), (0.0, float("inf"))),
    "share_per_agent": (0.0, 1.0),
}

# Columns of a run that only a finished one fills. Its other empty cells: no scale of the game, no
# trust in the game, and no deviation that was asked for.
OF_FINISHED = (
    *("training_return", "welfare", "cooperation", "episode_length"),
    *("payoff_per_agent", "share_per_agent"),
)
