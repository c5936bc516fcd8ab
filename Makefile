# pylontech-mqtt: `make help` lists what can be made.

VERSION = 0.1.0
BUILD ?= build
CC ?= gcc
CFLAGS ?= -O2 -g
PYTHON ?= /usr/bin/python3
CAPTURES ?= ../shared/captures
export CAPTURES PREFIX DESTDIR

WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
ifdef WERROR
WARNINGS += -Werror
endif
HARDENING = -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
LIBRARIES = libmosquitto json-c inih libserialport

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Iinclude $(WARNINGS) $(HARDENING) \
             $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null) $(CFLAGS)
# libserialport is linked statically with two wrapped functions, so that it opens a pty as well
# (src/shell/port/port_wrap.c).
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(LDFLAGS) \
              -Wl,--wrap=get_port_details -Wl,--wrap=ioctl
LIBS = $(shell pkg-config --libs libmosquitto json-c inih 2>/dev/null) -l:libserialport.a -lpthread

CORE = $(patsubst src/%.c,$(BUILD)/%.o,$(wildcard src/core/*/*.c))
SHELL_OBJECTS = $(patsubst src/%.c,$(BUILD)/%.o,$(wildcard src/shell/*.c src/shell/*/*.c))
UNIT_TESTS = $(patsubst test/unit/%.c,$(BUILD)/test/%,$(wildcard test/unit/test_*.c))

.DEFAULT_GOAL := all
.SECONDARY:

all: $(BUILD)/pylontech-mqtt ## build the daemon

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 16

$(BUILD)/pylontech-mqtt: $(BUILD)/main.o $(SHELL_OBJECTS) $(CORE)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A unit test may call anything but main.
$(BUILD)/test/%: test/unit/%.c $(CORE) $(SHELL_OBJECTS) Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Isrc -Itest/unit -MMD -MP -o $@ $< $(CORE) $(SHELL_OBJECTS) $(LIBS) -lcmocka

deps: ## install the Debian packages that building and testing need
	@packaging/install-packages.sh build test

demo: ## a simulated battery, a private broker and the daemon, for a minute
	@packaging/install-packages.sh build test
	@$(MAKE) --no-print-directory -s all
	@$(PYTHON) test/demo/demo.py

check: ## every test that needs no hardware; the README's second command
	@packaging/install-packages.sh build test package fuzz
	@test/check.sh

check-long: all e2e-programs $(BUILD)/test/test_mqtt ## what takes long: ten million steps, a million polls, every call fails, valgrind
	@$(MAKE) --no-print-directory -s model MODEL_STEPS=10000000
	@$(BUILD)/test/test_mqtt long
	@CALLS=all $(PYTHON) test/e2e/run.py test_calls.
	@$(BUILD)/test/core_soak 1000000
	@POLLS=1000000 $(PYTHON) test/e2e/test_soak.py
	@packaging/install-packages.sh build test lint
	@test/memory.sh long

lint: ## static checks: gcc's analyzer, clang's warnings, clang-tidy, cppcheck, shellcheck, pyflakes, the code's shape
	@packaging/install-packages.sh build test lint
	@$(PYTHON) test/lint/lint.py
	@$(PYTHON) test/lint/shape.py
	@$(PYTHON) test/lint/citations.py

unit: $(UNIT_TESTS) ## build and run the unit tests (UNIT_WRAPPER: under this command)
	@UNIT_WRAPPER="$(UNIT_WRAPPER)" test/run-unit.sh $(UNIT_TESTS)

MODEL_STEPS ?= 200000

model: $(BUILD)/test/core_steps ## compare the core with the independent model over random steps
	@$(PYTHON) test/model/compare.py --steps $(MODEL_STEPS) --core $<

$(BUILD)/test/core_steps: test/model/core_steps.c $(CORE) Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) -pie -MMD -MP -o $@ $< $(CORE)

# The harnesses and all that they call are built with clang, for its fuzzer. Comparisons are not traced: that takes
# four fifths of the time, and strings are compared by functions that the fuzzer sees anyway.
FUZZ_CFLAGS = -O2 -g -U_FORTIFY_SOURCE -fno-omit-frame-pointer -fno-sanitize-recover=all \
              -fsanitize=address,undefined -fsanitize-coverage=inline-8bit-counters,pc-table
FUZZERS = $(patsubst test/fuzz/%.c,$(BUILD)/%,$(wildcard test/fuzz/fuzz_*.c))
SECONDS = 10

fuzz: ## fuzz framing, replies, session, configuration and limits for SECONDS each (FUZZ_OPTIONS=--keep: learn from it)
	@packaging/install-packages.sh build test fuzz
	@$(MAKE) --no-print-directory -s BUILD=$(BUILD)/fuzz CC=clang \
		CFLAGS='$(FUZZ_CFLAGS)' fuzzers
	@$(PYTHON) test/fuzz/run.py --seconds $(SECONDS) $(FUZZ_OPTIONS) $(patsubst $(BUILD)/%,$(BUILD)/fuzz/%,$(FUZZERS))

fuzzers: $(FUZZERS)

$(BUILD)/fuzz_%: test/fuzz/fuzz_%.c $(CORE) $(SHELL_OBJECTS) Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -Isrc -Itest/unit -MMD -MP -o $@ $< $(CORE) $(SHELL_OBJECTS) \
		$(LIBS) -lcmocka

release: ## the files for a GX device, in build/release: two programs, a tarball, two opkg packages
	@VERSION=$(VERSION) BUILD=$(BUILD) packaging/release.sh

static: ## the program as it is released (static, with musl), for this machine, in build/static
	@VERSION=$(VERSION) BUILD=$(BUILD) packaging/static.sh

check-release: ## build the release twice, take it apart, run its programs in an emulator
	@packaging/install-packages.sh build test package release
	@$(MAKE) --no-print-directory -s WERROR=1 all
	@VERSION=$(VERSION) BUILD=$(BUILD) packaging/check-release.sh

check-gx: ## build the release and put it on virtual GX devices: every way in and out, power cuts, sticks (15 minutes)
	@packaging/install-packages.sh build test gx
	@$(MAKE) --no-print-directory -s release
	@$(PYTHON) test/gx/run.py $(BUILD)/release/venus-data-pylontech-mqtt-$(VERSION).tar.gz $(STORIES)

bench: ## how fast and how cheap (9 minutes): BENCH=--quick, REFERENCE='command with {tty} {port}' beside it
	@packaging/install-packages.sh build test bench
	@[ -n "$$PYLONTECH_MQTT" ] || $(MAKE) --no-print-directory -s static
	@PYLONTECH_MQTT=$${PYLONTECH_MQTT:-$(BUILD)/static/pylontech-mqtt} $(PYTHON) test/bench/bench.py \
		--out $(BUILD)/bench.json $(BENCH)

bench-docs: ## the table of docs/performance.md from the figures of the last `make bench`
	@$(PYTHON) test/bench/bench.py --out $(BUILD)/bench.json --readme docs/performance.md

install: all ## on a Debian host: the program, manual page, completion, a sample configuration and a systemd unit (PREFIX, DESTDIR)
	@BUILD=$(BUILD) packaging/install-host.sh

docs: $(BUILD)/docs ## write sample configuration, the tables of README and docs/, manual page and completion from the program's own tables
	@test/docs/write.sh $(BUILD)/docs

docs-check: $(BUILD)/docs all
	@test/docs/check.sh $(BUILD)/docs $(BUILD)/pylontech-mqtt

DOCS = $(wildcard test/docs/*.c)

$(BUILD)/docs: $(DOCS) test/docs/docs.h $(CORE) $(SHELL_OBJECTS) Makefile
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(DOCS) $(CORE) $(SHELL_OBJECTS) $(LIBS)

clean: ## remove what was built
	rm -rf $(BUILD) build-*

coverage: ## lines and branches of the core that the unit tests run
	@$(PYTHON) test/coverage.py

mutants: ## change limits, dynamics, alarms and publication piece by piece: do the tests notice? (10 minutes)
	@$(PYTHON) test/mutants.py

.PHONY: lint fuzz fuzzers all help deps demo check check-long unit model e2e-programs coverage mutants docs docs-check bench bench-docs \
        release static check-release check-gx install clean

# What a test puts before the daemon's libraries (LD_PRELOAD).
PRELOADS = $(BUILD)/test/fail.so $(BUILD)/test/clock.so

e2e-programs: $(PRELOADS) $(BUILD)/test/json_failing $(BUILD)/test/responder $(BUILD)/test/core_soak

$(BUILD)/test/core_soak: test/faults/core_soak.c $(CORE) Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) -pie -Isrc -Itest/unit -MMD -MP -o $@ $< $(CORE) -lcmocka

$(BUILD)/test/json_failing: test/faults/json_failing.c $(CORE) $(SHELL_OBJECTS) Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Isrc -Itest/unit -Itest/faults -MMD -MP -o $@ $< $(CORE) $(SHELL_OBJECTS) $(LIBS) -lcmocka

$(BUILD)/test/responder: test/faults/responder.c Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) -pie -MMD -MP -o $@ $<

$(BUILD)/test/%.so: test/faults/%.c Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) -std=gnu11 -O1 -g -shared -fPIC -D_GNU_SOURCE $(WARNINGS) -Wno-nonnull-compare -MMD -MP -Wl,-z,now -o $@ $<

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
