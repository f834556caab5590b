// Looks at each page as a browser shows it, at each width, and says "ok NAME" or "not ok NAME: WHY" for each thing that
// must be so. Runs in the page that check.sh makes, which holds the pages as texts: window.pages = {name: html}. They
// are put into frames unchanged, with their Content-Security-Policy.
"use strict";

const WIDTHS = {phone: 360, desktop: 1200};
const CONTRAST_MIN = 4.5, LETTERS_MIN = 9.5; // pixels

const lines = [];
function say(name, why) { lines.push(why ? `not ok html: ${name}: ${why}` : `ok html: ${name}`); }

function colour(text) {
    const parts = text.match(/[\d.]+/g).map(Number);
    return {r: parts[0], g: parts[1], b: parts[2], a: parts.length > 3 ? parts[3] : 1};
}

// WCAG 2.1, "relative luminance" and "contrast ratio".
function luminance(c) {
    const [r, g, b] = [c.r, c.g, c.b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
}

// In a drawing the frame of the group lies below its text, elsewhere the nearest background that is one.
function background(view, element) {
    const group = element.closest("svg g");
    const frame = group && group.querySelector(":scope > rect.frame");
    if (frame) return colour(view.getComputedStyle(frame).fill);
    for (let e = element; e; e = e.parentElement) {
        const c = colour(view.getComputedStyle(e).backgroundColor);
        if (c.a === 1) return c;
    }
    return {r: 255, g: 255, b: 255, a: 1};
}

function* texts(doc) {
    const walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
    for (let n = walker.nextNode(); n; n = walker.nextNode())
        if (n.data.trim() && !n.parentElement.closest("desc, title")) yield n;
}

function worstContrast(doc, view) {
    let worst = {ratio: 21, text: ""}, count = 0;
    for (const n of texts(doc)) {
        const e = n.parentElement, style = view.getComputedStyle(e);
        const ratio = contrast(colour(e.closest("svg") ? style.fill : style.color), background(view, e));
        if (ratio < worst.ratio) worst = {ratio, text: n.data.trim().slice(0, 40)};
        count++;
    }
    return count ? worst : {ratio: 0, text: "no text"};
}

function smallestLetters(doc, view) {
    let smallest = 100;
    for (const n of texts(doc)) {
        const e = n.parentElement, svg = e.closest("svg");
        const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
        smallest = Math.min(smallest, parseFloat(view.getComputedStyle(e).fontSize) * scale);
    }
    return smallest;
}

// Text of a drawing that leaves its box.
function overflowing(doc) {
    for (const g of doc.querySelectorAll("svg g")) {
        const frame = g.querySelector(":scope > rect.frame");
        if (!frame) continue;
        const box = frame.getBoundingClientRect();
        for (const t of g.querySelectorAll(":scope > text")) {
            const r = t.getBoundingClientRect();
            if (r.right > box.right + 0.5 || r.bottom > box.bottom + 0.5) return t.textContent;
        }
    }
    return "";
}

// What a table is called: by its caption, or by what it points to.
function tableName(table) {
    const label = table.ownerDocument.getElementById(table.getAttribute("aria-labelledby"));
    return (table.caption || label)?.textContent;
}

function structure(doc) {
    const levels = [...doc.querySelectorAll("h1,h2,h3,h4,h5,h6")].map(h => Number(h.tagName[1]));
    if (doc.documentElement.lang !== "en") return "no language";
    if (!doc.title) return "no title";
    if (levels.filter(l => l === 1).length !== 1 || levels[0] !== 1) return "not one first heading";
    if (levels.some((l, i) => i && l > levels[i - 1] + 1)) return "a heading's level is left out";
    for (const th of doc.querySelectorAll("th")) if (!["col", "row"].includes(th.scope)) return `th '${th.textContent}' without scope`;
    for (const table of doc.querySelectorAll("table")) {
        if (!tableName(table)) return "a table without a caption";
        const columns = table.rows[0].cells.length;
        if ([...table.rows].some(r => r.cells.length !== columns)) return `table '${tableName(table)}' has ragged rows`;
    }
    for (const svg of doc.querySelectorAll("svg"))
        if (svg.getAttribute("role") !== "img" || !svg.querySelector(":scope > title") || !svg.querySelector(":scope > desc")?.textContent)
            return "a drawing without role, title or description";
    for (const e of doc.querySelectorAll(".scroll")) if (e.tabIndex !== 0) return "a scrolled table that no key reaches";
    for (const landmark of ["main", "header", "footer"]) if (!doc.querySelector(landmark)) return `no ${landmark}`;
    return "";
}

// Nothing that asks for anything but itself.
function outside(doc, view) {
    const loaded = view.performance.getEntriesByType("resource").map(r => r.name);
    if (loaded.length) return `loaded ${loaded[0]}`;
    const asks = doc.querySelector("script,link,img,iframe,object,embed,video,audio,source,form,base,use,image,foreignObject,[src],[srcset],[background]");
    if (asks) return `has <${asks.tagName.toLowerCase()}>`;
    for (const e of doc.querySelectorAll("*"))
        for (const a of e.attributes) {
            if (a.name === "href" && a.value.startsWith("#") && doc.getElementById(a.value.slice(1))) continue;
            if (a.name.startsWith("on")) return `has ${a.name}=`;
            if (a.name.endsWith("href") && !a.value.startsWith("https://")) return `links to ${a.value}`;
        }
    return "";
}

// The names of the guests that a page about many shows, from top to bottom.
function guestsShown(doc) {
    const rows = [...doc.querySelectorAll(".guests tbody tr")].filter(r => r.getBoundingClientRect().height);
    rows.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
    return rows.map(r => r.cells[0].textContent);
}

// Without a script such a page is put in order, turned around, and shown in part.
function sorting(doc) {
    const all = guestsShown(doc).join("\n");
    if (!all.includes("\n")) return "no two guests";
    doc.getElementById("backwards").checked = true;
    if (guestsShown(doc).reverse().join("\n") !== all) return "backwards is not backwards";
    doc.getElementById("by-name").checked = true;
    const named = guestsShown(doc).reverse(), compare = new Intl.Collator("en", {numeric: true}).compare;
    if (named.some((n, i) => i && /^[a-z0-9]+$/i.test(n + named[i - 1]) && compare(named[i - 1], n) > 0)) return "by name is not by name";
    if ([...named].sort().join("\n") !== all.split("\n").sort().join("\n")) return "by name guests are lost";
    for (const choice of doc.querySelectorAll("input[type=radio]:not([checked]):not([name=order])")) {
        choice.checked = true;
        const row = choice.closest("tr"), wanted = Number(row.cells[row.cells.length - 1].textContent), shown = guestsShown(doc).length;
        if (shown !== wanted) return `'${row.cells[1].textContent}' shows ${shown} of ${wanted} guests`;
        doc.getElementById(choice.name).checked = true;
    }
    return "";
}

async function look(name, html, widthName, width) {
    const frame = document.createElement("iframe");
    frame.style.cssText = `width:${width}px;height:900px;border:0`;
    frame.srcdoc = html;
    const loaded = new Promise(done => frame.onload = done);
    document.body.append(frame);
    await loaded;
    const doc = frame.contentDocument, view = frame.contentWindow, at = `${name}, ${widthName}`;
    const wide = doc.documentElement.scrollWidth;
    say(`${at}: ${width} pixels are enough`, view.innerWidth !== width ? `the frame has ${view.innerWidth}` : wide > width ? `it is ${wide} wide` : "");
    for (const details of doc.querySelectorAll("details")) details.open = true;
    const opened = doc.documentElement.scrollWidth;
    say(`${at}: also with all unfolded`, opened > width ? `it is ${opened} wide` : "");
    const small = smallestLetters(doc, view);
    say(`${at}: letters can be read`, small < LETTERS_MIN ? `${small.toFixed(1)} pixels` : "");
    const text = overflowing(doc);
    say(`${at}: text stays in its boxes`, text && `'${text}' does not`);
    if (widthName === "phone") return;
    const worst = worstContrast(doc, view);
    say(`${name}: every text has a contrast of ${CONTRAST_MIN}`, worst.ratio < CONTRAST_MIN ? `'${worst.text}' has ${worst.ratio.toFixed(2)}` : "");
    say(`${name}: headings, tables and drawing can be read aloud`, structure(doc));
    say(`${name}: nothing is loaded`, outside(doc, view));
    if (doc.querySelector(".guests")) say(`${name}: it is put in order without a script`, sorting(doc));
}

// The contrast is measured, or else a grey on grey would pass too.
function selfTest() {
    const grey = contrast(colour("rgb(119, 119, 119)"), colour("rgb(255, 255, 255)"));
    say("contrast is measured as WCAG says", Math.abs(grey - 4.48) < 0.01 ? "" : `#777 on white has ${grey.toFixed(2)}, not 4.48`);
}

(async () => {
    selfTest();
    for (const [name, html] of Object.entries(window.pages))
        for (const [widthName, width] of Object.entries(WIDTHS)) await look(name, html, widthName, width);
    const results = document.createElement("pre");
    results.textContent = ["RESULTS", ...lines, "END"].join("\n");
    document.body.replaceChildren(results);
})();
