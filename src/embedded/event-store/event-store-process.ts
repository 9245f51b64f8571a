import { type RunningEventStore, startEventStore } from './event-store-server.js';
import type { EventStoreLogger } from './logger.js';
import type { FromChild, LogLevel, ToChild } from './process-messages.js';
import { errorCode, errorMessage } from './storage/storage-errors.js';

/**
 * The event store as a child process: its event loop is its own. It ends when its parent asks it to or is gone, and
 * answers over the channel that `fork` makes. Entry point; nothing imports it.
 */
let running: RunningEventStore | undefined;
let ending: Promise<never> | undefined;

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

const log =
  (level: LogLevel) =>
  (fields: object, message: string): void =>
    tell({ kind: 'log', level, fields, message });
const logger: EventStoreLogger = { info: log('info'), warn: log('warn'), error: log('error') };

function end(): Promise<never> {
  ending ??= (async () => {
    await running?.stop();
    return process.exit(0);
  })();
  return ending;
}

async function take(message: ToChild): Promise<void> {
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
      tell({ kind: 'started', url: running.url, port: running.port });
      return;
    }
    case 'statistics':
      if (running)
        tell({ kind: 'statistics', request: message.request, statistics: await running.statistics() });
      return;
    case 'stop':
      await end();
  }
}

process.on('message', (message: ToChild) => {
  take(message).catch((error: unknown) => {
    const name = error instanceof Error ? error.name : 'Error';
    tell({ kind: 'failed', name, message: errorMessage(error), code: errorCode(error) });
    if (!running) process.disconnect?.();
  });
});
process.on('disconnect', () => void end());
// They reach the whole group of processes; the parent, which may still have runs to hand back, decides when its store ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
