#include "installer/msi_trust.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

char *msi_trust_words(const struct journal_certificate *c)
{
    struct text t = {0};
    if (c->subject)
        text_addf(&t, "certificate '%s'", c->subject);
    else
        text_add(&t, "a certificate that could not be read");
    if (c->sha1)
        text_addf(&t, " (SHA-1 %s)", c->sha1);
    text_addf(&t, " in %s\\%s, by Windows Installer",
              c->of_machine == TRI_YES ? "LocalMachine" : "CurrentUser", c->store);
    return text_steal(&t);
}

static void forget(struct texts *t, const char *line)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->at[i], line) == 0)
            mem_free(t->at[i]);
        else
            t->at[kept++] = t->at[i];
    t->count = kept;
}

/* One line anew, if it is wanted. */
static void put(struct journal *j, const struct journal_certificate *c, bool wanted)
{
    char *line = msi_trust_words(c);
    forget(&j->trust, line);
    if (wanted)
        texts_add(&j->trust, line);
    mem_free(line);
}

void msi_trust_expect(struct journal *j)
{
    for (size_t i = 0; j->product && i < j->product->certificates.count; i++)
        put(j, &j->product->certificates.at[i], true);
}

void msi_trust_look(struct platform *p, struct journal *j)
{
    for (size_t i = 0; j->product && i < j->product->certificates.count; i++) {
        const struct journal_certificate *c = &j->product->certificates.at[i];
        bool known = c->sha1 && c->of_machine == TRI_YES;
        put(j, c,
            c->existed != TRI_YES &&
                (!known || p->has_certificate(p->context, c->store, c->sha1) != TRI_NO));
    }
}

void msi_trust_forget(struct journal *j)
{
    for (size_t i = 0; j->product && i < j->product->certificates.count; i++)
        put(j, &j->product->certificates.at[i], false);
}
