"""Which policies exist.

Rules are listed in `_RULES` as module and class and imported when they are asked for, so that no
training run depends on their code. A learner is one file in `agents/learners`. Its registry entry
is a literal, `ENTRY`, read from the source without importing it, so that planning a study never
imports torch. The entry names the policy, its paradigm, and of each protocol the class in that file
and the hyperparameters: all of them, or `like` another learner's with some others and `without`
some. A second literal, `CARD`, says what cannot be read off the constructor.

Rules and learners of other people are added by `register` and `register_learner`; `extensions`
does so for files.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coopetition import envs
from coopetition.envs import Game
from coopetition.envs.engine import choose

from .specs import PARADIGMS, PROTOCOLS, LearnerSpec, RuleSpec

if TYPE_CHECKING:
    from .policy import Policy

# Signature -> the learner that should differ, and the one that it improves on; see `signatures`.
SIGNATURES = {
    "robustness": ("M3DDPG", "MADDPG"),
    "overestimation": ("MATD3", "MADDPG"),
    "held_out": ("FCP", "SelfPlay_PPO"),
    "reciprocity": ("LOLA", "IndependentREINFORCE"),
}
_LEARNERS = Path(__file__).parent / "learners"
_CONSTANT = re.compile(r"^Constant_(\d{2}|100)$")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# What a literal `CARD` may say; `published` is left out by a learner whose own protocol it is.
WRITTEN = ("paper", "reward", "actor", "critic", "sharing", "head", "published", "why")
# Rules of any edition and of the released one; then those that have another meaning in the formal
# edition, under the same names.
_RULES = {
    "Constant": ("constant", "constants", "Constant"),
    "Random": ("heuristic", "heuristics", "Random"),
    "TitForTat": ("heuristic", "heuristics", "TitForTat"),
    "TitForTat_released": ("heuristic", "heuristics", "TitForTatReleased"),
    "Oracle_Equilibrium": ("oracle", "oracles.interdependence", "Equilibrium"),
    "Oracle_TrustAware": ("oracle", "oracles.trust", "TrustAware"),
    "Oracle_Nash": ("oracle", "oracles.collective_action", "Nash"),
    "Oracle_SocialOptimum": ("oracle", "oracles.collective_action", "SocialOptimum"),
    "Oracle_Loyalty": ("oracle", "oracles.collective_action", "Loyalty"),
    "Oracle_ReciprocityEquilibrium": ("oracle", "oracles.reciprocity", "ReciprocityEquilibrium"),
    "Oracle_BoundedReciprocity": ("oracle", "oracles.reciprocity", "BoundedReciprocity"),
    "Planner": ("planner", "oracles.formal", "Planner"),
}
_FORMAL = {
    "Oracle_Equilibrium": ("oracle", "oracles.formal", "Equilibrium"),
    "Oracle_TrustAware": ("oracle", "oracles.formal", "TrustAware"),
    "Oracle_Nash": ("oracle", "oracles.formal", "Nash"),
    "Oracle_SocialOptimum": ("oracle", "oracles.formal", "SocialOptimum"),
    "Oracle_Loyalty": ("oracle", "oracles.formal", "Loyalty"),
    "Oracle_ReciprocityEquilibrium": ("oracle", "oracles.formal", "ReciprocityEquilibrium"),
    "Oracle_BoundedReciprocity": ("oracle", "oracles.formal", "BoundedReciprocity"),
}


# Those that were added, by name: rules, and module and file of learners.
_added_rules: dict[str, RuleSpec] = {}
_added_learners: dict[str, tuple[str, Path]] = {}


def register(policy: type[Policy]) -> type[Policy]:
    """Decorator that adds a rule: a subclass of `Policy` with a `name` and a method `act`.

    It is then listed by `names`, made by `make`, and played wherever reference policies are.

    Raises:
        ValueError: not such a class, one that cannot be made without arguments, or a name that is
            malformed or taken.
    """
    from .policy import Policy

    if not (isinstance(policy, type) and issubclass(policy, Policy)):
        raise ValueError(f"{policy!r}: a rule is a class that extends agents.Policy")
    name = getattr(policy, "name", None)
    if inspect.isabstract(policy) or not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            f"{policy.__name__}: a rule needs a method act(self, observations) and a name of "
            f"letters, digits and '_', such as name = {policy.__name__!r}; it has {name!r}"
        )
    if "." in policy.__qualname__:
        raise ValueError(f"{name}: the class of a rule stands at the top level of its module")
    try:
        inspect.signature(policy).bind()
    except TypeError:
        raise ValueError(f"{name}: give every parameter of its constructor a default") from None
    known = _added_rules.get(name)
    if known is None or known.module != policy.__module__:
        _check_free(name)
    _added_rules[name] = RuleSpec(name, "heuristic", policy.__module__, policy.__qualname__)
    return policy


def register_learner(path: Path, module: str) -> str:
    """Add the learner that the literals `ENTRY` and `CARD` of a file describe; it is not imported.

    Args:
        path: the file.
        module: name under which it can be imported.

    Returns:
        Its name.

    Raises:
        ValueError: a literal that is missing or wrong, or a name that is malformed or taken.
    """
    entry, card = _literal(path, "ENTRY"), _literal(path, "CARD")
    name = entry.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"ENTRY: name {name!r} is not one of letters, digits and '_'")
    _check_free(name)
    missing = [key for key in WRITTEN if key not in card]
    if missing:
        raise ValueError(f"CARD lacks {', '.join(missing)} (published and why may be empty: {{}})")
    try:
        _added_learners[name] = module, path
        _learners.cache_clear()
        found = learner(name)
        defined = {n.name for n in _tree(path).body if isinstance(n, ast.ClassDef)}
        if lacking := set(found.class_name.values()) - defined:
            raise ValueError(f"ENTRY: class {', '.join(sorted(lacking))} is not in the file")
    except Exception as error:
        unregister(name)
        if isinstance(error, KeyError):
            raise ValueError(f"ENTRY: there is no {error}") from None
        if isinstance(error, TypeError):
            said = str(error).removeprefix("LearnerSpec.__init__() ")
            raise ValueError(f"ENTRY: {said}") from None
        raise
    return name


def unregister(name: str) -> None:
    """Forget a rule or learner that was added."""
    _added_rules.pop(name, None)
    _added_learners.pop(name, None)
    _learners.cache_clear()


def _check_free(name: str) -> None:
    known = {*_RULES, *_added_rules, *learner_names()}
    if name in known or _CONSTANT.match(name):
        raise ValueError(f"there is a policy {name!r} already: give yours another name")


@cache
def _learners() -> dict[str, LearnerSpec]:
    files = {f"{__package__}.learners.{p.stem}": p for p in sorted(_LEARNERS.glob("[!_]*.py"))}
    files |= dict(_added_learners.values())
    entries = {module: _literal(path, "ENTRY") for module, path in files.items()}
    by_name = {entry["name"]: entry for entry in entries.values()}
    specs = {}
    for module, entry in entries.items():
        path = files[module]
        if not isinstance(entry["hyperparameters"], Mapping):
            raise TypeError("hyperparameters must be a dict: protocol -> settings")
        settings = {p: _settings(by_name, entry["name"], p) for p in entry["hyperparameters"]}
        card = _literal(path, "CARD")
        spec = LearnerSpec(**{**entry, "hyperparameters": settings}, card=card, module=module)
        unknown = set(spec.hyperparameters) - set(PROTOCOLS)
        if spec.paradigm not in PARADIGMS or unknown:
            raise ValueError(
                f"{path.name}: paradigm must be one of {PARADIGMS}, protocols of {PROTOCOLS}"
            )
        if set(spec.class_name) != set(spec.hyperparameters):
            raise ValueError(
                f"{path.name}: class_name and hyperparameters must have the same protocols"
            )
        specs[spec.name] = spec
    return specs


def _settings(entries: Mapping[str, Any], name: str, protocol: str) -> dict[str, Any]:
    """Hyperparameters of a learner, with those that it has from another one."""
    own = entries[name]["hyperparameters"][protocol]
    return derived(own, lambda other: _settings(entries, other, protocol))


def derived(own: Mapping[str, Any], of: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """What a learner says of itself, and what it has from the one that it is `like`.

    Args:
        own: with or without the keys `like` (a learner) and `without` (keys that it has not).
        of: the same of another learner.
    """
    rest = dict(own)
    other, without = rest.pop("like", None), rest.pop("without", ())
    inherited = {} if other is None else of(other)
    return {key: value for key, value in inherited.items() if key not in without} | rest


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _literal(path: Path, name: str) -> dict[str, Any]:
    for node in _tree(path).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
            return ast.literal_eval(node.value)
    raise ValueError(f"{path.name}: a learner module needs a literal {name} = {{...}}")


def learner_names() -> list[str]:
    """Names of all learners."""
    return list(_learners())


def learner(name: str) -> LearnerSpec:
    """Registry entry of a learner.

    Raises:
        ValueError: no such learner; the text lists them.
    """
    if name not in _learners():
        raise ValueError(f"unknown learner {name!r}; learners: {', '.join(learner_names())}")
    return _learners()[name]


def rule(name: str, edition: str | None = None) -> RuleSpec:
    """Registry entry of a policy that does not learn.

    Args: see `spec`.

    Raises:
        ValueError: no such policy, or a learner.
    """
    entry = spec(name, edition)
    if isinstance(entry, LearnerSpec):
        raise ValueError(f"{name} has to be trained; agents.load reads a trained one from a file")
    return entry


def spec(name: str, edition: str | None = None) -> RuleSpec | LearnerSpec:
    """Registry entry of any policy.

    Args:
        name: of the policy.
        edition: of the game that it is to play; the oracles differ between editions.

    Raises:
        ValueError: no such policy; the text lists them.
    """
    constant = _CONSTANT.match(name)
    family = "Constant" if constant else name
    if family in _RULES:
        own = _FORMAL if edition == "v1" and family in _FORMAL else _RULES
        kind, module, class_name = own[family]
        preset = {"levels": int(constant[1])} if constant else {}
        return RuleSpec(name, kind, f"{__package__}.{module}", class_name, preset)
    if name in _added_rules:
        return _added_rules[name]
    if name in _learners():
        return _learners()[name]
    rules = [rule for rule in (*_RULES, *_added_rules) if rule != "Constant"]
    close = difflib.get_close_matches(name, [*rules, *learner_names()], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"unknown policy {name!r}.{hint} Choose Constant_00 to Constant_100, "
        f"{', '.join(rules)}, or a learner: {', '.join(learner_names())}"
    )


def names(env: str | None = None, *, kind: str | None = None) -> list[str]:
    """Names of all policies: constants, heuristics, oracles, the planner and learners.

    Args:
        env: id of an environment; only policies that can play it.
        kind: only `constant`, `heuristic`, `oracle`, `planner` or `learner`.

    Raises:
        ValueError: no such environment or kind.
    """
    kinds = (*dict.fromkeys(entry[0] for entry in _RULES.values()), LearnerSpec.kind)
    if kind is not None:
        choose("kind", kind, kinds)
    constants = [f"Constant_{level:02d}" for level in range(101)]
    rules = [rule for rule in _RULES if rule != "Constant"]
    specs = map(spec, [*constants, *rules, *_added_rules, *learner_names()])
    if env is not None:
        place, game = envs.spec(env), envs.game(env)
        entries = {name: spec(name, place.edition) for name in names(kind=kind)}
        return [
            name
            for name, entry in entries.items()
            if entry.mechanism_class in (None, place.mechanism_class)
            and entry.edition in (None, place.edition)
            and isinstance(game, entry.game_class)
        ]
    return [entry.name for entry in specs if kind in (None, entry.kind)]


def make(name: str, env: str | Game | None = None, *, seed: int = 0, **parameters: Any) -> Policy:
    """A policy that needs no training.

    Args:
        name: of a constant, heuristic or oracle, such as `Constant_42`; `Constant` takes `levels`.
        env: environment to bind it to, an id or a game; `predict` needs one, and so do oracles,
            which are other policies in either edition.
        seed: seed of the episodes that `predict` starts.
        **parameters: of the policy, such as `initial` of `TitForTat`.

    Raises:
        ValueError: no such policy or environment, a learner, a wrong parameter, or an environment
            that the policy cannot play or that must be named.
    """
    if env is None and name in _FORMAL:
        raise ValueError(
            f"{name} is another policy in either edition: name the environment that it is to play, "
            f"as in agents.make({name!r}, 'TeamProduction-v1')"
        )
    game = None if env is None else envs.game(env)
    entry = rule(name, None if game is None else game.id.rpartition("-")[2])
    policy = entry.create(**parameters)
    if game is not None:
        policy.bind(game, seed=seed)
    return policy
