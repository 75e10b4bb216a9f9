"""Terms that the report explains."""

DEFINITIONS = {
    "payoff": "What an agent earns in a step by the rules of the game, whatever it is trained on. "
    "In the released edition it is the private reward after the environment's multipliers.",
    "reward": "What a learner is trained on: own payoff (private), own payoff plus the payoffs of "
    "others weighted by dependence and trust (integrated), or for everybody the same "
    "(cooperative): the mean of the integrated utilities in the released edition, the sum of "
    "payoffs in the formal one.",
    "welfare W": "Payoffs summed over agents and steps of an episode.",
    "return": "Rewards of a mode summed over agents and steps, undiscounted, as in the published "
    "tables. Returns of different modes are in different units.",
    "score": "(W - floor) / (ceiling - floor), per environment. The floor is the smaller W of "
    "Random and of the worst private equilibrium in constants, the ceiling the W of the dynamic "
    "optimum; all three are columns of the certificates. A run that did not finish counts as 0.",
    "dynamic optimum": "The plan of the highest W that was found: one share per role and tenth of "
    "the episode (and phase), by coordinate ascent. It is what Planner plays.",
    "equilibrium in constants": "Shares held for a whole episode from which no agent gains by "
    "another constant share, under private reward unless said otherwise. Reactive strategies and "
    "defections in the last steps are not considered.",
    "dilemma": "The joint optimum in constants is no private equilibrium, a lone cooperator loses "
    "against defectors, and the joint optimum earns more than 1.05 times the worst equilibrium.",
    "price of anarchy": "W of the joint optimum in constants over W of the worst private "
    "equilibrium.",
    "greed, fear": "What the best unilateral reply to the joint optimum gains; what a lone "
    "cooperator loses among defectors who play the worst equilibrium. Per agent and step.",
    "interquartile mean (IQM)": "Mean of the middle half of all scores, pooled over environments "
    "and seeds. It leaves out a quarter of the runs at each end, which with few environments can "
    "be all runs of one of them; the rows per environment show what it leaves out.",
    "training score": "The return of the mode trained on, between that of Random (0) and that of "
    "the best constant (1) in the same mode.",
    "constant of level k": "Every agent plays k % of its own endowment at every step.",
    "baseline": "The action at which the trust signal is zero; above it trust grows. In the formal "
    "edition the norm of the game.",
    "oracle": "Released edition: a policy that the published study computes from formulas of its "
    "mechanism class, which need not be the game that the environment plays. Formal edition: a "
    "policy solved on the game itself.",
    "seeds": "Replicates differ in the training seed. All environments but SynergySearch, in both "
    "editions, and CoalitionFormation-v1 draw nothing that reaches a payoff, so one deterministic "
    "episode evaluates a deterministic policy exactly. With few "
    "seeds a 95 % bootstrap interval is too narrow: with normal scores on four environments the "
    "interval of a difference covers a true zero in 87 % of simulated studies with three seeds, "
    "91 % with five, 94 % with ten (tests/benchmarks/interval_coverage.py).",
}
