import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { issuesInWords } from '../../wording/issue-words.js';
import { type FaultPlan, faultSchema } from './faults.js';
import type { RequestLog } from './request-log.js';
import type { SimulatedTenant } from './tenants.js';

export const ADMIN_PREFIX = '/_simulator';

const generationSchema = z.strictObject({ tenant: z.string(), generation: z.int().min(0) });
const sinceSchema = z.object({ after: z.coerce.number().int().min(0).default(0) });

/**
 * Routes under `/_simulator` by which tests and demos control the simulator: its request log, its faults, its
 * tenants. They need no token, because the simulator listens on loopback.
 */
export function registerAdminRoutes(
  app: FastifyInstance,
  parts: {
    readonly faults: FaultPlan;
    readonly log: RequestLog;
    readonly tenants: ReadonlyMap<string, SimulatedTenant>;
  },
): void {
  const { faults, log, tenants } = parts;
  app.get(`${ADMIN_PREFIX}/requests`, async (request, reply) => {
    const parsed = sinceSchema.safeParse(request.query);
    if (!parsed.success) return reply.code(400).send({ problem: issuesInWords(parsed.error) });
    return { requests: log.after(parsed.data.after) };
  });
  app.delete(`${ADMIN_PREFIX}/requests`, async (_request, reply) => {
    log.clear();
    await reply.code(204).send();
  });
  app.post(`${ADMIN_PREFIX}/faults`, async (request, reply) => {
    const parsed = z.union([faultSchema, z.array(faultSchema)]).safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ problem: issuesInWords(parsed.error) });
    for (const fault of [parsed.data].flat()) faults.add(fault);
    return reply.code(201).send({ pending: faults.pending() });
  });
  app.delete(`${ADMIN_PREFIX}/faults`, async (_request, reply) => {
    faults.clear();
    await reply.code(204).send();
  });
  app.get(`${ADMIN_PREFIX}/tenants`, () => ({
    tenants: [...tenants.values()].map(({ key, generation, state }) => ({
      tenant: key,
      generation: generation(),
      counts: state.counts(),
    })),
  }));
  app.post(`${ADMIN_PREFIX}/generation`, async (request, reply) => {
    const parsed = generationSchema.safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ problem: issuesInWords(parsed.error) });
    const tenant = tenants.get(parsed.data.tenant);
    if (!tenant) return reply.code(404).send({ problem: 'no such tenant has asked yet' });
    tenant.moveTo(parsed.data.generation);
    return reply.send({ generation: tenant.generation() });
  });
}
