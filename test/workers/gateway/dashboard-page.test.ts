/** The dashboard as it is served: nothing from elsewhere, files that are kept for good, small however they are asked for. */
import { readdirSync, statSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

const SCRIPT = /src="[.]\/(assets\/index-[\w-]+[.]js)"/;
/** In all, compressed for browsers that know gzip only. */
const GZIP_BYTES_MAX = 80 * 1024;

describe('the page at /', () => {
  it('lets only its own files run, and asks nobody else', async () => {
    const { get } = await served();
    const page = await get('/');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['cache-control']).toBe('no-cache');
    const policy = String(page.headers['content-security-policy']);
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(rule);
    expect(page.body).toMatch(SCRIPT);
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(page.body).not.toMatch(/<script>|<style/);
  });

  it('says where to go where no script runs', async () => {
    const { get } = await served();
    const [, without = ''] = /<noscript>([\s\S]*)<\/noscript>/.exec((await get('/')).body) ?? [];
    expect(without).toContain('href="v1/status"');
    expect(without).toContain('href="docs"');
  });

  it('serves its files compressed, to be kept for good', async () => {
    const { get, gateway } = await served();
    const [, path = ''] = SCRIPT.exec((await get('/')).body) ?? [];
    const plain = await get(`/${path}`);
    expect(plain.headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const asked = (encoding: string) => gateway.inject({ method: 'GET', url: `/${path}`, headers: { 'accept-encoding': encoding } });
    const [br, gzip] = [await asked('gzip, deflate, br'), await asked('gzip;q=0.8')];
    expect([br.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual(['br', 'gzip']);
    expect(brotliDecompressSync(br.rawPayload).equals(plain.rawPayload)).toBe(true);
    expect(gunzipSync(gzip.rawPayload).equals(plain.rawPayload)).toBe(true);
  });

  it('is small in all', () => {
    const folder = new URL('../../../dist/web/assets/', import.meta.url);
    const sizes = readdirSync(folder).flatMap((name) => (name.endsWith('.gz') ? [statSync(new URL(name, folder)).size] : []));
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(GZIP_BYTES_MAX);
  });

  it('serves no other file', async () => {
    const { get } = await served();
    for (const path of ['..%2Findex.html', 'no.js', '%2e%2e%2f%2e%2e%2fpackage.json', 'index.html', '__proto__']) {
      expect((await get(`/assets/${path}`)).statusCode, path).toBe(404);
    }
  });
});
