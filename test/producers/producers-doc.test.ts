import { readFile } from 'node:fs/promises';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';
import { CLAIM_WITHIN_MS, SILENCE_MS } from '../../src/operations/define-external.js';
import { parseExternalTypes } from '../../src/producers/external-types.js';
import { PRODUCER_REFUSALS } from '../../src/producers/producer-refusals.js';

const page = await readFile(`${packageRoot}/docs/producers.md`, 'utf8');

t.test('the page lists every refusal as it is', async (t) => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.*) \|$/gm)];
  const listed = rows.map(([, code = '', status, meaning]) => [code, { status: Number(status), meaning }]);
  t.strictSame(Object.fromEntries(listed), PRODUCER_REFUSALS);
});

t.test('the page’s file of types can be used as it is', async (t) => {
  const [, file = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  const [operation] = parseExternalTypes(file);
  t.match(operation, {
    type: 'certificates.renew',
    silenceMs: SILENCE_MS,
    waitLimitMs: CLAIM_WITHIN_MS,
  });
});
