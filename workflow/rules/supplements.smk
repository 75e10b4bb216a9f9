rule biaxial:
    """The two-dimensional S-LCD: solved, calibrated, and beside what is published of it."""
    output:
        comparison=report(
            f"{RESULTS}/supplements/biaxial/comparison.csv",
            caption="../report/biaxial.rst",
            category="Supplements",
            labels={"table": "two-dimensional S-LCD, published and recomputed"},
        ),
        outcomes=f"{RESULTS}/supplements/biaxial/outcomes.parquet",
        maps=f"{RESULTS}/supplements/biaxial/maps.parquet",
        calibration=f"{RESULTS}/supplements/biaxial/calibration.parquet",
    log:
        f"{LOGS}/biaxial.log",
    benchmark:
        f"{BENCHMARKS}/biaxial.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash(
            "coopetition.reports.biaxial_comparison",
            "coopetition.reports.schema",
        ),
        texts=data_hash("reports/published/slcd_2d_published.csv"),
    message:
        "Solving and calibrating the two-dimensional S-LCD"
    script:
        "../scripts/biaxial.py"
