"""Rule published_forms."""

from common import start
from coopetition.reports import schema
from coopetition.reports.breakdowns import breakdown_rows, instability_rows
from coopetition.reports.class_gaps import gap_rows
from coopetition.reports.class_rankings import ranking_rows
from coopetition.reports.contribution import contribution_rows
from coopetition.reports.mode_effects import mode_rows
from coopetition.reports.oracle_gaps import exceedance_rows
from coopetition.reports.oracle_gaps import gap_rows as oracle_gap_rows
from coopetition.reports.published_means import mean_rows
from coopetition.reports.returns import ablation_rows, return_rows


def main(snakemake):
    start(snakemake)
    scores = schema.read("scores", snakemake.input.scores)
    reference = schema.read("reference", snakemake.input.reference)
    curves = schema.read("curves", snakemake.input.get("curves"))
    repetitions, output = snakemake.params.repetitions, snakemake.output
    gaps = gap_rows(scores, repetitions=repetitions)
    contributions = contribution_rows(scores, reference, repetitions=repetitions)
    schema.write("published_means", mean_rows(scores, reference), output.published_means)
    schema.write("class_gaps", gaps, output.class_gaps)
    rankings = ranking_rows(scores, repetitions=repetitions)
    schema.write("class_rankings", rankings, output.class_rankings)
    against = oracle_gap_rows(scores, reference, repetitions=repetitions)
    schema.write("oracle_gaps", against, output.oracle_gaps)
    exceedances = exceedance_rows(schema.table("oracle_gaps", against), reference)
    schema.write("exceedances", exceedances, output.exceedances)
    schema.write("contributions", contributions, output.contributions)
    returns = schema.table("returns_summary", return_rows(scores, reference))
    schema.write("returns_summary", returns, output.returns_summary)
    ablation = ablation_rows(returns)
    schema.write("reward_ablation_summary", ablation, output.reward_ablation_summary)
    schema.write("breakdowns", breakdown_rows(scores), output.breakdowns)
    schema.write("instability", instability_rows(scores, curves), output.instability)
    effects = mode_rows(scores, repetitions=repetitions)
    schema.write("mode_effects", effects, output.mode_effects)


main(snakemake)  # noqa: F821
