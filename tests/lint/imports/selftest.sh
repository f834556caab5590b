#!/bin/bash
# Can check.py fail? Small programs, each with one thing wrong, and sources with one wrong binding: selftest.sh
# Prints "ok NAME" or "not ok NAME: WHY".
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 2
here=tests/lint/imports
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/i686" "$work/x86_64"

# program ARCH NAME ARGUMENT...: C on standard input; what check.py says of it is in NAME.said
program() {
    local arch=$1 name=$2 minor=0
    shift 2
    [ "$arch" != x86_64 ] || minor=2
    compile "$arch" "$work/$arch/$name.o" &&
        "$arch-w64-mingw32-gcc-win32" -s -static -mconsole -o "$work/$arch/$name.exe" "$work/$arch/$name.o" \
            -Wl,--no-insert-timestamp,--major-os-version=5,--minor-os-version=$minor,-Map,"$work/$arch/$name.map" \
            -Wl,--major-subsystem-version=5,--minor-subsystem-version=$minor "$@" &&
        "$here/check.py" "$work/$arch/$name.exe" > "$work/$arch/$name.said"
}

compile() { "$1-w64-mingw32-gcc-win32" -D_WIN32_WINNT=0x0a00 -Os -c -x c - -o "$2"; } # ARCH OBJECT

# judge NAME ARCH PROGRAM PROPERTY WORDS: of the PROGRAM's results just those of PROPERTY fail, and one says WORDS.
judge() {
    local failed
    failed=$(grep '^not ok ' "$work/$2/$3.said")
    if [ -z "$failed" ]; then echo "not ok $1: nothing was refused"
    elif grep -vqE "^not ok $2/$3.exe $4: " <<< "$failed"; then echo "not ok $1: refused for something else: $(head -n 1 <<< "$failed")"
    elif ! grep -qF -- "$5" <<< "$failed"; then echo "not ok $1: it does not say '$5': $(head -n 1 <<< "$failed")"
    else echo "ok $1"
    fi
}

# sources NAME WORDS: a source file on standard input, whose bindings are refused, with WORDS
sources() {
    local said
    rm -rf "$work/sources"
    mkdir -p "$work/sources/installer"
    cat > "$work/sources/installer/a.windows.c"
    said=$("$here/check.py" --sources "$work/sources" "$work/i686/good.exe" | grep '^not ok ')
    if [ "$(wc -l <<< "$said")" = 1 ] && grep -qF -- "$2" <<< "$said"; then echo "ok $1"; else echo "not ok $1: ${said:-nothing was refused}"; fi
}

for arch in i686 x86_64; do
    program $arch good <<< 'int main(void) { return 0; }' || { echo "not ok imports/selftest: there is no compiler for $arch"; exit 1; }
    bad=$(grep '^not ok ' "$work/$arch/good.said")
    echo "${bad:+not }ok imports/selftest: an empty $arch program passes${bad:+: $bad}"
done

# A function of Vista, in a member of a static library.
for arch in i686 x86_64; do
    compile $arch "$work/puller.o" <<'C'
#include <windows.h>
void library(void) { static SRWLOCK lock; AcquireSRWLockShared(&lock); }
C
    rm -f "$work/libtoonew.a"
    $arch-w64-mingw32-ar rcs "$work/libtoonew.a" "$work/puller.o"
    program $arch library "$work/libtoonew.a" <<< 'void library(void); int main(void) { library(); return 0; }'
    name="imports/selftest: a function of Vista in a library of an $arch program"
    judge "$name" $arch library 'loads on .*' 'kernel32.dll has AcquireSRWLockShared from Windows Vista on'
    judge "$name, and who pulls it in" $arch library 'loads on .*' 'pulled in by libtoonew.a(puller.o)'
    passed=$(grep -c '^ok .* loads on Windows \(Vista\|7\)$' "$work/$arch/library.said")
    if [ "$passed" = 2 ]; then echo "ok $name, which loads on Vista and 7"; else echo "not ok $name, which loads on Vista and 7: only $passed of them"; fi
done

# The C run-time.
program i686 runtime <<'C'
__declspec(dllimport) long long _mkgmtime64(void *);
int main(int n, char **v) { return (int)_mkgmtime64(v) + n; }
C
judge 'imports/selftest: a function of the run-time of 2003' i686 runtime 'loads on Windows (2000 SP4|XP)' 'msvcrt.dll has _mkgmtime64 from Windows Server 2003 on'
judge 'imports/selftest: and the object that pulls it in' i686 runtime 'loads on Windows (2000 SP4|XP)' 'pulled in by runtime.o'

# Import libraries of functions that are not.
cat > "$work/invented.def" <<'DEF'
LIBRARY kernel32.dll
EXPORTS
InventedByTheTest
DEF
cat > "$work/ordinal.def" <<'DEF'
LIBRARY ws2_32.dll
EXPORTS
ByOrdinal @23 NONAME
DEF
sed 's/kernel32/invented/' "$work/invented.def" > "$work/foreign.def"
for name in invented ordinal foreign; do
    x86_64-w64-mingw32-dlltool -d "$work/$name.def" -l "$work/lib$name.a"
    call=InventedByTheTest
    [ $name != ordinal ] || call=ByOrdinal
    program x86_64 $name "$work/lib$name.a" <<< "__declspec(dllimport) int $call(void); int main(void) { return $call(); }"
done
judge 'imports/selftest: a function that no table has' x86_64 invented 'loads on .*' "no source here tells which Windows' kernel32.dll has InventedByTheTest"
judge 'imports/selftest: a function by its number' x86_64 ordinal 'imports by name' 'ordinal'
judge "imports/selftest: a DLL that is not Windows'" x86_64 foreign '(imports only .*|loads on .*)' 'invented.dll'

program i686 newer -Wl,--minor-os-version=1,--minor-subsystem-version=1 <<< 'int main(void) { return 0; }'
judge 'imports/selftest: a program that says it is for XP' i686 newer 'is for Windows 5.0' 'subsystem 5.1'
program i686 stamped -Wl,--insert-timestamp <<< 'int main(void) { return 0; }'
judge 'imports/selftest: a program with a link time' i686 stamped 'has no link time' 'it says'

sources 'imports/selftest: a name that no Windows has' 'no table has DiInstallDevcie of newdev.dll' \
    <<< 'void f(void) { win_bind(L"newdev.dll", "DiInstallDevcie"); }'
sources 'imports/selftest: a function of another DLL' 'no table has DiInstallDevice of setupapi.dll' \
    <<< 'static const wchar_t d[] = L"setupapi.dll"; void f(void) { win_bind(d, "DiInstallDevice"); }'
sources 'imports/selftest: a name that is not to be read' 'win_bind(d, name)' <<< 'void f(void) { win_bind(d, name); }'
sources 'imports/selftest: bound, and imported too' 'GetStartupInfoA of kernel32.dll' <<< 'void f(void) { win_bind(L"kernel32.dll", "GetStartupInfoA"); }'
sources 'imports/selftest: bound by another call' 'a.windows.c' <<'C'
#define BIND(to, name) (((to) = (__typeof__(to))win_bind(L"crypt32.dll", name)) != NULL)
void f(void) { GetProcAddress(0, "x"); BIND(a->b, "CertOpenStore"); }
C
