"""Views of the engine: Gymnasium (joint) and stable-baselines3 `VecEnv`."""
