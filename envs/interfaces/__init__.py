"""Views of the engine: Gymnasium (joint), PettingZoo Parallel and AEC, stable-baselines3 `VecEnv`.

They hold no dynamics: each resets and steps the game, and shows what came of it.
"""
