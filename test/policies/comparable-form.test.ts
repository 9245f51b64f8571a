import t from 'tap';
import { between, catalogPolicy, plainPolicy, simple } from './policy-builder.js';

const device = (fields: Parameters<typeof plainPolicy>[1]) => plainPolicy('deviceConfigurations', fields);
const isSame = (one: Parameters<typeof plainPolicy>[1], other: Parameters<typeof plainPolicy>[1]) =>
  between(device(one), device(other)).length === 0;

t.test('times are equal in all formats, to 100 ns', (t) => {
  const spellings = [
    '2026-03-29T01:30:00Z',
    '2026-03-29T01:30:00.0000000Z',
    '2026-03-29T03:30:00+02:00',
    '2026-03-28T20:30:00.000-05:00',
    '2026-03-29T01:30Z',
    '2026-03-29T01:30:00.00000009Z',
  ];
  for (const startsAt of spellings)
    t.ok(isSame({ startsAt: '2026-03-29T01:30:00Z' }, { startsAt }), startsAt);
  for (const startsAt of [
    '2026-03-29T01:30:00.0000001Z',
    '2026-03-29T01:30:00+02:00',
    '2026-03-29T01:30:00',
    '2026-03-30T01:30:00Z',
  ])
    t.notOk(isSame({ startsAt: '2026-03-29T01:30:00Z' }, { startsAt }), startsAt);
  t.ok(isSame({ at: '0001-01-01T00:00:00Z' }, { at: '0001-01-01T00:00:00.000+00:00' }), 'the first year');
  t.ok(isSame({ time: '02:00:00' }, { time: '02:00:00.0000000' }), 'a time of day');
  t.notOk(isSame({ at: '2026-02-30T00:00:00Z' }, { at: '2026-03-02T00:00:00Z' }), 'no day rolls over');
  t.end();
});

t.test('case is ignored in ids and nowhere else', (t) => {
  const id = '0a0b0c0d-0000-4000-8000-00000000000f';
  t.ok(isSame({ notificationTemplateId: id }, { notificationTemplateId: id.toUpperCase() }));
  t.ok(isSame({ groups: [id, 'x'] }, { groups: ['x', id.toUpperCase()] }));
  t.notOk(isSame({ ssid: 'Office' }, { ssid: 'office' }));
  t.notOk(isSame({ packageId: 'com.Example' }, { packageId: 'com.example' }));
  t.same(
    between(
      catalogPolicy([simple('Vendor_Timeout', 5, 'Integer')]),
      catalogPolicy([simple('vendor_timeout', 5, 'Integer')]),
    ),
    [],
    'definition ids',
  );
  t.end();
});

t.test('null, missing and empty are equal, and nothing else', (t) => {
  const empty = [null, '', [], {}, [''], [null], { inner: '' }];
  for (const value of empty) t.ok(isSame({ proxy: value }, {}), JSON.stringify(value));
  for (const value of [false, 0, ' ', ['a'], { inner: false }])
    t.notOk(isSame({ proxy: value }, {}), JSON.stringify(value));
  t.match(between(device({ minimum: null }), device({ minimum: 8 })), [
    { settingsChanged: [{ path: 'minimum', before: ['null'], after: ['8'] }] },
  ]);
  t.end();
});
