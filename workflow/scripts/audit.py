"""Rule audit."""

from common import solved, start
from coopetition import envs
from coopetition.agents.audits.exploitability import Budget
from coopetition.agents.audits.panel import learners, references
from coopetition.agents.audits.suite import audit
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    wanted = snakemake.params.audits
    with solved(snakemake) as id:
        game = envs.game(id)
        auditees = references(game)
        for path in snakemake.input.models:
            auditees += learners(path, wanted["seeds"], wanted["reward_modes"])
        found = audit(
            auditees, game, episodes=wanted["episodes"], budget=Budget(**wanted["search"])
        )
    for name, rows in found.items():
        schema.write(f"audit_{name}", rows, snakemake.output[name])


main(snakemake)  # noqa: F821
