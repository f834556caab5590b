# Recipes of the static libraries for one Windows target. Called by build.sh, in an empty work folder, with
# TARGET, SOURCES (folder with the verified source packages) and LOCK. Fills stage/{include,lib}.

SHELL := /bin/bash -eo pipefail
.DELETE_ON_ERROR:
.SECONDARY:
.SECONDEXPANSION:

CC := $(TARGET)-gcc-win32
AR := $(TARGET)-ar
W := $(CURDIR)
STAGE := $(W)/stage

# Windows XP is the oldest target of the i686 program's API set; it must even load on Windows 2000, on any
# processor that runs it. 64-bit Windows began with Server 2003 (5.2).
ifeq ($(TARGET),i686-w64-mingw32)
WINNT := 0x0501
MACHINE := -march=i586
OPENSSL_TARGET := mingw
else
WINNT := 0x0502
MACHINE :=
OPENSSL_TARGET := mingw64
endif

CFLAGS := -Os -ffunction-sections -fdata-sections $(MACHINE) -ffile-prefix-map=$(W)=.
# liblzma's headers ask for DLL imports on Windows unless told that the library is static.
CPPFLAGS := -D_WIN32_WINNT=$(WINNT) -DWINVER=$(WINNT) -DLZMA_API_STATIC -DLIBARCHIVE_STATIC -I$(STAGE)/include
LDFLAGS := -L$(STAGE)/lib -static-libgcc
CONFIGURE = CC=$(CC) CFLAGS="$(CFLAGS)" CPPFLAGS="$(CPPFLAGS)" LDFLAGS="$(LDFLAGS)" ./configure --host=$(TARGET) \
    --prefix=$(STAGE) --disable-shared --enable-static --disable-dependency-tracking \
    --cache-file=$(W)/config.cache

LIBS := z bz2 lzma jansson archive crypto ssl curl
.PHONY: all
all: $(LIBS:%=$(STAGE)/lib/lib%.a)

# Unpacked and patched as Debian does it; fetch.sh has checked the files.
src/%/.unpacked:
	mkdir -p src
	v=$$(awk '$$1 == "source" && $$2 == "$*" { sub(/^[0-9]+:/, "", $$3); print $$3 }' $(LOCK)); \
	rm -rf src/$*; dpkg-source --no-check -x $(SOURCES)/$*_$$v.dsc src/$*
	touch $@

# Objects that need no configure run: obj/NAME/FILE.o from a folder of src/, with FLAGS_NAME.
define objects # NAME, SOURCE PACKAGE, FOLDER, FILES
obj/$(1)/%.o: src/$(2)/.unpacked $$$$(READY_$(1))
	@mkdir -p obj/$(1)
	$(CC) $(CFLAGS) $(FLAGS_$(1)) $(CPPFLAGS) -c src/$(2)/$(3)$$*.c -o $$@
endef
define pack
mkdir -p $(STAGE)/include $(STAGE)/lib
rm -f $@
$(AR) rcsD $@ $(filter %.o,$^)
endef

# zlib: no configure run, Debian's package has no win32/ folder.
ZLIB := adler32 compress crc32 deflate infback inffast inflate inftrees trees uncompr zutil
$(eval $(call objects,z,zlib,))
$(STAGE)/lib/libz.a: $(ZLIB:%=obj/z/%.o)
	cp src/zlib/zlib.h src/zlib/zconf.h $(STAGE)/include
	$(pack)

BZIP2 := blocksort bzlib compress crctable decompress huffman randtable
$(eval $(call objects,bz2,bzip2,))
$(STAGE)/lib/libbz2.a: $(BZIP2:%=obj/bz2/%.o)
	cp src/bzip2/bzlib.h $(STAGE)/include
	$(pack)

# jansson: Debian's package is the bare git tree; its jansson_config.h.in says how to fill it in by hand.
JANSSON := dump error hashtable hashtable_seed load memory pack_unpack strbuffer strconv utf value version
FLAGS_jansson := -Iobj/jansson -DHAVE_STDINT_H -DHAVE_SYS_TYPES_H -DHAVE_UNISTD_H -DHAVE_GETPID -DHAVE_LOCALE_H \
    -DHAVE_SETLOCALE -DUSE_WINDOWS_CRYPTOAPI
READY_jansson := $(STAGE)/include/jansson_config.h
$(READY_jansson): src/jansson/.unpacked
	mkdir -p $(STAGE)/include obj/jansson
	: > obj/jansson/jansson_private_config.h
	sed 's/@json_inline@/inline/; s/@json_have_[a-z_]*@/1/' src/jansson/src/jansson_config.h.in > $@
	cp src/jansson/src/jansson.h $(STAGE)/include
$(eval $(call objects,jansson,jansson,src/))
$(STAGE)/lib/libjansson.a: $(JANSSON:%=obj/jansson/%.o)
	$(pack)

$(STAGE)/lib/liblzma.a: src/xz-utils/.unpacked
	cd src/xz-utils && $(CONFIGURE) --enable-threads=no --disable-nls --disable-doc --disable-scripts \
	    --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo --disable-lzma-links
	+$(MAKE) -C src/xz-utils/src/liblzma install

# libarchive: configured, but compiled here, which saves libtool's time and autoreconf after Debian's patches.
# _mkgmtime is not in the msvcrt.dll of Windows 2000 and XP: libarchive has its own.
ARCHIVE_CONFIG := src/libarchive/.configured
$(ARCHIVE_CONFIG): src/libarchive/.unpacked $(STAGE)/lib/libz.a $(STAGE)/lib/libbz2.a $(STAGE)/lib/liblzma.a
	cd src/libarchive && ac_cv_func__mkgmtime=no ac_cv_func__mkgmtime64=no $(CONFIGURE) \
	    --disable-bsdtar --disable-bsdcpio --disable-bsdcat --disable-acl --disable-xattr \
	    --without-openssl --without-nettle --without-mbedtls --without-cng --without-xml2 --without-expat \
	    --without-zstd --without-lz4 --without-lzo2 --without-libb2 --without-iconv \
	    --with-zlib --with-bz2lib --with-lzma
	for have in LIBZ LIBBZ2 LIBLZMA; do \
	    grep -q "^#define HAVE_$$have 1" src/libarchive/config.h || { echo "libarchive has no $$have"; exit 1; }; \
	done
	! grep '^#define HAVE__MKGMTIME' src/libarchive/config.h
	touch $@
# Which sources there are is known only after unpacking, hence the second make.
$(STAGE)/lib/libarchive.a: $(ARCHIVE_CONFIG)
	+$(MAKE) -f $(firstword $(MAKEFILE_LIST)) archive-objects
	cp src/libarchive/libarchive/archive.h src/libarchive/libarchive/archive_entry.h $(STAGE)/include
	rm -f $@
	$(AR) rcsD $@ obj/archive/*.o
FLAGS_archive := -DHAVE_CONFIG_H -D__USE_MINGW_ANSI_STDIO -Isrc/libarchive
$(eval $(call objects,archive,libarchive,libarchive/))
.PHONY: archive-objects
archive-objects: $(patsubst src/libarchive/libarchive/%.c,obj/archive/%.o,$(wildcard src/libarchive/libarchive/*.c))

# OpenSSL: libcrypto with PKCS#7, CMS, X.509, OCSP and time stamps, and a TLS 1.2/1.3 libssl for HTTPS (the
# sockets are libcurl's). Ciphers and digests that neither Authenticode nor today's HTTPS uses are left out.
# Debian's pic.patch makes assembler that is for ELF only, on i386. P-256 by its own assembler has a table of 150 kB
# to make a handful of signatures faster.
OPENSSL_OPTIONS := no-shared no-tests no-module no-dso no-engine no-async no-sock no-ui-console \
    no-autoload-config no-filenames no-pic no-makedepend no-legacy \
    no-ssl3 no-tls1 no-tls1_1 no-dtls no-srp no-srtp no-psk no-dh no-ocsp no-multiblock no-comp no-ct no-cmp no-rfc3779 no-nextprotoneg \
    no-aria no-bf no-blake2 no-camellia no-cast no-chacha no-cmac no-gost no-idea no-md4 no-mdc2 no-ocb no-poly1305 no-rc2 no-rc4 no-rmd160 \
    no-scrypt no-seed no-siphash no-siv no-sm2 no-sm3 no-sm4 no-whirlpool no-ec2m
src/openssl/.configured: src/openssl/.unpacked
	[ $(OPENSSL_TARGET) != mingw ] || patch -d src/openssl -R -p1 < src/openssl/debian/patches/pic.patch
	sed -i 's/^\( *\$$ECDEF_x86\(_64\)\?=\)ECP_NISTZ256_ASM/\1/' src/openssl/crypto/ec/build.info
	! grep 'ECDEF_x86.*NISTZ' src/openssl/crypto/ec/build.info
	cd src/openssl && CFLAGS="$(CFLAGS)" CPPFLAGS="$(CPPFLAGS)" CC=gcc-win32 AR=ar RANLIB=ranlib \
	    ./Configure $(OPENSSL_TARGET) --cross-compile-prefix=$(TARGET)- --prefix=/ $(OPENSSL_OPTIONS)
	touch $@
$(STAGE)/lib/libcrypto.a: src/openssl/.configured
	+$(MAKE) -C src/openssl build_generated
	+$(MAKE) -C src/openssl libcrypto.a libssl.a
	cp -r src/openssl/include/openssl $(STAGE)/include/
	rm -f $(STAGE)/include/openssl/*.in
	cp src/openssl/libssl.a src/openssl/libcrypto.a $(STAGE)/lib
$(STAGE)/lib/libssl.a: $(STAGE)/lib/libcrypto.a
	test -e $@

# libcurl: HTTP and HTTPS through OpenSSL, proxies with their passwords (SSPI binds secur32.dll at run time). Compiled
# here, as libarchive. getaddrinfo is not in the ws2_32.dll of Windows 2000: the header wspiapi.h looks for it at run time
# and has its own. The certificates of Windows' store are read by xenpv, so that crypt32.dll is not asked for. What
# configure finds of POSIX threads is not linked.
CURL_CONFIG := src/curl/.configured
CURL_WITHOUT := ftp file ldap ldaps dict telnet tftp pop3 imap smb smtp gopher mqtt rtsp manual libcurl-option cookies doh mime \
    netrc hsts alt-svc tls-srp unix-sockets socketpair dateparse get-easy-options progress-meter headers-api
$(CURL_CONFIG): src/curl/.unpacked $(STAGE)/lib/libssl.a
	cd src/curl && LIBS="-lcrypt32 -lws2_32 -lgdi32" $(CONFIGURE) --with-openssl=$(STAGE) --enable-http --enable-proxy \
	    --cache-file=curl.cache --enable-ipv6 --enable-sspi --without-zlib --without-brotli --without-zstd --without-libpsl --without-libidn2 \
	    --without-nghttp2 --without-libssh2 --without-librtmp $(CURL_WITHOUT:%=--disable-%)
	sed -i -e 's/^#define USE_THREADS_POSIX 1/#define USE_THREADS_WIN32 1/' -e '/^#define HAVE_PTHREAD_H 1/d' \
	    -e '/^#define USE_WIN32_CRYPTO 1/d' src/curl/lib/curl_config.h
	for have in USE_OPENSSL USE_THREADS_WIN32 USE_WINDOWS_SSPI ENABLE_IPV6 HAVE_GETADDRINFO; do \
	    grep -q "^#define $$have 1" src/curl/lib/curl_config.h || { echo "curl has no $$have"; exit 1; }; \
	done
	touch $@
FLAGS_curl := -DHAVE_CONFIG_H -DCURL_STATICLIB -DBUILDING_LIBCURL -Isrc/curl/include -Isrc/curl/lib \
    -include winsock2.h -include ws2tcpip.h -include wspiapi.h
$(eval $(call objects,curl,curl,lib/))
$(STAGE)/lib/libcurl.a: $(CURL_CONFIG)
	mkdir -p $(addprefix obj/curl/,vauth vtls vquic)
	+$(MAKE) -f $(firstword $(MAKEFILE_LIST)) curl-objects
	mkdir -p $(STAGE)/include/curl
	cp src/curl/include/curl/*.h $(STAGE)/include/curl
	rm -f $@
	$(AR) rcsD $@ obj/curl/*.o obj/curl/*/*.o
.PHONY: curl-objects
curl-objects: $(patsubst src/curl/lib/%.c,obj/curl/%.o,$(wildcard $(addprefix src/curl/lib/,*.c vauth/*.c vtls/*.c vquic/*.c)))
