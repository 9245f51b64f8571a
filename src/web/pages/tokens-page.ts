import { z } from 'zod';
import {
  CAPABILITY_MEANINGS,
  deniedReason,
  isCapability,
  TOKEN_CAPABILITIES,
} from '../../access/capabilities.js';
import type { TokenSummary } from '../ports/tokens.js';
import { definePage } from './page.js';
import { TOKEN_FORMS, tokenLifetimesDays } from './tokens-forms.js';

/**
 * Record → API tokens: which programs may use this tenant, since when and until when. Owners create and revoke them.
 */
export const tokensPage = definePage<object>({
  path: '/tokens',
  rail: { heading: 'Record', label: 'API tokens', icon: 'key' },
  capability: 'features.read',
  template: 'pages/tokens',
  query: z.object({}),
  forms: TOKEN_FORMS,
  async load({ access, time, runtime }) {
    const tokens = await runtime.deps.ports.tokens.list(access.tenant.tenantId);
    return {
      title: 'API tokens',
      view: {
        base: `/t/${access.tenant.slug}/tokens`,
        denied: deniedReason(access.roles, 'tokens.manage'),
        tokens: tokens.map((token) => {
          const [first, ...more] = token.capabilities.map(meaningOf);
          const state = stateOf(token, time.now);
          return { ...token, state, expiryWord: state === 'expired' ? 'expired' : 'until', first, more };
        }),
        offered: TOKEN_CAPABILITIES.map((name) => ({ name, meaning: CAPABILITY_MEANINGS[name] })),
        lifetimesDays: tokenLifetimesDays,
        // A form that is sent twice makes one token, because the second finds this id in use.
        formId: runtime.deps.chance.uuid(),
      },
      people: tokens.flatMap(({ createdBy }) => createdBy ?? []),
    };
  },
});

const meaningOf = (name: string): string => (isCapability(name) ? CAPABILITY_MEANINGS[name] : name);

function stateOf(token: TokenSummary, now: number): 'works' | 'expired' | 'revoked' {
  if (token.revokedAt !== null) return 'revoked';
  return token.expiresAt <= now ? 'expired' : 'works';
}
