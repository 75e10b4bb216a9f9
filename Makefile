# make study      regenerate the study into results/ (SCALE=smoke|quick, default quick)
# make test       tests       make lint       style and workflow checks
# make benchmark  speed of the engine          make clean      forget results

PYTHON ?= python3
SCALE  ?= quick
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: study test lint benchmark clean
.DEFAULT_GOAL := study

study: $(READY)
	$(BIN)/snakemake --config scale=$(SCALE)

test: $(READY)
	$(BIN)/pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

benchmark: $(READY)
	$(BIN)/python tests/benchmarks/engine.py

clean:
	rm -rf results .snakemake

$(READY): pyproject.toml
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable ".[test]"
	touch $@
