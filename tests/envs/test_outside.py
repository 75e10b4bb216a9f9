"""Outside PettingZoo environments as games: the same, pure, and refused with reason."""

import pickle
from typing import Any

import numpy as np
import pettingzoo
import pytest
from gymnasium import spaces

from coopetition import envs
from coopetition.agents.certificates import certificate
from coopetition.agents.evaluation import evaluate
from coopetition.agents.reference import reference_rows
from coopetition.envs.contract import measure
from coopetition.envs.determinism import is_deterministic
from coopetition.envs.outside import OutsideGame
from coopetition.envs.registry import unregister
from coopetition.envs.rewards import reward_level, reward_scale

HORIZON = 4


class Toy(pettingzoo.ParallelEnv):
    """A public good; every oddity that a test needs is an option.

    Args:
        noise: standard deviation of what is added to the observations, drawn from the seed.
        options: overrides of attributes.
    """

    metadata: dict[str, Any] = {"name": "toy_v0"}  # noqa: RUF012
    boxes: tuple[Any, ...] = (spaces.Box(0.0, 10.0, (1,)), spaces.Box(-2.0, 2.0, (1,)))
    shown: tuple[Any, ...] = (spaces.Box(-1.0, 3.0, (2,)), spaces.Box(-np.inf, np.inf, (1,)))
    length, ends_at, leaves_at, pays = HORIZON, 99, 99, (0.0, 0.0)
    global_noise, memory = False, 0.0

    def __init__(self, noise: float = 0.0, **options: Any) -> None:
        vars(self).update(options)
        self.noise = noise
        self.possible_agents = [f"player_{i}" for i in range(len(self.boxes))]

    def observation_space(self, agent):
        return self.shown[self.possible_agents.index(agent)]

    def action_space(self, agent):
        return self.boxes[self.possible_agents.index(agent)]

    def _look(self):
        source = np.random if self.global_noise else self.generator
        level = 1.0 + self.noise * float(source.normal())
        rows = [np.full(s.shape, level, np.float32) for s in self.shown]
        return dict(zip(self.possible_agents, rows, strict=True))

    def reset(self, seed=None, options=None):
        self.generator = np.random.default_rng(seed)
        self.agents, self.t, self.total = self.possible_agents[:], 0, 0.0
        return self._look(), {a: {} for a in self.agents}

    def step(self, actions):
        self.t += 1
        given = np.array([float(np.asarray(actions[a]).item()) for a in self.possible_agents])
        self.total = 0.5 * self.total + self.memory * given.sum()
        base = self.total + 0.75 * given.sum() - given + 0.1 * self.noise * self.generator.normal()
        rewards = dict(zip(self.possible_agents, (base + self.pays).tolist(), strict=True))
        self.last = given
        stop, cut = self.t >= self.ends_at, self.t >= self.length
        played = self.agents
        terminations, truncations = dict.fromkeys(played, stop), dict.fromkeys(played, cut)
        if self.t >= self.leaves_at:
            terminations[played[0]] = True
        self.agents = [] if stop or cut else played
        return self._look(), rewards, terminations, truncations, {a: {} for a in played}


def toy(**options: Any) -> OutsideGame:
    horizon = options.pop("horizon", HORIZON)
    dependence = options.pop("dependence", None)
    return OutsideGame("Toy-v1", lambda: Toy(**options), horizon=horizon, dependence=dependence)


def actions(steps: int, copies: int, game: OutsideGame, seed: int = 0) -> np.ndarray:
    shares = np.random.default_rng(seed).random((steps, copies, game.n_agents))
    return shares * game.endowments


class TestTheSameGame:
    """A game of this package, through its PettingZoo view and back, is itself."""

    @pytest.fixture(scope="class")
    def pair(self):
        own = envs.game("PartnerHoldUp-v1", max_steps=5)  # whose concern is not gated by trust
        seen = OutsideGame(
            "Seen-v1",
            lambda: envs.parallel_env(own, reward_mode="private"),
            horizon=5,
            dependence=own.dependence.tolist(),
        )
        return own, seen

    def test_in_payoffs_rewards_and_ends(self, pair):
        own, seen = pair
        assert seen.endowments == pytest.approx(own.endowments)
        a, b = own.reset([1, 2, 3]), seen.reset([1, 2, 3])
        for played in actions(5, 3, seen):
            (a, first), (b, second) = own.step(a, played), seen.step(b, played)
            for mode in (*envs.REWARD_MODES, 0.5):
                # Boxes of PettingZoo hold single precision.
                found, expected = seen.rewards(second, mode), own.rewards(first, mode)
                np.testing.assert_allclose(found, expected, rtol=1e-5)
            np.testing.assert_array_equal(first.truncated, second.truncated)
            np.testing.assert_allclose(a["actions"], b["actions"], rtol=1e-6)

    def test_in_evaluations(self, pair):
        own, seen = pair
        for policy in ("Constant_42", "TitForTat", "Random"):
            found, expected = (evaluate(policy, game, seed=3) for game in (seen, own))
            assert found.welfare == pytest.approx(expected.welfare, rel=1e-5)
            assert found.cooperation == pytest.approx(expected.cooperation, rel=1e-5)


class TestStepping:
    def test_payoffs_are_rewards_of_the_translated_actions(self):
        game = toy()
        assert game.endowments.tolist() == [10.0, 4.0]
        _, outcome = game.step(game.reset([0]), np.array([[4.0, 1.0]]))
        # 4 of a box from 0, 1 above the low end -2.
        given = np.array([4.0, -1.0])
        assert outcome.payoffs[0] == pytest.approx(0.75 * given.sum() - given)

    def test_amounts_are_clipped(self):
        game = toy()
        state, _ = game.step(game.reset([0]), np.array([[-5.0, 99.0]]))
        assert state["actions"].tolist() == [[0.0, 4.0]]

    def test_discrete_actions_are_levels(self):
        boxes = (spaces.Discrete(5), spaces.Discrete(3, start=7))
        game = toy(boxes=boxes)
        assert game.endowments.tolist() == [4.0, 2.0]
        state, outcome = game.step(game.reset([0]), np.array([[2.6, 0.4]]))
        assert state["actions"].tolist() == [[3.0, 0.0]]
        given = np.array([3.0, 7.0])
        assert outcome.payoffs[0] == pytest.approx(0.75 * 10.0 - given)

    def test_a_copy_does_not_depend_on_its_company(self):
        game = toy(noise=1.0)
        plays = actions(HORIZON, 3, game)
        plays[:, 2] = plays[:, 0]
        together = game.reset([5, 6, 5])
        alone = [game.reset([seed]) for seed in (5, 6, 5)]
        for played in plays:
            together, outcome = game.step(together, played)
            for row in range(3):
                alone[row], single = game.step(alone[row], played[row : row + 1])
                np.testing.assert_array_equal(outcome.payoffs[row], single.payoffs[0])
                seen = together["observations"][row]
                np.testing.assert_array_equal(seen, alone[row]["observations"][0])

    def test_old_states_can_be_stepped_again(self):
        game = toy(noise=1.0, memory=1.0)
        plays = actions(HORIZON, 2, game)
        states, found = [game.reset([5, 6])], []
        for played in plays:
            state, outcome = game.step(states[-1], played)
            states.append(state)
            found.append(outcome.payoffs)
        for t in reversed(range(HORIZON)):
            before = states[t]["observations"].copy()
            other, _ = game.step(states[t], 0 * plays[t])
            again, outcome = game.step(states[t], plays[t])
            np.testing.assert_array_equal(outcome.payoffs, found[t])
            np.testing.assert_array_equal(again["observations"], states[t + 1]["observations"])
            np.testing.assert_array_equal(states[t]["observations"], before)
            assert (other["actions"] == 0).all()

    def test_equal_copies_are_stepped_once(self, monkeypatch):
        game, count = toy(), 0
        plain = Toy.step

        def counted(env, played):
            nonlocal count
            count += 1
            return plain(env, played)

        monkeypatch.setattr(Toy, "step", counted)
        start = game.reset([0])
        state = {name: np.repeat(array, 6, axis=0) for name, array in start.items()}
        played = np.repeat(actions(1, 2, game)[0], 3, axis=0)
        _, outcome = game.step(state, played)
        assert count == 2
        assert len(np.unique(outcome.payoffs, axis=0)) == 2

    def test_an_episode_that_ended_pays_nothing_more(self):
        game = toy(ends_at=2)
        state = game.reset([0])
        for t, played in enumerate(actions(HORIZON, 1, game)):
            state, outcome = game.step(state, played)
            assert outcome.terminated.tolist() == [t >= 1]
            assert (outcome.payoffs != 0).any() == (t < 2)
        assert state["t"].tolist() == [2]

    def test_the_horizon_truncates_a_longer_environment(self):
        game = toy(horizon=3)
        state = game.reset([0])
        for t, played in enumerate(actions(3, 1, game)):
            state, outcome = game.step(state, played)
            assert (outcome.truncated[0], outcome.terminated[0]) == (t == 2, False)

    def test_a_batch_goes_on_from_a_file(self):
        game = toy(noise=1.0, memory=1.0)
        one, other = (envs.vec_env(game, 3, reward_mode="private", seed=1) for _ in "ab")
        one.reset()
        plays = np.random.default_rng(0).uniform(-1, 1, (2 * HORIZON + 1, 6, 1))
        for played in plays[: HORIZON + 2]:
            one.step(played)
        content = one.state_dict()
        assert content["state"]["episodes"][0][1].shape == (2, 2)
        other.load_state_dict(pickle.loads(pickle.dumps(content)))
        for played in plays[HORIZON + 2 :]:
            for found, expected in zip(one.step(played)[:3], other.step(played)[:3], strict=True):
                np.testing.assert_array_equal(found, expected)


class TestSeeing:
    def test_bounded_numbers_by_their_bounds_others_squashed(self):
        game = toy()
        state = game.reset([0])
        assert state["observations"][0].tolist() == [[1.0, 1.0], [1.0, 0.0]]  # padded
        seen = game.agent_observation(state, "realistic", True)[0]
        assert seen.tolist() == [[0.0, 0.0, -1.0], [0.5, -1.0, -1.0]]

    @pytest.mark.parametrize(("preset", "length"), [("realistic", 3), ("full", 7), ("minimal", 3)])
    def test_presets(self, preset, length):
        game = toy(noise=5.0)
        state, _ = game.step(game.reset([0, 1]), actions(1, 2, game)[0])
        seen = game.agent_observation(state, preset, True)
        assert seen.shape == (2, 2, length)
        assert seen.dtype == np.float32
        assert (np.abs(seen) <= 1).all()
        np.testing.assert_allclose(seen[:, :, -1], 2 / HORIZON - 1)

    def test_full_has_the_observer_first(self):
        game = toy()
        played = np.array([[10.0, 1.0]])
        state, _ = game.step(game.reset([0]), played)
        seen = game.agent_observation(state, "full", True)[0]
        assert seen[:, :2].tolist() == [[1.0, -0.5], [-0.5, 1.0]]

    def test_the_joint_view_begins_with_the_last_actions(self):
        game = toy()
        state, _ = game.step(game.reset([0]), np.array([[3.0, 1.0]]))
        assert game.seen_actions(game.joint_observation(state)).tolist() == [[3.0, 1.0]]

    def test_structured_observations_are_flattened(self):
        space = spaces.Dict({"a": spaces.Discrete(3), "b": spaces.Box(0.0, 1.0, (2,))})

        class Structured(Toy):
            def _look(self):
                return {a: {"a": 2, "b": np.ones(2, np.float32)} for a in self.possible_agents}

        game = OutsideGame("Toy-v1", lambda: Structured(shown=(space, space)), horizon=HORIZON)
        assert game.reset([0])["observations"][0, 0].tolist() == [0, 0, 1, 1, 1]


class TestMeasured:
    @pytest.fixture
    def registered(self):
        """Decorator arguments -> id of a registered toy."""
        ids = []

        def register(id="Toy-v1", **options):
            @envs.register_parallel(id, "TR-3", horizon=HORIZON)
            def make() -> pettingzoo.ParallelEnv:
                """Toy of a test."""
                return Toy(**options)

            ids.append(id)
            return id

        yield register
        for id in ids:
            unregister(id)

    @pytest.mark.parametrize(("noise", "expected"), [(0.0, True), (1.0, False)])
    def test_whether_it_draws(self, noise, expected):
        assert is_deterministic(toy(noise=noise)) is expected

    def test_the_certificate_of_a_public_good(self, registered):
        boxes = (spaces.Box(0.0, 10.0, (1,)),) * 2
        row = certificate(registered(boxes=boxes, pays=(5.0, 5.0)))
        assert (row["roles"], row["nash"], row["optimum"]) == ("0|1", "0", [1.0])
        assert row["price_of_anarchy"] == pytest.approx(10 / 5)
        assert row["greed"] == pytest.approx([2.5])
        assert row["fear"] == pytest.approx(2.5)
        assert row["is_dilemma"]
        assert row["relational_share_of_payoff"] == 0.0

    def test_losses_have_no_price_and_keep_the_dilemma(self, registered):
        boxes = (spaces.Box(0.0, 10.0, (1,)),) * 2
        row = certificate(registered(boxes=boxes, pays=(-20.0, -20.0)))
        assert (row["price_of_anarchy"], row["price_of_stability"]) == (None, None)
        assert row["is_dilemma"]

    def test_a_game_without_equilibrium_has_rows_without_it(self, registered, caplog):
        class Pennies(Toy):
            """One wants to match, the other does not."""

            def step(self, played):
                found = super().step(played)
                gap = float((self.last[0] / 10 - (self.last[1] + 2) / 4) ** 2)
                return (
                    found[0],
                    dict(zip(self.possible_agents, (-gap, gap), strict=True)),
                    *found[2:],
                )

        @envs.register_parallel("Pennies-v1", "TR-1", horizon=2)
        def make() -> pettingzoo.ParallelEnv:
            return Pennies(length=2)

        try:
            rows = reference_rows("Pennies-v1", random_episodes=2)
            row = certificate("Pennies-v1")
        finally:
            unregister("Pennies-v1")
        played = {row["policy"] for row in rows}
        assert {"Planner", "Oracle_SocialOptimum", "TitForTat"} <= played
        assert "Oracle_Nash" not in played
        assert "Oracle_Nash has no row: Pennies-v1 has no private equilibrium" in caplog.text
        assert (row["nash"], row["welfare_nash_worst"], row["fear"]) == ("", None, None)

    def test_the_contract(self, registered):
        found = measure(registered(ends_at=3, noise=0.0))
        assert (found["horizon"], found["shortest_episode"]) == (HORIZON, 3)
        assert found["endowments"] == [10.0, 4.0]
        assert found["deterministic"]

    def test_rewards_that_are_losses_are_scaled_by_their_size(self):
        game = toy(pays=(-100.0, -100.0))
        _, outcome = game.step(game.reset([0]), game.baselines[None])
        size = float(np.abs(outcome.payoffs).mean())
        assert reward_scale(game, "private") == pytest.approx(size)
        assert reward_scale(game, "cooperative") == pytest.approx(2 * size)
        assert reward_level(game, "private") == reward_level(game, "cooperative") == -1.0

    def test_rewards_that_are_all_zero_are_left_as_they_are(self):
        zero = (spaces.Box(-1.0, 1.0, (1,)),) * 2
        game = toy(boxes=zero)
        game.baselines = game.endowments / 2
        assert (reward_scale(game, "private"), reward_level(game, "private")) == (1.0, 0.0)


class TestRefused:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"boxes": Toy.boxes[:1], "shown": Toy.shown[:1]}, "two agents or more"),
            ({"boxes": (spaces.Box(0.0, 1.0, (2,)),) * 2}, r"player_0 acts in .* wrap the"),
            ({"boxes": (spaces.Box(-np.inf, 1.0, (1,)),) * 2}, "finite bounds"),
            ({"boxes": (spaces.Discrete(1),) * 2}, "two actions or more"),
            ({"boxes": (spaces.MultiBinary(2),) * 2}, "must be one number"),
            ({"shown": (spaces.Graph(spaces.Discrete(2), None),) * 2}, "does not flatten"),
            ({"leaves_at": 2}, "player_1 plays on when others have ended; all agents must stay"),
            ({"length": 3}, "truncates after 3 steps, not 4: register it with horizon=3"),
            ({"pays": (np.nan, 0.0)}, "the reward of player_0 is nan"),
            ({"noise": 1.0, "global_noise": True}, "from one seed and the same actions differ"),
            ({"dependence": [[0.0, 1.0]]}, r"dependence must have shape \(2, 2\)"),
            ({"dependence": [[1.0, 0.0], [0.0, 0.0]]}, "zero diagonal"),
            ({"horizon": 0}, "horizon=0: must be at least 1"),
        ],
    )
    def test_with_reason(self, options, message):
        with pytest.raises(ValueError, match=f"Toy-v1.*{message}"):
            toy(**options)

    def test_what_is_no_parallel_environment(self):
        with pytest.raises(TypeError, match=r"is no pettingzoo\.ParallelEnv; an AEC environment"):
            OutsideGame("Toy-v1", lambda: envs.aec_env("SLCD-v0"), horizon=3)

    def test_a_factory_that_says_too_little(self):
        with pytest.raises(ValueError, match=r"how long is an episode.*horizon=25"):

            @envs.register_parallel("Toy-v1", "TR-3")
            def timeless() -> pettingzoo.ParallelEnv:
                return Toy()

        with pytest.raises(ValueError, match="parameter noise of untyped needs a type and a def"):

            @envs.register_parallel("Toy-v1", "TR-3", horizon=3)
            def untyped(noise=1.0) -> pettingzoo.ParallelEnv:
                return Toy(noise)

        assert "Toy-v1" not in envs.ids()


def test_parameters_are_those_of_the_factory():
    @envs.register_parallel("Toy-v1", "TR-3")
    def make(noise: float = 0.0, max_cycles: int = 3) -> pettingzoo.ParallelEnv:
        """Toy of a test."""
        return Toy(noise, length=max_cycles)

    try:
        assert envs.game("Toy-v1").horizon == 3
        game = envs.game("Toy-v1", max_cycles=2, noise=1.0)
        assert (game.horizon, game.parameters) == (2, {"max_cycles": 2, "noise": 1.0})
        assert envs.spec("Toy-v1").summary == "Toy of a test."
        with pytest.raises(envs.ParameterError, match=r"has no parameter 'nois'.*'noise'"):
            envs.game("Toy-v1", nois=1.0)
        with pytest.raises(envs.ParameterError, match="max_cycles='x' must be int"):
            envs.game("Toy-v1", max_cycles="x")
    finally:
        unregister("Toy-v1")
