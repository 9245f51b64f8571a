import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { loadOrCreateMasterKey, parseMasterKey, replaceMasterKey } from '../../src/db/master-key.js';

t.test('hex and base64 of the same bytes are the same key', async (t) => {
  const bytes = randomBytes(32);
  const keys = [bytes.toString('hex'), `${bytes.toString('base64')}\n`, bytes.toString('base64url')].map(
    parseMasterKey,
  );
  t.equal(new Set(keys.map(({ id }) => id)).size, 1);
  t.notMatch(bytes.toString('hex'), keys[0]?.id, 'the id is no part of the key');
  t.not(parseMasterKey(randomBytes(32).toString('hex')).id, keys[0]?.id);
});

t.test('anything else is refused in a sentence', async (t) => {
  for (const text of [
    '',
    'secret',
    randomBytes(31).toString('hex'),
    randomBytes(33).toString('base64'),
    'z'.repeat(64),
  ])
    t.throws(() => parseMasterKey(text), { message: /32 bytes/ }, text);
});

t.test('a kept key is made once, whoever races, for its owner alone', async (t) => {
  const path = join(t.testdir(), 'master.key');
  const keys = await Promise.all([1, 2, 3, 4].map(() => loadOrCreateMasterKey(path)));
  t.equal(new Set(keys.map(({ id }) => id)).size, 1);
  t.equal((await loadOrCreateMasterKey(path)).id, keys[0]?.id);
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.equal(parseMasterKey(await readFile(path, 'utf8')).id, keys[0]?.id);
});

t.test('a replaced key is kept, also after an interruption at any point', async (t) => {
  const path = join(t.testdir(), 'master.key');
  const [next, former] = [`${path}.new`, `${path}.before`];
  const old = await loadOrCreateMasterKey(path);
  await t.rejects(replaceMasterKey(path, next, former), { code: 'ENOENT' }, 'a change that ends half way');
  for (const file of [path, former]) t.equal(parseMasterKey(await readFile(file, 'utf8')).id, old.id);
  const text = randomBytes(32).toString('hex');
  await writeFile(next, text);
  await replaceMasterKey(path, next, former);
  t.equal(parseMasterKey(await readFile(path, 'utf8')).id, parseMasterKey(text).id);
  t.equal(parseMasterKey(await readFile(former, 'utf8')).id, old.id);
  await t.rejects(stat(next), { code: 'ENOENT' });
});
