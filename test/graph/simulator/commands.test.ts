import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startModule } from '../../support/start-module.js';

const COMMAND = new URL('./serve-command.js', import.meta.url);

t.test('prints what it read, what was wrong and where it listens, and ends at a signal', async (t) => {
  const folder = t.testdir();
  const policy = {
    '@odata.type': '#microsoft.graph.deviceManagementConfigurationPolicy',
    id: 'a',
    name: 'A',
  };
  await writeFile(join(folder, 'good.json'), JSON.stringify(policy));
  await writeFile(join(folder, 'cut.json'), '{"name":');
  const { child, line } = startModule(COMMAND, ['graph-simulator', '--data', folder, '--port', '0']);
  t.teardown(() => child.kill('SIGKILL'));
  t.equal(await line(), 'left out: cut.json is damaged: it is not JSON');
  t.match(await line(), /^ +1 {2}deviceManagement\/configurationPolicies$/);
  t.equal(await line(), '1 objects');
  const url = /^graph simulator listens on (http:\S+)$/.exec(await line())?.[1];
  const response = await fetch(`${url}/beta/deviceManagement/configurationPolicies`, {
    headers: { authorization: 'Bearer x' },
  });
  t.match(await response.json(), { value: [{ name: 'A' }] });
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  t.same(await ended, [0, null]);
});

t.test('mistakes are refused with a sentence', async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--data', join(t.testdir(), 'nowhere'), '--port', '0'], /There is no folder .*nowhere/],
    [['--port', '0'], /Give either --data DIR or --demo/],
    [['--demo', '--port', '99999'], /from 0 to 65535/],
  ];
  for (const [args, sentence] of cases)
    await t.rejects(startModule(COMMAND, ['graph-simulator', ...args]).output(), sentence);
});
