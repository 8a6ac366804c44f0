/** Looks at a PostgreSQL as the registrar does when it opens it, and changes nothing. */
import { clockSkew, type EngineFacts } from '../engines/engine-facts.ts';
import { openingFailure } from './registrar-failures.ts';
import { openSession, type Session } from './registrar-session.ts';

const ABOUT = `SELECT current_setting('server_version'), current_setting('synchronous_commit'), current_setting('fsync'),
  current_setting('full_page_writes')`;
const NOW = 'SELECT extract(epoch FROM clock_timestamp())::text';

/** Throws `SEQ_ENGINE_UNREACHABLE`, or `SEQ_ENGINE_UNUSABLE` for settings by which a commit could be lost. */
export async function examinePostgres(url: string): Promise<EngineFacts> {
  const shown = URL.canParse(url) ? new URL(url).host : 'its URL';
  let session: Session;
  try {
    session = await openSession({ url });
  } catch (error) {
    throw openingFailure(shown, error);
  }
  try {
    const [version = '', commit = '', fsync = '', pages = ''] = ((await session.ask([{ text: ABOUT }]))[0]?.[0] ?? []).map(String);
    const clock = await clockSkew(async () => Number((await session.ask([{ text: NOW }]))[0]?.[0]?.[0]) * 1_000);
    // Debian's packages say more after the number.
    const [number = version] = version.split(' ');
    return { version: number, notes: [`synchronous_commit ${commit}`, `fsync ${fsync}`, `full_page_writes ${pages}`], warnings: [], clock };
  } finally {
    await session.close();
  }
}
