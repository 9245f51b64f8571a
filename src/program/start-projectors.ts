import { dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import { createProjector } from '../../projections/engine/projector.js';
import { createWriterPool } from '../db/pools.js';
import { decodeOnce } from '../ledger/decode-once.js';
import { shareSubscription } from '../ledger/shared-subscription.js';
import { processTrouble } from './process-trouble.js';
import type { ProgramContext } from './program-context.js';

const PROJECTOR_CONNECTIONS = 6;

/** Starts a projector for each projection: the hub’s read models and the dispatcher’s list of active runs. */
export async function startProjectors(context: ProgramContext): Promise<void> {
  const { parts, infrastructure, clock, logger, onFatal, metrics } = context;
  const db = await parts.add(
    'projection pool',
    () =>
      createWriterPool<unknown>(infrastructure.sessionUrl, {
        logger,
        applicationName: 'opsledger projector',
        connectionsMax: PROJECTOR_CONNECTIONS,
        troubles: infrastructure.troubles,
      }),
    (pool) => pool.destroy(),
  );
  context.partReports.push(() => ({ part: 'projector', trouble: processTrouble(context) }));
  const projections = [context.features.hub, dispatchProjection];
  const { log: ownLog, events } = infrastructure.ledger;
  const subscribe = shareSubscription(ownLog, [
    ...new Set(projections.flatMap(({ streamPrefixes }) => streamPrefixes)),
  ]);
  const log = { ...ownLog, subscribe };
  const decode = decodeOnce(events.decode);
  for (const projection of projections)
    await parts.add(
      `${projection.name} projector`,
      () => {
        const projector = createProjector({
          log,
          db,
          databaseUrl: infrastructure.databaseUrl,
          projection,
          decode,
          clock,
          logger,
          ...(onFatal ? { onRefused: onFatal } : {}),
        });
        projector.start();
        metrics?.followProjector(projection.name, () => projector.status());
        return projector;
      },
      (projector) => projector.stop(),
    );
}
