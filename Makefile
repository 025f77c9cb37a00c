# Thin on purpose: each target calls a program in bin/.
.PHONY: help setup demo test check lock

help: ## Show this help
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## Prepare .venv and the built pages
	@bin/setup

demo: setup ## Set up, load demo data, start, print the address and the logins
	@bin/bihuan demo

test: setup ## Run the test suite; ARGS="tests/domain -k name" narrows it
	@bin/test $(ARGS)

check: setup ## Run every gate: style, types, architecture, packs
	@bin/check

lock: ## Write requirements.lock anew after changing pyproject.toml
	@bin/lock
