"""What every policy of the study scores on every environment, kept for comparison with others.

    python -m coopetition.reports.reference_scores TrustDilemma-v1 [my_policy.zip]

`reference_scores.csv` beside this module is the table of the study at scale `standard`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from coopetition import agents, envs
from coopetition.agents.evaluation import evaluate

from . import schema
from .selection import CELL, own_basis
from .statistics import normalised, reference_scales

PATH = Path(__file__).with_name("reference_scores.csv")
# Of the constants, those of every tenth level.
_TENTHS = [f"Constant_{level:02d}" for level in range(0, 101, 10)]


def reference_scores(
    scores: pd.DataFrame, reference: pd.DataFrame, certificates: pd.DataFrame
) -> list[dict[str, Any]]:
    """Rows of the table `reference_scores`: learners by mode, then policies that do not learn.

    Args:
        scores: see `schema`; excluded runs have no row, those that broke down count as 0.
        reference: see `schema`; of the constants every tenth level.
        certificates: see `schema`.
    """
    trained = scores[scores["status"] != "excluded"]
    keys = [*CELL, "policy", "protocol", "reward_mode"]
    rows = [
        {
            **dict(zip(keys, names, strict=True)),
            "steps": int(group["steps_planned"].iloc[0]),
            "runs": len(group),
            "score": group["score"].mean(),
            "score_sd": group["score"].std(),
            "untrained_score": group["untrained_score"].mean(),
            "welfare": group["welfare"].mean(),
        }
        for names, group in trained.groupby(keys, sort=False)
    ]
    own = own_basis(reference)
    # Welfare is the same in every mode of a policy that is not trained.
    own = own[own["reward_mode"] == own["reward_mode"].iloc[0]] if len(own) else own
    kept = own[own["level"].isna() | own["policy"].isin(_TENTHS)]
    scaled = kept.merge(reference_scales(certificates), on=CELL, how="left")
    scaled["score"] = normalised(scaled, "welfare")
    spread = scaled["welfare_ceiling"] - scaled["welfare_floor"]
    scaled["score_sd"] = scaled["welfare_std"] / spread
    rules = scaled.rename(columns={"episodes": "runs"})
    columns = [*CELL, "policy", "runs", "score", "score_sd", "welfare"]
    unlearned = {"protocol": "", "reward_mode": "", "steps": 0, "untrained_score": float("nan")}
    return rows + [row | unlearned for row in rules[columns].to_dict("records")]


def standings(env_id: str, policy: agents.Policy | None = None, **options: Any) -> pd.DataFrame:
    """Reference scores on an environment, best first.

    Args:
        env_id: registered id.
        policy: one of your own to be evaluated and placed among them, as `yours`.
        **options: of `agents.evaluate`, such as `episodes`.

    Raises:
        ValueError: no such environment, one without a scale for scores, or a policy that cannot
            play it.
    """
    place = envs.spec(env_id)
    table = schema.read("reference_scores", PATH)
    here = table[(table["environment"] == place.name) & (table["edition"] == place.edition)]
    if policy is not None:
        found = evaluate(policy, env_id, **options)
        yours = {"policy": f"{policy.name} (yours)", "runs": len(found.length)}
        yours |= {"score": found.score.mean(), "welfare": found.welfare.mean()}
        here = pd.concat([here, pd.DataFrame([yours])], ignore_index=True)
    columns = ["policy", "protocol", "reward_mode", "runs", "score", "score_sd", "welfare"]
    return here.sort_values("score", ascending=False, kind="stable")[columns].fillna("")


def main(arguments: list[str]) -> None:
    """Print the standings of an environment, with a policy from a file if one is named."""
    if not 1 <= len(arguments) <= 2:
        sys.exit((__doc__ or "").partition("\n\n")[2].partition("\n\n")[0].strip())
    policy = agents.load(arguments[1]) if len(arguments) == 2 else None
    print(standings(arguments[0], policy).to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main(sys.argv[1:])
