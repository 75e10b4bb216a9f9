"""Corpora: what is made for others to use, what describes it, and the released corpus."""

from __future__ import annotations

from dataclasses import replace

from coopetition.agents.specs import PARADIGMS, PROTOCOLS

from .fields import CELL, MODES, SCALE, TRAINING, Column

NO_LEARNER = "none"
_SET = {"set_id": Column("text", "data set: environment, edition, policy and its training")}
_OF_STEP = "of the step, one per agent; "

TABLES = {
    "training_runs": {
        "study": Column("text", "study that planned the run"),
        "configuration_hash": Column("text", "hash of the configuration of the study"),
        **TRAINING,
        "paradigm": Column(
            "text", "who shares what; none: does not learn", (*PARADIGMS, NO_LEARNER)
        ),
        **{
            f"{clock}_seconds": replace(TRAINING[f"{clock}_seconds"], optional=True)
            for clock in ("wall", "cpu")
        },
        **SCALE,
    },
    "transitions": {
        **_SET,
        "episode": Column("integer", "number of the episode in the data set, from 0"),
        "step": Column("integer", "step of the episode, from 0"),
        "observations": Column("numbers", "before the step, preset realistic, agent by agent"),
        "actions": Column("numbers", f"as played, {_OF_STEP}payoff units"),
        "payoffs": Column("numbers", f"private payoffs {_OF_STEP}payoff units"),
        "rewards_integrated": Column("numbers", f"integrated reward {_OF_STEP}its unit"),
        "rewards_cooperative": Column("numbers", f"cooperative reward {_OF_STEP}its unit"),
        "next_observations": Column("numbers", "after the step, as `observations`"),
        "trust": Column("number", "mean trust after the step, 0 to 1", (), True),
        "terminated": Column("flag", "the game ended the episode with this step"),
        "truncated": Column("flag", "the horizon ended it"),
    },
    "transition_sets": {
        **_SET,
        **{name: CELL[name] for name in ("environment", "edition", "n_agents")},
        "policy": Column("text", "what plays all agents"),
        "kind": Column("text", "learner, constant, heuristic, oracle or planner"),
        "protocol": Column("text", "of a learner", ("", *PROTOCOLS)),
        "reward_mode": Column("text", "mode that a learner was trained on", ("", *MODES)),
        "seed": Column("integer", "seed of a learner's run; empty for others", (), True),
        "observation_size": Column("integer", "numbers that one agent observes"),
        "episodes": Column("integer", "episodes"),
        "transitions": Column("integer", "steps of all episodes"),
        "welfare": Column("number", "mean W of an episode; payoff units"),
        "random_welfare": Column("number", "the same of Random, as many episodes"),
        "best_welfare": Column("number", "the same of the best learner of the environment"),
        "best_policy": Column("text", "that learner; the best of all where none trained"),
        "trajectory_quality": Column(
            "number", "TQ, (W - W of Random) / (W of the best - W of Random)", (), True
        ),
        "unique_pairs": Column("integer", "different pairs of state and joint action, in bins"),
        "replay_pairs": Column("integer", "the same of the replay reference"),
        "coverage": Column("number", "SACo, the first over the second"),
    },
    "corpora": {
        "corpus": Column("text", "name of the corpus and of its record set"),
        "about": Column("text", "what a row is"),
        "file": Column("text", "file in the folder of the corpora; empty if left out"),
        "rows": Column("integer", "records"),
        "columns": Column("integer", "fields"),
        "bytes": Column("integer", "size of the file"),
        "sha256": Column("text", "of the file; empty if left out"),
        "left_out": Column("text", "why it is not part of this study; empty if it is"),
    },
    "corpus_integrity": {
        "corpus": Column("text", "corpus, or the folder of all"),
        "check": Column("text", "what must hold"),
        "checked": Column("integer", "rows, runs, files or values looked at"),
        "violations": Column("integer", "how many break the rule"),
        "ok": Column("flag", "none does"),
    },
    "croissant_records": {
        "corpus": Column("text", "record set"),
        "planned": Column("integer", "records of its file"),
        "loaded": Column("integer", "records that mlcroissant has loaded"),
        "compared": Column("integer", "values compared with the file"),
        "different": Column("integer", "values that are not the same"),
        "ok": Column("flag", "all records, all values"),
    },
    "released_records": {
        "run_id": Column("text", "row of `training_runs` that it became"),
        "folder": Column("text", "folder of the file; the only place of the reward mode"),
        "content": Column("text", "the record as released, without learning curve; JSON"),
    },
    "released_summary": {
        "quantity": Column("text", "what is counted or compared"),
        "value": Column("number", "its value"),
        "note": Column("text", "what it says"),
    },
}
