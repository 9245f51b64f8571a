import { checkpointPosition, type HubReport, hasActiveRuns, hubReport, readHub } from '../hub/hub-read.js';
import { LIMITS } from '../limits.js';
import type { RenderCause } from '../live/changed-runs.js';
import { listedIn, type OpenPage, type PageAsk } from '../live/live-pages.js';
import type { LiveFragment, LiveRender } from '../live/live-stream.js';
import { personOf } from '../request-identity.js';
import type { WebRuntime } from '../web-runtime.js';
import type { FragmentOf, LivePage, PageRead, TenantPage } from './page.js';
import { accessView, frameFragments, frameView, loadFrame, stripFragment, stripOf } from './page-frame.js';
import { reading } from './page-reading.js';

interface Rendering<Query> {
  readonly runtime: WebRuntime;
  readonly page: TenantPage<Query>;
  readonly live: LivePage<Query>;
  readonly ask: PageAsk;
}

/**
 * Renders the parts of a page that may have changed for a cause. The content is rendered once for all readers with the
 * same role, time zone and address, and the frame once for all pages of a person. While nothing happens in a tenant,
 * only the strip at the foot is updated.
 */
export async function liveRender<Query>(
  rendering: Rendering<Query>,
  cause: RenderCause,
  open: OpenPage,
): Promise<LiveRender> {
  const { ask } = rendering;
  if (cause === 'beat' && open.zone !== undefined) {
    const pulse = await pulseOf(rendering);
    if (!pulse.isActive) return stripAlone(rendering, pulse, open.zone);
  }
  const personId = personOf(ask);
  const frame = await shared(rendering, ['frame', personId, ask.access.roles], () => renderFrame(rendering));
  open.zone = frame.zone;
  if (!isConcerned(rendering, cause)) return frame;
  const { position: _, ...query } = Object(ask.query) as Readonly<Record<string, unknown>>;
  const key = ['content', rendering.page.path, ask.params, query, ask.access.roles, frame.zone];
  const make = () => renderContent(rendering);
  let content = await shared(rendering, key, make);
  if (content.onlyFor !== null && content.onlyFor !== personId)
    content = await shared(rendering, [...key, personId], make);
  return { position: content.position, fragments: [...content.fragments, ...frame.fragments] };
}

/** Whether a cause concerns a page: only changes of its own run for a run's page, every change for other pages. */
function isConcerned<Query>({ page, ask }: Rendering<Query>, cause: RenderCause): boolean {
  const run = page.id?.kind === 'run' ? ask.params[page.id.param] : undefined;
  return typeof cause === 'string' || run === undefined || cause.has(run);
}

function shared<Query, Result>(
  { runtime, ask }: Rendering<Query>,
  key: readonly unknown[],
  make: () => Promise<Result>,
  sharedMs?: number,
): Promise<Result> {
  const { tenantId } = ask.access.tenant;
  const version = runtime.changes.version(tenantId);
  const asked = { key: JSON.stringify([tenantId, ...key]), version, ...(sharedMs && { sharedMs }) };
  return runtime.renders.once(asked, make);
}

/** The state of a tenant while no change is notified. */
interface Pulse {
  readonly position: number;
  readonly report: HubReport | undefined;
  /** Whether runs are queued or running. Pages show for how long, so they must be updated. */
  readonly isActive: boolean;
}

function pulseOf<Query>(rendering: Rendering<Query>): Promise<Pulse> {
  const { runtime, ask } = rendering;
  const read = () =>
    readHub(runtime.deps, ask.access.tenant.tenantId, async (db) => ({
      position: await checkpointPosition(db),
      report: await hubReport(db),
      isActive: await hasActiveRuns(db),
    }));
  return shared(rendering, ['pulse'], read, LIMITS.pulseSharedMs);
}

function stripAlone<Query>({ runtime, ask }: Rendering<Query>, pulse: Pulse, zone: string): LiveRender {
  const { tenant } = ask.access;
  const { position, report } = pulse;
  const time = { now: runtime.deps.clock.now(), zone };
  const status = runtime.deps.ports.status();
  const strip = stripOf({ status, report, tenantId: tenant.tenantId, position, time });
  const context = { frame: accessView(ask.access), time };
  return { position, fragments: htmlOf(runtime, [stripFragment(strip)], context) };
}

interface RenderedFrame extends LiveRender {
  readonly zone: string;
}

/** Renders the frame of a person's pages in a tenant. */
async function renderFrame<Query>({ runtime, page, ask }: Rendering<Query>): Promise<RenderedFrame> {
  const { read, frame } = await reading(runtime, page, ask, async (read) => ({
    read,
    frame: await loadFrame(runtime, ask.identity, read),
  }));
  const names = await runtime.names(frame.people);
  const context = { names, frame: frameView(frame, names), time: read.time };
  const fragments = htmlOf(runtime, frameFragments(frame), context);
  return { position: read.position, fragments, zone: read.time.zone };
}

interface RenderedContent extends LiveRender {
  /** The only person who may see it, or null for everybody with the role. */
  readonly onlyFor: string | null;
}

async function renderContent<Query>({
  runtime,
  page,
  live,
  ask,
}: Rendering<Query>): Promise<RenderedContent> {
  let isPersonal = false;
  const { loaded, read } = await reading(runtime, page, ask, async (read) => ({
    loaded: await live.load(watched(read, () => (isPersonal = true))),
    read,
  }));
  const names = await runtime.names(loaded.people);
  const context = { names, frame: accessView(ask.access), time: read.time, listed: listedIn(ask.query) };
  return {
    position: read.position,
    fragments: htmlOf(runtime, loaded.fragments, context),
    onlyFor: isPersonal ? read.personId : null,
  };
}

/** The same read, but it calls `onPersonal` when something that belongs to one person is used. */
function watched<Query>(read: PageRead<Query>, onPersonal: () => void): PageRead<Query> {
  const { personId, settings, ...rest } = read;
  return {
    ...rest,
    get personId() {
      onPersonal();
      return personId;
    },
    get settings() {
      onPersonal();
      return settings;
    },
  };
}

const htmlOf = (
  { renderer }: WebRuntime,
  parts: readonly FragmentOf[],
  context: object,
): readonly LiveFragment[] =>
  parts.map(({ target, template, view }) => ({
    target,
    html: renderer.render(template, { ...context, ...view }),
  }));
