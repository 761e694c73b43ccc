# wal2kafka: see README.md.  "make", "make install" and "make installcheck"
# are PGXS's; "make demo", "make test" and "make bench" install what they need
# and so must parse before pg_config exists.

PG_CONFIG ?= pg_config

# Targets that work on a bare machine.
include test/targets.mk

ifneq ($(shell command -v $(PG_CONFIG) 2>/dev/null),)

MODULE_big = wal2kafka
EXTENSION = wal2kafka
DATA = $(wildcard sql/wal2kafka--*.sql)

# Every area but the sender: that is a program of its own, and nothing of it
# (no librdkafka, no thread) is in what a server process maps.
SERVER_AREAS = config schema decode encode transform wire worker snapshot status api
OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c $(SERVER_AREAS:%=src/%/*.c)))

SENDER_SRCS = $(wildcard src/sender/*.c src/wire/*.c)
SENDER_OBJS = $(patsubst src/%.c,build/%.o,$(SENDER_SRCS))
SENDER_LIBS = -lrdkafka -lcurl -ljansson -lcrypto

PG_CPPFLAGS = -Isrc
EXTRA_CLEAN = build wal2kafka-sender

# "make WERROR=1": what developers and CI build with.
ifdef WERROR
PG_CFLAGS += -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers -DUSE_ASSERT_CHECKING
endif

# A server older than output_plugin_libraries refuses to start with it.
W2K_LOGICAL_CONF = test/logical.conf
# name_1.out is another right answer of name, not a test of its own.
REGRESS = $(filter-out %_1,$(patsubst expected/%.out,%,$(wildcard expected/*.out)))
REGRESS_OPTS = --temp-instance=./tmp_check --temp-config=$(W2K_LOGICAL_CONF)
ISOLATION = $(patsubst test/isolation/specs/%.spec,%,$(wildcard test/isolation/specs/*.spec))
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=output_iso --temp-instance=./tmp_check_iso --temp-config=$(W2K_LOGICAL_CONF)

PGXS := $(shell $(PG_CONFIG) --pgxs)
override with_llvm = no
include $(PGXS)

# Objects depend on every header: a small tree, and never a stale struct.
$(OBJS): $(wildcard src/*.h src/*/*.h)

all: wal2kafka-sender

SENDER_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -fstack-protector-strong $(if $(WERROR),-Werror)

build/%.o: src/%.c $(wildcard src/wire/*.h src/sender/*.h)
	@mkdir -p $(dir $@)
	$(CC) $(SENDER_CFLAGS) $(W2K_SENDER_CFLAGS) -Isrc -c -o $@ $<

wal2kafka-sender: $(SENDER_OBJS)
	$(CC) $(SENDER_CFLAGS) $(W2K_SENDER_CFLAGS) -o $@ $^ $(W2K_SENDER_LDFLAGS) $(SENDER_LIBS)

# Consumers' schema of format=protobuf, and the C that will write it.
PROTO_SRCS = $(wildcard proto/*.proto)
PROTO_C = $(PROTO_SRCS:proto/%.proto=build/proto/%.pb-c.c)

all: $(PROTO_C)

build/proto/%.pb-c.c: proto/%.proto
	@mkdir -p $(dir $@)
	protoc-c --proto_path=proto --c_out=$(dir $@) $<

install: install-sender install-proto
uninstall: uninstall-sender
.PHONY: install-sender install-proto uninstall-sender

install-sender: wal2kafka-sender
	$(MKDIR_P) '$(DESTDIR)$(pkglibdir)'
	$(INSTALL_PROGRAM) wal2kafka-sender '$(DESTDIR)$(pkglibdir)/wal2kafka-sender'

install-proto: $(PROTO_SRCS)
	$(MKDIR_P) '$(DESTDIR)$(datadir)/$(datamoduledir)/wal2kafka'
	$(INSTALL_DATA) $^ '$(DESTDIR)$(datadir)/$(datamoduledir)/wal2kafka/'

uninstall-sender:
	rm -rf '$(DESTDIR)$(datadir)/$(datamoduledir)/wal2kafka'
	rm -f '$(DESTDIR)$(pkglibdir)/wal2kafka-sender'

endif
