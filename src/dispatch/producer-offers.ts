import type { CommandBus } from '../bus/command-bus.js';
import type { OperationCatalogue } from '../operations/registry.js';

/**
 * A bus that doesn't carry the runs of outside producers. A producer finds such a run in the log and claims it
 * there, and no worker would ever take its command. The watchdog ends runs whose producer falls silent; the
 * dispatcher ends those that nobody claims.
 */
export function withProducerOffers(bus: CommandBus, operations: OperationCatalogue): CommandBus {
  return {
    publish: async (command, options) =>
      operations.get(command.type)?.carriedOutBy === 'producer'
        ? 'already-queued'
        : bus.publish(command, options),
    consume: (options, handle) => bus.consume(options, handle),
    health: () => bus.health(),
    close: () => bus.close(),
  };
}
