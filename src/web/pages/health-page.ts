import { z } from 'zod';
import { projectorReport } from '../hub/hub-read.js';
import type { WebRuntime } from '../web-runtime.js';
import { isEventOf, pauseFor } from './page-frame.js';
import { definePage } from './tenant-page.js';

/** Record → Health: the parts of the program as they are known to this process. */
export const healthPage = (runtime: WebRuntime) =>
  definePage<object>({
    path: '/health',
    nav: 'health',
    capability: 'hub.read',
    template: 'pages/health',
    query: z.object({}),
    async load({ db, position, access }) {
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
