/**
 * The bill of materials of a release: every package that an installation of seqcast brings along, as CycloneDX, from the lock file.
 * `npm run sbom [FILE]` writes it; it goes beside the tarballs of a release and is not kept in the tree.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FILE_DEFAULT = join('reports', 'seqcast.cdx.json');
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** What of CycloneDX is looked at here. */
export interface BillOfMaterials {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Component {
  /** Name and version, and the path where there are several of the kind. */
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
}

interface LockFile {
  readonly name: string;
  readonly packages: Readonly<Record<string, { readonly name?: string; readonly version?: string; readonly dev?: boolean }>>;
}

/** `name@version` of each package that is there without the workshop. */
function installed({ name: root, packages }: LockFile): Set<string> {
  const kept = Object.entries(packages).filter(([, { dev }]) => dev !== true);
  return new Set(kept.map(([path, { name, version }]) => `${name ?? (path.split('node_modules/').at(-1) || root)}@${version}`));
}

/**
 * Of all packages, those of the workshop are left out here: told to omit them, npm also omits what both it and the product depend on. And it
 * calls packages of our own by the names of their directories.
 */
export function billOfMaterials(): BillOfMaterials {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  const bill = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX })) as BillOfMaterials;
  const kept = installed(JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile);
  const isKept = (ref: string): boolean => kept.has(ref.split('|')[0] ?? '');
  const named = (component: Component): Component => ({ ...component, name: component['bom-ref'].replace(/(?<=.)@.*$/, '') });
  return {
    ...bill,
    metadata: { ...bill.metadata, component: named(bill.metadata.component) },
    components: bill.components.filter((component) => isKept(component['bom-ref'])).map(named),
    dependencies: bill.dependencies
      .filter(({ ref }) => isKept(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isKept) })),
  };
}

if (process.argv[1] === import.meta.filename) {
  const file = process.argv[2] ?? FILE_DEFAULT;
  const bill = billOfMaterials();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
  console.log(`${file}: ${bill.components.length} packages`);
}
