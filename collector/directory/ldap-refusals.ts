/** Why a directory server could not be read, in words that say what was asked of whom and whose turn it is. */
import { EvenkeelError, reasonOf } from '../../shared/errors.ts';
import { type Reason, type ReasonCode, reason } from '../../shared/reason.ts';
import { withoutSecrets } from '../../shared/secrets.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { LdapPlace } from './ldap-settings.ts';

export type LdapStep = 'connect' | 'starttls' | 'bind' | 'search';
type LdapFaultKind = 'nobody' | 'many' | 'bytes' | 'timeout' | 'gone' | 'computers';

/** What was found out here, not by the server or the library. */
export class LdapFault extends Error {
  readonly kind: LdapFaultKind;
  constructor(kind: LdapFaultKind, cause?: unknown) {
    super(kind, { cause });
    this.kind = kind;
  }
}

const saidAtMost = 300;

export function ldapRefusal(thrown: unknown, place: LdapPlace, step: LdapStep): EvenkeelError {
  if (thrown instanceof EvenkeelError) return thrown;
  const isOfComputers = thrown instanceof LdapFault && thrown.kind === 'computers';
  const asked = isOfComputers && place.computers ? { ...place, ...place.computers } : place;
  return refusal('LDAP_FAILED', ldapReason(isOfComputers ? thrown.cause : thrown, asked, step), { url: place.url });
}

type LdapAsked = Pick<LdapPlace, 'url' | 'host' | 'base' | 'filter' | 'bind' | 'atMost' | 'timeoutMs'>;

/** Pure. */
function ldapReason(thrown: unknown, asked: LdapAsked, step: LdapStep): Reason {
  const { url, host, base, filter, atMost } = asked;
  const said = saidBy(thrown);
  const name = asked.bind?.name ?? '–';
  const code = (thrown as { code?: unknown } | null)?.code;
  const limit_s = asked.timeoutMs / 1000;
  if (thrown instanceof LdapFault)
    switch (thrown.kind) {
      case 'nobody':
        return reason('ldap_nobody', { url, base, filter, name });
      case 'many':
        return reason('ldap_many', { url, base, filter, limit: atMost });
      case 'bytes':
        return reason('ldap_bytes', { url, base, filter });
      case 'timeout':
        return reason('ldap_timeout', { url, limit_s });
      default:
        return reason('ldap_gone', { url });
    }
  if (typeof code === 'number') {
    const about = { url, base, filter, name, said };
    const known = byStatus[code];
    // Before the log-in the only thing asked for is StartTLS.
    if (step === 'starttls') return reason('ldap_starttls', { url, said });
    return known ? ({ code: known, params: about } satisfies Reason) : reason('ldap_other', { url, said });
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return reason('ldap_host', { url, host });
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return reason('ldap_refused', { url, said });
  if (/timed? ?out/i.test(said) || code === 'ETIMEDOUT') return reason('ldap_timeout', { url, limit_s });
  if (isOfCertificate(String(code ?? ''))) return reason('ldap_tls', { url, host, said });
  if (/closed|socket error|not established/i.test(said) || code === 'ECONNRESET' || code === 'EPIPE')
    return reason('ldap_gone', { url });
  return reason('ldap_other', { url, said });
}

/** Result codes of RFC 4511, appendix A. */
const byStatus: Readonly<Record<number, ReasonCode>> = {
  3: 'ldap_time',
  4: 'ldap_size',
  8: 'ldap_strong',
  10: 'ldap_referral',
  11: 'ldap_size',
  13: 'ldap_strong',
  32: 'ldap_base',
  34: 'ldap_base_form',
  48: 'ldap_password',
  49: 'ldap_password',
  50: 'ldap_denied',
};

const isOfCertificate = (code: string): boolean => /CERT|SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code);

function saidBy(thrown: unknown): string {
  const { cause, code } = (thrown ?? {}) as { cause?: unknown; code?: unknown };
  const text = reasonOf(thrown) || (cause === undefined ? String(code ?? '') : reasonOf(cause));
  const plain = text
    .replace(/\s+/g, ' ')
    .replace(/\s*Code: 0x[0-9a-f]+$/i, '')
    .trim();
  return plain === '' ? `result code ${String(code)}` : withoutSecrets(plain).slice(0, saidAtMost);
}
