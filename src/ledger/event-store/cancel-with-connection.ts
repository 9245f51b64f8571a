import { type ChannelInterface, connectivityState } from '@grpc/grpc-js';

type Channel = Pick<ChannelInterface, 'getConnectivityState' | 'watchConnectivityState'>;

interface Call {
  cancel(): void;
  once(event: 'status', listener: () => void): unknown;
}

/** The open calls of each channel that is watched. */
const callsOf = new WeakMap<Channel, Set<Call>>();

/**
 * Cancels a call once the connection behind it takes no new calls. A server that shuts down, or a proxy that leads
 * elsewhere from now on, may keep calls that are open.
 */
export function cancelWithConnection(channel: Channel, call: Call): void {
  const calls = callsOf.get(channel) ?? watch(channel);
  calls.add(call);
  call.once('status', () => calls.delete(call));
}

/** Watches a channel once for all its calls, because a watcher stays until the connection changes. */
function watch(channel: Channel): Set<Call> {
  const calls = new Set<Call>();
  callsOf.set(channel, calls);
  let connected = false;
  const look = () => {
    const state = channel.getConnectivityState(false);
    const ready = state === connectivityState.READY;
    if (connected && !ready) for (const call of [...calls]) call.cancel();
    connected = ready;
    if (state !== connectivityState.SHUTDOWN)
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, look);
  };
  look();
  return calls;
}
