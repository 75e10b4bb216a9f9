"""Grim: cooperate until somebody plays less than half, then contribute nothing any more.

    snakemake --config extend='[examples/extend_policy.py]' environments='[TrustDilemma]' \
        train_on='[]' study=grim

or, in Python, `agents.extend("examples/extend_policy.py")` and
`agents.evaluate("Grim", "TrustDilemma-v1").score`.

A rule chooses the actions of all agents in B copies of a game at once. What it remembers of the
running episodes are arrays with one row per copy.
"""

import numpy as np

from coopetition import agents


@agents.register
class Grim(agents.Policy):
    """Full contribution until somebody defects, then none for the rest of the episode."""

    name = "Grim"
    observation = "published"  # the joint observation, which shows the last actions of all

    def begin(self, seeds):
        """Nobody has been seen to defect, and nothing has been played."""
        return {"angry": np.zeros(len(seeds), bool), "started": np.zeros(len(seeds), bool)}

    def act(self, observations):
        """Amounts [B, N], from 0 to the endowment of each agent."""
        shares = self.game.seen_actions(observations) / self.game.endowments
        defected = self.memory["started"] & (shares < 0.5).any(axis=1)
        self.memory["angry"] = self.memory["angry"] | defected
        self.memory["started"] = np.ones(self.copies, bool)
        return np.where(self.memory["angry"][:, None], 0.0, self.game.endowments)
