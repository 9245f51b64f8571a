/** All errors for callers, each with its status. Codes never change, because clients rely on them. */
export const WEB_ERRORS = {
  bad_request: { status: 400, title: 'That request is not valid' },
  unauthenticated: { status: 401, title: 'Sign in to go on' },
  forbidden: { status: 403, title: 'You have no access to this' },
  csrf: { status: 403, title: 'This form is no longer valid' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'This address can’t be asked in that way' },
  refused: { status: 409, title: 'That can’t be started now' },
  not_changed: { status: 409, title: 'That can’t be changed' },
  ended: { status: 410, title: 'This is no longer there' },
  too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'That kind of request body is not accepted' },
  expectation_failed: { status: 417, title: 'What the request expects isn’t done here' },
  unprocessable: { status: 422, title: 'That request can’t be carried out as it is' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  unexpected: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'This part is not available at the moment' },
} as const satisfies Record<string, { status: number; title: string }>;

export type WebErrorCode = keyof typeof WEB_ERRORS;

/** A mistake of the caller, or a part that is away. The message is shown to the caller. */
export class WebError extends Error {
  override readonly name = 'WebError';
  readonly statusCode: number;
  constructor(
    readonly code: WebErrorCode,
    message: string,
    /** The code of the refusal and an address to look at, if there is one. */
    readonly details: {
      readonly refusalCode?: string;
      readonly link?: string;
      readonly linkText?: string;
      /** What is wrong with a form's fields, by name. */
      readonly fields?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.statusCode = WEB_ERRORS[code].status;
  }
}

/** The code for a status from a library (body too large, bad JSON, rate limit). */
export function codeOfStatus(status: number): WebErrorCode {
  for (const [code, { status: known }] of Object.entries(WEB_ERRORS)) {
    if (known === status) return code as WebErrorCode;
  }
  return status >= 400 && status < 500 ? 'bad_request' : 'unexpected';
}
