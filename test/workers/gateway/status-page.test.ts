/** The status page stands alone: no file and no network but the server's own. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('the page at /', () => {
  it('holds its style and script, and allows nothing else to run', async () => {
    const { get } = await served();
    const page = await get('/');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(page.headers['content-security-policy']);
    for (const tag of ['style', 'script']) {
      const [, text = ''] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page.body) ?? [];
      expect(text.length).toBeGreaterThan(100);
      expect(policy).toContain(`${tag}-src 'sha256-${createHash('sha256').update(text).digest('base64')}'`);
    }
    expect(policy).toContain("default-src 'none'");
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(page.body).not.toContain('<!-- ');
  });

  it('says its language, labels its tables and works in the dark', async () => {
    const { get } = await served();
    const { body } = await get('/');
    expect(body).toContain('<html lang="en">');
    expect(body).toContain('<meta name="color-scheme" content="light dark">');
    expect(body.match(/<th scope="col"/g)).toHaveLength(15);
    expect(body).toContain('role="status"');
    expect(body).toContain('href="/docs"');
  });
});
