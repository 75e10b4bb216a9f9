"""What a column is, and the columns that many tables share."""

from __future__ import annotations

from dataclasses import dataclass

from coopetition.agents.specs import PARADIGMS, PROTOCOLS
from coopetition.envs import MECHANISM_CLASSES
from coopetition.envs import REWARD_MODES as MODES

STATUSES = ("finished", "diverged", "failed", "excluded")
# When a run is unstable: peak over median return, a loss or a return that is not finite.
CRITERIA = ("peak", "loss", "return")
COUNT_RESULTS = ("match", "mismatch", "not derivable")
CLASSES = tuple(MECHANISM_CLASSES)


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        kind: `text`, `integer`, `number`, `flag` or `numbers` (a list per row).
        about: meaning and unit.
        allowed: allowed values; empty for any.
        optional: may be empty (NaN); without it an empty cell is an error.
    """

    kind: str
    about: str
    allowed: tuple[str, ...] = ()
    optional: bool = False


CELL = {
    "environment": Column("text", "name without edition"),
    "edition": Column("text", "v0 released, v1 formal", ("v0", "v1")),
    "mechanism_class": Column("text", "technical report of the mechanism", CLASSES),
    "n_agents": Column("integer", "number of agents N"),
}
MEASURES = {
    "welfare": Column("number", "W, payoffs summed over steps and agents; payoff units", (), True),
    "trust": Column("number", "mean trust at the end of an episode, 0 to 1", (), True),
    "cooperation": Column("number", "mean share of own endowment, 0 to 1", (), True),
    "episode_length": Column("number", "steps", (), True),
}
GAIN = {
    "deviation_gain": Column(
        "number",
        "largest gain of an agent that alone plays a constant instead; reward of the mode per "
        "episode; of reference policies known for Random",
        (),
        True,
    )
}
RUN = {
    "run_id": Column("text", "hash of all factors and hyperparameters"),
    **CELL,
    "policy": Column("text", "learner"),
    "paradigm": Column("text", "who shares what", PARADIGMS),
    "protocol": Column("text", "as_published or corrected", PROTOCOLS),
    "reward_mode": Column("text", "mode trained on", MODES),
    "seed": Column("integer", "seed of everything random in the run"),
    "steps_planned": Column("integer", "environment steps over all copies"),
}
TRAINING = {
    **RUN,
    "steps_done": Column("integer", "environment steps over all copies"),
    "status": Column("text", "how it ended; excluded: the learner needs more agents", STATUSES),
    "reason": Column("text", "why it did not finish; empty otherwise"),
    "training_return": Column("number", "summed reward of the mode trained on", (), True),
    **MEASURES,
    "untrained_welfare": Column("number", "W of the policy before training", (), True),
    "payoff_per_agent": Column("numbers", "payoffs summed over steps, one per agent"),
    "share_per_agent": Column("numbers", "mean share of own endowment over steps, one per agent"),
    **GAIN,
    "wall_seconds": Column("number", "wall time; an equal share where runs train together; s"),
    "cpu_seconds": Column("number", "CPU time; an equal share where runs train together; s"),
    "hyperparameter_hash": Column("text", "hash of the hyperparameters"),
    "version": Column("text", "version of this package"),
    "commit": Column("text", "commit that trained the run, + if files were changed"),
}
# Empty where an environment has no scale; see `statistics.reference_scales`.
SCALE = {
    "welfare_floor": Column("number", "smaller W of Random and the worst equilibrium", (), True),
    "welfare_ceiling": Column("number", "W of the dynamic optimum", (), True),
    "score": Column("number", "(W - floor) / (ceiling - floor); 0 if it did not finish", (), True),
    "training_score": Column(
        "number",
        "return of the mode trained on: 0 is Random, 1 the best constant in that return",
        (),
        True,
    ),
    "untrained_score": Column("number", "score of the policy before training", (), True),
}
PER_STEP = "payoff units per agent and step"
GAINED = {
    "gain": Column("number", "change of the agent's payoff per episode; payoff units"),
    "gain_low": Column("number", "95 % interval over episodes, Student's t", (), True),
    "gain_high": Column("number", "the same, upper end", (), True),
}
