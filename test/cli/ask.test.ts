import { PassThrough } from 'node:stream';
import t from 'tap';
import { ask } from '../../src/cli/ask.js';

function terminalOf(...typed: readonly string[]) {
  const input = new PassThrough();
  const output = new PassThrough({ encoding: 'utf8' });
  for (const keys of typed) input.write(keys);
  return { terminal: { input, output }, shown: () => String(output.read() ?? '') };
}

t.test('a hidden answer is not shown, but its question is', async (t) => {
  const { terminal, shown } = terminalOf(' Q~hunter2 \r');
  t.equal(await ask(terminal, 'Client secret: ', { hidden: true }), 'Q~hunter2');
  const screen = shown();
  t.match(screen, 'Client secret: ');
  t.notMatch(screen, /hunter2|Q~/);
});

t.test('any other answer is shown while it is typed', async (t) => {
  const { terminal, shown } = terminalOf('contoso\r');
  t.equal(await ask(terminal, 'Directory: '), 'contoso');
  t.match(shown(), /Directory: .*contoso/s);
});

t.test('leaving by Ctrl-C ends the question, hidden or not', async (t) => {
  for (const hidden of [true, false])
    await t.rejects(ask(terminalOf('half\u0003').terminal, 'Client secret: ', { hidden }), {
      name: 'AbortError',
    });
});
