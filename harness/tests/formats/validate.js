// validate.js KIND=FILE...: holds each file against the JSON Schema of its kind. The schemas
// of SARIF and CycloneDX are those that the npm packages carry; KIND may also be the path of
// a schema of our own (draft-07, read strictly). dsse:CERTIFICATE=FILE checks an envelope's
// signatures over what @sigstore/core says is signed. Run by test_formats.py, which sets NODE_PATH
// to the installed packages. Prints what is wrong; exit 1 when something is.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const Ajv = require('ajv');
const Ajv04 = require('ajv-draft-04');
const formats = require('ajv-formats');
const more = require('ajv-formats-draft2019');

function read(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

function carried(...parts) {
  return read(path.join(process.env.NODE_PATH, ...parts));
}

function ready(ajv) {
  formats(ajv);
  more(ajv);
  return ajv;
}

const kinds = {
  sarif() {
    // One of its patterns is no regular expression of the kind with the flag 'u'.
    const ajv = ready(new Ajv04({ strict: false, allErrors: true, unicodeRegExp: false }));
    return ajv.compile(carried('@microsoft', 'jest-sarif', 'lib', 'schemas',
      'sarif-2.1.0-rtm.5.json'));
  },
  cyclonedx() {
    const ajv = ready(new Ajv({ strict: false, allErrors: true }));
    const schema = (name) => carried('@cyclonedx', 'cyclonedx-library', 'res', 'schema',
      `${name}.SNAPSHOT.schema.json`);
    // They name each other by the files of that package.
    for (const name of ['spdx', 'jsf-0.82'])
      ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
    return ajv.compile(schema('bom-1.6'));
  },
};

function own(file) {
  return ready(new Ajv({ strict: true, allowUnionTypes: true, allErrors: true })).compile(read(file));
}

function dsse(certificate, file) {
  const { dsse: { preAuthEncoding } } = require('@sigstore/core');
  const envelope = read(file);
  const signed = preAuthEncoding(envelope.payloadType,
    Buffer.from(envelope.payload, 'base64'));
  const { publicKey } = new crypto.X509Certificate(fs.readFileSync(certificate));
  const hash = publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const good = envelope.signatures.length > 0 && envelope.signatures.every(({ sig }) =>
    crypto.verify(hash, signed, publicKey, Buffer.from(sig, 'base64')));
  if (!good) console.log(`${file}: a signature is not over what the envelope holds`);
  return good;
}

let wrong = 0;
for (const argument of process.argv.slice(2)) {
  const [kind, file] = argument.split('=');
  if (kind.startsWith('dsse:')) {
    if (!dsse(kind.slice(5), file)) wrong = 1;
    continue;
  }
  const valid = kinds[kind] ? kinds[kind]() : own(kind);
  if (valid(read(file))) continue;
  wrong = 1;
  for (const { instancePath, message, params } of valid.errors.slice(0, 20))
    console.log(`${file}: ${instancePath}: ${message} ${JSON.stringify(params)}`);
}
process.exit(wrong);
