#include "installer/step.h"

const struct step_work *step_work_of(enum step_kind kind)
{
    static const struct step_work *const works[] = {
        [STEP_STORE] = &step_store_work,
        [STEP_STAGE] = &step_stage_work,
        [STEP_BIND] = &step_bind_work,
        [STEP_HELPER] = &step_helper_work,
        [STEP_RESTORE_POINT] = &step_restore_point_work,
        [STEP_STORAGE] = &step_storage_work,
        [STEP_FALLBACK] = &step_fallback_work,
        [STEP_CONTINUATION] = &step_continuation_work,
        [STEP_BOOT_CHECK] = &step_boot_check_work,
        [STEP_NETWORK] = &step_network_work,
        [STEP_STORE_PRODUCT] = &step_store_product_work,
        [STEP_INSTALL_PRODUCT] = &step_install_product_work,
        [STEP_TRUST] = &step_trust_work,
        [STEP_MONITOR] = &step_monitor_work,
        [STEP_ENABLE] = &step_enable_work,
        [STEP_DISABLE] = &step_disable_work,
        [STEP_REMOVE_KEY] = &step_key_work,
        [STEP_REMOVE_FILTER] = &step_filter_work,
        [STEP_RESTART] = &step_restart_work,
        [STEP_REMOVE_PRODUCT] = &step_product_work,
        [STEP_REMOVE_CERTIFICATE] = &step_certificate_work,
        [STEP_REMOVE_PACKAGE] = &step_package_work,
        [STEP_REMOVE_DEVICE] = &step_device_work,
        [STEP_REMOVE_SERVICE] = &step_service_work,
        [STEP_REMOVE_FILE] = &step_file_work,
        [STEP_REMOVE_FALLBACK] = &step_remove_fallback_work,
        [STEP_REMOVE_TRUST] = &step_remove_trust_work,
    };
    return (size_t)kind < sizeof works / sizeof *works ? works[kind] : NULL;
}

bool step_is_installing(const struct step_run *r)
{
    return r->j->state == JOURNAL_INSTALLING || r->j->state == JOURNAL_REPAIRING;
}

bool step_refresh(struct step_run *r, struct err *e)
{
    facts_release(&r->facts);
    r->current = r->p->facts(r->p->context, &r->facts, e);
    return r->current;
}

bool step_undo_service(struct step_run *r, const char *name, struct err *e)
{
    struct err gone = {0};
    uint32_t start;
    if (!r->p->delete_service(r->p->context, name, e))
        return false;
    if (r->p->query_service(r->p->context, name, &start, NULL, &gone))
        return r->restart || err_set(e, ERR_FAILED, "service '%s' is still there", name);
    return gone.kind == ERR_NOT_FOUND || err_set(e, gone.kind, "%s", gone.text);
}

bool step_survey_service(struct platform *p, const char *name, enum tri *there, struct err *e)
{
    struct err inner = {0};
    uint32_t start;
    bool known = p->query_service(p->context, name, &start, NULL, &inner);
    if (!known && inner.kind != ERR_NOT_FOUND)
        return err_set(e, inner.kind, "whether service '%s' is there cannot be told: %s", name,
                       inner.text);
    *there = known ? TRI_YES : TRI_NO;
    return true;
}
