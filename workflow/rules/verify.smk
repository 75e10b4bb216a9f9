localrules:
    verify,


rule verify:
    """Compute again what needs no training, and compare with what is recorded: `snakemake verify`.

    The table is no declared output, so that the rule runs whenever it is asked for.
    """
    log:
        f"{LOGS}/verify.log",
    conda:
        "../../environment.yml"
    params:
        table=f"{RESULTS}/verification.csv",
    message:
        "Verifying without training, in about a minute"
    script:
        "../scripts/verify.py"
