# %% [markdown]
# Does it matter for the group what learners are paid for, and how soon does it show?
#
#     python examples/corpora.py results/quick/corpora
#
# The cells between the marks `# %%` run one by one in editors that know them, and all at once as a
# script. Any study will do; with few seeds and small budgets the answer is about these runs only.

# %%
"""Does it matter for the group what learners are paid for? Answered from the corpora of a study."""

import sys

from coopetition.reports import datasets

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "results/quick/corpora"
runs = datasets.load("training_runs", FOLDER)
datasets.about("training_runs").loc[["score", "welfare", "status"]]

# %% Who counts? Runs that diverged or failed score 0; excluded ones were never meant to run.
counted = runs[runs["status"] != "excluded"]
print(runs["status"].value_counts().to_string(), "\n")

# %% The same learner on the same game with the same seed, paid in different ways.
cell = ["environment", "edition", "policy", "protocol", "seed"]
paired = counted.pivot(index=cell, columns="reward_mode", values="score").dropna()
modes = list(paired.columns)
gain = paired[modes[-1]] - paired[modes[0]]
answer = gain.groupby(["edition", "policy"], observed=True).agg(["mean", "std", "size"])
print(f"score under {modes[-1]} reward less that under {modes[0]} reward, paired by seed")
print(answer.round(3).to_string(), "\n")

# %% How soon? The part of its whole way that a curve has made after half of the steps.
curves = datasets.load("learning_curves", FOLDER).merge(runs[["run_id", "policy", "reward_mode"]])
curves["progress"] = curves["step"] / curves.groupby("run_id")["step"].transform("max")
ends = curves.groupby("run_id")["welfare"].agg(["first", "last"])
half = curves[curves["progress"].between(0.4, 0.6)].groupby("run_id")["welfare"].mean()
made = ((half - ends["first"]) / (ends["last"] - ends["first"])).rename("made")
soon = curves.drop_duplicates("run_id").merge(made, on="run_id")
print("share of the way that is made after half of the steps, median")
print(soon.groupby("reward_mode", observed=True)["made"].median().round(2).to_string())
