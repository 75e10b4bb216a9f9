"""The report of a study as one HTML file and one PDF, compiled by Typst from one source.

The prose lives in ``templates``; every number comes from the data handed over here.
``CONTRACT`` names the keys that the data must have: a missing one is an error with its place in
the data, raised before anything is compiled. A value of ``None`` or NaN is shown as a dash.
"""

import base64
import io
import json
import math
import re
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pikepdf
import typst

from coopetition.agents.files import replacing

from .columns import GROUPS, VERDICTS
from .figures import FIGURES
from .theme import FONTS

Format = Literal["html", "pdf"]
BASE64 = re.compile(rb"data:image/svg\+xml;base64,([^\"]*)")
TEMPLATES = Path(__file__).parent / "templates"

# A section is one dictionary (those of SINGLE) or a list of dictionaries with these keys.
SINGLE: tuple[str, ...] = ("study", "counts", "agreement", "editions_summary", "learning")
SINGLE += ("statistics", "audits", "campaigns", "case_summary", "explorer")
CONTRACT = {
    "study": "name scale description date version commit dirty configuration_hash python platform"
    " hardware packages training_commits",
    "counts": "planned finished diverged failed excluded cpu_seconds environments policies seeds",
    "highlights": "title text claim",
    "claims": "id group statement source published verdict estimate interval decided_by reason rule"
    " threats figure table unlinked",
    "threats": "id title group statement place affects treatment evidence without",
    "threat_groups": "title threats recomputed quantities ids",
    "ablations": "environment step change isolated cooperation score score_low score_high effect"
    " effect_low effect_high",
    "untrained": "environment policy protocol seeds share_min share_max length_min length_max"
    " clipped",
    "half_precision": "number_format reward_mode reward gradient weights",
    "contract": "environment mechanism_class n_agents horizon endowments baselines observation"
    " action_high deterministic early_termination",
    "comparison": "environment measured stated",
    "agreement": "code code_equal documents documents_equal",
    "documents": "environment quantity published measured equal source_doc source_place",
    "page_results": "environment policy published recomputed ratio source_doc",
    "records": "corpus component published arithmetic recomputed formula result note source",
    "editions": "game environment mechanism_class is_dilemma price_of_anarchy fear nash optimum"
    " greed random nash_worst dynamic_optimum best_constant tit_for_tat random_score",
    "editions_summary": "text",
    "without_scale": "environment reason",
    "policies": "environment level return welfare_level welfare random_welfare relative score",
    "policies_formal": "environment level return welfare_level welfare random_welfare score",
    "oracles": "policy mechanism_class equation role here",
    "formal_oracles": "policy summary",
    "identity": "environment differences",
    "learners": "policy kind published_as as_published corrected",
    "hyperparameters": "protocol policies settings",
    "learner_cards": "policy protocol base data reward actor critic sharing head parameters"
    " updates_per_step samples_per_transition",
    "setting_differences": "policies changes why",
    "scores": "environment environments protocol policy reward_mode runs finished iqm low high"
    " training_iqm untrained action_share trust welfare",
    "learner_certificates": "environment policy reward_mode target role runs finished"
    " target_share share share_low share_high gap within",
    "exceptions": "policy environment reward_mode value of_random untrained worse runs why",
    "longer_training": "policy environment runs untrained steps value worse longer_steps"
    " longer_value longer_worse lowest lowest_step",
    "longer_gains": "policy exceptions removed nearer no_nearer value longer_value remaining"
    " myopic",
    "exception_probes": "policy environment change runs steps value worse",
    "learner_signatures": "signature policy compared_with expected measure game source steps seeds"
    " value compared_value difference low high found",
    "learner_settings": "policy environment setting seeds steps score score_low score_high"
    " advantage advantage_low advantage_high cpu_seconds",
    "learner_costs": "policy protocol ms_alone ms_together ms_library ms_published updates_alone"
    " updates_together updates_library hours_v0 hours_v1",
    "learning_gate": "environment policy seeds steps untrained attained least peak peak_step passed"
    " cpu_seconds longer longer_steps reached",
    "learning_noise": "environment deviation best_mean noisy evaluated",
    "learning_steps": "environment held share gain",
    "learning": "ends sizes exceptions longer gains gate costs",
    "pools": "environment protocol seeds environments names learners policies main",
    "performance": "environment protocol reward_mode policy iqm iqm_low iqm_high median median_low"
    " median_high mean mean_low mean_high optimality_gap optimality_gap_low optimality_gap_high"
    " mean_rank first",
    "published_means": "mechanism_class reward_mode policy protocol environments mean_return"
    " published_as published published_environments deviation_percent",
    "class_rankings": "edition protocol mechanism_class environments place private integrated"
    " cooperative published",
    "class_gaps": "edition mechanism_class reward_mode return score published published_leaders",
    "environment_gaps": "environment reward_mode return score published published_leaders",
    "oracle_gaps": "edition protocol mechanism_class policy environments oracle oracle_gap"
    " oracle_low oracle_high constant_gap constant_low constant_high nash_gap nash_low nash_high"
    " planner_gap planner_low planner_high",
    "exceedances": "environment published_return published_oracle_return published_gap"
    " oracle_return oracle_gap constant constant_gap policy runs learner_gap learner_low"
    " learner_high",
    "contributions": "edition protocol mechanism_class pairs median q1 q3 negative published"
    " published_negative published_pairs accounting policy_effect fixed score_effect score_low"
    " score_high",
    "paired_tests": "environment protocol reward_mode unit pairs tests possible unadjusted"
    " different largest",
    "equivalence": "claim policy compared_with edition mechanism_class reward_mode measure unit"
    " pairs difference low high margin same",
    "power": "edition protocol seeds seen effect score_least score_most",
    "mode_effects": "edition protocol reward_mode mechanism_class cells unfinished environments"
    " score score_low score_high change change_low change_high worst_off gini trust cooperation",
    "statistics": "returns rankings changes members oracles exceedances contributions modes"
    " breakdowns tests equivalence power",
    "released_audit_figures": "quantity published recomputed result note source",
    "released_audit_records": "audit origin records labels environments seeds experiments",
    "released_audit": "mechanism_class unit environments static_tests static_exploitative"
    " late_tests late_exploitative partial_tests partial_exploitative partial_gain"
    " ramp_environments ramp_gain_low ramp_gain_high static_ratio_low static_ratio_high",
    "exploitability": "environment policies worth least least_gain least_relative most most_gain"
    " most_relative learner learner_gain learner_relative",
    "cross_play": "environment policies best best_value lost lost_value lost_self firm firm_value"
    " generous generous_value strange strange_value wary wary_value",
    "worst_case_training": "edition reward_mode partner environments seeds more less open"
    " difference",
    "robustness": "disturbance size learners_median learners_largest learners_who others_median"
    " others_largest others_who",
    "behaviour": "edition policy environments slope forgiveness end_game share jain gini"
    " efficiency sustainability",
    "reward_hacking": "edition protocol reward_mode runs correlation negative breaks",
    "audits": "exploitability cross_play robustness behaviour reward_hacking",
    "case_summary": "text",
    "case_scores": "title rubric variant score max floor ceiling inert null_mean null_low null_high"
    " p_null kappa documented documented_max coded coded_max assumed assumed_max",
    "case_claims": "case claim place verdict explanation recomputed",
    "case_rollouts": "environment expected status script script_met reference reference_met"
    " reference_all learner learner_met learner_all",
    "cases": "case title report environment text figures items nulls fit sensitivity parameters"
    " same experiments",
    "biaxial": "claim quantity published recomputed difference result note source",
    "biaxial_points": "claim title eta beta cooperation appropriation utility returns payoffs"
    " trust_end",
    "biaxial_trained": "eta beta policy reward_mode runs finished steps cooperation appropriation"
    " appropriation_low appropriation_high final_appropriation trust_end dip_p"
    " equilibrium_cooperation equilibrium_appropriation team_cooperation team_appropriation",
    "biaxial_calibration": "title objective runs finished steps kappa xi appropriation"
    " trust_first trust_second trust_third trust_end value",
    "capacity": "edition reward_mode width other_width learners environments seeds tau tau_low"
    " tau_high",
    "critic_rates": "name policy rate steps runs broken broken_low broken_high first_step"
    " score score_low score_high",
    "mutuality": "environment reward_mode score cooperation trust jain equilibrium_low"
    " equilibrium_high leader leader_score",
    "mutuality_jumps": "name policy dial_low dial_high jump jump_low jump_high typical located"
    " equilibrium_dial_low equilibrium_dial_high equilibrium_jump",
    "mutuality_crossovers": "name dial dial_low dial_high found leader_below leader_above"
    " calibrated",
    "population": "environment policy reward_mode few many few_score few_score_low few_score_high"
    " many_score many_score_low many_score_high few_cpu_per_step many_cpu_per_step exponent",
    "population_partners": "name n_agents policy protocol reward_mode partners policies payoff"
    " others_payoff share",
    "campaigns": "crossovers",
    "corpora": "corpus about rows bytes sha256 left_out loaded",
    "corpus_checks": "corpus check checked violations",
    "explorer": "modes environments",
    "cells": "environment policy protocol planned finished diverged failed excluded cpu_seconds",
    "part_costs": "part jobs cpu_seconds memory_mb",
    "failures": "run_id environment policy protocol reward_mode seed status reason",
    "breakdowns": "policy environment reward_mode precision published_broken published_runs v0 v1",
    "instability": "definition published_unstable published_total published_environments v0 v1",
    "excluded": "policy min_agents environments runs",
    "figures": "id title caption alt sheets provenance data",
    "cards": "environment title mechanism_class class_name story editions",
    "definitions": "term text",
}
# Keys of every part of a card.
CARD_EDITION = (
    "id edition summary story n_agents horizon endowments baselines action_high observations"
    " deterministic shortest_episode early_termination parameters views changes switches"
    " certificate policies figures audits scores"
)
# Keys of a learner in the table of scores of an environment.
LEARNED = "policy protocol planned finished private integrated cooperative trust cooperation"
# Keys of a policy in the table of audits of an environment.
AUDITED = (
    "policy own gain relative self_play cross_play among_zero worst_payoff noise_loss tremble_loss"
    " slope forgiveness end_game share jain efficiency"
)


# Bytes of a page that still opens without waiting, and that can be sent.
LARGEST = 15_000_000


def build_report(data: dict, figures: Mapping[str, Path], html: Path, pdf: Path) -> None:
    """Write the report of a study.

    Args:
        data: The content of the report, with the keys of ``CONTRACT``; lists may be empty.
        figures: The SVG file of every figure that ``data["figures"]`` or a card describes, by id.
        html: Where to write the HTML file; it refers to no other file.
        pdf: Where to write the PDF file.

    An HTML file of more than `LARGEST` bytes is written with a warning that says what is large.

    Raises:
        ValueError: If the data or the figures lack something; the message says what and where.
    """
    data = plain(data)
    check(data, figures)
    drawn = {name: Path(figures[name]) for name in _described(data)}
    compile_page("report.typ", data, drawn, {"html": html, "pdf": pdf})
    size = html.stat().st_size
    if size > LARGEST:
        warnings.warn(_too_large(html, size, drawn), stacklevel=2)


def _too_large(html: Path, size: int, figures: Mapping[str, Path]) -> str:
    """How large the page is, and which figures make it so."""
    sizes = {name: path.stat().st_size for name, path in figures.items()}
    first = sorted(sizes, key=lambda name: -sizes[name])[:5]
    told = ", ".join(f"{name} {sizes[name] / 1e6:.1f} MB" for name in first)
    return (
        f"{html.name} has {size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f} MB; figures are "
        f"{sum(sizes.values()) / 1e6:.1f} MB of it, the largest {told}"
    )


def compile_page(
    template: str, data: dict, figures: Mapping[str, Path], outputs: Mapping[Format, Path]
) -> None:
    """Write a page from a template of the folder `templates`.

    Args:
        template: File name of the template.
        data: What it shows, in types that JSON knows; it reads them from `data.json`.
        figures: The SVG files that it shows, by id.
        outputs: Format, `html` or `pdf`, -> file to write. Nothing is written if one fails.
    """
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        shutil.copytree(TEMPLATES, root, dirs_exist_ok=True)
        (root / "data.json").write_text(json.dumps(data, allow_nan=False), encoding="utf-8")
        for figure, path in figures.items():
            copy = root / "figures" / f"{figure}.svg"
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        made = {path: _compile(root / template, kind) for kind, path in outputs.items()}
    for path, content in made.items():
        with replacing(path) as temporary:
            temporary.write_bytes(content)


def check(data: dict, figures: Mapping[str, Path]) -> None:
    """Raise ``ValueError`` where the data or the figures lack what the report shows."""
    for section, keys in CONTRACT.items():
        if section not in data:
            raise ValueError(f"report data lack the key {section!r}")
        single = section in SINGLE
        for i, row in enumerate([data[section]] if single else data[section]):
            _complete(section if single else f"{section}[{i}]", row, keys)
    for card in data["cards"]:
        for i, part in enumerate(card["editions"]):
            place = f"card of {card['environment']}, editions[{i}]"
            _complete(place, part, CARD_EDITION)
            for k, row in enumerate(part["audits"]):
                _complete(f"{place}, audits[{k}]", row, AUDITED)
            for k, row in enumerate(part["scores"]):
                _complete(f"{place}, scores[{k}]", row, LEARNED)
    ids = [claim["id"] for claim in data["claims"]]
    described = _described(data)
    _allowed("claims", "verdict", data["claims"], VERDICTS)
    _allowed("claims", "group", data["claims"], GROUPS)
    _allowed("claims", "figure", data["claims"], ("", *FIGURES))
    _allowed("claims", "table", data["claims"], ("", *CONTRACT))
    _allowed("highlights", "claim", data["highlights"], ("", *ids))
    _allowed("figures", "id", data["figures"], tuple(FIGURES))
    for section, names in {"claims": ids, "figures": described}.items():
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"report data: {section} has {', '.join(map(repr, twice))} twice")
    for name in described:
        if name not in figures:
            raise ValueError(f"report data describe the figure {name!r}, but no SVG was given")
        if not Path(figures[name]).is_file():
            raise ValueError(f"figure {name!r}: there is no file {figures[name]}")


def _described(data: dict) -> list[str]:
    """Ids of all figures: those of the text, then those of the cards and of the cases."""
    parts = [part for card in data["cards"] for part in card["editions"]] + data["cases"]
    drawn = [figure for part in parts for figure in part["figures"]]
    return [figure["id"] for figure in (*data["figures"], *drawn)]


def _complete(place: str, row: Mapping[str, Any], keys: str) -> None:
    """Raise ``ValueError`` if a dictionary lacks some keys."""
    missing = [key for key in keys.split() if key not in row]
    if missing:
        raise ValueError(f"report data: {place} lacks {', '.join(map(repr, missing))}")


def _allowed(section: str, key: str, rows: list[dict], values: tuple[str, ...]) -> None:
    """Raise ``ValueError`` if a row has another value than those listed."""
    for i, row in enumerate(rows):
        if (row[key] or "") not in values:
            known = ", ".join(map(repr, values)) or "nothing"
            raise ValueError(
                f"report data: {section}[{i}] has {key} {row[key]!r}; allowed are {known}"
            )


def plain(value: Any) -> Any:
    """The value in types that JSON knows: numpy scalars as numbers, NaN and infinity as null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _compile(source: Path, target: Format) -> bytes:
    """A page as HTML or PDF."""
    # System fonts differ between machines; those of Typst and of the figures do not.
    made = typst.compile(
        source,
        root=source.parent,
        format=target,
        sys_inputs={"target": target},
        ignore_system_fonts=True,
        font_paths=[FONTS],
    )
    return BASE64.sub(_as_text, made) if target == "html" else _packed(made)


def _packed(document: bytes) -> bytes:
    """A PDF whose structure for screen readers is compressed: two thirds of its size without."""
    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(document)) as pdf:
        # A constant identifier, so that equal reports are equal files.
        pdf.save(
            packed,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
        )
    return packed.getvalue()


def _as_text(uri: re.Match[bytes]) -> bytes:
    """A picture as text in the page: base64 takes a third more."""
    picture = base64.b64decode(uri[1]).replace(b"%", b"%25").replace(b"'", b"%27")
    for sign, code in ((b"#", b"%23"), (b"<", b"%3C"), (b">", b"%3E"), (b'"', b"'")):
        picture = picture.replace(sign, code)
    return b"data:image/svg+xml," + picture
