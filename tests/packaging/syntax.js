// Looks at the syntax of files: node syntax.js NODE_MODULES FILE... prints each FILE with "ok", or where it is wrong.
// tree-sitter's grammars stand for parsers that are not to be had on Debian: they know the syntax, and nothing of what a
// cmdlet or a provisioner takes.
const path = require('path');
const fs = require('fs');

const GRAMMARS = {
    '.ps1': 'tree-sitter-powershell/tree-sitter-powershell.wasm',
    '.hcl': '@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-hcl.wasm',
};

function firstError(node) {
    if (node.isError || node.isMissing) return node;
    for (const child of node.children) {
        const found = child.hasError || child.isMissing ? firstError(child) : null;
        if (found) return found;
    }
    return node.hasError ? node : null;
}

async function main([modules, ...files]) {
    const { Parser, Language } = require(require.resolve('web-tree-sitter', { paths: [path.resolve(modules)] }));
    await Parser.init();
    for (const file of files) {
        const parser = new Parser();
        parser.setLanguage(await Language.load(path.join(path.resolve(modules), GRAMMARS[path.extname(file)])));
        const wrong = firstError(parser.parse(fs.readFileSync(file, 'utf8')).rootNode);
        console.log(`${file} ${wrong ? `line ${wrong.startPosition.row + 1}` : 'ok'}`);
    }
}

main(process.argv.slice(2)).catch((e) => { console.error(e.message); process.exit(1); });
