# Tables that each figure is drawn from, by the names of its function's arguments; the edition that
# a figure is about.
FIGURE_INPUTS = {
    "editions": {"certificates": rules.certificates.output},
    "response_curves": {"reference": REFERENCE, "scores": rules.scores.output},
    "formal_response_curves": {"reference": REFERENCE, "scores": rules.scores.output},
    "identity": {"reference": REFERENCE},
    "learning_curves": {"scores": rules.scores.output, "curves": CURVES},
    "scores": {"aggregates": rules.aggregates.output},
    **{
        name: {
            name: rules.performance.output[name],
            "performance": rules.performance.output.performance,
            "pools": rules.performance.output.pools,
        }
        for name in ("performance_profiles", "improvement", "ranks")
    },
    "class_gaps": {"class_gaps": rules.published_forms.output.class_gaps},
    "crossovers": {"class_gaps": rules.published_forms.output.class_gaps},
    "budgets": {
        "budgets": rules.budgets.output,
        "pools": rules.performance.output.pools,
    },
    "released_audit": {"released_audit": rules.released_audit_tables.output.audit},
    "biaxial_phases": {
        "biaxial_maps": rules.biaxial.output.maps,
        "biaxial_outcomes": rules.biaxial.output.outcomes,
    },
    "biaxial_calibration": {
        "biaxial_maps": rules.biaxial.output.maps,
        "biaxial_calibration": BIAXIAL_CALIBRATIONS,
    },
}
if CERTIFIED:
    FIGURE_INPUTS["learner_certificates"] = {
        "learner_certificates": rules.learner_certificates.output
    }
if ABLATIONS:
    FIGURE_INPUTS["ablation_chain"] = {"ablations": ABLATIONS}
if AUDITS["behaviour"]:
    FIGURE_INPUTS["exploitability"] = {
        "audit_exploitability": AUDITS["exploitability"],
        "certificates": rules.certificates.output,
    }
    FIGURE_INPUTS["behaviour"] = {"audit_behaviour": AUDITS["behaviour"]}
if CASES:
    FIGURE_INPUTS["case_scores"] = {"case_scores": CASE_RESULTS["case_scores"]}
CAMPAIGN_FIGURES = {
    "capacity": ("capacity", "capacity_agreement"),
    "critic_rate": ("critic_rates",),
    "mutuality": ("mutuality", "mutuality_jumps"),
    "population": ("population",),
}
for campaign in CAMPAIGN_CELLS:
    tables = CAMPAIGN_FIGURES[campaign]
    FIGURE_INPUTS[tables[0]] = {
        name: rules.campaign_tables.output[name] for name in tables
    }
if BIAXIAL_CELLS:
    FIGURE_INPUTS["biaxial_trained"] = {
        "biaxial_maps": rules.biaxial.output.maps,
        "biaxial_trained": rules.biaxial_comparison.output.trained,
    }
FIGURE_EDITIONS = {
    "ablation_chain": "v0",
    "response_curves": "v0",
    "formal_response_curves": "v1",
    "identity": "v0",
    "released_audit": "v0",
    "biaxial_phases": "v0",
    "biaxial_trained": "v0",
    "biaxial_calibration": "v0",
}
FIGURES = [
    name
    for name in FIGURE_INPUTS
    if FIGURE_EDITIONS.get(name, STUDY["editions"][0]) in STUDY["editions"]
]
CURVE_FIGURES = [f"{RESULTS}/figures/environments/{id}" for id in IDS]
INCENTIVE_FIGURES = [f"{RESULTS}/figures/incentives/{id}" for id in IDS]
AUDITED_IDS = [f"{env}-{edition}" for edition, env in STUDY.audited_environments]
CASE_FIGURES = [f"{RESULTS}/figures/cases/{case}" for case in CASES]
AUDIT_FIGURES = [f"{RESULTS}/figures/audits/{id}" for id in AUDITED_IDS]


rule figure:
    """One figure, its CSV twin and its caption."""
    input:
        unpack(lambda wildcards: FIGURE_INPUTS[wildcards.figure]),
    output:
        svg=report(
            f"{RESULTS}/figures/{{figure}}.svg",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        csv=f"{RESULTS}/figures/{{figure}}.csv",
        text=f"{RESULTS}/figures/{{figure}}.json",
    log:
        f"{LOGS}/figures/{{figure}}.log",
    benchmark:
        f"{BENCHMARKS}/figures/{{figure}}.tsv"
    wildcard_constraints:
        figure="|".join(FIGURES),
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.figures", "coopetition.reports.schema"),
        texts=data_hash("reports/published"),
    message:
        "Drawing {wildcards.figure}"
    script:
        "../scripts/figure.py"


rule environment_figures:
    """Response and learning curves of every environment, each with CSV twin and caption."""
    input:
        reference=REFERENCE,
        scores=rules.scores.output,
        curves=CURVES,
    output:
        svg=[
            report(
                f"{path}.svg",
                caption="../report/environment.rst",
                category="Environments",
                labels={"environment": id},
            )
            for id, path in zip(IDS, CURVE_FIGURES)
        ],
        csv=[f"{path}.csv" for path in CURVE_FIGURES],
        text=[f"{path}.json" for path in CURVE_FIGURES],
    log:
        f"{LOGS}/environment_figures.log",
    benchmark:
        f"{BENCHMARKS}/environment_figures.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.curves", "coopetition.reports.schema"),
        texts=data_hash("reports/published"),
    message:
        "Drawing the response curve of every environment"
    script:
        "../scripts/sheets.py"


rule incentive_figures:
    """Schelling diagram and best replies of every environment, each with CSV twin and caption."""
    input:
        certificates=rules.certificates.output,
        best_replies=REPLIES,
    output:
        svg=[
            report(
                f"{path}.svg",
                caption="../report/incentives.rst",
                category="Incentives",
                labels={"environment": id},
            )
            for id, path in zip(IDS, INCENTIVE_FIGURES)
        ],
        csv=[f"{path}.csv" for path in INCENTIVE_FIGURES],
        text=[f"{path}.json" for path in INCENTIVE_FIGURES],
    log:
        f"{LOGS}/incentive_figures.log",
    benchmark:
        f"{BENCHMARKS}/incentive_figures.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.incentives", "coopetition.reports.schema"),
    message:
        "Drawing the incentives in every environment"
    script:
        "../scripts/sheets.py"


rule audit_figures:
    """The audits of policies on every audited environment, each with CSV twin and caption."""
    input:
        audit_deviations=AUDITS["deviations"],
        audit_exploitability=AUDITS["exploitability"],
        audit_cross_play=AUDITS["cross_play"],
        audit_behaviour=AUDITS["behaviour"],
        audit_schelling=AUDITS["schelling"],
        audit_trajectories=AUDITS["trajectories"],
    output:
        svg=[
            report(
                f"{path}.svg",
                caption="../report/audit.rst",
                category="Audits",
                labels={"environment": id},
            )
            for id, path in zip(AUDITED_IDS, AUDIT_FIGURES)
        ],
        csv=[f"{path}.csv" for path in AUDIT_FIGURES],
        text=[f"{path}.json" for path in AUDIT_FIGURES],
    log:
        f"{LOGS}/audit_figures.log",
    benchmark:
        f"{BENCHMARKS}/audit_figures.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.audit_sheets", "coopetition.reports.schema"),
    message:
        "Drawing the audits of policies in every environment"
    script:
        "../scripts/sheets.py"


rule case_figures:
    """What every case does and scores, each with CSV twin and caption."""
    input:
        **{
            name: CASE_RESULTS[name]
            for name in (
                "case_scores",
                "case_nulls",
                "case_items",
                "case_ablations",
                "case_series",
                "case_targets",
            )
        },
    output:
        svg=[
            report(
                f"{path}.svg",
                caption="../report/cases.rst",
                category="Case studies",
                labels={"case": case},
            )
            for case, path in zip(CASES, CASE_FIGURES)
        ],
        csv=[f"{path}.csv" for path in CASE_FIGURES],
        text=[f"{path}.json" for path in CASE_FIGURES],
    log:
        f"{LOGS}/case_figures.log",
    benchmark:
        f"{BENCHMARKS}/case_figures.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.case_figures", "coopetition.reports.schema"),
        data=data_hash(*(f"reports/cases/{case}.yaml" for case in CASES)),
    message:
        "Drawing the case studies"
    script:
        "../scripts/sheets.py"
