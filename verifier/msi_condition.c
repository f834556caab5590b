#include "verifier/msi_condition.h"

#include "base/text.h"

#include <string.h>

enum token {
    TOKEN_UNKNOWN = 0, /* what no condition has */
    TOKEN_END,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_NAME,  /* a property */
    TOKEN_OTHER, /* environment variable, component or feature: not known to us */
    TOKEN_TEXT,
    TOKEN_NUMBER,
    TOKEN_EQUAL,
    TOKEN_UNEQUAL,
    TOKEN_LESS,
    TOKEN_MORE,
    TOKEN_LESS_EQUAL,
    TOKEN_MORE_EQUAL,
    TOKEN_HAS,
    TOKEN_STARTS,
    TOKEN_ENDS,
    TOKEN_NOT,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_XOR,
    TOKEN_EQV,
    TOKEN_IMP,
};

/* token is the next one, not yet taken. */
struct reading {
    struct span rest;
    const struct msi_properties *properties;
    enum token token;
    struct span text; /* of a name, a text without its quotes, a number */
    bool nocase;      /* "~" stood before the operator */
    bool bad;         /* it is no condition */
    unsigned depth;
};

/* --- tokens ----------------------------------------------------------------------------------- */

struct token_row {
    const char *text;
    enum token token;
};

/* Longer ones first. */
static const struct token_row operators[] = {
    {"<>", TOKEN_UNEQUAL}, {"<=", TOKEN_LESS_EQUAL}, {"<<", TOKEN_STARTS}, {">=", TOKEN_MORE_EQUAL},
    {"><", TOKEN_HAS},     {">>", TOKEN_ENDS},       {"=", TOKEN_EQUAL},   {"<", TOKEN_LESS},
    {">", TOKEN_MORE},     {"(", TOKEN_OPEN},        {")", TOKEN_CLOSE},
};

static const struct token_row words[] = {
    {"NOT", TOKEN_NOT}, {"AND", TOKEN_AND}, {"OR", TOKEN_OR},
    {"XOR", TOKEN_XOR}, {"EQV", TOKEN_EQV}, {"IMP", TOKEN_IMP},
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(uint8_t c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '.';
}

/* How many bytes from at on are such. */
static size_t run_of(struct span s, size_t at, bool (*is)(uint8_t c))
{
    size_t end = at;
    while (end < s.size && is(s.at[end]))
        end++;
    return end - at;
}

static bool same_nocase(struct span a, struct span b)
{
    for (size_t i = 0; a.size == b.size && i < a.size; i++) {
        uint8_t x = a.at[i], y = b.at[i];
        x = (uint8_t)(x >= 'a' && x <= 'z' ? x - 'a' + 'A' : x);
        y = (uint8_t)(y >= 'a' && y <= 'z' ? y - 'a' + 'A' : y);
        if (x != y)
            return false;
    }
    return a.size == b.size;
}

/* Cut size bytes off, which are the token's text. */
static void take(struct reading *r, enum token token, size_t size)
{
    r->token = span_take(&r->rest, size, &r->text) ? token : TOKEN_UNKNOWN;
}

static void take_quoted(struct reading *r)
{
    static const uint8_t quote[] = {'"'};
    size_t end = span_find(r->rest, 1, span_of(quote, 1));
    struct span whole;
    r->token = TOKEN_UNKNOWN;
    if (end >= r->rest.size || !span_part(r->rest, 1, end - 1, &r->text) ||
        !span_take(&r->rest, end + 1, &whole))
        return;
    r->token = TOKEN_TEXT;
}

static void take_word(struct reading *r)
{
    take(r, TOKEN_NAME, run_of(r->rest, 0, is_name));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same_nocase(r->text, span_text(words[i].text)))
            r->token = words[i].token;
}

static bool take_operator(struct reading *r)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (span_starts(r->rest, span_text(operators[i].text))) {
            take(r, operators[i].token, strlen(operators[i].text));
            return true;
        }
    return false;
}

static void skip_blanks(struct reading *r)
{
    struct span blank;
    while (r->rest.size && r->rest.at[0] <= ' ')
        span_take(&r->rest, 1, &blank);
}

static void next(struct reading *r)
{
    struct span sign;
    skip_blanks(r);
    r->nocase = r->rest.size && r->rest.at[0] == '~' && span_take(&r->rest, 1, &sign);
    r->text = (struct span){0};
    uint8_t c = r->rest.size ? r->rest.at[0] : 0;
    if (!r->rest.size)
        r->token = TOKEN_END;
    else if (c == '"')
        take_quoted(r);
    else if (is_digit(c) || (c == '-' && r->rest.size > 1 && is_digit(r->rest.at[1])))
        take(r, TOKEN_NUMBER, 1 + run_of(r->rest, 1, is_digit));
    else if (is_name(c))
        take_word(r);
    else if (strchr("%$?&!", c))
        take(r, TOKEN_OTHER, 1 + run_of(r->rest, 1, is_name));
    else if (!take_operator(r))
        r->token = TOKEN_UNKNOWN;
    if (r->nocase && !(r->token >= TOKEN_EQUAL && r->token <= TOKEN_ENDS))
        r->token = TOKEN_UNKNOWN;
}

/* --- values and comparisons ------------------------------------------------------------------- */

struct value {
    bool known, quoted;
    struct span text;
};

static bool number_in(struct value v, int64_t *out)
{
    bool negative = v.text.size && v.text.at[0] == '-';
    size_t from = negative;
    int64_t n = 0;
    if (v.quoted || from == v.text.size)
        return false;
    for (size_t i = from; i < v.text.size; i++) {
        if (!is_digit(v.text.at[i]))
            return false;
        n = n * 10 + (v.text.at[i] - '0');
        if (n > (int64_t)INT32_MAX + 1)
            return false;
    }
    *out = negative ? -n : n;
    return true;
}

static enum tri tri_of(bool b)
{
    return b ? TRI_YES : TRI_NO;
}

static enum tri compare_numbers(enum token how, int64_t a, int64_t b)
{
    enum { LOW = 0xffff };
    uint32_t x = (uint32_t)a, y = (uint32_t)b;
    switch (how) {
    case TOKEN_EQUAL: return tri_of(a == b);
    case TOKEN_UNEQUAL: return tri_of(a != b);
    case TOKEN_LESS: return tri_of(a < b);
    case TOKEN_MORE: return tri_of(a > b);
    case TOKEN_LESS_EQUAL: return tri_of(a <= b);
    case TOKEN_MORE_EQUAL: return tri_of(a >= b);
    case TOKEN_HAS: return tri_of(x & y);
    case TOKEN_STARTS: return tri_of(x >> 16 == y);
    case TOKEN_ENDS: return tri_of((x & LOW) == y);
    default: return TRI_UNKNOWN;
    }
}

static bool same(struct span a, struct span b, bool nocase)
{
    return nocase ? same_nocase(a, b) : span_equal(a, b);
}

static bool has(struct span a, struct span b, bool nocase)
{
    struct span part;
    for (size_t i = 0; span_part(a, i, b.size, &part); i++)
        if (same(part, b, nocase))
            return true;
    return false;
}

/* How texts are ordered is the language's of the machine. */
static enum tri compare_texts(enum token how, struct span a, struct span b, bool nocase)
{
    struct span part;
    switch (how) {
    case TOKEN_EQUAL: return tri_of(same(a, b, nocase));
    case TOKEN_UNEQUAL: return tri_of(!same(a, b, nocase));
    case TOKEN_HAS: return tri_of(has(a, b, nocase));
    case TOKEN_STARTS: return tri_of(span_part(a, 0, b.size, &part) && same(part, b, nocase));
    case TOKEN_ENDS:
        return tri_of(a.size >= b.size && same(span_from(a, a.size - b.size), b, nocase));
    default: return TRI_UNKNOWN;
    }
}

static struct value take_value(struct reading *r)
{
    struct value v = {.text = r->text};
    switch (r->token) {
    case TOKEN_TEXT: v.known = v.quoted = true; break;
    case TOKEN_NUMBER: v.known = true; break;
    case TOKEN_NAME: v.known = r->properties->get(r->properties->context, r->text, &v.text); break;
    case TOKEN_OTHER: break;
    default: r->bad = true; break;
    }
    next(r);
    return v;
}

/* A number and what is none are unequal, and nothing else. */
static enum tri compare(struct reading *r, enum token left_kind, struct value left)
{
    enum token how = r->token;
    bool nocase = r->nocase;
    next(r);
    bool literal = left_kind == TOKEN_NUMBER || r->token == TOKEN_NUMBER;
    struct value right = take_value(r);
    int64_t a, b;
    if (!left.known || !right.known)
        return TRI_UNKNOWN;
    if (number_in(left, &a) && number_in(right, &b))
        return compare_numbers(how, a, b);
    return literal ? tri_of(how == TOKEN_UNEQUAL)
                   : compare_texts(how, left.text, right.text, nocase);
}

/* --- logic, from the tightest binding to the loosest ------------------------------------------ */

static enum tri expression(struct reading *r, enum token loosest);

static enum tri tri_not(enum tri a)
{
    return a == TRI_UNKNOWN ? TRI_UNKNOWN : tri_of(a == TRI_NO);
}

static enum tri tri_and(enum tri a, enum tri b)
{
    if (a == TRI_NO || b == TRI_NO)
        return TRI_NO;
    return tri_of(a == TRI_YES && b == TRI_YES) == TRI_YES ? TRI_YES : TRI_UNKNOWN;
}

static enum tri join(enum token how, enum tri a, enum tri b)
{
    switch (how) {
    case TOKEN_AND: return tri_and(a, b);
    case TOKEN_OR: return tri_not(tri_and(tri_not(a), tri_not(b)));
    case TOKEN_IMP: return tri_not(tri_and(a, tri_not(b)));
    case TOKEN_XOR:
    case TOKEN_EQV:
        if (a == TRI_UNKNOWN || b == TRI_UNKNOWN)
            return TRI_UNKNOWN;
        return tri_of((a == b) == (how == TOKEN_EQV));
    default: return TRI_UNKNOWN;
    }
}

/* A value alone is true when it is set; a number, when it is not 0. */
static enum tri term(struct reading *r)
{
    enum token kind = r->token;
    struct value v = take_value(r);
    int64_t n = 0;
    if (r->token >= TOKEN_EQUAL && r->token <= TOKEN_ENDS)
        return compare(r, kind, v);
    if (!v.known)
        return TRI_UNKNOWN;
    return tri_of(kind == TOKEN_NUMBER ? number_in(v, &n) && n != 0 : v.text.size > 0);
}

static enum tri factor(struct reading *r)
{
    enum tri result = TRI_UNKNOWN;
    if (r->depth >= MSI_CONDITION_DEPTH_MAX)
        r->bad = true;
    if (r->bad)
        return TRI_UNKNOWN;
    r->depth++;
    if (r->token == TOKEN_NOT) {
        next(r);
        result = tri_not(factor(r));
    } else if (r->token == TOKEN_OPEN) {
        next(r);
        result = expression(r, TOKEN_IMP);
        r->bad = r->bad || r->token != TOKEN_CLOSE;
        next(r);
    } else {
        result = term(r);
    }
    r->depth--;
    return result;
}

/* One level of operators at a time; each binds from left to right. */
static enum tri expression(struct reading *r, enum token loosest)
{
    if (loosest < TOKEN_AND)
        return factor(r);
    enum tri left = expression(r, loosest - 1);
    while (!r->bad && r->token == loosest) {
        next(r);
        left = join(loosest, left, expression(r, loosest - 1));
    }
    return left;
}

enum tri msi_condition(const char *condition, const struct msi_properties *properties)
{
    struct reading r = {.rest = span_text(condition), .properties = properties};
    if (r.rest.size > MSI_CONDITION_SIZE_MAX)
        return TRI_UNKNOWN;
    next(&r);
    if (r.token == TOKEN_END)
        return TRI_YES;
    enum tri result = expression(&r, TOKEN_IMP);
    return r.bad || r.token != TOKEN_END ? TRI_UNKNOWN : result;
}
