import t from 'tap';
import { readTimetable, timetableProblems } from '../../src/schedules/check-timetable.js';
import { timetableInWords } from '../../src/schedules/timetable-words.js';

const QUARTER_MS = 15 * 60_000;
const zone = 'Europe/Berlin';

t.test('what cannot be a timetable is refused with a sentence', async (t) => {
  const problemsOf = (cron: string, inZone = zone) => timetableProblems({ cron, zone: inZone }, QUARTER_MS);
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /five fields/],
    ['0 2 * *', /five fields/],
    ['@daily', /five fields/],
    ['0 0 2 * * *', /five fields/],
    ['61 2 * * *', /not a cron expression/],
    ['0 2 31-1 * *', /not a cron expression/],
    ['H 2 * * *', /takes numbers, names/],
    ['0 2 15W * *', /not a cron expression/],
    ['0 2 * * MON#2', /takes numbers, names/],
    ['0 2 * * 5L', /takes numbers, names/],
    ['0 2 ? * <script>', /takes numbers, names/],
    ['0 2 30 2 *', /never comes/],
    ['0 2 31 2,4,6 *', /never comes/],
    ['* * * * *', /after 1 minute; leave 15 minutes/],
    ['0,59 0,23 * * *', /after 1 minute;/],
  ];
  for (const [cron, sentence] of refused) {
    t.match(problemsOf(cron), [{ field: 'cron', problem: sentence }], cron);
    t.equal(problemsOf(cron).length, 1, cron);
  }
  const fieldsOf = (cron: string) => problemsOf(cron, 'Mars/Olympus').map(({ field }) => field);
  t.same(fieldsOf('0 2 * * *'), ['zone']);
  t.same(fieldsOf('* * * * *'), ['cron', 'zone'], 'both problems are reported');
  for (const cron of ['*/15 * * * *', '0 2 * * *', '0 2 29 2 *', ' 0  2 l jan-mar mon ', '0 2 * * 0,6'])
    t.same(problemsOf(cron), [], cron);
});

t.test('a timetable in words', async (t) => {
  const words = (cron: string) => {
    const read = readTimetable({ cron, zone });
    return 'problem' in read ? read.problem : timetableInWords(read.timetable.cron, zone);
  };
  t.equal(words('0 2 * * *'), 'every night at 02:00 Europe/Berlin');
  t.equal(words('30 14 * * *'), 'every day at 14:30 Europe/Berlin');
  t.equal(words('30 2 * * mon-fri'), 'at 02:30, Monday through Friday Europe/Berlin');
  t.equal(words('*/15 * * * *'), 'every 15 minutes Europe/Berlin');
  t.equal(words('0 0 L * *'), 'at 00:00, on the last day of the month Europe/Berlin');
});
