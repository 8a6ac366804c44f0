// The import rules of the house: who may import whom, and which packages are allowed where. The tables say it; the rest only
// turns them into dependency-cruiser's words. `npm run imports` applies them and checks that every folder was looked at.

// What each folder may import of ours, beside itself. Anything else of ours is forbidden.
const MAY_IMPORT = {
  core: [],
  schemas: ['core/'],
  models: ['core/'],
  // Stages know the forecaster contract only: the workers hand the concrete models to pipelines/forecast.ts. What is expected of a kind of
  // stream is no forecaster: plain arithmetic of the stage's own fold.
  pipelines: ['core/', 'schemas/', 'models/forecaster[.]ts$', 'models/[^/]*contract[^/]*[.]ts$', 'models/cold-start/'],
  adapters: ['core/', 'schemas/', 'pipelines/ports[.]ts$', 'pipelines/(stock|analytics|model)-ports[.]ts$'],
  workers: ['core/', 'schemas/', 'models/', 'pipelines/', 'adapters/', 'client/'],
  backtest: ['core/', 'schemas/', 'models/', 'pipelines/'],
  simulator: ['core/', 'schemas/', 'models/', 'pipelines/'],
  cli: ['core/', 'schemas/', 'models/', 'pipelines/', 'adapters/', 'workers/', 'client/', 'backtest/', 'simulator/', 'bench/'],
  bench: ['core/', 'schemas/', 'models/', 'pipelines/', 'adapters/', 'workers/', 'client/', 'backtest/', 'simulator/'],
  client: [],
  web: [],
};

// Packages with one home each, so that replacing one touches one folder.
const PACKAGE_HOMES = {
  kafkajs: ['adapters/kafka/', 'client/src/kafka', 'bench/'],
  ioredis: ['adapters/redis/', 'adapters/bullmq/', 'adapters/redis-server/', 'client/src/redis', 'bench/'],
  bullmq: ['adapters/bullmq/'],
  '@tensorflow': ['models/lstm/'],
  '@bsull': ['models/'],
  arima: ['models/arima/'],
  // The HTTP bench measures the gateway against the bare server.
  '@?fastify': ['workers/gateway/', 'bench/'],
  libsql: ['adapters/embedded/', 'bench/'],
  pg: ['adapters/postgres/', 'bench/'],
  mysql2: ['adapters/mysql/', 'bench/'],
  preact: ['web/'],
  uplot: ['web/'],
  vega: ['backtest/report/html/'],
  'vega-lite': ['backtest/report/html/'],
  '@duckdb': ['adapters/duckdb/'],
  avsc: ['schemas/'],
  commander: ['cli/'],
  'prom-client': ['workers/'],
};

// Parts of Node through which time, chance and the outside would leak into code that must replay to the same bytes.
const OUTSIDE_WORLD = '^(node:)?(timers|perf_hooks|fs|net|tls|dgram|dns|https?|http2|child_process|cluster|worker_threads|os|process)(/|$)';

const HOUSE = Object.keys(MAY_IMPORT);
const any = (paths) => `^(${paths.join('|')})`;
const ours = `^(index[.]ts$|scripts/|test/|(${HOUSE.join('|')})/)`;

const folderRules = Object.entries(MAY_IMPORT).map(([folder, targets]) => ({
  name: `${folder}-imports`,
  comment: `${folder}/ may import only: ${[`${folder}/`, ...targets].join(', ')}`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { path: ours, pathNot: any([`${folder}/`, ...targets]) },
}));

const packageRules = Object.entries(PACKAGE_HOMES).map(([name, homes]) => ({
  name: `${name.replace(/[^a-z-]/g, '')}-at-home`,
  comment: `The package ${name} is used only in ${homes.join(', ')}`,
  severity: 'error',
  from: { path: `^((${HOUSE.join('|')})/|index[.]ts$)`, pathNot: any(homes) },
  to: { path: `(^|/)node_modules/${name}(/|$)` },
}));

module.exports = {
  forbidden: [
    ...folderRules,
    ...packageRules,
    {
      name: 'core-stands-alone',
      comment: 'core/ imports nothing: no package and no part of Node.',
      severity: 'error',
      from: { path: '^core/' },
      to: { pathNot: '^core/' },
    },
    {
      name: 'schemas-know-types-of-core',
      comment: 'schemas/ takes types from core/, and the error class that every layer throws; never behaviour.',
      severity: 'error',
      from: { path: '^schemas/' },
      to: { path: '^core/', pathNot: '^core/errors[.]ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'adapters-apart',
      comment:
        'Adapters do not know each other: each can be left out or replaced alone. What several need stands beside their folders, or has one of its own.',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/' },
      to: { path: '^adapters/', pathNot: ['^adapters/$1/', '^adapters/[^/]+[.]ts$', '^adapters/(counters|engines|redis-server)/'] },
    },
    {
      name: 'pure-stays-pure',
      comment: 'Time, chance, files and sockets come in through ports, so that a replay gives the same bytes.',
      severity: 'error',
      // Libraries compiled to WebAssembly are read from their packages, and what cannot be stopped runs in a thread that can.
      from: {
        path: '^(core|models|pipelines)/',
        pathNot: ['thread', 'wasm', 'backend'].map((what) => `^models/[^/]+/[^/]*${what}[^/]*[.]ts$`),
      },
      to: { path: OUTSIDE_WORLD },
    },
    {
      name: 'virtual-time-only',
      comment: 'Backtests and simulations run in virtual time: no real timers.',
      severity: 'error',
      from: { path: '^(backtest|simulator)/' },
      to: { path: '^(node:)?(timers|perf_hooks)(/|$)' },
    },
    {
      name: 'client-by-its-name',
      comment: "The client is imported as 'seqcast-client', as applications do: never by a path into its folder.",
      severity: 'error',
      from: { pathNot: '^(client|test)/' },
      to: { path: '^client/src/' },
    },
    {
      name: 'examples-are-applications',
      comment: 'Examples import what applications can: the packages seqcast and seqcast-client.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: ours, pathNot: '^(dist|client/dist|examples)/' },
    },
    {
      name: 'nothing-shipped-imports-the-workshop',
      comment: 'test/ and scripts/ are not part of what is built.',
      severity: 'error',
      from: { path: `^((${HOUSE.join('|')})/|index[.]ts$)` },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports and that imports nothing is left over.',
      severity: 'error',
      from: { orphan: true, path: `^(${HOUSE.join('|')})/`, pathNot: '(^web/vite[.]config[.]ts$|[.]d[.]ts$)' },
      to: {},
    },
    {
      name: 'resolvable',
      comment: 'An import that cannot be found fails only when that line runs.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-packages',
      comment: 'What is shipped uses only packages that package.json declares as dependencies.',
      severity: 'error',
      // The dashboard is bundled when it is built, and the benches stay in the workshop.
      // The client's optional entries take the kafkajs or ioredis that their application brings: optional peers, which the tool does not know.
      from: {
        path: `^((${HOUSE.filter((folder) => folder !== 'bench' && folder !== 'web').join('|')})/|index[.]ts$)`,
        pathNot: '^client/src/(kafka|redis-servers)[.]ts$',
      },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    exclude: { path: '(^|/)(coverage|reports)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Sees `import type` too: a type cycle or a type from the wrong room is as wrong as any other.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
