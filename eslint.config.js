// Only what needs types or scopes, which Biome does not have: promises nobody awaits, and time or chance in code that must replay.
import tseslint from 'typescript-eslint';

const TIME_AND_CHANCE = 'Take a Clock, an Rng or a port: this code must give the same bytes when it is replayed.';
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'performance', 'crypto'];
const PROPERTIES = [
  ['Math', 'random'],
  ['Date', 'now'],
  ['process', 'hrtime'],
  ['process', 'env'],
  ...TIMERS.map((name) => ['globalThis', name]),
  ...TIMERS.map((name) => ['global', name]),
];

export default [
  { ignores: ['**/node_modules/', '**/dist/', 'coverage/', 'reports/', '**/*.js', '**/*.mjs', '**/*.cjs'] },
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: ['./tsconfig.json', './web/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      // What was caught may be passed on as it is.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      'no-async-promise-executor': 'error',
    },
  },
  {
    files: ['core/**/*.ts', 'models/**/*.ts', 'pipelines/**/*.ts', 'backtest/**/*.ts', 'simulator/**/*.ts'],
    rules: {
      // Date.UTC and Date.parse stay allowed: they compute, they do not look at a clock.
      'no-restricted-syntax': [
        'error',
        // A date made of a number says the same each time; one made of nothing, or called, is now.
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: TIME_AND_CHANCE },
        { selector: 'CallExpression[callee.name="Date"]', message: TIME_AND_CHANCE },
      ],
      'no-restricted-globals': ['error', ...TIMERS.map((name) => ({ name, message: TIME_AND_CHANCE }))],
      'no-restricted-properties': ['error', ...PROPERTIES.map(([object, property]) => ({ object, property, message: TIME_AND_CHANCE }))],
    },
  },
];
