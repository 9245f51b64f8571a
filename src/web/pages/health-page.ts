import { z } from 'zod';
import { projectorReport } from '../hub/hub-read.js';
import { definePage } from './page.js';
import { isEventOf, pauseFor } from './page-frame.js';

/** Record → Health: the parts of the program as they are known to this process. */
export const healthPage = definePage<object>({
  path: '/health',
  rail: { heading: 'Record', label: 'Health', icon: 'pulse' },
  capability: 'hub.read',
  template: 'pages/health',
  query: z.object({}),
  async load({ db, position, access, runtime }) {
    const status = runtime.deps.ports.status();
    const report = await projectorReport(db);
    const { tenantId } = access.tenant;
    return {
      title: 'Health',
      view: {
        status,
        position,
        parts: Object.entries(status.parts).map(([name, part]) => ({
          name,
          ...part,
          blockedBy: part.blockedBy && isEventOf(part.blockedBy.event, tenantId) ? part.blockedBy : null,
        })),
        report,
        pause: report ? pauseFor(report, tenantId) : null,
        live: runtime.changes.connected(),
      },
      people: [],
    };
  },
});
