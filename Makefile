# What one types: `make run` opens the dashboard of this machine, `make test` runs every test that needs nothing else.
# All output of builds goes to standard error, so that `make run | cat` prints the frame and nothing more.

SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BUILD := .build
PEERS := .build-peers
# Colour is an option of the compiler: a build in a terminal and one in a pipe would rebuild each other's everything.
COMMON_FLAGS := --no-color-diagnostics
RELEASE_FLAGS := $(COMMON_FLAGS) -c release --static-swift-stdlib
ifeq ($(shell uname),Linux)
# A program at a fixed address that exports nothing starts in half the time and memory: docs/decisions/0016.
RELEASE_FLAGS += -Xlinker --no-export-dynamic -Xlinker --no-pie
# What runs at the start lies together, and the C++ library is part of the program: docs/decisions/0021.
# The compiler is asked for its folder: what is on the PATH may be a link, or a chooser of toolchains.
TOOLS := $(shell swiftc -print-target-info 2>/dev/null | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')
ifneq ($(wildcard $(TOOLS)/ld.lld),)
RELEASE_FLAGS += -Xswiftc -use-ld=lld -Xswiftc -L$(abspath $(BUILD))/static-libraries
RELEASE_FLAGS += -Xlinker --symbol-ordering-file=$(CURDIR)/.ci/link-order -Xlinker --no-warn-symbol-ordering
endif
endif
TEST_FLAGS ?=
# Tests share the few threads of their process, and whoever waits for a socket or a program would wait for the slowest
# computation: those with real time in them run by themselves, one after the other.
TIMED := ^(BackendContract|FerulaCommand|FerulaScraping|FerulaServer|HTTPService|HostExporter|LogExporter|Peer|PrometheusAPI|Scraping)Tests\.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 4
PREFIX ?= /usr/local
# What `install` installs; a test installs the debug build with `make -o build -o build-log-exporter install PROGRAM=...`.
PROGRAM ?= $(BUILD)/release/ferula
LOG_EXPORTER ?= $(BUILD)/release/ferula-log-exporter
# Debian packages that the peer tests unpack (never install).
PEER_PACKAGES := prometheus prometheus-node-exporter prometheus-pushgateway victoria-metrics nginx dnsmasq-base
PEER_PACKAGES += tinyproxy-bin etcd-server mtail
# Libraries that dnsmasq needs and a small machine lacks.
PEER_PACKAGES += libnetfilter-conntrack3 libnfnetlink0 libnftables1 libnftnl11 libmnl0 libjansson4 libxtables12
# A client that asks our API as it asks theirs; unpacked beside them, with what it needs.
PEER_PYTHON := prometheus-api-client==0.7.2

# What starts the real components that test-real needs, and where they are built once.
REAL_SETUP ?= ../shared/real/setup.sh
FERULA_IT ?= /tmp/ferula-it
# Where it starts those that test-real scrapes.
REAL_TARGETS := node=http://127.0.0.1:19100/metrics blackbox=http://127.0.0.1:19115/metrics
REAL_TARGETS += haproxy=http://127.0.0.1:18404/metrics etcd=http://127.0.0.1:12379/metrics
REAL_TARGETS += envoy=http://127.0.0.1:19901/stats/prometheus

.PHONY: help run pictures build build-log-exporter static-libraries link-order test core bench tsan test-peers test-real peers protobuf conformance format lint install uninstall clean setup

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup:
	@if ! command -v swift >/dev/null 2>&1; then
	  echo "swift is not on the PATH: install Swift 6.2 or newer, https://www.swift.org/install" >&2; exit 1
	fi
	[ "$$(uname)" = Darwin ] && exit 0
	missing=""
	[ -e /usr/include/curses.h ] || [ -e /usr/local/include/curses.h ] || missing="libncurses-dev"
	[ -e /usr/include/zlib.h ] || [ -e /usr/local/include/zlib.h ] || missing="$$missing zlib1g-dev"
	[ -z "$$missing" ] && exit 0
	if ! command -v apt-get >/dev/null 2>&1; then
	  echo "headers are missing: install the development packages of ncurses and zlib (Fedora: ncurses-devel zlib-devel, Alpine: ncurses-dev zlib-dev)" >&2; exit 1
	fi
	sudo=""
	if [ "$$(id -u)" != 0 ]; then
	  command -v sudo >/dev/null 2>&1 || { echo "headers are missing and there is no sudo: as root, run apt-get install $$missing" >&2; exit 1; }
	  sudo=sudo
	fi
	echo "installing $$missing" >&2
	$$sudo apt-get update -q >&2
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing >&2

build: setup static-libraries ## build the release program
	@if [ ! -x $(BUILD)/release/ferula ]; then
	  echo "building ferula; the first time takes 5 to 10 minutes on two cores, later ones seconds" >&2
	fi
	swift build --scratch-path $(BUILD) $(RELEASE_FLAGS) --product ferula >&2

build-log-exporter: build
	@swift build --scratch-path $(BUILD) $(RELEASE_FLAGS) --product ferula-log-exporter >&2

# A folder in which the linker finds only the static form, where there is one.
static-libraries: setup
	@mkdir -p $(BUILD)/static-libraries
	library=$$("$(TOOLS)/clang" -print-file-name=libstdc++.a 2>/dev/null || true)
	if [ -f "$$library" ]; then ln -sf "$$library" $(BUILD)/static-libraries/; fi

link-order: setup static-libraries ## find again in which order the linker puts functions (wants valgrind and objcopy)
	swift build --scratch-path $(BUILD) $(RELEASE_FLAGS) --product ferula -Xlinker -Map=$(abspath $(BUILD))/ferula.map >&2
	.ci/order-functions $(BUILD)/release/ferula $(BUILD)/ferula.map > $(BUILD)/link-order
	mv $(BUILD)/link-order .ci/link-order

run: build ## build, then open the dashboard of this machine (q quits)
	@exec $(BUILD)/release/ferula

test: setup ## run all tests that need nothing but this folder
	@[ -d $(BUILD)/debug ] || echo "building the tests; the first time takes 4 to 8 minutes on two cores" >&2
	mkdir -p $(BUILD); log=$(BUILD)/test.log
	run() { # a failure is said once more where one looks: at the end
	  timeout 2400 swift test $(COMMON_FLAGS) --scratch-path $(BUILD) "$$@" 2>&1 | tee "$$log" && return
	  printf '\nfailed:\n' >&2
	  grep -aE '^(✘|error:)|: error:' "$$log" | tail -n 40 >&2
	  exit 1
	}
	$(if $(TEST_FLAGS),run $(TEST_FLAGS); exit)
	run --skip '$(TIMED)'
	run --skip-build --no-parallel --filter '$(TIMED)'
	echo "Left to 'make test-peers': comparisons with a real Prometheus and a real node_exporter ($(PEER_PACKAGES))."

core: ## build and test the pure band alone, without any package (seconds)
	@FERULA_CORE=1 timeout 1200 swift test --scratch-path $(BUILD)-core $(TEST_FLAGS)

bench: ## what a line, a series, a sample and a byte cost, beside plain loops (BENCH_FLAGS=--smoke: seconds)
	@FERULA_CORE=1 swift build -c release --scratch-path $(BUILD)-core --product Bench >&2
	timeout 600 $(BUILD)-core/release/Bench $(BENCH_FLAGS)

tsan: ## concurrent ingest and query under ThreadSanitizer
	@FERULA_CORE=1 TSAN_OPTIONS=halt_on_error=1 timeout 1200 swift test --sanitize thread --scratch-path $(BUILD)-tsan --filter ConcurrencyTests

peers: ## unpack the real programs that test-peers compares with
	@mkdir -p $(PEERS)/debs
	cd $(PEERS)/debs
	for package in $(PEER_PACKAGES); do
	  ls $${package}_*.deb >/dev/null 2>&1 || {
	    echo "fetching $$package" >&2
	    apt-get download -q "$$package" >&2 || {
	      if [ "$$(id -u)" = 0 ]; then apt-get update -q >&2; else sudo apt-get update -q >&2; fi
	      apt-get download -q "$$package" >&2
	    }
	  }
	  dpkg -x $${package}_*.deb ..
	done
	cd ..
	[ -d python/prometheus_api_client ] && exit 0
	echo "fetching $(PEER_PYTHON)" >&2
	python3 -m pip --version >/dev/null 2>&1 || {
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo
	  $$sudo apt-get update -q >&2
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends python3-pip >&2
	}
	python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target python $(PEER_PYTHON) >&2

test-peers: setup peers ## compare with real peers, unpacked from Debian's packages
	@swift build $(COMMON_FLAGS) --scratch-path $(BUILD) --product ferula >&2
	swift build $(COMMON_FLAGS) --scratch-path $(BUILD) --product ferula-log-exporter >&2
	FERULA_PEERS="$(CURDIR)/$(PEERS)" FERULA_BINARY="$(CURDIR)/$(BUILD)/debug/ferula" \
	  timeout 1200 swift test $(COMMON_FLAGS) --scratch-path $(BUILD) --filter 'PeerTests|CrowdTests'

test-real: setup peers ## journeys over real components: exporters, proxies, a Kubernetes control plane (FERULA_REQUIRE_REAL=1: build what is missing)
	@export FERULA_IT="$(FERULA_IT)"
	skip() {
	  if [ -n "$${FERULA_REQUIRE_REAL:-}" ]; then echo "test-real: $$1" >&2; exit 1; fi
	  echo "test-real skipped: $$1"; exit 0
	}
	[ -f "$(REAL_SETUP)" ] || skip "$(REAL_SETUP) is not there, which starts the real components"
	if [ ! -x "$$FERULA_IT/venv/bin/python" ] || [ ! -x /usr/sbin/haproxy ]; then
	  bash "$(REAL_SETUP)" install >"$$FERULA_IT.install.out" 2>&1 || skip "the components cannot be installed: see $$FERULA_IT.install.out"
	fi
	swift build $(COMMON_FLAGS) --scratch-path $(BUILD) --build-tests >&2
	started=""
	stop() { for c in $$started; do bash "$(REAL_SETUP)" stop $$c >&2; done; started=""; }
	trap stop EXIT
	for target in $(REAL_TARGETS); do
	  name="$${target%%=*}"
	  # What somebody else has started is theirs to stop.
	  curl -sf -o /dev/null "$${target#*=}" && continue
	  bash "$(REAL_SETUP)" $$name >&2 || skip "$$name did not start"
	  started="$$started $$name"
	  [ $$name != envoy ] || started="$$started backend"
	done
	FERULA_PEERS="$(CURDIR)/$(PEERS)" FERULA_BINARY="$(CURDIR)/$(BUILD)/debug/ferula" \
	  FERULA_TARGETS="$(REAL_TARGETS) blackbox-probe=http://127.0.0.1:19115/probe?module=http_2xx&target=http://127.0.0.1:19903/" \
	  timeout 300 swift test $(COMMON_FLAGS) --scratch-path $(BUILD) --skip-build --filter RealTargetsTests
	stop
	if [ ! -x "$$FERULA_IT/k8s/bin/kube-scheduler" ]; then
	  [ -n "$${FERULA_REQUIRE_REAL:-}" ] || skip "no control plane in $$FERULA_IT; FERULA_REQUIRE_REAL=1 builds one (10 minutes on two cores)"
	  bash "$(REAL_SETUP)" k8s_build >&2
	fi
	if ! curl -skf -o /dev/null -H 'Authorization: Bearer admintoken' https://127.0.0.1:16443/readyz; then
	  trap 'bash "$(REAL_SETUP)" k8s_down >&2' EXIT
	  bash "$(REAL_SETUP)" k8s_up >&2 || skip "the control plane did not start"
	  bash "$(REAL_SETUP)" k8s_pods >&2
	fi
	FERULA_KUBECONFIG="$$FERULA_IT/kapi/kubeconfig" \
	  timeout 900 swift test $(COMMON_FLAGS) --scratch-path $(BUILD) --skip-build --filter RealKubernetesTests

protobuf: ## write the messages of protobuf bodies again (wants protoc and protoc-gen-swift on the PATH)
	@cd Sources/PrometheusProtobuf
	protoc -I. --swift_opt=Visibility=Internal --swift_out=. metrics.proto write.proto

conformance: build ## run Prometheus' own query tests (../shared/corpus/promqltest, else ours) and print the score
	@scripts="$${CONFORMANCE_SCRIPTS:-../shared/corpus/promqltest}"
	ls "$$scripts"/*.test >/dev/null 2>&1 || scripts=Tests/ConformanceTests/Scripts
	echo "scripts of $$scripts" >&2
	$(BUILD)/release/ferula test promql "$$scripts"/*.test

# Dashboards of docs/pictures, with their columns; their data are made by the tests, the same each time.
PICTURES := host:120 web:120 prometheus:120 states:120 shares:120

pictures: build ## draw the pictures of docs/pictures again, with the program itself
	@data="$(abspath $(BUILD))/picture-data"
	mkdir -p "$$data" docs/pictures
	FERULA_PICTURE_DATA="$$data" timeout 2400 swift test $(COMMON_FLAGS) --scratch-path $(BUILD) --filter WholeDashboardTests/data >&2
	for picture in $(PICTURES); do
	  name="$${picture%%:*}"
	  file="Tests/WholeDashboardTests/Fixtures/$$name.yml"
	  # The shipped dashboard, of one machine.
	  variables=""
	  [ "$$name" != host ] || { file=host; variables="--var instance=web-01:9100"; }
	  $(PROGRAM) render "$$file" $$variables --load "$$data/$$name.om" --range 30m --size "$${picture#*:}" --utc -f "docs/pictures/$$name.svg"
	done

lint: ## check the format of all sources
	@swift format lint --strict -r Package.swift Sources Tests exporters dashboards

format: ## format all sources
	@swift format -i -r Package.swift Sources Tests exporters dashboards

install: build build-log-exporter ## install ferula, ferula-log-exporter, manual, completions (PREFIX=/usr/local, DESTDIR)
	@share="$(DESTDIR)$(PREFIX)/share"
	install -D -m 755 $(PROGRAM) "$(DESTDIR)$(PREFIX)/bin/ferula"
	install -D -m 755 $(LOG_EXPORTER) "$(DESTDIR)$(PREFIX)/bin/ferula-log-exporter"
	install -d "$$share/man/man1" "$$share/bash-completion/completions" "$$share/zsh/site-functions" \
	  "$$share/fish/vendor_completions.d"
	$(PROGRAM) manual --directory "$$share/man/man1"
	$(PROGRAM) completion bash > "$$share/bash-completion/completions/ferula"
	$(PROGRAM) completion zsh > "$$share/zsh/site-functions/_ferula"
	$(PROGRAM) completion fish > "$$share/fish/vendor_completions.d/ferula.fish"

uninstall: ## remove what install has put there (the same PREFIX and DESTDIR)
	@share="$(DESTDIR)$(PREFIX)/share"
	rm -f "$(DESTDIR)$(PREFIX)/bin/ferula" "$(DESTDIR)$(PREFIX)/bin/ferula-log-exporter"
	rm -f "$$share/man/man1/ferula.1" "$$share/man/man1/ferula-"*.1
	rm -f "$$share/bash-completion/completions/ferula" "$$share/zsh/site-functions/_ferula" \
	  "$$share/fish/vendor_completions.d/ferula.fish"

clean: ## remove everything built
	@rm -rf $(BUILD) $(BUILD)-core $(BUILD)-tsan $(PEERS)
