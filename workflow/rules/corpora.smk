CORPORA_FOLDER = f"{RESULTS}/corpora"
TRAJECTORIES = {
    part: [
        f"{RESULTS}/trajectories/{edition}/{env}.{part}.parquet"
        for edition, env in STUDY.trajectory_environments
    ]
    for part in ("sets", "transitions")
}


rule trajectories:
    """Data sets of transitions of one environment, with their quality and coverage."""
    input:
        solution=rules.solution.output,
        models=lambda w: [
            f"{RESULTS}/models/{w.edition}/{w.env}/{policy}.zip"
            for policy in STUDY.learners_on(w.edition, w.env)
        ],
    output:
        sets=f"{RESULTS}/trajectories/{{edition}}/{{env}}.sets.parquet",
        transitions=f"{RESULTS}/trajectories/{{edition}}/{{env}}.transitions.parquet",
    log:
        f"{LOGS}/trajectories/{{edition}}/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/trajectories/{{edition}}/{{env}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,  # torch, every learner, and all transitions of the environment at once
        runtime=30,
    params:
        trajectories={
            key: value
            for key, value in STUDY["trajectories"].items()
            if key != "environments"
        },
        code=trajectory_code,
        columns=columns_hash("transition_sets", "transitions"),
    message:
        "Trajectories on {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/trajectories.py"


# Corpus -> files of this study that it is made of, and why there may be none.
CORPUS_SOURCES = {
    "training_runs": (rules.scores.output, ""),
    "learning_curves": (CURVES, "nothing is trained in this study"),
    "evaluation_episodes": (
        [path.replace(".parquet", ".evaluations.parquet") for path in TRAINING],
        "nothing is trained in this study",
    ),
    "audit_records": (
        (
            rules.released_audit_tables.output.records
            if STUDY.published_environments
            else []
        ),
        "no released environment is part of this study",
    ),
    **{
        f"audit_{name}": (
            RELEASED_AUDITS[name],
            "no released environment is part of this study",
        )
        for name in ("surface", "static", "temporal")
    },
    **{
        name if name == "cross_play" else f"audit_{name}": (
            AUDITS[name],
            "no policy is audited in this study (factor audits)",
        )
        for name in (
            *("deviations", "exploitability", "robustness", "behaviour"),
            "cross_play",
        )
    },
    "case_scores": (
        rules.case_tables.output.scores if CASES else [],
        "no case study is part of this study",
    ),
    "case_items": (
        rules.case_tables.output.criteria if CASES else [],
        "no case study is part of this study",
    ),
    "certificates": (rules.certificates.output, ""),
    "response_surfaces": (REFERENCE, ""),
    "reference_policies": (REFERENCE, ""),
    "trajectory_sets": (
        TRAJECTORIES["sets"],
        "no trajectories are recorded in this study (factor trajectories)",
    ),
    "trajectories": (
        TRAJECTORIES["transitions"],
        "no trajectories are recorded in this study (factor trajectories)",
    ),
}
CORPUS_INPUTS = {name: files for name, (files, _) in CORPUS_SOURCES.items() if files}
CORPUS_FILES = [f"{CORPORA_FOLDER}/{name}.parquet" for name in CORPUS_INPUTS]


rule corpora:
    """Every result that others may want to work on, as one Parquet file per kind."""
    input:
        **CORPUS_INPUTS,
    output:
        files=CORPUS_FILES,
        inventory=report(
            f"{RESULTS}/tables/corpora.csv",
            caption="../report/corpora.rst",
            category="Corpora",
            labels={"table": "corpora"},
        ),
    log:
        f"{LOGS}/corpora.log",
    benchmark:
        f"{BENCHMARKS}/corpora.tsv"
    conda:
        "../../environment.yml"
    params:
        left_out={
            name: reason
            for name, (files, reason) in CORPUS_SOURCES.items()
            if not files
        },
        study=STUDY.name,
        configuration=STUDY.hash,
        code=code_hash("coopetition.reports.corpora.package"),
    message:
        "Packaging the corpora"
    script:
        "../scripts/corpora.py"


rule corpus_integrity:
    """Are the corpora whole: all that was planned, nothing twice, nothing that nobody planned?"""
    input:
        files=rules.corpora.output.files,
        inventory=rules.corpora.output.inventory,
        plan=rules.design.output.runs,
        runs=TRAINING,
    output:
        report(
            f"{RESULTS}/tables/corpus_integrity.csv",
            caption="../report/corpora.rst",
            category="Corpora",
            labels={"table": "integrity"},
        ),
    log:
        f"{LOGS}/corpus_integrity.log",
    benchmark:
        f"{BENCHMARKS}/corpus_integrity.tsv"
    conda:
        "../../environment.yml"
    params:
        places=STUDY.environments,
        code=code_hash("coopetition.reports.corpora.integrity"),
    message:
        "Checking the integrity of the corpora"
    script:
        "../scripts/corpus_integrity.py"


rule croissant:
    """Metadata, dataset card, datasheet, licence and citation, filled from the corpora."""
    input:
        inventory=rules.corpora.output.inventory,
        runs=f"{CORPORA_FOLDER}/training_runs.parquet",
        integrity=rules.corpus_integrity.output,
    output:
        metadata=f"{CORPORA_FOLDER}/croissant.json",
        card=f"{CORPORA_FOLDER}/README.md",
        datasheet=f"{CORPORA_FOLDER}/DATASHEET.md",
        licence=f"{CORPORA_FOLDER}/LICENSE",
        citation=f"{CORPORA_FOLDER}/CITATION.cff",
    log:
        f"{LOGS}/croissant.log",
    benchmark:
        f"{BENCHMARKS}/croissant.tsv"
    conda:
        "../../environment.yml"
    params:
        study=STUDY.name,
        scale=STUDY.scale,
        configuration=STUDY.hash,
        code=code_hash(
            "coopetition.reports.corpora.croissant",
            "coopetition.reports.corpora.documents",
        ),
        texts=data_hash("reports/corpora/texts", "CITATION.cff"),
    message:
        "Describing the corpora"
    script:
        "../scripts/croissant.py"


rule croissant_validation:
    """Does mlcroissant accept the metadata, and load through them what the files hold?"""
    input:
        metadata=rules.croissant.output.metadata,
        files=rules.corpora.output.files,
    output:
        report(
            f"{RESULTS}/tables/croissant_records.csv",
            caption="../report/corpora.rst",
            category="Corpora",
            labels={"table": "records loaded through the metadata"},
        ),
    log:
        f"{LOGS}/croissant_validation.log",
    benchmark:
        f"{BENCHMARKS}/croissant_validation.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.corpora.validation"),
    message:
        "Loading the corpora through their metadata"
    script:
        "../scripts/croissant_validation.py"


RELEASED_CORPUS = f"{RESULTS}/released_corpus"


rule released_corpus:
    """The released corpus, where a user has it, in the tables and the analysis of a study."""
    input:
        corpus=released_folder,
        reference=REFERENCE,
        certificates=rules.certificates.output,
    output:
        runs=f"{RELEASED_CORPUS}/training_runs.parquet",
        curves=f"{RELEASED_CORPUS}/learning_curves.parquet",
        records=f"{RELEASED_CORPUS}/released_records.parquet",
        summary=f"{RELEASED_CORPUS}/summary.csv",
        aggregates=f"{RELEASED_CORPUS}/aggregates.csv",
    log:
        f"{LOGS}/released_corpus.log",
    conda:
        "../../environment.yml"
    params:
        repetitions=STUDY["bootstrap_repetitions"],
        code=code_hash(
            "coopetition.reports.corpora.released",
            "coopetition.reports.corpora.analysis",
        ),
    message:
        "Analysing the released corpus {input.corpus}"
    script:
        "../scripts/released_corpus.py"


rule analyse_released:
    """`snakemake analyse_released --config corpus=FOLDER`."""
    input:
        rules.released_corpus.output,
