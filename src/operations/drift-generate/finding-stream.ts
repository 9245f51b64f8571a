import { streamName } from '../../ledger/streams.js';

/** What people decided about a finding, whichever runs detect it. */
export const findingStream = (tenantId: string, fingerprint: string): string =>
  streamName('finding', tenantId, fingerprint);
