// compile.js OUT FOLDER NAME...: the official Kaitai Struct compiler, to Python. Writes
// OUT/<module>.py for FOLDER/NAME.ksy and everything it imports, with positions noted
// (debug mode). Run by differential.py, which sets NODE_PATH to the installed packages.
'use strict';
const fs = require('fs');
const path = require('path');
const yaml = require('js-yaml');
const Compiler = require('kaitai-struct-compiler');

const [out, folder, ...names] = process.argv.slice(2);

function load(name) {
  return yaml.load(fs.readFileSync(path.join(folder, name + '.ksy'), 'utf8'));
}

const importer = { importYaml: async (name) => load(name) };

async function main() {
  const compiler = typeof Compiler === 'function' ? new Compiler() : Compiler;
  for (const name of names) {
    const files = await compiler.compile('python', load(name), importer, true);
    for (const [file, text] of Object.entries(files))
      fs.writeFileSync(path.join(out, file), text);
  }
}

main().catch((error) => {
  console.error(`${folder}: ${error.message || error}`);
  process.exit(1);
});
