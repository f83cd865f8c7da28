# The front door: one line a command. crates/xtask does the work; toolchain.sh gets the compiler first.
X := crates/xtask/toolchain.sh cargo xtask

.DEFAULT_GOAL := help
.PHONY: help setup run dev test test-run crash bench lint safety screens
help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18
setup: ## get what the tests need: Node, Chromium, PostgreSQL, a model server, labelled texts
	@$(X) setup
run: ## build everything, fetch the default weights, serve
	@$(X) run --release
dev: ## serve, and rebuild on every change
	@$(X) dev
test: ## everything: format, rooms, lints, both databases, real model servers, the browser's journeys (ONLY=unit,browser for a part)
	@$(X) test $(ONLY)
test-run: ## `make run` itself, in a fresh copy (slow)
	@$(X) test-run
crash: ## kill the studio at every commit and at 2,000 random moments, and write docs/crash-matrix.md (25 minutes)
	@$(X) crash
bench: ## the figures of docs/bench.md, measured on this machine (ONLY=start_ms,chat for a part)
	@$(X) bench $(ONLY)
lint: ## format, rooms and lints only
	@$(X) lint
safety: ## what the screen of texts finds in texts by others, written into docs/safety.md
	@$(X) safety
screens: ## pictures of every page, light, dark and on a phone, into docs/screens
	@$(X) screens
