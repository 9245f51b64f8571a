import t from 'tap';
import {
  NO_METADATA,
  parseStreamMetadata,
} from '../../../../src/embedded/event-store/store/stream-metadata.js';

const parsed = (fields: unknown) => parseStreamMetadata(Buffer.from(JSON.stringify(fields)));

t.test('one reserved key with a value of another type makes all metadata count as none', async (t) => {
  for (const wrong of [
    ...[{ $maxAge: '60' }, { $tb: 1.5 }, { $tb: null }, { $cacheControl: true }, { $tmp: 1 }],
    ...[{ $acl: 'admins' }, { $acl: { $r: [7] } }, { $acl: { $x: 'all' } }],
  ])
    t.same(parsed({ $maxCount: 5, ...wrong }), NO_METADATA, JSON.stringify(wrong));
  for (const text of ['', '[]', '7', '{'])
    t.same(parseStreamMetadata(Buffer.from(text)), NO_METADATA, JSON.stringify(text));
});

t.test('a number out of range counts as absent, and the others hold', async (t) => {
  for (const ignored of [{ $maxAge: 0 }, { $maxAge: -1 }, { $tb: -1 }, { $cacheControl: 0 }, { other: '5' }])
    t.same(parsed({ $maxCount: 5, ...ignored }), { ...NO_METADATA, maxCount: 5 }, JSON.stringify(ignored));
  const acl = { $r: ['$all'], $w: '$admins', $d: [], $mr: 'a', $mw: 'b' };
  t.same(parsed({ $maxCount: 0, $maxAge: 60, $tb: 3, $cacheControl: 5, $tmp: true, $acl: acl }), {
    maxCount: undefined,
    maxAgeMs: 60_000,
    truncateBefore: 3,
    softDeleted: false,
  });
});
