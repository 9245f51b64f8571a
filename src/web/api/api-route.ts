import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { assertStorable, UnstorableValueError } from '../../ledger/canonical-json.js';
import { issuesInWords } from '../../wording/issue-words.js';
import type { ApiCaller } from '../ports/actors.js';
import { PUBLIC, type RouteAccess } from '../route-access.js';
import { WebError } from '../web-error.js';

export const API = '/api/v1';

export const API_TAGS = {
  tenants: 'What the token reaches',
  runs: 'Starting runs and reading them',
  kept: 'What is kept of policies: versions, backup sets, exports, schedules',
  commands: 'Changing what is no run, such as a finding',
  producers: 'Carrying out runs of a type that a program outside brings',
} as const;

/** An answer as the OpenAPI document describes it: JSON of a schema, or a file of a media type. */
export type ApiAnswer =
  | { readonly description: string; readonly schema: z.ZodType }
  | { readonly description: string; readonly mediaType: string };

export interface ApiHeader {
  readonly name: string;
  readonly description: string;
}

/** A route of the API. The route and its part of the OpenAPI document are both made from this record. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST';
  /** Below `/api/v1`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: keyof typeof API_TAGS;
  readonly access: RouteAccess;
  readonly headers?: readonly ApiHeader[];
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly bodyBytesMax?: number;
  /** Answers by status. Errors that every route can answer are added to the document for all routes. */
  readonly answers: Readonly<Record<number, ApiAnswer>>;
  /** The error code of its 409 answers; by default `refused`, the code of a refused start. */
  readonly conflict?: 'refused' | 'not_changed';
  /** Whether it answers 410 for something that has ended. */
  readonly ended?: boolean;
  respond(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

/** The checked input of a route's handler. */
export interface ApiRequest<Query, Body> {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly client: ApiCaller;
  readonly query: Query;
  readonly body: Body;
  /** A parameter of the path. */
  param(name: string): string;
}

/** Declares a route. Its handler gets a checked and typed query and body. */
export function apiRoute<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodType = z.ZodType>(
  route: Omit<ApiRoute, 'respond' | 'query' | 'body'> & {
    readonly query?: Query;
    readonly body?: Body;
    readonly handle: (asked: ApiRequest<z.output<Query>, z.output<Body>>) => Promise<unknown>;
  },
): ApiRoute {
  const { handle, ...spec } = route;
  return {
    ...spec,
    async respond(request, reply) {
      const { identity } = request;
      if (identity.kind !== 'client') throw new WebError('unauthenticated', 'Send a bearer token.');
      const params = request.params as Readonly<Record<string, string>>;
      return handle({
        request,
        reply,
        client: identity.client,
        query: checked(spec.query, request.query, 'bad_request') as z.output<Query>,
        body: checked(spec.body, storable(request.body), 'unprocessable') as z.output<Body>,
        param: (name) => params[name] ?? '',
      });
    },
  };
}

/** The body as JSON when the log can store each of its values. JSON parsing has already rounded numbers beyond 2^53. */
function storable(body: unknown): unknown {
  try {
    if (body !== undefined && body !== null) assertStorable(body, 'body');
    return body;
  } catch (error) {
    if (error instanceof UnstorableValueError) throw new WebError('bad_request', sentence(error.message));
    throw error;
  }
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function checked(schema: z.ZodType | undefined, value: unknown, code: 'bad_request' | 'unprocessable') {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new WebError(code, issuesInWords(parsed.error));
}

/** Registers the routes and the route of the document that describes them. */
export function registerApiRoutes(app: FastifyInstance, routes: readonly ApiRoute[], document: object): void {
  for (const { method, path, access, bodyBytesMax, respond } of routes)
    app.route({
      method,
      url: `${API}${path}`,
      config: { access },
      ...(bodyBytesMax === undefined ? {} : { bodyLimit: bodyBytesMax }),
      handler: (request, reply) => respond(request, reply),
    });
  app.get(`${API}/openapi.json`, { config: { access: PUBLIC } }, async () => document);
}
