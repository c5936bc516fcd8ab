# pylontech-mqtt: `make help` lists what can be made. What is made for the tests stands in test/Makefile.inc; it builds without.

VERSION = 0.1.0
BUILD ?= build
PYTHON ?= /usr/bin/python3
CAPTURES ?= ../shared/captures
export BUILD CAPTURES PREFIX DESTDIR VERSION

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes $(if $(WERROR),-Werror)
HARDENING = -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
LIBRARIES = $(shell pkg-config --cflags libmosquitto json-c inih libserialport 2>/dev/null)
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Iinclude $(WARNINGS) $(HARDENING) $(LIBRARIES) $(CFLAGS)
# libserialport is linked statically with two wrapped functions, so that it opens a pty as well (port_wrap.c).
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--wrap=get_port_details -Wl,--wrap=ioctl $(LDFLAGS)
LIBS = $(shell pkg-config --libs libmosquitto json-c inih 2>/dev/null) -l:libserialport.a -lpthread

objects = $(patsubst src/%.c,$(BUILD)/%.o,$(shell find $(1) -name '*.c' | LC_ALL=C sort))
CORE := $(call objects,src/core)
SHELL_OBJECTS := $(call objects,src/shell)

all: $(BUILD)/pylontech-mqtt ## build the daemon

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 16

deps: ## install the Debian packages that building needs, no more
	@packaging/install-packages.sh build

install: all ## on a Debian host: the program, manual page, completion, a sample configuration and a systemd unit (PREFIX, DESTDIR)
	@packaging/install-host.sh

release: ## the files for a GX device, in build/release: two programs, a tarball, two opkg packages
	@packaging/release.sh

clean: ## remove what was built
	rm -rf $(BUILD) build-*

# $(call LINK,flags,libraries): from the sources and objects that a program is made of.
define LINK
@mkdir -p $(@D)
@echo "  LINK  $@"
@$(CC) $(ALL_CFLAGS) $(1) -MMD -MP -o $@ $(filter %.c %.o,$^) $(2)
endef

$(BUILD)/pylontech-mqtt: $(BUILD)/main.o $(SHELL_OBJECTS) $(CORE)
	$(call LINK,$(ALL_LDFLAGS),$(LIBS))
# For the release, which links by itself (packaging/release/program.sh).
objects: $(BUILD)/main.o $(SHELL_OBJECTS) $(CORE)
	@echo "$(ALL_LDFLAGS)" >$(BUILD)/link-flags

$(BUILD)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: all help deps install release clean objects
-include test/Makefile.inc
-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
