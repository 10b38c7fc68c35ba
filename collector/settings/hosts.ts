/** Whether a text is a host: to listen at, to be reached by, or to reach. Each returns words that read on after the text, or null. */
import { isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { isNeverReached } from '../../shared/outgoing.ts';
import { rangeFault } from '../../shared/ranges.ts';

/** The name of a machine or its address alone: whoever writes the port here as well would find it ignored or refused. */
export function hostFault(text: string): string | null {
  if (isIP(text) !== 0) return null;
  if (/^[^:]+:\d+$/.test(text)) return 'holds a port; write the name or the address alone';
  if (/[^ -~]/.test(text)) {
    const ascii = domainToASCII(text);
    return ascii ? `is written ${ascii} in certificates and by name servers; write that` : noHost;
  }
  const labels = text.replace(/\.$/, '').split('.');
  if (/^\d+$/.test(labels.at(-1) as string)) return 'is no address: four numbers to 255, or an IPv6 address';
  const isName = labels.every((label) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(label));
  return isName && text.length <= 253 ? null : noHost;
}
const noHost = 'is not a host; write a name or an address alone, such as keel.example.net or 10.0.0.7';

/** By which others come here, unlike one to listen at. */
export function reachedFault(text: string): string | null {
  const fault = hostFault(text);
  if (fault !== null || !isAnywhere(text)) return fault;
  return 'stands for all addresses of this machine, and nobody can reach it by that; write the name or address that others use';
}
/** `0.0.0.0`, and `::` in all its forms. */
const isAnywhere = (text: string) => text === '0.0.0.0' || (isIPv6(text) && !/[1-9a-f]/i.test(text));

function targetFault(text: string): string | null {
  if (text.includes('/') || isIP(text) !== 0) return rangeFault(text);
  return /^[A-Za-z0-9_.-]+$/.test(text)
    ? null
    : 'is not an address, a range or a host; write one like 10.0.0.7, 10.0.0.0/24 or mail.example.lan';
}

/** As if it were allowed, it would be refused at each message. */
export const channelFault = (text: string): string | null =>
  isNeverReached(text)
    ? 'holds credentials of machines or is valid on one cable only: no channel connects there; leave it out'
    : targetFault(text);

/** As if it were allowed, it would be refused at each look. */
export const reachFault = (text: string): string | null =>
  text !== '' && isNeverReached(text)
    ? 'holds credentials of machines or is valid on one cable only: it is never looked at; leave it out'
    : targetFault(text);
