/* publish and xenstore: what stands in the keys, and what goes to each driver; the doubles take
 * requests as the drivers' sources do, and answer as they do. */
#include "installer/publish.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <ctype.h>
#include <stdio.h>

enum { WRITES_MAX = 16 };

/* A driver: what was written to it, and how it is to answer. */
struct driver {
    char path[WRITES_MAX][300], value[WRITES_MAX][600];
    size_t writes;
    size_t fails_at;      /* this write fails; 0: none does */
    const char *says;     /* WIRE: the error's name; NULL: the call fails */
    size_t cut;           /* WIRE: so many bytes of the answer are missing */
    uint32_t off, length; /* WIRE: added to the answer's number and length */
    bool closed;
};

/* As __IsValidStr of win-xeniface's ioctl_store.c. */
static size_t valid_text(const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (at[i] == '\0')
            return i + 1;
        if (!isprint(at[i]))
            break;
    }
    return 0;
}

static bool fails(struct driver *d, struct err *e)
{
    d->writes++;
    return d->writes == d->fails_at && !d->says && !err_set(e, ERR_ACCESS, "refused");
}

/* As IoctlStoreWrite. */
static bool xeniface(void *context, struct span request, uint8_t reply[XENSTORE_REPLY_MAX],
                     size_t *got, struct err *e)
{
    struct driver *d = context;
    size_t at = d->writes;
    (void)reply;
    *got = 0;
    if (fails(d, e))
        return false;
    size_t path = valid_text(request.at, request.size);
    size_t value = path ? valid_text(request.at + path, request.size - path) : 0;
    if (!value)
        return err_set(e, ERR_FORMAT, "STATUS_INVALID_PARAMETER");
    CHECK("a last NUL ends the request", path + value + 1 == request.size);
    snprintf(d->path[at], sizeof d->path[at], "%s", (const char *)request.at);
    snprintf(d->value[at], sizeof d->value[at], "%s", (const char *)request.at + path);
    return true;
}

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put_number(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* As XenBus_EvtIoWrite and xenstored: a message, whose answer has its number. */
static bool wire(void *context, struct span request, uint8_t reply[XENSTORE_REPLY_MAX], size_t *got,
                 struct err *e)
{
    struct driver *d = context;
    size_t at = d->writes;
    if (fails(d, e))
        return false;
    CHECK("a message has its header and its length", request.size > 16);
    CHECK("its length is that of what follows", number_at(request.at + 12) == request.size - 16);
    CHECK("it is a write, outside a transaction",
          number_at(request.at) == 11 && number_at(request.at + 8) == 0);
    size_t path = valid_text(request.at + 16, request.size - 16);
    CHECK("the path ends with a NUL", path);
    snprintf(d->path[at], sizeof d->path[at], "%s", (const char *)request.at + 16);
    memcpy(d->value[at], request.at + 16 + path, request.size - 16 - path);
    const char *says = d->writes == d->fails_at ? d->says : "OK";
    put_number(reply, d->writes == d->fails_at ? 16 : 11);
    put_number(reply + 4, number_at(request.at + 4) + d->off);
    put_number(reply + 8, 0);
    put_number(reply + 12, (uint32_t)strlen(says) + 1 + d->length);
    memcpy(reply + 16, says, strlen(says) + 1);
    *got = 16 + strlen(says) + 1 - d->cut;
    return true;
}

static void close_driver(void *context)
{
    ((struct driver *)context)->closed = true;
}

static struct xenstore to(struct driver *d, enum xenstore_dialect dialect)
{
    return (struct xenstore){.dialect = dialect,
                             .context = d,
                             .exchange = dialect == XENSTORE_WIRE ? wire : xeniface,
                             .close = close_driver};
}

static void add_finding(struct report *r, enum status_severity severity, const char *code)
{
    struct status_finding *f = shape_list_add(&r->status->findings, sizeof *f);
    f->code = mem_strdup(code);
    f->severity = severity;
    f->message = mem_strdup("C:\\Users\\anna");
}

static void fill(struct report *r, struct inventory *drivers)
{
    report_init(r, "status");
    report_set_outcome(r, EXIT_CODE_NEEDS_ATTENTION, NULL);
    r->windows = mem_strdup("Windows\n7 \xc3\xa9");
    r->status = mem_zero(1, sizeof *r->status);
    r->status->word = STATUS_BROKEN;
    add_finding(r, STATUS_INFO, "device-not-needed");
    add_finding(r, STATUS_WARNING, "test-signing-on");
    add_finding(r, STATUS_ERROR, "mixed-families");
    add_finding(r, STATUS_ERROR, "mixed-families");
    struct inventory_family *f = shape_list_add(&drivers->families, sizeof *f);
    f->id = mem_strdup("gplpv");
    f->version = mem_strdup("0.11.0.373");
    f = shape_list_add(&drivers->families, sizeof *f);
    f->id = mem_strdup("xcp-ng");
}

static const struct {
    const char *path, *value;
} keys[] = {
    {"data/xenpv/schema", "1"},
    {"data/xenpv/status", "broken"},
    {"data/xenpv/exit-code", "6"},
    {"data/xenpv/findings", "mixed-families test-signing-on"},
    {"data/xenpv/drivers", "gplpv 0.11.0.373; xcp-ng"},
    {"data/xenpv/windows", "Windows?7 ??"},
    {"data/xenpv/program", "xenpv " XENPV_VERSION},
    {"data/xenpv/time", "1970-01-02T00:00:00Z"},
};

static void both_drivers_get_the_keys(void **state)
{
    (void)state;
    for (enum xenstore_dialect dialect = XENSTORE_XENIFACE; dialect <= XENSTORE_WIRE; dialect++) {
        struct report r;
        struct inventory drivers = {0};
        struct publish p = {0};
        struct driver d = {.writes = 0};
        struct xenstore x = to(&d, dialect);
        struct err e = {0};
        fill(&r, &drivers);
        publish_of(&r, &drivers, 86400, &p);
        CHECK("all is written", publish_write(&p, &x, &e) && d.writes == COUNT(keys));
        for (size_t i = 0; i < COUNT(keys); i++) {
            CHECK_TEXT("at its path", d.path[i], keys[i].path);
            CHECK_TEXT("with its value", d.value[i], keys[i].value);
        }
        xenstore_close(&x);
        CHECK("and closed once", d.closed && x.dialect == XENSTORE_NONE);
        xenstore_close(&x);
        publish_release(&p);
        inventory_release(&drivers);
        report_release(&r);
    }
}

static void what_is_not_known_is_empty_and_what_is_long_is_cut(void **state)
{
    char code[64];
    struct report r;
    struct inventory none = {0};
    struct publish p = {0};
    struct driver d = {.writes = 0};
    struct xenstore x = to(&d, XENSTORE_XENIFACE);
    (void)state;
    report_init(&r, "status");
    publish_of(&r, &none, 0, &p);
    CHECK("it can be written", publish_write(&p, &x, NULL));
    CHECK_TEXT("no status is an unknown one", d.value[1], "unknown");
    CHECK_TEXT("no Windows is no text", d.value[5], "");
    publish_release(&p);
    r.status = mem_zero(1, sizeof *r.status);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(code, sizeof code, "some-finding-%u", i);
        add_finding(&r, STATUS_ERROR, code);
    }
    d.writes = 0;
    publish_of(&r, &none, 0, &p);
    CHECK("it can still be written", publish_write(&p, &x, NULL));
    CHECK("a long value has its limit", strlen(d.value[3]) <= PUBLISH_VALUE_MAX);
    CHECK_HAS("and says that it was cut", d.value[3] + strlen(d.value[3]) - 3, "...");
    publish_release(&p);
    report_release(&r);
}

static const struct {
    const char *sentence;
    enum xenstore_dialect dialect;
    struct driver driver;
    const char *why;
} failures[] = {
    {"a driver that refuses", XENSTORE_XENIFACE, {.fails_at = 1}, "'a': refused"},
    {"a device that refuses", XENSTORE_WIRE, {.fails_at = 1}, "'a': refused"},
    {"an error of xenstored", XENSTORE_WIRE, {.fails_at = 1, .says = "EACCES"}, "says EACCES"},
    {"an answer without all of its header", XENSTORE_WIRE, {.cut = 4}, "no message"},
    {"an answer without all of its text", XENSTORE_WIRE, {.cut = 1}, "no message"},
    {"an answer that lies about its length", XENSTORE_WIRE, {.length = 0xfffffff0}, "no message"},
    {"an answer to somebody else", XENSTORE_WIRE, {.off = 1}, "is to request 1, not to 0"},
    {"no driver", XENSTORE_NONE, {.cut = 0}, "no way to xenstore"},
};

static void failures_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(failures); i++) {
        struct driver d = failures[i].driver;
        struct xenstore x = to(&d, failures[i].dialect);
        struct err e = {0};
        CHECK(failures[i].sentence, !xenstore_write(&x, "a", "b", &e));
        CHECK_HAS(failures[i].sentence, e.text, failures[i].why);
    }
}

static void what_the_driver_would_not_take_is_not_sent(void **state)
{
    static const char *const refused[][2] = {
        {"", "b"}, {"a\n", "b"}, {"a", "b\x7f"}, {"a", "\xc3\xa9"}};
    char longest[XENSTORE_VALUE_MAX + 2];
    struct driver d = {.writes = 0};
    struct xenstore x = to(&d, XENSTORE_WIRE);
    struct err e = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++)
        CHECK(refused[i][1], !xenstore_write(&x, refused[i][0], refused[i][1], NULL));
    memset(longest, 'v', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    CHECK("a value above the limit", !xenstore_write(&x, "a", longest, NULL));
    longest[XENSTORE_PATH_MAX + 1] = '\0';
    CHECK("a path above the limit", !xenstore_write(&x, longest, "b", NULL));
    CHECK("nothing of that was sent", d.writes == 0);
    CHECK("what is at the limit is", xenstore_write(&x, longest + 1, longest + 1, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_drivers_get_the_keys),
        cmocka_unit_test(what_is_not_known_is_empty_and_what_is_long_is_cut),
        cmocka_unit_test(failures_are_named),
        cmocka_unit_test(what_the_driver_would_not_take_is_not_sent),
    };
    return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
