"""SelfPlay_PPO: one policy learns in one seat, earlier versions of itself play the others.

In every episode of every copy a seat i is drawn for the learner pi(a | o_i, i), and one frozen
snapshot pi_k of it for all other seats; with the seat's own reward,

    delta_t = r_i,t + gamma (1 - d_t) V(o_i,t+1, i) - V(o_i,t, i)
    A_t     = sum_l (gamma lambda)^l delta_t+l
    rho_t   = pi(a_t | o_i,t, i) / pi^old(a_t | o_i,t, i)
    L       = -E[min(rho A, clip(rho, 1 - eps, 1 + eps) A)] + c_v E[(V - R)^2] - c_H E[H(pi)]
    k       = newest with probability p, else one of the older ones, all equally likely

(Bansal et al. 2018, Emergent Complexity via Multi-Agent Competition; sampling older selves as in
fictitious self-play, Heinrich et al. 2015, Fictitious Self-Play in Extensive-Form Games).

Details that matter:
- snapshots never learn: the first is the untrained policy, another is taken whenever a further
  twentieth of the budget is done, and the newest twenty are kept;
- snapshots sample their actions, as the learner did when they were taken;
- what the other seats observe and are paid never enters the learner's batch, so an environment
  step yields one sample, and one policy serves N agents;
- the policy is evaluated in all seats; actions, observations, rewards and horizon as in `IPPO`.

The published study reports under this name one PPO for all agents; see `Central_PPO`.
"""

from __future__ import annotations

from typing import Any

from ..slices.population import PopulationAlgorithm
from .ippo import IPPO

ENTRY = {
    "name": "SelfPlay_PPO",
    "class_name": {"corrected": "SelfPlayPPO"},
    "paradigm": "population",
    "published_as": (),
    "min_agents": 2,
    "hyperparameters": {
        "corrected": {
            "like": "IPPO",
            "snapshots": 20,
            "latest": 0.5,
            "learning_rate": 1e-3,
        },
    },
}

CARD = {
    "paper": [
        "Bansal et al. 2018, Emergent Complexity via Multi-Agent Competition, arXiv:1710.03748",
        "Heinrich et al. 2015, Fictitious Self-Play in Extensive-Form Games, ICML 2015",
        "Schulman et al. 2017, Proximal Policy Optimization Algorithms, arXiv:1707.06347",
    ],
    "reward": "own, of the learner's seat",
    "actor": "own observation and number of the seat",
    "critic": "own observation and number of the seat",
    "sharing": "one policy for all seats",
    "head": "Gaussian with a free deviation, clipped",
    "published": {"like": "Central_PPO"},
    "why": {
        "like": "IPPO",
        "learning_rate": "chosen with rollouts a fifth as long as the published ones; "
        "half of that of IPPO, for all seats share one policy",
    },
}


class SelfPlayPPO(PopulationAlgorithm, IPPO):
    """`IPPO` with one policy per replicate, against snapshots of itself.

    Args: those of `stable_baselines3.PPO`, and
        snapshots: taken along the budget, at equal distances, and kept at most.
        latest: probability that the newest of them plays.
    """

    def __init__(self, *args: Any, snapshots: int = 20, latest: float = 0.5, **kwargs: Any) -> None:
        self.snapshots, self.latest = snapshots, latest
        # Share of the budget at the newest snapshot, in 1 / `snapshots`.
        self._part = 0
        super().__init__(*args, **kwargs)

    def _setup_model(self) -> None:
        super()._setup_model()
        self.pool.add(self.actor, self.snapshots)

    def collect_rollouts(self, *args: Any, **kwargs: Any) -> bool:
        """See the library; snapshots are taken between two rollouts."""
        part = self.num_timesteps * self.snapshots // self._total_timesteps
        if part != self._part:
            self.pool.add(self.actor, self.snapshots)
            self._part = part
        return super().collect_rollouts(*args, **kwargs)

    def random_state(self) -> dict[str, Any]:
        """See `PopulationAlgorithm`; and when the newest snapshot was taken."""
        return {**super().random_state(), "part": self._part}

    def load_random_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        super().load_random_state(state)
        self._part = state["part"]
