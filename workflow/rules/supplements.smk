rule biaxial:
    """The two-dimensional S-LCD, solved and calibrated."""
    output:
        outcomes=f"{RESULTS}/supplements/biaxial/outcomes.parquet",
        maps=f"{RESULTS}/supplements/biaxial/maps.parquet",
        calibration=f"{RESULTS}/supplements/biaxial/calibration.parquet",
    log:
        f"{LOGS}/biaxial.log",
    benchmark:
        f"{BENCHMARKS}/biaxial.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.biaxial", "coopetition.reports.schema"),
        texts=data_hash("reports/published/slcd_2d_published.csv"),
    message:
        "Solving and calibrating the two-dimensional S-LCD"
    script:
        "../scripts/biaxial.py"


# What learners play there, a file per job of the campaign.
BIAXIAL_CELLS = [
    f"{RESULTS}/supplements/{'/'.join(cell)}.played.parquet"
    for cell in campaigns.cells(STUDY)
    if cell[0] == campaigns.BIAXIAL
]


# Where calibrations by training go, a file per job.
TRAINED_CALIBRATIONS = [
    f"{RESULTS}/supplements/{'/'.join(cell)}.calibration.parquet"
    for cell in campaigns.calibrations(STUDY)
]
BIAXIAL_CALIBRATIONS = [rules.biaxial.output.calibration, *TRAINED_CALIBRATIONS]


# The path of such a job below the folders of supplements.
BIAXIAL_JOB = f"{campaigns.BIAXIAL}/{{variant}}/{'/'.join(campaigns.PLACE)}/{{policy}}"


# One job per point and learner, of which the runs count and what they play.
use rule train as biaxial_training with:
    output:
        training=f"{RESULTS}/supplements/{BIAXIAL_JOB}.parquet",
        played=f"{RESULTS}/supplements/{BIAXIAL_JOB}.played.parquet",
    log:
        f"{LOGS}/supplements/{BIAXIAL_JOB}.log",
    benchmark:
        f"{BENCHMARKS}/supplements/{BIAXIAL_JOB}.tsv"
    wildcard_constraints:
        variant=r"eta-[0-9.]+-beta-[0-9.]+",
    resources:
        **trains(lambda w: campaigns.runs(STUDY, biaxial_cell(w))),
    params:
        cell=lambda w: campaigns.runs(STUDY, biaxial_cell(w)),
        checkpoints=1,
        code=lambda w: code_hash(
            "coopetition.agents.training",
            "coopetition.agents.appropriation_runs",
            envs.spec(f"{campaigns.PLACE[1]}-{campaigns.PLACE[0]}").module,
            learner(w.policy).module,
        ),
        columns=columns_hash("training", "biaxial_runs"),
        work=lambda w: f"{WORK}/supplements-{'-'.join(biaxial_cell(w))}",
    message:
        "Training {wildcards.policy} on the two-dimensional S-LCD: {wildcards.variant}"


rule biaxial_calibration:
    """Kappa and xi calibrated for one objective, by runs trained at every point of the descent.

    Finished runs are kept until the job ends, as in `train`.
    """
    output:
        training=f"{RESULTS}/supplements/{BIAXIAL_JOB}.parquet",
        calibration=f"{RESULTS}/supplements/{BIAXIAL_JOB}.calibration.parquet",
    log:
        f"{LOGS}/supplements/{BIAXIAL_JOB}.log",
    benchmark:
        f"{BENCHMARKS}/supplements/{BIAXIAL_JOB}.tsv"
    wildcard_constraints:
        variant=f"{campaigns.CALIBRATED}[A-Za-z_]+",
    retries: ATTEMPTS
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        **asks(
            lambda w: COSTS.training(
                campaigns.calibration_runs(STUDY, biaxial_cell(w)), MOST_POINTS
            )
        ),
        attempt=lambda wildcards, attempt: attempt,
    params:
        cell=lambda w: campaigns.calibration_runs(STUDY, biaxial_cell(w)),
        objective=lambda w: w.variant.removeprefix(campaigns.CALIBRATED),
        code=lambda w: code_hash(
            "coopetition.agents.calibration",
            "coopetition.reports.biaxial",
            envs.spec(f"{campaigns.PLACE[1]}-{campaigns.PLACE[0]}").module,
            learner(w.policy).module,
        ),
        columns=columns_hash("training", "biaxial_calibration"),
        texts=data_hash("reports/published/slcd_2d_published.csv"),
        work=lambda w: f"{WORK}/supplements-{'-'.join(biaxial_cell(w))}",
    message:
        "Calibrating the two-dimensional S-LCD with {wildcards.policy}: {wildcards.variant}"
    script:
        "../scripts/biaxial_calibration.py"


rule biaxial_comparison:
    """What learners end with on the two-dimensional S-LCD, and all beside what is published."""
    input:
        outcomes=rules.biaxial.output.outcomes,
        calibration=BIAXIAL_CALIBRATIONS,
        played=BIAXIAL_CELLS,
    output:
        trained=report(
            f"{RESULTS}/supplements/biaxial/trained.csv",
            caption="../report/biaxial.rst",
            category="Supplements",
            labels={"table": "learners on the two-dimensional S-LCD"},
        ),
        comparison=report(
            f"{RESULTS}/supplements/biaxial/comparison.csv",
            caption="../report/biaxial.rst",
            category="Supplements",
            labels={"table": "two-dimensional S-LCD, published and recomputed"},
        ),
    log:
        f"{LOGS}/biaxial_comparison.log",
    benchmark:
        f"{BENCHMARKS}/biaxial_comparison.tsv"
    conda:
        "../../environment.yml"
    params:
        repetitions=STUDY["bootstrap_repetitions"],
        code=code_hash(
            "coopetition.reports.biaxial_comparison",
            "coopetition.reports.schema",
        ),
        texts=data_hash("reports/published/slcd_2d_published.csv"),
    message:
        "Comparing the two-dimensional S-LCD with what is published"
    script:
        "../scripts/biaxial_comparison.py"
