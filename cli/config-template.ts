/**
 * The files that `seqcast init` writes: every setting, what it is for and its default, commented out. JSON knows no comments and holds
 * the defaults only.
 */
import { CONFIG_OPTIONS } from '../workers/runtime/process/config-schema.ts';

export function configTemplate(): string {
  const settings = CONFIG_OPTIONS.map(({ key, description, kind, flag, variable, fallback }) => {
    return [`# ${description}`, `# ${kind}; also ${flag} or ${variable}`, `#${key}: ${fallback ?? ''}`.trimEnd(), ''].join('\n');
  });
  return `# Settings of seqcast. Flags win over SEQCAST_* variables, those over this file. Take the # away from what you change.\n\n${settings.join('\n')}`;
}

export function configJson(): string {
  const settings = CONFIG_OPTIONS.filter(({ fallback }) => fallback !== undefined).map(({ key, fallback }) => [key, fallback]);
  return `${JSON.stringify(Object.fromEntries(settings), undefined, 2)}\n`;
}
