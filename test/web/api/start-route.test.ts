import t from 'tap';
import { z } from 'zod';
import type { Capability } from '../../../src/access/capabilities.js';
import { defineOperation } from '../../../src/operations/define.js';
import { createOperationRegistry } from '../../../src/operations/registry.js';
import { hubSite } from '../../support/hub-site.js';

t.test('a token with the capability of one type starts only that type', async (t) => {
  const operations = createOperationRegistry([
    startedWith('test.plain', 'runs.start'),
    startedWith('test.restoring', 'restores.start_live'),
  ]);
  const site = await hubSite(t, { operations });
  const { tenantId, slug } = await site.tenant('contoso');
  const start = async (token: string, type: string) => {
    const { statusCode } = await site.app.inject({
      method: 'POST',
      url: `/api/v1/tenants/${slug}/runs`,
      headers: { authorization: `Bearer ${token}` },
      payload: { type, input: {} },
    });
    return statusCode;
  };
  const restoring = await site.issueToken(tenantId, 'restores', ['restores.start_live']);
  t.equal(await start(restoring, 'test.restoring'), 202);
  t.equal(await start(restoring, 'test.plain'), 403);
  const plain = await site.issueToken(tenantId, 'plain', ['runs.start']);
  t.equal(await start(plain, 'test.restoring'), 403);
  t.equal(await start(plain, 'test.plain'), 202);
  const reading = await site.issueToken(tenantId, 'reading', ['hub.read']);
  t.equal(await start(reading, 'test.restoring'), 403);
});

function startedWith(type: string, capability: Capability) {
  const form = z.strictObject({});
  return defineOperation({
    type,
    label: type,
    description: type,
    itemisedBy: 'item',
    input: form,
    scope: form,
    context: form,
    capability: () => capability,
    plan: async () => ({ plan: { scope: {}, context: {}, title: type, total: null, related: [] } }),
    handle: async () => ({ summary: '', related: [] }),
  });
}
