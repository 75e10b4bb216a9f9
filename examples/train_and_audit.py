"""Train a learner on its own reward and on the common one, and see who would leave its policy.

    python examples/train_and_audit.py             # seconds, too short to learn much
    python examples/train_and_audit.py 40000       # environment steps per run: a minute

A page with all audits of one of the policies:

    python -m coopetition.reports.audit TrustDilemma-v1 results/examples/IPPO.zip \
        reward_mode=private --out results/examples/audit.html
"""

import sys
from pathlib import Path

from coopetition import agents, envs
from coopetition.agents.deviations import deviation_gains
from coopetition.agents.models import save_models
from coopetition.agents.runs import cell_runs
from coopetition.agents.training import train_runs


def main(
    steps: int = 2048, path: Path = Path("results/examples/IPPO.zip")
) -> dict[str, dict[str, float]]:
    """Train both runs side by side, save them, load them and measure them.

    Returns:
        Reward mode of training -> `score`, from 0 (no cooperation) to 1 (the best plan), and
        `gain`, what the agent that gains most by another constant adds to its payoff, a share.
    """
    runs = cell_runs(
        "IPPO",
        "TrustDilemma",
        "v1",
        protocols=["corrected"],
        reward_modes=["private", "cooperative"],
        seeds=[1],
        steps=steps,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    save_models(path, runs, train_runs(runs, checkpoints=1))

    found = {}
    for run in runs:
        policy = agents.load(path, reward_mode=run.reward_mode)
        episode = agents.evaluate(policy, run.env_id)
        gains = deviation_gains(policy, envs.game(run.env_id))["private"]
        found[run.reward_mode] = {
            "score": float(episode.score[0]),
            "gain": float((gains[0] / episode.payoffs[0]).max()),
        }
        print(
            f"trained on {run.reward_mode:12} mean share {episode.cooperation[0]:.2f}  "
            "score {score:.2f}  best deviation {gain:+.1%}".format(**found[run.reward_mode])
        )
    return found


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
