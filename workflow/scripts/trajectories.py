"""Rule trajectories."""

from common import solved, start
from coopetition import envs
from coopetition.agents.audits.panel import learners
from coopetition.agents.offline import data_sets, players
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    wanted = snakemake.params.trajectories
    with solved(snakemake) as id:
        game = envs.game(id)
        who = players(game)
        for path in snakemake.input.models:
            who += learners(path, wanted["seeds"], wanted["reward_modes"])
        sets, transitions = data_sets(who, game, episodes=wanted["episodes"])
    schema.write("transition_sets", sets, snakemake.output.sets)
    schema.write("transitions", transitions, snakemake.output.transitions)


main(snakemake)  # noqa: F821
