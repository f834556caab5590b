/* references: a manifest whose parts agree, and one disagreement at a time. */
#include "drivers-manifest/references.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

/* clang-format off */
static const char good[] =
    "{'schema': 1,"
    " 'families': [{'id': 'fam', 'name': 'F', 'role': 'installable', 'compatible_with': ['kin'],"
    "   'version_from': '1.0', 'version_to': '2.0', 'windows_from': '5.0.2195',"
    "   'architectures': ['x64'], 'signings': ['test'],"
    "   'files': [{'name': 'f.sys', 'version_from': '1.1', 'version_to': '1.9'}],"
    "   'removal': [{'kind': 'inf', 'what': 'f.inf'}]},"
    "  {'id': 'kin', 'name': 'K', 'role': 'recognised'}],"
    " 'advisories': [{'id': 'adv', 'title': 'T', 'date': '2026-04', 'affects': ["
    "   {'family': 'fam', 'release': 'old', 'signings': ['whql'], 'unless': ['sha2'],"
    "    'architectures': ['arm64'], 'certainty': 'certain'},"
    "   {'provider': 'P', 'file': 'f.sys', 'version_from': '9.0', 'version_to': '9.1',"
    "    'windows_from': '6.1.7600', 'windows_to': '6.1.7601', 'certainty': 'possible'}]}],"
    " 'kernels': [{'windows_from': '6.0.0', 'signature_x86': 'never', 'signature_64': 'always',"
    "   'sha2': 'update'}, {'windows_from': '10.0.0', 'signature_x86': 'never',"
    "   'signature_64': 'always', 'sha2': 'native'}],"
    " 'releases': ["
    "  {'id': 'old', 'family': 'fam', 'version': '1', 'rank': 1, 'date': '2012-10-22',"
    "   'superseded_by': 'new', 'drivers': [{'name': 'b', 'inf': 'b.inf', 'hardware_ids': [],"
    "   'platform': true}], 'sets': [{'id': 's', 'architecture': 'x64',"
    "   'windows_from': '6.2.9200', 'windows_to': '6.3.9600',"
    "   'files': [{'name': 'a', 'no_hash_reason': 'none'}]}]},"
    "  {'id': 'new', 'family': 'fam', 'version': '2', 'rank': 2, 'drivers': [{'name': 'b',"
    "   'inf': 'b.inf', 'hardware_ids': [], 'platform': true}], 'sets': [{'id': 's',"
    "   'architecture': 'x64', 'files': [{'name': 'a', 'no_hash_reason': 'none'}]}]}]}";
/* clang-format on */

static const struct {
    const char *sentence, *from, *to, *place, *why;
} rows[] = {
    {"nothing is wrong with it", "", "", NULL, NULL},
    {"a family that is not there", "['kin']", "['king']", "family 'fam'", "no family 'king'"},
    {"a version that is none", "'1.0'", "'one'", "family 'fam'", "'one'"},
    {"versions the wrong way round", "'2.0'", "'0.9'", "family 'fam'", "empty"},
    {"a file's versions the wrong way round", "'1.9'", "'1.0'", "family 'fam'", "empty"},
    {"a processor that nobody knows", "['x64']", "['x65']", "family 'fam'", "'x65'"},
    {"a way of signing that nobody knows", "['test']", "['tests']", "family 'fam'", "'tests'"},
    {"a way of removal that nobody knows", "'kind': 'inf'", "'kind': 'info'", "removal[0].kind",
     "one of"},
    {"a successor that is not there", "'superseded_by': 'new'", "'superseded_by': 'newer'",
     "release 'old'", "'newer'"},
    {"a successor that is itself", "'superseded_by': 'new'", "'superseded_by': 'old'",
     "release 'old'", "'old'"},
    {"a successor of another family", "'id': 'new', 'family': 'fam'",
     "'id': 'new', 'family': 'kin'", "release 'old'", "'new'"},
    {"a set for no Windows", "'6.3.9600'", "'6.1.9600'", "release 'old'", "empty"},
    {"a date that is none", "'2012-10-22'", "'22.10.2012'", "release 'old'", "date"},
    {"a month of one digit", "'2026-04'", "'2026-4'", "advisory 'adv'", "date"},
    {"a condition on no family", "'family': 'fam', 'release'", "'family': 'fan', 'release'",
     "affects[0]", "'fan'"},
    {"a condition on no release", "'release': 'old'", "'release': 'odd'", "affects[0]", "'odd'"},
    {"a condition on no way of signing", "['whql']", "['whq']", "affects[0]", "'whq'"},
    {"a condition on no state", "['sha2']", "['sha3']", "affects[0]", "'sha3'"},
    {"a condition on no processor", "['arm64']", "['arm']", "affects[0]", "'arm'"},
    {"a condition on a file of nobody's", "'provider': 'P', ", "", "affects[1]", "both"},
    {"a condition that nobody is sure of", "'possible'", "null", "certainty", "there"},
    {"a condition on no version", "'9.1'", "'8.9'", "affects[1]", "empty"},
    {"a condition on no Windows", "'6.1.7601'", "'6.1.7599'", "affects[1]", "empty"},
    {"kernels that descend", "'10.0.0'", "'5.0.0'", "kernels[1]", "later"},
    {"a kernel twice", "'10.0.0'", "'6.0.0'", "kernels[1]", "twice"},
};

/* good with the first from replaced by to, and quotation marks in it. */
static char *changed(const char *from, const char *to)
{
    struct text t = {0};
    const char *at = strstr(good, from);
    if (!at)
        fail_msg("\"%s\" is not in the manifest", from);
    else {
        text_add_bytes(&t, good, (size_t)(at - good));
        text_addf(&t, "%s%s", to, at + strlen(from));
    }
    char *json = text_steal(&t);
    for (char *c = json; c && *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return json;
}

static bool decode(const char *json, struct err *e)
{
    struct manifest m = {0};
    bool ok = manifest_decode("made", span_text(json), &m, NULL, e);
    manifest_release_all(&m);
    return ok;
}

static void each_disagreement_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *json = changed(rows[i].from, rows[i].to);
        struct err e = {0};
        bool ok = decode(json, &e);
        mem_free(json);
        CHECK(rows[i].sentence, ok == !rows[i].place);
        if (rows[i].place) {
            CHECK_HAS(rows[i].sentence, e.text, rows[i].place);
            CHECK_HAS(rows[i].sentence, e.text, rows[i].why);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_disagreement_is_told_with_its_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
