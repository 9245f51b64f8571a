import { tenantAccessOf } from '../request-identity.js';
import { forbidden, tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { type ApiRoute, apiRoute } from './api-route.js';
import { ownerOf } from './owner-of.js';
import { changedAnswer } from './schemas.js';

/** One route for each command of an entity. A repeated command changes nothing. */
export function commandRoutes(runtime: WebRuntime): readonly ApiRoute[] {
  const { commands, ports } = runtime.deps;
  return commands.map((command) =>
    apiRoute({
      method: 'POST',
      path: `/tenants/:tenant/commands/${command.name}`,
      operationId: operationIdOf(command.name),
      summary: command.summary,
      description: 'A repeated request changes nothing. The sender chooses the id of anything new.',
      tag: 'commands',
      access: tenantRoute(command.capability),
      body: command.input,
      answers: { 200: { description: 'The change is made, now or before', schema: changedAnswer } },
      conflict: 'not_changed',
      async handle({ request, client }) {
        const { tenantId } = tenantAccessOf(request).tenant;
        // The command parses the raw body itself, because its schema may not accept its own output.
        const given = request.body;
        const { existingKind } = command;
        if (existingKind !== undefined) {
          const owner = await ownerOf(runtime, tenantId, existingKind, command.idOf(given) ?? '');
          if (owner === undefined)
            throw new WebError('not_found', `There is no ${existingKind} with this id.`);
          if (owner !== tenantId) throw forbidden();
        }
        const outcome = await ports.change({ kind: 'api', ...client }, command, {
          tenantId,
          correlationId: request.id,
          given,
        });
        if (outcome.kind === 'refused') throw new WebError('not_changed', outcome.message);
        return { position: outcome.position < 0 ? null : outcome.position };
      },
    }),
  );
}

/** `backup_set.rename` becomes `backupSetRename`. */
const operationIdOf = (name: string): string =>
  name.replaceAll(/[._](\w)/g, (_, letter: string) => letter.toUpperCase());
