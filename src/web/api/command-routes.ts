import { tenantAccessOf } from '../request-identity.js';
import { forbidden, tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { type ApiRoute, apiRoute } from './api-route.js';
import { changedAnswer } from './schemas.js';

/** One route for each command of an entity. A command that is sent again finds its change done and adds nothing. */
export function commandRoutes({ deps }: WebRuntime): readonly ApiRoute[] {
  const { commands, ports } = deps;
  return commands.map((command) =>
    apiRoute({
      method: 'POST',
      path: `/tenants/:tenant/commands/${command.name}`,
      operationId: operationIdOf(command.name),
      summary: command.summary,
      description:
        'May be sent again: what is already as the command wants it stays so. The sender chooses the id of ' +
        'anything new.',
      tag: 'commands',
      access: tenantRoute(command.capability),
      body: command.input,
      answers: { 200: { description: 'It is as the command wants it', schema: changedAnswer } },
      conflict: 'not_changed',
      async handle({ request, client }) {
        const { tenantId } = tenantAccessOf(request).tenant;
        // The command reads its input itself, and an input that was transformed already can't be read again.
        const given = request.body;
        const { existingKind } = command;
        if (existingKind !== undefined) {
          const owner = await ports.access.tenantOf(existingKind, command.idOf(given) ?? '');
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
