"""Rule learner_cards: one file per learner, and tables of all."""

from pathlib import Path

import yaml

from common import start
from coopetition.agents.cards import card
from coopetition.agents.files import replacing
from coopetition.reports import schema
from coopetition.reports.learners import card_rows, difference_rows


def main(snakemake):
    start(snakemake)
    cards = [card(policy) for policy in snakemake.params.policies]
    for content, path in zip(cards, snakemake.output.cards, strict=True):
        with replacing(Path(path)) as temporary:
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
            temporary.write_text(text, encoding="utf-8")
    schema.write("learner_cards", card_rows(cards), snakemake.output.table)
    schema.write("setting_differences", difference_rows(cards), snakemake.output.differences)


main(snakemake)  # noqa: F821
