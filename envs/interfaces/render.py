"""What a step looks like, as text and as a picture: one renderer for all single-copy views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine import Array, Game, Mode

MODES = ("ansi", "human", "rgb_array")
FRAMES_PER_SECOND = 10

# Of a picture, in pixels: its size, and where its panels stand (trust: a square at most TALL).
WIDTH, HEIGHT, DPI = 960, 540, 100
TOP, TALL = 140, 346
ACTIONS, REWARDS, TRUST = (115, 350), (400, 500), 570
INK, MUTED, TRACK = "#222222", "#666666", "#E3E6EA"
ACTION, REWARD, PAYOFF = "#0072B2", "#9AD0F5", "#D55E00"
TRUST_MAP = "viridis"
# Up to these numbers of agents every one has its name, and its values written out.
NAMES_UP_TO, VALUES_UP_TO = 16, 8


@dataclass(frozen=True)
class Frame:
    """What a picture or a text shows of one copy after a reset or a step.

    Attributes:
        game: the game being played.
        reward_mode: mode of the rewards shown.
        step: steps played.
        actions: [N] as executed, payoff units.
        payoffs, rewards: [N] of the last step; zero after a reset.
        trust: [N, N] trust of the row in the column; None in a game without trust.
        mean_trust: mean over pairs of different agents.
    """

    game: Game
    reward_mode: Mode
    step: int
    actions: Array
    payoffs: Array
    rewards: Array
    trust: Array | None
    mean_trust: float

    @property
    def heading(self) -> str:
        """Where the episode stands, in one line."""
        trust = "" if self.trust is None else f"mean trust {self.mean_trust:.3f}  "
        return (
            f"{self.game.id}  step {self.step}/{self.game.horizon}  "
            f"{trust}reward mode {self.reward_mode}"
        )


def text(frame: Frame) -> str:
    """A heading and one line per agent."""
    lines = [frame.heading]
    for i, name in enumerate(frame.game.display_names):
        lines.append(
            f"  {name:<10} action {frame.actions[i]:7.2f} of {frame.game.endowments[i]:5.0f}  "
            f"payoff {frame.payoffs[i]:9.3f}  reward {frame.rewards[i]:9.3f}"
        )
    return "\n".join(lines)


def picture(frame: Frame) -> Array:
    """Actions, rewards and trust side by side, [HEIGHT, WIDTH, 3] uint8.

    Left the action of every agent in its endowment, with the baseline as a line; in the middle
    its reward and payoff; right the trust of row in column, if the game has trust.
    """
    sheet = _Sheet()
    _draw_heading(sheet, frame)
    _draw_actions(sheet, frame)
    _draw_rewards(sheet, frame)
    if frame.trust is not None:
        _draw_trust(sheet, frame, frame.trust)
    return sheet.finish()


class _Sheet:
    """A white page in pixels from its top left corner.

    Areas are filled in the canvas itself, many times faster than Matplotlib draws them as artists;
    it writes the text on top.
    """

    def __init__(self) -> None:
        # Matplotlib takes longer to import than everything else here; only pictures need it.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
        self._figure.patch.set_visible(False)
        self._renderer = FigureCanvasAgg(self._figure).get_renderer()
        self._canvas = np.asarray(self._renderer.buffer_rgba())
        self._canvas[:] = 255
        self.pixels = self._canvas[..., :3]

    def fill(self, x: tuple[float, float], y: tuple[float, float], colour: str) -> None:
        """Fill a rectangle between two abscissas, in any order, and two ordinates."""
        (left, right), (top, bottom) = sorted(map(round, x)), map(round, y)
        self.pixels[top:bottom, left:right] = _rgb(colour)

    def write(self, x: float, y: float, text: str, size: float = 9, **style: Any) -> None:
        """Write text, centred on the ordinate."""
        style = {"va": "center", "color": INK} | style
        self._figure.text(x / WIDTH, 1 - y / HEIGHT, text, size=size, **style)

    def finish(self) -> Array:
        """The page as an array of its own."""
        self._figure.draw(self._renderer)
        return self.pixels.copy()


def _draw_heading(sheet: _Sheet, frame: Frame) -> None:
    trust = "" if frame.trust is None else f"mean trust {frame.mean_trust:.2f}     "
    totals = (
        f"{trust}total payoff {frame.payoffs.sum():.1f}     "
        f"total {frame.reward_mode} reward {frame.rewards.sum():.1f}"
    )
    left, right = 20, WIDTH - 20
    sheet.write(left, 34, frame.game.id, 15, weight="bold")
    sheet.write(right, 34, f"step {frame.step} of {frame.game.horizon}", 11, ha="right")
    sheet.write(left, 66, totals, 9.5, color=MUTED)
    progress = frame.step / frame.game.horizon
    sheet.fill((left, right), (81, 85), TRACK)
    sheet.fill((left, left + progress * (right - left)), (81, 85), INK)


def _draw_actions(sheet: _Sheet, frame: Frame) -> None:
    game = frame.game
    left, right = ACTIONS
    scale = (right - left) / game.endowments.max()
    _write_title(sheet, ACTIONS, "Action", "line: baseline", MUTED)
    for row, middle in enumerate(_middles(frame)):
        action, endowment = frame.actions[row], game.endowments[row]
        baseline = left + scale * game.baselines[row]
        sheet.fill((left, left + scale * endowment), _span(frame, middle, 0.84), TRACK)
        sheet.fill((left, left + scale * action), _span(frame, middle, 0.5), ACTION)
        sheet.fill((baseline - 1, baseline + 1), _span(frame, middle, 0.84), INK)
        if row in _named(frame):
            label = game.display_names[row]
            if game.n_agents <= VALUES_UP_TO:
                label += f"\n{action:.1f} of {endowment:.0f}"
            sheet.write(left - 8, middle, label, ha="right")
    _write_scale(sheet, frame, {left: 0, right: game.endowments.max()})


def _draw_rewards(sheet: _Sheet, frame: Frame) -> None:
    left, right = REWARDS
    low = min(0.0, float(frame.rewards.min()), float(frame.payoffs.min()))
    high = max(1.0, float(frame.rewards.max()), float(frame.payoffs.max()))
    scale = (right - left) / (high - low)
    zero = left - scale * low
    _write_title(sheet, (REWARDS[0], REWARDS[1] + 45), "Reward", "line: payoff", PAYOFF)
    for row, middle in enumerate(_middles(frame)):
        reward, payoff = frame.rewards[row], frame.payoffs[row]
        line = zero + scale * payoff
        sheet.fill((zero, zero + scale * reward), _span(frame, middle, 0.5), REWARD)
        sheet.fill((line - 1, line + 1), _span(frame, middle, 0.84), PAYOFF)
        if frame.game.n_agents <= VALUES_UP_TO:
            sheet.write(right + 8, middle - 8, f"{reward:.1f}")
            sheet.write(right + 8, middle + 8, f"{payoff:.1f}", color=PAYOFF)
    _write_scale(sheet, frame, {left: low, zero: 0, right: high})


def _draw_trust(sheet: _Sheet, frame: Frame, trust: Array) -> None:
    from matplotlib import colormaps

    left, n_agents, size = TRUST, frame.game.n_agents, _row_height(frame)
    bottom, right = TOP + n_agents * size, left + n_agents * size
    _write_title(sheet, (left, right), "Trust", "of row in column", MUTED)
    others = ~np.eye(n_agents, dtype=bool)
    colours = colormaps[TRUST_MAP].with_extremes(bad=TRACK)
    cells = colours(np.where(others, trust, np.nan), bytes=True)[..., :3]
    sheet.pixels[TOP:bottom, left:right] = cells.repeat(size, axis=0).repeat(size, axis=1)
    scale = colours(np.linspace(1, 0, bottom - TOP), bytes=True)[:, None, :3]
    sheet.pixels[TOP:bottom, right + 8 : right + 18] = scale
    for value, y in ((1, TOP), (0, bottom)):
        sheet.write(right + 23, y, str(value), 8.5, color=MUTED)
    middles = left + (np.arange(n_agents) + 0.5) * size
    for column in _named(frame):
        label = frame.game.display_names[column] if n_agents <= 4 else str(column)
        sheet.write(middles[column], bottom + 12, label, 8.5, color=MUTED, ha="center")
    if n_agents <= VALUES_UP_TO:
        for row, column in np.argwhere(others):
            value = trust[row, column]
            colour = "white" if value < 0.6 else INK
            y = TOP + (row + 0.5) * size
            sheet.write(middles[column], y, f"{value:.2f}", color=colour, ha="center")


def _row_height(frame: Frame) -> int:
    return TALL // frame.game.n_agents


def _middles(frame: Frame) -> Array:
    """Ordinate of every agent's row."""
    return TOP + (np.arange(frame.game.n_agents) + 0.5) * _row_height(frame)


def _span(frame: Frame, middle: float, share: float) -> tuple[float, float]:
    """Ordinates of a bar that takes this share of its row."""
    half = max(1.0, share * _row_height(frame) / 2)
    return middle - half, middle + half


def _named(frame: Frame) -> range:
    """The agents whose names are written."""
    n_agents = frame.game.n_agents
    return range(0, n_agents, 1 if n_agents <= NAMES_UP_TO else 5)


def _write_title(sheet: _Sheet, x: tuple[int, int], title: str, key: str, key_colour: str) -> None:
    sheet.write(x[0], TOP - 14, title, 11, weight="bold")
    sheet.write(x[1], TOP - 14, key, 8.5, ha="right", color=key_colour)


def _write_scale(sheet: _Sheet, frame: Frame, values: dict[float, float]) -> None:
    """A thin line and a number below the rows at every abscissa."""
    bottom = TOP + frame.game.n_agents * _row_height(frame)
    for x, value in values.items():
        sheet.fill((x, x + 1), (bottom, bottom + 4), MUTED)
        sheet.write(x, bottom + 12, f"{value:.0f}", 8.5, color=MUTED, ha="center")


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))
