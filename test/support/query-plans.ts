import { type CompiledQuery, CompiledQuery as Query, sql, type Transaction } from 'kysely';
import pg from 'pg';
import type { HubPool } from '../../src/db/pools.js';

/** The cost of a statement when it is carried out. */
export interface PlanCost {
  /** Rows that were read from tables and indexes, including those that filters removed. */
  readonly rows: number;
  /** Pages of 8 KiB that were read. */
  readonly pages: number;
  /** The scans for people, the most expensive first. */
  readonly scans: readonly string[];
  /** Names of the indexes that were used, or that would be used if the tables were too large for a sequential scan. */
  readonly indexes: readonly string[];
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

/** Carries out a statement of the hub again, as the hub does it in a tenant, and reads its cost. */
export async function planCost<DB>(
  hub: HubPool<DB>,
  tenantId: string,
  query: Pick<CompiledQuery, 'sql' | 'parameters'>,
): Promise<PlanCost> {
  return inTenant(hub, tenantId, async (tx) => {
    const plan = await explained(tx, 'analyze, buffers, timing off', query);
    await sql`set local enable_seqscan = off`.execute(tx);
    return costOf(plan, await explained(tx, 'costs off', query));
  });
}

/** The same for a prepared statement with the plan that PostgreSQL keeps, which knows no values. */
export async function keptPlanCost<DB>(
  hub: HubPool<DB>,
  tenantId: string,
  query: Pick<CompiledQuery, 'sql' | 'parameters'>,
): Promise<PlanCost> {
  return inTenant(hub, tenantId, async (tx) => {
    await sql.raw(`prepare kept as ${query.sql}`).execute(tx);
    await sql`set local plan_cache_mode = force_generic_plan`.execute(tx);
    const values = query.parameters.map((value) => pg.escapeLiteral(String(value)));
    const execute = `execute kept${values.length === 0 ? '' : `(${values.join(', ')})`}`;
    const plan = await explained(tx, 'analyze, buffers, timing off', { sql: execute, parameters: [] });
    await sql`deallocate kept`.execute(tx);
    return costOf(plan, plan);
  });
}

function inTenant<DB, Result>(
  hub: HubPool<DB>,
  tenantId: string,
  read: (tx: Transaction<DB>) => Promise<Result>,
): Promise<Result> {
  return hub.pool.transaction().execute(async (tx) => {
    await sql`select set_config('app.tenant', ${tenantId}, true)`.execute(tx);
    return read(tx);
  });
}

async function explained<DB>(
  tx: Transaction<DB>,
  options: string,
  query: Pick<CompiledQuery, 'sql' | 'parameters'>,
): Promise<PlanNode> {
  const { rows } = await tx.executeQuery<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
    Query.raw(`explain (${options}, format json) ${query.sql}`, [...query.parameters]),
  );
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
  if (!plan) throw new TypeError('the plan is empty');
  return plan;
}

/** `planByIndex` is the plan without sequential scans. */
function costOf(plan: PlanNode, planByIndex: PlanNode): PlanCost {
  const scans = scansOf(plan)
    // The rows of a bitmap index scan are counted where they are read from the table.
    .filter((node) => node['Node Type'] !== 'Bitmap Index Scan')
    .map((node) => ({ node, rows: rowsRead(node) }))
    .sort((one, other) => other.rows - one.rows);
  return {
    rows: scans.reduce((sum, scan) => sum + scan.rows, 0),
    pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    scans: scans.map(({ node, rows }) => {
      const of = [node['Index Name'], node['Relation Name']].filter(Boolean).join(' of ');
      return `${node['Node Type']} ${of}: ${rows} rows`;
    }),
    indexes: [...scansOf(plan), ...scansOf(planByIndex)].flatMap((node) => node['Index Name'] ?? []),
  };
}

function scansOf(node: PlanNode): readonly PlanNode[] {
  const below = (node.Plans ?? []).flatMap(scansOf);
  return node['Relation Name'] || node['Index Name'] ? [node, ...below] : below;
}

function rowsRead(node: PlanNode): number {
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return Math.round((node['Actual Rows'] + removed) * node['Actual Loops']);
}
