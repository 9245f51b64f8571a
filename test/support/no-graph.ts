import type { OpenGraphWriter } from '../../src/worker/effect-sending.js';

/** For workers whose types write to no Graph. */
export const noGraph: OpenGraphWriter = () => Promise.reject(new TypeError('there is no Graph in this test'));
