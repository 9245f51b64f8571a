import { EventEmitter } from 'node:events';
import { connectivityState } from '@grpc/grpc-js';
import t from 'tap';
import { cancelWithConnection } from '../../../src/ledger/event-store/cancel-with-connection.js';

const { CONNECTING, IDLE, READY, SHUTDOWN } = connectivityState;

/** A channel whose state the test sets. Like the library's, it forgets a watcher only when it calls it. */
function testChannel() {
  let state = IDLE;
  let watchers: (() => void)[] = [];
  return {
    getConnectivityState: () => state,
    watchConnectivityState: (_from: connectivityState, _deadline: Date | number, changed: () => void) =>
      void watchers.push(changed),
    watchers: () => watchers.length,
    become(next: connectivityState) {
      state = next;
      const called = watchers;
      watchers = [];
      for (const changed of called) changed();
    },
  };
}

class TestCall extends EventEmitter {
  cancelled = 0;
  cancel() {
    this.cancelled += 1;
    this.emit('status');
  }
}

t.test('calls end with the connection that carries them', async (t) => {
  const channel = testChannel();
  const [one, other] = [new TestCall(), new TestCall()];
  cancelWithConnection(channel, one);
  for (const state of [CONNECTING, READY]) channel.become(state);
  cancelWithConnection(channel, other);
  t.same([one.cancelled, other.cancelled], [0, 0], 'a call may be opened before there is a connection');
  channel.become(IDLE);
  t.same([one.cancelled, other.cancelled], [1, 1]);
  const later = new TestCall();
  cancelWithConnection(channel, later);
  for (const state of [CONNECTING, READY, SHUTDOWN]) channel.become(state);
  t.same([one.cancelled, other.cancelled, later.cancelled], [1, 1, 1], 'each with its own connection');
  t.equal(channel.watchers(), 0);
});

t.test('any number of ended calls leave one watcher, and are not cancelled', async (t) => {
  const channel = testChannel();
  channel.become(READY);
  const calls = Array.from({ length: 50 }, () => new TestCall());
  for (const call of calls) {
    cancelWithConnection(channel, call);
    call.emit('status');
  }
  t.equal(channel.watchers(), 1);
  channel.become(IDLE);
  t.ok(calls.every(({ cancelled }) => cancelled === 0));
});
