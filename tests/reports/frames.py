"""Small tables for the tests of this folder, made from the schemas themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure, SubFigure

from coopetition import envs
from coopetition.agents import registry
from coopetition.agents.ablations.chain import CHAIN
from coopetition.reports import columns, schema
from coopetition.reports.evidence import Evidence
from coopetition.reports.sources import published
from coopetition.reports.statistics import reference_scales, return_scales, with_scores

# 0.1 + 0.2 needs all seventeen digits to come back from a text file.
VALUES = {
    "text": "word",
    "integer": 3,
    "number": 0.1 + 0.2,
    "flag": True,
    "numbers": [1.5, 0.1 + 0.2],
}
MEASURES = ("training_return", "welfare", "trust", "cooperation", "episode_length")
NAN = float("nan")
# Environments of the fixtures `reference` and `formal`.
IDS = ("TrustDilemma-v0", "TeamProduction-v0")
FORMAL_IDS = ("TeamProduction-v1",)


def row(table: str, **changes: Any) -> dict[str, Any]:
    """A valid row of a table, with some values replaced."""
    values = {
        column: rule.allowed[0] if rule.allowed else VALUES[rule.kind]
        for column, rule in columns.TABLES[table].items()
    }
    assert set(changes) <= set(values), f"unknown columns {set(changes) - set(values)}"
    return values | changes


def run(table: str = "scores", **changes: Any) -> dict[str, Any]:
    """A run; one that did not finish has no measures and no score."""
    factors = {
        "environment": "Alpha",
        "policy": "Central_PPO",
        "protocol": "corrected",
        "reward_mode": "integrated",
        "seed": 1,
        "status": "finished",
        "reason": "",
        **changes,
    }
    keys = ("environment", "edition", "policy", "protocol", "reward_mode", "seed")
    factors.setdefault("edition", "v0")
    factors.setdefault("run_id", "-".join(str(factors[key]) for key in keys))
    if factors["status"] != "finished":
        factors |= dict.fromkeys(MEASURES, NAN)
        factors |= {k: 0.0 for k in ("score", "training_score") if k in columns.TABLES[table]}
    return row(table, **factors)


def evidence(*, repetitions: int = 50, **tables: Any) -> Evidence:
    """What rules look at: the tables given, as rows or frames, and the others empty."""
    names = ("reference", "contract", "certificates", "counts", "identity", "scores")
    names += ("released_audit", "released_audit_records", "threat_experiments", "ablations")
    names += ("curves",)
    found = {name: schema.table(name, tables.pop(name, ())) for name in names}
    return Evidence(**found, **tables, repetitions=repetitions)


def runs(scores: Mapping[str, Sequence[float]], **changes: Any) -> pd.DataFrame:
    """Finished runs: environment -> one score per seed; W of Random is 100, of the best 200."""
    rows = [
        run(
            environment=environment,
            seed=seed,
            score=float(score),
            training_score=float(score),
            welfare=100.0 + 100.0 * score,
            welfare_floor=100.0,
            welfare_ceiling=200.0,
            **changes,
        )
        for environment, values in scores.items()
        for seed, score in enumerate(values)
    ]
    return schema.table("scores", rows)


def campaign(
    returns: Callable[[str, str, str, int], float],
    *,
    learners: Sequence[str],
    environments: Sequence[str],
    modes: Sequence[str] = columns.MODES,
    seeds: Sequence[int] = (1, 2),
    **changes: Any,
) -> list[dict[str, Any]]:
    """Finished runs of some learners, at the largest published budget unless `changes` say else.

    Args:
        returns: of learner, environment, mode and seed; scores and W are the same number.
        learners: names.
        environments: names without edition.
        modes: trained on.
        seeds: of every run.
        **changes: other columns.
    """
    values = {"edition": "v0", "steps_planned": 1_000_000, **changes}
    return [
        run(
            **{"policy": policy, "environment": environment, "reward_mode": mode, "seed": seed},
            mechanism_class=envs.spec(f"{environment}-v0").mechanism_class,
            paradigm=registry.spec(policy).paradigm,
            **dict.fromkeys(("training_return", "training_score", "score", "welfare"), value),
            **values,
        )
        for policy in learners
        for environment in environments
        for mode in modes
        for seed in seeds
        for value in [float(returns(policy, environment, mode, seed))]
    ]


def policies(
    environment: str,
    levels: Mapping[int | None, tuple[float, float]],
    *,
    mode: str = "integrated",
    **changes: Any,
) -> pd.DataFrame:
    """Reference rows: level (None for Random) -> return and welfare."""
    rows = [
        row(
            "reference",
            **{"environment": environment, "reward_mode": mode, "level": level},
            policy="Random" if level is None else f"Constant_{level:02d}",
            **{"mode_return": mode_return, "welfare": welfare, **changes},
        )
        for level, (mode_return, welfare) in levels.items()
    ]
    return schema.table("reference", rows)


def certificate(
    environment: str, floor: float = 100.0, ceiling: float = 300.0, **changes: Any
) -> dict[str, Any]:
    """An invented certificate of two alike agents, with these ends of the score."""
    values = {
        **{"n_agents": 2, "horizon": 10, "roles": "0|1"},
        **{"nash": "0.2;0.6", "nash_worst": [0.2], "optimum": [0.9]},
        **{"nash_integrated": "0.7", "nash_cooperative": "0.9", "stage_nash": "0.1"},
        **{"price_of_anarchy": 1.5, "greed": [3.0], "fear": 4.0},
        **{"schelling_cooperator": [1.0, 5.0], "schelling_defector": [2.0, 7.0]},
        "welfare_random": floor / 20,
        "welfare_nash_worst": floor / 20 + 1.0,
        "welfare_dynamic_optimum": ceiling / 20,
    }
    return row("certificates", environment=environment, **{**values, **changes})


def certificates_of(reference: pd.DataFrame) -> pd.DataFrame:
    """Invented certificates: Random earns the floor, the best constant the dynamic optimum."""
    own = reference[reference["action_basis"] == "own"]
    rows = [
        certificate(
            environment,
            group.loc[group["policy"] == "Random", "welfare"].iloc[0],
            group.loc[group["level"].notna(), "welfare"].max(),
            edition=edition,
            mechanism_class=group["mechanism_class"].iloc[0],
        )
        for (environment, edition), group in own.groupby(["environment", "edition"])
    ]
    return schema.table("certificates", rows)


def replies_of(certificates: pd.DataFrame) -> pd.DataFrame:
    """Invented best replies: half of what the others play."""
    rows = [
        row(
            "best_replies",
            **{"environment": c["environment"], "edition": c["edition"], "role": 0},
            **{"agents": c["roles"], "others": others, "reply": others / 2},
        )
        for c in certificates.to_dict("records")
        for others in (0.0, 0.5, 1.0)
    ]
    return schema.table("best_replies", rows)


def trained(
    reference: pd.DataFrame,
    broken: Mapping[int, str] | None = None,
    certificates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Scores of invented runs on the environments of a real reference table.

    As published they return 0.9 times what Random does, corrected 0.9 times the best constant.

    Args:
        reference: of `agents.reference.reference_rows`.
        broken: number of a run -> status, for runs that do not finish.
        certificates: of these environments; invented by default.
    """
    rows = []
    certificates = certificates_of(reference) if certificates is None else certificates
    scales = return_scales(reference).merge(
        reference_scales(certificates), on=["environment", "edition"]
    )
    for protocol, end in (("as_published", "floor"), ("corrected", "ceiling")):
        for scale in scales.to_dict("records"):
            if protocol == "as_published" and scale["edition"] != "v0":
                continue
            for seed in (1, 2, 3):
                status = (broken or {}).get(len(rows), "finished")
                share = 0.9 + 0.01 * seed
                rows.append(
                    run(
                        "training",
                        **{k: scale[k] for k in ("environment", "edition", "reward_mode")},
                        **{"protocol": protocol, "seed": seed, "status": status},
                        reason="" if status == "finished" else f"it {status}",
                        training_return=share * scale[f"mode_return_{end}"],
                        welfare=share * scale[f"welfare_{end}"],
                        trust=0.5,
                        cooperation=0.3 + 0.01 * seed,
                        cpu_seconds=10.0,
                    )
                )
    return with_scores(schema.table("training", rows), reference, certificates)


def learning(scores: pd.DataFrame) -> pd.DataFrame:
    """Curves of these runs: from Random to 0.9 times the best constant in three steps."""
    rows = [
        row("curves", run_id=run_id, step=100 * i, welfare=floor + i / 2 * (0.9 * ceiling - floor))
        for run_id, floor, ceiling in zip(
            scores["run_id"], scores["welfare_floor"], scores["welfare_ceiling"], strict=True
        )
        for i in range(3)
    ]
    return schema.table("curves", rows)


def parts(figure: Figure) -> list[Figure | SubFigure]:
    """The sheets of a figure, or the figure where it has none."""
    return list(figure.subfigs) or [figure]


def ended(share: float = 0.5, target: float = 0.45, **changes: Any) -> dict[str, Any]:
    """A row of `learner_certificates`: a share with an interval of 0.05 to either side."""
    gap = share - target
    found = {"share": share, "share_low": share - 0.05, "share_high": share + 0.05}
    found |= {"target_share": target, "gap": gap, "within": bool(abs(gap) <= 0.1)}
    factors = {"environment": "Alpha", "edition": "v1", "policy": "IPPO", "role": "0|1"}
    target_of = {"private": "equilibrium", "cooperative": "optimum"}
    kind = target_of[changes.get("reward_mode", "private")]
    row_of = {**factors, "target": kind, "steps": 800, **found, **changes}
    return row("learner_certificates", **row_of)


def corpus_reference(environments: int = 20) -> pd.DataFrame:
    """The policies of the published study on its environments, with numbers of no meaning."""
    oracles = {
        "TR-1": ("Equilibrium",),
        "TR-2": ("TrustAware",),
        "TR-3": ("Nash", "SocialOptimum", "Loyalty"),
        "TR-4": ("ReciprocityEquilibrium", "BoundedReciprocity"),
    }
    inventory = published("environment_inventory").head(environments)
    one = row("reference", mode_return=1.0)
    rows = [
        {
            **one,
            "environment": environment.removesuffix("-v0"),
            "mechanism_class": group,
            "policy": policy,
            "level": level,
        }
        for environment, group in zip(
            inventory["environment"], inventory["tier_config_and_campaign"], strict=True
        )
        for policy, level in [
            *((f"Constant_{level:02d}", level) for level in range(101)),
            *((name, None) for name in ("Random", "TitForTat", "TitForTat_released")),
            *((f"Oracle_{name}", None) for name in oracles[group]),
        ]
    ]
    return schema.table("reference", rows)


def auditee(policy: str, kind: str = "learner", seed: int | None = None, **changes: Any) -> dict:
    """Columns that say who is audited; a learner is trained on integrated reward."""
    learned = kind == "learner"
    found = {"protocol": "corrected", "reward_mode": "integrated", "seed": seed or 1}
    empty = {"protocol": "", "reward_mode": "", "seed": None}
    return {"policy": policy, "kind": kind, **(found if learned else empty), **changes}


AUDITEES = (
    *(auditee("IPPO", seed=1), auditee("IPPO", seed=2), auditee("IPPO", reward_mode="private")),
    *(auditee("TitForTat", "heuristic"), auditee("Oracle_Nash", "oracle")),
    *(auditee("Constant_50", "constant"), auditee("Constant_100", "constant")),
)


def audits_of(
    places: Sequence[tuple[str, str]], auditees: Sequence[dict] = AUDITEES
) -> dict[str, pd.DataFrame]:
    """Invented audits of two alike agents: a policy's number n is told by what is found.

    Best replies gain 10 (n + 1) per agent; agent 0 gains n by leaving for half of the endowment in
    the first step, and loses by all else; among policy m policy n earns 100 n + m, and 10
    more among its like, and 50 n in mixed company. Among k cooperators n earns 10 k + n, a
    cooperator 10 k and a defector 5 more; in every step n has the welfare 10 n and 1 more than in
    the step before.

    Args:
        places: environments and editions.
        auditees: of `auditee`.
    """
    tables: dict[str, list[dict]] = {name: [] for name in AUDIT_TABLES}
    for environment, edition in places:
        place = {"environment": environment, "edition": edition}
        for n, who in enumerate(auditees):
            one = place | who
            for agents, gain in (("0|1", 10.0 * (n + 1)), ("all", 20.0 * (n + 1))):
                ends = {"gain": gain, "gain_low": gain - 1, "gain_high": gain + 1}
                alone = {"agent": 0 if agents != "all" else None, "agents": agents}
                about = one | alone | ends | {"family": "plan", "interval": "episodes"}
                tables["audit_exploitability"].append(row("audit_exploitability", **about))
            for share in (0.0, 0.5, 1.0):
                for start, part in ((0, 0.0), (9, 0.9)):
                    gain = float(n) if (share, start) == (0.5, 0) else -1.0
                    about = one | {"agent": 0, "agents": "0|1", "share": share, "payoff": 50.0}
                    about |= {"start": start, "start_fraction": part, "gain": gain}
                    about |= {"gain_integrated": 2 * gain, "others_change": -3.0}
                    tables["audit_deviations"].append(row("audit_deviations", **about))
            for m, partner in enumerate(auditees):
                met = {f"partner_{key}": value for key, value in partner.items() if key != "policy"}
                about = one | met | {"partner": partner["policy"], "role": "0|1", "seat": 0}
                about |= {"payoff": 100.0 * n + m + 10 * (n == m), "others_payoff": 100.0 * m + n}
                tables["audit_cross_play"].append(row("audit_cross_play", **about))
            among = one | {"role": "0|1", "seat": 0, "pool": len(auditees), "payoff": 50.0 * n}
            tables["audit_mixture"].append(row("audit_mixture", **among))
            for kind, size, loss in (("none", 0.0, 0.0), ("observation", 0.2, 2.0 * n)):
                about = one | {"disturbance": kind, "size": size, "partner": "", "loss": loss}
                tables["audit_robustness"].append(row("audit_robustness", **about))
            follows = {"slope": n / 10, "forgiveness": None if n % 2 else 0.5, "end_game": -0.2}
            found = {"welfare": 100.0 + n, "jain": 1 - n / 100, "efficiency": 0.1 * (n + 1)}
            tables["audit_behaviour"].append(row("audit_behaviour", **one, **follows, **found))
            for k in range(2):
                paid = {"payoff": n + 10.0 * k, "cooperator_payoff": 10.0 * k}
                paid |= {"defector_payoff": 10.0 * k + 5, "position": n / 10}
                about = one | {"role": "0|1", "cooperators": k, **paid}
                tables["audit_schelling"].append(row("audit_schelling", **about))
            for step in range(3):
                played = {"step": step, "welfare": 10.0 * n + step, "trust": n / 10}
                tables["audit_trajectories"].append(row("audit_trajectories", **one, **played))
    return {name: schema.table(name, rows) for name, rows in tables.items()}


AUDIT_TABLES = ("audit_exploitability", "audit_deviations", "audit_cross_play")
AUDIT_TABLES += (
    "audit_mixture",
    "audit_robustness",
    "audit_behaviour",
    "audit_schelling",
    "audit_trajectories",
)


def released_of(environments: Mapping[str, str]) -> pd.DataFrame:
    """An invented published audit: environment -> class; half of the partial tests exploit."""
    rows = [
        row(
            "released_audit",
            **{"environment": environment, "mechanism_class": group, "unit": unit, "seeds": 3},
            **{"static_tests": 12, "static_exploitative": 6, "late_tests": 24},
            **{"late_exploitative": 0, "ramp_exploitative": 3, "ramp_gain": 0.3 + number},
            **{"ramp_gain_low": 0.3, "ramp_gain_high": 0.4, "partial_tests": 40},
            **{"partial_exploitative": 20, "partial_gain": gain + number},
        )
        for number, (environment, group) in enumerate(environments.items())
        for unit, gain in (("integrated", 1.0), ("payoffs", 2.5))
    ]
    return schema.table("released_audit", rows)


def chain(effects: Mapping[str, float], seeds: int = 3) -> pd.DataFrame:
    """An invented chain of ablations: environment -> what every step adds to the score."""
    rows = [
        row(
            "ablations",
            **{"environment": environment, "place": place, "step": step.name},
            **{"change": step.change, "isolated": step.isolated, "policy": step.policy},
            **{"protocol": step.protocol, "seeds": seeds, "finished": seeds, "steps": 2048},
            **{"score": place * effect, "untrained": place * effect - 0.1},
            **{"score_low": place * effect - 0.1, "score_high": place * effect + 0.1},
            **dict.fromkeys(("effect", "effect_low", "effect_high"), effect if place else None),
        )
        for environment, effect in effects.items()
        for place, step in enumerate(CHAIN)
    ]
    return schema.table("ablations", rows)


def untrained(shares: Mapping[str, Sequence[float]], environments: int = 4) -> pd.DataFrame:
    """Invented experiments: learner -> share of the endowment per seed, before training.

    Corrected learners play half. Half of the sampled actions is cut off where nothing is played.
    """
    rows = [
        row(
            "threat_experiments",
            experiment="untrained",
            setting=f"{policy}, {protocol}, E{place}-v0, {seed}",
            **{"quantity": quantity, "value": value},
        )
        for place in range(environments)
        for policy, found in shares.items()
        for protocol in columns.PROTOCOLS
        for seed, share in enumerate(found if protocol == "as_published" else [0.5] * len(found))
        for quantity, value in (
            ("share", share),
            ("length", 100.0 if share > 0.2 else 3.0),
            ("clipped", 0.5 * (share == 0)),
        )
    ]
    return schema.table("threat_experiments", rows)
