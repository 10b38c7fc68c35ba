/** Why a connection came to nothing, in words that say what to mend: those of the system name a line of its source. */
import { reasonOf } from '../../shared/errors.ts';
import { oneLine } from './notification-text.ts';

export function plainReason(thrown: unknown, host: string): string {
  const { name, code = '', cause } = (thrown ?? {}) as { name?: string; code?: unknown; cause?: unknown };
  const within = name === 'AbortError' ? (cause as { name?: string } | undefined)?.name : name;
  // The limit of each attempt; a message is tried again.
  if (within === 'TimeoutError' || name === 'AbortError') return 'it did not answer in time';
  if (code === 'ENOTFOUND') return `there is no host ${oneLine(host, 80)}; see whether its name is written right`;
  if (code === 'EAI_AGAIN') return `the name ${oneLine(host, 80)} could not be looked up now`;
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'there is no TLS at this address; see whether it is http, or another port';
  return reasonOf(thrown);
}
