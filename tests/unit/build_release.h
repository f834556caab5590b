/*
 * build_release: a release of one driver in a tar, a guest that it is for, and the choice of it:
 * what source and plan begin with. The drivers are signed below a root that no kernel knows, so the
 * guest has test signing on.
 */
#ifndef XENPV_TESTS_BUILD_RELEASE_H
#define XENPV_TESTS_BUILD_RELEASE_H

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/source.h"
#include "tests/unit/build_package.h"
#include "tests/unit/check.h"

#include <unistd.h>

struct built {
    struct manifest manifest;
    struct choice choice;
    struct facts facts;
    struct shelf shelf;
    char *folder;
};

static inline void built_facts(struct facts *f)
{
    f->schema = number_of(FACTS_SCHEMA);
    f->platform.hypervisor = HYPERVISOR_XEN;
    f->windows.major = number_of(10);
    f->windows.minor = number_of(0);
    f->windows.build = number_of(19045);
    f->windows.type = PRODUCT_TYPE_WORKSTATION;
    f->windows.architecture = ARCHITECTURE_X64;
    f->windows.boot_time = number_of(5);
    f->integrity.test_signing = TRI_YES;
    f->integrity.secure_boot = TRI_NO;
}

/* The set's one file is tar; pinned to its bytes unless it is to be another's. */
static inline void built_manifest(struct manifest *m, struct span pinned)
{
    struct manifest_release *r = shape_list_add(&m->releases, sizeof *r);
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(DIGEST_SHA256, pinned);
    digest_hex(&d, hex);
    r->id = mem_strdup("xen-9");
    r->family = mem_strdup("xen");
    r->version = mem_strdup("9.1.0");
    r->restarts = number_of(1);
    struct manifest_driver *driver = shape_list_add(&r->drivers, sizeof *driver);
    driver->name = mem_strdup("xen");
    driver->inf = mem_strdup("xen.inf");
    driver->platform = TRI_YES;
    texts_add(&driver->hardware_ids, "PCI\\VEN_5853&DEV_0001");
    struct manifest_helper *helper = shape_list_add(&r->helpers, sizeof *helper);
    helper->service = mem_strdup("Notes");
    helper->display_name = mem_strdup("Notes");
    helper->file = mem_strdup("xen.txt");
    helper->folder = mem_strdup("Xen/bin");
    struct manifest_set *s = shape_list_add(&r->sets, sizeof *s);
    s->id = mem_strdup("x64");
    s->architecture = ARCHITECTURE_X64;
    struct manifest_file_pin *pin = shape_list_add(&s->files, sizeof *pin);
    pin->name = mem_strdup("xen.tar");
    pin->sha256 = mem_strdup(hex);
}

static inline void built_choice(struct choice *c)
{
    struct candidate *one = shape_list_add(&c->candidates, sizeof *one);
    one->verdict = CANDIDATE_CHOSEN;
    one->release = mem_strdup("xen-9");
    one->set = mem_strdup("x64");
    c->chosen = number_of(0);
}

/* A folder with xen.tar, whose bytes need not be the pinned ones; no file when tar is empty. */
static inline void built_make(struct built *b, struct span tar, struct span pinned)
{
    struct err e = {0};
    struct text t = {0};
    memset(b, 0, sizeof *b);
    char *temporary = file_temp_folder();
    text_addf(&t, "%s/xenpv-release-test-%ld", temporary, (long)getpid());
    mem_free(temporary);
    b->folder = text_steal(&t);
    file_remove_tree(b->folder, NULL);
    if (!file_make_private_folder(b->folder, &e))
        fail_msg("%s", e.text);
    char *path = file_join(b->folder, "xen.tar");
    if (tar.size && !file_create(path, tar, &e))
        fail_msg("%s", e.text);
    mem_free(path);
    built_facts(&b->facts);
    built_manifest(&b->manifest, pinned);
    built_choice(&b->choice);
    if (!shelf_add_folder(&b->shelf, b->folder, NULL, &e))
        fail_msg("%s", e.text);
}

static inline void built_release(struct built *b)
{
    file_remove_tree(b->folder, NULL);
    mem_free(b->folder);
    manifest_release_all(&b->manifest);
    choice_release(&b->choice);
    facts_release(&b->facts);
    shelf_release(&b->shelf);
}

#endif
