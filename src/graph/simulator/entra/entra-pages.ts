import { escapeHtml } from '../../../wording/escape-html.js';
import type { Step } from './sign-in-step.js';
import { signInRefusalText } from './token-refusal.js';

/** The pages that people see at the simulated Entra. Their forms are posted to the page's own address. */
export function entraPage(step: Exclude<Step, { kind: 'back' }>): string {
  switch (step.kind) {
    case 'refused':
      return page('Sign-in is not possible', [
        `<p role="alert">${escapeHtml(signInRefusalText(step.refusal))}</p>`,
      ]);
    case 'done':
      return page(step.title, ['<p>You can close this page.</p>']);
    case 'choose':
      return page('Pick an account', [
        `<p>to continue to ${escapeHtml(step.app.name)}</p>`,
        step.refusal ? `<p role="alert">${escapeHtml(signInRefusalText(step.refusal))}</p>` : '',
        '<form method="post">',
        ...step.accounts.map(
          ({ person }) =>
            `<button name="account" value="${escapeHtml(person.account)}"><b>${escapeHtml(person.name)}</b> ${escapeHtml(person.account)}</button>`,
        ),
        '</form><form method="post">',
        `<label>Another account <input name="account" required value="${escapeHtml(step.hint)}"></label>`,
        '<button>Next</button></form>',
      ]);
    case 'consent':
      return consentPage(step);
  }
}

function consentPage({ app, account, permissions, by }: Extract<Step, { kind: 'consent' }>): string {
  const decide = (decision: string, words: string) =>
    `<button name="decision" value="${decision}">${words}</button>`;
  return page(by === 'missing' ? 'Need admin approval' : 'Permissions requested', [
    `<p>${escapeHtml(account.person.account)}</p><p>${escapeHtml(app.name)} asks for:</p>`,
    `<ul>${permissions.map((name) => `<li><code>${escapeHtml(name)}</code></li>`).join('')}</ul>`,
    by === 'missing' ? '<p role="alert">Only an administrator of this directory can grant this.</p>' : '',
    `<form method="post"><input type="hidden" name="as" value="${escapeHtml(account.person.objectId)}">`,
    by === 'missing' ? '' : decide('accept', 'Accept'),
    by === 'administrator' ? decide('accept_for_all', 'Accept for everybody here') : '',
    decide('decline', by === 'missing' ? 'Back without granting consent' : 'Cancel'),
    '</form>',
  ]);
}

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:10vh auto;padding:0 1rem}' +
  'button{display:block;width:100%;margin:.5rem 0;padding:.6rem;font:inherit;text-align:left}' +
  'input:not([type=hidden]){display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit}' +
  '[role=alert]{border-left:4px solid #b3261e;padding-left:.75rem}:root{color-scheme:light dark}';

const page = (title: string, body: readonly string[]): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} · simulated Entra</title><link rel="icon" href="data:,"><style>${STYLE}</style>
<main><small>Simulated Microsoft Entra</small><h1>${escapeHtml(title)}</h1>
${body.filter((line) => line !== '').join('\n')}
</main></html>`;
