import { z } from 'zod';
import { projectorReport } from '../hub/hub-read.js';
import type { WebRuntime } from '../web-runtime.js';
import { definePage } from './tenant-page.js';

/** Record → Health: the parts of the program as they are known to this process. */
export const healthPage = (runtime: WebRuntime) =>
  definePage<object>({
    path: '/health',
    nav: 'health',
    capability: 'hub.read',
    template: 'pages/health',
    query: z.object({}),
    async load({ db, position }) {
      const status = runtime.deps.ports.status();
      return {
        title: 'Health',
        view: {
          status,
          position,
          report: await projectorReport(db),
          live: runtime.changes.connected(),
        },
        people: [],
      };
    },
  });
