"""What the process of a job starts with, in a study and where its cost is measured."""

# One thread per job, parallelism by jobs. The malloc settings keep large temporaries mapped; the C
# library reads them when a process starts.
JOB_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}
