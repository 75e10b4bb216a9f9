rule scores:
    """Every run with its normalised scores."""
    input:
        training=TRAINING,
        reference=REFERENCE,
        certificates=rules.certificates.output,
    output:
        f"{RESULTS}/scores.parquet",
    log:
        f"{LOGS}/scores.log",
    benchmark:
        f"{BENCHMARKS}/scores.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.statistics", "coopetition.reports.schema"),
    message:
        "Scoring all runs"
    script:
        "../scripts/scores.py"


rule aggregates:
    """Interquartile means with stratified bootstrap intervals."""
    input:
        rules.scores.output,
    output:
        report(
            f"{RESULTS}/tables/aggregates.csv",
            caption="../report/aggregates.rst",
            category="Tables",
            labels={"table": "scores with intervals"},
        ),
    log:
        f"{LOGS}/aggregates.log",
    benchmark:
        f"{BENCHMARKS}/aggregates.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("aggregates")),
    params:
        repetitions=STUDY["bootstrap_repetitions"],
        code=code_hash("coopetition.reports.statistics", "coopetition.reports.schema"),
    message:
        "Aggregating scores"
    script:
        "../scripts/aggregates.py"


rule performance:
    """How learners perform on the environments that they have in common."""
    input:
        rules.scores.output,
    output:
        pools=f"{RESULTS}/tables/pools.csv",
        performance=report(
            f"{RESULTS}/tables/performance.csv",
            caption="../report/performance.rst",
            category="Tables",
            labels={"table": "performance of learners"},
        ),
        performance_profiles=f"{RESULTS}/tables/performance_profiles.csv",
        improvement=report(
            f"{RESULTS}/tables/improvement.csv",
            caption="../report/performance.rst",
            category="Tables",
            labels={"table": "probability of improvement"},
        ),
        ranks=report(
            f"{RESULTS}/tables/ranks.csv",
            caption="../report/performance.rst",
            category="Tables",
            labels={"table": "ranks of learners"},
        ),
    log:
        f"{LOGS}/performance.log",
    benchmark:
        f"{BENCHMARKS}/performance.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("performance")),
    params:
        repetitions=STUDY["bootstrap_repetitions"],
        code=code_hash("coopetition.reports.performance", "coopetition.reports.schema"),
    message:
        "Comparing learners on common environments"
    script:
        "../scripts/performance.py"


rule significance:
    """Do learners differ, are they the same, and what could these seeds show?"""
    input:
        rules.scores.output,
    output:
        paired_tests=report(
            f"{RESULTS}/tables/paired_tests.csv",
            caption="../report/significance.rst",
            category="Tables",
            labels={"table": "tests of pairs of learners"},
        ),
        equivalence=f"{RESULTS}/tables/equivalence.csv",
        power=report(
            f"{RESULTS}/tables/power.csv",
            caption="../report/significance.rst",
            category="Tables",
            labels={"table": "what these seeds can show"},
        ),
    log:
        f"{LOGS}/significance.log",
    benchmark:
        f"{BENCHMARKS}/significance.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("significance")),
    params:
        code=code_hash("coopetition.reports.significance", "coopetition.reports.schema"),
        texts=data_hash("reports/published"),
    message:
        "Testing learners against each other"
    script:
        "../scripts/significance.py"


rule published_forms:
    """The published tables of learners from this run, and their corrected forms."""
    input:
        scores=rules.scores.output,
        reference=REFERENCE,
        curves=CURVES,
    output:
        published_means=report(
            f"{RESULTS}/tables/published_means.csv",
            caption="../report/published_forms.rst",
            category="Tables",
            labels={"table": "mean returns, published form"},
        ),
        returns_summary=f"{RESULTS}/tables/returns_summary.csv",
        reward_ablation_summary=f"{RESULTS}/tables/reward_ablation_summary.csv",
        class_rankings=report(
            f"{RESULTS}/tables/class_rankings.csv",
            caption="../report/published_forms.rst",
            category="Tables",
            labels={"table": "rankings by class, in score"},
        ),
        class_gaps=report(
            f"{RESULTS}/tables/class_gaps.csv",
            caption="../report/published_forms.rst",
            category="Tables",
            labels={"table": "gaps by class"},
        ),
        oracle_gaps=report(
            f"{RESULTS}/tables/oracle_gaps.csv",
            caption="../report/published_forms.rst",
            category="Tables",
            labels={"table": "learners against oracles"},
        ),
        exceedances=report(
            f"{RESULTS}/tables/exceedances.csv",
            caption="../report/published_forms.rst",
            category="Tables",
            labels={"table": "exceedance of an oracle"},
        ),
        contributions=report(
            f"{RESULTS}/tables/contributions.csv",
            caption="../report/published_forms.rst",
            category="Tables",
            labels={"table": "contribution of interdependence"},
        ),
        mode_effects=report(
            f"{RESULTS}/tables/mode_effects.csv",
            caption="../report/published_forms.rst",
            category="Tables",
            labels={"table": "what the reward mode changes"},
        ),
        breakdowns=report(
            f"{RESULTS}/tables/breakdowns.csv",
            caption="../report/published_forms.rst",
            category="Tables",
            labels={"table": "runs that break down"},
        ),
        instability=report(
            f"{RESULTS}/tables/instability.csv",
            caption="../report/published_forms.rst",
            category="Tables",
            labels={"table": "unstable runs"},
        ),
    log:
        f"{LOGS}/published_forms.log",
    benchmark:
        f"{BENCHMARKS}/published_forms.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("published_forms")),
    params:
        repetitions=STUDY["bootstrap_repetitions"],
        code=code_hash(
            "coopetition.reports.breakdowns",
            "coopetition.reports.class_gaps",
            "coopetition.reports.class_rankings",
            "coopetition.reports.contribution",
            "coopetition.reports.mode_effects",
            "coopetition.reports.oracle_gaps",
            "coopetition.reports.published_means",
            "coopetition.reports.returns",
            "coopetition.reports.schema",
        ),
        texts=data_hash("reports/published"),
    message:
        "Making the published tables from this run"
    script:
        "../scripts/published_forms.py"


rule budgets:
    """How the ranking of learners moves with training."""
    input:
        scores=rules.scores.output,
        curves=CURVES,
    output:
        report(
            f"{RESULTS}/tables/budgets.csv",
            caption="../report/budgets.rst",
            category="Tables",
            labels={"table": "rankings along training"},
        ),
    log:
        f"{LOGS}/budgets.log",
    benchmark:
        f"{BENCHMARKS}/budgets.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("budgets")),
    params:
        repetitions=STUDY["bootstrap_repetitions"],
        code=code_hash("coopetition.reports.budgets", "coopetition.reports.schema"),
    message:
        "Ranking learners along training"
    script:
        "../scripts/budgets.py"


rule reference_scores:
    """What every policy scores on every environment, for comparison with others."""
    input:
        scores=rules.scores.output,
        reference=REFERENCE,
        certificates=rules.certificates.output,
    output:
        report(
            f"{RESULTS}/tables/reference_scores.csv",
            caption="../report/reference_scores.rst",
            category="Tables",
            labels={"table": "scores of all policies"},
        ),
    log:
        f"{LOGS}/reference_scores.log",
    benchmark:
        f"{BENCHMARKS}/reference_scores.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash(
            "coopetition.reports.reference_scores", "coopetition.reports.schema"
        ),
    message:
        "Listing the scores of all policies"
    script:
        "../scripts/reference_scores.py"


rule identity:
    """Is cooperative reward, summed over agents, the same as integrated reward?"""
    input:
        REFERENCE,
    output:
        report(
            f"{RESULTS}/tables/identity.csv",
            caption="../report/identity.rst",
            category="Tables",
            labels={"table": "integrated against cooperative"},
        ),
    log:
        f"{LOGS}/identity.log",
    benchmark:
        f"{BENCHMARKS}/identity.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.statistics", "coopetition.reports.schema"),
    message:
        "Comparing integrated and cooperative reward"
    script:
        "../scripts/identity.py"


rule learner_certificates:
    """Do independent learners end at the equilibrium, or at the joint optimum?"""
    input:
        training=CERTIFIED,
        certificates=rules.certificates.output,
    output:
        report(
            f"{RESULTS}/tables/learner_certificates.csv",
            caption="../report/learner_certificates.rst",
            category="Tables",
            labels={"table": "where learners end"},
        ),
    log:
        f"{LOGS}/learner_certificates.log",
    benchmark:
        f"{BENCHMARKS}/learner_certificates.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.convergence", "coopetition.reports.schema"),
    message:
        "Comparing where learners end with equilibrium and optimum"
    script:
        "../scripts/learner_certificates.py"


rule learner_signatures:
    """Does a learner differ from the one that it improves on, as its paper says?"""
    input:
        SIGNED,
    output:
        report(
            f"{RESULTS}/tables/learner_signatures.csv",
            caption="../report/learner_signatures.rst",
            category="Tables",
            labels={"table": "signatures of learners"},
        ),
    log:
        f"{LOGS}/learner_signatures.log",
    benchmark:
        f"{BENCHMARKS}/learner_signatures.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.convergence", "coopetition.reports.schema"),
    message:
        "Comparing learners with those that they improve on"
    script:
        "../scripts/learner_signatures.py"
