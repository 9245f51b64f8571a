import t from 'tap';
import { eventActorInWords, whoIs } from '../../../src/web/view/who.js';

const names = new Map([
  ['p-1', 'Ann'],
  ['t-1', 'ticket system'],
]);

t.test('actors have the best name that is known', async (t) => {
  t.equal(whoIs('member', 'p-1', names), 'Ann');
  t.equal(whoIs('member', 'p-2', names), 'a former member');
  t.equal(whoIs('api', 't-1', names), 'ticket system');
  t.equal(whoIs('api', 't-2', names), 'API client');
  t.equal(whoIs('api', 'local-cli', names), 'CLI on this machine');
  t.equal(whoIs('system', 'cli', names), 'command line');
  t.equal(whoIs('system', 'watchdog', names), 'system (watchdog)');
  t.equal(whoIs('worker', 'w-1', names), 'worker w-1');
  t.equal(whoIs('robot', 'r-1', names), 'robot', 'a kind that this program doesn’t know');
});

t.test('the initiator of a run has the same name in each of its events', async (t) => {
  const run = { initiator_kind: 'schedule', initiator_id: 's-1', initiator_name: 'Every night' };
  t.equal(eventActorInWords({ actor_kind: 'schedule', actor_id: 's-1' }, run, names), 'Every night');
  t.equal(eventActorInWords({ actor_kind: 'worker', actor_id: 'worker-1' }, run, names), 'worker-1');
});
