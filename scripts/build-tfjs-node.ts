/**
 * Builds `@tensorflow/tfjs-node` where its own installer cannot reach the library it downloads: the binding is compiled against the
 * libtensorflow inside the `tensorflow-cpu` wheel of the Python package index. `tsx scripts/build-tfjs-node.ts [DIR]`, then set
 * `SEQCAST_TFJS_NODE` to what it prints. Needs a compiler, make, Python 3 with pip, and the headers that come with Node.
 *
 * Everything stays in DIR (default `.tfjs-node`), 1 GB while it builds and 700 MB after; a directory that is complete is left alone.
 * Exit code 2: this machine lacks what it takes (headers, pip, the wheel), and nothing is wrong with the build itself.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const TFJS_NODE = '@tensorflow/tfjs-node@4.22.0';
/** The newest one that the binding of 4.22.0 was tried with. Any Python can fetch it: only its C library is used. */
const WHEEL = 'tensorflow-cpu==2.15.1';
const WHEEL_FOR = ['--python-version', '3.11', '--platform', 'manylinux2014_x86_64', '--only-binary', ':all:', '--no-deps'];
/** What of the wheel is taken out, and the names under which the linker looks for it. */
const WANTED = ['tensorflow/include/', 'tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'];
const LINKS = {
  'libtensorflow.so': 'libtensorflow_cc.so.2',
  'libtensorflow_cc.so.2': 'libtensorflow_cc.so.2',
  'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
  'libtensorflow_framework.so.2': 'libtensorflow_framework.so.2',
};
const UNZIP = `
import sys, zipfile
wheel, into, *wanted = sys.argv[1:]
with zipfile.ZipFile(wheel) as z:
    z.extractall(into, [n for n in z.namelist() if any(n.startswith(w) for w in wanted)])
`;

const home = resolve(process.argv[2] ?? '.tfjs-node');
const modules = join(home, 'node_modules');
const tfjsNode = join(modules, '@tensorflow', 'tfjs-node');
const binding = join(tfjsNode, 'lib', 'napi-v8', 'tfjs_binding.node');

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): void {
  // Standard output is kept for the one line that a shell may take.
  execFileSync(command, args, { cwd, env, stdio: ['ignore', process.stderr, process.stderr] });
}

const EXIT_NOT_HERE = 2;

function notHere(what: string): never {
  console.error(what);
  process.exit(EXIT_NOT_HERE);
}

/** Where Node's headers lie: the directory above `include/node`. Those of another version would make a binding that crashes. */
function nodeHeaders(): string {
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, 'include', 'node', 'node_api.h'))) return prefix;
  notHere(`no Node headers at ${join(prefix, 'include', 'node')}: install those of ${process.version}, e.g. the package libnode-dev`);
}

function downloadWheel(into: string): string {
  try {
    run('python3', ['-m', 'pip', 'download', WHEEL, ...WHEEL_FOR, '--dest', into], home);
  } catch (error) {
    notHere(`${WHEEL} could not be fetched with pip: ${String(error)}`);
  }
  return readdirSync(into).find((name) => name.endsWith('.whl')) ?? notHere('pip left no wheel');
}

if (!existsSync(binding)) {
  const headers = nodeHeaders();
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', TFJS_NODE], home);
  const wheels = join(home, 'wheel');
  const wheel = downloadWheel(wheels);
  run('python3', ['-c', UNZIP, join(wheels, wheel), home, ...WANTED], home);
  rmSync(wheels, { recursive: true });
  const lib = join(tfjsNode, 'deps', 'lib');
  mkdirSync(lib, { recursive: true });
  symlinkSync(join(home, 'tensorflow', 'include'), join(tfjsNode, 'deps', 'include'));
  for (const [name, target] of Object.entries(LINKS)) symlinkSync(join(home, 'tensorflow', target), join(lib, name));
  const nodePreGyp = join(modules, '.bin', 'node-pre-gyp');
  run(nodePreGyp, ['configure', 'build', '--build-from-source'], tfjsNode, { ...process.env, npm_config_nodedir: headers });
  rmSync(join(tfjsNode, 'build'), { recursive: true, force: true });
}
console.log(tfjsNode);
