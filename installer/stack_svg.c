#include "installer/stack_svg.h"

#include "installer/html.h"

enum {
    WIDTH = 360,
    WIDE = 356,
    HALF = 171,
    BOX = 62, /* height of a box */
    GAP = 18,
    STEP = BOX + GAP,
    LEFT = 2,
    RIGHT = LEFT + HALF + 14,
    /* characters that fit, by measure of a font that is wider than most */
    TITLE_MAX_WIDE = 36,
    TITLE_MAX_HALF = 14,
    LINE_MAX_WIDE = 42,
    LINE_MAX_HALF = 22,
};

static const char *const classes[] = {"unknown", "bad", "warn", "good"};

/* In a circle, a triangle or a square of 20 units: the shapes differ as the colours do. */
static void add_sign(struct text *t, enum stack_health h, int x, int y)
{
    static const char *const seals[] = {
        "<circle class=\"seal\" cx=\"10\" cy=\"10\" r=\"9\"/>"
        "<path class=\"sign\" d=\"M7 7.5a3 3 0 1 1 4.2 2.8q-1.2.6-1.2 2M10 14v1.6\"/>",
        "<rect class=\"seal\" x=\"1\" y=\"1\" width=\"18\" height=\"18\" rx=\"3\"/>"
        "<path class=\"sign\" d=\"M6 6l8 8M14 6l-8 8\"/>",
        "<path class=\"seal\" d=\"M10 0l10 19h-20z\"/>"
        "<path class=\"sign\" d=\"M10 6.5v6M10 14.5v2\"/>",
        "<circle class=\"seal\" cx=\"10\" cy=\"10\" r=\"9\"/>"
        "<path class=\"sign\" d=\"M5.5 10.5l3 3 6-7\"/>"};
    text_addf(t, "<g transform=\"translate(%d %d)\">%s</g>", x, y, seals[h]);
}

static void add_line_of_text(struct text *t, const char *words, int x, int y, bool wide)
{
    if (!words)
        return;
    text_addf(t, "<text x=\"%d\" y=\"%d\">", x, y);
    html_add_short(t, words, wide ? LINE_MAX_WIDE : LINE_MAX_HALF);
    text_add(t, "</text>");
}

static void add_box(struct text *t, const struct stack_box *b, int x, int y)
{
    bool wide = b->place <= STACK_BUS;
    text_addf(t,
              "<g class=\"%s\"><rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
              "rx=\"6\"/>",
              classes[b->health], x, y, wide ? WIDE : HALF, BOX);
    add_sign(t, b->health, x + 8, y + 8);
    text_addf(t, "<text class=\"title\" x=\"%d\" y=\"%d\">", x + 36, y + 20);
    html_add_short(t, b->name ? b->name : "?", wide ? TITLE_MAX_WIDE : TITLE_MAX_HALF);
    text_add(t, "</text>");
    int left = x + (wide ? 36 : 12);
    add_line_of_text(t, b->detail, left, y + 38, wide);
    add_line_of_text(t, b->state, left, y + (b->detail ? 54 : 38), wide);
    text_add(t, "</g>\n");
}

/* A column of boxes down to its end, with the line that joins them. */
static int add_column(struct text *t, const struct stack *s, const enum stack_place *places, int x,
                      int y)
{
    int below = y;
    struct text boxes = {0};
    for (int p = 0; p < 2; p++)
        for (size_t i = 0; i < s->count; i++)
            if (s->at[i].place == places[p]) {
                text_addf(t, "<path class=\"line\" d=\"M%d %dv%d\"/>", x + HALF / 2, below - GAP,
                          GAP);
                add_box(&boxes, &s->at[i], x, below);
                below += STEP;
            }
    text_add(t, text_str(&boxes));
    text_release(&boxes);
    return below;
}

static int add_others(struct text *t, const struct stack *s, int y)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->at[i].place != STACK_OTHER_DRIVER)
            continue;
        if (!count)
            text_addf(t, "<text x=\"%d\" y=\"%d\">Also on the bus:</text>\n", LEFT, y + 2);
        add_box(t, &s->at[i], count % 2 ? RIGHT : LEFT, y + 12 + (int)(count / 2) * (BOX + 8));
        count++;
    }
    return count ? y + 12 + (int)((count + 1) / 2) * (BOX + 8) : y;
}

static void add_description(struct text *t, const struct stack *s)
{
    text_add(t, "<desc>");
    for (size_t i = 0; i < s->count; i++) {
        const struct stack_box *b = &s->at[i];
        html_add(t, stack_place_name(b->place));
        text_add(t, " ");
        html_add(t, b->name);
        text_add(t, b->detail ? ", " : "");
        html_add(t, b->detail);
        text_add(t, ": ");
        html_add(t, b->state);
        text_addf(t, " (%s). ", stack_health_words(b->health));
    }
    text_add(t, "</desc>\n");
}

void stack_svg_add(struct text *t, const struct stack *s)
{
    static const enum stack_place disk[] = {STACK_DISK_DRIVER, STACK_DISK},
                                  network[] = {STACK_NETWORK_DRIVER, STACK_NETWORK};
    struct text body = {0};
    int y = LEFT;
    for (size_t i = 0; i < s->count && s->at[i].place <= STACK_BUS; i++, y += STEP) {
        if (i)
            text_addf(&body, "<path class=\"line\" d=\"M%d %dv%d\"/>", WIDTH / 2, y - GAP, GAP);
        add_box(&body, &s->at[i], LEFT, y);
    }
    int left = add_column(&body, s, disk, LEFT, y), right = add_column(&body, s, network, RIGHT, y);
    int below = add_others(&body, s, left > right ? left : right);
    text_addf(t,
              "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n"
              "<title>Driver stack</title>\n",
              WIDTH, below, WIDTH, below);
    add_description(t, s);
    text_add(t, text_str(&body));
    text_add(t, "</svg>\n");
    text_release(&body);
}
