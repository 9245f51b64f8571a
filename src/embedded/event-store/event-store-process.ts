import { errorMessage } from '../../wording/error-message.js';
import { type RunningEventStore, startEventStore } from './event-store-server.js';
import type { EventStoreLogger } from './logger.js';
import type { FromChild, LogLevel, ToChild } from './process-messages.js';
import { nodeErrorCode } from './storage/storage-errors.js';

/**
 * The event store as a child process, which gives it its own event loop. It ends when its parent requests it or is
 * gone, and answers over the channel that `fork` makes. This is an entry point; nothing imports it.
 */
let running: RunningEventStore | undefined;
let ending: Promise<never> | undefined;

function send(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

const log =
  (level: LogLevel) =>
  (fields: object, message: string): void =>
    send({ kind: 'log', level, fields, message });
const logger: EventStoreLogger = { info: log('info'), warn: log('warn'), error: log('error') };

function end(): Promise<never> {
  ending ??= (async () => {
    await running?.stop();
    return process.exit(0);
  })();
  return ending;
}

async function handle(message: ToChild): Promise<void> {
  switch (message.kind) {
    case 'start': {
      const { credentials, tls, limits, ...rest } = message.options;
      running = await startEventStore({
        ...rest,
        logger,
        ...(credentials ? { credentials } : {}),
        ...(tls ? { tls } : {}),
        ...(limits ? { limits } : {}),
      });
      send({ kind: 'started', url: running.url, port: running.port });
      return;
    }
    case 'statistics':
      if (running)
        send({ kind: 'statistics', request: message.request, statistics: await running.statistics() });
      return;
    case 'stop':
      await end();
  }
}

process.on('message', (message: ToChild) => {
  handle(message).catch((error: unknown) => {
    const name = error instanceof Error ? error.name : 'Error';
    send({ kind: 'failed', name, message: errorMessage(error), code: nodeErrorCode(error) });
    if (!running) process.disconnect?.();
  });
});
process.on('disconnect', () => void end());
// A terminal sends these signals to the parent too. The parent may still need the store, and stops it later.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
