/** The bill of materials names what an installation brings along, and nothing of the workshop. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { billOfMaterials } from '../../scripts/sbom.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

test('the bill of materials is CycloneDX, and lists every dependency with its version and none of the workshop', {
  timeout: 30_000,
}, () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const { bomFormat, specVersion, metadata, components, dependencies } = billOfMaterials();
  expect(bomFormat).toBe('CycloneDX');
  expect(Number(specVersion)).toBeGreaterThanOrEqual(1.5);
  expect(metadata.component).toMatchObject({ name: 'seqcast', version: manifest.version, type: 'application' });
  const names = new Set(components.map(({ name }) => name));
  expect(Object.keys(manifest.dependencies).filter((name) => !names.has(name))).toEqual([]);
  // What both need is there; what only the workshop needs is not.
  expect(['vitest', 'typescript', 'playwright-core', 'vitepress', 'knip'].filter((name) => names.has(name))).toEqual([]);
  expect(components.filter(({ version }) => !/^\d+[.]\d+[.]\d+/.test(version))).toEqual([]);
  const own = dependencies.find(({ ref }) => ref === metadata.component['bom-ref']);
  expect(own?.dependsOn.length).toBeGreaterThanOrEqual(Object.keys(manifest.dependencies).length);
});
