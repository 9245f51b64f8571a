import type { OperationServices } from '../../src/operations/operation-services.js';
import type { OpenGraphWriter } from '../../src/worker/effect-sending.js';

/** For workers whose types write nothing to Graph. */
export const noGraph: OpenGraphWriter = () => Promise.reject(new TypeError('there is no Graph in this test'));

/** The services of handlers that use only the log. */
export function onlyTheLog({
  ledger,
  clock,
}: Pick<OperationServices, 'ledger' | 'clock'>): OperationServices {
  const absent = () => Promise.reject(new TypeError('there is only the log in this test'));
  return {
    ledger,
    clock,
    tenantIds: () => [],
    graph: absent,
    connection: absent,
    graphNeeds: [],
    artifacts: { put: absent, get: absent, digest: absent },
    exportFiles: { begin: absent, addPart: absent, finish: absent, discard: absent },
  };
}
