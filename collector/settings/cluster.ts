/** Several collectors that share a fleet, as settings have it: what this one is called, and where the others reach it. */
import { Type } from 'typebox';

const example = 'write it like 10.0.0.7:7462 or keel-1.example.net:7462';

function addressFault(text: string): string | null {
  const url = URL.parse(`https://${text}`);
  if (
    !url ||
    url.hostname === '' ||
    url.pathname !== '/' ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  )
    return `is no host with a port; ${example}`;
  if (/^(0\.0\.0\.0|\[::\])$/.test(url.hostname)) return `is no address by which others come; ${example}`;
  return /:\d+$/.test(text) ? null : `has no port; ${example}`;
}

export const ClusterSettings = Type.Object(
  {
    name: Type.String({
      ...{ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$', want: 'letters, digits, dots and hyphens' },
      description: 'what this collector is called among those that share the fleet',
    }),
    address: Type.String({
      ...{ minLength: 1, want: 'a host with a port, such as 10.0.0.7:7462', check: addressFault },
      description: 'where it listens for the other collectors, and where they reach it',
    }),
  },
  { additionalProperties: false },
);

export interface ClusterPlace {
  name: string;
  host: string;
  port: number;
}

/** @param section without faults */
export function readCluster(section: { name: string; address: string } | undefined): ClusterPlace | null {
  if (!section) return null;
  const at = section.address.lastIndexOf(':');
  return {
    name: section.name,
    host: section.address.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(section.address.slice(at + 1)),
  };
}
