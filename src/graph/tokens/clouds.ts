/** One of Microsoft's clouds, with the addresses of its Entra and Graph. */
export interface Cloud {
  /** Name for people. */
  readonly label: string;
  /** Address of Entra, without a path. */
  readonly authority: string;
  /** Address of Microsoft Graph, which is also the audience of its tokens. */
  readonly graph: string;
}

/** https://learn.microsoft.com/graph/deployments */
export const CLOUDS = {
  worldwide: {
    label: 'Worldwide',
    authority: 'https://login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
  },
  'us-gov-l4': {
    label: 'US Government L4',
    authority: 'https://login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
  },
  'us-gov-dod': {
    label: 'US Government L5 (DoD)',
    authority: 'https://login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
  },
  china: {
    label: 'China, operated by 21Vianet',
    authority: 'https://login.chinacloudapi.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
  },
} as const satisfies Record<string, Cloud>;

export type CloudName = keyof typeof CLOUDS;
export const CLOUD_NAMES = Object.keys(CLOUDS) as CloudName[];
