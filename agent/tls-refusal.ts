/** Why a certificate is not accepted, and what to do now, in our own words: those of Node speak of flags of Node. */

/** Codes of OpenSSL, as Node hands them on, of a chain that ends in an authority unknown here. */
const unknownAuthority = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
]);
const selfSigned = 'DEPTH_ZERO_SELF_SIGNED_CERT';

export interface CertificateRefusal {
  reason: string;
  todo: string;
}

/** For people alone: whoever answers may show anything. */
export interface ShownCertificate {
  issuer: string;
  /** ms UTC. */
  from: number;
  until: number;
  /** Whether what is trusted here has signed it; null: that was not looked at. */
  isKnown: boolean | null;
}

interface RefusedAt {
  /** What was asked for. */
  url: string;
  /** ms UTC, by the clock of this machine. */
  now: number;
  /** Only one authority is trusted, by its pin. */
  isPinned: boolean;
  /** The flag `--ca` was given. */
  ca?: string | undefined;
  /** What was looked at afterwards, unverified. */
  shown?: ShownCertificate | null;
}

const codeOf = (error: unknown) => String((error as { code?: unknown } | null)?.code);
const minuteOf = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

export const isUnknownAuthority = (error: unknown): boolean =>
  unknownAuthority.has(codeOf(error)) || codeOf(error) === selfSigned;
/** The machine's clock decides about these two. */
export const isNotYetValid = (error: unknown): boolean => codeOf(error) === 'CERT_NOT_YET_VALID';

/** Nothing else helps than another certificate, another clock or a person. */
export const isCertificateTrouble = (error: unknown): boolean =>
  isUnknownAuthority(error) || isNotYetValid(error) || others.has(codeOf(error));
const others = new Set(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER']);

const somebody = 'Somebody may stand between this machine and the collector. Nothing secret was sent.';

/** Null for any other failure. */
export function refusalOf(
  error: unknown,
  { url, now, isPinned, ca, shown = null }: RefusedAt,
): CertificateRefusal | null {
  const code = codeOf(error);
  const inTime = refusedInTime(code, now, shown);
  if (inTime === null || !isPinned || shown?.isKnown !== false)
    return inTime ?? refusedElse(error, { url, isPinned, ca, shown });
  // The time is what is looked at first: a wrong clock must not hide that somebody else answers.
  const foreign = unknownHere(false, { isPinned, ca, shown });
  return {
    reason: `${foreign.reason}; besides, ${inTime.reason}`,
    todo: `${foreign.todo} And of its time: ${inTime.todo}`,
  };
}

/** The clock of this machine decides about these. */
function refusedInTime(code: string, now: number, shown: ShownCertificate | null): CertificateRefusal | null {
  const clock = `by the clock of this machine it is ${minuteOf(now)} UTC`;
  if (code === 'CERT_HAS_EXPIRED')
    return {
      reason: `it ended${shown === null ? '' : ` at ${minuteOf(shown.until)} UTC`}, and ${clock}`,
      todo: 'If that is not the time, set the clock of this machine. If it is: an old certificate may be a stolen one, so it is not used; see `tls status` at the collector.',
    };
  if (code === 'CERT_NOT_YET_VALID')
    return {
      reason: `it begins ${shown === null ? 'later' : `at ${minuteOf(shown.from)} UTC`}, and ${clock}`,
      todo: 'Set the clock of this machine: it is behind.',
    };
  return null;
}

function refusedElse(
  error: unknown,
  { url, isPinned, ca, shown }: Required<Pick<RefusedAt, 'url' | 'isPinned' | 'shown'>> & { ca: string | undefined },
): CertificateRefusal | null {
  const code = codeOf(error);
  if (isUnknownAuthority(error)) return unknownHere(code === selfSigned, { isPinned, ca, shown });
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const { subjectaltname } = (error as { cert?: { subjectaltname?: string } }).cert ?? {};
    return {
      reason: `it is made for ${subjectaltname ?? 'no name at all'}, not for ${new URL(url).hostname}`,
      todo: 'Reach the collector by a name in its certificate, with --collector https://NAME:PORT, or add this name at the collector: `tls: { names: [NAME] }` in its evenkeel.yaml.',
    };
  }
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return {
      reason: 'what answers there does not speak TLS as it is spoken today',
      todo: 'Compare address and port with those of the collector; a proxy may answer in its place.',
    };
  return null;
}

function unknownHere(
  isAlone: boolean,
  { isPinned, ca, shown }: Required<Pick<RefusedAt, 'isPinned' | 'shown'>> & { ca: string | undefined },
): CertificateRefusal {
  const by = shown === null ? '' : ` ("${shown.issuer}")`;
  const what = isAlone
    ? 'it was signed by nobody but itself'
    : `it comes from an authority that is not known here${by}`;
  const file = 'the file that `tls.ca` names in the collector’s evenkeel.yaml';
  if (isPinned)
    return {
      reason: isAlone
        ? `${what}, not by the authority whose pin this machine has`
        : `it does not come from the authority whose pin this machine has, but from another${by}`,
      todo: `${somebody} Where a proxy opens encrypted traffic, let it pass this address unopened.`,
    };
  if (ca === undefined)
    return {
      reason: what,
      todo: `Take a new join code from the page "Add endpoint", which names the authority. Or copy its certificate to this machine (${file}) and add \`--ca FILE\`. Where a proxy opens encrypted traffic, let it pass this address unopened.`,
    };
  return {
    reason: 'it does not come from the authority in the file given with --ca',
    todo: `Use ${file}. If that is the one, somebody may stand between this machine and the collector.`,
  };
}
