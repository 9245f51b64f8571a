import t from 'tap';
import { systemChance, systemClock } from '../../src/clock.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import { createGroupSearchPort } from '../../src/program/group-search-port.js';

const DIRECTORY = '33333333-3333-4333-8333-333333333333';
const OTHER_ID = '44444444-4444-4444-8444-444444444444';
const ACTOR = { kind: 'member', personId: OTHER_ID } as const;

t.test('each way in which Graph doesn’t answer is explained in words', async (t) => {
  const simulator = await startGraphSimulator({
    source: { content: new Map([['groups', []]]) },
    entra: { directories: [{ directoryId: DIRECTORY }] },
  });
  t.teardown(() => simulator.stop());
  const secret = { kind: 'secret', thumbprint: null, endsAt: null, assertionAlgorithm: null } as const;
  const credential = { id: OTHER_ID, ...secret };
  const noted: unknown[] = [];
  const port = createGroupSearchPort({
    directory: {
      tenant: () => ({
        tenantId: 't',
        slug: 'contoso',
        name: 'Contoso',
        closed: false,
        graphBaseUrl: simulator.url,
        graphSignIn: {
          directoryId: DIRECTORY,
          clientId: OTHER_ID,
          cloud: 'worldwide',
          authority: null,
          credential,
        },
      }),
      rolesOf: () => [],
    },
    issuerOf: async () => `https://login.microsoftonline.com/${DIRECTORY}/v2.0`,
    personsByObject: async () => new Map(),
    note: async (_actor, request) => noted.push(request),
    clock: systemClock,
    chance: systemChance,
    timeoutMs: 200,
  });
  const scopes = ['GroupMember.Read.All'];
  const person = { directoryId: DIRECTORY, clientId: OTHER_ID, objectId: OTHER_ID, scopes };
  const at = { tenantId: 't', correlationId: 'c', token: await simulator.tokenOfPerson(person) };
  const groups = (token = at.token) => port.groups(ACTOR, { ...at, token, beginning: 'Intune' });
  const inTime = { kind: 'failed', message: /did not answer in time. Try again/ };

  simulator.failNext({ kind: 'hang' });
  t.match(await groups(), inTime, 'no answer at all');
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '60' });
  t.match(await groups(), inTime, 'nobody waits a minute for a page');
  simulator.failNext({ kind: 'status', status: 503, retryAfter: '60' });
  t.match(await groups(), inTime);
  simulator.failNext({ kind: 'cut' });
  t.match(await groups(), inTime);
  simulator.failNext({ kind: 'html' });
  t.match(await groups(), { kind: 'failed', message: /Something that is not Graph answered.*person code/ });
  t.match(await port.members(ACTOR, { ...at, groupId: OTHER_ID }), { message: /no such group any more/ });
  const asked = simulator.requests().length;
  t.equal(asked, noted.length, 'each question is asked once and has its audit entry');

  t.match(await groups('no-jwt'), { kind: 'failed', message: /another service/ });
  const elsewhere = await simulator.tokenOfPerson({ ...person, directoryId: OTHER_ID });
  t.match(await groups(elsewhere), { kind: 'failed', message: /for another directory/ });
  const withoutScope = await simulator.tokenOfPerson({ ...person, scopes: ['User.Read'] });
  t.match(await groups(withoutScope), {
    kind: 'failed',
    message: /may not read groups.*GroupMember.Read.All/,
  });
  t.equal(simulator.requests().length, asked + 1, 'what is no token for this directory’s Graph isn’t sent');
  t.equal(await port.unavailable(OTHER_ID, 't'), null);
});
