"""Rules that the certificates of both editions decide."""

from __future__ import annotations

from ..columns import CLASSES
from ..evidence import Decision, Evidence
from .learning import CLASS_SIZE


def only_formal_dilemmas(evidence: Evidence) -> Decision:
    """N04: in which edition is there a conflict between what is best for one and for all?"""
    certificates = evidence.certificates
    parts = dict(list(certificates.groupby("edition")))
    if not {"v0", "v1"} <= set(parts):
        return Decision("not testable", "Certificates of both editions are needed.")
    said, dilemmas, names = [], {}, {"v0": "released", "v1": "formal"}
    for edition, label in names.items():
        rows = parts[edition]
        prices = rows["price_of_anarchy"].dropna()
        dilemmas[edition] = int(rows["is_dilemma"].sum())
        said.append(
            f"{dilemmas[edition]} of {len(rows)} {label} environments are dilemmas, with prices of "
            f"anarchy of {prices.min():.4f} to {prices.max():.4f}"
        )
    estimate = "; ".join(f"{edition}: {count}" for edition, count in dilemmas.items())
    estimate = f"dilemmas in {estimate}"
    reason = "; ".join(said) + "."
    if dilemmas["v0"] or dilemmas["v1"] < len(parts["v1"]):
        return Decision("refuted", reason, estimate, "certificates")
    complete = all(len(parts[edition]) == CLASS_SIZE * len(CLASSES) for edition in names)
    verdict = "confirmed" if complete else "inconclusive"
    return Decision(verdict, reason, estimate, "certificates")
