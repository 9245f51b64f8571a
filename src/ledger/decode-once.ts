import type { RawEvent } from './event-log.js';
import type { RecordedEvent } from './event-registry.js';

type Decode = (event: RawEvent) => RecordedEvent;

/** Decodes each event once, even when several readers ask for it. Errors: those of `decode`, each time. */
export function decodeOnce(decode: Decode): Decode {
  const decoded = new WeakMap<RawEvent, RecordedEvent>();
  return (event) => {
    const known = decoded.get(event);
    if (known) return known;
    const fresh = decode(event);
    decoded.set(event, fresh);
    return fresh;
  };
}
