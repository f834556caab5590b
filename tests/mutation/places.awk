# The places of a C source where one token can be turned into another, each as
#
#   LINE <tab> COLUMN <tab> FROM <tab> TO <tab> NTH <tab> TEXT
#
# NTH counts the same token from the left of its line, TEXT is the line without its indent: together they name a place
# for longer than its number does. Only the bodies of functions are looked at, and in them no comments, strings or
# directives; a lone { 0 } is no place either.

BEGIN {
    OFS = "\t"
    pairs = "<= <;>= >;== !=;!= ==;&& ||;|| &&;++ --;-- ++;+= -=;-= +=;<< >>;>> <<;< <=;> >=;true false;false true"
    n = split(pairs, list, ";")
    for (i = 1; i <= n; i++) {
        split(list[i], pair, " ")
        to[pair[1]] = pair[2]
    }
    binary["+"] = "-"; binary["-"] = "+"; binary["&"] = "|"; binary["|"] = "&"; binary["*"] = "+"; binary["/"] = "*"
    binary["%"] = "/"
}

function place(column, from, into,    text) {
    text = $0
    sub(/^[ \t]+/, "", text)
    print NR, column, from, into, ++seen[from], text
}

function one_more(number,    digits, suffix, last) {
    match(number, /^(0[xX][0-9a-fA-F]+|[0-9]+)/)
    digits = substr(number, 1, RLENGTH)
    suffix = substr(number, RLENGTH + 1)
    if (digits ~ /^0[xX]/) {
        # the last digit alone, so that no arithmetic is needed
        last = tolower(substr(digits, length(digits)))
        last = last == "f" ? "e" : substr("123456789abcdef", index("0123456789abcde", last), 1)
        return substr(digits, 1, length(digits) - 1) last suffix
    }
    return digits + 1 suffix
}

/^\{/ { inside = 1; next }
/^\}/ { inside = 0; next }
!inside || /^#/ { next }

{
    split("", seen)
    rest = $0
    at = 1
    before = ""
    while (rest != "") {
        if (comment) {
            if (!(end = index(rest, "*/"))) next
            comment = 0
            size = end + 1
        } else if (rest ~ /^\/\*/) {
            comment = 1
            size = 2
        } else if (match(rest, /^"([^"\\]|\\.)*"/) || match(rest, /^'([^'\\]|\\.)*'/)) {
            size = RLENGTH
        } else if (match(rest, /^(0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*/)) {
            size = RLENGTH
            token = substr(rest, 1, size)
            unit = before ~ /sizeof [A-Za-z_.>-]+\[$/ # sizeof a[0] is sizeof a[1]
            if (!unit && !(before ~ /\{$/ && substr(rest, size + 1) ~ /^\}/)) place(at, token, one_more(token))
        } else if (match(rest, /^[A-Za-z_][A-Za-z_0-9]*/)) {
            size = RLENGTH
            token = substr(rest, 1, size)
            if (token in to) place(at, token, to[token])
        } else if (rest ~ /^(->|<<=|>>=|\|=|&=)/) {
            size = rest ~ /^(->|\|=|&=)/ ? 2 : 3
        } else if (substr(rest, 1, 2) in to) {
            size = 2
            token = substr(rest, 1, 2)
            place(at, token, to[token])
        } else {
            size = 1
            token = substr(rest, 1, 1)
            if (token in to) place(at, token, to[token])
            else if (token == "!") place(at, token, "")
            else if (token in binary && before ~ / $/ && rest ~ /^. /) place(at, token, binary[token])
        }
        before = before substr(rest, 1, size)
        rest = substr(rest, size + 1)
        at += size
    }
}
