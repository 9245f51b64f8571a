import type { StartOffer } from '../start-offers.js';

/** A button of a page that starts or changes something, with the form that it sends. */
export interface Act {
  readonly label: string;
  /** `get` for a button that leads to a page where more is asked. */
  readonly method: 'get' | 'post';
  /** Below the tenant's address. */
  readonly path: string;
  readonly fields: Readonly<Record<string, string | number>>;
  readonly offer: StartOffer;
  /** Whether it is the first thing to do on the page. */
  readonly primary?: boolean;
}

/** Leads to the page where policies are backed up. `fields` say which of them, and the set. */
export const backUpAct = (label: string, fields: Act['fields'], offer: StartOffer): Act => ({
  label,
  method: 'get',
  path: '/back-up',
  fields,
  offer,
});

/** Starts an export. `fields` say of what, in the words of the export's form. */
export const exportAct = (label: string, fields: Act['fields'], offer: StartOffer): Act => ({
  label,
  method: 'post',
  path: '/exports/start',
  fields,
  offer,
});

/** The buttons of a page with the reasons why some can't be used, each reason once. */
export function actsView(acts: readonly Act[]) {
  const texts = [...new Set(acts.flatMap(({ offer }) => offer.reason ?? []))];
  const reasons = texts.map((text, index) => ({ id: `acts-reason-${index}`, text }));
  const reasonIdOf = ({ offer }: Act) => reasons.find(({ text }) => text === offer.reason)?.id;
  return {
    reasons,
    buttons: acts.map((act) => ({
      ...act,
      fields: Object.entries(act.fields),
      reasonId: reasonIdOf(act),
    })),
  };
}
