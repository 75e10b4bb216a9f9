"""Rules that the certificates of both editions decide."""

from __future__ import annotations

from ..columns import CLASSES
from ..evidence import Decision, Evidence
from .learning import CLASS_SIZE

# Price of anarchy above which an equilibrium is called costly, as for a dilemma.
COSTLY = 1.05


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
    shares = [f"{dilemmas[e]} of {len(parts[e])} {label}" for e, label in names.items()]
    estimate = f"{' and '.join(shares)} environments are dilemmas"
    reason = "; ".join(said) + "."
    if dilemmas["v0"] or dilemmas["v1"] < len(parts["v1"]):
        return Decision("refuted", reason, estimate, "certificates")
    complete = all(len(parts[edition]) == CLASS_SIZE * len(CLASSES) for edition in names)
    verdict = "confirmed" if complete else "inconclusive"
    return Decision(verdict, reason, estimate, "certificates")


def equilibria_cost_only_in_the_formal_edition(evidence: Evidence) -> Decision:
    """N08: what the worst equilibrium costs against the optimum, and against random play."""
    parts = dict(list(evidence.certificates.groupby("edition")))
    if not {"v0", "v1"} <= set(parts):
        return Decision("not testable", "Certificates of both editions are needed.")
    said, costly, beaten = [], {}, {}
    for edition, label in (("v0", "released"), ("v1", "formal")):
        rows = parts[edition].dropna(subset=["price_of_anarchy", "welfare_nash_worst"])
        costly[edition] = int((rows["price_of_anarchy"] > COSTLY).sum())
        beaten[edition] = int((rows["welfare_random"] > rows["welfare_nash_worst"]).sum())
        said.append(
            f"In the {label} edition more than {100 * (COSTLY - 1):.0f} % is lost on "
            f"{costly[edition]} of {len(rows)} environments (median price of anarchy "
            f"{rows['price_of_anarchy'].median():.3f}), and Random earns more than the worst "
            f"equilibrium on "
            f"{beaten[edition]}"
        )
    estimate = (
        f"costly equilibria: released {costly['v0']}, formal {costly['v1']}; Random above them: "
        f"{beaten['v0']} and {beaten['v1']}"
    )
    reason = ". ".join(said) + "."
    if costly["v0"] or beaten["v0"] or costly["v1"] < len(parts["v1"]) or not beaten["v1"]:
        return Decision("refuted", reason, estimate, "certificates")
    complete = all(len(parts[edition]) == CLASS_SIZE * len(CLASSES) for edition in ("v0", "v1"))
    verdict = "confirmed" if complete else "inconclusive"
    return Decision(verdict, reason, estimate, "certificates")
