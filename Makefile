# Two commands matter: `make demo` shows what this is, `make test` proves it. `make help` lists the others.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
TYPED := $(shell date +%s.%N)
# Without compiled files beside the sources, each process compiles all modules and tests again.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: setup ## the whole story on a real engine and control plane, in about two minutes
	@DEMO_TYPED=$(TYPED) $(RUN) -m tools.demo

cluster: setup ## the same control plane, kept open to play with
	@$(RUN) -m tools.cluster

test: setup tools ## unit, wiring and engine tests, and the real kube-proxy as judge
	$(RUN) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not long" --durations=40

test-unit: setup ## the tests that need neither engine nor cluster, in about half a minute
	$(RUN) -m pytest tests/unit tests/wiring -m "not slow" -n auto --dist worksteal

fuzz: setup ## try the parsers and the diff on new inputs for MINUTES=10
	$(RUN) -m tests.fuzz $(or $(MINUTES),10)

faults: setup tools ## faults on NODES=200 nodes, and random walks of STEPS=200, or again the one walk that is WALK='...'
	FAULT_NODES=$(or $(NODES),200) WALK_STEPS=$(or $(STEPS),200) WALK_TRIES=40 WALK='$(WALK)' \
		$(if $(SEED),FAULT_SEED=$(SEED)) $(RUN) -m pytest -s tests/engine/test_walk.py \
		$(if $(WALK),,tests/engine/test_faults.py tests/engine/test_faults_driver.py tests/engine/test_reload_fleet.py)

lint: setup ## style, types, and where imports may point
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports

matrix: setup ## each release of Kubernetes and Python, or RELEASES='1.37 3.13'; writes docs/compatibility.md
	$(RUN) -m tools.matrix $(RELEASES)

kubespray: setup ## replay what kubespray did to kube-proxy; writes the table of docs/kubespray.md
	$(RUN) -m tools.kubespray

linters: setup ## run other linters over the same manifests as check; writes the tables of docs/linters.md
	$(RUN) -m tools.linters

renderers: setup tools ## the filter in the real Helm 3, Helm 4, kustomize and Argo CD, which it builds first
	RENDERERS=1 $(RUN) -m pytest tests/engine/renderers

programs: setup tools ## the real Prometheus reloads on real nodes; builds it first
	PROGRAMS=1 $(RUN) -m pytest tests/engine/programs

chart-history: setup tools ## deploy versions of a public chart in each way and count restarts; writes docs/replay.md
	$(RUN) -m tools.chart_history

compare: setup tools ## the tools that people use instead, in the same situations; writes docs/compare.md
	$(RUN) -m tools.compare $(if $(NODES),--nodes $(NODES)) $(if $(RUNS),--runs $(RUNS))

connections: setup tools ## what a restart of kube-proxy costs on real nodes, as root; writes the table of docs/connections.md
	$(RUN) -m benchmarks.connections

scale: setup tools ## time, memory and requests by NODES='100 1000' and WORKLOADS='1 10', in hours; writes docs/scale.md
	$(RUN) -m benchmarks.restart $(NODES)
	$(RUN) -m benchmarks.scale $(if $(NODES),--nodes $(NODES)) $(if $(WORKLOADS),--workloads $(WORKLOADS)) \
		$(if $(FAKES),--fakes $(FAKES))

bench: setup ## measure, and write the tables of the docs
	$(RUN) -m benchmarks
	$(RUN) -m benchmarks.policies
	$(RUN) -m benchmarks.status
	$(RUN) -m benchmarks.audit
	$(RUN) -m benchmarks.transform
	$(RUN) -m benchmarks.reload

docs: setup ## fill the tables that are made from the code
	$(RUN) -m tools.documents

site: setup ## build the docs as a searchable site
	@$(RUN) -m tools.site

browse: setup ## look at every page of the site in Chromium, wide and narrow, light and dark; leaves .run/screenshots
	@$(RUN) -m tools.browse

tools: setup ## build the real tools into the cache, without running anything
	@$(RUN) -m tools.build
	@$(RUN) -m tools.real_nodes

lock: setup ## resolve the newest versions that pyproject.toml allows
	$(RUN) -m pip install --quiet uv
	$(RUN) -m uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --upgrade --quiet --custom-compile-command "make lock" --output-file requirements.lock

setup: $(VENV)/installed

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("make: Python 3.11 or newer is needed, $(PYTHON) is %d.%d. Set PYTHON=..." % sys.version_info[:2])'
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: help demo cluster test test-unit fuzz faults lint matrix kubespray linters renderers programs chart-history compare connections scale bench docs site browse tools lock setup
.DEFAULT_GOAL := help
