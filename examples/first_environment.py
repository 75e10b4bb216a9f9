"""One environment, from creation to the sums of an episode.

python examples/first_environment.py
"""

import numpy as np

from coopetition import envs


def main() -> dict[str, np.ndarray]:
    """Play one episode of two firms that start to cooperate and then stop.

    Returns:
        Reward mode -> rewards summed over the episode, [N].
    """
    env = envs.make("TrustDilemma-v1")
    observation, info = env.reset(seed=0)
    print(f"{env.game.n_agents} agents, actions up to {env.game.endowments}")
    print(f"{len(observation)} numbers are observed: {observation.round(2)}")

    totals = dict.fromkeys(envs.REWARD_MODES, 0.0)
    over = False
    while not over:
        share = 0.9 if info["step"] < 50 else 0.2
        observation, _, terminated, truncated, info = env.step(share * env.game.endowments)
        for mode, rewards in info["rewards_by_mode"].items():
            totals[mode] = totals[mode] + rewards
        if info["step"] in (1, 50, 60, 100):
            payoffs = info["payoffs"].round(1)
            print(f"step {info['step']}: payoffs {payoffs}, mean trust {info['mean_trust']:.2f}")
        over = terminated or truncated
    for mode, rewards in totals.items():
        print(f"{mode:12} {rewards.round(0)}")
    return totals


if __name__ == "__main__":
    main()
