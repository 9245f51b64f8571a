import { z } from 'zod';
import { REASON_CODES } from '../../runs/reason-codes.js';
import { SIGNED_IN } from '../route-access.js';
import type { WebRuntime } from '../web-runtime.js';
import { type ApiRoute, apiRoute } from './api-route.js';
import { operationTypesAnswer, tenantsAnswer } from './schemas.js';

/** The tenants that a token may use, and the operation types that it can start. */
export function tenantRoutes({ deps }: WebRuntime): readonly ApiRoute[] {
  const { access, starts } = deps.ports;
  const types = starts.types.map(
    ({ input, schedulable, permissions: _permissions, withoutInput: _words, ...type }) => ({
      ...type,
      input: inputSchemaOf(input),
      scheduled: schedulable ? inputSchemaOf(schedulable.given) : null,
    }),
  );
  return [
    apiRoute({
      method: 'GET',
      path: '/tenants',
      operationId: 'listTenants',
      summary: 'The tenants that the token is for',
      tag: 'tenants',
      access: SIGNED_IN,
      answers: { 200: { description: 'Tenants by name', schema: tenantsAnswer } },
      async handle({ client }) {
        const tenants =
          client.tenantId === null
            ? access.allTenants()
            : [access.tenant(client.tenantId)].filter((found) => found !== undefined);
        return { tenants: tenants.map(({ tenantId: id, slug, name }) => ({ id, slug, name })) };
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/operation-types',
      operationId: 'listOperationTypes',
      summary: 'The operation types that can be started, with their reason codes',
      tag: 'tenants',
      access: SIGNED_IN,
      answers: { 200: { description: 'Types in the order pages offer them', schema: operationTypesAnswer } },
      handle: async () => ({ types, reasonCodes: REASON_CODES }),
    }),
  ];
}

/** The JSON Schema of an input. Checks that JSON Schema can't express are made when a run is started. */
const inputSchemaOf = (input: z.ZodType): object =>
  z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
