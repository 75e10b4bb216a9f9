# Supplementary campaigns: the training rule with other settings, rewards or numbers of agents.
SUPPLEMENTS = f"{RESULTS}/supplements"
CAMPAIGN_CELLS = {
    name: [
        f"{SUPPLEMENTS}/{'/'.join(cell)}.parquet"
        for cell in campaigns.cells(STUDY)
        if cell[0] == name
    ]
    for name in STUDY["supplements"]
    if name != campaigns.BIAXIAL
}
DIAL_EQUILIBRIA = [
    f"{SUPPLEMENTS}/mutuality/equilibria/{edition}/{env}.parquet"
    for edition, env in campaigns.places(STUDY, "mutuality")
    if edition == "v1"
]
CAMPAIGN_SCALES = [
    f"{SUPPLEMENTS}/population/scales/{edition}/{env}.csv"
    for edition, env in campaigns.places(STUDY, "population")
]
# Tables that follow from the runs of campaigns; empty where a study has none of them.
CAMPAIGN_TABLES = (
    "capacity",
    "capacity_agreement",
    "critic_rates",
    "mutuality",
    "mutuality_jumps",
    "mutuality_crossovers",
    "population",
    "population_partners",
)


# One job per variant of a cell, of which the runs count and neither curves nor models.
use rule train as campaign_cell with:
    output:
        training=f"{SUPPLEMENTS}/{{campaign}}/{{variant}}/{{edition}}/{{env}}/{{policy}}.parquet",
    log:
        f"{LOGS}/supplements/{{campaign}}/{{variant}}/{{edition}}/{{env}}/{{policy}}.log",
    benchmark:
        f"{BENCHMARKS}/supplements/{{campaign}}/{{variant}}/{{edition}}/{{env}}/{{policy}}.tsv"
    wildcard_constraints:
        campaign="|".join(CAMPAIGN_CELLS or ["none"]),
        variant=r"[a-z]+(-[0-9a-z.-]+)?",
    resources:
        **trains(lambda w: campaigns.runs(STUDY, of_campaign(w))),
    params:
        cell=lambda w: campaigns.runs(STUDY, of_campaign(w)),
        checkpoints=1,
        code=campaign_code,
        columns=columns_hash("training"),
        work=lambda w: f"{WORK}/supplements-{'-'.join(of_campaign(w))}",
    message:
        "Training {wildcards.policy} on {wildcards.env}-{wildcards.edition}: {wildcards.campaign} {wildcards.variant}"


rule dial_equilibria:
    """Equilibria in constants of one environment along the dial of mutuality."""
    output:
        f"{SUPPLEMENTS}/mutuality/equilibria/{{edition}}/{{env}}.parquet",
    log:
        f"{LOGS}/dial_equilibria/{{edition}}/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/dial_equilibria/{{edition}}/{{env}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("dial_equilibria", w.edition, w.env)),
    params:
        mutualities=lambda w: STUDY["supplements"]["mutuality"]["mutualities"],
        code=lambda w: code_hash("coopetition.agents.dial", game_module(w)),
        columns=columns_hash("dial_equilibria"),
    message:
        "Equilibria of {wildcards.env}-{wildcards.edition} along the dial"
    script:
        "../scripts/dial_equilibria.py"


rule campaign_scales:
    """What no cooperation and the best plan earn in one environment, for each number of agents."""
    output:
        f"{SUPPLEMENTS}/population/scales/{{edition}}/{{env}}.csv",
    log:
        f"{LOGS}/campaign_scales/{{edition}}/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/campaign_scales/{{edition}}/{{env}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("campaign_scales", w.edition, w.env)),
    params:
        sizes=lambda w: STUDY["supplements"]["population"]["sizes"],
        code=lambda w: code_hash("coopetition.agents.certificates", game_module(w)),
        columns=columns_hash("campaign_scales"),
    message:
        "The scale of {wildcards.env}-{wildcards.edition} for each number of agents"
    script:
        "../scripts/campaign_scales.py"


rule campaign:
    """All runs of one campaign, with what varies and their scores."""
    input:
        plan=rules.design.output.supplements,
        training=lambda w: CAMPAIGN_CELLS[w.campaign],
        certificates=rules.certificates.output,
        scales=lambda w: CAMPAIGN_SCALES if w.campaign == "population" else [],
    output:
        f"{SUPPLEMENTS}/{{campaign}}.parquet",
    log:
        f"{LOGS}/campaigns/{{campaign}}.log",
    benchmark:
        f"{BENCHMARKS}/campaigns/{{campaign}}.tsv"
    wildcard_constraints:
        campaign="|".join(CAMPAIGN_CELLS or ["none"]),
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.campaigns", "coopetition.reports.schema"),
    message:
        "Gathering the runs of campaign {wildcards.campaign}"
    script:
        "../scripts/campaign.py"


rule campaign_tables:
    """What follows from the campaigns: a table of each is empty where the study does not have it."""
    input:
        **{name: f"{SUPPLEMENTS}/{name}.parquet" for name in CAMPAIGN_CELLS},
        dial_equilibria=DIAL_EQUILIBRIA,
        cross_play=AUDITS["cross_play"] if CAMPAIGN_SCALES else [],
        mixture=AUDITS["mixture"] if CAMPAIGN_SCALES else [],
    output:
        **{
            name: report(
                f"{RESULTS}/tables/{name}.csv",
                caption="../report/campaigns.rst",
                category="Campaigns",
                labels={"table": name.replace("_", " ")},
            )
            for name in CAMPAIGN_TABLES
        },
    log:
        f"{LOGS}/campaign_tables.log",
    benchmark:
        f"{BENCHMARKS}/campaign_tables.tsv"
    conda:
        "../../environment.yml"
    params:
        repetitions=STUDY["bootstrap_repetitions"],
        code=code_hash(
            "coopetition.reports.capacity",
            "coopetition.reports.critic_rates",
            "coopetition.reports.mutuality",
            "coopetition.reports.population",
            "coopetition.reports.schema",
        ),
        columns=columns_hash("campaign_runs", *CAMPAIGN_TABLES),
    message:
        "Summing up the supplementary campaigns"
    script:
        "../scripts/campaign_tables.py"
