import t from 'tap';
import { typedName, typedNote, typedText } from '../../src/entities/typed-text.js';

const name = typedName(100, 'needs a name');
const reason = typedText(40, 'needs a reason');
const problemOf = (text: string) => name.safeParse(text).error?.issues[0]?.message;

t.test('a name is kept as it was typed, or refused', async (t) => {
  const kept = ['Before 24H2', 'a < b and c > d', 'Map<string, number>', 'Kürzel “ü” & co', 'W'.repeat(100)];
  for (const text of [...kept, 'once password: [redacted:password]']) t.equal(name.parse(` ${text} `), text);
  t.equal(problemOf('  '), 'needs a name');
  for (const text of [
    '<b>Pilot</b> ring',
    'Ring <br>',
    '<img src=x onerror=alert(1)>',
    'a <!-- b',
    '<\u200bb>x',
  ])
    t.equal(problemOf(text), 'Write it without HTML tags such as <b>', text);
  t.equal(
    problemOf('For ann@contoso.com'),
    'Names are kept for good: leave out e-mail addresses and user principal names',
  );
  t.match(
    problemOf('password=hunter2hunter2'),
    /leave out what a key, a flag or a sentence calls a password/,
  );
  t.match(problemOf('W'.repeat(101)), /100 characters/);
  t.equal(problemOf('\u200b'), 'needs a name', 'nothing but what nobody sees');
});

t.test('what is removed from a reason or cut leaves a mark', async (t) => {
  t.match(reason.parse('password=hunter2hunter2'), /\[redacted:/);
  t.equal(reason.parse('long '.repeat(20)).length <= 40, true);
  t.match(reason.parse('long '.repeat(20)), /…|cut/);
});

t.test('a note may be empty', async (t) => {
  t.equal(typedNote(40).parse(''), '');
  t.equal(typedNote(40).safeParse('agreed <i>today</i>').success, false);
});
