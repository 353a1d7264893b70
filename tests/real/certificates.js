// Certificates for tests, made by openssl in a folder of their own.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './support.js';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

const DAY_MS = 86_400_000;
// What "openssl ca" wants to know; only it lets one say when a certificate begins.
const AUTHORITY = `[ca]
default_ca = self
[self]
database = issued
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = names
unique_subject = no
[names]
commonName = supplied
`;

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

  // Puts another certificate for the key of NAME in the place of NAME.crt, good from so many days ago for so many days from now.
  async reissue(name, { days_ago, days_left }) {
    const day = (days) => `${new Date(Date.now() + days * DAY_MS).toISOString().replaceAll(/[-T:]|\.\d+/g, '')}`;
    writeFileSync(this.path('authority.cnf'), AUTHORITY);
    writeFileSync(this.path('issued'), '');
    const made = await run('bash', ['-euc', `
      cd ${this.folder}
      openssl req -new -key ${name}.key -subj /CN=${name} -out ${name}.csr
      openssl ca -batch -notext -config authority.cnf -selfsign -keyfile ${name}.key -in ${name}.csr \
        -startdate ${day(-days_ago)} -enddate ${day(days_left)} -out fresh.crt
      mv fresh.crt ${name}.crt`]);
    assert.equal(made.status, 0, made.err);
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
