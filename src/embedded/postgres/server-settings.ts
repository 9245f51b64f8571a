/**
 * Settings on the server's command line, which nothing in the data folder can override. All others keep PostgreSQL's
 * default; `fsync` and `synchronous_commit` stay on.
 */
export function serverSettings({ durable }: { durable: boolean }): string[] {
  const settings: Record<string, string> = {
    cluster_name: `opsledger:${process.pid}`,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: durable ? '128MB' : '32MB',
    timezone: 'UTC',
    // Compiling the small query of a page takes longer than running it.
    jit: 'off',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_line_prefix: '',
    log_timezone: 'UTC',
    lc_messages: 'C',
    // Errors go to the client, which is this program and sanitizes them. The server's own log would contain values.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...(durable
      ? {}
      : {
          fsync: 'off',
          synchronous_commit: 'off',
          full_page_writes: 'off',
          wal_level: 'minimal',
          max_wal_senders: '0',
        }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
