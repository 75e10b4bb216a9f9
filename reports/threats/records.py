"""What was recorded and said: threats V10, V11, V13, V14, V19 and V24."""

from __future__ import annotations

from ..comparison import CODE
from ..sources import published
from .tables import Finding, Tables, listed

# Parts of the corpus in the table `counts`.
DEPLOYED = "total (deployed, after deduplication)"
FACTORIAL = "distinct cells of the 3-mode 7-seed factorial incl. constants and oracles"
LARGEST = "ApacheProject-v0"
UNITS = {"integrated": "integrated utility", "payoffs": "payoffs"}


def documented_environments(tables: Tables) -> list[Finding]:
    """V10: what documents say of environments, and what is measured."""
    rows = tables.contract_comparison
    stated = rows[rows["source_doc"] != CODE]
    if stated.empty:
        return []
    wrong = stated[~stated["equal"].astype(bool)]
    text = (
        f"{len(wrong)} of {len(stated)} statements of configuration, scripts and pages on the "
        f"environments of this run differ from what is measured, on "
        f"{wrong['environment'].nunique()} environments."
    )
    found = [Finding("statements that differ", len(wrong), "statements", text, "documents")]
    size = stated[(stated["environment"] == LARGEST) & (stated["quantity"] == "agents")]
    if len(size):
        said = "; ".join(sorted(set(size["published"])))
        measured = int(size["measured"].iloc[0])
        text = f"{LARGEST} has {measured} agents; documents say {said}."
        found.append(Finding(f"agents of {LARGEST}", measured, "agents", text, "contract"))
    return found


def records_without_mode(tables: Tables) -> list[Finding]:
    """V11: records that cannot be there."""
    counts = tables.counts[tables.counts["corpus"] == "training"].set_index("component")
    if not {DEPLOYED, FACTORIAL} <= set(counts.index):
        return []
    kept, cells = (int(counts.loc[part, "published"]) for part in (DEPLOYED, FACTORIAL))
    text = (
        f"The stated corpus has {kept:,} unique records; the design of seven seeds and three modes "
        f"alone has {cells:,} distinct cells, so at least {cells - kept:,} are missing."
    )
    return [Finding("missing cells", cells - kept, "records", text, "documents")]


def counts_without_a_source(tables: Tables) -> list[Finding]:
    """V19: published counts that nothing released leads to."""
    counts = tables.counts
    missing = counts[counts["result"] == "not derivable"]
    if missing.empty:
        return []
    largest = missing.loc[missing["published"].idxmax()]
    text = (
        f"{len(missing)} of {len(counts)} published counts of records cannot be derived from what "
        f"is released; the largest is {largest['published']:,.0f} ({largest['component']})."
    )
    return [Finding("counts that cannot be derived", len(missing), "counts", text, "documents")]


def repeated_episodes(tables: Tables) -> list[Finding]:
    """V13: what many episodes of a deterministic environment add, and what an object remembers."""
    contracts, found = tables.contracts(), []
    if len(contracts):
        same = int(contracts["deterministic"].sum())
        drawn = list(contracts.index[~contracts["deterministic"].astype(bool)])
        spread = contracts["constant_spread"].max()
        text = (
            f"{same} of {len(contracts)} released environments of this run are deterministic, so "
            "that all episodes of a deterministic policy are one"
        )
        if drawn:
            text += (
                f"; {listed(drawn)} is not, where the welfare of a constant varies by up to "
                f"{100 * spread:.1f} % between seeds"
            )
        quantity = "deterministic environments"
        found.append(Finding(quantity, same, "environments", f"{text}.", "contract"))
    leak = tables.measured("state_leak")
    if len(leak):
        (game,) = leak.index.get_level_values("setting").unique()
        first, second = (leak[game, f"{which} episode"] for which in ("first", "second"))
        text = (
            f"The released tit for tat is not reset between episodes: on {game} it returns "
            f"{first:,.0f} in its first episode and {second:,.0f} in the next of the same game, so "
            "that its mean tells how many episodes were averaged."
        )
        found.append(
            Finding("first over next episode", first / second, "ratio", text, "experiment")
        )
    return found


def audit_scope(tables: Tables) -> list[Finding]:
    """V14: how many experiments the audit is, and what other deviations find."""
    found, records = [], tables.released_audit_records
    if len(records):
        distinct = int((~records["replicate"].astype(bool)).sum())
        text = (
            f"The {len(records):,} records of the audit on the environments of this run hold "
            f"{distinct} distinct experiments; the others repeat them under another label or seed."
        )
        found.append(Finding("distinct experiments", distinct, "experiments", text, "audits"))
    for unit, rows in tables.released_audit.groupby("unit", sort=False):
        late, tests, partial, tried = (
            int(rows[f"{kind}_{what}"].sum())
            for kind in ("late", "partial")
            for what in ("exploitative", "tests")
        )
        text = (
            f"Counted in {UNITS[unit]}, {late} of {tests} late deviations to zero pay; of those to "
            f"shares of 10 to 40 % {partial} of {tried} do"
        )
        if partial:
            text += f", with up to {rows['partial_gain'].max():.1f} % of the baseline"
        share = partial / tried
        quantity = f"exploitative partial deviations, {unit}"
        found.append(Finding(quantity, share, "share", f"{text}.", "audits"))
    return found


def pages_without_data(tables: Tables) -> list[Finding]:
    """V24: returns on pages of environments."""
    rows, shown = tables.page_results, published("inconsistent_illustrative_tables")
    if rows.empty:
        return []
    ratio = rows["ratio"].median()
    text = (
        f"Returns on pages of environments are {rows['published'].min():,.0f} to "
        f"{rows['published'].max():,.0f}; the same {len(rows)} policies return "
        f"{rows['recomputed'].min():,.0f} to {rows['recomputed'].max():,.0f}, {ratio:,.0f} times "
        f"as much in the median ({shown['environment'].nunique()} pages have such tables)."
    )
    return [Finding("recomputed over shown", float(ratio), "ratio", text, "reference")]
