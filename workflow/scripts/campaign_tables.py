"""Rule campaign_tables."""

from common import start
from coopetition.reports import schema
from coopetition.reports.capacity import capacity, capacity_agreement
from coopetition.reports.columns import CAMPAIGNS
from coopetition.reports.critic_rates import critic_rates
from coopetition.reports.mutuality import crossovers, jumps, mutuality
from coopetition.reports.population import partners, population


def main(snakemake):
    start(snakemake)
    files, many = snakemake.input, {"repetitions": snakemake.params.repetitions}
    runs = {name: schema.read("campaign_runs", files.get(name, [])) for name in CAMPAIGNS}
    equilibria = schema.read("dial_equilibria", files.get("dial_equilibria", []))
    met = schema.read("audit_cross_play", files.get("cross_play", []))
    mixed = schema.read("audit_mixture", files.get("mixture", []))
    tables = {
        "capacity": capacity(runs["capacity"]),
        "capacity_agreement": capacity_agreement(runs["capacity"], **many),
        "critic_rates": critic_rates(runs["critic_rate"]),
        "mutuality": mutuality(runs["mutuality"], equilibria),
        "mutuality_jumps": jumps(runs["mutuality"], equilibria, **many),
        "mutuality_crossovers": crossovers(runs["mutuality"], **many),
        "population": population(runs["population"]),
        "population_partners": partners(met, mixed, runs["population"]),
    }
    for name, rows in tables.items():
        schema.write(name, rows, snakemake.output[name])


main(snakemake)  # noqa: F821
