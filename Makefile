# PYTHON= chooses the interpreter (3.11 to 3.14), DRIVER= the MariaDB driver (pymysql or mysqldb),
# ARGS= adds options: make test ARGS="-k credit -x"
PYTHON ?= python3
DRIVER ?= pymysql
export PYTHON
# Some containers set it: then each of the hundreds of servers that tests start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

ifeq ($(DRIVER),mysqldb)
VENV := .venv-fast
LOCKS := dev fast
else
VENV := .venv
LOCKS := dev
endif
BIN := $(VENV)/bin
# Two processes per core, since many tests wait for servers; call pytest without -n to debug a test.
PROCESSES ?= $(shell expr 2 \* $$(nproc))
PYTEST := $(BIN)/pytest -n $(PROCESSES) --driver $(DRIVER)

# Its programs only: mariadb-server would start a server of its own.
MARIADB := mariadbd=mariadb-server-core mariadb-install-db=mariadb-server-core \
	my_print_defaults=mariadb-client-core mariadb-dump=mariadb-client

.DEFAULT_GOAL := help
.PHONY: test-driver test-slow types test-cluster test-web test-lowest test-matrix mutants help venv mariadb curl haproxy run test test-sqlite test-pythons test-drain test-interop test-zoo test-sip test-deploy deb man lint \
	venv-bench bench soak bench-peers wsdl format lock clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' \
		| while IFS="$$(printf '\t')" read -r target text; do printf '  %-14s %s\n' "$$target" "$$text"; done

venv: # The virtual environment of all targets; takes no time when nothing has changed
	@scripts/venv.sh $(VENV) $(LOCKS)

mariadb:
	@test -n "$$SIPPULSE_TEST_MYSQL_URL" || scripts/debian.sh $(MARIADB)

curl: # The README's examples are run as tests
	@scripts/debian.sh curl=curl openssl=openssl

run: ## Serve on http://127.0.0.1:8080 with demo data, kept in var/
	@scripts/run.sh $(ARGS)

haproxy: # Workers are replaced behind it
	@scripts/debian.sh haproxy=haproxy

test: venv mariadb curl haproxy ## Run all tests on SQLite and on MariaDB (private, or SIPPULSE_TEST_MYSQL_URL)
	$(PYTEST) $(ARGS)

# What depends on the driver: how statements and values are sent, how rows come, what errors mean, how
# connections are lost. What is not MariaDB does not change with it. pytest refuses a name that there is no file of.
DRIVER_TESTS := tests/races $(patsubst %,tests/integration/test_%.py, \
	statements sql_literals sql_types sql_habits deadlines tls faults streamed_rows bulk_insert batches \
	migrations proxy_views partitions integrators lease reload_turns jobs idempotency audit events \
	numbers credit repeated_credit rating rate quota_days quotas did former_names isolation \
	subscriber_insert subscriber_update admission_functions dropped_values import_subscribers \
	import_calls import_interrupts field_files export_cdrs backup cluster_setting row_text hold_functions odd_records webhooks \
	logins preconditions) \
	$(patsubst %,tests/e2e/test_%.py,server commit concurrent_credit held_up long_lists return)
# Of these, what shows in seconds whether the oldest PyMySQL is used as it has to be.
LOWEST_DRIVER_TESTS := tests/unit/test_pymysql_packets.py \
	$(patsubst %,tests/integration/test_%.py,row_text bulk_insert streamed_rows)

test-driver: mariadb haproxy ## Run what depends on the MariaDB driver with the C driver
	@$(MAKE) --no-print-directory test DRIVER=mysqldb ARGS="--engine mariadb $(ARGS) $(DRIVER_TESTS)"

test-slow: venv mariadb curl haproxy ## Run what repeats what CI shows: at scale, on the other engine, with more examples
	$(PYTEST) --slow $(ARGS)
	$(PYTEST) -m hypothesis --hypothesis-profile=many $(ARGS)

test-sqlite: venv curl haproxy ## Run all tests on SQLite only
	$(PYTEST) --engine sqlite $(ARGS)

test-lowest: mariadb curl ## Run unit and integration tests on the lowest versions that pyproject.toml allows
	@scripts/venv.sh .venv-lowest lowest
	# old releases use what newer ones of others deprecate
	.venv-lowest/bin/pytest -n auto --engine sqlite -W ignore::DeprecationWarning $(ARGS) \
		tests/unit tests/integration
	.venv-lowest/bin/pytest --engine mariadb -W ignore::DeprecationWarning $(LOWEST_DRIVER_TESTS)

mutants: venv ## Change single places of the money and access modules; tests should notice (ARGS="60 1")
	@test -x .tools/cosmic-ray/bin/cosmic-ray || { python3 -m venv .tools/cosmic-ray \
		&& .tools/cosmic-ray/bin/pip install --quiet "cosmic-ray>=8.7,<9"; }
	@.tools/cosmic-ray/bin/python scripts/mutants.py $(ARGS)

test-matrix: ## Run tests on Debian trixie and sid, in chroots under var/ (root; some 20 minutes)
	@scripts/debian.sh debootstrap=debootstrap unshare=util-linux
	@scripts/test_matrix.sh $(ARGS)

test-pythons: mariadb curl haproxy ## Run all tests on every CPython 3.11 to 3.14 found here
	@scripts/test_pythons.sh -n auto $(ARGS)

INTEROP := javac=default-jdk-headless wsimport=jaxws php=php-cli php-soap=php-soap mvn=maven \
	wsdl2h=gsoap /usr/include/stdsoap2.h=libgsoap-dev g++=g++
MONO := mcs=mono-mcs mono=mono-runtime \
	/usr/lib/mono/4.5/System.Net.Http.dll=libmono-system-net-http4.0-cil
# The JAX-WS peer of bench/, an old server.
PEER := javac=default-jdk-headless wsimport=jaxws \
	/usr/share/java/HikariCP.jar=libhikaricp-java \
	/usr/share/java/mariadb-java-client.jar=libmariadb-java \
	/usr/share/java/slf4j-nop.jar=libslf4j-java
ZOO := wsdl=mono-devel perl=perl go=golang-go \
	/usr/share/perl5/SOAP/Lite.pm=libsoap-lite-perl

# One process has the clients of SQLite, one those of MariaDB, one what has servers of its own.
SPREAD := -n 3

test-interop: venv mariadb ## Run SOAP and JSON clients of Java, C#, PHP, Node and Python against a real server
	@scripts/debian.sh $(INTEROP) $(PEER) $(MARIADB) $(MONO) node=nodejs npm=npm
	$(BIN)/pytest -m interop $(SPREAD) $(ARGS) tests/interop

test-zoo: venv mariadb ## Run every foreign SOAP stack, and write the table in docs/clients.md
	@scripts/debian.sh $(INTEROP) $(MONO) $(ZOO)
	$(BIN)/pytest -m "interop or zoo" $(SPREAD) $(ARGS) tests/interop/zoo
	$(BIN)/python -m tests.interop.zoo.table

test-sip: venv mariadb ## Run a real Kamailio on our database and make calls
	@scripts/debian.sh kamailio=kamailio '/usr/lib/*/kamailio/modules/db_mysql.so=kamailio-mysql-modules' \
		'/usr/lib/*/kamailio/modules/acc_json.so=kamailio-extra-modules'
	$(BIN)/pytest -n 4 -m sip $(ARGS) tests/sip

deb: ## Build the Debian package into dist/
	@scripts/deb.sh

man: venv ## Write the man pages into dist/man/, out of the commands' help
	@mkdir -p dist/man
	$(BIN)/python scripts/man.py dist/man

# DEPLOY=deploy leaves out the bare Debian, which takes minutes
DEPLOY ?= deploy or chroot

test-deploy: venv mariadb ## Run what is in deploy/, and the package in a bare Debian (root)
	@scripts/debian.sh promtool=prometheus nginx=nginx-light caddy=caddy openssl=openssl \
		systemd-analyze=systemd debootstrap=debootstrap
	$(BIN)/pytest -n 2 --dist loadfile -m "$(DEPLOY)" $(ARGS) tests/deploy tests/e2e

test-drain: venv haproxy ## Make 5,000 calls across 20 replaced workers and two restarts
	SIPPULSE_TEST_DRAIN_CALLS=5000 SIPPULSE_TEST_DRAIN_REPLACEMENTS=20 \
		$(BIN)/pytest --engine sqlite $(ARGS) tests/e2e/test_drain.py

# setpriv ends the nodes with the tests.
test-cluster: venv haproxy ## Run two servers over a Galera cluster of three nodes, and break it
	@scripts/debian.sh $(MARIADB) /usr/lib/libgalera_smm.so=galera-4 setpriv=util-linux \
		mariabackup=mariadb-backup socat=socat lsof=lsof
	@scripts/wsrep_sst.sh
	$(BIN)/pytest --engine sqlite -m cluster $(ARGS) tests/cluster

test-web: venv ## Try the pages in a real browser
	@scripts/debian.sh chromium=chromium npm=npm node=nodejs
	$(BIN)/pytest -m web $(ARGS) tests/web

lint: venv ## Check style, types, layers and sizes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python scripts/check_sizes.py src scripts tests bench
	$(BIN)/python scripts/check_names.py src/sippulse_ws 3
	$(BIN)/python scripts/check_wordings.py src/sippulse_ws
	$(BIN)/python scripts/check_help.py
	$(BIN)/python scripts/check_migrations.py
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

# by itself: for a report mypy reads every file anew
types: venv ## Check how many expressions have a precise type
	$(BIN)/mypy src --any-exprs-report var/types
	$(BIN)/python scripts/check_types.py var/types sippulse_ws 96

format: venv ## Put the code in shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# Both drivers are measured, so both are installed. By Debian's Python, where it is supported: like
# the peers' programs it was built with profile-guided optimization, which others often lack.
DEBIAN_PYTHON := /usr/bin/python3
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
BENCH_PYTHON = $(shell $(DEBIAN_PYTHON) -c '$(SUPPORTED)' 2>/dev/null && echo $(DEBIAN_PYTHON) || echo $(PYTHON))
BENCH := .venv-bench/bin/python

test-charging: venv mariadb ## Rate 10,000 simulated calls while those who rate them are killed
	SIPPULSE_TEST_CALLS=10000 $(BIN)/pytest --driver $(DRIVER) --timeout 3600 $(ARGS) tests/e2e/test_rating_kills.py

venv-bench:
	@PYTHON=$(BENCH_PYTHON) scripts/venv.sh .venv-bench dev fast
	@scripts/debian.sh wrk=wrk $(MARIADB)

bench: venv-bench ## Measure wire, server, growth, rates, call records (ARGS=--full: all sizes)
	$(BENCH) -m bench $(ARGS)

soak: venv-bench ## Twenty minutes at 80 % load with a fault every minute
	$(BIN)/python -m bench.soak $(ARGS)

bench-peers: venv-bench ## Measure against JAX-WS, PHP, Node and stock Spyne on one database
	@scripts/debian.sh $(PEER) node=nodejs npm=npm \
		'/usr/sbin/php-fpm*=php-fpm' php=php-cli php-soap=php-soap php-mysql=php-mysql nginx=nginx-light
	$(BENCH) -m bench.peers $(ARGS)

.PHONY: bench-shadow
bench-shadow: venv mariadb ## Compare ours with JAX-WS behind the shadow, and measure what it adds
	@scripts/debian.sh $(PEER)
	$(BIN)/python -m bench.shadow $(ARGS)

wsdl: venv ## Write the golden WSDLs anew
	$(BIN)/sippulse-ws wsdl export wsdl

lock: ## Lock the dependencies anew (ARGS=--upgrade for newer versions)
	@scripts/lock.sh $(ARGS)

clean: ## Remove what was made here, except var/
	rm -rf .venv* .tools build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf tests/interop/out bench/out src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
