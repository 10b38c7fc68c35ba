/** Pieces of which the settings of rooms are made. */
import { Type } from 'typebox';
import { isNeverReached } from '../../shared/outgoing.ts';
import { portFault } from '../../shared/shape.ts';

export const secretFile = (description: string) =>
  Type.String({ minLength: 1, maxLength: 1000, want: 'a path', description: `file with ${description}` });

export const serverAddress = (example: string) =>
  Type.String({ minLength: 1, maxLength: 500, want: `an address such as ${example}`, check: addressFault });

function addressFault(text: string): string | null {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    return portFault(text) ?? 'is not an http or https address; write it like https://matrix.example.org';
  if (url.username || url.password) return 'holds a user or a password; the token stands in a file of its own';
  if (isNeverReached(url.hostname.replace(/^\[|\]$/g, '')))
    return 'holds credentials of machines or is valid on one cable only: nothing is sent there';
  return url.hash || url.search ? 'has more than a path; write it without `?` and `#`' : null;
}
