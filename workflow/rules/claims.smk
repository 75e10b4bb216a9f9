# Tables that claims look at -> the campaign that they need.
CAMPAIGN_EVIDENCE = {
    "capacity_agreement": "capacity",
    "critic_rates": "critic_rate",
    "mutuality": "mutuality",
    "mutuality_crossovers": "mutuality",
    "population": "population",
}


rule claims:
    """Every claim with its verdict."""
    input:
        **{
            name: (
                rules.campaign_tables.output[name]
                if campaign in STUDY["supplements"]
                else []
            )
            for name, campaign in CAMPAIGN_EVIDENCE.items()
        },
        reference=REFERENCE,
        contract=rules.contract.output,
        certificates=rules.certificates.output,
        counts=rules.comparison.output.counts,
        scores=rules.scores.output,
        identity=rules.identity.output,
        released_audit=rules.released_audit_tables.output.audit,
        released_audit_records=rules.released_audit_tables.output.records,
        threat_experiments=rules.threat_experiments.output,
        ablations=ABLATIONS,
        case_scores=rules.case_tables.output.scores if CASES else [],
        curves=[
            path
            for path in CURVES
            if path.startswith(f"{RESULTS}/training/v0/")
            and Path(path).name.startswith("MASAC.")
        ],
        biaxial=rules.biaxial_comparison.output.comparison,
        biaxial_trained=rules.biaxial_comparison.output.trained,
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
