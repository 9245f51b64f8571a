import { type Config, readConfig } from '../config.js';

/** The option of commands that use servers: configured ones, or those embedded in the data folder. */
export const EMBEDDED_DATA = ['--data <dir>', 'data folder, where servers are embedded'] as const;
/** The option of commands that ask a running product. */
export const RUNNING_DATA = ['--data <dir>', 'data folder of the running product'] as const;
export const AS_JSON = ['--json', 'print JSON'] as const;

export interface DataFlag {
  readonly data?: string;
}

/** The configuration in the environment, where `--data` takes precedence. Errors: ConfigError. */
export const configWith = ({ data }: DataFlag): Config =>
  readConfig(process.env, data === undefined ? {} : { OPSLEDGER_DATA: data });
