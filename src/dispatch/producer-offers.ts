import type { CommandBus } from '../bus/command-bus.js';
import type { OperationCatalogue } from '../operations/registry.js';

/**
 * A bus that leaves the runs of producers outside alone: such a run is offered by being in the log, where its
 * producer claims it, and no worker would ever take its command. The watchdog ends those that nobody claims.
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
