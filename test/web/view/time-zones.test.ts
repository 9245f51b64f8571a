import t from 'tap';
import { TIME_ZONES, zoneNamed } from '../../../src/web/view/time-zones.js';

t.test('zones have their present names, and older names are replaced by them', async (t) => {
  t.equal(TIME_ZONES[0], 'UTC');
  t.equal(new Set(TIME_ZONES).size, TIME_ZONES.length);
  t.equal(zoneNamed('Asia/Katmandu'), 'Asia/Kathmandu');
  t.equal(zoneNamed('Asia/Kathmandu'), 'Asia/Kathmandu');
  t.equal(zoneNamed('europe/berlin'), 'Europe/Berlin');
  for (const other of ['Mars/Olympus', '+05:45', '']) t.equal(zoneNamed(other), undefined, other);
});
