import { personSettingsAlone } from '../hub/person-settings.js';
import { LIMITS } from '../limits.js';
import type { TimeFrame } from '../view/format.js';
import { knownZone } from '../view/wall-clock.js';
import type { WebRuntime } from '../web-runtime.js';

/** A page without the frame of a tenant: sign-in, errors, all tenants. */
export interface StandAlonePage {
  /** Path below `views/`. The template names its layout itself. */
  readonly template: string;
  readonly title: string;
  readonly view: object;
  /** The form token of the reader's session or of the begun sign-in. */
  readonly csrf?: string;
  /** Content of the browser's refresh instruction: seconds, or seconds and an address. */
  readonly refresh?: string;
  readonly live?: PageLive | null;
  /** The reader's time; by default the installation's. */
  readonly time?: TimeFrame;
}

/** The attributes of a page with live updates. */
export interface PageLive {
  /** The page's address with what the page shows. */
  readonly address: string;
  readonly heartbeatMs: number;
}

/** The live part of a page at this address, or null for a page without live updates. */
export const pageLive = (address: string | null): PageLive | null =>
  address === null ? null : { address, heartbeatMs: LIMITS.liveHeartbeatMs };

/** The time of the installation, for pages on which no person's zone is known. */
const installationTime = ({ deps }: WebRuntime): TimeFrame => ({
  now: deps.clock.now(),
  zone: deps.config.timeZone,
});

/** The time of a person on pages that belong to no tenant. */
export async function timeOfPerson({ deps }: WebRuntime, personId: string): Promise<TimeFrame> {
  const { timeZone } = await personSettingsAlone(deps, personId);
  return { now: deps.clock.now(), zone: knownZone(timeZone, deps.config.timeZone) };
}

/** A whole stand-alone page as HTML. */
export function renderStandAlone(runtime: WebRuntime, page: StandAlonePage): string {
  const { template, view, ...shell } = page;
  return runtime.renderer.render(template, { time: installationTime(runtime), ...shell, ...view });
}
