import { ConfigError } from '../config.js';
import type { Metrics } from '../metrics/metrics.js';
import { startMetricsServer } from '../metrics/metrics-server.js';
import type { ProgramContext } from './program-context.js';

/** Serves the metrics on the configured port. Errors: ConfigError for a port that another program uses. */
export async function serveMetrics(context: ProgramContext, metrics: Metrics): Promise<void> {
  const { config, infrastructure, logger, parts } = context;
  const { OPSLEDGER_METRICS_HOST: host, OPSLEDGER_METRICS_PORT: port = 0 } = config;
  if (infrastructure.eventStoreStatistics) metrics.followEventStore(infrastructure.eventStoreStatistics);
  metrics.followBus(() => infrastructure.bus.health().ok);
  const server = await parts.add(
    'metrics server',
    () => startMetricsServer(metrics, { host, port, logger }).catch(asConfigError),
    (running) => running.close(),
  );
  logger.info({ url: `http://${host}:${server.port}/metrics` }, 'metrics are answered');
}

function asConfigError(error: NodeJS.ErrnoException): never {
  if (error.code !== 'EADDRINUSE') throw error;
  throw new ConfigError(
    'OPSLEDGER_METRICS_PORT is taken by another program. Choose another one, or 0 for any free one.',
  );
}
