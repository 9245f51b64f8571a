import type { Metrics } from '../metrics/metrics.js';
import { startMetricsServer } from '../metrics/metrics-server.js';
import { CommandFailure } from '../process/exit.js';
import type { ProgramContext } from './program-context.js';

/** Serves the metrics on the configured port. Errors: CommandFailure for a port that another program uses. */
export async function serveMetrics(context: ProgramContext, metrics: Metrics): Promise<void> {
  const { config, infrastructure, logger, parts } = context;
  const { OPSLEDGER_METRICS_HOST: host, OPSLEDGER_METRICS_PORT: port = 0 } = config;
  if (infrastructure.eventStoreStatistics) metrics.followEventStore(infrastructure.eventStoreStatistics);
  metrics.followBus(() => infrastructure.bus.health().ok);
  const server = await parts.add(
    'metrics server',
    () => startMetricsServer(metrics, { host, port, logger }).catch((error) => inWords(error, port)),
    (running) => running.close(),
  );
  logger.info({ url: `http://${host}:${server.port}/metrics` }, 'metrics are answered');
}

function inWords(error: NodeJS.ErrnoException, port: number): never {
  if (error.code !== 'EADDRINUSE') throw error;
  throw new CommandFailure(
    `Port ${port} is taken by another program. Choose another one with OPSLEDGER_METRICS_PORT, or 0 for any free one.`,
  );
}
