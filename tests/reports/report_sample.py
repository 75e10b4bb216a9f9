"""Data of a report in which every section has something to show."""

from __future__ import annotations

from campaign_frames import campaign_tables

from coopetition.reports.campaign_content import campaign_data
from coopetition.reports.figures import FIGURES

FOLDERS = ("environments", "incentives", "audits")


def _claim(name: str, group: str, verdict: str, figure: str) -> dict:
    return {
        "id": name,
        "group": group,
        "statement": f"Statement of {name}.",
        "source": "docs/page.md" if group == "published" else "",
        "published": "12 of 12" if group == "published" else "",
        "verdict": verdict,
        "estimate": "gap of 4.2 %",
        "interval": "[0.1, 0.2]",
        "decided_by": "reference",
        "reason": f"Reason of {name}.",
        "rule": f"Rule of {name}.",
        "threats": ["V01", "V26"] if group == "published" else [],
        "figure": figure,
        "table": "records" if name == "B02" else "",
        "unlinked": "" if figure else "Nothing shows it.",
    }


def _figure(name: str) -> dict:
    return {
        "id": name,
        "title": f"Title of {name}",
        "caption": f"Caption of {name}.",
        "alt": f"Alternative of {name}",
        "sheets": 1,
        "provenance": "rule figures, commit 0123456",
        "data": f"figures/{name}.csv",
    }


def _part(name: str) -> dict:
    """The part of a card about one edition."""
    formal = name.endswith("-v1")
    change = {
        **{"number": 1, "what": "Product G", "reported": "(prod a)^(1/N)", "here": "2.5 N of it"},
        **{"why": "Otherwise there is no dilemma.", "ours": True},
    }
    welfare = ("random", "nash_worst", "myopic", "best_uniform_constant", "optimum")
    return {
        "id": name,
        "edition": name.split("-")[1],
        "summary": f"Summary of {name}.",
        "story": [f"Story of {name}.", "`info` says more."],
        "n_agents": 4,
        "horizon": 100,
        "endowments": "150, 80, 80, 80",
        "baselines": "40, 40, 40, 40",
        "action_high": 150.0,
        "observations": {"joint": 53, "full": 12, "realistic": 9, "minimal": 4},
        "deterministic": True,
        "shortest_episode": 3,
        "early_termination": "",
        "parameters": "max_steps = 100; phase = mature",
        "views": "" if formal else "The released wrappers played another game.",
        "changes": [change, change | {"ours": False}] if formal else [],
        "switches": "exit (exit_threshold = -1.0)" if formal else "",
        "certificate": {
            **{"is_dilemma": formal, "price_of_anarchy": 2.354, "price_of_stability": 1.2},
            **{"fear": 108.04, "tft_wins_field": None, "greed": "10.6, 3.0"},
            **{"roles": ["Strong", "Weak"], "nash": "0.35, 0.27", "optimum": "0.60, 0.77"},
            **{"nash_integrated": "", "nash_cooperative": "0.90"},
            "welfare": dict.fromkeys((*welfare, "dynamic_optimum"), 151.26),
        },
        "policies": [
            {
                "policy": policy,
                "action_basis": basis,
                "cooperation": 0.5,
                "mode_return": 46830.4,
                "welfare": 29654.2,
                "score": -1.5,
                "trust": float("nan") if formal else 1.0,
                "episode_length": 99.5,
            }
            for policy, basis in (("Constant_42", "own"), ("TitForTat_released", "max"))
        ],
        "figures": [_figure(f"{folder}/{name}") for folder in FOLDERS]
        if name.startswith("TrustDilemma")
        else [],
        "audits": [_audited("mine", True), _audited("Random", False)] if formal else [],
        "scores": [
            {
                **{"policy": "QMIX", "protocol": "corrected", "planned": 9, "finished": 8},
                **{
                    mode: {"iqm": 0.912, "low": 0.9, "high": 1}
                    for mode in ("private", "integrated")
                },
                **{"cooperative": None, "cooperation": 0.504, "trust": None},
            }
        ]
        if formal
        else [],
    }


def _audited(policy: str, own: bool) -> dict:
    """A policy in the table of audits of an environment."""
    return {
        **{"policy": policy, "own": own, "gain": 1234.4, "relative": 0.0721},
        **{"self_play": 26779.3, "cross_play": 20105.9, "among_zero": -8.2, "worst_payoff": -8.2},
        **{"noise_loss": 0.0, "tremble_loss": 0.712, "slope": 1.0, "forgiveness": float("nan")},
        **{"end_game": -0.3, "share": 0.5, "jain": 0.998, "efficiency": None},
    }


def _gap(gap: float | None) -> dict:
    """A gap between the two sides in one of its forms, or none."""
    ends = {"low": None, "high": None} if gap is None else {"low": gap - 1, "high": gap + 1}
    found = {"gap": gap, **ends, "lowest_without": 0.0, "highest_without": 0.2}
    found |= {"members_gap": -0.02, "members_low": -0.1, "members_high": 0.06}
    found |= {"unfinished": 0 if gap is None else 2}
    return {**found, "leaders": "" if gap is None else "IPPO – QMIX", "environments": 5}


def _card(game: str) -> dict:
    return {
        "environment": game,
        "title": f"{game}: title of {game}",
        "mechanism_class": "TR-2",
        "class_name": "trust",
        "story": [f"Common story of {game}."],
        "editions": [_part(f"{game}-{edition}") for edition in ("v0", "v1")],
    }


def _case() -> dict:
    """A case study whose tables have one row each."""
    null = {"rubric": "legacy", "variant": "released", "label": "all of it", "draws": 20_000}
    return {
        **{"case": "renault_nissan", "title": "Renault-Nissan", "report": "TR-2", "same": 6},
        **{"environment": "RenaultNissan", "text": "19 of 60 points are free."},
        "figures": [_figure("cases/renault_nissan")],
        "items": [
            {
                **{"item": "RN-order", "measured": 1.0, "condition": "low 0.8", "points": 3.0},
                **{"points_max": 3.0, "null_pass_rate": 0.8834, "status": "coded"},
                **{"source": "suite", "note": ""},
            }
        ],
        "nulls": [
            {
                **null,
                **{"mean": 43.8, "low": 33.0, "high": 49.0, "score": 49.0},
                **{"p_reached": 0.179, "kappa": None},
            }
        ],
        "fit": [
            {
                **{"measure": "rmse", "variant": "released", "predictor": "constant"},
                **{"misfit": 0.316, "null_median": None, "null_better": None},
            }
        ],
        "sensitivity": [
            {
                **{"rubric": "strict", "variant": "released", "parameter": "xi"},
                **{"score": 18.0, "lowest": 16.5, "highest": 19.0},
            }
        ],
        "parameters": [
            {
                **{"parameter": "T0", "value": "0.5", "in_game": "0.7", "game": "TrustDilemma-v0"},
                **{"status": "coded", "source": "suite"},
            }
        ],
        "experiments": [
            {
                **{"experiment": "ANOVA", "quantity": "F", "published": "35.05", "shipped": ""},
                **{"recomputed": "36.25", "equal": equal},
            }
            for equal in (True, False)
        ],
    }


def sample() -> dict:
    """Data of a small study in which every table has at least one row."""
    environments = ("TrustDilemma-v0", "LoyaltyTeam-v0")
    cell = {"policy": "Central_PPO", "protocol": "corrected"}
    return {
        "study": {
            "name": "quick",
            "scale": "quick",
            "description": "Two environments and three seeds.",
            "date": "2026-11-20",
            "version": "0.1.0",
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "dirty": False,
            "configuration_hash": "f00d" * 16,
            "python": "3.11.7",
            "platform": "Linux x86_64",
            "hardware": "Processor, 2 cores",
            "packages": {"numpy": "2.4.6", "typst": "0.15.0", "torch": "2.9.0+cpu"},
            "training_commits": "0123456, fedcba9+",
        },
        "counts": {
            "planned": 1234,
            "finished": 1232,
            "diverged": 1,
            "failed": 1,
            "excluded": 0,
            "cpu_seconds": 412.3,
            "environments": 2,
            "policies": 1,
            "seeds": 3,
        },
        "highlights": [
            {"title": "One objective", "text": "Differences stay below 1.2e-8.", "claim": "N01"},
            {"title": "Constants lead", "text": "46,830 against 41,200.", "claim": ""},
        ],
        "claims": [
            _claim("B01", "published", "confirmed", "response_curves"),
            _claim("B02", "published", "refuted", "scores"),
            _claim("B03", "published", "not testable", ""),
            _claim("N01", "own", "inconclusive", "identity"),
        ],
        "threats": [
            {
                "id": "V01",
                "title": "One objective twice",
                "group": "Objectives",
                "statement": "Two modes are one.",
                "place": "code",
                "affects": ["B01", "Z99"],
                "treatment": "Three modes.",
                "evidence": [{"quantity": "gap", "text": "It is 0.", "decided_by": "identity"}],
                "without": "",
            },
            {
                "id": "V02",
                "title": "Silent changes",
                "group": "Objectives",
                "statement": "Buffers shrink.",
                "place": "code",
                "affects": [],
                "treatment": "They are hashed.",
                "evidence": [],
                "without": "Nothing of it was released.",
            },
        ],
        "threat_groups": [
            {"title": "Objectives", "threats": 2, "recomputed": 1, "quantities": 1, "ids": "V01"}
        ],
        "ablations": [
            {
                "environment": "TrustDilemma",
                "step": step,
                "change": "actions in own units",
                "isolated": isolated,
                "cooperation": 0.5,
                "score": 0.9,
                "score_low": 0.8,
                "score_high": 1.0,
                "effect": effect,
                "effect_low": effect,
                "effect_high": effect,
            }
            for step, isolated, effect in (("as published", True, None), ("batches", False, 0.7))
        ],
        "untrained": [
            {
                "environment": "TrustDilemma-v0",
                "policy": "Central_PPO",
                "protocol": "as_published",
                "seeds": 3,
                "share_min": 0.0,
                "share_max": 0.0012,
                "length_min": 3,
                "length_max": 100,
                "clipped": 0.467,
            }
        ],
        "half_precision": [
            {
                "number_format": "half",
                "reward_mode": "integrated",
                "reward": 93_000.4,
                "gradient": False,
                "weights": False,
            }
        ],
        "contract": [
            {
                "environment": name,
                "mechanism_class": "TR-2",
                "n_agents": 4,
                "horizon": 100,
                "endowments": "150, 80, 80, 80",
                "baselines": "40, 40, 40, 40",
                "observation": 15,
                "action_high": 100.0,
                "deterministic": True,
                "early_termination": "",
            }
            for name in environments
        ],
        "comparison": [
            {
                "environment": name,
                "measured": {"agents": "4", "horizon": "100", "class": "TR-2", "spread": "0"},
                "stated": {
                    "agents_config": "4",
                    "agents_docs": "3",
                    "horizon_config": "100",
                    "class_config": "TR-2",
                    "class_analyse": "TR-1",
                    "class_docs": "TR-2",
                    "class_rankings": "TR-2",
                    "spread_docs": "0",
                },
            }
            for name in environments
        ],
        "agreement": {"code": 4, "code_equal": 4, "documents": 14, "documents_equal": 10},
        "documents": [
            {
                "environment": "two agents",
                "quantity": "observation",
                "published": "17",
                "measured": "15",
                "equal": False,
                "source_doc": "docs/environments",
                "source_place": "observation space",
            }
        ],
        "page_results": [
            {
                "environment": environments[0],
                "policy": "Constant_35",
                "published": 98.6,
                "recomputed": 946.9,
                "ratio": 9.603,
                "source_doc": "docs/page.md",
            }
        ],
        "editions": [
            {
                "game": name.split("-")[0],
                "environment": name,
                "mechanism_class": "TR-2",
                "is_dilemma": False,
                "price_of_anarchy": 1.0026,
                "fear": 0.46,
                "nash": "0.35, 0.29",
                "optimum": "0.36",
                "greed": 0.91,
                "random": 11.4,
                "nash_worst": float("nan"),
                "dynamic_optimum": 146.6,
                "best_constant": 0.998,
                "tit_for_tat": None,
                "random_score": -0.02,
            }
            for name in environments
        ],
        "editions_summary": {"text": "Of 2 released environments, 0 are dilemmas."},
        "without_scale": [{"environment": environments[1], "reason": "the plan earns nothing"}],
        "policies_formal": [
            {
                "environment": "TrustDilemma-v1",
                "level": 95,
                "return": 71204.0,
                "welfare_level": 94,
                "welfare": 53620.0,
                "random_welfare": 15460.0,
                "score": {
                    **{"best": 1.0, "Random": 0.0, "TitForTat": 0.997, "Planner": 1.0},
                    "oracles": {"Nash": 0.19, "Equilibrium": 0.99},
                },
            }
        ],
        "oracles": [
            {
                **{"policy": "Oracle_Nash", "mechanism_class": "TR-3", "role": "lower bound"},
                **{"equation": "a = 1 / N", "here": "34.24 units return 95,373."},
            }
        ],
        "formal_oracles": [{"policy": "Planner", "summary": "The dynamic optimum."}],
        "policies": [
            {
                "environment": name,
                "level": 42,
                "return": 46830.1,
                "welfare_level": 41,
                "welfare": -29600.25,
                "random_welfare": 2100.0,
                **{
                    measure: {
                        "Constant_100": 0.86,
                        "Random": 0.078,
                        "TitForTat": 0.86,
                        "TitForTat_released": None,
                        "best": 1.0,
                        "oracles": {"Nash": 0.99999, "Loyalty": 0.86},
                    }
                    for measure in ("relative", "score")
                },
            }
            for name in environments
        ],
        "identity": [
            {"environment": name, "differences": {"101 constants": 1.2e-8, "Random": 0.0}}
            for name in environments
        ],
        "records": [
            {
                "corpus": "audit",
                "component": part,
                "published": 1116,
                "arithmetic": "1056+60",
                "recomputed": recomputed,
                "formula": "1,050 + 60",
                "result": result,
                "note": "note",
                "source": "DATASHEET.md, table",
            }
            for part, recomputed, result in (
                ("total", 1110, "mismatch"),
                ("temporal_runs", 1116, "match"),
                ("other", None, "not derivable"),
            )
        ],
        "scores": [
            {
                "environment": name,
                "environments": 2 if name == "all v0" else 1,
                **cell,
                "reward_mode": "integrated",
                "runs": 3,
                "finished": 2,
                "iqm": 0.9301,
                "low": 0.9,
                "high": 0.951,
                "training_iqm": 0.9,
                "untrained": float("nan"),
                "action_share": 0.41,
                "trust": None,
                "welfare": 29000.0,
            }
            for name in ("all v0", *environments)
        ],
        "learners": [
            {
                **{"policy": "Central_PPO", "kind": "joint", "published_as": "IPPO"},
                **{"as_published": "2 of v0", "corrected": ""},
            }
        ],
        "hyperparameters": [
            {
                **{"protocol": "corrected", "policies": "IPPO, Central_PPO"},
                "settings": "n_steps = 2048; hidden = [64, 64]",
            },
        ],
        "learner_cards": [
            {
                **{"policy": "IPPO", "protocol": "corrected", "base": "stable_baselines3.PPO"},
                **{"data": "on-policy", "reward": "own", "actor": "own observation"},
                **{"critic": "state", "sharing": "none", "head": "Gaussian", "parameters": 100},
                **{"updates_per_step": 0.2, "samples_per_transition": 10.0},
            }
        ],
        "setting_differences": [
            {"policies": "IPPO, IA2C", "changes": "hidden 128 → 64", "why": "cheaper"},
            {"policies": "IPPO", "changes": "n_steps 2048 → –", "why": "whole episodes"},
        ],
        "learner_certificates": [
            {
                **{"environment": "LoyaltyTeam-v1", "policy": "IPPO", "reward_mode": "private"},
                **{"target": "equilibrium", "role": "every agent", "runs": 5, "finished": 4},
                **{"steps": 16_000, "target_share": 0.25, "share": share, "share_low": low},
                **{"share_high": 0.3, "gap": share - 0.25, "within": within},
            }
            for share, low, within in (
                *((0.2, 0.1, True), (0.5, 0.4, False)),
                (float("nan"), float("nan"), False),
            )
        ],
        "exceptions": [
            {
                **{"policy": "IPPO", "environment": environments[0], "reward_mode": "private"},
                **{"value": 12.0, "of_random": 8.0},
                **{"untrained": float("nan"), "worse": 1, "runs": 3, "why": "still learning"},
            }
        ],
        "learner_signatures": [
            {
                **{"signature": "reciprocity", "policy": "LOLA", "compared_with": "REINFORCE"},
                **{"expected": "higher", "measure": "payoff per step", "game": "dilemma"},
                **{"source": "Foerster et al. 2018", "steps": 320000, "seeds": 5},
                **{"value": -1.07, "compared_value": -2.0, "difference": 0.93},
                **{"low": 0.88, "high": 0.98, "found": "as expected"},
            }
        ],
        "learner_settings": [
            {
                **{"policy": "IPPO", "environment": "LoyaltyTeam", "setting": setting},
                **{"seeds": 5, "steps": 10_000, "score": 0.7, "score_low": 0.6, "score_high": 0.8},
                **{"advantage": gain, "advantage_low": gain, "advantage_high": gain},
                "cpu_seconds": 12.34,
            }
            for setting, gain in (("default", float("nan")), ("128x128", -0.1))
        ],
        "learner_costs": [
            {
                **{"policy": "Central_PPO", "protocol": protocol, "hours_v0": 12.34},
                **{"hours_v1": hours, "ms_alone": [0.0276, float("nan")]},
                **{"ms_together": [0.01, 0.02], "ms_library": [1.0, 2.0]},
                **{"ms_published": [float("nan"), 1.7], "updates_alone": [123.4, float("nan")]},
                **{"updates_together": [200.0, 300.0], "updates_library": [10.0, 20.0]},
            }
            for protocol, hours in (("corrected", 8.9), ("as_published", float("nan")))
        ],
        "learning_gate": [
            {
                **{"environment": "LoyaltyTeam-v0", "policy": "IPPO", "seeds": 3},
                **{"steps": 49_200, "untrained": -1.65, "attained": attained, "least": 0.4},
                **{"peak": 0.91, "peak_step": 30_000, "passed": passed, "cpu_seconds": 12.3},
                **dict.fromkeys(("longer", "longer_steps", "reached")),
            }
            for attained, passed in ((0.5, False), (0.85, True))
        ],
        "learning_noise": [
            {
                **{"environment": "LoyaltyTeam-v0", "deviation": deviation, "best_mean": mean},
                **{"noisy": 0.69, "evaluated": 0.71},
            }
            for deviation, mean in ((0.0, 0.66), (0.6, 1.5))
        ],
        "learning_steps": [
            {"environment": "LoyaltyTeam-v0", "held": 0.9, "share": share, "gain": gain}
            for share, gain in ((0.2, -2.39), (0.7, 0.0027))
        ],
        "longer_training": [
            {
                **{"policy": "QMIX", "environment": "SLCD-v1", "runs": 3, "untrained": 1.0},
                **{"steps": 3000, "value": 0.9, "worse": 3, "longer_steps": 16_000},
                **{"longer_value": longer, "longer_worse": 1, "lowest": 0.8, "lowest_step": 2000},
            }
            for longer in (0.85, 1.1)
        ],
        "longer_gains": [
            {
                **{"policy": "IPPO", "exceptions": 2, "removed": 1, "nearer": 0, "no_nearer": 1},
                **{"value": 1.5, "longer_value": 1.2, "remaining": ["SLCD-v1 private"]},
                "myopic": 1,
            }
        ],
        "exception_probes": [
            {
                **{"policy": "QMIX", "environment": "SLCD-v1", "change": "gamma = 0"},
                **{"runs": 3, "steps": 16_000, "value": 1.1, "worse": 0},
            }
        ],
        "learning": {
            "longer": "1 of 2 earn as much.",
            "gains": "1 of 2 leave no more.",
            "gate": "At the end 1 of 2.",
            "costs": "12 CPU-hours.",
            "ends": "After 16,000 steps, 1 of 2.",
            "sizes": "In 1 of 1 rows.",
            "exceptions": "0 of 2.",
        },
        "pools": [
            {
                **{"environment": name, "protocol": "corrected", "seeds": 3, "environments": 2},
                **{"names": "TrustDilemma, LoyaltyTeam", "learners": 2, "main": main},
                "policies": "IPPO, QMIX",
            }
            for name, main in (("all v0", True), ("LoyaltyTeam-v0", False))
        ],
        "performance": [
            {
                **{"environment": "all v0", **cell, "reward_mode": "private"},
                **{
                    measure + end: value
                    for measure in ("iqm", "median", "mean", "optimality_gap")
                    for end, value in (("", 0.5), ("_low", 0.25), ("_high", 0.75))
                },
                **{"mean_rank": 1.25, "first": 0.754},
            }
        ],
        "published_means": [
            {
                **{"mechanism_class": "TR-1", "reward_mode": "integrated", "policy": policy},
                **{"protocol": by, "environments": 5, "mean_return": 22762.4},
                **{"published_as": name, "published": value, "published_environments": size},
                "deviation_percent": gap,
            }
            for policy, by, name, value, size, gap in (
                ("Random", "", "Random", 22762.0, 5, 0.0),
                ("IQL", "corrected", "", float("nan"), None, float("nan")),
            )
        ],
        "class_rankings": [
            {
                **{"edition": edition, "protocol": "corrected", "mechanism_class": "TR-1"},
                **{"environments": 5, "place": 1, "published": name, "cooperative": None},
                **{
                    mode: {
                        **{"policy": "QMIX", "iqm": 0.912, "low": 0.9, "high": 0.93},
                        **{"rank_low": 1, "rank_high": most},
                    }
                    for mode, most in (("private", 1), ("integrated", 3))
                },
            }
            for edition, name in (("v0", "QMIX"), ("v1", ""))
        ],
        "class_gaps": [
            {
                **{"edition": edition, "mechanism_class": "TR-1", "reward_mode": "private"},
                **{form: _gap(gap) for form, gap in (("return", -4.26), ("score", 0.126))},
                **{"published": published, "published_leaders": leaders},
            }
            for edition, published, leaders in (
                ("v0", 4.2, "ISAC against QMIX"),
                ("v1", float("nan"), ""),
            )
        ],
        "environment_gaps": [
            {
                **{"environment": "SLCD-v0", "reward_mode": "private", "return": _gap(None)},
                **{"score": _gap(0.126), "published": 7.0, "published_leaders": ""},
            }
        ],
        "oracle_gaps": [
            {
                **{"edition": "v0", "protocol": "corrected", "mechanism_class": "TR-1"},
                **{"policy": "QMIX", "environments": 5, "oracle": "Oracle_Equilibrium"},
                **{
                    f"{rival}_{part}": None if gap is None else gap + shift
                    for rival, gap in (
                        *(("oracle", 250.04), ("constant", -4.84)),
                        *(("nash", None), ("planner", -6.0)),
                    )
                    for part, shift in (("gap", 0.0), ("low", -1.0), ("high", 1.0))
                },
            }
        ],
        "exceedances": [
            {
                **{"environment": "ApacheProject-v0", "published_return": 5539736.0},
                **{"published_oracle_return": 5484826.0, "published_gap": 1.0},
                **{"oracle_return": 5484825.9, "oracle_gap": 1.001, "runs": runs, "policy": policy},
                **{"constant": "Constant_60", "constant_gap": -4.84},
                **{f"learner_{part}": gap for part in ("gap", "low", "high")},
            }
            for policy, runs, gap in (("Central_SAC", 3, -2.5), ("", 0, None))
        ],
        "contributions": [
            {
                **{"edition": edition, "protocol": "corrected", "mechanism_class": "TR-1"},
                **{"pairs": 12, "median": 42.36, "q1": 30.0, "q3": 51.1, "negative": 1},
                **{"published": published, "published_negative": 0, "published_pairs": 77},
                **{"accounting": 40.1, "policy_effect": 2.2, "fixed": 41.9},
                **{"score_effect": 0.014, "score_low": -0.02, "score_high": 0.05},
            }
            for edition, published in (("v0", 30.1), ("v1", None))
        ],
        "mode_effects": [
            {
                **{"edition": "v1", "protocol": "corrected", "mechanism_class": "all"},
                **{"reward_mode": mode, "cells": 4, "unfinished": 1, "environments": 2},
                **{"score": 0.512, "score_low": 0.4, "score_high": 0.6},
                **{"change": change, "change_low": change},
                **{"change_high": change, "worst_off": 0.31, "gini": 0.1, "trust": None},
                "cooperation": 0.5,
            }
            for mode, change in (("private", None), ("cooperative", 0.203))
        ],
        "paired_tests": [
            {
                **{"environment": "all v0", "protocol": "corrected", "reward_mode": "private"},
                **{"unit": "environments", "pairs": 20, "tests": 210, "possible": True},
                **{"unadjusted": 30, "different": 12, "largest": "IPPO over QMIX (0.30)"},
            }
        ],
        "equivalence": [
            {
                **{"claim": "A12", "policy": "SelfPlay_PPO", "compared_with": "IPPO"},
                **{"edition": "v0", "mechanism_class": "TR-1", "reward_mode": "integrated"},
                **{"measure": measure, "unit": "runs", "pairs": 15, "difference": 0.011},
                **{"low": low, "high": low, "margin": 0.02, "same": same},
            }
            for measure, low, same in (("score", 0.01, True), ("return", float("nan"), None))
        ],
        "power": [
            {
                **{"edition": "v0", "protocol": "corrected", "seeds": seeds, "seen": seeds == 3},
                **{"effect": effect, "score_least": 0.1 * effect, "score_most": 0.2 * effect},
            }
            for seeds, effect in ((1, float("nan")), (3, 3.264))
        ],
        "statistics": {
            "returns": "The median change.",
            "rankings": "Kendall's tau 0.5.",
            "breakdowns": "No run broke down, of 12.",
            "oracles": "2 of 5 above.",
            "exceedances": "The published mean gap.",
            "members": "All lead in 1 of 2.",
            "changes": "The side changes on 1 of 2.",
            "contributions": "Medians by class.",
            "modes": "More is shared.",
            "tests": "After that 12 of 210.",
            "equivalence": "The same in 1 of 2.",
            "power": "With 3 seeds.",
        },
        "released_audit_figures": [
            {
                **{"quantity": f"tests {result}", "published": "504 tests", "recomputed": ours},
                **{"result": result, "note": "why", "source": "hf_readme_audit.md, header"},
            }
            for result, ours in (("match", "504"), ("mismatch", "492"), ("not derivable", ""))
        ],
        "released_audit_records": [
            {
                **{"audit": "static", "origin": "released code", "records": 1050, "labels": 18},
                **{"environments": 20, "seeds": 3, "experiments": 22},
            }
        ],
        "released_audit": [
            {
                **{"mechanism_class": "TR-2", "unit": unit, "environments": 5},
                **{"static_tests": 60, "static_exploitative": 27, "late_tests": 123},
                **{"late_exploitative": 0, "partial_tests": 205, "partial_exploitative": 67},
                **{"partial_gain": gain, "ramp_environments": 2, "ramp_gain_low": gain},
                **{"ramp_gain_high": gain, "static_ratio_low": 0.0026, "static_ratio_high": 0.3},
            }
            for unit, gain in (("integrated", 1.303), ("payoffs", float("nan")))
        ],
        "exploitability": [
            {
                **{"environment": name, "policies": 14, "worth": 8719.3, "least": "Oracle_Nash"},
                **{"least_gain": 0.4, "least_relative": 0.00005, "most": "Constant_100"},
                **{"most_gain": 15263.3, "most_relative": 1.75, "learner": ""},
                **{"learner_gain": None, "learner_relative": float("nan")},
            }
            for name in environments
        ],
        "cross_play": [
            {
                **{"environment": name, "policies": 14, "best": "Planner", "best_value": 20.4},
                **{"lost": "Planner", "lost_value": 11.5, "lost_self": 31.9, "firm": ""},
                **{"firm_value": None, "generous": "Constant_100", "generous_value": 21839.1},
                **{"strange": "", "strange_value": None, "wary": "Planner", "wary_value": 3.6},
            }
            for name in environments
        ],
        "worst_case_training": [
            {
                **{"edition": "v1", "reward_mode": "private", "partner": "worst"},
                **{"environments": 20, "seeds": 5, "more": 4, "less": 1, "open": 15},
                "difference": 0.0123,
            }
        ],
        "robustness": [
            {
                **{"disturbance": kind, "size": size, "learners_median": None},
                **{"learners_largest": None, "learners_who": "", "others_median": 0.0012},
                **{"others_largest": 1.03, "others_who": "Planner, TrustDilemma-v0"},
            }
            for kind, size in (("tremble", 0.1), ("worst partner", None))
        ],
        "behaviour": [
            {
                **{"edition": "v1", "policy": "TitForTat", "environments": 20, "slope": 1.0},
                **{"forgiveness": 1.0, "end_game": -1e-18, "share": 1.0, "jain": 0.9944},
                **{"gini": 0.0123, "efficiency": 0.9749, "sustainability": 1.04},
            }
        ],
        "reward_hacking": [
            {
                **{"edition": "v1", "protocol": "corrected", "reward_mode": "private", "runs": 66},
                **{"correlation": 0.987, "negative": 1, "breaks": 2},
            }
        ],
        "case_summary": {"text": "Nothing scores above chance."},
        "case_scores": [
            {
                **{
                    "title": "Renault-Nissan",
                    "variant": "released",
                    "rubric": rubric,
                    "kappa": 0.33,
                },
                **{"score": 43.5, "max": 60.0, "floor": 14.0, "ceiling": 55.0, "inert": 17.0},
                **{"null_mean": 43.8, "null_low": 33.0, "null_high": 49.0, "p_null": 0.179},
                **dict.fromkeys(("documented", "coded", "assumed"), 0.0),
                **dict.fromkeys(("documented_max", "coded_max", "assumed_max"), 20.0),
            }
            for rubric in ("legacy", "strict")
        ],
        "case_claims": [
            {
                **{"case": "Apache", "claim": "86.7% (52/60)", "place": "abstract"},
                **{"verdict": "not reproduced", "explanation": "", "recomputed": "45 of 60"},
            }
        ],
        "case_rollouts": [
            {
                **{"environment": "SLCD-v0", "expected": "trust falls", "status": "coded"},
                **{"script": "1.01", "script_met": 0, "reference": "Random", "reference_met": 1},
                **{"reference_all": 9, "learner": "", "learner_met": 0, "learner_all": 0},
            }
        ],
        "cases": [_case()],
        "audits": {
            "exploitability": "13 of 104 policies.",
            "cross_play": "73 of 125 runs.",
            "robustness": "Most costs the worst partner.",
            "behaviour": "9 of 125 follow.",
            "reward_hacking": "2 of 66 runs break.",
        },
        "biaxial": [
            {
                **{"claim": "B1", "quantity": "p* agent 0", "published": "0.071", "source": "a.md"},
                **{"recomputed": [0.07077, 2e-12], "difference": 2e-4, "result": "match"},
                "note": "",
            },
            {
                **{"claim": "", "quantity": "seeds", "published": "200-229", "source": "b.py"},
                **{"recomputed": [], "difference": None, "result": "mismatch", "note": "of runs"},
            },
        ],
        "biaxial_points": [
            {
                **{"claim": "G02", "title": "joint plan", "eta": 0.4, "beta": 0.6},
                **{"cooperation": [33.0, 33.0], "appropriation": [0.066, 0.04]},
                **{"utility": [243.6, 275.7], "returns": [9376.9, 10525.7]},
                **{"payoffs": [5976.7, 5886.9], "trust_end": 0.987},
            }
        ],
        "biaxial_trained": [
            {
                **{"eta": 0.4, "beta": 0.6, "policy": "IPPO", "reward_mode": "integrated"},
                **{"runs": 3, "finished": 2, "steps": 4000, "cooperation": 51.2},
                **{"appropriation": 0.31, "appropriation_low": 0.2, "appropriation_high": 0.4},
                **{"final_appropriation": 0.28, "trust_end": 0.97, "dip_p": None},
                **{"equilibrium_cooperation": 27.2, "equilibrium_appropriation": 0.06},
                **{"team_cooperation": 33.0, "team_appropriation": 0.05},
            }
        ],
        "biaxial_calibration": [
            {
                **{"title": "IPPO, trained", "objective": "endpoint", "kappa": 0.1, "xi": 5.0},
                **{"runs": 3, "finished": 2, "steps": 4000},
                **{"appropriation": 0.198, "trust_first": 0.847, "trust_second": 0.933},
                **{"trust_third": 0.971, "trust_end": 0.987, "value": 0.9851},
            }
        ],
        **campaign_data(campaign_tables()),
        "corpora": [
            {
                **{"corpus": "training_runs", "about": "A training run.", "rows": 1234},
                **{"bytes": 56789, "sha256": "deadbeef" * 8, "left_out": "", "loaded": 1234},
            },
            {
                **{"corpus": "cross_play", "about": "A seat.", "rows": 0, "bytes": 0},
                **{"sha256": "", "left_out": "nobody met anybody", "loaded": 0},
            },
        ],
        "corpus_checks": [
            {"corpus": "all corpora", "check": "no stray file", "checked": 17, "violations": 0}
        ],
        "cells": [
            {
                "environment": name,
                **cell,
                "planned": 3,
                "finished": 2,
                "diverged": 1,
                "failed": 0,
                "excluded": 0,
                "cpu_seconds": 33.2,
            }
            for name in environments
        ],
        "failures": [
            {
                "run_id": "r-1",
                "environment": environments[0],
                **cell,
                "reward_mode": "private",
                "seed": 99,
                "status": "diverged",
                "reason": "NaN at step 12,288",
            }
        ],
        "breakdowns": [
            {
                **{"policy": "MADDPG", "environment": "ApacheProject", "precision": precision},
                **{"reward_mode": "private", "published_broken": n, "published_runs": of},
                **{"v0": {"broken": 1, "runs": 3, "first_step": 1024}, "v1": None},
            }
            for precision, n, of in (("half", 0, 13), ("half", 3, None), ("", None, None))
        ],
        "instability": [
            {
                **{"definition": "a loss is not finite", "published_unstable": 8},
                **{"published_total": 60, "published_environments": "ApacheProject"},
                **{"v0": {"unstable": 1, "runs": 9, "environments": "SLCD"}, "v1": None},
            }
        ],
        "excluded": [
            {"policy": "Crowd", "min_agents": 3, "environments": environments[0], "runs": 9}
        ],
        "figures": [_figure(name) for name in FIGURES],
        "cards": [_card(name.split("-")[0]) for name in environments],
        "explorer": {"modes": ["private"], "environments": {}},
        "part_costs": [{"part": "training", "jobs": 48, "cpu_seconds": 994.9, "memory_mb": 640.2}],
        "definitions": [{"term": "IQM", "text": "Interquartile mean."}],
    }
