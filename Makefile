# Every target sets up what it needs on a bare machine: Python 3.11 or newer is all that must be there.
#
#   make run          the whole product, at http://127.0.0.1:8501 (CRM_PORT, CRM_DATA_DIR choose others)
#   make test         lint, then every tier of tests
#   make acceptance   the heavy tests at their full size
#   make bench        figures; BENCH=name for one suite, CRM_BENCH_SCALE=0.1 for a tenth of the size,
#                     BENCH=ingest ONLY=orders_stream for one figure of it
#   make accuracy     how well prompts are understood, by who is selected; ARGS=-v names those that are not;
#                     with GROQ_API_KEY the language model too
#   make pictures     the pictures of the README, anew
#   make lint         ruff, mypy and the import contract

BIN := .venv/bin
# Two processes share the tests, file by file. Those that start the whole product, kill parts of it or browse
# it come after the others: they wait more than they compute, and two of them at once still have a core each.
INSIDE := tests/unit tests/properties tests/integration tests/ui
OUTSIDE := tests/acceptance tests/browser

.PHONY: run test acceptance accuracy lint bench pictures chromium
.DEFAULT_GOAL := run

run: .venv/ready
	@$(BIN)/streamlit run app.py

test: lint chromium
	$(BIN)/pytest -n 2 --dist loadfile $(INSIDE)
	$(BIN)/pytest -n 2 --dist loadfile $(OUTSIDE)

acceptance: .venv/ready-dev chromium
	CRM_FULL_SIZE=1 $(BIN)/pytest tests/acceptance tests/properties
	CRM_FULL_SIZE=1 $(BIN)/pytest -m slow --ignore tests/acceptance --ignore tests/properties || [ $$? -eq 5 ]

accuracy: .venv/ready-dev
	@$(BIN)/python -m tests.accuracy $(ARGS)

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/ready-dev
	@$(BIN)/python -m benchmarks $(BENCH) $(if $(ONLY),--only $(ONLY))

pictures: .venv/ready-dev chromium
	$(BIN)/python -m tests.browser.pictures

chromium: .venv/ready-dev
	@scripts/chromium

.venv/ready: requirements.txt
	@scripts/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/ready-dev: requirements-dev.txt .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
