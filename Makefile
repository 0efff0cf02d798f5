# fob: build, test, install. Targets: make help.
#
#   make            the program, build/release/fob
#   make check      dependencies, build, lint and every test
#   make demo       log in, call, refresh and log out against a local sandbox
#
# V=1 shows the commands; CFLAGS, LDFLAGS, CC, PREFIX, DESTDIR are the user's.

VERSION := 0.1.0

CC ?= cc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
ZSHCOMPDIR ?= $(DATADIR)/zsh/site-functions
FISHCOMPDIR ?= $(DATADIR)/fish/vendor_completions.d
PRESETDIR ?= $(DATADIR)/fob/presets
VARIANT ?= release
WERROR ?= 1

B := build/$(VARIANT)
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) '$(2)')

# --- flags --------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wvla -Wmissing-prototypes \
  -Wstrict-prototypes -Wformat=2 -Wshadow -Wpointer-arith -Wwrite-strings \
  -Wundef -Wno-missing-field-initializers $(if $(filter 1,$(WERROR)),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE \
  -D_FORTIFY_SOURCE=3
ALL_CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -Isrc \
  -DFOB_VERSION='"$(VERSION)"' -DFOB_PRESET_DIR='"$(PRESETDIR)"' \
  $(LIB_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c17 $(WARNINGS) $(HARDEN) -fvisibility=hidden \
  -ffile-prefix-map=$(CURDIR)=. -MMD -MP $(VARIANT_FLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed \
  $(VARIANT_FLAGS) $(LDFLAGS)

# Headers of libraries that are loaded when needed; only the last line is
# linked (DESIGN §3). mbedTLS 2.28 and libjq 1.6 have no .pc file; libjq's
# headers lie where the C library's do.
PKGS_LAZY := libcurl libsecret-1 libmicrohttpd libargon2 libqrencode
LIB_CPPFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags-only-I $(PKGS_LAZY) jansson 2>/dev/null))
LIBS := $(shell pkg-config --libs jansson libkeyutils 2>/dev/null || echo -ljansson -lkeyutils) \
  $(shell pkg-config --libs mbedcrypto 2>/dev/null || echo -lmbedcrypto) -ldl

SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all \
  -fno-omit-frame-pointer
ifeq ($(VARIANT),sanitize)
  VARIANT_FLAGS := $(SANITIZERS)
  HARDEN := -fstack-protector-strong -fPIE
endif
ifeq ($(VARIANT),fuzz)
  CC := clang
  VARIANT_FLAGS := -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=all -fno-omit-frame-pointer
  HARDEN := -fPIE
endif
ifeq ($(VARIANT),coverage)
  VARIANT_FLAGS := --coverage
  HARDEN := -fPIE
endif
ifeq ($(VARIANT),torture)
  VARIANT_FLAGS := $(SANITIZERS)
  HARDEN := -fPIE
  # mem.c alone calls the allocator, so wrapping it here reaches every
  # allocation of fob, jansson and libcurl (tests/support/fault.c).
  TORTURE_LDFLAGS := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
endif

# --- sources ------------------------------------------------------------

ROOMS := base lazy crypto http store profile oauth api cmd
SOURCES := $(sort $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c)))
HEADERS := $(sort $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.h)))
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
SUPPORT := $(sort $(wildcard tests/support/*.c))
SANDBOX := $(sort $(wildcard tests/support/sandbox/*.c))
UNIT := $(sort $(foreach r,$(ROOMS),$(wildcard tests/$(r)/*.c)))
CLI := $(sort $(wildcard tests/cli/*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
TEST_LIBS = $(shell pkg-config --libs criterion libmicrohttpd gio-2.0) -lpthread

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

all: $(B)/fob

help:
	@sed -n 's/^#  //p' Makefile; printf '%s\n' '' \
	  'More: deps build-tests lint unit cli interop sanitize valgrind torture' \
	  'fuzz coverage bench install uninstall dist format clean'

$(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(if $(filter src/%,$<),-include src/base/banned.h) $(if $(filter tests/%,$<),-Itests) $(ALL_CFLAGS) -c -o $@ $<

# The one file that may call the allocator (src/base/banned.h).
$(B)/src/base/mem.o: ALL_CPPFLAGS += -DFOB_ALLOCATOR

# The presets' place is built in: another PREFIX at `make install` builds anew.
$(B)/presetdir: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(PRESETDIR)' | cmp -s - $@ || printf '%s\n' '$(PRESETDIR)' >$@
$(B)/src/profile/places.o $(B)/src/profile/preset.o: $(B)/presetdir
FORCE:

$(B)/libfob.a: $(OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

FAULT := $(if $(TORTURE_LDFLAGS),$(B)/tests/torture/fault.o)
$(B)/fob: $(B)/src/main.o $(B)/libfob.a $(FAULT)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(TORTURE_LDFLAGS) -o $@ $(B)/src/main.o $(FAULT) $(B)/libfob.a $(LIBS)

# --- tests --------------------------------------------------------------

$(B)/tests/unit: $(UNIT:%.c=$(B)/%.o) $(SUPPORT:%.c=$(B)/%.o) $(B)/libfob.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

# For valgrind: the same tests, in forks of one process.
$(B)/tests/unit-forks: $(UNIT:%.c=$(B)/%.o) $(SUPPORT:%.c=$(B)/%.o) $(B)/tests/valgrind/runner.o $(B)/libfob.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(filter-out -lcriterion,$(TEST_LIBS))

$(B)/tests/cli-tests: $(CLI:%.c=$(B)/%.o) $(SUPPORT:%.c=$(B)/%.o) $(B)/libfob.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

$(B)/tests/sandbox: $(SANDBOX:%.c=$(B)/%.o) $(B)/tests/support/fetch.o $(B)/tests/support/mutate.o $(B)/libfob.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs libmicrohttpd) -lpthread

$(B)/tests/replay-%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/libfob.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/fuzz-%: $(B)/tests/fuzz/fuzz_%.o $(B)/libfob.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

TEST_PROGRAMS = $(if $(UNIT),$(B)/tests/unit) $(if $(CLI),$(B)/tests/cli-tests) \
  $(if $(SANDBOX),$(B)/tests/sandbox) $(FUZZERS:%=$(B)/tests/replay-%)
build-tests: $(B)/fob $(TEST_PROGRAMS)

# --- check: dependencies, build, lint, tests ------------------------------

deps:
	@sh tests/deps.sh

deps-all:
	@sh tests/deps.sh all

# libcurl checks the types of its options at compile time, but not through
# function pointers, not without optimisation, and silently where its headers
# are the system's: so they are copied for this.
CURL_H = $(shell $(CC) $(LIB_CPPFLAGS) -E -M -include curl/curl.h -x c /dev/null 2>/dev/null | \
  tr ' ' '\n' | grep '/curl/curl\.h$$')
lint:
	$(call say,LINT,walls)
	$(Q)sh tests/lint/walls.sh
	$(Q)sh tests/lint/walls-test.sh
	$(call say,LINT,headers)
	$(Q)for h in $(HEADERS:src/%=%); do printf '#include "%s"\ntypedef int lint;\n' $$h | \
	  $(CC) $(ALL_CPPFLAGS) -std=c17 $(WARNINGS) -fsyntax-only -x c - || exit 1; done
	$(call say,LINT,libcurl options)
	$(Q)mkdir -p build/lint && cp -R $(dir $(firstword $(CURL_H))) build/lint/
	$(Q)for c in $(wildcard src/http/*.c); do $(CC) -Ibuild/lint $(ALL_CPPFLAGS) \
	  -DFOB_CURL_TYPECHECK -include src/base/banned.h -std=c17 -O1 -Wall -Werror \
	  -c -o build/lint/typecheck.o $$c || exit 1; done
	$(call say,LINT,format)
	$(Q)clang-format --dry-run -Werror $(SOURCES) src/main.c $(HEADERS)
	$(call say,LINT,man pages and README)
	$(Q)sh tests/lint/pages.sh $(B)/fob

unit: $(B)/tests/unit $(B)/tests/sandbox
	$(call say,TEST,$@)
	$(Q)sh tests/run.sh $(B)/tests/unit $(UNIT) -- $(ARGS)

cli: $(B)/fob $(B)/tests/cli-tests $(B)/tests/sandbox
	$(call say,TEST,$@)
	$(Q)FOB_BIN=$(CURDIR)/$(B)/fob FOB_SANDBOX=$(CURDIR)/$(B)/tests/sandbox \
	  sh tests/run.sh $(B)/tests/cli-tests $(CLI) -- $(ARGS)

# What the fuzzers once found stays found.
replay: $(FUZZERS:%=$(B)/tests/replay-%)
	$(call say,TEST,$@)
	$(Q)for f in $(FUZZERS); do $(B)/tests/replay-$$f tests/fuzz/corpus/$$f || exit 1; done

# Against the certified provider of tests/interop, installed into build/interop.
interop: $(B)/fob $(B)/tests/sandbox
	$(call say,TEST,$@)
	$(Q)sh tests/interop/run.sh $(B)

demo: deps
	$(Q)$(MAKE) --no-print-directory $(B)/fob $(B)/tests/sandbox
	$(Q)sh tests/demo.sh $(B)

check: deps
	$(Q)$(MAKE) --no-print-directory all build-tests
	$(Q)$(MAKE) --no-print-directory lint
	$(Q)$(MAKE) --no-print-directory replay
	$(Q)$(MAKE) --no-print-directory unit
	$(Q)$(MAKE) --no-print-directory cli
	$(Q)$(MAKE) --no-print-directory interop

sanitize: deps
	$(Q)$(MAKE) --no-print-directory VARIANT=sanitize all build-tests
	$(Q)$(MAKE) --no-print-directory VARIANT=sanitize replay unit cli

valgrind: deps-all
	$(Q)$(MAKE) --no-print-directory $(B)/fob $(B)/tests/unit-forks \
	  $(B)/tests/cli-tests $(B)/tests/sandbox
	$(Q)CC='$(CC)' sh tests/valgrind/valgrind.sh $(B) '$(UNIT)' '$(CLI)' '$(FILTER)'

torture: deps-all
	$(Q)$(MAKE) --no-print-directory VARIANT=torture all build/torture/tests/sandbox
	$(Q)sh tests/torture/torture.sh build/torture

fuzz: deps-all
	$(Q)$(MAKE) --no-print-directory VARIANT=fuzz $(FUZZERS:%=build/fuzz/tests/fuzz-%)
	$(Q)for f in $(FUZZERS); do mkdir -p build/fuzz/corpus/$$f && \
	  build/fuzz/tests/fuzz-$$f -max_total_time=$(or $(SECONDS_EACH),30) -timeout=10 \
	    -artifact_prefix=build/fuzz/$$f- build/fuzz/corpus/$$f tests/fuzz/corpus/$$f \
	    >build/fuzz/$$f.log 2>&1 || { tail -n 40 build/fuzz/$$f.log; exit 1; }; \
	  printf '  FUZZ    %-13s %s\n' $$f "$$(grep '^Done' build/fuzz/$$f.log)"; done

coverage: deps-all
	$(Q)$(MAKE) --no-print-directory VARIANT=coverage all build-tests
	-$(Q)$(MAKE) --no-print-directory VARIANT=coverage unit cli
	$(Q)cd build/coverage && gcov -r -s $(CURDIR) $$(find src -name '*.gcda') 2>/dev/null | \
	  awk '/^File/ { f = $$2 } /^Lines/ { sub("Lines executed:", ""); print $$1, $$3, f }' | sort -n

# Against curl, gh and others where they are installed; nginx serves. RUNS=100.
$(B)/tests/bench-pair: $(B)/tests/bench/pair.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

$(B)/tests/bench-json: $(B)/tests/bench/json.o $(B)/libfob.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/bench-paging: $(B)/tests/bench/paging.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

bench: deps-all $(B)/fob $(B)/tests/bench-pair $(B)/tests/bench-paging $(B)/tests/bench-json $(B)/tests/sandbox
	$(Q)sh tests/bench/bench.sh $(CURDIR)/$(B) $(or $(RUNS),50)

# --- install -------------------------------------------------------------

PRESETS := $(wildcard src/profile/presets/*.json)
PAGES := $(wildcard man/*.[157])
INSTALL ?= install

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(PRESETDIR) $(DESTDIR)$(BASHCOMPDIR) \
	  $(DESTDIR)$(ZSHCOMPDIR) $(DESTDIR)$(FISHCOMPDIR) \
	  $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7
	$(INSTALL) -m 755 $(B)/fob $(DESTDIR)$(BINDIR)/fob
	$(INSTALL) -m 644 $(PRESETS) $(DESTDIR)$(PRESETDIR)
	$(INSTALL) -m 644 completions/fob.bash $(DESTDIR)$(BASHCOMPDIR)/fob
	$(INSTALL) -m 644 completions/_fob $(DESTDIR)$(ZSHCOMPDIR)/_fob
	$(INSTALL) -m 644 completions/fob.fish $(DESTDIR)$(FISHCOMPDIR)/fob.fish
	for page in $(PAGES); do $(INSTALL) -m 644 $$page \
	  $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/fob $(DESTDIR)$(BASHCOMPDIR)/fob \
	  $(DESTDIR)$(ZSHCOMPDIR)/_fob $(DESTDIR)$(FISHCOMPDIR)/fob.fish \
	  $(PRESETS:src/profile/presets/%=$(DESTDIR)$(PRESETDIR)/%)
	for page in $(PAGES); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done

dist:
	@mkdir -p build
	git archive --format=tar.gz --prefix=fob-$(VERSION)/ -o build/fob-$(VERSION).tar.gz HEAD

format:
	clang-format -i $(SOURCES) src/main.c $(HEADERS) $(UNIT) $(CLI) $(SUPPORT) $(SANDBOX)

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: FORCE all help build-tests deps deps-all lint unit cli replay interop check \
  sanitize valgrind fuzz coverage torture bench demo install uninstall dist \
  format clean
