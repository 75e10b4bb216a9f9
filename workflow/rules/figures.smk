# Tables that each figure is drawn from, by the names of its function's arguments.
FIGURE_INPUTS = {
    "response_curves": {"reference": REFERENCE, "scores": rules.scores.output},
    "identity": {"reference": REFERENCE},
    "learning_curves": {"scores": rules.scores.output, "curves": CURVES},
    "scores": {"aggregates": rules.aggregates.output},
}
FIGURES = list(FIGURE_INPUTS)


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
    message:
        "Drawing {wildcards.figure}"
    script:
        "../scripts/figure.py"
