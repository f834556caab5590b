/* replay: facts alone, a report with its journal, and what is refused of either. */
#include "installer/replay.h"

#include "base/text.h"
#include "tests/unit/check.h"

struct row {
    const char *sentence, *json, *error; /* error: part of it; NULL: it is read */
    bool journal;
};

static const struct row rows[] = {
    {"facts alone", "{\"schema\": 1, \"restart_pending\": true}", NULL, false},
    {"a report",
     "{\"schema\": 1, \"command\": \"status\", \"status\": {\"word\": \"broken\"}, "
     "\"facts\": {\"schema\": 1, \"restart_pending\": true}}",
     NULL, false},
    {"a report with its journal",
     "{\"facts\": {\"schema\": 1, \"restart_pending\": true}, \"journal\": {\"schema\": 1, "
     "\"state\": \"installed\"}}",
     NULL, true},
    {"facts of another schema", "{\"schema\": 2}", "schema", false},
    {"a report of a command that read no facts",
     "{\"schema\": 1, \"facts\": null, \"command\": \"verify\"}", "without any facts", false},
    {"no facts at all", "{}", "schema", false},
    {"a report with facts of another schema", "{\"schema\": 1, \"facts\": {\"schema\": 2}}",
     "the report's facts", false},
    {"a report whose facts contradict themselves",
     "{\"facts\": {\"schema\": 1, \"windows\": {\"architecture\": \"x86\", \"process\": \"x64\"}}}",
     "contradict", false},
    {"a report whose journal has another schema",
     "{\"facts\": {\"schema\": 1}, \"journal\": {\"schema\": 7}}", "journal", false},
    {"a journal whose step is about nothing",
     "{\"facts\": {\"schema\": 1}, \"journal\": {\"schema\": 1, \"steps\": [{\"kind\": \"bind\", "
     "\"subject\": \"nobody\"}]}}",
     "journal", false},
    {"facts that are a number", "{\"facts\": 7}", "facts", false},
    {"no JSON", "xen", "line 1", false},
};

static void each_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        struct replay got = {0};
        struct err e = {0};
        bool ok = replay_decode(span_text(r->json), &got, NULL, &e);
        if (ok != !r->error)
            fail_msg("%s: %s", r->sentence, ok ? "it was read" : e.text);
        if (r->error) {
            CHECK_HAS(r->sentence, e.text, r->error);
            CHECK(r->sentence, !got.facts && !got.journal);
            continue;
        }
        CHECK(r->sentence, got.facts->schema.value == 1);
        CHECK(r->sentence, !got.journal == !r->journal);
        CHECK(r->sentence, !strstr(r->json, "pending") || got.facts->restart_pending == TRI_YES);
        replay_release(&got);
    }
}

/* Of facts they are named; the rest of a report is of no interest. */
static void unknown_fields(void **state)
{
    (void)state;
    static const char report[] = "{\"news\": 1, \"facts\": {\"schema\": 1, \"colour\": 2}}";
    static const char facts[] = "{\"schema\": 1, \"colour\": 2}";
    struct replay r = {0};
    struct texts unknown = {0};
    assert_true(replay_decode(span_text(report), &r, &unknown, NULL));
    assert_int_equal(unknown.count, 1);
    assert_string_equal(unknown.at[0], "facts.colour");
    replay_release(&r);
    texts_release(&unknown);
    assert_true(replay_decode(span_text(facts), &r, &unknown, NULL));
    assert_int_equal(unknown.count, 1);
    assert_string_equal(unknown.at[0], "colour");
    replay_release(&r);
    texts_release(&unknown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(unknown_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
