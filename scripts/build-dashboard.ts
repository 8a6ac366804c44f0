/** Builds the dashboard into dist/web where something of it is newer than what was built: most builds have nothing to do here. */
import { existsSync, statSync } from 'node:fs';
import { build } from 'vite';
import { projectFiles } from './source-files.ts';

const BUILT = 'dist/web/index.html';

const inputs = [...projectFiles('web'), 'package-lock.json'];
const builtMs = existsSync(BUILT) ? statSync(BUILT).mtimeMs : 0;
if (inputs.some((file) => statSync(file).mtimeMs > builtMs)) await build({ configFile: 'web/vite.config.ts', logLevel: 'warn' });
