/** A certificate for localhost that is its own authority, made by the command line tool of OpenSSL where there is one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Both files go when the test is over. */
export function newCertificate(): { readonly certFile: string; readonly keyFile: string } {
  const dir = mkdtempSync(join(tmpdir(), 'seqcast-tls-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const certFile = join(dir, 'cert.pem');
  const keyFile = join(dir, 'key.pem');
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', keyFile, '-out', certFile, ...names];
  const { status, stderr } = spawnSync('openssl', made);
  if (status !== 0) throw new Error(stderr.toString());
  return { certFile, keyFile };
}
