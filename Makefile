# make study      regenerate the study into results/ (SCALE=smoke|quick|standard, default quick)
# make test       tests       make lint       style, types and workflow checks
# make benchmark  speed of engine and learners        make clean      forget the results of SCALE
# make test-slurm  the smoke study on a SLURM cluster of one node, as root; needs slurm-wlm and munge
# make evidence   measures smaller networks, the learning gate, costs of learners: reports/recorded
# make record     what `snakemake verify` compares with, with trained policies of SCALE
# make weights    keep weights of a few learners of SCALE with the package
# make tables     keep the tables and reference scores of the finished study of SCALE
# make costs      keep what the finished study of SCALE has cost: plan, resources, README
# make pages      cards, reference, rule graph and tables of docs/ and the README, made from code
# make docs       the documentation as a site in build/site, with the report of SCALE
# make audit-dependencies  asks PyPI whether an installed package has a known vulnerability
# make playthroughs  the readable episodes in tests/playthroughs, after a change of a game
# make picture    the picture of the README, from the last quick study

PYTHON ?= python3
SCALE  ?= quick
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: study test test-slurm lint benchmark evidence record weights tables costs audit-dependencies playthroughs pages docs picture clean
.DEFAULT_GOAL := study

study: $(READY)
	$(BIN)/snakemake --config scale=$(SCALE)

test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile -m 'not slurm'

# The plugin goes again, since where no cluster answers it delays every start of Snakemake by 10 s.
PLUGINS := snakemake-executor-plugin-slurm snakemake-executor-plugin-slurm-jobstep
test-slurm: $(READY)
	tests/slurm/cluster.sh check
	$(BIN)/pip install --quiet --editable ".[slurm,test]"
	trap '$(BIN)/pip uninstall --quiet --yes $(PLUGINS)' EXIT; trap 'exit 1' INT TERM; \
	OMP_NUM_THREADS=1 $(BIN)/pytest -m slurm tests/workflow/test_slurm.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	mkdir -p build/typed/coopetition
	ln -sfn $(CURDIR)/envs $(CURDIR)/agents $(CURDIR)/reports build/typed/coopetition
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

benchmark: $(READY)
	$(BIN)/python tests/benchmarks/engine.py
	$(BIN)/python tests/benchmarks/learners.py

evidence: $(READY)
	$(BIN)/python tests/benchmarks/settings.py
	$(BIN)/python tests/benchmarks/learning_gate.py
	$(BIN)/python tests/benchmarks/study_cost.py
	$(BIN)/python tests/benchmarks/exceptions.py results/standard

record: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m coopetition.reports.record results/$(SCALE)

weights: $(READY)
	$(BIN)/python -m coopetition.agents.keep results/$(SCALE)/models

tables: $(READY)
	$(BIN)/python -m coopetition.reports.keep results/$(SCALE)

costs: $(READY)
	$(BIN)/python -m coopetition.reports.costs results/$(SCALE)
	PYTHONPATH=workflow $(BIN)/python -m study.readme

# With --strict a package that cannot be looked up is an error too. PyPI does not know local versions
# such as 2.13.0+cpu.
audit-dependencies: $(READY)
	test -x $(BIN)/pip-audit || $(BIN)/pip install --quiet --editable ".[audit]"
	mkdir -p build
	$(BIN)/pip freeze --exclude-editable | sed 's/+.*//' > build/installed.txt
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement build/installed.txt

playthroughs: $(READY)
	$(BIN)/python -m coopetition.envs.playthrough tests/playthroughs

pages: $(READY)
	$(BIN)/python -m coopetition.reports.pages docs
	PYTHONPATH=workflow $(BIN)/python -m study.readme
	$(BIN)/snakemake --rulegraph | PYTHONPATH=workflow $(BIN)/python -m study.rulegraph docs/rulegraph.svg
	$(BIN)/python examples/animate.py docs/episode.gif
	$(BIN)/python examples/mixed_motive.py TrustDilemma-v1 docs/mixed_motive.png

docs: $(READY)
	test -x $(BIN)/mkdocs || $(BIN)/pip install --quiet --editable ".[docs]"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	if test -f results/$(SCALE)/report/report.html; then cp -r results/$(SCALE)/report build/site/study; \
	else echo "build/site has no report yet: make study SCALE=$(SCALE)"; fi

picture:
	cp results/quick/figures/response_curves.svg docs/response_curves.svg

clean:
	rm -rf results/$(SCALE)

$(READY): pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable ".[test]"
	touch $@
