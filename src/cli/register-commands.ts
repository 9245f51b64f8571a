import type { Command } from 'commander';

type Register = (program: Command) => void;

interface CommandModule {
  readonly names: readonly string[];
  readonly load: () => Promise<Register>;
}

/** In the order in which the help lists them. */
const MODULES: readonly CommandModule[] = [
  {
    names: ['start', 'web', 'worker', 'projector', 'migrate'],
    load: async () => (await import('./program-commands.js')).registerProgramCommands,
  },
  { names: ['run'], load: async () => (await import('./run-commands.js')).registerRunCommands },
  { names: ['tenant'], load: async () => (await import('./tenant-commands.js')).registerTenantCommands },
  { names: ['member'], load: async () => (await import('./member-commands.js')).registerMemberCommands },
  { names: ['token'], load: async () => (await import('./token-commands.js')).registerTokenCommands },
  { names: ['person'], load: async () => (await import('./person-commands.js')).registerPersonCommands },
  { names: ['history'], load: async () => (await import('./history-commands.js')).registerHistoryCommands },
  { names: ['keys'], load: async () => (await import('./keys-commands.js')).registerKeysCommands },
  { names: ['doctor'], load: async () => (await import('./doctor-commands.js')).registerDoctorCommands },
  {
    names: ['backup', 'restore'],
    load: async () => (await import('./backup-commands.js')).registerBackupCommands,
  },
  {
    names: ['graph-simulator'],
    load: async () => (await import('../graph/simulator/commands.js')).registerGraphSimulatorCommands,
  },
  {
    names: ['event-store'],
    load: async () => (await import('../embedded/event-store/commands.js')).registerEventStoreCommands,
  },
];

/**
 * Adds the commands. For a known command only its own module is loaded, because loading all modules takes much
 * longer, and other processes wait for the start of the event store.
 */
export async function registerCommands(program: Command, asked: string | undefined): Promise<void> {
  const known = MODULES.filter(({ names }) => asked !== undefined && names.includes(asked));
  for (const { load } of known.length > 0 ? known : MODULES) (await load())(program);
}
