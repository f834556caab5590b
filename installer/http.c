#include "installer/http.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/http_system.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_SECONDS = 30,
    STALL_SECONDS = 60,
    NAME_MAX_BYTES = 255,
    HTTP_OK = 200,
    HTTP_PARTIAL = 206,
    HTTP_RANGE_REFUSED = 416
};

struct http {
    CURL *curl;
    struct http_settings settings;
    struct http_roots roots;
};

/* One transfer, as the callbacks see it. */
struct transfer {
    struct http *http;
    const struct http_request *request;
    struct http_answer *answer;
    struct err *e;
    uint64_t got;                   /* position behind the last byte taken */
    uint64_t range_at, range_total; /* of Content-Range */
    bool begun, stopped;
};

bool http_is_secure(const char *url)
{
    return text_starts_nocase(url, "https://");
}

bool http_is_url(const char *url)
{
    const char *host = http_is_secure(url)                  ? url + 8
                       : text_starts_nocase(url, "http://") ? url + 7
                                                            : NULL;
    return host && *host && !strchr("/?#:@", *host) && !strpbrk(url, " \t\r\n\"<>\\^`{|}");
}

/* --- what the server says --------------------------------------------------------------------- */

/* The value of a header line, without what is around it; false: another header. */
static bool header_value(struct span line, const char *name, struct text *out)
{
    size_t size = strlen(name);
    const char *at = (const char *)line.at;
    char *head;
    if (line.size < size)
        return false;
    head = mem_strndup(at, size);
    bool same = text_equal_nocase(head, name);
    mem_free(head);
    if (!same)
        return false;
    const char *end = at + line.size;
    for (at += size; at < end && (*at == ' ' || *at == '\t'); at++)
        continue;
    while (end > at && strchr(" \t\r\n", end[-1]))
        end--;
    const char *nul = memchr(at, 0, (size_t)(end - at));
    text_add_bytes(out, at, (size_t)((nul ? nul : end) - at));
    return true;
}

/* "bytes 100-199/200" or "bytes 100-199/" "*". */
static bool read_range(const char *value, uint64_t *at, uint64_t *total)
{
    char *end;
    if (!text_starts_nocase(value, "bytes ") || value[6] < '0' || value[6] > '9')
        return false;
    *at = strtoull(value + 6, &end, 10);
    const char *slash = strchr(end, '/');
    if (*end != '-' || !slash)
        return false;
    *total = slash[1] >= '0' && slash[1] <= '9' ? strtoull(slash + 1, NULL, 10) : 0;
    return true;
}

/* A weak validator promises no equal bytes, so that a range must not be asked with it (RFC
 * 9110, 13.1.5). */
static void note_validator(struct http_answer *a, const char *value)
{
    if (value[0] == '"' && strlen(value) <= HTTP_VALIDATOR_MAX)
        memcpy(a->validator, value, strlen(value) + 1);
}

static size_t take_header(char *at, size_t one, size_t count, void *context)
{
    struct transfer *t = context;
    struct span line = span_of(at, one * count);
    struct text value = {0};
    if (header_value(line, "HTTP/", &value)) { /* of a redirect, or of the answer itself */
        t->answer->validator[0] = 0;
        t->answer->retry_after = 0;
        t->range_at = t->range_total = 0;
    } else if (header_value(line, "ETag:", &value)) {
        note_validator(t->answer, text_str(&value));
    } else if (header_value(line, "Retry-After:", &value)) {
        unsigned long seconds = strtoul(text_str(&value), NULL, 10);
        t->answer->retry_after =
            (unsigned)(seconds < HTTP_RETRY_AFTER_MAX ? seconds : HTTP_RETRY_AFTER_MAX);
    } else if (header_value(line, "Content-Range:", &value)) {
        read_range(text_str(&value), &t->range_at, &t->range_total);
    }
    text_release(&value);
    return one * count;
}

/* Where the bytes of this answer begin, told to whoever takes them. */
static bool begin(struct transfer *t)
{
    const struct http_request *r = t->request;
    curl_off_t length = -1;
    uint64_t at = 0, total = 0;
    curl_easy_getinfo(t->http->curl, CURLINFO_RESPONSE_CODE, &t->answer->status);
    if (t->answer->status == HTTP_PARTIAL) {
        at = t->range_at;
        total = t->range_total;
        if (at != r->from) {
            t->answer->again = t->answer->from_zero = true;
            return err_set(t->e, ERR_FAILED, "the server sent another part than the one asked for");
        }
    } else if (t->answer->status != HTTP_OK) {
        return true; /* the page that goes with a failure: nobody reads it */
    } else if (curl_easy_getinfo(t->http->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) ==
                   CURLE_OK &&
               length > 0) {
        total = (uint64_t)length;
    }
    if (total > r->limit)
        return err_set(t->e, ERR_LIMIT,
                       "the server offers %llu bytes, more than the %llu that it may have",
                       (unsigned long long)total, (unsigned long long)r->limit);
    t->begun = true;
    t->got = at;
    return r->begin(r->context, at, total, t->e);
}

static size_t take_bytes(char *at, size_t one, size_t count, void *context)
{
    struct transfer *t = context;
    size_t size = one * count;
    if (!t->begun && !begin(t))
        t->stopped = true;
    if (t->stopped)
        return 0;
    if (!t->begun)
        return size;
    if (size > t->request->limit - t->got) {
        t->stopped = true;
        err_set(t->e, ERR_LIMIT, "the server sends more than the %llu bytes that it may have",
                (unsigned long long)t->request->limit);
        return 0;
    }
    t->got += size;
    t->stopped = !t->request->take(t->request->context, span_of(at, size), t->e);
    return t->stopped ? 0 : size;
}

/* --- asking ----------------------------------------------------------------------------------- */

bool http_open(const struct http_settings *settings, struct http **out, struct err *e)
{
    struct http *h = mem_zero(1, sizeof *h);
    h->settings = *settings;
    if (!settings->ca_file && !http_roots_read(&h->roots, e)) {
        mem_free(h);
        return false;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    h->curl = curl_easy_init();
    if (!h->curl) {
        http_close(h);
        return err_set(e, ERR_FAILED, "libcurl cannot be used");
    }
    *out = h;
    return true;
}

void http_close(struct http *h)
{
    if (!h)
        return;
    if (h->curl)
        curl_easy_cleanup(h->curl);
    http_roots_release(&h->roots);
    mem_free(h);
}

static void set_trust(struct http *h)
{
    CURL *c = h->curl;
    if (h->settings.ca_file) {
        curl_easy_setopt(c, CURLOPT_CAINFO, h->settings.ca_file);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    } else if (h->roots.pem) {
        struct curl_blob blob = {
            .data = h->roots.pem, .len = strlen(h->roots.pem), .flags = CURL_BLOB_NOCOPY};
        curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &blob);
    }
}

static void set_proxy(struct http *h, const char *url)
{
    char *found = NULL;
    if (!h->settings.proxy)
        found = http_system_proxy(url);
    if (h->settings.proxy || found)
        curl_easy_setopt(h->curl, CURLOPT_PROXY, found ? found : h->settings.proxy);
    curl_easy_setopt(h->curl, CURLOPT_PROXYAUTH, CURLAUTH_ANY);
    curl_easy_setopt(h->curl, CURLOPT_PROXYUSERPWD, found || !h->settings.proxy ? ":" : NULL);
    mem_free(found);
}

static void set_request(struct http *h, const struct http_request *r, struct transfer *t)
{
    CURL *c = h->curl;
    const struct http_settings *s = &h->settings;
    curl_easy_reset(c);
    curl_easy_setopt(c, CURLOPT_URL, r->url);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "xenpv/" XENPV_VERSION);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR,
                     http_is_secure(r->url) ? "https" : "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)HTTP_REDIRECTS_MAX);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
                     (long)(s->connect_seconds ? s->connect_seconds : CONNECT_SECONDS));
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
                     (long)(s->stall_seconds ? s->stall_seconds : STALL_SECONDS));
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, (long)CURL_MAX_READ_SIZE);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    set_trust(h);
    set_proxy(h, r->url);
}

/* A resumed part must be of the same file: If-Range has the server start over when it is not. */
static struct curl_slist *set_range(struct http *h, const struct http_request *r)
{
    struct curl_slist *headers = NULL;
    struct text line = {0};
    if (r->from) {
        text_addf(&line, "Range: bytes=%llu-", (unsigned long long)r->from);
        headers = curl_slist_append(headers, text_str(&line));
        text_release(&line);
        if (r->validator && *r->validator) {
            text_addf(&line, "If-Range: %s", r->validator);
            headers = curl_slist_append(headers, text_str(&line));
            text_release(&line);
        }
        curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
    }
    return headers;
}

/* --- what became of it ------------------------------------------------------------------------ */

static bool is_passing_status(long status)
{
    return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 ||
           status == 503 || status == 504;
}

static bool is_passing(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_SSL_CONNECT_ERROR: return true;
    default: return false;
    }
}

/* libcurl's sentence, for the few where a person needs another one. */
static const char *words_of(CURLcode code, const struct http_request *r)
{
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
        return http_is_secure(r->url) ? "it leads from HTTPS to another protocol, which is refused"
                                      : "it leads to a protocol that is not HTTP";
    case CURLE_TOO_MANY_REDIRECTS: return "it leads from one address to the next without an end";
    case CURLE_OPERATION_TIMEDOUT: return "the server stopped answering";
    case CURLE_PARTIAL_FILE: return "the connection ended before the file did";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "the server's certificate is not trusted; --ca-file names other roots";
    case CURLE_SSL_CACERT_BADFILE:
        return "the file of --ca-file has no certificate that can be read";
    default: return curl_easy_strerror(code);
    }
}

static bool judge(struct transfer *t, CURLcode code)
{
    struct http_answer *a = t->answer;
    curl_easy_getinfo(t->http->curl, CURLINFO_RESPONSE_CODE, &a->status);
    if (t->stopped)
        return false;
    if (a->status == HTTP_RANGE_REFUSED && t->request->from) {
        a->again = a->from_zero = true;
        return err_set(t->e, ERR_FAILED, "the server has no such part of the file (416)");
    }
    if (a->status && a->status != HTTP_OK && a->status != HTTP_PARTIAL) {
        a->again = is_passing_status(a->status);
        if (code != CURLE_OK && (a->status < 400))
            return err_set_os(t->e, (unsigned long)code, "%s", words_of(code, t->request));
        return err_set(t->e, a->status == 404 || a->status == 410 ? ERR_NOT_FOUND : ERR_FAILED,
                       "the server answers %ld", a->status);
    }
    if (code != CURLE_OK) {
        a->again = is_passing(code);
        return err_set_os(t->e, (unsigned long)code, "%s", words_of(code, t->request));
    }
    if (!t->begun && !begin(t)) /* an empty file */
        return false;
    return true;
}

bool http_get(struct http *h, const struct http_request *r, struct http_answer *a, struct err *e)
{
    struct transfer t = {.http = h, .request = r, .answer = a, .e = e};
    memset(a, 0, sizeof *a);
    if (!http_is_url(r->url))
        return err_set(e, ERR_USAGE, "'%s' is no HTTP address", r->url);
    set_request(h, r, &t);
    struct curl_slist *headers = set_range(h, r);
    CURLcode code = curl_easy_perform(h->curl);
    curl_slist_free_all(headers);
    return judge(&t, code);
}
