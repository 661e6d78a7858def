// What TypeScript itself says of a checkout: which file an import means, what a name refers to.
// node javascript_oracle.cjs CHECKOUT TSCONFIG < {"files": [...], "imports": [[file, name], ...]}
// → {"imports": [[file, name, path or null]], "references": [[file, line, path, dotted name]]}
// TypeScript is found as node finds it: NODE_PATH says where.
const fs = require("fs"), path = require("path"), ts = require("typescript");
const root = fs.realpathSync(process.argv[2]);
const asked = JSON.parse(fs.readFileSync(0));
const relative = (file) => path.relative(root, fs.realpathSync(file));

function options(config) {
  let found = {};
  if (config && config.startsWith(root) && fs.existsSync(config)) {
    const host = { ...ts.sys, readDirectory: () => [] };
    const text = ts.readConfigFile(config, ts.sys.readFile).config || {};
    found = ts.parseJsonConfigFileContent(text, host, path.dirname(config), undefined, config).options;
  }
  const all = { ...found, allowJs: true, noEmit: true, resolveJsonModule: true, skipLibCheck: true, types: [] };
  if (!all.moduleResolution || all.moduleResolution === 1) all.moduleResolution = ts.ModuleResolutionKind.Bundler;
  if (!all.module || all.module === 1) all.module = ts.ModuleKind.ESNext;
  return { ...all, jsx: ts.JsxEmit.Preserve };
}

const known = {};
const of = (folder) => (known[folder] ??= options(ts.findConfigFile(folder, ts.sys.fileExists)));
const imports = asked.imports.map(([file, name]) => {
  const place = path.join(root, file);
  const found = ts.resolveModuleName(name, place, of(path.dirname(place)), ts.sys).resolvedModule;
  return [file, name, found ? relative(found.resolvedFileName) : null];
});

// The dotted name of a declaration as a module's users write it; null for what is local.
function dotted(declaration) {
  const names = [];
  for (let at = declaration; at && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isParameter(at) || ts.isTypeParameterDeclaration(at) || ts.isBlock(at)) return null;
    if (ts.isFunctionLike(at) && at !== declaration) return null;
    if (ts.isTypeLiteralNode(at) && !ts.isTypeAliasDeclaration(at.parent)) return null;
    const named = at.name && (ts.isIdentifier(at.name) || ts.isStringLiteral(at.name));
    if (named || (at.name && ts.isPrivateIdentifier(at.name))) names.unshift(at.name.text);
    else if (ts.isExportAssignment(at) || ts.isFunctionDeclaration(at) || ts.isClassDeclaration(at)) names.unshift("default");
  }
  return names.join(".");
}

const program = ts.createProgram(asked.files.map((one) => path.join(root, one)), options(path.join(root, process.argv[3])));
const checker = program.getTypeChecker();
const references = [];
function symbolAt(node) {
  let symbol = checker.getSymbolAtLocation(node);
  if (symbol && ts.isShorthandPropertyAssignment(node.parent)) symbol = checker.getShorthandAssignmentValueSymbol(node.parent) || symbol;
  return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
function visit(node, source, file) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isJsxClosingElement(node)) return;
  const key = ts.isPropertyAssignment(node.parent || node) && node.parent.name === node;
  if (ts.isIdentifier(node) && !key) {
    for (const one of symbolAt(node)?.declarations || []) {
      const target = one.getSourceFile();
      const name = target === source || ts.isSourceFile(one) ? null : dotted(one);
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      if (name && target.fileName.startsWith(root)) references.push([file, line, relative(target.fileName), name]);
    }
  }
  ts.forEachChild(node, (one) => visit(one, source, file));
}
for (const file of asked.files) {
  const source = program.getSourceFile(path.join(root, file));
  if (source) visit(source, source, file);
}
console.log(JSON.stringify({ imports, references }));
