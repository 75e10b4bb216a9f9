"""A tour in cells: open it in an editor that knows `# %%`, or run it as it is.

python examples/tour.py
"""

# %% [markdown]
# # A tour of the environments
#
# Twenty games of strategic coopetition, each in two editions: `-v0` as published, `-v1` as the
# theory defines them.

# %%
import numpy as np

from coopetition import agents, envs

print(len(envs.ids()), "environments,", len(agents.learner_names()), "learners")
print(envs.ids("v1"))

# %% [markdown]
# ## The same payoffs under three reward modes
#
# Dynamics do not depend on the mode: a step has one vector of payoffs and the rewards of all modes.

# %%
env = envs.make("SLCD-v1")
env.reset(seed=0)
*_, info = env.step(np.array([80.0, 20.0]))
print("payoffs", info["payoffs"].round(1))
for mode, rewards in info["rewards_by_mode"].items():
    print(f"{mode:12}", rewards.round(1))

# %% [markdown]
# ## A mechanism switched off
#
# Without the payoff of mutual trust the firms of SLCD have no reason to contribute much.

# %%
best = {}
for name, without in (("as it is", ()), ("without the trust payoff", {"trust_payoff"})):
    levels = [f"Constant_{level:02d}" for level in range(0, 101, 10)]
    welfare = [agents.evaluate(level, "SLCD-v1", without=without).welfare[0] for level in levels]
    best[name] = levels[int(np.argmax(welfare))]
    print(f"{name}: {best[name]} is best for both")

# %% [markdown]
# ## Policies that need no training
#
# A score of 0 is no cooperation, 1 the best plan over time.

# %%
scores = {}
for policy in ("Random", "Constant_30", "TitForTat", "Oracle_Nash", "Oracle_SocialOptimum"):
    scores[policy] = float(agents.evaluate(policy, "SLCD-v1").score[0])
    print(f"{policy:22} {scores[policy]:6.2f}")

# %% [markdown]
# ## A thousand copies at once
#
# The engine steps arrays; every other view is a view of it.

# %%
game = envs.game("PublicGoods-v1")
state = game.reset([0] * 1000)
shares = np.linspace(0, 1, 1000)[:, None].repeat(game.n_agents, axis=1)
state, outcome = game.step(state, shares * game.endowments)
print("payoffs", outcome.payoffs.shape, "from", outcome.payoffs.min(), "to", outcome.payoffs.max())
