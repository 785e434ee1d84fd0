# One Uniform Number: every command a person types. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
BIN := .venv/bin
READY := .venv/.ready
BUILD := PYTHONPATH=book/_ext $(BIN)/python -m bookext.build -j $(JOBS)
PDF := _build/pdf/one-uniform-number.pdf
SITE_ZIP := _build/one-uniform-number-site.zip

.PHONY: help env book test check audit pdf zip handin diff lab serve bench model lock clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

env: $(READY)

$(READY): requirements.txt requirements-torch.txt pyproject.toml tools/make-env
	@tools/make-env "$(PYTHON)"

book: $(READY) ## execute every cell and build the site
	@$(BUILD) html

test: $(READY) ## run the test suite, doctests included
	@$(BIN)/python -m pytest -n $(JOBS) src tests

pdf: $(READY) ## print the book to PDF through XeLaTeX
	@tools/need-tex
	@$(BUILD) latex
	@tools/make-pdf $(PDF)

# as typed: a dollar sign in a name is neither make's nor the shell's
unexport NAMES
export HANDIN_NAMES := $(value NAMES)

handin: $(READY) ## make the hand-in: NAMES="First Last; First Last" (DATE, SAMPLES, SKELETON)
	@tools/need-tex
	@$(BIN)/mlph handin --names="$$HANDIN_NAMES" --date="$(DATE)" \
	  --samples="$(SAMPLES)" --skeleton="$(SKELETON)"

zip: book ## the built site as one file, to read offline
	@$(BIN)/python tools/zip_site.py _build/html $(SITE_ZIP)

check: $(READY) ## the gates that need a browser and TeX; build the book and PDF first
	@$(BIN)/python -m pytest -n $(JOBS) checks

audit: $(READY) ## Lighthouse and axe on the built site, one table (PAGES, RUNS)
	@$(BIN)/python -m tools.audit _build/html --out _build/audit --runs $(or $(RUNS),5) $(PAGES)

diff: $(READY) ## build, and list the text and numbers that changed since the last build
	@PYTHONPATH=book/_ext $(BIN)/python -m bookext.changes -j $(JOBS)

lab: $(READY) ## open the chapters as notebooks in JupyterLab
	@JUPYTER_CONFIG_PATH=tools/jupyter $(BIN)/jupyter lab book

serve: $(READY) ## serve the built site on localhost and open it
	@test -f _build/html/index.html || { echo "no site yet: run 'make book' first"; exit 1; }
	@$(BIN)/python tools/serve.py _build/html

bench: $(READY) ## time the library beside its peers, and train all tasks (half an hour)
	@$(BIN)/python benchmarks/normals_and_quantiles.py --out benchmarks/results.json
	@$(BIN)/python benchmarks/llama_decoding.py --out benchmarks/llama_decoding.json
	@$(BIN)/python benchmarks/pretraining_batches.py --out benchmarks/pretraining_batches.json
	@$(BIN)/python benchmarks/pretraining_gaps.py --out benchmarks/pretraining_gaps.json

model: $(READY) ## train the small model that ships with the book (half an hour)
	@$(BIN)/mlph model train

lock: $(READY) ## write requirements.txt anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal \
	  --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
	  -q -o requirements.txt
	@echo "wrote requirements.txt"

clean: ## remove what was built (the environment stays)
	@rm -rf _build handin && echo "removed _build"
