import { once } from 'node:events';
import t from 'tap';
import { FolderInUseError, startEventStore } from '../../src/embedded/event-store/index.js';
import { testFolder } from '../embedded/event-store/support/test-store.js';
import { startModule } from '../support/start-module.js';
import { until } from '../support/until.js';

t.test('a store ends with its parent and frees its folder', { timeout: 180_000 }, async (t) => {
  const dataDir = testFolder(t);
  const module = new URL('../embedded/event-store/support/parent-process.js', import.meta.url);
  const parent = startModule(module, [dataDir]);
  const pid = Number(await parent.line());
  await t.rejects(startEventStore({ dataDir }), FolderInUseError, 'the folder is taken');
  const exited = once(parent.child, 'exit');
  parent.child.kill('SIGKILL');
  await exited;
  // The process ends after it has released its folder. The only way to see both is to check repeatedly.
  await until(() => !isRunning(pid));
  const store = await startEventStore({ dataDir });
  await store.stop();
  t.pass('the folder is free');
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
