"""Files that add environments and policies: what they add, and why one is refused."""

import subprocess
import sys
import tempfile
from pathlib import Path

import gymnasium
import numpy as np
import pettingzoo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopetition import agents, envs
from coopetition.agents import extensions
from coopetition.agents.extensions import ExtensionError, extend
from coopetition.agents.registry import learner
from coopetition.agents.solutions import solution

EXAMPLES = Path(__file__).parents[2] / "examples"
RULE = '''
from coopetition import agents

@agents.register
class Half(agents.Policy):
    """Half of the endowment."""

    name = "Half"

    def act(self, observations):
        return self.game.endowments[None].repeat(self.copies, axis=0) / 2
'''
GAME = '''
from coopetition import envs
from coopetition.envs.formal import FormalGame, Linear
from coopetition.envs.mechanisms.interdependence import symmetric

@envs.register("Pool-v1", "TR-3")
def pool(max_steps: int = 5) -> FormalGame:
    """Small public good."""
    return FormalGame("Pool-v1", endowments=(10.0, 10.0), horizon=max_steps,
                      dependence=symmetric(2, 0.5), parts=(Linear(m=1.5),))
'''
LEARNER = """
ENTRY = {"name": "Mine", "class_name": {"corrected": "Mine"}, "paradigm": "independent",
         "published_as": (), "hyperparameters": {"corrected": {"like": "IPPO", "gamma": 0.5}}}
CARD = {"paper": [], "reward": "own", "actor": "own observation", "critic": "none",
        "sharing": "none", "head": "Gaussian", "published": {}, "why": {}}
class Mine: pass
"""


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    for extension in extensions.loaded():
        extensions.forget(extension)


@pytest.fixture
def write(tmp_path):
    """Write an extension; returns its path."""

    def writing(text: str, name: str = "mine.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return writing


def known() -> tuple:
    """All that can be asked for by name."""
    libraries = (gymnasium.registry, pettingzoo.parallel_registry, pettingzoo.aec_registry)
    return envs.ids(), agents.names(), [sorted(map(str, one)) for one in libraries]


class TestAdded:
    def test_a_rule_is_a_policy_like_any_other(self, write, tmp_path):
        assert extend(write(RULE)).rules == ("Half",)
        assert "Half" in agents.names("SLCD-v0", kind="heuristic")
        assert agents.spec("Half").summary == "Half of the endowment."
        found = agents.evaluate("Half", "SLCD-v0")
        assert found.welfare == pytest.approx(agents.evaluate("Constant_50", "SLCD-v0").welfare)
        agents.make("Half", "SLCD-v0", seed=4).save(tmp_path / "half.json")
        assert agents.load(tmp_path / "half.json").name == "Half"

    def test_an_environment_is_known_everywhere(self, write):
        assert extend(write(GAME)).environments == ("Pool-v1",)
        assert envs.spec("Pool-v1").mechanism_class == "TR-3"
        assert "Oracle_Loyalty" in agents.names("Pool-v1")
        assert gymnasium.make("Pool-v1").reset(seed=1)
        assert agents.scale("Pool-v1").ceiling > agents.scale("Pool-v1").floor

    def test_a_learner_is_read_and_not_imported(self, write):
        path = write("raise ImportError\n" + LEARNER)
        assert extend(path).learner == "Mine"
        own, ippo = learner("Mine"), learner("IPPO")
        settings = ippo.hyperparameters["corrected"] | {"gamma": 0.5}
        assert own.hyperparameters == {"corrected": settings}
        assert own.module == extensions.module_of(path)
        with pytest.raises(ImportError):
            own.load("corrected")

    def test_the_class_of_a_learner_is_imported_when_it_is_asked_for(self, write):
        extend(write(LEARNER))
        assert learner("Mine").load("corrected").__name__ == "Mine"

    def test_one_file_may_add_several(self, write):
        found = extend(write(GAME + RULE))
        assert (found.environments, found.rules) == (("Pool-v1",), ("Half",))
        assert found.names == {"Pool", "Half"}

    def test_outside_games_are_played_by_what_needs_no_parts(self):
        extend(EXAMPLES / "extend_pettingzoo.py")
        played = agents.names("Fishery-v1")
        assert {"TitForTat", "Oracle_Nash", "Oracle_SocialOptimum", "Planner", "IPPO"} <= {*played}
        assert not {"Oracle_TrustAware", "Oracle_Loyalty"} & {*played}
        with pytest.raises(ValueError, match="Oracle_Loyalty reads the state of a game that is ma"):
            agents.make("Oracle_Loyalty", "Fishery-v1")

    def test_the_example_keeps_to_the_api_of_pettingzoo(self):
        from pettingzoo.test import parallel_api_test

        extend(EXAMPLES / "extend_pettingzoo.py")
        parallel_api_test(envs.spec("Fishery-v1").factory()._make(), num_cycles=50)
        parallel_api_test(envs.parallel_env("Fishery-v1"), num_cycles=50)


class TestChanged:
    def test_the_same_file_is_added_once(self, write):
        path = write(RULE)
        assert extend(path) is extend(str(path))

    def test_an_edited_file_is_added_anew(self, write):
        extend(write(GAME))
        before = solution(envs.game("Pool-v1"))
        found = extend(write(GAME.replace("1.5", "1.9").replace("Pool", "Tank")))
        assert found.environments == ("Tank-v1",)
        assert "Pool-v1" not in envs.ids()
        extend(write(GAME.replace("1.5", "1.9")))
        after = solution(envs.game("Pool-v1"))
        assert after.uniform[-1] > before.uniform[-1]  # nothing of the old one is remembered

    def test_nothing_is_left_of_a_file_that_is_forgotten(self, write):
        before = known()
        for number, text in enumerate((GAME + RULE, LEARNER)):
            extend(write(text, f"part_{number}.py"))
        assert known() != before
        for extension in extensions.loaded():
            extensions.forget(extension)
        assert known() == before
        assert not [name for name in sys.modules if name.startswith(extensions.PREFIX)]

    def test_no_bytecode_is_left_beside_a_file(self, write, tmp_path, monkeypatch):
        monkeypatch.setattr(sys, "dont_write_bytecode", False)
        extend(write(RULE))
        assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("def broken(:", r"is not Python: .*line 1"),
            ("x = 1\nraise RuntimeError('no luck')", "line 2: RuntimeError: no luck"),
            ("import not_a_package", "ModuleNotFoundError: No module named 'not_a_package'"),
            ("x = 1", "registers nothing: decorate a game with @envs.register"),
            (GAME.replace("Pool-v1", "SLCD-v1"), "SLCD-v1 is already registered by coopetition"),
            (GAME.replace("Pool-v1", "Pool-v0"), "released edition .* of your own is Pool-v1"),
            (GAME.replace("Pool-v1", "Pool-v2"), "of your own is Pool-v1"),
            (GAME.replace("TR-3", "TR-9"), "mechanism class 'TR-9' is not one of"),
            (GAME.replace("m=1.5", "m=-1"), "line 9: Pool-v1 cannot be built: .*m="),
            (RULE.replace('"Half"', '"Random"'), "is a policy 'Random' already: give yours anoth"),
            (RULE.replace('"Half"', '"Constant_07"'), "is a policy 'Constant_07' already"),
            (RULE.replace('"Half"', '"IPPO"'), "is a policy 'IPPO' already"),
            (RULE.replace('"Half"', '"half a loaf"'), "a name of letters, digits"),
            (RULE.replace('name = "Half"', "pass"), "such as name = 'Half'; it has None"),
            (RULE.replace("def act", "def play"), r"needs a method act\(self, observations\)"),
            (RULE.replace("agents.Policy", "object"), "is a class that extends agents.Policy"),
            (RULE + "    def __init__(self, level): pass\n", "give every parameter .* a default"),
            (LEARNER.replace('"Mine", "class', '"IPPO", "class'), "is a policy 'IPPO' already"),
            (LEARNER.replace('"name": "Mine", ', ""), "ENTRY: name None is not one of letters"),
            (LEARNER.replace('"paradigm": "independent",', ""), "ENTRY: .*'paradigm'"),
            (LEARNER.replace('"independent"', '"lonely"'), "paradigm must be one of"),
            (LEARNER.replace('"IPPO"', '"IPO"'), "ENTRY: there is no 'IPO'"),
            (LEARNER.replace("class Mine", "class Other"), "ENTRY: class Mine is not in the file"),
            (LEARNER.replace('"reward": "own", ', ""), "CARD lacks reward"),
            (LEARNER.replace("CARD", "card"), "needs a literal CARD"),
            (LEARNER + RULE, "cannot register anything else: put that into another file"),
        ],
    )
    def test_with_reason_and_nothing_is_left(self, text, message, write):
        before, path = known(), write(text)
        with pytest.raises(ExtensionError, match=f"(?s)^{path}.*{message}"):
            extend(path)
        assert known() == before
        assert not extensions.loaded()
        assert extend(write(RULE)).rules == ("Half",)  # once it is mended

    def test_what_is_no_file(self, tmp_path, write):
        with pytest.raises(ExtensionError, match=r"absent\.py: no such file, looked for as /.*"):
            extend(tmp_path / "absent.py")
        with pytest.raises(ExtensionError, match=r"notes\.txt: .* a name like my_game\.py"):
            extend(write(RULE, "notes.txt"))
        with pytest.raises(ExtensionError, match=r"my-game\.py: .* a name like my_game\.py"):
            extend(write(RULE, "my-game.py"))

    def test_two_files_of_one_name(self, write):
        first = extend(write(RULE))
        with pytest.raises(ExtensionError, match=rf"{first.path} has the same name.*rename one"):
            extend(write(GAME, "other/mine.py"))
        assert extensions.loaded() == [first]

    def test_two_files_with_one_policy(self, write):
        extend(write(RULE))
        with pytest.raises(ExtensionError, match=r"second\.py.*a policy 'Half' already"):
            extend(write(RULE, "second.py"))
        assert "Half" in agents.names()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "Mine", "IPPO", "own"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=4,
)
ENTRY_KEYS = ("name", "class_name", "paradigm", "published_as", "hyperparameters", "min_agents")


class TestWhateverIsInAFile:
    """It is added whole, or refused with its path, and nothing is left of it."""

    @settings(max_examples=50, deadline=None)
    @given(st.text() | st.text("()[]{}:=\n\t'\"#@ defclassimport1", max_size=40))
    def test_text(self, text):
        self._is_refused(text.encode("utf-8", "surrogatepass"))

    @settings(max_examples=20, deadline=None)
    @given(st.binary(max_size=40))
    def test_bytes(self, content):
        self._is_refused(content)

    def test_what_is_nested_too_deep(self):
        self._is_refused(b"(" * 5000 + b")" * 5000)

    @settings(max_examples=60, deadline=None)
    @given(st.sampled_from(ENTRY_KEYS), VALUES)
    def test_a_wrong_value_of_an_entry(self, key, value):
        names: dict = {}
        exec(LEARNER, names)
        start = LEARNER.index("CARD")
        text = f"ENTRY = {names['ENTRY'] | {key: value}!r}\n{LEARNER[start:]}"
        self._is_refused(text.encode(), may_do=True)

    @settings(max_examples=30, deadline=None)
    @given(st.dictionaries(st.sampled_from(ENTRY_KEYS), VALUES))
    def test_an_entry_of_anything(self, entry):
        start = LEARNER.index("CARD")
        self._is_refused(f"ENTRY = {entry!r}\n{LEARNER[start:]}".encode(), may_do=True)

    def _is_refused(self, content: bytes, *, may_do: bool = False) -> None:
        before = known()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mine.py"
            path.write_bytes(content)
            try:
                added = extend(path)
            except ExtensionError as error:
                assert str(path) in str(error)
            else:
                assert may_do
                extensions.forget(added)
        assert known() == before


def test_planning_with_extensions_never_imports_torch():
    program = (
        "import sys; from coopetition import agents;"
        f"[agents.extend(f'{EXAMPLES}/extend_{{x}}.py') "
        "for x in ('policy', 'learner', 'game', 'pettingzoo')];"
        "assert 'HuberPPO' in agents.names('Fishery-v1'); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


class TestExamples:
    def test_grim_answers_a_defection(self):
        extend(EXAMPLES / "extend_policy.py")
        policy, env = agents.make("Grim", "SLCD-v1"), envs.make("SLCD-v1")
        observation, _ = env.reset(seed=0)
        for played, expected in (([80, 60], 1), ([80, 10], 1), ([80, 60], 0), ([80, 60], 0)):
            shares = policy.predict(observation)[0] / env.game.endowments
            np.testing.assert_array_equal(shares, [expected, expected])
            observation, *_ = env.step(np.array(played, float))

    def test_the_orchard_and_the_fishery_are_dilemmas(self):
        from coopetition.agents.certificates import certificate

        for name in ("game", "pettingzoo"):
            extend(EXAMPLES / f"extend_{name}.py")
        for id, changes in (("Orchard-v1", {"max_steps": 10}), ("Fishery-v1", {"max_cycles": 8})):
            assert certificate(id, **changes)["is_dilemma"]
