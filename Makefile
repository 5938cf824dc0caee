# Every target first sets up what it needs: .venv and a Pulumi CLI (scripts/).
# FORMAT=markdown (text, json) is for `preview` and `drift`.
# STACK=dev picks a stack, YES=1 answers Pulumi's question, ARGS='-k name' goes to pytest,
# RUN_PROGRAM=1 has refresh, drift and destroy use today's config and key (docs/operations.md).
# VAPI_CHECKPOINTS=on has the engine save each step, off only the end (docs/fleets.md).
# NEWEST=1 tests with the newest version of every dependency in place of the pins.
# PYTHON=python3.12 picks the Python that .venv is made with.

STACK ?= local
export STACK YES ARGS PYTHON SEED RUNS JOBS KIND VOICE FORMAT RUN_PROGRAM NEWEST \
	VAPI_ALLOW_PROVIDERS VAPI_CHECKPOINTS

.DEFAULT_GOAL := help
TARGETS := up preview refresh drift probe destroy recover orphans unlock \
	test chaos bench fleet check docs lock engine env venv
.PHONY: help clean $(TARGETS)

help: ## print this list
	@awk -F ':.*## ' '/^[a-z ]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

up: ## reconcile the account with what stacks/<STACK>.py declares
preview: ## show what `up` would do
refresh: ## update the state from the account
drift: ## fail if the account differs from the state
probe: ## send the stack's servers what Vapi would send; VOICE=URL also tests a voice server
destroy: ## release every number of the stack
recover: ## resolve what a killed run left pending (up, refresh and destroy do it first)
orphans: ## fail if the account has numbers that the stack does not hold
unlock: ## remove the lock of a killed run
env: ## print exports for a shell: eval "$(make -s env)", then plain `pulumi …`
test: ## run the tests
chaos: ## kill and disturb real runs, rerun them, compare: SEED=7 RUNS=10 KIND=shared,twins
bench: ## measure time and memory beside a provider that does nothing: ARGS=--quick
fleet: ## kill a run of 1,000 numbers half way, without checkpoints, and rerun it: ARGS='--numbers 60'
check: ## lint, types, imports
docs: ## write the generated pages of docs/ and the table of fields
lock: ## write requirements*.txt from requirements*.in: ARGS=--upgrade updates
engine: ## install the Pulumi CLI, once for each user
venv: ## create .venv

$(TARGETS):
	@sh scripts/run.sh $@

clean: ## remove .venv and caches; state and the shared Pulumi CLI stay
	@rm -rf .venv .venv.lock .venv.flock .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
