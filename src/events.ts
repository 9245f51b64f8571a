/** Until every read model names the definitions that it handles. */
export type { ProductEvent as LedgerEvent } from './program/product-events.js';
