# Every target sets up what it needs first: .venv, and a Pulumi CLI (scripts/).
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

up: ## make the account what stacks/<STACK>.py declares
preview: ## show what `up` would do
refresh: ## take what the account holds now into the state
drift: ## fail when the account differs from the state
probe: ## ask the servers the stack declares, as Vapi would: VOICE=URL a voice server too
destroy: ## give up everything the stack holds
recover: ## settle what a killed run left pending (up, refresh and destroy do it first)
orphans: ## fail when the account has numbers that the stack does not hold
unlock: ## take away the lock of a run that was killed
env: ## print exports for a shell: eval "$(make -s env)", then plain `pulumi …`
test: ## run the tests
chaos: ## kill and disturb real runs, rerun, compare: SEED=7 RUNS=10 KIND=shared,twins
bench: ## what it costs beside a provider that does nothing: ARGS=--quick
fleet: ## kill 1,000 numbers half way without checkpoints, rerun: ARGS='--numbers 60'
check: ## lint, types, imports
docs: ## write what comes from the code: pages of docs/, the table of fields
lock: ## write requirements*.txt from requirements*.in: ARGS=--upgrade takes the newest
engine: ## get the Pulumi CLI, once for each user
venv: ## make .venv

$(TARGETS):
	@sh scripts/run.sh $@

clean: ## remove .venv and caches; state and the shared Pulumi CLI stay
	@rm -rf .venv .venv.lock .venv.flock .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
