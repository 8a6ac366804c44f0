// Planted bugs, one for each guard: what a worker of a run with `--without GUARD` reads instead of a line of its own code. The code itself
// has no switch for it: lines are replaced while modules are loaded, in processes that a run starts, and nowhere else.

const ALL_RULES = /core\/ledger\/rules\.js$/;
const FILLING = /pipelines\/filling\.js$/;
const LIBRARY = /adapters\/redis\/library\.js$/;

const rule = (name) => [{ file: ALL_RULES, from: `${name}: true`, to: `${name}: false` }];

const JOINED = "].join('\\n');";

const SAID_ONCE = "return [{ kind: 'append', partition, record: shard.closing }];";

/**
 * A filler appends each return twice, as it does when the log was slow to give the first one back. That alone breaks nothing; it happens in
 * each run, but not often to a shard of which something is left.
 */
const SAID_TWICE = [{ file: FILLING, from: SAID_ONCE, to: SAID_ONCE.replace(/\[(.+)\]/, '[$1, $1]') }];

/** Lua is read as text by the library: what comes out of it is changed there, once. */
function lua(from, to) {
  const [was, is] = [JSON.stringify(from), JSON.stringify(to)];
  const misfit = "throw new Error('the planted bug does not fit the Lua functions')";
  const change = `if (!source.includes(${is})) { if (!source.includes(${was})) ${misfit}; source = source.replace(${was}, () => ${is}); }`;
  return [{ file: LIBRARY, from: JOINED, to: `${JOINED} ${change}` }];
}

export const PLANTED = {
  // Two claims, and two shards of one source, may begin at one place.
  'log-arbitration': rule('logArbitration'),
  // A filler loads what was addressed to a former life, and the ledger takes back what another life returns.
  incarnation: rule('incarnation'),
  // A shard that was closed may be returned once more, and is free twice; and it is.
  returns: [...rule('returns'), ...SAID_TWICE],
  // No bug: what the one above does besides, with the guard in place.
  'no-guard-but-returns-twice': SAID_TWICE,
  // A store has one name for all of its lives: nobody notices that its data are gone, or old.
  fence: lua(
    "redis.sha1hex(table.concat({ run_id, time[1], time[2], life, string.format('%.0f', next_block), chance }, ' '))",
    "redis.sha1hex('the life that follows ' .. life)",
  ),
  // What is given back was not taken out of the store, which serves on.
  revoke: lua(
    "  if not shard.revoked then\n    take_out(shard)\n  end\n  return { 'revoked', life, shard.revoked }",
    "  return { 'revoked', life, unissued_slices(shard) }",
  ),
};
