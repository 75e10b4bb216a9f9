# The reference study of strategic coopetition, from environments to the report.
#
#   snakemake                                   the study of config/study.yaml
#   snakemake --config scale=smoke              another scale
#   snakemake results/quick/claims.csv          one file and what it needs
#   snakemake -n                                what would run, and why
#   snakemake verify                            does this code compute what is recorded?


configfile: "config/study.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/plan.smk"
include: "workflow/rules/contract.smk"
include: "workflow/rules/certificates.smk"
include: "workflow/rules/reference.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/audits.smk"
include: "workflow/rules/cases.smk"
include: "workflow/rules/supplements.smk"
include: "workflow/rules/campaigns.smk"
include: "workflow/rules/corpora.smk"
include: "workflow/rules/threats.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/verify.smk"


report: "workflow/report/workflow.rst"


rule all:
    input:
        rules.report.output,
        rules.design.output,
        rules.learner_cards.output,
        rules.reference_scores.output,
        rules.released_audit_tables.output,
        [*AUDITS.values()],
        rules.audit_tables.output,
        rules.case_tables.output if CASES else [],
        CASE_ROLLOUTS,
        rules.campaign_tables.output,
        rules.croissant.output,
        rules.croissant_validation.output,
        CURVES,
