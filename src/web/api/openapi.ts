import { z } from 'zod';
import { appVersion } from '../../app-version.js';
import { PRODUCER_REFUSALS } from '../../producers/producer-refusals.js';
import { LIMITS } from '../limits.js';
import { WEB_ERRORS } from '../web-error.js';
import { API, API_TAGS, type ApiAnswer, type ApiRoute } from './api-route.js';
import { answerSchemas } from './schemas.js';

type Json = Record<string, unknown>;

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  tenant: 'Id or short name of a tenant',
  run: 'Id of a run',
};

const ERRORS = ['bad_request', 'unauthenticated', 'forbidden', 'not_found'] as const;
const BODY_ERRORS = ['too_large', 'unsupported_media_type', 'unprocessable'] as const;
const LAST_ERRORS = ['too_many_requests', 'unexpected', 'unavailable'] as const;

/** The OpenAPI 3.1 document of the API, made from the records that its routes are registered from. */
export function openApiDocument(routes: readonly ApiRoute[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = `${API}${route.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Opsledger API',
      version: appVersion,
      summary: 'Start operations, carry them out, read their history, and change what is no run.',
      description:
        `A token may send ${LIMITS.requestsPerSessionPerMinute} requests a minute. Refusals of producers’ ` +
        `requests: ${Object.entries(PRODUCER_REFUSALS)
          .map(([code, { status, meaning }]) => `\`${code}\` (${status}): ${meaning}`)
          .join(' ')}`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This installation' }],
    security: [{ token: [] }],
    tags: Object.entries(API_TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token of a tenant' },
      },
      schemas: componentSchemas(),
    },
  };
}

function operationOf(route: ApiRoute): Json {
  const { access, body, description, operationId, summary, tag } = route;
  const needs =
    access.kind === 'tenant'
      ? `Needs the capability \`${access.capability}\` in the tenant.`
      : 'Any valid token.';
  return {
    operationId,
    summary,
    description: [description, needs].filter(Boolean).join('\n\n'),
    tags: [tag],
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(body ? { requestBody: { required: true, content: json(schemaOf(body, 'input')) } } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [
          status,
          { description: answer.description, content: contentOf(answer) },
        ]),
      ),
      ...errorAnswers(route),
    },
  };
}

const contentOf = (answer: ApiAnswer): Json =>
  'schema' in answer
    ? json(reference(answer.schema))
    : { [answer.mediaType]: { schema: { type: 'string', format: 'binary' } } };

const json = (schema: Json): Json => ({ 'application/json': { schema } });

function pathParameters({ path }: ApiRoute): readonly Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_PARAMETERS[name] ?? name,
    schema: { type: 'string' },
  }));
}

/** The parameters of a query. Each is described by the type to which its text is converted. */
function queryParameters({ query }: ApiRoute): readonly Json[] {
  if (!query) return [];
  const { properties } = schemaOf(query, 'output') as { properties?: Record<string, Json> };
  return Object.entries(properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema,
  }));
}

function headerParameters({ headers = [] }: ApiRoute): readonly Json[] {
  return headers.map(({ name, description }) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
}

function errorAnswers(route: ApiRoute): Json {
  const { conflict = 'refused', ended = false } = route;
  const own = [conflict, ...(ended ? (['ended'] as const) : []), ...(route.body ? BODY_ERRORS : [])];
  const codes = [...ERRORS, ...own, ...LAST_ERRORS];
  return Object.fromEntries(
    codes.map((code) => [
      WEB_ERRORS[code].status,
      {
        description: WEB_ERRORS[code].title,
        content: json({ $ref: '#/components/schemas/Error' }),
      },
    ]),
  );
}

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(answerSchemas, {
    uri: (id) => `#/components/schemas/${id}`,
    unrepresentable: 'any',
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]));
}

function reference(schema: z.ZodType): Json {
  const id = answerSchemas.get(schema)?.id;
  if (id === undefined) throw new TypeError('an answer of the API has no name: register its schema');
  return { $ref: `#/components/schemas/${id}` };
}

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json =>
  bare(withoutDefinitions(z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' })));

/** Describes a recursive schema, such as that of any JSON value, as any value, because it can't be written inline. */
function withoutDefinitions({ $defs: _definitions, ...schema }: Json): Json {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    const isReference = Object(value).$ref?.startsWith('#/$defs/') ?? false;
    return isReference ? {} : value;
  });
}

/** Removes `$schema` and `$id`, which are only meaningful at the top of a schema document. */
function bare({ $schema: _dialect, $id: _id, ...schema }: Json): Json {
  return schema;
}
