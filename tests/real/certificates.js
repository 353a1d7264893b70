// Certificates for tests, made by openssl in a folder of their own.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './support.js';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

export class Certificates {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'tollgate-certificates-'));
  }

  path(file) {
    return join(this.folder, file);
  }

  read(file) {
    return readFileSync(this.path(file));
  }

  // NAME.crt and NAME.key; signed by the authority, or by itself.
  async make(name, { subject = `/CN=${name}`, names = [], authority } = {}) {
    const signer = authority ? ['-CA', this.path(`${authority}.crt`), '-CAkey', this.path(`${authority}.key`)] : [];
    const alternatives = names.length > 0 ? ['-addext', `subjectAltName=${names.join(',')}`] : [];
    const made = await run('openssl', ['req', '-x509', ...NEW_KEY, ...signer, '-subj', subject, '-utf8',
      ...alternatives, '-keyout', this.path(`${name}.key`), '-out', this.path(`${name}.crt`)]);
    assert.equal(made.status, 0, made.err);
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
