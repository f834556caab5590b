# The fuzz targets; part of Makefile.mingw.
#   make -f Makefile.mingw fuzz FUZZ_SECONDS=3600 FUZZ='inf pe'   what FUZZ names, else all
#   make -f Makefile.mingw fuzz FUZZ_BITS=32                      the same as 32-bit programs: sizes wrap there first
# A crash leaves its input in build/fuzz/crashes. What was found to reach new code stays in build/fuzz/corpus.

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(patsubst tests/fuzz/%_fuzz.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))
FUZZ ?= $(FUZZ_TARGETS)
FUZZ_BITS ?= 64
FUZZ_FOLDER := build/fuzz$(FUZZ_BITS:64=)
export FUZZ_SECONDS FUZZ FUZZ_FOLDER
$(if $(filter-out 32 64,$(FUZZ_BITS)),$(error FUZZ_BITS is 32 or 64, not '$(FUZZ_BITS)'))
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(FUZZ_FOLDER)/bin/%_fuzz)

# clang's -Wconversion has -Wsign-conversion in it, and it takes a checked format that is passed on for an unchecked one.
CC_fuzz := clang-14
AR_fuzz := ar
CFLAGS_fuzz := -g -O1 -fno-omit-frame-pointer -Wno-sign-conversion -Wno-format-nonliteral \
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined
LIBRARIES_fuzz := $(NATIVE_LIBRARIES)
SOURCES_fuzz := $(NATIVE_SOURCES) tests/fuzz/fuzz.c tests/fuzz/json.c tests/fuzz/choosing.c tests/fuzz/markup.c
$(eval $(call library,fuzz,setup-fuzz,))

CC_fuzz32 := clang-14 -m32
AR_fuzz32 := ar
LIBS32 := build/deps/libs32
CFLAGS_fuzz32 := $(CFLAGS_fuzz)
CPPFLAGS_fuzz32 := -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -isystem $(LIBS32)/usr/include/i386-linux-gnu \
    -isystem $(LIBS32)/usr/include
LDFLAGS_fuzz32 := $(LDFLAGS_fuzz) -L$(LIBS32)/usr/lib/i386-linux-gnu \
    -Wl,-rpath,$(abspath $(LIBS32))/usr/lib/i386-linux-gnu,--disable-new-dtags,-rpath-link,$(LIBS32)/usr/lib/i386-linux-gnu
LIBRARIES_fuzz32 := $(NATIVE_LIBRARIES)
SOURCES_fuzz32 := $(SOURCES_fuzz)
$(eval $(call library,fuzz32,$(LIBS32),))
$(LIBS32): | setup-fuzz
	@deps/setup.sh fuzz32
	@deps/libs32.sh $@

.PHONY: fuzz fuzz-programs setup-fuzz
setup-fuzz: | setup-test
	@deps/setup.sh fuzz

# fuzz_programs VARIANT
define fuzz_programs
build/$(1)/bin/%: build/$(1)/obj/tests/fuzz/%.o build/$(1)/libxenpv.a
	@mkdir -p $$(@D)
	$$(call say,LD)
	$$(Q)$$(CC_$(1)) $$(LDFLAGS_$(1)) -o $$@ $$^ $$(LIBRARIES_$(1))
-include $$(wildcard build/$(1)/obj/tests/fuzz/*_fuzz.d)
endef
$(eval $(call fuzz_programs,fuzz))
$(eval $(call fuzz_programs,fuzz32))

# Made anew when a recipe changes; what the targets learnt from the old ones stays.
build/fuzz/seeds/.stamp: tests/fuzz/seeds.sh $(wildcard tests/fuzz/seeds/*/* tests/fixtures/*.sh tests/fixtures/*/*) \
    | setup-fuzz
	@tests/fixtures/make.sh build/fixtures
	@tests/fixtures/hostile.sh build/hostile
	@tests/fuzz/seeds.sh build/fixtures build/hostile build/fuzz
	@touch $@

fuzz-programs: $(FUZZ_PROGRAMS) build/fuzz/seeds/.stamp
fuzz: fuzz-programs
	@tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ)
