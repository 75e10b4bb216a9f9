"""One file per learner, each a stable-baselines3 algorithm with a literal `ENTRY`."""
