// `node --import …/register.mjs`: the process has the planted bug that CHAOS_PLANTED names.
import { register } from 'node:module';
import { PLANTED } from './bugs.mjs';

const guard = process.env.CHAOS_PLANTED;
if (!(guard in PLANTED)) throw new Error(`CHAOS_PLANTED=${guard}: there are ${Object.keys(PLANTED).join(', ')}`);
register('./hooks.mjs', import.meta.url, { data: { guard } });
