/** A service's methods as they can be called apart from it: it is a class with private fields, and its methods work on itself only. */
import type { SeqcastService } from './service.ts';

export function boundMethods(service: SeqcastService): Partial<SeqcastService> {
  const methods: Record<string, unknown> = {};
  for (let at: object | null = service; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name !== 'constructor')
        methods[name] ??= (value as (...given: unknown[]) => unknown).bind(service);
    }
  }
  return methods as Partial<SeqcastService>;
}
