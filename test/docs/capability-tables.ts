import { allows, CAPABILITIES, CAPABILITY_MEANINGS } from '../../src/access/capabilities.js';
import { PLATFORM_ROLES, TENANT_ROLES } from '../../src/access/roles.js';
import { code, markdownTable } from './generated-blocks.js';

/** Who may do what, for `docs/security.md`. */
export function capabilityTables(): Record<string, string> {
  const roles = [...TENANT_ROLES, ...PLATFORM_ROLES];
  const rows = CAPABILITIES.map((capability) => [
    code(capability),
    CAPABILITY_MEANINGS[capability],
    ...roles.map((role) => (allows([role], capability) ? 'yes' : '·')),
  ]);
  return { capabilities: markdownTable(['Capability', 'What it lets people do', ...roles], rows) };
}
