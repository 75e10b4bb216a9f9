import os
import sys

sys.path.insert(0, os.path.join(workflow.basedir, "workflow"))

from pathlib import Path

from coopetition import agents, envs
from coopetition.agents.attempts import ATTEMPTS
from coopetition.agents.audits import AUDITS as AUDIT_NAMES
from coopetition.agents.descent import MOST_POINTS
from coopetition.agents.devices import DeviceError, present
from coopetition.agents.process import JOB_ENVIRONMENT
from coopetition.agents.registry import SIGNATURES, learner
from coopetition.reports.cases import ENVIRONMENTS as CASE_ENVIRONMENTS
from coopetition.reports.cases import TABLES as CASE_TABLES
from coopetition.reports.columns import columns_hash
from study import ConfigurationError, campaigns, code_hash, data_hash, resolve
from study.costs import FILES, RECORDED, Costs
from study.monitor import Monitor
from study.study import CERTIFIED_EDITION

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

os.environ |= JOB_ENVIRONMENT

installed = Path(envs.__file__).resolve().parents[1]
if installed != Path(workflow.basedir).resolve():
    raise WorkflowError(
        f"The package in use lies in {installed}, not in this checkout, so its code would be run "
        "under the name of this one. Install this checkout: pip install -e ."
    )

try:
    STUDY = resolve(config, Path(workflow.basedir) / "config")
except ConfigurationError as error:
    raise WorkflowError(str(error)) from None

COSTS = Costs(Path(workflow.basedir) / RECORDED)
if workflow.is_main_process:
    logger.addHandler(Monitor(STUDY, COSTS))

RESULTS = f"results/{STUDY.name}"
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
WORK = f"{RESULTS}/work"
# stable-baselines3 makes a folder for its logger, in the system's temporary folder if not told.
os.environ |= {"SB3_LOGDIR": LOGS}
REFERENCE = [
    f"{RESULTS}/reference/{edition}/{env}.parquet"
    for edition, env in STUDY.environments
]
TRAINING = [
    f"{RESULTS}/training/{e}/{env}/{policy}.parquet"
    for e, env, policy in STUDY.training_cells
]
CERTIFIED = [
    f"{RESULTS}/learner_certificates/{e}/{env}/{policy}.parquet"
    for e, env, policy in STUDY.certified_cells
]
SIGNED = [
    f"{RESULTS}/learner_certificates/signatures/{name}.csv" for name in STUDY.signatures
]
CURVES = [path.replace(".parquet", ".curves.parquet") for path in TRAINING]
IDS = [f"{env}-{edition}" for edition, env in STUDY.environments]
GAMES = [envs.spec(id).module for id in IDS]
TRAINED_GAMES = [
    envs.spec(f"{env}-{edition}").module for edition, env in STUDY.trained_environments
]
CASES = [
    case
    for case, env in CASE_ENVIRONMENTS.items()
    if any(env == name for _, name in STUDY.environments)
]
LEARNERS = [learner(policy).module for policy in STUDY["policies"]]
# What jobs that train ask for where they compute on a GPU, in the words of Snakemake's executors.
ACCELERATOR = {} if STUDY["device"] == "cpu" else {"gpu": 1}


# A GPU that this machine lacks is told before any job runs here; on a cluster, its nodes tell.
onstart:
    if workflow.local_exec and any(
        job.resources.get("gpu") for job in workflow.dag.needrun_jobs()
    ):
        try:
            present(STUDY["device"])
        except DeviceError as error:
            raise WorkflowError(str(error)) from None
    # Under its default limit of 100 jobs per second Snakemake looks at all ready jobs again a second
    # after every look, and each job that ends begins another such series: after some hundred jobs
    # that takes a good part of a core. Without a limit it looks when a job ends.
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


# With a cluster, rules that take seconds at every scale run where Snakemake does: a SLURM job would
# cost as much again.
localrules:
    design,
    plan,
    status,
    certificates,
    comparison,
    learner_cards,
    scores,
    reference_scores,
    identity,
    learner_certificates,
    learner_signatures,
    released_audit,
    released_audit_tables,
    audit_tables,
    case_tables,
    biaxial,
    biaxial_comparison,
    campaign,
    campaign_tables,
    corpora,
    corpus_integrity,
    croissant,
    croissant_validation,
    figure,
    environment_figures,
    incentive_figures,
    audit_figures,
    case_figures,
    report,


wildcard_constraints:
    edition="|".join(STUDY["editions"]),
    env="|".join(sorted({env for _, env in STUDY.environments})),
    policy="|".join(agents.learner_names()),
    case="|".join(CASE_ENVIRONMENTS),
    signature="|".join(STUDY.signatures or ["none"]),


def asks(estimate):
    """Resources of a rule, from the estimate of a job that a function of its wildcards gives."""
    # The attempt after the last one trains nothing, see `attempts`.
    return {
        "mem_mb": lambda wildcards, attempt: estimate(wildcards).mem_mb(
            min(attempt, ATTEMPTS)
        ),
        "runtime": lambda wildcards, attempt: estimate(wildcards).runtime(
            min(attempt, ATTEMPTS)
        ),
    }


def trains(runs):
    """Resources of a rule that trains the runs which a function of its wildcards gives."""
    return {
        **asks(lambda wildcards: COSTS.training(runs(wildcards))),
        **ACCELERATOR,
        "attempt": lambda wildcards, attempt: attempt,
    }


def game_module(wildcards):
    """Module of the environment of a cell."""
    return envs.spec(f"{wildcards.env}-{wildcards.edition}").module


def certificate_code(wildcards):
    """Hash of what certifies an environment, and of this environment's file."""
    return code_hash(
        "coopetition.agents.certificates",
        "coopetition.agents.replies",
        game_module(wildcards),
    )


def reference_code(wildcards):
    """Hash of the evaluation, of this environment's file and of the rules that play it."""
    played = agents.names(f"{wildcards.env}-{wildcards.edition}")
    entries = [agents.spec(name, wildcards.edition) for name in played]
    rules = {entry.module for entry in entries if entry.kind != "learner"}
    return code_hash("coopetition.agents.reference", game_module(wildcards), *rules)


def audit_code(wildcards):
    """Hash of the audits, of this environment's file and of those of all that is audited on it."""
    played = policy_modules(wildcards.edition, wildcards.env)
    return code_hash("coopetition.agents.audits.suite", game_module(wildcards), *played)


def policy_modules(edition, env):
    """Modules of the policies that play an environment: all that do not learn, and its learners."""
    entries = [agents.spec(name, edition) for name in agents.names(f"{env}-{edition}")]
    trained = STUDY.learners_on(edition, env)
    return {e.module for e in entries if e.kind != "learner" or e.name in trained}


def trajectory_code(wildcards):
    """Hash of what records trajectories, of this environment's file and of those who play it."""
    played = policy_modules(wildcards.edition, wildcards.env)
    return code_hash("coopetition.agents.offline", game_module(wildcards), *played)


def released_folder(wildcards):
    """Folder of the released corpus that the configuration names."""
    folder = config.get("corpus", "")
    if not folder or not Path(folder).is_dir():
        raise WorkflowError(
            f"corpus = {folder!r} is no folder. Name the one that holds the released training "
            "runs:\n\n    snakemake analyse_released --config corpus=FOLDER\n"
        )
    return folder


def signature_code(wildcards):
    """Hash of what puts a signature to the test, of its learners' files and of the game's."""
    return code_hash(
        "coopetition.agents.signatures",
        *(learner(policy).module for policy in SIGNATURES[wildcards.signature]),
        envs.spec("TrustDilemma-v1").module,
    )


def training_code(wildcards):
    """Hash of the training code, of this environment's file and of this learner's."""
    return code_hash(
        "coopetition.agents.training",
        game_module(wildcards),
        learner(wildcards.policy).module,
    )


def case_data(case):
    """Hash of the data of a case: parameters, history and rubrics."""
    folder = Path(workflow.basedir) / "reports/cases"
    files = [folder / f"{case}.yaml", *sorted(folder.glob(f"*/{case}_*"))]
    return data_hash(*(file.relative_to(workflow.basedir).as_posix() for file in files))


def of_campaign(wildcards):
    """Campaign, variant and cell of a job."""
    w = wildcards
    return w.campaign, w.variant, w.edition, w.env, w.policy


def biaxial_cell(wildcards):
    """Campaign, variant and cell of a job on the two-dimensional S-LCD."""
    return campaigns.BIAXIAL, wildcards.variant, *campaigns.PLACE, wildcards.policy


def campaign_code(wildcards):
    """Hash of the training code and that of variants, of this game's file and this learner's."""
    return code_hash(
        "coopetition.agents.training",
        "coopetition.agents.variants",
        game_module(wildcards),
        learner(wildcards.policy).module,
    )


def ablation_code(wildcards):
    """Hash of the training code and that of the chain, of this game's file and its learners'."""
    return code_hash(
        "coopetition.agents.ablations.stepwise",
        "coopetition.agents.training",
        "coopetition.reports.ablations",
        game_module(wildcards),
        *(learner(policy).module for policy in ("Central_PPO", "IPPO")),
    )
