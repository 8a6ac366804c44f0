/**
 * How the dashboard is put together. Everything is bundled: the page asks nobody but the gateway that serves it. Compressed files lie
 * beside the plain ones, so that the gateway never compresses anything. `npx vite web` serves it while one works on it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUT = fileURLToPath(new URL('../dist/web/', import.meta.url));
/** The gateway that a page under development asks. */
const GATEWAY = 'http://127.0.0.1:7070';

function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      const assets = join(OUT, 'assets');
      for (const name of readdirSync(assets)) {
        const plain = readFileSync(join(assets, name));
        writeFileSync(join(assets, `${name}.br`), brotliCompressSync(plain));
        writeFileSync(join(assets, `${name}.gz`), gzipSync(plain, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Relative, so that the page also works behind a proxy that serves it under a path.
  base: './',
  plugins: [compressed()],
  server: { proxy: { '/v1': GATEWAY, '/docs': GATEWAY, '/metrics': GATEWAY } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
