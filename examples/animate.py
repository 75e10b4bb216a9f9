"""An episode as an animated picture: trust falls within steps and returns over many.

    python examples/animate.py docs/episode.gif
    python examples/animate.py sanction.gif GraduatedSanction-v1

Agent 0 plays tit for tat. The others cooperate, break off for some steps, and cooperate again.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from coopetition import envs

SIZE, COLOURS = (640, 360), 96
STEPS, EVERY = 60, 2
COOPERATE, DEFECT = 0.85, 0.05
BREAK = range(10, 14)


def frames(id: str, steps: int = STEPS) -> list[Image.Image]:
    """A picture of every second step, scaled down."""
    env = envs.make(id, reward_mode="private", render_mode="rgb_array")
    env.reset(seed=0)
    reply, pictures = COOPERATE, [env.render()]
    for step in range(steps):
        others = DEFECT if step in BREAK else COOPERATE
        shares = np.full(env.game.n_agents, others)
        shares[0], reply = reply, others
        _, _, terminated, truncated, _ = env.step(shares * env.game.endowments)
        if step % EVERY == EVERY - 1:
            pictures.append(env.render())
        if terminated or truncated:
            break
    return [Image.fromarray(picture).resize(SIZE, Image.Resampling.LANCZOS) for picture in pictures]


def main(path: Path, id: str = "SLCD-v1", steps: int = STEPS) -> None:
    """Write the animation, with one palette for all pictures."""
    pictures = frames(id, steps)
    together = Image.fromarray(np.concatenate([np.asarray(one) for one in pictures]))
    palette = together.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE)
    first, *rest = (one.quantize(palette=palette, dither=0) for one in pictures)
    first.save(path, save_all=True, append_images=rest, duration=250, loop=0, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *sys.argv[2:3])
