import t from 'tap';
import { typedNote, typedText } from '../../src/entities/typed-text.js';

const name = typedText(40, 'needs a name');
const problemOf = (text: string) => name.safeParse(text).error?.issues[0]?.message;

t.test('what is kept says what was typed', async (t) => {
  for (const text of ['Before 24H2', 'a < b and c > d', 'Map<string, number>', 'Kürzel “ü” & co'])
    t.equal(name.parse(` ${text} `), text);
  t.equal(problemOf('  '), 'needs a name');
  for (const text of [
    '<b>Pilot</b> ring',
    'Ring <br>',
    '<img src=x onerror=alert(1)>',
    'a <!-- b',
    '<\u200bb>x',
  ])
    t.equal(problemOf(text), 'Write it without HTML tags such as <b>', text);
});

t.test('what is removed or cut leaves a mark', async (t) => {
  t.match(name.parse('password=hunter2hunter2'), /\[redacted:/);
  t.equal(name.parse('long '.repeat(20)).length <= 40, true);
  t.match(name.parse('long '.repeat(20)), /…|cut/);
});

t.test('a note may be empty', async (t) => {
  t.equal(typedNote(40).parse(''), '');
  t.equal(typedNote(40).safeParse('agreed <i>today</i>').success, false);
});
