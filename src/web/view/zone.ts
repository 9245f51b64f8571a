import { IANAZone, Info, type Zone } from 'luxon';
import { zoneOffsetMs } from './wall-clock.js';

/** A zone for luxon whose offsets are kept. Otherwise luxon formats a date each time it asks for one. */
class KeptZone extends IANAZone {
  override offset(at: number): number {
    return this.isValid ? zoneOffsetMs(at, this.name) / 60_000 : Number.NaN;
  }
}

const zones = new Map<string, Zone>();
/** The most zones that are kept. People choose them from a closed list, so there are few in practice. */
const ZONES_MAX = 700;

/** The zone of a name for luxon, the same as luxon's own except that it is faster. An unknown name gives an invalid zone. */
export function zoneNamed(name: string): Zone {
  let zone = zones.get(name);
  if (!zone) {
    const own = Info.normalizeZone(name);
    zone = own instanceof IANAZone ? new KeptZone(name) : own;
    if (zones.size >= ZONES_MAX) zones.clear();
    zones.set(name, zone);
  }
  return zone;
}
