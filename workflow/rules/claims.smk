rule claims:
    """Every claim with its verdict."""
    input:
        reference=REFERENCE,
        contract=rules.contract.output,
        certificates=rules.certificates.output,
        counts=rules.comparison.output.counts,
        scores=rules.scores.output,
        identity=rules.identity.output,
        capacity_agreement=(
            rules.campaign_tables.output.capacity_agreement
            if "capacity" in STUDY["supplements"]
            else []
        ),
        critic_rates=(
            rules.campaign_tables.output.critic_rates
            if "critic_rate" in STUDY["supplements"]
            else []
        ),
        mutuality=(
            rules.campaign_tables.output.mutuality
            if "mutuality" in STUDY["supplements"]
            else []
        ),
        mutuality_crossovers=(
            rules.campaign_tables.output.mutuality_crossovers
            if "mutuality" in STUDY["supplements"]
            else []
        ),
        population=(
            rules.campaign_tables.output.population
            if "population" in STUDY["supplements"]
            else []
        ),
        released_audit=rules.released_audit_tables.output.audit,
        released_audit_records=rules.released_audit_tables.output.records,
        case_scores=rules.case_tables.output.scores if CASES else [],
        curves=[
            path
            for path in CURVES
            if path.startswith(f"{RESULTS}/training/v0/")
            and Path(path).name.startswith("MASAC.")
        ],
        biaxial=rules.biaxial.output.comparison,
    output:
        report(
            f"{RESULTS}/claims.csv",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "claims and verdicts"},
        ),
    log:
        f"{LOGS}/claims.log",
    benchmark:
        f"{BENCHMARKS}/claims.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("claims")),
    params:
        repetitions=STUDY["bootstrap_repetitions"],
        code=code_hash("coopetition.reports.verdicts", "coopetition.reports.schema"),
        texts=data_hash("reports/claims", "reports/published"),
    message:
        "Deciding the claims"
    script:
        "../scripts/claims.py"
