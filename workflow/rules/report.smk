rule report:
    """The report as HTML and PDF, with the provenance of this build beside it."""
    input:
        **CASE_RESULTS,
        **dict(rules.campaign_tables.output.items()),
        plan=rules.design.output.runs,
        contract=rules.contract.output,
        certificates=rules.certificates.output,
        contract_comparison=rules.comparison.output.contract,
        counts=rules.comparison.output.counts,
        page_results=rules.comparison.output.pages,
        reference=REFERENCE,
        scores=rules.scores.output,
        aggregates=rules.aggregates.output,
        identity=rules.identity.output,
        learner_cards=rules.learner_cards.output.table,
        setting_differences=rules.learner_cards.output.differences,
        learner_certificates=rules.learner_certificates.output if CERTIFIED else [],
        learner_signatures=rules.learner_signatures.output if SIGNED else [],
        claims=rules.claims.output,
        pools=rules.performance.output.pools,
        performance=rules.performance.output.performance,
        ranks=rules.performance.output.ranks,
        paired_tests=rules.significance.output.paired_tests,
        equivalence=rules.significance.output.equivalence,
        power=rules.significance.output.power,
        published_means=rules.published_forms.output.published_means,
        class_rankings=rules.published_forms.output.class_rankings,
        class_gaps=rules.published_forms.output.class_gaps,
        contributions=rules.published_forms.output.contributions,
        mode_effects=rules.published_forms.output.mode_effects,
        threats=rules.threats.output,
        ablations=ABLATIONS,
        released_audit=rules.released_audit_tables.output.audit,
        released_audit_figures=rules.released_audit_tables.output.figures,
        released_audit_records=rules.released_audit_tables.output.records,
        audit_exploitability=AUDITS["exploitability"],
        audit_cross_play=AUDITS["cross_play"],
        audit_cross_play_summary=rules.audit_tables.output.summary,
        audit_worst_case_training=rules.audit_tables.output.worst_case,
        audit_robustness=AUDITS["robustness"],
        audit_behaviour=AUDITS["behaviour"],
        audit_reward_hacking=rules.audit_tables.output.hacking,
        case_claims=rules.case_tables.output.claims if CASES else [],
        case_rollouts=CASE_ROLLOUTS,
        case_sheets=rules.case_figures.output.svg if CASES else [],
        case_texts=rules.case_figures.output.text if CASES else [],
        biaxial=rules.biaxial.output.comparison,
        biaxial_outcomes=rules.biaxial.output.outcomes,
        biaxial_calibration=rules.biaxial.output.calibration,
        corpora=rules.corpora.output.inventory,
        corpus_integrity=rules.corpus_integrity.output,
        croissant_records=rules.croissant_validation.output,
        figures=expand(f"{RESULTS}/figures/{{figure}}.svg", figure=FIGURES),
        texts=expand(f"{RESULTS}/figures/{{figure}}.json", figure=FIGURES),
        curves=rules.environment_figures.output.svg,
        curve_texts=rules.environment_figures.output.text,
        incentives=rules.incentive_figures.output.svg,
        incentive_texts=rules.incentive_figures.output.text,
        audits=rules.audit_figures.output.svg if AUDITED_IDS else [],
        audit_texts=rules.audit_figures.output.text if AUDITED_IDS else [],
    output:
        html=report(
            f"{RESULTS}/report/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"format": "HTML"},
        ),
        pdf=report(
            f"{RESULTS}/report/report.pdf",
            caption="../report/report.rst",
            category="Report",
            labels={"format": "PDF"},
        ),
        provenance=f"{RESULTS}/report/provenance.json",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report.tsv"
    conda:
        "../../environment.yml"
    params:
        study=STUDY,
        configuration=STUDY.hash,  # Snakemake compares plain values only
        code=code_hash(
            "coopetition.reports.content",
            "coopetition.reports.provenance",
            "coopetition.reports.report",
        ),
        texts=data_hash(
            "reports/claims",
            "reports/recorded",
            "reports/templates",
            "reports/threats.yaml",
        ),
    message:
        "Writing the report"
    script:
        "../scripts/report.py"
