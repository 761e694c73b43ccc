# Targets that install what they need.  Parsed before pg_config exists, so
# nothing here may need it, and "make" alone still means "make all".
.DEFAULT_GOAL := all

# "make installcheck TESTS='decode_toast json_types'" runs only those.
NO_INSTALLCHECK = 1
TESTS ?=

.PHONY: demo test test-long bench majors installcheck

# A newcomer's first minutes: records on a topic, without Kafka or Java.
demo:
	@test/tools/setup.sh base
	@python3 test/tools/demo.py

# Everything, in at most 25 minutes on two cores.
test:
	@test/tools/setup.sh test
	@python3 test/tools/run_tests.py $(TESTS)

# Every count as its issue names it.
test-long:
	@test/tools/setup.sh test
	@W2K_LONG=1 python3 test/tools/run_tests.py $(TESTS)

# Speed and memory beside Debezium and beside decoding alone.
bench:
	@test/tools/setup.sh test
	@python3 test/bench/bench.py

# Without a warning on every supported PostgreSQL.
majors:
	@test/tools/setup.sh test
	@python3 test/tools/majors.py

# Regression and isolation tests of what "make install" installed.
installcheck:
	@PG_CONFIG='$(PG_CONFIG)' test/tools/installcheck.sh $(TESTS)

ifeq ($(shell command -v $(PG_CONFIG) 2>/dev/null),)
.PHONY: all install
all install:
	@echo "$(PG_CONFIG) was not found: install postgresql-server-dev-15," \
		"or name another with PG_CONFIG=" >&2; exit 1
endif
