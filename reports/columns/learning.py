"""Training runs, learners, and their scores."""

from __future__ import annotations

from .fields import CELL, CRITERIA, MEASURES, MODES, PROTOCOLS, SCALE, TRAINING, Column

_SIGNATURE = {
    "signature": Column("text", "what is put to the test"),
    "policy": Column("text", "learner that should differ"),
    "compared_with": Column("text", "learner that it is compared with"),
    "expected": Column("text", "than the other", ("lower", "higher")),
    "measure": Column("text", "what is measured, with unit"),
    "game": Column("text", "environment and reward mode"),
    "source": Column("text", "who says so"),
    "steps": Column("integer", "environment steps trained"),
}


_MEASURED = {
    "alone": "a run alone",
    "together": "replicates side by side",
    "library": "the library's algorithm that it extends, on one copy of the joint view",
}


def _cost(n: int) -> dict[str, Column]:
    """Costs on the game of so many agents; empty where the learner is not defined for it."""
    columns = {}
    for kind, text in _MEASURED.items():
        milliseconds = f"CPU ms per environment step of {text}"
        columns[f"ms_{kind}_{n}"] = Column("number", milliseconds, (), True)
        columns[f"updates_{kind}_{n}"] = Column("number", "gradient updates per s of it", (), True)
    return columns | {
        f"ms_published_{n}": Column("number", "CPU ms per step of the published code", (), True)
    }


TABLES = {
    "training": TRAINING,
    "curves": {
        "run_id": Column("text", "run"),
        "step": Column("integer", "environment steps trained; 0 is the untrained policy"),
        "training_return": Column("number", "summed reward of the mode trained on"),
        **MEASURES,
    },
    "diagnostics": {
        "run_id": Column("text", "run"),
        "step": Column("integer", "environment steps trained"),
        "agent": Column("integer", "number of the learner in the run; 0 for a joint controller"),
        "measure": Column("text", "loss, gradient norm, entropy, ... of the learner"),
        "value": Column(
            "number", "mean over updates since the step before; as_published: the last", (), True
        ),
    },
    "breakdowns": {
        "source": Column("text", "whose runs", ("this study", "published")),
        "edition": CELL["edition"],
        "environment": Column("text", "name without edition; of published ones also a class"),
        "policy": Column("text", "learner; of published ones also several"),
        "protocol": Column("text", "of our runs", ("", *PROTOCOLS)),
        "reward_mode": Column("text", "mode trained on, or what is published of it"),
        "precision": Column("text", "in which the learner computes", ("single", "half")),
        "runs": Column("integer", "runs, excluded ones left out; empty if not published", (), True),
        "broken": Column(
            "integer", "of these diverged or failed; published: no finite return", (), True
        ),
        "first_step": Column("integer", "earliest step at which one of them broke", (), True),
        "source_doc": Column("text", "where it is published; empty for our runs"),
    },
    "instability": {
        "edition": CELL["edition"],
        "policy": Column("text", "learner"),
        "protocol": Column("text", "as_published or corrected", PROTOCOLS),
        "criterion": Column("text", "when a run is unstable; see `breakdowns`", CRITERIA),
        "runs": Column("integer", "runs that the criterion can be applied to"),
        "unstable": Column("integer", "of these unstable"),
        "environments": Column("text", "where, without edition"),
        "published_runs": Column("integer", "published runs", (), True),
        "published_unstable": Column("integer", "of these unstable", (), True),
        "published_environments": Column("text", "where they are said to be"),
    },
    "evaluations": {
        "run_id": Column("text", "run"),
        "kind": Column("text", "how", ("deterministic", "stochastic", "last_five_checkpoints")),
        "episodes": Column("integer", "episodes or checkpoints averaged"),
        "training_return": Column("number", "summed reward of the mode trained on"),
        **MEASURES,
    },
    "learner_cards": {
        "policy": Column("text", "learner"),
        "protocol": Column("text", "as_published or corrected", PROTOCOLS),
        "base": Column("text", "class of the library that it extends"),
        "data": Column("text", "what it learns from", ("on-policy", "off-policy")),
        "reward": Column("text", "whose reward it is paid"),
        "actor": Column("text", "what chooses an action sees"),
        "critic": Column("text", "what judges it sees, in training only"),
        "sharing": Column("text", "who shares parameters"),
        "head": Column("text", "how actions are drawn"),
        "parameters": Column("integer", "trained numbers per run of two agents"),
        "steps_between_updates": Column("integer", "environment steps over all copies"),
        "updates_per_step": Column("number", "gradient steps per environment step"),
        "samples_per_transition": Column("number", "times that a transition is used"),
        "hyperparameter_hash": Column("text", "as in the rows of its runs"),
    },
    "setting_differences": {
        "policy": Column("text", "learner"),
        "setting": Column("text", "hyperparameter"),
        "published": Column("text", "value in the published study"),
        "ours": Column("text", "value in the corrected protocol; empty if it has none"),
        "why": Column("text", "reason"),
    },
    "learner_settings": {
        "policy": Column("text", "learner"),
        "environment": Column("text", "name without edition; the formal edition"),
        "setting": Column("text", "what differs from the learner's defaults"),
        "seeds": Column("integer", "runs per setting"),
        "steps": Column("integer", "environment steps trained"),
        "score": Column("number", "mean score in welfare, cooperative reward"),
        "score_low": Column("number", "95 % interval of the mean, Student's t", (), True),
        "score_high": Column("number", "the same, upper end", (), True),
        "advantage": Column("number", "mean score of the defaults less that of the setting"),
        "advantage_low": Column("number", "95 % interval, paired by seed", (), True),
        "advantage_high": Column("number", "the same, upper end", (), True),
        "cpu_seconds": Column("number", "CPU time per run; s"),
    },
    "learning_gate": {
        "policy": Column("text", "learner"),
        "environment": Column("text", "name with edition"),
        "seed": Column("integer", "seed of the run"),
        "step": Column("integer", "environment steps trained; 0 is the untrained policy"),
        "training_return": Column("number", "cooperative reward of an episode, sum over agents"),
        "return_half": Column("number", "the same of everybody at 50 % of the own endowment"),
        "return_best": Column("number", "the same of the best constant"),
        "cpu_seconds": Column("number", "CPU time of the run; s"),
    },
    "noise_response": {
        "environment": Column("text", "name with edition"),
        "deviation": Column("number", "of Gaussian noise, for actions in [-1, 1], then clipped"),
        "best_mean": Column("number", "mean share of all agents that earns most with that noise"),
        "noisy_return": Column("number", "cooperative reward of an episode with it, summed"),
        "training_return": Column("number", "the same of that share without noise"),
        "return_half": Column("number", "the same of everybody at 50 % of the own endowment"),
        "return_best": Column("number", "the same of the best constant"),
    },
    "step_gains": {
        "environment": Column("text", "name with edition"),
        "held": Column("number", "share of the own endowment that all hold"),
        "share": Column("number", "share of one agent at one step, mean over agents and steps"),
        "gain": Column("number", "of the cooperative return of an episode, in mean steps of it"),
    },
    "longer_training": {
        "policy": Column("text", "learner that does worse than Random in a study"),
        "environment": Column("text", "name with edition"),
        "reward_mode": Column("text", "trained on", MODES),
        "why": Column("text", "cause that the learning curves of the study tell"),
        "runs": Column("integer", "seeds"),
        "of_random": Column(
            "number",
            "under cooperative reward what Random earns of it in an episode, summed; under the "
            "others what an agent gains that leaves Random for a constant",
        ),
        "untrained": Column("number", "reward of the runs before training, their mean", (), True),
        "steps": Column("integer", "environment steps of a run in the study"),
        "value": Column("number", "its reward, or gain, at the end, mean over runs"),
        "worse": Column("integer", "how many runs are then worse than Random"),
        "longer_steps": Column("integer", "environment steps of the longer runs"),
        "longer_value": Column("number", "their reward, or gain, at the end, mean over runs"),
        "longer_worse": Column("integer", "how many of them are then worse than Random"),
        "lowest": Column("number", "least mean reward at a checkpoint of them", (), True),
        "lowest_step": Column("integer", "environment steps at that checkpoint", (), True),
    },
    "exception_probes": {
        "policy": Column("text", "learner that comes no nearer to Random by longer training"),
        "environment": Column("text", "name with edition"),
        "reward_mode": Column("text", "trained on", MODES),
        "change": Column("text", "the one thing that is not as in the study"),
        "runs": Column("integer", "seeds"),
        "steps": Column("integer", "environment steps of a run"),
        "of_random": Column("number", "reward, or gain, of Random there; see `longer_training`"),
        "value": Column("number", "that of the runs at the end, their mean"),
        "worse": Column("integer", "how many runs are then worse than Random"),
    },
    "learner_costs": {
        "policy": Column("text", "learner"),
        "protocol": Column("text", "as_published or corrected", PROTOCOLS),
        "replicates": Column("integer", "runs side by side, where the learner takes several"),
        **_cost(2),
        **_cost(6),
        "ms_together_40": Column("number", "CPU ms per step, three runs, forty agents"),
        "hours_v0": Column("number", "CPU-hours of the published study, released edition"),
        "hours_crowd": Column("number", "of them on the game of forty agents"),
        "hours_v1": Column("number", "the same in the formal edition", (), True),
        "machine": Column("text", "what it was measured on"),
    },
    "signature_runs": {
        **_SIGNATURE,
        "seed": Column("integer", "seed of both runs"),
        "value": Column("number", "measure of the learner", (), True),
        "compared_value": Column("number", "measure of the other", (), True),
    },
    "learner_signatures": {
        **_SIGNATURE,
        "seeds": Column("integer", "pairs of runs, of which both finished"),
        "value": Column("number", "mean of the learner", (), True),
        "compared_value": Column("number", "mean of the other", (), True),
        "difference": Column("number", "mean of the paired differences", (), True),
        "low": Column("number", "95 % interval over seeds, Student's t", (), True),
        "high": Column("number", "the same, upper end", (), True),
        "found": Column("text", "what the interval says", ("as expected", "contrary", "open")),
    },
    "learner_certificates": {
        "environment": CELL["environment"],
        "edition": CELL["edition"],
        "policy": Column("text", "learner"),
        "reward_mode": Column("text", "mode trained on", ("private", "cooperative")),
        "target": Column("text", "what theory says for it", ("equilibrium", "optimum")),
        "role": Column("text", "interchangeable agents: 1|2 is agents 1 and 2"),
        "runs": Column("integer", "runs, one per seed"),
        "finished": Column("integer", "runs that finished, which the shares are of"),
        "steps": Column("integer", "environment steps trained"),
        "target_share": Column("number", "share of own endowment; nearest equilibrium", (), True),
        "share": Column("number", "mean share of own endowment after training", (), True),
        "share_low": Column("number", "95 % interval over seeds, Student's t", (), True),
        "share_high": Column("number", "the same, upper end", (), True),
        "gap": Column("number", "share less target share", (), True),
        "within": Column("flag", "at most 0.10 of the endowment from the target"),
    },
    "scores": {**TRAINING, **SCALE},
    "aggregates": {
        "environment": Column("text", "name with edition, or `all v0`, `all v1`"),
        "environments": Column("integer", "environments pooled, those with a score"),
        "policy": Column("text", "learner"),
        "protocol": Column("text", "as_published or corrected", PROTOCOLS),
        "reward_mode": Column("text", "mode trained on, or all", (*MODES, "all")),
        "planned": Column("integer", "runs planned"),
        "finished": Column("integer", "runs finished"),
        "iqm": Column("number", "interquartile mean of the score; empty without one", (), True),
        "low": Column("number", "lower end of its 95 % stratified bootstrap interval", (), True),
        "high": Column("number", "upper end", (), True),
        "training_iqm": Column("number", "interquartile mean of the training score"),
        "untrained": Column("number", "interquartile mean of the score before training", (), True),
        **MEASURES,
    },
    "reference_scores": {
        **{name: CELL[name] for name in ("environment", "edition")},
        "policy": Column("text", "learner, constant, heuristic, oracle or Planner"),
        "protocol": Column("text", "of a learner"),
        "reward_mode": Column("text", "mode that a learner is trained on"),
        "steps": Column("integer", "environment steps trained"),
        "runs": Column("integer", "seeds of a learner; episodes of other policies"),
        "score": Column("number", "mean score in welfare; 0 for a run that broke down", (), True),
        "score_sd": Column("number", "standard deviation over seeds, or episodes", (), True),
        "untrained_score": Column("number", "of the learner before training", (), True),
        "welfare": Column("number", "mean W of an episode; payoff units", (), True),
    },
}
