import type { FastifyReply, FastifyRequest } from 'fastify';
import { endedWithin } from '../timing/ended-within.js';
import type { Assets } from './assets.js';
import { checkpointPosition, readHub } from './hub/hub-read.js';
import { LIMITS } from './limits.js';
import type { HubChanges } from './live/hub-changes.js';
import { type LiveRender, openLiveStream } from './live/live-stream.js';
import type { LiveStreams } from './live/live-streams.js';
import { tenantAccessOf } from './request-identity.js';
import { enter } from './route-access.js';
import { securityHeaders } from './security-headers.js';
import type { Renderer } from './view/renderer.js';
import type { Names } from './view/who.js';
import type { WebDependencies } from './web-dependencies.js';
import { WebError } from './web-error.js';

/** What all pages and routes of one server share. */
export interface WebRuntime {
  readonly deps: WebDependencies;
  readonly renderer: Renderer;
  readonly assets: Assets;
  readonly changes: HubChanges;
  /** Display names of persons; asks once for each. */
  names(personIds: readonly string[]): Promise<Names>;
  /** Whether the read models have reached a position, after waiting for it for a moment. */
  caughtUp(tenantId: string, position: number): Promise<boolean>;
  /** Answers a request with a live stream that renders anew when its tenant's rows change. */
  openStream(
    request: FastifyRequest,
    reply: FastifyReply,
    render: () => Promise<LiveRender>,
  ): Promise<FastifyReply>;
}

export interface RuntimeParts {
  readonly deps: WebDependencies;
  readonly renderer: Renderer;
  readonly assets: Assets;
  readonly changes: HubChanges;
  readonly streams: LiveStreams;
}

export function createWebRuntime(parts: RuntimeParts): WebRuntime {
  const { deps, changes, streams } = parts;
  const { ports, clock } = deps;

  async function caughtUp(tenantId: string, position: number): Promise<boolean> {
    const reached = async () => {
      try {
        return await readHub(deps, tenantId, async (db) => (await checkpointPosition(db)) >= position);
      } catch (error) {
        // What was written is written; that the hub can't be read is its page's to say.
        if (error instanceof WebError && error.code === 'unavailable') return false;
        throw error;
      }
    };
    const deadline = clock.monotonicMs() + LIMITS.catchUpMs;
    for (;;) {
      const moved = nextMove(changes);
      if (await reached()) {
        moved.cancel();
        return true;
      }
      const left = deadline - clock.monotonicMs();
      if (left <= 0) {
        moved.cancel();
        return false;
      }
      await endedWithin(clock, moved.promise, left);
      moved.cancel();
    }
  }

  return {
    ...parts,
    async names(personIds) {
      const ids = [...new Set(personIds)];
      return ids.length === 0 ? new Map() : ports.persons.names(ids);
    },
    caughtUp,
    async openStream(request, reply, render) {
      const { identity } = request;
      const { tenant } = tenantAccessOf(request);
      const declared = request.routeOptions.config.access;
      const session = identity.kind === 'person' ? identity.session.sessionHash : request.ip;
      const place = streams.reserve(session);
      reply.hijack();
      const stop: (() => void)[] = [];
      const stream = openLiveStream({
        response: reply.raw,
        headers: securityHeaders({ tls: deps.config.tls }),
        shownPosition: shownPositionOf(request),
        render,
        allowed: () => {
          if (declared?.kind !== 'tenant') return false;
          try {
            return enter(identity, tenant, ports.access).allows(declared.capability);
          } catch {
            // The role is gone: `enter` refuses, and so the stream ends.
            return false;
          }
        },
        onEnd: () => {
          for (const end of stop) end();
          streams.remove(stream);
          place.release();
        },
        clock,
        logger: deps.logger,
      });
      streams.add(stream, session);
      stop.push(changes.subscribe(tenant.tenantId, stream.changed));
      return reply;
    },
  };
}

function nextMove(changes: HubChanges): { promise: Promise<void>; cancel(): void } {
  let cancel = () => {};
  const promise = new Promise<void>((resolve) => {
    cancel = changes.onMove(resolve);
  });
  return { promise, cancel: () => cancel() };
}

/** The position that the page shows; a reconnecting stream says it in Last-Event-ID. */
function shownPositionOf(request: FastifyRequest): number {
  const query = request.query as Readonly<Record<string, unknown>>;
  const positions = [query.position, request.headers['last-event-id']]
    .map(Number)
    .filter(Number.isSafeInteger);
  return Math.max(-1, ...positions);
}
