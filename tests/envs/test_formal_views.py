"""The formal edition through its views: golden values, the dial, spaces, infos, what is drawn."""

import pickle
import warnings

import gymnasium
import numpy as np
import pettingzoo
import pytest
from gymnasium import spaces
from test_formal_edition import (
    KNOWN_GAMMA,
    LENGTHS,
    PROFILE_A,
    PROFILE_B,
    alike,
    build,
    profile_a,
    profile_b,
    scripted,
)

from coopetition import envs
from coopetition.envs.interfaces import render
from coopetition.envs.observations import PRESETS

IDS = envs.ids("v1")
SINGLE = {"joint": envs.make, "parallel": envs.parallel_env, "aec": envs.aec_env}
DIAL = [0, 0.5, 1, 1.6, 2, "private", np.float32(0.5)]
CANONICAL = ["private", 0.5, "integrated", 1.6, "cooperative", "private", 0.5]
# Games of any number of agents, with the parameter that says it and its default.
SIZES = [
    (id, name, parameter.default)
    for id in IDS
    for name, parameter in envs.spec(id).parameters.items()
    if name.startswith("n_")
]
# Games in which something is drawn, and constructor arguments that draw more.
NOISY = {
    "SynergySearch-v1": {},
    "CoalitionFormation-v1": {},
    "TrustDilemma-v1": {"tremble": 0.1, "t0_noise": 0.2},
}
# What a game's info has beside the entries of every game, or of every game with trust.
MECHANISMS = {
    "PartnerHoldUp": {"stock", "links"},
    "PlatformEcosystem": {"links"},
    "DynamicPartnerSelection": {"standing"},
    "SynergySearch": {"surplus", "privileged"},
    "RenaultNissan": {"phase"},
    "TrustDilemma": {"links"},
    "RecoveryRace": {"links", "recovery_step"},
    "CooperativeNegotiation": {"contract", "breach"},
    "ReputationMarket": {"standing", "tier"},
    "LoyaltyTeam": {"loyalty"},
    "CoalitionFormation": {"loyalty", "standing", "links", "members"},
    "ApacheProject": {"loyalty", "phase"},
    "PublicGoods": {"loyalty"},
    "IndirectReciprocity": {"standing"},
    "GraduatedSanction": {"stock", "strikes", "fines"},
    "AppleAppStore": {"phase"},
}


@pytest.fixture(params=SINGLE)
def view(request):
    return SINGLE[request.param]


def start(env, seed=None):
    """Reset; what everybody sees."""
    if isinstance(env, envs.AECEnv):
        env.reset(seed=seed)
        return {agent: env.observe(agent) for agent in env.agents}
    return env.reset(seed=seed)[0]


def act(env, actions):
    """Play one joint action; payoffs, rewards and the observations."""
    if isinstance(env, envs.JointEnv):
        seen, *_, info = env.step(actions)
        return info["payoffs"], info["rewards"], seen
    if isinstance(env, envs.ParallelEnv):
        agents = env.possible_agents
        seen, rewards, *_, infos = env.step(dict(zip(agents, actions, strict=True)))
    else:
        agents = env.agents
        for action in actions:
            env.step(action)
        rewards, infos, seen = env.rewards, env.infos, {a: env.observe(a) for a in agents}
    payoffs = [infos[agent]["payoff"] for agent in agents]
    return np.array(payoffs), np.array(list(rewards.values())), seen


def random_shares(game, steps, seed=0):
    """[steps, N], every other step in the corners."""
    rng = np.random.default_rng(seed)
    shares = rng.uniform(0, 1, (steps, game.n_agents))
    shares[::2] = np.round(shares[::2])
    return shares


class TestGoldenValues:
    @pytest.mark.parametrize("name", PROFILE_A)
    def test_every_single_copy_view_earns_them(self, name):
        """Profile A in payoff units, profile B in normalised actions; equal trajectories."""
        params = {"params": KNOWN_GAMMA} if name == "SynergySearch" else {}
        for profile, table, normalize in ((profile_a, PROFILE_A, False), (profile_b, PROFILE_B, 1)):
            trajectories = []
            for make in SINGLE.values():
                env = make(f"{name}-v1", normalize=bool(normalize), **params)
                start(env)
                shares = scripted(env.game, profile)
                actions = 2 * shares - 1 if normalize else shares * env.game.endowments
                trajectories.append([act(env, joint)[:2] for joint in actions])
                assert env._done
            payoffs, rewards = np.array(trajectories[0]).transpose(1, 0, 2)
            private, integrated, first, second = table[name]
            assert payoffs.sum() == pytest.approx(private, rel=1e-6)
            assert rewards.sum() == pytest.approx(integrated, rel=1e-6)
            step = 2 if profile is profile_a else -1
            assert payoffs[step, :2] == pytest.approx([first, second], abs=5.1e-5)
            for other in trajectories[1:]:
                np.testing.assert_array_equal(other, trajectories[0])


class TestDial:
    def test_every_view_takes_a_mutuality(self, view):
        for mode, canonical in zip(DIAL, CANONICAL, strict=True):
            env = view("ReputationMarket-v1", reward_mode=mode, render_mode="ansi")
            assert env.reward_mode == canonical
            assert type(env.reward_mode) in (str, float)
            start(env)
            actions = random_shares(env.game, 3)[1] * env.game.endowments
            payoffs, rewards, _ = act(env, actions)
            np.testing.assert_array_equal(rewards, env.game.rewards(env._outcome, canonical)[0])
            np.testing.assert_array_equal(payoffs, env._outcome.payoffs[0])
            assert f"reward mode {canonical}" in env.render()

    def test_gymnasium_make_takes_one_too(self):
        env = gymnasium.make("SLCD-v1", reward_mode=0.5)
        env.reset(seed=0)
        info = env.step(np.array([80.0, 10.0], np.float32))[4]
        by_mode = info["rewards_by_mode"]
        middle = (by_mode["private"] + by_mode["integrated"]) / 2
        assert info["rewards"] == pytest.approx(middle)
        assert (info["rewards"] != by_mode["private"]).all()

    def test_replicates_mix_names_and_mutualities(self):
        seeds = list(range(len(DIAL)))
        together = envs.vec_env("SynergySearch-v1", 2, reward_mode=DIAL, seed=seeds)
        assert together.reward_modes == CANONICAL
        assert together.get_attr("reward_mode") == [m for m in CANONICAL for _ in range(4)]
        together.reset()
        rng = np.random.default_rng(0)
        alone = [
            envs.vec_env("SynergySearch-v1", 2, reward_mode=mode, seed=seed)
            for mode, seed in zip(DIAL, seeds, strict=True)
        ]
        for env in alone:
            env.reset()
        for _ in range(5):
            actions = rng.uniform(-1, 1, (together.num_envs, 1))
            rewards = together.step(actions)[1]
            own = [env.step(part)[1] for env, part in zip(alone, np.split(actions, 7), strict=True)]
            np.testing.assert_array_equal(rewards, np.concatenate(own))
        shared = together.agent_rewards[4]
        np.testing.assert_array_equal(shared[:, 0], shared[:, 1])
        np.testing.assert_array_equal(together.agent_rewards[0], together.payoffs[0])
        modes = np.array([0.5, 1.0])
        assert envs.vec_env("SLCD-v1", reward_mode=modes).reward_modes == [0.5, "integrated"]

    @pytest.mark.parametrize("mode", [0.5, 0, 2, np.float64(1)])
    def test_the_released_edition_has_names_only(self, mode):
        makers = (*SINGLE.values(), envs.vec_env)
        for make in makers:
            with pytest.raises(ValueError, match=r"private, integrated, cooperative.*SLCD-v1"):
                make("SLCD-v0", reward_mode=mode)

    @pytest.mark.parametrize("mode", [-0.1, 2.1, np.nan, "altruistic", True])
    def test_other_numbers_and_names_raise(self, mode):
        for make in (*SINGLE.values(), envs.vec_env):
            with pytest.raises(ValueError, match="mutuality"):
                make("SLCD-v1", reward_mode=mode)


class TestSpaces:
    @pytest.mark.parametrize("name", PROFILE_A)
    def test_of_the_views(self, name):
        """Raw actions have each agent's own bound; observations the lengths of section 5.2."""
        full, realistic = LENGTHS[name]
        lengths = {"full": full, "realistic": realistic, "minimal": 3}
        joint = envs.make(f"{name}-v1")
        high = joint.game.endowments.astype(np.float32)
        n_agents = len(high)
        assert joint.action_space == spaces.Box(np.zeros(n_agents, np.float32), high)
        assert joint.observation_space.shape == (full,)
        for preset, length in lengths.items():
            for normalize in (False, True):
                views = [
                    make(f"{name}-v1", observation=preset, normalize=normalize)
                    for make in (envs.parallel_env, envs.aec_env)
                ]
                for env, more in zip(views, (0, n_agents), strict=True):
                    for i, agent in enumerate(env.possible_agents):
                        assert env.observation_space(agent).shape == (length + more,)
                        bound = 1 if normalize else high[i]
                        assert env.action_space(agent).high.item() == bound
            rows = envs.vec_env(f"{name}-v1", observation=preset)
            assert rows.observation_space.shape == (length,)
        assert envs.vec_env(f"{name}-v1", joint=True).observation_space.shape == (full,)

    @pytest.mark.parametrize("normalize", [False, True], ids=["raw", "normalised"])
    @pytest.mark.parametrize("name", PROFILE_A)
    def test_observations_and_states_stay_inside_to_the_end(self, name, normalize):
        id = f"{name}-v1"
        joint = envs.make(id, normalize=normalize)
        parallel = [envs.parallel_env(id, normalize=normalize, observation=p) for p in PRESETS]
        aec = envs.aec_env(id, normalize=normalize)
        shares = random_shares(joint.game, joint.game.horizon)
        actions = 2 * shares - 1 if normalize else shares * joint.game.endowments
        for t in range(len(actions) + 1):
            for env in (joint, *parallel, aec):
                seen = start(env, seed=5) if t == 0 else act(env, actions[t - 1])[2]
                if env is joint:
                    assert env.observation_space.contains(seen)
                    continue
                for agent, observation in seen.items():
                    assert env.observation_space(agent).contains(observation)
                assert env.state_space.contains(env.state())
        low, high = joint.game.observation_range
        assert (low, high) == ((-0.5, 1.5) if name == "SynergySearch" else (0.0, 1.0))


class TestObservations:
    """What stands where, section 5.2: the observer first, then the others in ascending order."""

    def seen(self, id, preset, agent, *joints):
        env = envs.parallel_env(id, observation=preset)
        start(env)
        for joint in joints:
            _, _, seen = act(env, np.array(joint) * env.game.endowments)
        return seen[agent], {name: array[0] for name, array in env._state.items()}

    def test_minimal(self):
        seen, _ = self.seen("IndirectReciprocity-v1", "minimal", "agent_2", [0.1, 0.2, 0.9, 0.6])
        assert seen == pytest.approx([0.9, 0.3, 1 / 150])

    def test_realistic_has_the_own_rows(self):
        joint = [0.1, 0.2, 0.9, 0.6]
        seen, state = self.seen("IndirectReciprocity-v1", "realistic", "agent_2", joint)
        order, others = [2, 0, 1, 3], [0, 1, 3]
        expected = [
            [joint[i] for i in order],
            state["trust"][2, others],
            state["damage"][2, others],
            state["standing"][order],
            [1 / 150],
        ]
        assert seen == pytest.approx(np.concatenate(expected))

    def test_full_has_all_rows_and_the_window_oldest_first(self):
        joints = [0.5, 0.1], [0.6, 0.2]
        seen, state = self.seen("GiftExchange-v1", "full", "agent_1", *joints)
        trust, damage = state["trust"], state["damage"]
        expected = [
            [0.2, 0.6],
            [trust[1, 0], trust[0, 1]],
            [damage[1, 0], damage[0, 1]],
            [0.15, 0.30, 0.1, 0.5, 0.2, 0.6],  # the norms, then both steps
            [2 / 100],
        ]
        assert seen == pytest.approx(np.concatenate(expected))
        own, _ = self.seen("GiftExchange-v1", "realistic", "agent_1", *joints)
        assert own == pytest.approx(np.delete(seen, [3, 5]))

    def test_developers_and_strikes(self):
        joint = [0.0, 0.5, 0.5, 0.5, 0.5]
        seen, state = self.seen("PlatformEcosystem-v1", "realistic", "agent_3", *[joint] * 12)
        assert state["linked"].tolist() == [True] + [False] * 4
        assert seen[-5:] == pytest.approx([0, 0, 0, 0, 12 / 100])
        joint = [0.5, 0.1, 0.5, 0.5, 0.5, 0.5]
        for agent, own in (("agent_1", 1 / 3), ("agent_2", 0)):
            seen, state = self.seen("GraduatedSanction-v1", "realistic", agent, joint)
            assert seen[-3:] == pytest.approx([own, state["stock"], 1 / 200])
        seen, _ = self.seen("GraduatedSanction-v1", "full", "agent_2", joint)
        assert seen[-8:-2] == pytest.approx([0, 0, 1 / 3, 0, 0, 0])


class TestSymmetry:
    @pytest.mark.parametrize("name", [n for n in PROFILE_A if alike(build(n))])
    def test_alike_agents_are_seen_and_see_alike(self, name):
        """Two agents swap their shares: each sees and earns what the other did, bit for bit."""
        one, other = alike(build(name))[0]
        params = {"params": KNOWN_GAMMA} if name == "SynergySearch" else {}
        for preset in PRESETS:
            first, second = (
                envs.parallel_env(f"{name}-v1", observation=preset, **params) for _ in range(2)
            )
            swap = np.arange(first.game.n_agents)
            swap[[one, other]] = other, one
            start(first, seed=0), start(second, seed=0)
            if "priority" in first._state:
                second._state["priority"] = second._state["priority"][:, swap]
            for shares in random_shares(first.game, 50, seed=4):
                payoffs, rewards, seen = act(first, shares * first.game.endowments)
                swapped = act(second, shares[swap] * first.game.endowments)
                np.testing.assert_allclose(swapped[0][swap], payoffs, rtol=1e-12)
                np.testing.assert_allclose(swapped[1][swap], rewards, rtol=1e-9)
                for i, j in ((one, other), (other, one)):
                    np.testing.assert_allclose(
                        swapped[2][f"agent_{j}"], seen[f"agent_{i}"], atol=1e-6
                    )

    @pytest.mark.parametrize("name", [n for n in PROFILE_A if alike(build(n))])
    def test_in_the_same_situation_they_see_the_same(self, name):
        game = build(name)
        i, j = alike(game)[-1]
        state = game.reset([0])
        for t in range(30):
            for preset in PRESETS:
                seen = game.agent_observation(state, preset, False)[0]
                np.testing.assert_array_equal(seen[i], seen[j])
            state, _ = game.step(state, (0.2 + 0.02 * t) * game.endowments[None])


class TestInfo:
    @pytest.mark.parametrize("name", PROFILE_A)
    def test_entries_and_their_consistency(self, name):
        env = envs.make(f"{name}-v1", reward_mode=0.5)
        always = {"step", "mean_share", "payoffs", "rewards", "rewards_by_mode"}
        always |= MECHANISMS.get(name, set())
        if "damage" in env.game.reset([0]):
            always |= {"mean_trust", "mean_damage"}
        _, info = env.reset(seed=1)
        assert set(info) == always
        for t, shares in enumerate(random_shares(env.game, env.game.horizon), start=1):
            info = env.step(shares * env.game.endowments)[4]
            assert set(info) == always | {"actions", "welfare", "components"}
            assert info["step"] == t
            assert info["mean_share"] == pytest.approx(shares.mean())
            assert info["welfare"] == pytest.approx(info["payoffs"].mean())
            components = info["components"]
            assert list(components) == ["own", "synergy", "relational", "loyalty", "transfers"]
            assert sum(components.values()) == pytest.approx(info["payoffs"])
            assert components["transfers"].sum() == pytest.approx(0, abs=1e-9)
            if "fines" in info:
                assert info["fines"].min() >= 0
                paid = (info["fines"].sum() - info["fines"]) / 5 - info["fines"]
                assert components["transfers"] == pytest.approx(paid)
            if "members" in info:
                assert info["members"] == np.flatnonzero(info["links"]).tolist()
        if name == "SynergySearch":
            assert set(info["privileged"]) == {"gamma"}
            assert 0.2 <= info["privileged"]["gamma"] <= 0.9

    def test_a_contract_is_made_breached_and_paid_for(self):
        env = envs.make("CooperativeNegotiation-v1")
        assert env.reset()[1]["contract"] is None
        info = env.step(np.array([45.0, 55.0]))[4]
        assert info["contract"] == {"level": 0.45, "left": 10}
        assert info["breach"] == [False, False]
        info = env.step(np.array([60.0, 36.0]))[4]  # short by .09: paid for, no breach
        assert info["contract"]["left"] == 9
        assert info["components"]["transfers"] == pytest.approx([9, -9])
        info = env.step(np.array([60.0, 30.0]))[4]
        assert (info["contract"], info["breach"]) == (None, [False, True])
        assert info["components"]["transfers"] == pytest.approx([15, -15])

    def test_fines_grow_with_strikes(self):
        env = envs.make("GraduatedSanction-v1")
        env.reset()
        shares = np.array([0.1, *[0.5] * 5])
        for strikes, fine in ((1, 15.0), (2, 30.0), (3, 45.0), (3, 60.0)):
            info = env.step(100 * shares)[4]
            assert info["strikes"].tolist() == [strikes, 0, 0, 0, 0, 0]
            assert info["fines"] == pytest.approx([fine, 0, 0, 0, 0, 0])
        info = env.step(np.full(6, 50.0))[4]
        assert (info["strikes"][0], info["fines"].sum()) == (2.5, 0)
        assert info["stock"] == pytest.approx(
            0.4 + (13 / 30 - 0.4) * (1 - 0.9**4) * 0.9 + 0.1 * (0.5 - 0.4), abs=1e-9
        )

    def test_members_that_do_nothing_are_out_and_alone(self):
        """Standing .5 * .95^t falls below .15 in step 24; three always remain."""
        env = envs.make("CoalitionFormation-v1")
        assert env.reset(seed=0)[1]["members"] == [0, 1, 2, 3, 4, 5]
        shares = np.array([0.0, 0.5, 0, 0.5, 0, 0.5])
        for t in range(1, 30):
            info = env.step(50 * shares)[4]
            inside = [0, 1, 2, 3, 4, 5] if t < 24 else [1, 3, 5]
            assert info["members"] == inside
            assert ((info["components"]["loyalty"] > 0) == (t <= 24) | (shares > 0)).all()
        assert info["payoffs"][[0, 2, 4]].tolist() == [0, 0, 0]
        # Out of the team 20 % of 25 * sqrt(a) - a is what effort yields.
        payoffs = env.step(np.full(6, 25.0))[4]["payoffs"]
        assert payoffs[0] == pytest.approx(0.2 * 25 * 5 - 25)

    def test_tiers_follow_the_standing(self):
        """Standing is 1 - .5 * .9^t under full effort, .5 * .9^t under none."""
        env = envs.make("ReputationMarket-v1")
        assert env.reset()[1]["tier"] == ["standard"] * 5
        for t in range(1, 10):
            info = env.step(np.array([100.0, 0, 0, 0, 100.0]))[4]
            assert info["standing"][:2] == pytest.approx([1 - 0.5 * 0.9**t, 0.5 * 0.9**t])
            low = "probation" if t < 7 else "excluded"
            high = "premium" if t == 9 else "standard"
            assert info["tier"] == [high, low, low, low, high]

    @pytest.mark.parametrize(("share", "first", "last"), [(0.6, 69, 80), (0.4, 136, 136)])
    def test_recovery_is_noted_once(self, share, first, last):
        env = envs.make("RecoveryRace-v1")
        assert env.reset()[1]["recovery_step"] is None
        steps = {env.step(np.full(2, 100 * share))[4]["recovery_step"] for _ in range(150)}
        assert None in steps and len(steps) == 2
        assert first <= (steps - {None}).pop() <= last

    def test_lost_links(self):
        env = envs.make("TrustDilemma-v1")
        assert env.reset()[1]["links"].all()
        lost = [env.step(np.zeros(2))[4]["links"].tolist() for _ in range(20)]
        assert lost[-1] == [False, False]
        hub = envs.make("PlatformEcosystem-v1")
        hub.reset()
        low = np.array([0, 60, 60, 60, 60.0])
        away = [hub.step(low)[4]["links"].tolist() for _ in range(30)][-1]
        assert away == [True] + [False] * 4
        back = [hub.step(np.array([150, 60, 60, 60, 60.0]))[4]["links"].all() for _ in range(60)]
        assert back[-1] and not back[0]


class TestPrecision:
    """Actions reach the game as they were given: shares exactly at a threshold count."""

    SHARES = np.array([0.45, 0.55])

    @pytest.mark.parametrize("normalize", [False, True], ids=["raw", "normalised"])
    def test_of_the_single_copy_views(self, view, normalize):
        env = view("CooperativeNegotiation-v1", normalize=normalize)
        for dtype, left in ((np.float64, 10), (np.float32, 0 if normalize else 10)):
            start(env)
            actions = 2 * self.SHARES - 1 if normalize else 100 * self.SHARES
            # In single precision -0.1 and 0.1 lie 3e-9 further apart.
            act(env, actions.astype(dtype))
            assert env._state["contract_left"][0] == left

    @pytest.mark.parametrize("joint", [False, True])
    def test_of_the_vec_env(self, joint):
        venv = envs.vec_env("CooperativeNegotiation-v1", joint=joint)
        venv.reset()
        venv.step((2 * self.SHARES - 1).reshape(venv.num_envs, -1))
        assert venv._state["contract_left"].tolist() == [10]

    def test_actions_that_only_double_precision_holds_are_clipped_in_every_view(self, view):
        env = view("SLCD-v1")
        start(env)
        act(env, np.array([1e300, -1e300]))
        np.testing.assert_array_equal(env._state["actions"], [[100, 0]])


class TestSeeds:
    @pytest.mark.parametrize("id", [*NOISY, "SLCD-v1"])
    def test_a_seed_rebuilds_the_episode_whatever_was_before(self, view, id):
        fresh, used = (view(id, **NOISY.get(id, {})) for _ in range(2))
        shares = random_shares(fresh.game, 12)
        actions = shares * fresh.game.endowments
        start(used, seed=8)
        for joint in actions[:7]:
            act(used, joint)
        start(used)
        act(used, actions[0])
        trajectories = []
        for env in (fresh, used):
            start(env, seed=3)
            trajectories.append([env._state])
            for joint in actions:
                act(env, joint)
                trajectories[-1].append(env._state)
        for one, same in zip(*trajectories, strict=True):
            assert set(one) == set(same)
            for key in one:
                np.testing.assert_array_equal(one[key], same[key])

    @pytest.mark.parametrize("id", NOISY)
    def test_episodes_differ_but_not_by_what_was_played(self, view, id):
        states = []
        for steps in (0, 5):
            env = view(id, **NOISY[id])
            start(env, seed=3)
            first = env._state
            for joint in random_shares(env.game, steps):
                act(env, joint * env.game.endowments)
            start(env)
            states.append(env._state)
        drawn = {"gamma", "noise", "priority", "trust"} & set(first)
        assert any((first[key] != states[0][key]).any() for key in drawn)
        for key in drawn:
            np.testing.assert_array_equal(states[0][key], states[1][key])

    def test_every_view_draws_the_same(self):
        states = []
        for make in SINGLE.values():
            env = make("SynergySearch-v1")
            start(env, seed=11)
            states.append(env._state)
        game = envs.game("SynergySearch-v1")
        for key, array in game.reset([11]).items():
            for state in states:
                np.testing.assert_array_equal(state[key], array)


class TestConstructors:
    @pytest.mark.parametrize(("id", "name", "default"), SIZES, ids=[id for id, *_ in SIZES])
    def test_other_numbers_of_agents_and_steps(self, id, name, default):
        smallest = 3 if id == "CoalitionFormation-v1" else 1 if name == "n_developers" else 2
        hub = name == "n_developers"
        with pytest.raises(ValueError, match=f"{name}={smallest - 1}: must be at least {smallest}"):
            envs.game(id, **{name: smallest - 1})
        assert envs.game(id).n_agents == default + hub
        for size in {smallest, 3, 7, 10}:
            env = envs.parallel_env(id, observation="full", max_steps=5, **{name: size})
            assert env.game.n_agents == len(env.possible_agents) == size + hub
            start(env, seed=0)
            for shares in random_shares(env.game, 5, size):
                payoffs, _, seen = act(env, shares * env.game.endowments)
                assert np.isfinite(payoffs).all()
                for agent, observation in seen.items():
                    assert env.observation_space(agent).contains(observation)
            assert env.agents == []

    @pytest.mark.parametrize(
        ("phase", "trust", "damage", "gamma"),
        [
            ("formation", 0.45, 0.05, 0.68),
            ("mature", 0.70, 0.02, 0.78),
            ("crisis", 0.30, 0.45, 0.34),
            ("strained", 0.40, 0.35, 0.80),
        ],
    )
    def test_a_phase_of_renault_nissan_alone(self, view, phase, trust, damage, gamma):
        env = view("RenaultNissan-v1", phase=phase)
        start(env)
        state = env._state
        assert (state["trust"][0, 0, 1], state["damage"][0, 1, 0]) == (trust, damage)
        for t in range(100):
            assert env.game.info(env._state, None)["phase"] == phase
            act(env, np.array([90.0, 100.0]))
            # Full effort of both: synergy 2.5 * 2 * gamma * sqrt(90 * 100), shared .48 to .52.
            shares = env._outcome.terms["components"]["synergy"][0]
            assert shares == pytest.approx(
                np.array([0.48, 0.52]) * 5 * gamma * np.sqrt(9000), rel=1e-12
            ), t

    def test_a_phase_of_the_other_histories_alone(self):
        tension = envs.game("AppleAppStore-v1", phase="crisis")
        trust = tension.reset([0])["trust"][0]
        assert (trust[1, 0], trust[0, 1], trust[2, 0]) == pytest.approx((0.3, 0.45, 0.7))
        assert envs.game("AppleAppStore-v1", phase="maturation").reset([0])["trust"][0, 1, 0] == 0.7
        growth = envs.game("ApacheProject-v1", phase="growth")
        state = growth.reset([0])
        assert (state["loyalty"] == 0.85).all()
        for _ in range(60):
            state, outcome = growth.step(state, growth.endowments[None])
        assert (state["loyalty"] == 0.85).all() and outcome.truncated.all()

    def test_params_and_switches_pass_through_every_way_in(self):
        chosen = {"params": {"rho": 0.5, "endowments": 60.0}, "without": {"exit"}}
        id = "TrustDilemma-v1"
        made = [
            *(make(id, **chosen) for make in SINGLE.values()),
            envs.vec_env(id, **chosen),
            gymnasium.make(id, **chosen).unwrapped,
            pettingzoo.make("parallel", id, **chosen),
            pettingzoo.make("aec", id, **chosen).unwrapped,
        ]
        for env in made:
            assert env.game.values["rho"] == 0.5
            assert env.game.values["exit_threshold"] == -1.0
            assert env.game.endowments.tolist() == [60, 60]
            assert env.game.identity == made[0].game.identity
            with pytest.raises(envs.ParameterError, match=r"no parameter 'roh'.*'rho'"):
                type(env)(id, params={"roh": 1.0})

    def test_a_pickled_environment_goes_on_alike(self, view):
        env = view("SynergySearch-v1", reward_mode=0.5, params={"noise": 10.0}, tremble=0.1)
        start(env, seed=2)
        act(env, np.array([30.0, 60.0]))
        twin = pickle.loads(pickle.dumps(env))
        assert twin.game.identity == env.game.identity
        for _ in range(2):
            ours, theirs = (act(e, np.array([70.0, 20.0])) for e in (env, twin))
            for a, b in zip(ours[:2], theirs[:2], strict=True):
                np.testing.assert_array_equal(a, b)
            start(env), start(twin)
            np.testing.assert_array_equal(env._state["noise"], twin._state["noise"])


@pytest.mark.parametrize("effort", [0.0, 1e-12, 1e-7, 1e-3, 100.0])
def test_hardly_any_effort_hardly_informs(effort):
    """The surplus of hardly any effort is noise: what is known of gamma stays the even prior."""
    env = envs.parallel_env("SynergySearch-v1", observation="full")
    start(env, seed=0)
    for _ in range(20):
        _, _, seen = act(env, np.full(2, effort))
        assert env.observation_space("agent_0").contains(seen["agent_0"])
    mean, deviation = seen["agent_0"][[3, 4]]
    if effort < 1:
        assert (mean, deviation) == pytest.approx((0.55, 0.7 / np.sqrt(12)), abs=1e-3)
    else:
        assert deviation < 0.05


def test_the_released_ids_are_called_out_of_date_by_gymnasium_and_by_nobody_else():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make in (*SINGLE.values(), envs.vec_env):
            make("SLCD-v0")
        pettingzoo.make("parallel", "SLCD-v0")
        gymnasium.make("SLCD-v1")
        with pytest.raises(DeprecationWarning, match="SLCD-v0 is out of date"):
            gymnasium.make("SLCD-v0")


@pytest.mark.parametrize("id", ["TeamProduction-v1", "PlatformEcosystem-v1"])
def test_pictures_with_and_without_trust(id, view):
    env = view(id, render_mode="rgb_array", reward_mode=0.3)
    start(env)
    act(env, 0.5 * env.game.endowments)
    picture = env.render()
    assert picture.shape == (render.HEIGHT, render.WIDTH, 3)
    blank = (picture[render.TOP :, render.TRUST :] == 255).all()
    assert blank == (id == "TeamProduction-v1")
    assert (picture[:, : render.TRUST] != 255).any()
