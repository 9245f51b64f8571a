import t from 'tap';
import { listedZone, TIME_ZONES } from '../../../src/web/view/time-zones.js';

t.test('zones have their present names, and older names are replaced by them', async (t) => {
  t.equal(TIME_ZONES[0], 'UTC');
  t.equal(new Set(TIME_ZONES).size, TIME_ZONES.length);
  t.equal(listedZone('Asia/Katmandu'), 'Asia/Kathmandu');
  t.equal(listedZone('Asia/Kathmandu'), 'Asia/Kathmandu');
  t.equal(listedZone('europe/berlin'), 'Europe/Berlin');
  for (const other of ['Mars/Olympus', '+05:45', '']) t.equal(listedZone(other), undefined, other);
});
