"""SLCDAppropriation: the S-LCD joint venture in which a firm also appropriates joint value.

The two-dimensional case of the published study, a supplement: it is not one of the twenty
environments, and `envs.ids()` does not list it. The action of agent i is (c_i, p_i), cooperation in
[0, e_i] and appropriation in [0, 1]; a joint action is c_0, p_0, c_1, p_1. With the surplus
S = gamma (c_0 c_1)^(1/2) and the mean appropriation pbar,

    pi_i = e_i - c_i + theta ln(1 + c_i) + alpha_i S (1 - beta pbar)
           + eta p_i S - kappa p_i - xi p_i^2.

Appropriating takes eta of the surplus per unit, dilutes what is shared by beta, and costs kappa and
xi. At p = 0 the game is SLCD-v0, bit for bit. Everything else is that of SLCD-v0 and its file:
e = 100, theta 20, gamma 0.65, alpha (0.55, 0.45), D (0.64, 0.86), U_i = pi_i + sum_j T_ij D_ij
pi_j, cooperative reward = mean of U, trust that starts at 0.65. Trust answers to cooperation alone,
in comparison with the baseline of 30; appropriation moves it neither now nor later. Observations
are those of SLCD-v0 and do not show p.

Sources: published extension of the S-LCD environment, horizon 40 in its campaign; its file
calibration.json gives kappa 0.5, beta 0.6, eta 0.4, xi 15.

Views: Gymnasium, PettingZoo Parallel and AEC and the `VecEnv` play it, with two numbers per agent
in the action spaces, and so do the learners that take several (IPPO, ISAC, MADDPG, MASAC and the
joint PPO and SAC). What assumes one number per agent does not apply: reference policies, the other
learners, certificates, audits and contract. There is no formal edition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from ...engine import Array, Outcome, Seed, State, constant
from ...registry import Range, register
from ...released import ReleasedGame
from .slcd import calibrated


@dataclass(frozen=True)
class Appropriation:
    """Parameters of appropriation: numbers, or arrays [B, 1] for copies that differ in them.

    Attributes:
        kappa: cost per unit of appropriation, payoff units.
        beta: part of the shared surplus that full appropriation by all destroys.
        eta: part of the surplus that a fully appropriating agent takes.
        xi: quadratic cost of appropriation, payoff units.
    """

    kappa: float | Array = 0.5
    beta: float | Array = 0.6
    eta: float | Array = 0.4
    xi: float | Array = 15.0

    def change(self, alpha: Array, surplus: Array, taken: Array) -> Array:
        """What appropriation adds to the payoffs, [B, N]; exactly zero where nobody appropriates.

        Args:
            alpha: [N], bargaining shares.
            surplus: [B], gamma times the geometric mean of cooperation.
            taken: [B, N], appropriation in [0, 1].
        """
        surplus = surplus[:, None]
        diluted = alpha * surplus * self.beta * taken.mean(axis=1, keepdims=True)
        return taken * (self.eta * surplus - self.kappa) - self.xi * taken**2 - diluted


class AppropriationGame(ReleasedGame):
    """A released game of cooperation with a second number per agent; see the module."""

    actions_per_agent = 2

    def __init__(self, id: str, appropriation: Appropriation, **composition: Any) -> None:
        super().__init__(id, **composition)
        self.appropriation = appropriation
        pairs = np.stack([self.endowments, np.ones(self.n_agents)], axis=1)
        self._action_high = constant(pairs.reshape(-1), np.float32)

    @property
    def action_high(self) -> Array:
        """Endowment and 1 of every agent, [2 N]."""
        return self._action_high

    @property
    def joint_action_high(self) -> Array:
        """The same: cooperation and appropriation have different bounds."""
        return self._action_high

    def reset(self, seeds: Sequence[Seed]) -> State:
        """Start one episode per seed; nothing has been appropriated."""
        state = super().reset(seeds)
        return state | {"appropriation": np.zeros_like(state["actions"])}

    def step(self, state: State, actions: Any) -> tuple[State, Outcome]:
        """Play the joint actions [B, 2 N]; see `Game.step`."""
        batch = len(state["t"])
        pairs = self.check_actions(actions, batch).reshape(batch, self.n_agents, 2)
        after, outcome = self._advance(state, np.ascontiguousarray(pairs[..., 0]))
        taken = after["appropriation"] = np.clip(pairs[..., 1], 0.0, 1.0)
        terms = outcome.terms
        change = self.appropriation.change(
            self.alpha.astype(np.float64), terms["surplus"], taken.astype(np.float64)
        )
        base = terms["base_payoffs"] = terms["base_payoffs"] + change
        return after, replace(outcome, payoffs=base.astype(np.float32))

    def info(self, state: State, outcome: Outcome | None, copy: int = 0) -> dict[str, Any]:
        """The `info` of SLCD-v0, with the appropriation of the last step."""
        return super().info(state, outcome, copy) | {
            "appropriation": state["appropriation"][copy].copy()
        }


@register("SLCDAppropriation-v0", mechanism_class="TR-2", supplement=True)
def released(
    max_steps: int = 100,
    trust_enabled: bool = True,
    kappa: Annotated[float, Range(0)] = 0.5,
    beta: Annotated[float, Range(0, 1)] = 0.6,
    eta: Annotated[float, Range(0, 1)] = 0.4,
    xi: Annotated[float, Range(0, open=True)] = 15.0,
) -> AppropriationGame:
    """Joint venture of two firms that cooperate and appropriate: two numbers per agent."""
    return AppropriationGame(
        "SLCDAppropriation-v0",
        Appropriation(kappa, beta, eta, xi),
        horizon=max_steps,
        **calibrated(trust_enabled),
    )
