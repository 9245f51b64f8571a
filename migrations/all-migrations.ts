import type { Migration } from 'kysely';
import * as primaryData from './0001-primary-data.js';
import * as artifacts from './0002-artifacts.js';
import * as hubRole from './0003-hub-role.js';
import * as liveness from './0004-liveness.js';
import * as requestKeyOperations from './0005-request-key-operations.js';
import * as requestKeyHolders from './0006-request-key-holders.js';
import * as livenessOfParts from './0007-liveness-of-parts.js';
import * as scheduledWork from './0009-scheduled-work.js';
import * as credentialsById from './0010-credentials-by-id.js';
import * as sessionRenewal from './0011-session-renewal.js';
import * as exportFiles from './0012-export-files.js';
import * as groupSearch from './0013-group-search.js';
import * as newestEvent from './0014-newest-event.js';

/**
 * Every migration by name; names sort in the order of application. A list rather than a folder read at
 * run time: the same in source and compiled. A migration that was released is never changed, a new one is
 * added. 0008 was never released.
 */
export const allMigrations: Readonly<Record<string, Migration>> = {
  '0001-primary-data': primaryData,
  '0002-artifacts': artifacts,
  '0003-hub-role': hubRole,
  '0004-liveness': liveness,
  '0005-request-key-operations': requestKeyOperations,
  '0006-request-key-holders': requestKeyHolders,
  '0007-liveness-of-parts': livenessOfParts,
  '0009-scheduled-work': scheduledWork,
  '0010-credentials-by-id': credentialsById,
  '0011-session-renewal': sessionRenewal,
  '0012-export-files': exportFiles,
  '0013-group-search': groupSearch,
  '0014-newest-event': newestEvent,
};
