"""Rule report."""

import json
from datetime import date
from pathlib import Path

from common import ROOT, start
from coopetition.agents.files import replacing
from coopetition.reports import schema
from coopetition.reports.audit_content import TABLES as AUDITS
from coopetition.reports.campaign_content import TABLES as CAMPAIGNS
from coopetition.reports.case_content import TABLES as CASES
from coopetition.reports.content import report_data
from coopetition.reports.corpus_content import TABLES as CORPORA
from coopetition.reports.provenance import describe
from coopetition.reports.report import build_report
from coopetition.reports.statistics_content import TABLES as STATISTICS
from coopetition.reports.supplement_content import TABLES as SUPPLEMENTS
from coopetition.reports.threat_content import TABLES as THREATS


def main(snakemake):
    start(snakemake)
    study, files = snakemake.params.study, snakemake.input
    provenance = describe(ROOT)
    about = {
        "name": study.name,
        "scale": study.scale,
        "description": study["description"],
        "date": date.today().isoformat(),
        "configuration_hash": study.hash,
    }
    names = ("plan", "contract", "certificates", "contract_comparison", "counts", "page_results")
    names += ("reference", "scores", "aggregates", "identity", "claims")
    names += ("learner_cards", "setting_differences", "learner_certificates")
    names += ("learner_signatures",)
    data = report_data(
        study=about,
        provenance=provenance,
        figures={Path(path).stem: Path(path) for path in files.texts},
        learning_curves=schema.read("curves", files.learning_curves),
        curves={Path(path).stem: Path(path) for path in files.curve_texts},
        incentives={Path(path).stem: Path(path) for path in files.incentive_texts},
        audit_figures={Path(path).stem: Path(path) for path in files.audit_texts},
        cases={name: schema.read(name, files.get(name)) for name in CASES},
        case_figures={Path(path).stem: Path(path) for path in files.case_texts},
        statistics={name: schema.read(name, files.get(name)) for name in STATISTICS},
        threats={name: schema.read(name, files.get(name)) for name in THREATS},
        audits={name: schema.read(name, files.get(name)) for name in AUDITS},
        supplements={name: schema.read(name, files.get(name)) for name in SUPPLEMENTS},
        campaigns={name: schema.read(name, files.get(name)) for name in CAMPAIGNS},
        corpora={name: schema.read(name, files.get(name)) for name in CORPORA},
        **{name: schema.read(name, files.get(name)) for name in names},
    )
    figures = {Path(path).stem: Path(path) for path in files.figures}
    figures |= {f"environments/{Path(path).stem}": Path(path) for path in files.curves}
    figures |= {f"incentives/{Path(path).stem}": Path(path) for path in files.incentives}
    figures |= {f"audits/{Path(path).stem}": Path(path) for path in files.audits}
    figures |= {f"cases/{Path(path).stem}": Path(path) for path in files.case_sheets}
    output = snakemake.output
    build_report(data, figures, html=Path(output.html), pdf=Path(output.pdf))
    with replacing(Path(output.provenance)) as temporary:
        temporary.write_text(json.dumps({**about, **provenance}, indent=1), encoding="utf-8")


main(snakemake)  # noqa: F821
