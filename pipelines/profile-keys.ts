/** Which profile holds for a stream: the one that names most of it; of two that name as much, the one that names the sequence. */
import type { StreamName } from '../core/stream.ts';
import type { ProfileSet } from '../schemas/messages.ts';

/** Names contain no '/'. */
export function keyOfProfile({ clientType, service, sequence }: StreamName): string {
  return `${clientType}/${service}/${sequence}`;
}

export function profileFor(
  profiles: ReadonlyMap<string, ProfileSet>,
  { clientType, service, sequence }: StreamName,
): ProfileSet | undefined {
  return (
    profiles.get(keyOfProfile({ clientType, service, sequence })) ??
    profiles.get(keyOfProfile({ clientType, service: '', sequence })) ??
    profiles.get(keyOfProfile({ clientType, service, sequence: '' })) ??
    profiles.get(keyOfProfile({ clientType, service: '', sequence: '' }))
  );
}
