# The fuzz targets; part of Makefile.mingw.
#   make -f Makefile.mingw fuzz FUZZ_SECONDS=3600 FUZZ='inf pe'   what FUZZ names, else all
# A crash leaves its input in build/fuzz/crashes. What was found to reach new code stays in build/fuzz/corpus.

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(patsubst tests/fuzz/%_fuzz.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))
FUZZ ?= $(FUZZ_TARGETS)
export FUZZ_SECONDS FUZZ
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=build/fuzz/bin/%_fuzz)

# clang's -Wconversion has -Wsign-conversion in it, and it takes a checked format that is passed on for an unchecked one.
CC_fuzz := clang-14
AR_fuzz := ar
CFLAGS_fuzz := -g -O1 -fno-omit-frame-pointer -Wno-sign-conversion -Wno-format-nonliteral \
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined
LIBRARIES_fuzz := $(NATIVE_LIBRARIES)
SOURCES_fuzz := $(NATIVE_SOURCES) tests/fuzz/fuzz.c tests/fuzz/json.c tests/fuzz/choosing.c tests/fuzz/markup.c
$(eval $(call library,fuzz,setup-fuzz,))

.PHONY: fuzz fuzz-programs setup-fuzz
setup-fuzz: | setup-test
	@deps/setup.sh fuzz

build/fuzz/bin/%: build/fuzz/obj/tests/fuzz/%.o build/fuzz/libxenpv.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC_fuzz) $(LDFLAGS_fuzz) -o $@ $^ $(LIBRARIES_fuzz)
-include $(wildcard build/fuzz/obj/tests/fuzz/*_fuzz.d)

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
