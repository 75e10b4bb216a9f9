"""The oracles of reciprocity (TR-4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coopetition.envs.engine import Array, State
from coopetition.envs.mechanisms.reciprocity import Reciprocity
from coopetition.envs.released import ReleasedGame

from .base import Card, Oracle, StationaryOracle, part
from .best_response import best_response_profile

HIGHEST_TRUST = 0.95
TRUST_GAIN = 0.35
TRUST_WEIGHT = 0.2


class ReciprocityEquilibrium(StationaryOracle):
    """Static equilibrium with terms for trust and for deterrence."""

    name = "Oracle_ReciprocityEquilibrium"
    mechanism_class = "TR-4"
    card = Card(
        equation=(
            "a_i = argmax pi_i + sum_{j != i} [D_ij pi_j + 0.2 T (a_j - b_j) a_i / e_i "
            "+ lambda_R T (1 + omega D_ij) rho_0 D_ij^eta kappa max(a_i - b_i, 0) / e_i], "
            "T = min(0.95, T_0 + 0.35)"
        ),
        role="lower bound in the manner of a Nash equilibrium",
        here=(
            "Neither added term is in the environments. From half of the endowment the iteration "
            "falls below the norm, where deterrence is zero and the trust term negative, so that "
            "cooperation is lowered. Actions and returns, about those of Random: ReciprocalDilemma "
            "25.2 (norm 30) 29,747; GiftExchange (25.2, 26.5) 32,623; IndirectReciprocity 19.8 "
            "(30) 86,878; GraduatedSanction 16.4 (40) 171,890; AppleAppStore (21.6, 22.0, 21.9) "
            "27,329."
        ),
    )

    def profile(self, game: ReleasedGame) -> Array:
        """Best responses to each other."""
        trust = min(HIGHEST_TRUST, _initial_trust(game) + TRUST_GAIN)
        reciprocity = part(game, Reciprocity)
        amplification, sensitivity = _strength(game)
        deterrence = reciprocity.lambda_R * trust * amplification * sensitivity * reciprocity.kappa

        def term(game: ReleasedGame, agent: int, actions: Array) -> float:
            action, norm = actions[agent], game.baselines[agent]
            endowment = game.endowments[agent]
            total = 0.0
            for j in range(game.n_agents):
                if j != agent:
                    # The first product is rounded to single precision, the second is not.
                    deviation = actions[j] - game.baselines[j]
                    of_trust = TRUST_WEIGHT * trust * deviation * action / endowment
                    excess = max(action - norm, 0.0)
                    total += of_trust + deterrence[agent, j] * excess / endowment
            return total

        return best_response_profile(game, term)


class BoundedReciprocity(Oracle):
    """A rule of evolution for all agents together; in effect a decay towards the norm."""

    name = "Oracle_BoundedReciprocity"
    mechanism_class = "TR-4"
    card = Card(
        equation=(
            "a_i += 0.12 e_i sum_{j != i} lambda_R T_ij (1 + omega D_ij) rho_0 D_ij^eta "
            "tanh(kappa s_j) - 0.05 (a_i - b_i), s_j = a_j minus its mean over k steps; "
            "T_ij += 0.10 s_j (0.95 - T_ij) for s_j > 0, 0.30 s_j T_ij else; "
            "start b + 0.4 (e - b)"
        ),
        role='upper bound of cooperation, "no algorithm exceeds it"',
        here=(
            "Signals are in action units, so the first small decline takes its private copy of "
            "trust to 0 and ends reciprocity; what is left is a decay of 5 % per step to the norm. "
            "Returns, and those of the best constant, which exceeds it in all five environments: "
            "ReciprocalDilemma 43,607 (43,806), GiftExchange 42,247 (42,467), IndirectReciprocity "
            "184,655 (185,721), GraduatedSanction 446,963 (447,888), AppleAppStore 44,493 "
            "(45,016). As released it starts anew after as many calls as an episode has steps; "
            "here with the episode, which is the same in these environments, as none ends early."
        ),
    )
    gain, decay, start_share = 0.12, 0.05, 0.4
    building, erosion = 0.10, 0.30

    def solve(self, game: ReleasedGame) -> None:
        """Strength of the answer of each agent to each other, [N, N]."""
        self._reciprocity = part(game, Reciprocity)
        amplification, sensitivity = _strength(game)
        self._strengths = self._reciprocity.lambda_R * amplification * sensitivity

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Actions above the norm, the game's initial trust, and an empty window (newest last)."""
        batch, n_agents = len(seeds), self.game.n_agents
        norms = self.game.baselines.astype(np.float64)
        start = norms + self.start_share * (self.game.endowments - norms)
        trust = np.full((batch, n_agents, n_agents), _initial_trust(self.game))
        window = np.zeros((batch, self._reciprocity.memory, n_agents))
        return {
            "actions": np.repeat(start[None], batch, axis=0),
            "trust": trust,
            "window": window,
            "played": np.zeros(batch, np.int64),
        }

    def act(self, observations: Array | None) -> Array:
        """One step of the rule."""
        memory, game = self.memory, self.game
        window = memory["window"]
        width = np.minimum(memory["played"], window.shape[1])
        means = window.sum(axis=1) / np.maximum(width, 1)[:, None]
        signals = (window[:, -1] - means)[:, None, :]  # as every partner sees them
        trust = memory["trust"]
        rising = self.building * signals * np.maximum(HIGHEST_TRUST - trust, 0)
        trust = trust + np.where(signals > 0, rising, self.erosion * signals * trust)
        trust = np.clip(trust, 0, 1)
        answers = trust * self._strengths * np.tanh(self._reciprocity.kappa * signals)
        actions = memory["actions"]
        actions = (
            actions
            + self.gain * game.endowments * answers.sum(axis=2)
            - self.decay * (actions - game.baselines)
        )
        actions = np.clip(actions, 0, game.endowments.max())
        self.memory = {
            "actions": actions,
            "trust": trust,
            "window": np.concatenate([window[:, 1:], actions[:, None]], axis=1),
            "played": memory["played"] + 1,
        }
        return actions


def _initial_trust(game: ReleasedGame) -> float:
    assert game.trust is not None  # all games of the class have trust
    return game.trust.initial_trust


def _strength(game: ReleasedGame) -> tuple[Array, Array]:
    """1 + omega D and rho_0 D^eta, [N, N]; the second is zero on the diagonal."""
    reciprocity = part(game, Reciprocity)
    dependence = game.dependence.astype(np.float64)
    return (
        1 + reciprocity.omega * dependence,
        reciprocity.rho_0 * dependence**reciprocity.eta,
    )
